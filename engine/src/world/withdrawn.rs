//! What was withdrawn where it was published: found by the names under which its source brought it. No list of authors is kept; whose
//! account went is looked for in what is held.

use std::ops::{Bound, Range};

use wire::id::ReportId;
use wire::time::Timestamp;

use super::World;
use crate::entry::SourceKey;
use crate::record::Record;
use crate::report::ReportEntry;

/// A report, and when the version that is held came.
type Received = (Timestamp, ReportEntry);

impl World {
    /// Whether this report is held with its words.
    pub fn has_words_of(&self, id: ReportId) -> bool {
        let slot = self.ids.find(id, &self.records);
        slot.is_some_and(|slot| !self.records[slot as usize].erased)
    }

    /// The reports of a source whose names there begin with one of these, as far as they were told by the moment beside it: what is
    /// said afterwards under the same name is not withdrawn with it, also where the withdrawal is told twice.
    pub fn named_under(
        &self,
        source: SourceKey,
        beginnings: &[(String, Timestamp)],
    ) -> Vec<ReportId> {
        let held = self.by_seq.values().map(|slot| &self.records[*slot as usize]);
        let theirs = held.filter(|record| record.source == source && !record.erased);
        let goes = |record: &&Record| {
            let Some(name) = record.source_id() else { return false };
            let mut all = beginnings.iter();
            all.any(|(one, until)| name.starts_with(&**one) && record.updated_at <= *until)
        };
        theirs.filter(goes).map(|one| one.id).collect()
    }

    /// What a source brought between two moments and is held with its words, with the moment at which the version that is held came, of the
    /// next `looked` reports of all sources; and after what to go on, none at the end.
    pub fn taken_between(
        &self,
        source: SourceKey,
        span: Range<Timestamp>,
        after: Option<(Timestamp, u32)>,
        looked: usize,
    ) -> (Vec<Received>, Option<(Timestamp, u32)>) {
        let from = after.map_or(Bound::Included((span.start, 0)), Bound::Excluded);
        let mut last = None;
        let mut found = Vec::new();
        for one in self.by_recorded.range((from, Bound::Excluded((span.end, 0)))).take(looked) {
            last = Some(*one);
            let record = &self.records[one.1 as usize];
            if record.source == source && !record.erased {
                found.push((record.recorded_at, record.report()));
            }
        }
        (found, last)
    }

    /// Whether anything of a source is held with its words.
    pub fn has_words_from(&self, source: SourceKey) -> bool {
        let mut held = self.by_seq.values().map(|slot| &self.records[*slot as usize]);
        held.any(|record| record.source == source && !record.erased)
    }
}
