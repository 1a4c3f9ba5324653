//! The journal: entries as rows and back, and the replay that makes the Worlds again.
//!
//! Only the pipeline appends. A row that does not decode is our own corruption: the process stops with one sentence.

mod code;
mod observed;
mod replay;

pub(crate) use code::{decode, encode};
pub(crate) use observed::{fill_observations, observed};
pub(crate) use replay::Replay;
