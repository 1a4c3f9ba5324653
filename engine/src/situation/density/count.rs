//! Points into cells, the weights near each, and which of them are core.

use std::ops::Range;

use super::cell::{Cell, Gist, Kind, Marks, Member};
use super::grid::NONE;
use super::steps::Step;
use super::{Density, Flip, PointId, Work, square};
use crate::situation::metres::Spot;

/// The steps of one cell.
pub(super) struct Group {
    cell: u32,
    steps: Range<usize>,
    /// What its weight changed by.
    more: i32,
}

impl Density {
    /// Puts what comes into its cells and takes what goes out of them.
    pub(super) fn place(&mut self, steps: &[Step], work: &mut Work) -> Vec<Group> {
        work.is_first = self.cells.len() == self.free_cells.len();
        if work.is_first {
            let n_cells = steps.chunk_by(|a, b| a.key == b.key).count();
            self.cells.reserve(n_cells);
            self.gists.reserve(n_cells);
        }
        let mut groups = Vec::new();
        let mut merged = Vec::new();
        let mut first = 0;
        for row in steps.chunk_by(|a, b| a.key == b.key) {
            let number = self.cell_of(row);
            let cell = &mut self.cells[number as usize];
            Self::stale(cell, number, work);
            work.touched.push(number);
            let gone = merge(cell, row, &mut merged);
            for member in &gone {
                if member.core {
                    work.flips.push(Flip { cell: number, spot: member.spot, is_core: false });
                }
                self.disown(member, work);
            }
            let more: i32 = row.iter().map(Step::weight).sum();
            let gist = &mut self.gists[number as usize];
            gist.own = gist.own.wrapping_add_signed(more);
            groups.push(Group { cell: number, steps: first..first + row.len(), more });
            first += row.len();
        }
        groups
    }

    /// The cell of a row of steps.
    fn cell_of(&mut self, row: &[Step]) -> u32 {
        let square = square(row[0].point.spot, self.rule.side());
        let found = self.grid.cell(square);
        if found != NONE {
            return found;
        }
        let cell = Cell::new(square);
        let number = if let Some(number) = self.free_cells.pop() {
            self.cells[number as usize] = cell;
            self.gists[number as usize] = Gist::NEW;
            number
        } else {
            self.cells.push(cell);
            self.gists.push(Gist::NEW);
            self.cells.len() as u32 - 1
        };
        self.cells[number as usize].block = self.grid.enter(square, number);
        number
    }

    fn stale(cell: &mut Cell, number: u32, work: &mut Work) {
        if !std::mem::replace(&mut cell.marks.stale, true) {
            work.stale.push(number);
        }
    }

    /// A point is no border point of its owner any more.
    pub(super) fn disown(&mut self, member: &Member, work: &mut Work) {
        if let Some(owner) = self.cells.get_mut(member.owner as usize) {
            owner.n_border -= 1;
            owner.border_weight -= u64::from(member.weight);
            Self::owns_others(owner, member.owner, work);
        }
    }

    /// Brings the weights around each cell up to date, and in mixed cells those near each member.
    pub(super) fn count(&mut self, steps: &[Step], groups: &[Group], work: &mut Work) {
        self.count_around(groups);
        let (eps2, min_pts) = (self.rule.eps2(), self.rule.min_pts());
        let mut turned = Vec::new();
        let mut arrivals = Vec::new();
        for group in groups {
            let cell = &mut self.cells[group.cell as usize];
            let (block, square) = (cell.block, cell.square);
            let gist = &mut self.gists[group.cell as usize];
            let due = gist.due(min_pts);
            if due != gist.kind {
                gist.kind = due;
                cell.marks.turned = true;
                turned.push(group.cell);
            }
            if work.is_first {
                continue;
            }
            arrivals.clear();
            let own_steps = &steps[group.steps.clone()];
            compress(own_steps.iter().map(|step| (step.point.spot, step.weight())), &mut arrivals);
            if arrivals.is_empty() {
                continue;
            }
            for number in self.grid.around(block, square) {
                let Some(gist) = self.gists.get_mut(number as usize) else { continue };
                let due = gist.due(min_pts);
                if gist.new || (due == gist.kind && due != Kind::Mixed) {
                    continue;
                }
                let own = gist.own;
                let cell = &mut self.cells[number as usize];
                if due != gist.kind {
                    gist.kind = due;
                    cell.marks.turned = true;
                    turned.push(number);
                    Self::stale(cell, number, work);
                }
                if due != Kind::Mixed || cell.marks.turned {
                    continue;
                }
                let mut flips = false;
                let old = cell.members.iter_mut().filter(|member| !member.fresh);
                each_spot(
                    old,
                    |spot| within(&arrivals, spot, eps2),
                    |member, more| {
                        member.outside = member.outside.wrapping_add_signed(more);
                        flips |= member.core != (own + member.outside >= min_pts);
                    },
                );
                if flips {
                    Self::stale(cell, number, work);
                }
            }
        }
        for number in turned.iter().chain(&work.touched) {
            if self.gists[*number as usize].kind == Kind::Mixed {
                self.count_anew(*number);
            }
        }
    }

    /// The weights of the neighbours of each cell. A cell that is new asks all of its own, new ones too.
    fn count_around(&mut self, groups: &[Group]) {
        for Group { cell, more, .. } in groups {
            let near = self.around(*cell);
            if self.gists[*cell as usize].new {
                let gists = near.iter().filter_map(|near| self.gists.get(*near as usize));
                self.gists[*cell as usize].around = gists.map(|gist| gist.own).sum();
            }
            if *more == 0 {
                continue;
            }
            for near in near {
                if let Some(gist) = self.gists.get_mut(near as usize)
                    && !gist.new
                {
                    gist.around = gist.around.wrapping_add_signed(*more);
                }
            }
        }
    }

