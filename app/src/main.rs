//! Starts the interface in the browser. Built natively it does nothing: it exists there so that the workspace checks.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    app::shell::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
