//! Official notices that ring: what a rule of the room says is to be read, until somebody has.

use wire::alarm::{AlarmCause, AlarmLevel};
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::id::ReportId;

use super::World;
use crate::change::{Change, Matter};
use crate::limits::NOTICES_RINGING_MAX;
use crate::record::Record;
use crate::report::ReportEntry;
use crate::room::{AlarmId, Cause, Figures, Raised};

impl World {
    /// A notice rings, and a newer version of it rings again. One that came late is shown and makes no sound: it is history.
    pub(super) fn ring_notice(&mut self, report: &ReportEntry, out: &mut Vec<Change>) {
        let Some(level) = report.private.rings else { return };
        let cause = Cause::Notice(report.id);
        if self.room.alarms.standing(cause).is_none() && self.n_ringing() >= NOTICES_RINGING_MAX {
            return;
        }
        let level = if report.late { AlarmLevel::Yellow } else { level };
        let raised = Raised { word: AlarmCause::Notice, level, figures: Figures::default() };
        let id = self.room.alarms.raise(cause, raised, self.now);
        self.situate(id);
        out.push(Change::Matter { matter: Matter::Alarm(id), seq: self.head });
    }

    fn n_ringing(&self) -> usize {
        let is_unread = |cause: Cause, is_over: bool| matches!(cause, Cause::Notice(_)) && !is_over;
        let all = self.room.alarms.all();
        all.filter(|(_, alarm)| is_unread(alarm.cause, alarm.is_over())).count()
    }

    /// Notes which situation the alarm of a notice belongs to.
    pub(super) fn situate_notice(&mut self, id: AlarmId, notice: ReportId) {
        if let Some(situation) = self.thinking.situations.of(notice) {
            self.room.alarms.belongs_to(id, situation);
        }
    }

    fn notice(&self, cause: Cause) -> Option<&Record> {
        let Cause::Notice(id) = cause else { return None };
        let slot = self.ids.find(id, &self.records)?;
        Some(&self.records[slot as usize])
    }

    /// What an alarm of a notice is called: the place in its words. Its text is read in the report, by who may.
    pub(super) fn name_of_notice(&self, cause: Cause) -> Option<String> {
        let record = self.notice(cause)?;
        let told = || Some(record.report().private.told?.about?.name);
        record.place_words().map(str::to_owned).or_else(told)
    }

    /// Where it is, and what happens there.
    pub(super) fn place_of_notice(&self, cause: Cause) -> Option<(Option<LngLat>, Hazard)> {
        self.notice(cause).map(|record| (record.place, record.hazard))
    }
}
