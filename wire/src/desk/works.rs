//! Planned works: from, to, why, who.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::view::Mode;

/// `POST /api/v1/works`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorksBody {
    /// The source. A key may leave it out: its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The datastreams, as the partner names them; one that has not spoken yet may be named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datastreams: Vec<String>,
    /// All of the source, those included that speak for the first time meanwhile; then no datastreams are named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// From this moment,
    pub from: Timestamp,
    /// up to and without this one.
    pub to: Timestamp,
    /// What is done.
    pub why: String,
    /// Who answers for it.
    pub who: String,
    /// Live or exercise; without it that of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// Planned works as they were announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Works {
    /// The number under which they were announced: that of `DELETE /api/v1/works/{id}`.
    pub id: u64,
    /// The source.
    pub source: String,
    /// The datastreams; empty where it is all of them.
    pub datastreams: Vec<String>,
    /// Whether it is all of the source.
    pub all: bool,
    /// From this moment,
    pub from: Timestamp,
    /// up to and without this one.
    pub to: Timestamp,
    /// What is done.
    pub why: String,
    /// Who answers for it.
    pub who: String,
    /// When it was announced.
    pub announced_at: Timestamp,
    /// Whether they go on now.
    pub is_now: bool,
    /// How many sensors that ever spoke are concerned.
    pub n_sensors: u32,
}

/// `GET /api/v1/works`: those that go on or are to come, the next first; those that were over within a day stand last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorksList {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which it holds.
    pub at: Timestamp,
    /// The works.
    pub works: Vec<Works>,
}
