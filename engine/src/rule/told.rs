//! What rules say: firings with the numbers and the reports that made them, and how they turn.

use serde::{Deserialize, Serialize};
use wire::grade::Hazard;
use wire::id::ReportId;
use wire::time::Timestamp;

use super::Grade;
use super::event::Thing;
use super::when::RuleId;
use crate::zone::ZoneId;

/// The numbers of a firing, as they were when it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// So many sources spoke.
    Sources {
        /// How many.
        n: u32,
        /// How many were asked for.
        n_min: u32,
        /// It ends when there are so few.
        n_clear: u32,
        /// The time in which they are counted, in milliseconds.
        within_ms: i64,
    },
    /// A value was beyond its level.
    Value {
        /// The newest value.
        value: f64,
        /// The level.
        level: f64,
        /// Where it ends.
        clear: f64,
        /// The time of the first value beyond it.
        beyond_since: Timestamp,
        /// How long it had to hold, in milliseconds.
        hold_ms: i64,
    },
    /// Something came into a zone.
    Entered {
        /// Which.
        zone: ZoneId,
        /// The time of the position that showed it.
        entered_at: Timestamp,
    },
    /// Something left a zone.
    Left {
        /// Which.
        zone: ZoneId,
        /// Since when it had been there.
        entered_at: Timestamp,
        /// The time of the position that showed it outside.
        left_at: Timestamp,
    },
    /// Something stayed in a zone.
    Stayed {
        /// Which.
        zone: ZoneId,
        /// Since when it is there.
        entered_at: Timestamp,
        /// The time after which it was to be told, in milliseconds.
        longer_ms: i64,
        /// The time of its last position.
        seen_at: Timestamp,
    },
}

/// A rule that holds, for one thing or for none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firing {
    /// Which rule.
    pub rule: RuleId,
    /// What it was called when it began.
    pub name: String,
    /// How grave it is.
    pub grade: Grade,
    /// The hazard that it spoke of then.
    pub hazard: Option<Hazard>,
    /// The zone that it spoke of then.
    pub zone: Option<ZoneId>,
    /// The thing it holds for; `None` for a count of sources. There is at most one firing a rule and thing.
    pub thing: Option<Thing>,
    /// Since when it holds, in the room's time.
    pub since: Timestamp,
    /// The numbers behind it.
    pub numbers: Numbers,
    /// The reports that made it, by identity: one a source, or the one that moved.
    pub reports: Vec<ReportId>,
    /// Those of them that were refuted since.
    pub refuted: Vec<ReportId>,
}

impl Firing {
    /// Notes that a report was refuted; whether that is news to it.
    pub(super) fn doubt(&mut self, report: ReportId) -> bool {
        let news = self.reports.contains(&report) && !self.refuted.contains(&report);
        if news {
            self.refuted.push(report);
        }
        news
    }
}

/// How a firing turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The rule fires.
    Begun,
    /// A report that made it was refuted.
    Doubted,
    /// It holds no longer, or the rule is gone.
    Ended,
}

/// One turn of one firing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// How it turned.
    pub turn: Turn,
    /// When, in the room's time: the receipt of what showed it, or the moment it was due.
    pub at: Timestamp,
    /// The firing as it is now; as it was, when it ended.
    pub firing: Firing,
}
