//! Reading again: reports that stand without a place, for another gazetteer, and what that tells of them.

use super::World;
use crate::change::Change;
use crate::locate::{RereadEntry, Unplaced};

impl World {
    /// Reports that stand without a place, in the order of their numbers: up to `limit` of the next `looked` reports after a number. The
    /// number to go on after; none at the end.
    ///
    /// Who placed one by hand decided about it, and of what was taken back no word is left: they are not among them.
    pub fn unplaced_after(
        &self,
        after: u64,
        looked: usize,
        limit: usize,
    ) -> (Vec<Unplaced>, Option<u64>) {
        let mut found = Vec::new();
        let next = self.by_seq.range(after.saturating_add(1)..).take(looked);
        let mut last = None;
        for (seq, slot) in next {
            last = Some(*seq);
            let record = &self.records[*slot as usize];
            if record.place.is_some() || record.erased || self.placed.holds(record.id) {
                continue;
            }
            if record.text().is_none() && record.place_words().is_none() {
                continue;
            }
            found.push(Unplaced {
                source: record.source,
                recorded_at: record.recorded_at,
                id: record.id,
                seq: record.seq,
                words: record.report().private,
            });
            if found.len() >= limit {
                break;
            }
        }
        (found, last)
    }

    /// Whether what was read again still says something: asked before it is appended. A newer version, a person or a deletion may have
    /// come between.
    pub fn is_rereadable(&self, entry: &RereadEntry) -> bool {
        self.ids.find(entry.id, &self.records).is_some_and(|slot| {
            let record = &self.records[slot as usize];
            !record.erased && self.stands_unplaced(entry)
        })
    }

    /// The version that was read is the one that is held, and it has no place.
    fn stands_unplaced(&self, entry: &RereadEntry) -> bool {
        self.ids.find(entry.id, &self.records).is_some_and(|slot| {
            let record = &self.records[slot as usize];
            record.seq == entry.of && record.place.is_none() && !self.placed.holds(entry.id)
        })
    }

    /// Takes in what was read again. Of a report that was erased since, a replay finds no more than about where it was.
    pub(super) fn reread(&mut self, entry: &RereadEntry, out: &mut Vec<Change>) {
        if !self.stands_unplaced(entry) {
            return;
        }
        let Some(slot) = self.ids.find(entry.id, &self.records) else { return };
        let record = self.records[slot as usize].reread(entry.spot, entry.told.clone());
        self.hold_anew(record, out);
        if entry.spot.is_some() {
            self.guard_placed(entry.id, out);
        }
    }
}
