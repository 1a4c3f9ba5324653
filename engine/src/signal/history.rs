//! What a datastream was like: a value for each half hour, and for blocks of hours the least, the greatest and the longest
//! run of equal values.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::limits::{BLOCK_MS, BLOCKS, CELL_MS, CELLS};
use super::told::Held;

/// Values by half hour; a half hour without one holds no number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Cells(Vec<f32>);

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|(one, two)| one.to_bits() == two.to_bits())
    }
}

/// Six hours in short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    /// Its number since 1970.
    number: i64,
    /// The least that a few values in a row stayed at or under.
    pub(super) low: f32,
    /// The greatest that a few values in a row stayed at or above.
    pub(super) high: f32,
    /// The longest run of equal values that ended in it.
    pub(super) run_ms: i64,
}

/// Two weeks of a datastream in a few kilobytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct History {
    cells: Cells,
    newest_cell: Option<i64>,
    blocks: VecDeque<Block>,
}

/// The half hour of a moment, counted from 1970.
pub(super) fn cell_of(at: Timestamp) -> i64 {
    at.0.div_euclid(CELL_MS)
}

impl History {
    /// Keeps a value, if it is the first of its half hour; a late one fills a gap.
    pub(super) fn keep(&mut self, held: Held) {
        let cell = cell_of(held.at);
        let newest = *self.newest_cell.get_or_insert(cell);
        if self.cells.0.is_empty() {
            self.cells.0 = vec![f32::NAN; CELLS];
        }
        if cell <= newest.saturating_sub(CELLS as i64) {
            return;
        }
        if cell > newest {
            let first = (newest + 1).max(cell.saturating_sub(CELLS as i64 - 1));
            for passed in first..=cell {
                if let Some(place) = self.place(passed) {
                    *place = f32::NAN;
                }
            }
            self.newest_cell = Some(cell);
        }
        if let Some(place) = self.place(cell).filter(|place| place.is_nan()) {
            *place = held.value as f32;
        }
    }

    fn place(&mut self, cell: i64) -> Option<&mut f32> {
        self.cells.0.get_mut(cell.rem_euclid(CELLS as i64) as usize)
    }

    /// The values of two weeks up to and with a half hour, each with its half hour.
    pub(super) fn until(&self, last: i64) -> impl Iterator<Item = (i64, f64)> + '_ {
        let newest = self.newest_cell.unwrap_or(last);
        let first = newest.max(last).saturating_sub(CELLS as i64 - 1);
        (first..=last.min(newest)).filter_map(|cell| {
            let value = *self.cells.0.get(cell.rem_euclid(CELLS as i64) as usize)?;
            (!value.is_nan()).then_some((cell, f64::from(value)))
        })
    }

    /// The block of a moment; `None` if it is older than all that is kept of blocks.
    pub(super) fn block(&mut self, at: Timestamp) -> Option<&mut Block> {
        let number = at.0.div_euclid(BLOCK_MS);
        if self.blocks.back().is_none_or(|newest| newest.number < number) {
            if self.blocks.len() == BLOCKS {
                self.blocks.pop_front();
            }
            let (low, high) = (f32::INFINITY, f32::NEG_INFINITY);
            self.blocks.push_back(Block { number, low, high, run_ms: 0 });
        }
        self.blocks.iter_mut().rev().find(|block| block.number == number)
    }

    /// The blocks that ended by a moment, of the last two weeks before it.
    pub(super) fn blocks_until(&self, end: Timestamp) -> impl Iterator<Item = &Block> {
        let last = end.0.div_euclid(BLOCK_MS);
        let kept = last.saturating_sub(BLOCKS as i64)..last;
        self.blocks.iter().filter(move |block| kept.contains(&block.number))
    }

    /// The longest run of equal values that ended in the two weeks before a moment, in milliseconds.
    pub(super) fn longest_run_ms(&self, at: Timestamp) -> i64 {
        let kept = self.blocks_until(at.plus_ms(BLOCK_MS));
        kept.map(|block| block.run_ms).max().unwrap_or_default()
    }
}
