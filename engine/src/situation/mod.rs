//! Situations: what of the live reports belongs together.
//!
//! ```text
//! Voice (a live report) ─▶ Situations ─▶ Space ─▶ density on the metres of a Plane: where reports lie close together
//!                              │ group: time, hazard, and what operators decided (Links)
//!                              │ lineage: which situation a group goes on
//!                              ▼ evidence, trend, extent: what is said of one
//! ```
//!
//! How it works is told in `docs/situations.md`.

mod board;
mod breadth;
mod chance;
pub mod density;
pub mod evidence;
pub mod extent;
mod group;
mod held;
mod lineage;
mod links;
pub mod metres;
mod nearby;
mod sets;
pub mod space;
mod table;
mod trend;
mod voice;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wire::id::ReportId;
use wire::time::Timestamp;

pub use board::{Saved, Situations};
pub use group::Family;
pub use trend::{Pace, pace};
pub use voice::{Voice, says};

/// A situation's number, given in the order in which they began and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SituationId(pub u64);

/// A situation: which live reports it holds, where it comes from and where it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    /// Its number.
    pub id: SituationId,
    /// When it was first seen.
    pub begun_at: Timestamp,
    /// The situation it was split off from.
    pub split_from: Option<SituationId>,
    /// The situation it is a part of since it ended.
    pub merged_into: Option<SituationId>,
    /// When its last report left the live window, or when it was merged.
    pub ended_at: Option<Timestamp>,
    /// Its live reports.
    pub members: BTreeSet<ReportId>,
}

impl Situation {
    fn new(id: SituationId, begun_at: Timestamp, split_from: Option<SituationId>) -> Self {
        Self {
            id,
            begun_at,
            split_from,
            merged_into: None,
            ended_at: None,
            members: BTreeSet::new(),
        }
    }
}
