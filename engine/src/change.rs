//! Changes: what the World says after each entry and each tick, for the hub to publish.

use wire::geo::Mercator;
use wire::grade::{Hazard, Severity};
use wire::id::ReportId;

use crate::room::AlarmId;
use crate::situation::SituationId;

/// The windows (bits by [`wire::view::Window::index`]) a change touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Windows(pub u8);

impl Windows {
    /// Whether the window is among them.
    pub fn contains(self, window: wire::view::Window) -> bool {
        self.0 & (1 << window.index()) != 0
    }
}

/// What the room deals with, beside reports and sensors: it belongs to the mode and to no box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matter {
    /// A situation.
    Situation(SituationId),
    /// An alarm.
    Alarm(AlarmId),
    /// A line of the log, by its journal number.
    Line(u64),
    /// An advisory, by its journal number.
    Advisory(u64),
}

/// One change of the picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A report entered, left or changed at a point; `at` is `None` for a report without a place.
    ///
    /// A move is two changes: `left` at the old point, then `entered` at the new one.
    Report {
        /// Which.
        id: ReportId,
        /// The journal number that caused it; the head, when time caused it.
        seq: u64,
        /// Where it is drawn.
        at: Option<Mercator>,
        /// Its hazard (for filters).
        hazard: Hazard,
        /// Its severity.
        severity: Severity,
        /// The windows it entered (or changed in).
        entered: Windows,
        /// The windows it left.
        left: Windows,
        /// True when the passing of time caused it, not an entry.
        by_time: bool,
    },
    /// A datastream has a new latest value (`index` is its number in the World, stable within one process).
    Sensor {
        /// Which.
        index: u32,
        /// The journal number that caused it.
        seq: u64,
        /// Where it stands.
        at: Option<Mercator>,
    },
    /// A matter of the room began, changed or ended.
    Matter {
        /// Which.
        matter: Matter,
        /// The head of the journal when it did.
        seq: u64,
    },
}
