//! Border points: near a core point without being one. Each belongs to the nearest; of two as near, to the older.

use super::cell::nearest;
use super::grid::NONE;
use super::{Density, Work};

impl Density {
    /// Looks for the owners again where a core point may be nearer or gone.
    pub(super) fn rims(&mut self, work: &mut Work) {
        let mut rims = Vec::new();
        let mut note = |cells: &mut [super::Cell], number: u32| {
            if let Some(cell) = cells.get_mut(number as usize)
                && cell.members.len() > cell.n_core as usize
                && !std::mem::replace(&mut cell.marks.rim, true)
            {
                rims.push(number);
            }
        };
        for number in &work.changed {
            let square = self.cells[*number as usize].square;
            note(&mut self.cells, *number);
            for near in self.grid.around(square) {
                note(&mut self.cells, near);
            }
        }
        for number in &work.touched {
            note(&mut self.cells, *number);
        }
        for number in rims {
            self.rim(number, work);
        }
    }

    /// The owners of the points of a cell that are not core.
    fn rim(&mut self, number: u32, work: &mut Work) {
        let eps2 = self.rule.eps2();
        let cell = &mut self.cells[number as usize];
        cell.marks.rim = false;
        let (square, mut members) = (cell.square, std::mem::take(&mut cell.members));
        let has_core = |near: &u32| self.cells.get(*near as usize).is_some_and(|c| c.n_core > 0);
        let near: Vec<u32> = self.grid.around(square).into_iter().filter(has_core).collect();
        let mut owners: Vec<u32> = Vec::with_capacity(members.len());
        let mut last = None;
        for member in members.iter().filter(|member| !member.core) {
            if let (Some(spot), Some(owner)) = (last.replace(member.spot), owners.last())
                && spot == member.spot
            {
                // Copies on one spot cost one.
                owners.push(*owner);
                continue;
            }
            let others = near.iter().filter_map(|owner| {
                let there = &self.cells[*owner as usize].members;
                Some((nearest(there, member.spot, eps2)?, *owner))
            });
            let here = nearest(&members, member.spot, eps2).map(|found| (found, number));
            owners.push(others.chain(here).min().map_or(NONE, |(_, owner)| owner));
        }
        let rim = members.iter_mut().filter(|member| !member.core);
        for (member, owner) in rim.zip(owners) {
            if owner == member.owner {
                continue;
            }
            self.disown(member, work);
            member.owner = owner;
            if let Some(cell) = self.cells.get_mut(owner as usize) {
                cell.n_border += 1;
                cell.border_weight += u64::from(member.weight);
                Self::owns_others(cell, owner, work);
            }
        }
        self.cells[number as usize].members = members;
    }
}
