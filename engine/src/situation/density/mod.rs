//! Where live points lie close together: DBSCAN, exact, kept up as points come and go.
//!
//! The plane is cut into cells so small that all points of a cell are near each other, and so large that only twenty
//! others can hold anything near (Gunawan 2013). A cell whose weight is enough is core as it stands, however many lie in
//! it; in the others each point keeps the sum of what is near it outside. Core cells that have two core points near each
//! other are joined; a component is what hangs together. When a join comes apart, only the cells of that component are
//! gone through again.
//!
//! What came and went since the last tick is put in one order before anything is done, so the answer does not depend on
//! the order of arrival; and it is a function of the live points alone, however they came to be live.
//!
//! ```text
//! steps (what comes and goes) ─▶ count (who is near whom) ─▶ judge (core or not) ─▶ link (which cells join)
//!        ─▶ gather (components) ─▶ rim (border points) ─▶ tell (Changes)
//! ```

mod cell;
mod changes;
mod count;
mod gather;
mod grid;
mod index;
mod link;
mod read;
mod rim;
mod rule;
mod steps;
mod tell;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::metres::Spot;
use cell::{Cell, Gist};
use gather::Slot;
use grid::{Grid, NEIGHBOURS, Square};
use index::Index;
use steps::Pending;

pub use changes::{Changes, Component, Former, Members, Overlap, Role};
pub use rule::{BadRule, EPS_MAX_CM, Rule};

/// What a point is called: the seq of the entry that brought it. Smaller is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointId(pub u64);

/// A live point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub id: PointId,
    /// Where it lies.
    pub spot: Spot,
    /// For how many it counts: 1 for a voice of its own, 0 for a copy of one that counts already. It lies in a
    /// component all the same.
    pub weight: u8,
}

/// The live points and their components. See the module. Sums are 32 bits wide: right for sixteen million points, each
/// of the greatest weight.
#[derive(Debug, Clone)]
pub struct Density {
    rule: Rule,
    index: Index,
    grid: Grid,
    cells: Vec<Cell>,
    gists: Vec<Gist>,
    free_cells: Vec<u32>,
    slots: Vec<Slot>,
    free_slots: Vec<u32>,
    by_id: BTreeMap<PointId, u32>,
    pending: Pending,
}

/// A point that became core, or is none any more.
#[derive(Debug, Clone, Copy)]
struct Flip {
    cell: u32,
    spot: Spot,
    is_core: bool,
}

/// What one tick gathers on its way: cells by their numbers, each once.
#[derive(Debug, Default)]
struct Work {
    /// Cells whose members changed.
    touched: Vec<u32>,
    /// Cells whose members have to be judged again, the touched ones among them.
    stale: Vec<u32>,
    /// There was no point before this tick: no sum, join or owner has to be brought up to date.
    is_first: bool,
    /// Cells with other core points than before.
    changed: Vec<u32>,
    /// Cells that own other border points than before.
    owning: Vec<u32>,
    /// Points that became core or are none any more, cell by cell.
    flips: Vec<Flip>,
    /// Pairs of cells that are joined now and were not.
    joined: Vec<(u32, u32)>,
    /// Pairs of cells that were joined and are not.
    parted: Vec<(u32, u32)>,
    /// Cells without core points any more, and their joins before.
    emptied: Vec<(u32, u32)>,
    /// Components that may hang together no longer.
    torn: Vec<u32>,
    /// Components that were made in this tick, some taken in by others since.
    begun: Vec<u32>,
    /// Components that are no more.
    ended: Vec<u32>,
}

impl Density {
    /// No points yet.
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            index: Index::default(),
            grid: Grid::default(),
            cells: Vec::new(),
            gists: Vec::new(),
            free_cells: Vec::new(),
            slots: Vec::new(),
            free_slots: Vec::new(),
            by_id: BTreeMap::new(),
            pending: Pending::default(),
        }
    }

    /// All these points at once, as if each had been inserted.
    pub fn build(rule: Rule, points: impl IntoIterator<Item = Point>) -> Self {
        let mut density = Self::new(rule);
        let points = points.into_iter();
        density.pending.reserve(points.size_hint().0);
        for point in points {
            density.insert(point);
        }
        density.settle();
        density
    }

    /// What is close, and how many make a crowd.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// A point comes, or is elsewhere or of another weight now. It counts from the next [`Self::settle`] on.
    pub fn insert(&mut self, point: Point) {
        self.pending.insert(point);
    }

    /// A point goes. It counts until the next [`Self::settle`]; one that is not there is no mistake.
    pub fn remove(&mut self, id: PointId) {
        self.pending.remove(id);
    }

    /// Ends a tick: takes in what came and went, and says what changed.
    pub fn settle(&mut self) -> Changes {
        let steps = self.pending.steps(self.rule, &mut self.index);
        let mut work = Work::default();
        let groups = self.place(&steps, &mut work);
        self.count(&steps, &groups, &mut work);
        self.judge(&mut work);
        self.link(&mut work);
        self.gather(&mut work);
        self.rims(&mut work);
        self.tell(work)
    }

    /// The neighbours of a cell.
    fn around(&self, number: u32) -> [u32; NEIGHBOURS] {
        let cell = &self.cells[number as usize];
        self.grid.around(cell.block, cell.square)
    }

    /// Marks a cell whose border points are other ones.
    fn owns_others(cell: &mut Cell, number: u32, work: &mut Work) {
        if !std::mem::replace(&mut cell.marks.owns, true) {
            work.owning.push(number);
        }
    }
}

/// The square in which a spot lies.
fn square(spot: Spot, side: i64) -> Square {
    let index = |at: i32| i64::from(at).div_euclid(side) as i32;
    Square { column: index(spot.x_cm), row: index(spot.y_cm) }
}
