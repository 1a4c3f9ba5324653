//! How many independent sources speak within a time.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wire::id::ReportId;
use wire::time::Timestamp;

use super::event::{Event, Said};
use super::guard::Voice;
use super::told::{Firing, Numbers, Transition, Turn};
use super::when::Count;
use crate::limits::STALE_MS;

/// The sources that speak now, each with its newest report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sources {
    newest: BTreeMap<ReportId, (Timestamp, ReportId)>,
    /// The source of each of these reports.
    spoken: BTreeMap<ReportId, ReportId>,
    /// The same by time: who is first to leave.
    leaving: BTreeSet<(Timestamp, ReportId)>,
    /// Refuted reports, each with when: a new version of one does not speak again.
    refuted: BTreeMap<ReportId, Timestamp>,
    standing: Option<Firing>,
}

impl Sources {
    /// Whether a report that counts would speak for another source now.
    pub(super) fn speaks_for_another(&self, id: ReportId, source: ReportId) -> bool {
        self.spoken.get(&id).is_some_and(|other| *other != source)
    }

    /// Lets time pass up to and with `to`.
    pub(super) fn advance(&mut self, count: Count, to: Timestamp, told: &mut Vec<Transition>) {
        while let Some((time, source)) = self.leaving.first().copied() {
            let gone_at = time.plus_ms(count.within_ms);
            if gone_at > to {
                break;
            }
            self.silence(source);
            self.settle(count, gone_at, told);
        }
        let kept_ms = count.within_ms.max(STALE_MS);
        self.refuted.retain(|_, refuted_at| to.ms_since(*refuted_at) <= kept_ms);
    }

    pub(super) fn take(
        &mut self,
        count: Count,
        event: &Event,
        voice: &Voice<'_>,
        told: &mut Vec<Transition>,
    ) {
        match event.said {
            Said::Report { id, source, .. } => {
                let expired = event.time().plus_ms(count.within_ms) <= event.recorded_at;
                if expired || self.refuted.contains_key(&id) {
                    return;
                }
                self.speak(source, event.time(), id);
                if self.standing.is_none() && self.n() >= count.n_min {
                    self.begin(count, event.recorded_at, voice, told);
                }
                self.settle(count, event.recorded_at, told);
            }
            Said::Refuted { report } => {
                self.refuted.insert(report, event.recorded_at);
                if let Some(firing) = self.standing.as_mut()
                    && firing.doubt(report)
                {
                    told.push(Transition {
                        turn: Turn::Doubted,
                        at: event.recorded_at,
                        firing: firing.clone(),
                    });
                }
                if let Some(source) = self.spoken.get(&report).copied() {
                    self.silence(source);
                    self.settle(count, event.recorded_at, told);
                }
            }
            Said::Value { .. } | Said::Seen { .. } => {}
        }
    }

    pub(super) fn standing(&self) -> impl Iterator<Item = &Firing> {
        self.standing.iter()
    }

    /// The moment at which it ends if nothing more comes.
    pub(super) fn due(&self, count: Count) -> Option<Timestamp> {
        self.standing.as_ref()?;
        let n_more = self.newest.len().checked_sub(count.n_clear() as usize + 1)?;
        self.leaving.iter().nth(n_more).map(|(time, _)| time.plus_ms(count.within_ms))
    }

    pub(super) fn end(self) -> impl Iterator<Item = Firing> {
        self.standing.into_iter()
    }

    fn n(&self) -> u32 {
        self.newest.len() as u32
    }

    /// A source counts by the newest thing that it said; of two of one time, by the greater identity, so that their order is nothing.
    fn speak(&mut self, source: ReportId, time: Timestamp, id: ReportId) {
        if let Some(other) = self.spoken.get(&id).copied().filter(|other| *other != source) {
            // It turned out to be a copy of another: one report never speaks for two.
            self.silence(other);
        }
        if self.newest.get(&source).is_some_and(|before| *before >= (time, id)) {
            return;
        }
        self.silence(source);
        self.newest.insert(source, (time, id));
        self.leaving.insert((time, source));
        self.spoken.insert(id, source);
    }

    fn silence(&mut self, source: ReportId) {
        if let Some((time, id)) = self.newest.remove(&source) {
            self.leaving.remove(&(time, source));
            self.spoken.remove(&id);
        }
    }

    fn begin(
        &mut self,
        count: Count,
        at: Timestamp,
        voice: &Voice<'_>,
        told: &mut Vec<Transition>,
    ) {
        let mut reports: Vec<ReportId> = self.newest.values().map(|(_, id)| *id).collect();
        reports.sort_unstable();
        let Count { n_min, within_ms, .. } = count;
        let n_clear = count.n_clear();
        let numbers = Numbers::Sources { n: self.n(), n_min, n_clear, within_ms };
        self.standing = Some(voice.begun(None, at, numbers, reports, told));
    }

    /// Ends what stands, if there are so few now.
    fn settle(&mut self, count: Count, at: Timestamp, told: &mut Vec<Transition>) {
        if self.n() <= count.n_clear()
            && let Some(firing) = self.standing.take()
        {
            told.push(Transition { turn: Turn::Ended, at, firing });
        }
    }
}
