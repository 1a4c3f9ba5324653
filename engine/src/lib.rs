//! Talaia's private records and all its thinking.
//!
//! Entries in, [`world::World`] folded, [`change::Change`]s and redacted views out. No I/O, no clock, no async, no
//! unseeded randomness, no logging: the same journal and the same moment give the same bytes.
//! What is personal lives in [`report::Private`] and leaves only through [`view`].
#![forbid(unsafe_code)]

pub mod advisory;
pub mod baseline;
mod causes;
pub mod change;
pub mod classify;
mod collect;
pub mod decision;
pub mod dedupe;
pub mod entry;
pub mod exposure;
pub mod flaw;
pub mod gazetteer;
pub mod identity;
pub mod limits;
pub mod locate;
mod mix;
mod morton;
pub mod observation;
mod offsets;
pub mod place;
pub mod plain;
pub mod record;
pub mod report;
pub mod room;
pub mod rule;
pub mod search;
mod sensors;
pub mod signal;
pub mod situation;
mod tree;
pub mod unit;
pub mod view;
pub mod will;
mod works;
pub mod world;
pub mod zone;
