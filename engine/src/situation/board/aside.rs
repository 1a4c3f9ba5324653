//! What people take out of a situation, and put back: reports that are set aside, situations that are closed and opened again.

use wire::id::ReportId;
use wire::time::Timestamp;

use super::Situations;
use crate::situation::SituationId;

impl Situations {
    /// A report belongs to no situation any more, until [`Self::take_in`]; `closed` is the situation that was closed over it.
    pub fn set_aside(&mut self, id: ReportId, closed: Option<SituationId>) {
        self.release(id);
        self.aside.insert(id, closed);
    }

    /// A report that was set aside may belong to one again, once it is held.
    pub fn take_in(&mut self, id: ReportId) {
        self.aside.remove(&id);
    }

    /// A person closes a situation: what spoke for it is set aside.
    pub fn close(&mut self, id: SituationId, now: Timestamp) {
        let Some(one) = self.by_number.get_mut(&id) else { return };
        one.ended_at = Some(now);
        for member in std::mem::take(&mut one.members) {
            self.set_aside(member, Some(id));
        }
    }

    /// That was taken back. Gives the reports that spoke for it then and are live still: they are to be held again.
    pub fn reopen(&mut self, id: SituationId) -> Vec<ReportId> {
        let Some(one) = self.by_number.get_mut(&id) else { return Vec::new() };
        one.ended_at = None;
        self.bereft.insert(id);
        let mine = self.aside.iter().filter(|(_, closed)| **closed == Some(id));
        let mine: Vec<ReportId> = mine.map(|(report, _)| *report).collect();
        for report in &mine {
            self.aside.remove(report);
        }
        mine
    }

    /// A report that is held speaks for this situation, as it did before.
    pub fn put_back(&mut self, report: ReportId, id: SituationId) {
        self.enter(report, id);
    }
}
