//! Last wills: what a broker says in the name of a device or gateway that is gone, and what comes back.
//!
//! A will concerns the datastreams that spoke by then; each remembers the last one, so that the same will, which a broker keeps and
//! gives to whoever connects, is no news. What a sensor says after it counts more than it.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use crate::entry::SourceKey;

/// What a last will says, or what takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WillEntry {
    /// Whose sensors.
    pub source: SourceKey,
    /// Which of them.
    pub whom: Whom,
    /// Gone, or back.
    pub is_gone: bool,
    /// The broker kept it: it is the last that was said, and nobody knows when.
    pub is_kept: bool,
}

/// For whom a will speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Whom {
    /// One datastream.
    Datastream(String),
    /// All whose names begin so.
    Prefix(String),
    /// All whose passports name this gateway.
    Gateway(String),
}

/// What a datastream remembers of wills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Will {
    /// When the last one that said "gone" was taken.
    pub(crate) at: Timestamp,
    /// Whether it holds: nothing was said since, and nothing took it back.
    pub(crate) holds: bool,
}
