//! What rules are tried against: something that came, with the zones that cover its place.

use serde::{Deserialize, Serialize};
use wire::grade::Hazard;
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::limits::STALE_MS;
use crate::zone::{Stay, ZoneId};

/// A datastream by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stream {
    /// Whose it is.
    pub source: SourceKey,
    /// What the partner calls it.
    pub name: String,
}

/// Something that has a place of its own, or a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A datastream.
    Stream(Stream),
    /// A report that is said again, maybe from elsewhere.
    Report(ReportId),
}

/// What came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// A report.
    Report {
        /// Its identity.
        id: ReportId,
        /// The report that stands for its independent source: itself, or the first of those it is a copy of.
        source: ReportId,
        /// What happens.
        hazard: Hazard,
    },
    /// A value of a datastream.
    Value {
        /// Which.
        stream: Stream,
        /// The value; one that is not finite is no value.
        value: f64,
        /// Its unit, if known.
        unit: Option<String>,
    },
    /// A position of something that moves, as [`Presence`](crate::zone::Presence) sees it after that.
    Seen {
        /// What moves.
        thing: Thing,
        /// The zones in which it is.
        stays: Vec<Stay>,
    },
    /// A report was refuted.
    Refuted {
        /// Which.
        report: ReportId,
    },
}

/// Something that came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it was taken, in the room's time.
    pub recorded_at: Timestamp,
    /// When it was true.
    pub at: Timestamp,
    /// Older than its stale time on arrival.
    pub late: bool,
    /// The zones that cover its place; none without one.
    pub zones: Vec<ZoneId>,
    /// What it says.
    pub said: Said,
}

impl Event {
    /// Nothing is known before it is true: a clock ahead counts as now.
    pub(super) fn time(&self) -> Timestamp {
        self.at.min(self.recorded_at)
    }

    /// Late data never fires (law 8), whoever forgot to say that it is late.
    pub(super) fn is_late(&self) -> bool {
        self.late || self.recorded_at.ms_since(self.at) > STALE_MS
    }

    pub(super) fn is_in(&self, zone: Option<ZoneId>) -> bool {
        zone.is_none_or(|zone| self.zones.contains(&zone))
    }

    /// The order in which events of one second are judged. It is that of their times and contents, so that it is the same
    /// however they arrived; what refutes comes after what it refutes.
    pub(super) fn order(&self) -> (Timestamp, bool, Timestamp, Vec<u8>) {
        // Postcard into a Vec cannot fail for these types.
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        (self.recorded_at, matches!(self.said, Said::Refuted { .. }), self.at, bytes)
    }
}
