//! Starts the room in the browser. Built natively it does nothing: it exists there so that the workspace checks.

#[cfg(target_arch = "wasm32")]
mod room {
    #![expect(
        clippy::unnecessary_wraps,
        reason = "that the file does not come is told by the macro, through the type of what it gives"
    )]

    use app::aside::Entries;
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    /// Where the program is cut. It stands here and not in the library: every program that links it would carry what it reaches.
    #[wasm_split(aside, fallible)]
    pub fn entries() -> Result<Entries, SplitLoaderError> {
        Ok(Entries::here())
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    app::shell::start(app::aside::Fetch(|| Box::pin(room::entries())));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
