//! Dead letters: items that were refused, as their partner and the desk see them, and what became of them when sent again.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::view::Mode;

/// One refused item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its number.
    pub id: String,
    /// Who sent it.
    pub source: String,
    /// Live or exercise.
    pub mode: Mode,
    /// `report` or `observation`.
    pub kind: String,
    /// `json`, `csv` or `sensorthings`.
    pub form: String,
    /// The partner's name of it: a report's id, an observation's datastream.
    pub item: Option<String>,
    /// Why it was refused: a stable word.
    pub reason: String,
    /// What is wrong, and the remedy.
    pub detail: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The item as it came; none if it was too long to be kept.
    pub payload: Option<String>,
}

/// A page of them, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterPage {
    /// The letters.
    pub letters: Vec<DeadLetter>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// Which are to be sent down the road again: of a source and a reason, or by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Of this source.
    #[serde(default)]
    pub source: Option<String>,
    /// Refused for this.
    #[serde(default)]
    pub reason: Option<String>,
    /// These.
    #[serde(default)]
    pub ids: Option<Vec<String>>,
}

/// What became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replayed {
    /// How many were sent.
    pub tried: u64,
    /// Taken, late and silent.
    pub accepted: u64,
    /// Known already.
    pub folded: u64,
    /// Refused again: they stay, with this reason.
    pub rejected: Vec<StillDead>,
}

/// One that was refused again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillDead {
    /// Its number.
    pub id: String,
    /// Why.
    pub reason: String,
    /// What is wrong, and the remedy.
    pub detail: String,
}
