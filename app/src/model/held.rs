//! The reports that one screen holds: found by their id, and let go by their age.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::id::ReportId;
use wire::report::ReportFeature;

/// More than a list has rows, many times over.
const TAKEN_MAX: usize = 10_000;

/// Reports by id, and in the order of their newest versions: in a crowd the oldest is looked for a thousand times a second.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct HeldReports {
    by_id: BTreeMap<ReportId, Arc<ReportFeature>>,
    by_seq: BTreeSet<(u64, ReportId)>,
    /// What the server took away, and not the screen by looking elsewhere.
    taken: BTreeSet<ReportId>,
}

impl HeldReports {
    pub(super) fn get(&self, id: ReportId) -> Option<&ReportFeature> {
        self.by_id.get(&id).map(Arc::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ReportId> {
        self.by_id.keys().copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<ReportFeature>> {
        self.by_id.values()
    }

    pub(super) fn insert(&mut self, report: ReportFeature) {
        let (id, seq) = (report.id, report.properties.seq);
        self.taken.remove(&id);
        if let Some(old) = self.by_id.insert(id, Arc::new(report)) {
            self.by_seq.remove(&(old.properties.seq, id));
        }
        self.by_seq.insert((seq, id));
    }

    /// Takes a report out; whether it was there.
    pub(super) fn remove(&mut self, id: ReportId) -> bool {
        let old = self.by_id.remove(&id);
        old.is_some_and(|old| self.by_seq.remove(&(old.properties.seq, id)))
    }

    /// Takes out what the server takes away; a version newer than that came back in and stays.
    pub(super) fn take(&mut self, ids: &[ReportId], seq: u64) {
        for id in ids {
            if self.get(*id).is_some_and(|held| held.properties.seq <= seq) {
                self.remove(*id);
                self.taken.insert(*id);
            }
        }
        // One that was taken long ago is in no row any more.
        while self.taken.len() > TAKEN_MAX {
            self.taken.pop_first();
        }
    }

    pub(super) fn is_taken(&self, id: ReportId) -> bool {
        self.taken.contains(&id)
    }

    /// Lets the oldest go until there are so many.
    pub(super) fn shorten(&mut self, to: usize) {
        while self.by_id.len() > to {
            let Some((_, id)) = self.by_seq.pop_first() else { return };
            self.by_id.remove(&id);
        }
    }

    pub(super) fn retain(&mut self, wanted: impl Fn(&ReportFeature) -> bool) {
        let by_seq = &mut self.by_seq;
        self.by_id.retain(|id, report| {
            let stays = wanted(report);
            if !stays {
                by_seq.remove(&(report.properties.seq, *id));
            }
            stays
        });
    }

    pub(super) fn clear(&mut self) {
        self.by_id.clear();
        self.by_seq.clear();
        self.taken.clear();
    }
}
