//! The map: which symbols to draw (pure), and the one file that speaks to JavaScript.

pub mod marks;

#[cfg(target_arch = "wasm32")]
pub mod canvas;
#[cfg(target_arch = "wasm32")]
mod incidents;
#[cfg(target_arch = "wasm32")]
pub mod interop;
#[cfg(target_arch = "wasm32")]
pub mod warnings;
