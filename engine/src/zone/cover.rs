//! The covering of a zone: the cells of a quadtree that lie inside it, and those on its boundary with the edges in them.

use super::Zone;
use super::edge::{Corner, Edge, edges};
use super::limits::{ACROSS_MIN, COARSEST, EDGES_MAX, FINEST};

/// A cell: how many bits of a coordinate it spans, and column and row in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CellKey {
    pub(super) level: u8,
    pub(super) key: u64,
}

impl CellKey {
    /// The cell of a level around a place, given in units of 1e-7 degree.
    pub(super) fn around(level: u8, x: i32, y: i32) -> Self {
        let along = |e7: i32| u64::from((e7 as u32 ^ (1 << 31)) >> level);
        Self { level, key: along(y) << 32 | along(x) }
    }

    /// Its first column and row.
    pub(super) fn corner(self) -> Corner {
        let least = |index: u64| ((index << self.level) as u32 ^ (1 << 31)) as i32;
        Corner { x: least(self.key & u64::from(u32::MAX)), y: least(self.key >> 32) }
    }

    /// The sixteen cells two levels down.
    fn children(self) -> impl Iterator<Item = Self> {
        let (x, y) = (self.key & u64::from(u32::MAX), self.key >> 32);
        let level = self.level - STEP;
        (0..16)
            .map(move |child| Self { level, key: (y << 2 | child >> 2) << 32 | x << 2 | child & 3 })
    }
}

/// Levels between a cell and those it is cut into: cells of zones of different size share levels, so that few are asked.
pub(super) const STEP: u8 = 2;

/// What a cell has of a zone.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Covered<'a> {
    /// All of it is inside.
    Inside,
    /// It is partly inside.
    Boundary {
        /// Whether the path to its places begins inside.
        inside: bool,
        /// The edges that it may cross, ring by ring in their order.
        edges: &'a [Edge],
    },
}

/// Calls back with every cell of the covering. The same zone has the same covering.
pub(super) fn cover(zone: &Zone, each: &mut impl FnMut(CellKey, Covered<'_>)) {
    let all: Vec<Edge> = zone.rings().flat_map(|(_, ring)| edges(ring)).collect();
    let Some(bounds) = all
        .iter()
        .map(Edge::bounds)
        .reduce(|[a, b, c, d], [e, f, g, h]| [a.min(e), b.max(f), c.min(g), d.max(h)])
    else {
        return;
    };
    let [west, east, south, north] = bounds;
    let span = (east - west).max(north - south);
    let mut ordinary = FINEST;
    while span >> ordinary >= ACROSS_MIN << STEP && ordinary + 2 * STEP < COARSEST {
        ordinary += STEP;
    }
    let top = ordinary + 2 * STEP;
    let corner = |x: i64, y: i64| CellKey::around(top, x as i32, y as i32).key;
    let (first, last) = (corner(west, south), corner(east, north));
    for row in first >> 32..=last >> 32 {
        for column in first & u64::from(u32::MAX)..=last & u64::from(u32::MAX) {
            let cell = CellKey { level: top, key: row << 32 | column };
            Cutter { all: &all, ordinary, each: &mut *each }.cut(cell, &all);
        }
    }
}

struct Cutter<'a, F> {
    all: &'a [Edge],
    /// Cells are no coarser than this.
    ordinary: u8,
    each: &'a mut F,
}

impl<F: FnMut(CellKey, Covered<'_>)> Cutter<'_, F> {
    /// Covers what lies in a cell; `near` holds at least the edges that come into it.
    fn cut(&mut self, cell: CellKey, near: &[Edge]) {
        let (corner, side) = (cell.corner(), 1 << cell.level);
        let near: Vec<Edge> =
            near.iter().copied().filter(|edge| edge.touches(corner, side)).collect();
        let inside = || self.all.iter().filter(|edge| edge.is_west_of(corner)).count() % 2 == 1;
        if near.is_empty() {
            // Nothing separates its places from where the path begins.
            if inside() {
                self.fill(cell);
            }
        } else if cell.level > self.ordinary || (near.len() > EDGES_MAX && cell.level > FINEST) {
            cell.children().for_each(|child| self.cut(child, &near));
        } else {
            (self.each)(cell, Covered::Boundary { inside: inside(), edges: &near });
        }
    }

    /// All of a cell, in cells that are no coarser than the ordinary ones: a place asks one level for each size of zones, and not three.
    fn fill(&mut self, cell: CellKey) {
        if cell.level > self.ordinary {
            cell.children().for_each(|child| self.fill(child));
        } else {
            (self.each)(cell, Covered::Inside);
        }
    }
}
