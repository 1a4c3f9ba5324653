//! The end of a tick: what changed, in words that hold outside, and everything ready for the next.

use super::cell::Marks;
use super::changes::{Changes, Component, Former, Overlap};
use super::grid::NONE;
use super::{Density, PointId, Work};

impl Density {
    /// Says what changed since the last tick, and ends this one.
    pub(super) fn tell(&mut self, work: Work) -> Changes {
        let mut after = Vec::new();
        let mut former: Vec<u32> = work.ended.clone();
        let mut shared = Vec::new();
        for slot in self.marked(&work, &mut former) {
            let component = self.sum(slot, &mut former, &mut shared);
            after.push((slot, component));
        }
        former.sort_unstable();
        former.dedup();
        let told = |slot: u32| self.slots[slot as usize].told;
        let mut changes = Changes {
            before: former
                .iter()
                .map(|slot| told(*slot))
                .filter(|component| component.n_core > 0)
                .map(|Component { id, n_core, .. }| Former { id, n_core })
                .collect(),
            after: after.iter().map(|(_, component)| *component).collect(),
            overlaps: summed(shared.iter().map(|(was, after, n)| (told(*was).id, *after, *n))),
        };
        changes.before.sort_unstable();
        changes.after.sort_unstable();
        for gone in &changes.before {
            self.by_id.remove(&gone.id);
        }
        for (slot, component) in after {
            self.by_id.insert(component.id, slot);
            let slot = &mut self.slots[slot as usize];
            (slot.told, slot.marked) = (component, false);
        }
        self.end(work);
        changes
    }

    /// The components to be told, each once; beside it the former ones of their cells.
    fn marked(&mut self, work: &Work, former: &mut Vec<u32>) -> Vec<u32> {
        for ended in &work.ended {
            self.slots[*ended as usize].marked = true;
        }
        let mut marked = Vec::new();
        let mut mark = |slots: &mut [super::Slot], number: u32| {
            if let Some(slot) = slots.get_mut(number as usize)
                && !std::mem::replace(&mut slot.marked, true)
            {
                marked.push(number);
            }
        };
        for number in work.changed.iter().chain(&work.owning) {
            let cell = &self.cells[*number as usize];
            let (was, is) = (cell.was, cell.component);
            former.extend(Some(was).filter(|was| *was != NONE));
            // An emptied cell may have left a component that holds without it.
            mark(&mut self.slots, was);
            mark(&mut self.slots, is);
        }
        for begun in &work.begun {
            mark(&mut self.slots, *begun);
        }
        marked
    }

    /// A component as it is; beside it its former ones, and how many core points it has of each.
    fn sum(
        &mut self,
        slot: u32,
        former: &mut Vec<u32>,
        shared: &mut Vec<(u32, PointId, u32)>,
    ) -> Component {
        let mut sum = Component { id: PointId(u64::MAX), n_core: 0, n_border: 0, weight: 0 };
        let first = shared.len();
        for number in &self.slots[slot as usize].cells {
            let cell = &mut self.cells[*number as usize];
            sum.id = sum.id.min(cell.oldest);
            sum.n_core += cell.n_core;
            sum.n_border += cell.n_border;
            sum.weight += cell.core_weight + cell.border_weight;
            let is_changed = cell.marks.gained || cell.marks.lost;
            let kept = if is_changed { cell.n_kept } else { cell.n_core };
            let was = std::mem::replace(&mut cell.was, slot);
            if was == NONE {
                continue;
            }
            // Cells of one former component mostly come in a row.
            match shared[first..].last_mut() {
                Some((last, _, n)) if *last == was => *n += kept,
                _ => {
                    former.push(was);
                    shared.push((was, sum.id, kept));
                }
            }
        }
        for (_, after, _) in &mut shared[first..] {
            *after = sum.id;
        }
        sum
    }

    /// Forgets the tick.
    fn end(&mut self, work: Work) {
        for number in work.stale.iter().chain(&work.owning) {
            let cell = &mut self.cells[*number as usize];
            cell.marks = Marks::default();
            cell.was = cell.component;
            self.gists[*number as usize].new = false;
        }
        for number in work.touched {
            let cell = &self.cells[number as usize];
            if cell.members.is_empty() {
                self.grid.leave(cell.square);
                self.free_cells.push(number);
            }
        }
        for slot in work.ended {
            self.slots[slot as usize].cells = Vec::new();
            self.free_slots.push(slot);
        }
    }
}

/// Overlaps in order, those of one pair as one.
fn summed(shared: impl Iterator<Item = (PointId, PointId, u32)>) -> Vec<Overlap> {
    let mut pairs: Vec<_> = shared.filter(|(_, _, n)| *n > 0).collect();
    pairs.sort_unstable();
    let rows = pairs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    rows.map(|row| Overlap {
        before: row[0].0,
        after: row[0].1,
        n_core: row.iter().map(|(_, _, n)| n).sum(),
    })
    .collect()
}
