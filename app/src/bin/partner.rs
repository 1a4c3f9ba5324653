//! Starts the partner desk in the browser: a bundle of its own, loaded at `/partner` alone.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    app::partner::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
