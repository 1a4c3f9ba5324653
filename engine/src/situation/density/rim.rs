//! Border points: near a core point without being one. Each belongs to the nearest; of two as near, to the older.

use super::cell::nearest;
use super::grid::NONE;
use super::{Cell, Density, Flip, Work};

impl Density {
    /// Looks for the owners again where a core point may be nearer or gone.
    pub(super) fn rims(&mut self, work: &mut Work) {
        let eps2 = self.rule.eps2();
        let mut rims = Vec::new();
        let mut note = |cell: &mut Cell, number: u32| {
            if !std::mem::replace(&mut cell.marks.rim, true) {
                rims.push(number);
            }
        };
        work.flips.sort_unstable_by_key(|flip| flip.cell);
        let flips = if work.is_first { &[] } else { work.flips.as_slice() };
        for row in flips.chunk_by(|a, b| a.cell == b.cell) {
            let from = row[0].cell;
            for number in self.around(from).into_iter().chain([from]) {
                let Some(cell) = self.cells.get_mut(number as usize) else { continue };
                if cell.members.len() == cell.n_core as usize {
                    continue;
                }
                let mut met = false;
                for member in cell.members.iter_mut().filter(|member| !member.core) {
                    // A core point that went matters to those whose owner lost it.
                    let is_met = |flip: &Flip| {
                        (flip.is_core || member.owner == from)
                            && member.spot.distance2_cm2(flip.spot) <= eps2
                    };
                    member.loose |= row.iter().any(is_met);
                    met |= member.loose;
                }
                if met {
                    note(cell, number);
                }
            }
        }
        for number in &work.stale {
            let cell = &mut self.cells[*number as usize];
            if cell.members.iter().any(|member| member.loose) {
                note(cell, *number);
            }
        }
        for number in rims {
            self.rim(number, work);
        }
    }

    /// The owners of those points of a cell that are to be looked at.
    fn rim(&mut self, number: u32, work: &mut Work) {
        let eps2 = self.rule.eps2();
        let cell = &mut self.cells[number as usize];
        cell.marks.rim = false;
        let mut members = std::mem::take(&mut cell.members);
        let has_core =
            |near: &u32| self.gists.get(*near as usize).is_some_and(|gist| gist.has_core);
        let near: Vec<u32> = self.around(number).into_iter().filter(has_core).collect();
        let is_alone = near.is_empty() && !self.gists[number as usize].has_core;
        if is_alone && members.iter().all(|member| member.owner == NONE) {
            // Noise among noise, as most cells are.
            for member in &mut members {
                member.loose = false;
            }
            self.cells[number as usize].members = members;
            return;
        }
        let mut owners: Vec<u32> = Vec::with_capacity(members.len());
        let mut last = None;
        for member in members.iter().filter(|member| member.loose) {
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
        let rim = members.iter_mut().filter(|member| member.loose);
        for (member, owner) in rim.zip(owners) {
            member.loose = false;
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