    /// What is near each member of a mixed cell: those that came, or all when it was not mixed before.
    fn count_anew(&mut self, number: u32) {
        let eps2 = self.rule.eps2();
        let cell = &mut self.cells[number as usize];
        let all = std::mem::replace(&mut cell.marks.turned, false);
        if !all && !cell.members.iter().any(|member| member.fresh) {
            return;
        }
        let (block, square) = (cell.block, cell.square);
        let mut members = std::mem::take(&mut cell.members);
        for member in &mut members {
            member.fresh |= all;
        }
        let cells = self.grid.around(block, square);
        let near = cells.map(|near| self.cells.get(near as usize).map_or(&[][..], |c| &c.members));
        let sum = |spot: Spot| {
            let weights = near.iter().map(|members| {
                let weight = |member: &Member| {
                    let is_near = member.spot.distance2_cm2(spot) <= eps2;
                    if is_near { u32::from(member.weight) } else { 0 }
                };
                members.iter().map(weight).sum::<u32>()
            });
            weights.sum::<u32>() as i32
        };
        let fresh = members.iter_mut().filter(|member| member.fresh);
        each_spot(fresh, sum, |member, sum| {
            member.outside = sum.unsigned_abs();
            member.fresh = false;
        });
        self.cells[number as usize].members = members;
    }

    /// Which points are core now.
    pub(super) fn judge(&mut self, work: &mut Work) {
        let min_pts = self.rule.min_pts();
        let mut promoted = Vec::new();
        for number in &work.stale {
            let cell = &mut self.cells[*number as usize];
            let gist = &mut self.gists[*number as usize];
            let (mut n_core, mut n_kept, mut core_weight) = (0, 0, 0);
            let mut oldest = PointId(u64::MAX);
            for member in &mut cell.members {
                member.fresh = false;
                let core = match gist.kind {
                    Kind::Quiet => false,
                    Kind::Mixed => gist.own + member.outside >= min_pts,
                    Kind::Dense => true,
                };
                let was = std::mem::replace(&mut member.core, core);
                member.loose = !core && (member.loose || was);
                if core != was {
                    cell.marks.gained |= core;
                    cell.marks.lost |= was;
                    work.flips.push(Flip { cell: *number, spot: member.spot, is_core: core });
                }
                if core {
                    n_core += 1;
                    n_kept += u32::from(was);
                    core_weight += u64::from(member.weight);
                    oldest = oldest.min(member.id);
                    if member.owner != NONE {
                        promoted.push(*member);
                        member.owner = NONE;
                    }
                }
            }
            let Marks { gained, lost, .. } = cell.marks;
            if gained || lost {
                gist.has_core = n_core > 0;
                (cell.n_core, cell.n_kept) = (n_core, n_kept);
                (cell.core_weight, cell.oldest) = (core_weight, oldest);
                work.changed.push(*number);
            }
        }
        for member in promoted {
            self.disown(&member, work);
        }
    }
}

/// Adds weights on spots to a list, one entry for those in a row on one spot; what weighs nothing is left out.
fn compress(weights: impl Iterator<Item = (Spot, i32)>, entries: &mut Vec<(Spot, i32)>) {
    for (spot, weight) in weights.filter(|(_, weight)| *weight != 0) {
        match entries.last_mut() {
            Some((last, sum)) if *last == spot => *sum += weight,
            _ => entries.push((spot, weight)),
        }
    }
}

/// The sum of the weights near a spot.
fn within(weights: &[(Spot, i32)], spot: Spot, eps2: u64) -> i32 {
    let near = weights.iter().map(
        |(there, weight)| {
            if spot.distance2_cm2(*there) <= eps2 { *weight } else { 0 }
        },
    );
    near.sum()
}

/// Works a figure out for each spot and hands it to each member there: copies on one spot cost one.
fn each_spot<'a>(
    members: impl Iterator<Item = &'a mut Member>,
    figure: impl Fn(Spot) -> i32,
    mut hand: impl FnMut(&mut Member, i32),
) {
    let mut last = None;
    for member in members {
        let known = last.filter(|(spot, _)| *spot == member.spot);
        let (_, figure) = *last.insert(known.unwrap_or_else(|| (member.spot, figure(member.spot))));
        hand(member, figure);
    }
}

/// Merges a row of steps into the members, which stand in the same order; gives what went.
fn merge(cell: &mut Cell, row: &[Step], merged: &mut Vec<Member>) -> Vec<Member> {
    let mut gone = Vec::new();
    merged.clear();
    let mut members = std::mem::take(&mut cell.members);
    let mut rest = members.as_slice();
    for Step { point, comes, .. } in row {
        let rank = (point.spot, point.id);
        let before = rest.partition_point(|member| member.rank() < rank);
        merged.extend_from_slice(&rest[..before]);
        rest = &rest[before..];
        if *comes {
            merged.push(Member {
                id: point.id,
                spot: point.spot,
                outside: 0,
                owner: NONE,
                weight: point.weight,
                // The same point with another weight.
                core: gone.last().is_some_and(|last: &Member| last.rank() == rank && last.core),
                fresh: true,
                loose: true,
            });
        } else if let Some((member, after)) = rest.split_first() {
            cell.marks.lost |= member.core;
            gone.push(*member);
            rest = after;
        }
    }
    merged.extend_from_slice(rest);
    let spare = if members.is_empty() { 0 } else { merged.len() / 4 };
    members.clear();
    if members.capacity() < merged.len() {
        members.reserve_exact(merged.len() + spare);
    }
    members.extend_from_slice(merged);
    cell.members = members;
    gone
}
