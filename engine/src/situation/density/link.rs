//! Which cells are joined: two of them have core points near each other.

use super::grid::{NONE, opposite};
use super::{Density, Work};

impl Density {
    /// Brings the joins of cells with other core points than before up to date.
    pub(super) fn link(&mut self, work: &mut Work) {
        let (eps2, side) = (self.rule.eps2(), self.rule.side());
        for number in work.changed.clone() {
            let square = self.cells[number as usize].square;
            for (i, other) in self.grid.around(square).into_iter().enumerate() {
                let Some(there) = self.cells.get(other as usize) else { continue };
                let here = &self.cells[number as usize];
                let is_changed = there.marks.gained || there.marks.lost;
                if is_changed && other < number {
                    // The other cell has looked already, or will.
                    continue;
                }
                let had = here.edges >> i & 1 == 1;
                let has = if here.n_core == 0 || there.n_core == 0 {
                    false
                } else if had && !here.marks.lost && !there.marks.lost {
                    true
                } else if !had && !here.marks.gained && !there.marks.gained {
                    false
                } else {
                    here.is_joined(there, eps2, side)
                };
                if had == has {
                    continue;
                }
                if has {
                    work.joined.push((number, other));
                } else {
                    work.torn.push(here.component);
                }
                self.cells[number as usize].edges ^= 1 << i;
                self.cells[other as usize].edges ^= 1 << opposite(i);
            }
            let here = &self.cells[number as usize];
            if here.n_core == 0 && here.component != NONE {
                // It may have been a component of its own, without a join.
                work.torn.push(here.component);
            }
        }
    }
}
