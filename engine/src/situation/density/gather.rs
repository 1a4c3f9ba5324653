//! Components: what hangs together by joins. Those that a join fell out of are gone through again, and no others.

use super::changes::Component;
use super::grid::NONE;
use super::{Density, PointId, Work};

/// A component as it is kept. Its number says nothing outside.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) cells: Vec<u32>,
    /// As it was told last; `n_core` is 0 before that.
    pub(super) told: Component,
    /// It is among those to be told.
    pub(super) marked: bool,
}

impl Density {
    fn slot(&mut self) -> u32 {
        let told = Component { id: PointId(u64::MAX), n_core: 0, n_border: 0, weight: 0 };
        let slot = Slot { cells: Vec::new(), told, marked: false };
        if let Some(number) = self.free_slots.pop() {
            self.slots[number as usize] = slot;
            number
        } else {
            self.slots.push(slot);
            self.slots.len() as u32 - 1
        }
    }

    /// Brings the components up to date with the joins.
    pub(super) fn gather(&mut self, work: &mut Work) {
        work.torn.sort_unstable();
        work.torn.dedup();
        let mut loose = Vec::new();
        for slot in &work.torn {
            for number in std::mem::take(&mut self.slots[*slot as usize].cells) {
                let cell = &mut self.cells[number as usize];
                cell.component = NONE;
                if cell.n_core > 0 {
                    loose.push(number);
                }
            }
        }
        work.ended.append(&mut work.torn);
        self.forget(work);
        loose.extend(work.changed.iter().filter(|number| {
            let cell = &self.cells[**number as usize];
            cell.n_core > 0 && cell.component == NONE && cell.was == NONE
        }));
        let mut meets = Vec::new();
        for number in loose {
            if self.cells[number as usize].component == NONE {
                let slot = self.flood(number, &mut meets);
                work.begun.push(slot);
            }
        }
        for (one, other) in &work.joined {
            let pair = (self.cells[*one as usize].component, self.cells[*other as usize].component);
            if pair.0 != pair.1 {
                meets.push(pair);
            }
        }
        self.unite(&meets, work);
    }

    /// Takes the emptied cells out of components that hold without them.
    fn forget(&mut self, work: &Work) {
        let mut thinned = Vec::new();
        for (number, _) in &work.emptied {
            let component = std::mem::replace(&mut self.cells[*number as usize].component, NONE);
            thinned.extend(Some(component).filter(|component| *component != NONE));
        }
        thinned.sort_unstable();
        thinned.dedup();
        for slot in thinned {
            let cells = &mut self.slots[slot as usize].cells;
            cells.retain(|number| self.cells[*number as usize].component == slot);
        }
    }

    /// A new component of what hangs together with a cell and belongs to none; which others it meets.
    fn flood(&mut self, first: u32, meets: &mut Vec<(u32, u32)>) -> u32 {
        let slot = self.slot();
        self.cells[first as usize].component = slot;
        let mut cells = vec![first];
        let mut next = 0;
        while let Some(number) = cells.get(next).copied() {
            next += 1;
            let cell = &self.cells[number as usize];
            let edges = cell.edges;
            if edges == 0 {
                continue;
            }
            for (i, near) in self.around(number).into_iter().enumerate() {
                if edges >> i & 1 == 0 {
                    continue;
                }
                let near_cell = &mut self.cells[near as usize];
                if near_cell.component == NONE {
                    near_cell.component = slot;
                    cells.push(near);
                } else if near_cell.component != slot {
                    meets.push((slot, near_cell.component));
                }
            }
        }
        self.slots[slot as usize].cells = cells;
        slot
    }

    /// Makes one of those that meet; the one with the most cells takes in the others.
    fn unite(&mut self, meets: &[(u32, u32)], work: &mut Work) {
        for (one, other) in meets {
            // Each may have been taken in by now: where its cells are says by whom.
            let (one, other) = (self.heir(*one), self.heir(*other));
            if one == other {
                continue;
            }
            let size = |slot: u32| self.slots[slot as usize].cells.len();
            let (large, small) = if size(one) >= size(other) { (one, other) } else { (other, one) };
            let cells = std::mem::take(&mut self.slots[small as usize].cells);
            for number in &cells {
                self.cells[*number as usize].component = large;
            }
            // One is left behind, so that the small one's heir can be found.
            self.slots[small as usize].cells.extend(cells.first());
            self.slots[large as usize].cells.extend(cells);
            work.ended.push(small);
        }
    }

    /// The component that has taken this one in, or itself.
    fn heir(&self, slot: u32) -> u32 {
        let cell = self.slots[slot as usize].cells.first();
        cell.map_or(slot, |number| self.cells[*number as usize].component)
    }
}
