//! What was withdrawn where it was published: found by the names under which its source brought it. No list of authors is kept; whose
//! account went is looked for in what is held.

use wire::id::ReportId;

use super::World;
use crate::entry::SourceKey;

impl World {
    /// Whether this report is held with its words.
    pub fn has_words_of(&self, id: ReportId) -> bool {
        let slot = self.ids.find(id, &self.records);
        slot.is_some_and(|slot| !self.records[slot as usize].erased)
    }

    /// The reports of a source whose names there begin with one of these.
    pub fn named_under(&self, source: SourceKey, beginnings: &[String]) -> Vec<ReportId> {
        let held = self.by_seq.values().map(|slot| &self.records[*slot as usize]);
        let theirs = held.filter(|record| record.source == source && !record.erased);
        let begins = |name: &str| beginnings.iter().any(|beginning| name.starts_with(&**beginning));
        theirs.filter(|one| one.source_id().is_some_and(begins)).map(|one| one.id).collect()
    }

    /// Whether anything of a source is held with its words.
    pub fn has_words_from(&self, source: SourceKey) -> bool {
        let mut held = self.by_seq.values().map(|slot| &self.records[*slot as usize]);
        held.any(|record| record.source == source && !record.erased)
    }
}
