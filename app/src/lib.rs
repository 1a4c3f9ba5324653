//! The Talaia interface: a Leptos app drawn beside a `MapLibre` map.
//!
//! What decides anything ([`model`], [`address`], [`keys`], [`live::backoff`], [`map::marks`], [`partner::address`]) is
//! pure and tested natively. What touches the browser exists only for wasm32. No business rule lives here: the server thinks, the
//! app shows.

pub mod address;
pub mod keys;
pub mod live;
pub mod map;
pub mod model;
pub mod partner;

#[cfg(target_arch = "wasm32")]
pub mod aside;
#[cfg(target_arch = "wasm32")]
pub mod decide;
#[cfg(target_arch = "wasm32")]
pub mod desk;
#[cfg(target_arch = "wasm32")]
pub mod i18n;
#[cfg(target_arch = "wasm32")]
pub mod page;
#[cfg(target_arch = "wasm32")]
pub mod panel;
#[cfg(target_arch = "wasm32")]
pub mod session;
#[cfg(target_arch = "wasm32")]
pub mod shell;
#[cfg(target_arch = "wasm32")]
pub mod ui;
#[cfg(target_arch = "wasm32")]
pub mod wiring;
#[cfg(target_arch = "wasm32")]
pub mod words;
