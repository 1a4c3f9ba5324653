//! Edges of a zone in whole units of 1e-7 degree: every comparison here is exact.
//!
//! Whether a place is inside is counted along a path whose edges it crosses. In each cell the path begins at its south-western corner:
//! half a unit west of its first column, just above its first row (a row is one unit of latitude). It goes up along that line to just
//! above the row of the place, and then east. So it never meets a corner, and no case is special.

use wire::geo::LngLat;

/// Where an edge lies as seen from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meets {
    /// The place lies on it.
    On,
    /// The path to the place crosses it so often: once for each of its two pieces.
    Crossed(bool),
}

/// The first column and row of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corner {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// An edge between two corners of a ring, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: (i32, i32),
    pub(super) to: (i32, i32),
}

/// The edges of a closed ring; corners that repeat the one before make none.
pub(super) fn edges(ring: &[LngLat]) -> impl Iterator<Item = Edge> {
    let ends = ring.windows(2).map(|ends| Edge { from: ends[0].e7(), to: ends[1].e7() });
    ends.filter(|edge| edge.from != edge.to)
}

fn minus(a: i32, b: i32) -> i64 {
    i64::from(a) - i64::from(b)
}

impl Edge {
    /// Its ends, the lower one first.
    fn upward(&self) -> ((i32, i32), (i32, i32)) {
        if self.from.1 <= self.to.1 { (self.from, self.to) } else { (self.to, self.from) }
    }

    /// How the path from the corner of a cell to a place in it meets the edge.
    ///
    /// All products fit: a zone spans 1.8e9 units either way, an edge that is asked about a line lies on both sides of it.
    pub(super) fn meets(&self, cell: Corner, x: i32, y: i32) -> Meets {
        let ((x0, y0), (x1, y1)) = self.upward();
        // Whether it crosses the line on which the path begins, and if so, whether below the place.
        let crosses = (x0 < cell.x) != (x1 < cell.x);
        let below = crosses && self.is_below(cell, y);
        let rising = crosses && below && !self.is_below(cell, cell.y);
        if y < y0 || y > y1 {
            return Meets::Crossed(rising);
        }
        let place = minus(x, x0) * minus(y1, y0);
        let edge = minus(y, y0) * minus(x1, x0);
        if place == edge && x0.min(x1) <= x && x <= x0.max(x1) {
            return Meets::On;
        }
        // In this row it lies on the path's side of the line.
        let east = if crosses { below == (x1 > x0) } else { x0 >= cell.x };
        Meets::Crossed(rising != (east && y < y1 && place > edge))
    }

    /// Whether it crosses the line half a unit west of the cell, which it does, at or below a row.
    fn is_below(&self, cell: Corner, y: i32) -> bool {
        let ((x0, y0), (x1, y1)) = self.upward();
        let line = (2 * minus(cell.x, x0) - 1) * minus(y1, y0);
        let row = 2 * minus(y, y0) * minus(x1, x0);
        if x1 > x0 { line <= row } else { line >= row }
    }

    /// Lowest and highest column, then row.
    pub(super) fn bounds(&self) -> [i64; 4] {
        let ((ax, ay), (bx, by)) = (self.from, self.to);
        [ax.min(bx), ax.max(bx), ay.min(by), ay.max(by)].map(i64::from)
    }

    /// Whether it may come into the cell or within a unit of it.
    pub(super) fn touches(&self, cell: Corner, side: i64) -> bool {
        let [x_min, x_max, y_min, y_max] = self.bounds();
        let (west, east) = (i64::from(cell.x) - 1, i64::from(cell.x) + side);
        let (south, north) = (i64::from(cell.y) - 1, i64::from(cell.y) + side);
        if x_max < west || x_min > east || y_max < south || y_min > north {
            return false;
        }
        // Apart if the four corners of the cell lie on one side of its line.
        let ((x0, y0), (x1, y1)) = self.upward();
        let (dx, dy) = (i128::from(minus(x1, x0)), i128::from(minus(y1, y0)));
        let seen_from = |x: i64, y: i64| {
            let along = i128::from(x - i64::from(x0)) * dy;
            along.cmp(&(i128::from(y - i64::from(y0)) * dx))
        };
        let first = seen_from(west, south);
        let others = [(west, north), (east, south), (east, north)];
        first == std::cmp::Ordering::Equal
            || others.into_iter().any(|(x, y)| seen_from(x, y) != first)
    }

    /// Whether it crosses the row of a cell's corner to the west of it.
    pub(super) fn is_west_of(&self, cell: Corner) -> bool {
        let ((x0, y0), (x1, y1)) = self.upward();
        if cell.y < y0 || cell.y >= y1 {
            return false;
        }
        let crosses = (x0 < cell.x) != (x1 < cell.x);
        if crosses { self.is_below(cell, cell.y) != (x1 > x0) } else { x0 < cell.x }
    }
}
