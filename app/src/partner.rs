//! The partner desk, for who answers for a city's sensors: how connections are, why a sensor is not on the map, what an import would change.
//!
//! A bundle of its own (`bin/partner.rs`), opened at `/partner`; it shares with the room what both show alike (`ui`,
//! `words`), and nothing of the map or the live stream.

pub mod address;
pub mod kin;
pub mod passport;
pub mod snippet;

#[cfg(target_arch = "wasm32")]
pub mod ask;
#[cfg(target_arch = "wasm32")]
pub mod code;
#[cfg(target_arch = "wasm32")]
pub mod connections;
#[cfg(target_arch = "wasm32")]
pub mod desk;
#[cfg(target_arch = "wasm32")]
pub mod device;
#[cfg(target_arch = "wasm32")]
pub mod diff;
#[cfg(target_arch = "wasm32")]
pub mod errors;
#[cfg(target_arch = "wasm32")]
pub mod history;
#[cfg(target_arch = "wasm32")]
pub mod i18n;
#[cfg(target_arch = "wasm32")]
pub mod import;
#[cfg(target_arch = "wasm32")]
pub mod key_form;
#[cfg(target_arch = "wasm32")]
pub mod keys;
#[cfg(target_arch = "wasm32")]
pub mod page;
#[cfg(target_arch = "wasm32")]
pub mod sensor;
#[cfg(target_arch = "wasm32")]
pub mod sentence;
#[cfg(target_arch = "wasm32")]
pub mod shell;
#[cfg(target_arch = "wasm32")]
pub mod words;
#[cfg(target_arch = "wasm32")]
pub mod works;
#[cfg(target_arch = "wasm32")]
pub mod works_form;

#[cfg(target_arch = "wasm32")]
pub use shell::start;
