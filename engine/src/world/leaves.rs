//! The leaves of a cluster, page by page: every number opens the list behind it.

use wire::grade::HazardSet;
use wire::id::ClusterId;
use wire::report::ReportFeature;
use wire::tile::ZOOM_MAX;
use wire::view::Window;

use super::World;
use super::picture::GATHER_MAX;
use crate::limits::{PAGE_MAX, SCAN_MAX};
use crate::morton::{CELL_LEVELS, key, prefix};
use crate::tree::{Dot, Slot};
use crate::view::Clearance;

/// Which page of a cluster's reports is asked for. Newest (highest seq) first.
#[derive(Debug, Clone, Copy)]
pub struct LeavesFilter {
    /// The window the cluster was drawn in.
    pub window: Window,
    /// The hazards it was drawn for.
    pub hazards: HazardSet,
    /// Only below this seq: the cursor.
    pub before_seq: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

impl World {
    /// A page of the reports of a cluster, newest first, and the cursor (`before_seq`) of the next page; `None` if
    /// there is no such cluster now. As with [`Self::reports`], only a page without a cursor is the last.
    pub fn leaves(
        &self,
        id: ClusterId,
        filter: &LeavesFilter,
        clearance: Clearance,
    ) -> Option<(Vec<ReportFeature>, Option<u64>)> {
        let z = id.zoom();
        if z > ZOOM_MAX || id.key() >> (2 * (z + CELL_LEVELS)) != 0 {
            return None;
        }
        let tree = &self.trees[filter.window.index()];
        let mut slots = Vec::new();
        let clump = (z, id.key());
        let members = tree.members_of_clump(filter.hazards, clump, GATHER_MAX, &mut slots)?;
        let limit = filter.limit.min(PAGE_MAX);
        if limit == 0 {
            return Some((Vec::new(), None));
        }
        let below = filter.before_seq.unwrap_or(u64::MAX);
        let (slots, next) = if members.n <= GATHER_MAX {
            self.newest_below(slots, below, limit)
        } else {
            let inside = |dot: &Dot| {
                dot.placed
                    && dot.windows & (1 << filter.window.index()) != 0
                    && filter.hazards.contains(dot.hazard)
                    && members.cells.binary_search(&prefix(key(dot.at), members.level)).is_ok()
            };
            self.walk_below(inside, below, limit)
        };
        let feature = |slot: Slot| self.feature(&self.records[slot as usize], clearance);
        Some((slots.into_iter().map(feature).collect(), next))
    }

    /// The newest of some reports below a number, and where to go on.
    fn newest_below(
        &self,
        mut slots: Vec<Slot>,
        below: u64,
        limit: usize,
    ) -> (Vec<Slot>, Option<u64>) {
        let seq = |slot: &Slot| self.records[*slot as usize].seq;
        slots.retain(|slot| seq(slot) < below);
        slots.sort_unstable_by_key(|slot| std::cmp::Reverse(seq(slot)));
        let more = slots.len() > limit;
        slots.truncate(limit);
        let next = slots.last().filter(|_| more).map(seq);
        (slots, next)
    }

    /// The same by walking from the newest: for clusters too large to be gathered for every page.
    fn walk_below(
        &self,
        inside: impl Fn(&Dot) -> bool,
        below: u64,
        limit: usize,
    ) -> (Vec<Slot>, Option<u64>) {
        let mut page = Vec::new();
        let mut last = below;
        for (looked_at, (seq, slot)) in self.by_seq.range(..below).rev().enumerate() {
            if page.len() == limit || looked_at == SCAN_MAX {
                return (page, Some(last));
            }
            last = *seq;
            if inside(&self.dots[*slot as usize]) {
                page.push(*slot);
            }
        }
        (page, None)
    }
}
