//! Asking for what the room deals with.

use wire::alarm::AlarmView;
use wire::decision::LogLine;

use super::World;
use crate::change::Matter;
use crate::room::AlarmId;
use crate::view::Clearance;

impl World {
    /// Everything there is, for a reader who has nothing yet.
    pub fn matters(&self) -> impl Iterator<Item = Matter> {
        self.situation_ids().map(Matter::Situation)
    }

    /// One alarm.
    pub fn alarm(&self, _id: AlarmId, _clearance: Clearance) -> Option<AlarmView> {
        None
    }

    /// One line of the log.
    pub fn log_line(&self, _seq: u64, _clearance: Clearance) -> Option<LogLine> {
        None
    }
}
