//! Which zones have something in a cell: a table of blocks for each level of the quadtree.

use hashbrown::HashTable;

use super::block::{Block, place};
use super::cell;
use super::cover::{CellKey, Covered, cover};
use super::limits::COARSEST;
use super::{Zone, ZoneId};
use crate::mix;

/// Tables, one for each number of bits that a cell may span.
const LEVELS: usize = COARSEST as usize + 1;

/// The cells of all zones: blocks, each with its key.
#[derive(Debug)]
pub(super) struct Index {
    levels: [HashTable<(u64, Block)>; LEVELS],
    /// The levels that have cells, a bit each.
    used: u32,
}

impl Default for Index {
    fn default() -> Self {
        Self { levels: std::array::from_fn(|_| HashTable::new()), used: 0 }
    }
}

impl Index {
    pub(super) fn insert(&mut self, id: ZoneId, zone: &Zone) {
        let mut words = Vec::new();
        cover(zone, &mut |at, covered| {
            self.used |= 1 << at.level;
            let (key, place) = place(at.key);
            let (_, block) = self.levels[usize::from(at.level)]
                .entry(mix::number(key), |(other, _)| *other == key, |(key, _)| mix::number(*key))
                .or_insert_with(|| (key, Block::default()))
                .into_mut();
            words.clear();
            words.extend_from_slice(block.cell(place));
            match covered {
                Covered::Inside => cell::lies_inside(&mut words, id),
                Covered::Boundary { inside, edges } => {
                    cell::lies_on(&mut words, at.corner(), id, inside, edges);
                }
            }
            block.write(place, &words);
        });
    }

    pub(super) fn remove(&mut self, id: ZoneId, zone: &Zone) {
        let mut words = Vec::new();
        cover(zone, &mut |CellKey { level, key }, _| {
            let (key, place) = place(key);
            let blocks = &mut self.levels[usize::from(level)];
            let slot = blocks.find_entry(mix::number(key), |(other, _)| *other == key);
            let Ok(mut slot) = slot else { return };
            let block = &mut slot.get_mut().1;
            words.clear();
            words.extend_from_slice(block.cell(place));
            cell::forget(&mut words, id);
            block.write(place, &words);
            if block.is_empty() {
                slot.remove();
            }
            if blocks.is_empty() {
                self.used &= !(1 << level);
            }
        });
    }

    /// Adds the zones that cover a place, each once, in no order.
    pub(super) fn find(&self, x: i32, y: i32, hits: &mut Vec<ZoneId>) {
        let mut used = self.used;
        while used != 0 {
            let level = used.trailing_zeros();
            used &= used - 1;
            let at = CellKey::around(level as u8, x, y);
            let (key, place) = place(at.key);
            let blocks = &self.levels[level as usize];
            if let Some((_, block)) = blocks.find(mix::number(key), |(other, _)| *other == key) {
                cell::find(block.cell(place), at.corner(), (x, y), hits);
            }
        }
    }
}
