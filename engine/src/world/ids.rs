//! From ids to slots. The table holds slots alone, five bytes each, and asks the slab for the ids.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use wire::id::ReportId;

use crate::record::Record;
use crate::tree::Slot;

/// See the module. Never walked, so its order reaches nothing.
#[derive(Debug, Default)]
pub(super) struct Ids(HashTable<Slot>);

/// Ids are hashes already: their bits need no more mixing, and no seed that differs between runs.
fn hash(id: ReportId) -> u64 {
    (id.0 >> 64) as u64 ^ id.0 as u64
}

impl Ids {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn find(&self, id: ReportId, records: &[Record]) -> Option<Slot> {
        self.0.find(hash(id), |slot| records[*slot as usize].id == id).copied()
    }

    /// Enters a record of the slab by its slot; false when its id is already there.
    pub(super) fn insert(&mut self, slot: Slot, records: &[Record]) -> bool {
        let id = records[slot as usize].id;
        let same = |other: &Slot| records[*other as usize].id == id;
        match self.0.entry(hash(id), same, |slot| hash(records[*slot as usize].id)) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(slot);
                true
            }
        }
    }

    pub(super) fn remove(&mut self, id: ReportId, records: &[Record]) {
        if let Ok(place) = self.0.find_entry(hash(id), |slot| records[*slot as usize].id == id) {
            place.remove();
        }
    }

    /// Every record of the slab at once; shorter than the slab when an id stands in it twice.
    pub(super) fn of(records: &[Record]) -> Self {
        let mut ids = Self(HashTable::with_capacity(records.len()));
        for slot in 0..records.len() as Slot {
            ids.insert(slot, records);
        }
        ids
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.0.allocation_size()
    }
}
