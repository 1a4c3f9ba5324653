//! Sources: a configured upstream or a partner that pushes; how fresh it is and what became of all it sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::view::Mode;

/// How a source is, by the age of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceHealth {
    /// Its newest datum is as fresh as its cadence promises.
    Live,
    /// Older than it should be.
    Late,
    /// Nothing for so long that quiet says nothing.
    Silent,
    /// It answers with errors, or cannot be reached.
    Broken,
    /// Somebody stopped it: nobody asks it, and its quiet is meant. No sensor is.
    Paused,
}

impl SourceHealth {
    /// From well to worst. A state that is new stands last among the others, whose numbers in frames stay what they were.
    fn rank(self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Paused => 1,
            Self::Late => 2,
            Self::Silent => 3,
            Self::Broken => 4,
        }
    }
}

impl PartialOrd for SourceHealth {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SourceHealth {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// What became of everything received: `received = accepted + folded + Σ rejected`, always.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Items received.
    pub received: u64,
    /// Items that stand in the journal as the newest version.
    pub accepted: u64,
    /// Items joined to one already known, and versions replaced by a newer one.
    pub folded: u64,
    /// Items refused, by reason.
    pub rejected: BTreeMap<String, u64>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Stable id.
    pub id: String,
    /// Readable name.
    pub name: String,
    /// Live or exercise.
    pub mode: Mode,
    /// By content age.
    pub status: SourceHealth,
    /// Age of the newest datum in milliseconds; null before the first one.
    pub content_age_ms: Option<u64>,
    /// Why it is broken, when it is.
    pub reason: Option<String>,
    /// The account of all it sent.
    pub ledger: Ledger,
}

/// One source as `GET /api/v1/sources` tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceTold {
    /// As frames tell it.
    #[serde(flatten)]
    pub status: SourceStatus,
    /// How long before receipt its fresh values were true, in the middle of the last 31; below zero its clock is ahead. Null before
    /// the first observation.
    pub clock_offset_ms: Option<i64>,
    /// Since when and until when nobody asks it, where somebody stopped it.
    pub paused: Option<PauseTold>,
}

/// That somebody stopped a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseTold {
    /// Since when.
    pub since: Timestamp,
    /// Until when; null until somebody lets it go on.
    pub until: Option<Timestamp>,
    /// The role of who stopped it; the name stands in the room's log.
    pub by: String,
    /// Why, in words; null for whoever does not read the words of the log.
    pub reason: Option<String>,
}

/// `POST /api/v1/sources/{id}/pause`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// When it goes on by itself; null or left out: when somebody says so.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Why, in words.
    pub reason: String,
}
