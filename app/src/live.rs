//! The live stream: when to connect, over what, and from where to go on.

pub mod backoff;

#[cfg(target_arch = "wasm32")]
pub mod channel;
#[cfg(target_arch = "wasm32")]
pub mod client;
