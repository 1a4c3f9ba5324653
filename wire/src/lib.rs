//! Every word Talaia lets out of the building.
//!
//! Ids, geometry, time, grades, views, clusters, frames and REST bodies: the types that the server, the
//! app and the tests share. No I/O, no clock, no async, nothing personal beyond what a view carries.
//! JSON and the compact binary form are two encodings of the same structs (see [`codec`]).
#![forbid(unsafe_code)]

pub mod advisory;
pub mod alarm;
pub mod api;
pub mod close;
pub mod cluster;
pub mod codec;
pub mod decision;
pub mod desk;
pub mod exposure;
pub mod eyes;
pub mod frame;
pub mod geo;
pub mod grade;
pub mod hold;
pub mod id;
pub mod import;
pub mod key;
pub mod latitude;
pub mod letter;
pub mod packed;
pub mod place;
pub mod report;
pub mod rule;
pub mod sensor;
pub mod situation;
pub mod source;
pub mod tile;
pub mod time;
pub mod unusual;
pub mod view;
pub mod zone;

/// The version that `hello` announces. It changes only when an old client could misread a frame.
pub const PROTOCOL_VERSION: u32 = 1;
