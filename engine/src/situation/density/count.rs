//! Points into cells, the weights near each, and which of them are core.

use std::ops::Range;

use super::cell::{Cell, Marks, Member};
use super::grid::NONE;
use super::steps::Step;
use super::{Density, PointId, Work, square};
use crate::situation::metres::Spot;

/// The steps of one cell.
pub(super) struct Group {
    cell: u32,
    steps: Range<usize>,
}

impl Density {
    /// Puts what comes into its cells and takes what goes out of them.
    pub(super) fn place(&mut self, steps: &[Step], work: &mut Work) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut merged = Vec::new();
        let mut first = 0;
        for row in steps.chunk_by(|a, b| a.key == b.key) {
            let number = self.cell_of(row);
            let dense = u64::from(self.rule.min_pts());
            let cell = &mut self.cells[number as usize];
            cell.marks.was_dense = cell.weight >= dense;
            Self::stale(cell, number, work);
            work.touched.push(number);
            let gone = merge(cell, row, &mut merged);
            for member in gone {
                self.disown(&member, work);
            }
            groups.push(Group { cell: number, steps: first..first + row.len() });
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
            number
        } else {
            self.cells.push(cell);
            self.cells.len() as u32 - 1
        };
        self.grid.enter(square, number);
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

    /// Brings the sums of what is near outside up to date, in cells where they matter.
    pub(super) fn count(&mut self, steps: &[Step], groups: &[Group], work: &mut Work) {
        let (eps2, dense) = (self.rule.eps2(), u64::from(self.rule.min_pts()));
        let mut arrivals = Vec::new();
        for group in groups {
            weigh(&steps[group.steps.clone()], &mut arrivals);
            if arrivals.is_empty() {
                continue;
            }
            for number in self.grid.around(self.cells[group.cell as usize].square) {
                let Some(cell) = self.cells.get_mut(number as usize) else { continue };
                if cell.marks.new || cell.marks.was_dense || cell.weight >= dense {
                    continue;
                }
                let mut met = false;
                let old = cell.members.iter_mut().filter(|member| !member.fresh);
                each_spot(
                    old,
                    |spot| within(&arrivals, spot, eps2),
                    |member, more| {
                        member.outside = member.outside.wrapping_add_signed(more);
                        met |= more != 0;
                    },
                );
                if met {
                    Self::stale(cell, number, work);
                }
            }
        }
        for number in &work.touched {
            let cell = &mut self.cells[*number as usize];
            if cell.weight < dense && (cell.marks.was_dense || cell.members.iter().any(|m| m.fresh))
            {
                self.count_anew(*number);
            }
        }
    }

    /// The sums of a sparse cell: of those that came, or of all when it was dense before.
    fn count_anew(&mut self, number: u32) {
        let eps2 = self.rule.eps2();
        let cell = &mut self.cells[number as usize];
        let (square, all) = (cell.square, cell.marks.was_dense);
        let mut members = std::mem::take(&mut cell.members);
        for member in members.iter_mut().filter(|member| all || member.fresh) {
            member.fresh = true;
        }
        let mut near = Vec::new();
        for cell in self.grid.around(square) {
            let Some(cell) = self.cells.get(cell as usize) else { continue };
            let weights = cell.members.iter().map(|member| (member.spot, i32::from(member.weight)));
            compress(weights, &mut near);
        }
        let fresh = members.iter_mut().filter(|member| member.fresh);
        each_spot(
            fresh,
            |spot| within(&near, spot, eps2),
            |member, sum| {
                member.outside = sum.unsigned_abs();
            },
        );
        self.cells[number as usize].members = members;
    }

    /// Which points are core now.
    pub(super) fn judge(&mut self, work: &mut Work) {
        let dense = u64::from(self.rule.min_pts());
        let mut promoted = Vec::new();
        for number in &work.stale {
            let cell = &mut self.cells[*number as usize];
            let (mut n_core, mut n_kept, mut core_weight) = (0, 0, 0);
            let mut oldest = PointId(u64::MAX);
            for member in &mut cell.members {
                member.fresh = false;
                let core = cell.weight >= dense || cell.weight + u64::from(member.outside) >= dense;
                let was = std::mem::replace(&mut member.core, core);
                cell.marks.gained |= core && !was;
                cell.marks.lost |= was && !core;
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

/// What the steps of a cell add to the weights of their spots.
fn weigh(steps: &[Step], arrivals: &mut Vec<(Spot, i32)>) {
    arrivals.clear();
    let signed = |step: &Step| {
        let weight = i32::from(step.point.weight);
        (step.point.spot, if step.comes { weight } else { -weight })
    };
    compress(steps.iter().map(signed), arrivals);
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
            cell.weight += u64::from(point.weight);
            merged.push(Member {
                id: point.id,
                spot: point.spot,
                outside: 0,
                owner: NONE,
                weight: point.weight,
                // The same point with another weight.
                core: gone.last().is_some_and(|last: &Member| last.rank() == rank && last.core),
                fresh: true,
            });
        } else if let Some((member, after)) = rest.split_first() {
            cell.weight -= u64::from(member.weight);
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
