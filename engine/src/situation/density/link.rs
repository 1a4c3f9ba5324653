//! Which cells are joined: two of them have core points near each other. And whether what lost a join still hangs
//! together close by, so that most ticks need not go through a component again.

use super::grid::{NEIGHBOURS, NONE, opposite};
use super::{Density, Work};

/// A walk around a gap looks at about so many cells: twice those that can be around it. Beyond, going through the whole
/// component is the better half of the cost.
const WALK: usize = 48;

impl Density {
    /// Brings the joins of cells with other core points than before up to date.
    pub(super) fn link(&mut self, work: &mut Work) {
        for number in &work.changed {
            let cell = &self.cells[*number as usize];
            if cell.n_core == 0 {
                work.emptied.push((*number, cell.edges));
            }
        }
        let (eps2, side) = (self.rule.eps2(), self.rule.side());
        for number in &work.changed {
            let number = *number;
            for (i, other) in self.around(number).into_iter().enumerate() {
                let here = &self.cells[number as usize];
                let had = here.edges >> i & 1 == 1;
                if !had && !self.gists.get(other as usize).is_some_and(|gist| gist.has_core) {
                    continue;
                }
                let there = &self.cells[other as usize];
                let is_changed = there.marks.gained || there.marks.lost;
                if is_changed && other < number {
                    // The other cell has looked already, or will.
                    continue;
                }
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
                } else if here.n_core > 0 && there.n_core > 0 {
                    work.parted.push((number, other));
                }
                self.cells[number as usize].edges ^= 1 << i;
                self.cells[other as usize].edges ^= 1 << opposite(i);
            }
        }
        self.tear(work);
    }

    /// Which components may hang together no longer. A way that led over what is gone leads around it, if those at its
    /// sides still reach each other close by; if all do, the component holds.
    fn tear(&self, work: &mut Work) {
        for (number, other) in &work.parted {
            if !self.reaches(*number, &mut vec![*other]) {
                work.torn.push(self.cells[*number as usize].component);
            }
        }
        for (number, edges) in &work.emptied {
            let cell = &self.cells[*number as usize];
            let near = self.around(*number);
            let mut sides: Vec<u32> =
                (0..NEIGHBOURS).filter(|i| edges >> i & 1 == 1).map(|i| near[i]).collect();
            // One that is empty too is not looked past; without any the cell was alone.
            let holds = sides.iter().all(|side| self.gists[*side as usize].has_core)
                && sides.pop().is_some_and(|first| self.reaches(first, &mut sides));
            if cell.component != NONE && !holds {
                work.torn.push(cell.component);
            }
        }
    }

    /// Whether some cells are found on a short walk over joins from another; takes those found off the list.
    fn reaches(&self, first: u32, wanted: &mut Vec<u32>) -> bool {
        let mut seen = vec![first];
        let mut next = 0;
        while let Some(number) = seen.get(next).copied() {
            if wanted.is_empty() || seen.len() > WALK {
                break;
            }
            next += 1;
            let cell = &self.cells[number as usize];
            for (i, near) in self.around(number).into_iter().enumerate() {
                if cell.edges >> i & 1 == 1 && !seen.contains(&near) {
                    seen.push(near);
                    wanted.retain(|cell| *cell != near);
                }
            }
        }
        wanted.is_empty()
    }
}
