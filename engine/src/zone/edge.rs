//! Edges of a zone in whole units of 1e-7 degree: every comparison here is exact.
//!
//! Whether a place is inside is counted along a path whose edges it crosses. The path goes just above a row (a row is one unit of
//! latitude), and where it goes upward, half a unit west of a column: so it never meets a corner, and no case is special.

use wire::geo::LngLat;

/// Where an edge lies as seen from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meets {
    /// The place lies on it.
    On,
    /// The path from the west to the place crosses it.
    Crossed,
    /// Neither.
    Apart,
}

/// A square of the quadtree: its lowest column and row, and its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Square {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) side: i64,
}

/// An edge between two corners, the lower one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    x0: i32,
    y0: i32,
    x1: i32,
    y1: i32,
    /// The rows, the last one left out, in which it counts as crossed: those where it lies in the square.
    from: i32,
    to: i32,
}

/// The edges of a closed ring; corners that repeat the one before make none.
pub(super) fn edges(ring: &[LngLat]) -> impl Iterator<Item = Edge> {
    ring.windows(2).filter(|ends| ends[0] != ends[1]).map(|ends| {
        let ((ax, ay), (bx, by)) = (ends[0].e7(), ends[1].e7());
        let (x0, y0, x1, y1) = if ay <= by { (ax, ay, bx, by) } else { (bx, by, ax, ay) };
        Edge { x0, y0, x1, y1, from: y0, to: y1 }
    })
}

impl Edge {
    /// How the path to a place in a row meets the edge.
    pub(super) fn meets(&self, x: i32, y: i32) -> Meets {
        if y < self.y0 || y > self.y1 {
            return Meets::Apart;
        }
        let wide = |a: i32, b: i32| i64::from(a) - i64::from(b);
        // The place is east of the edge where the first product is greater. A latitude spans 1.8e9, a longitude 3.6e9: each fits.
        let place = wide(x, self.x0) * wide(self.y1, self.y0);
        let edge = wide(y, self.y0) * wide(self.x1, self.x0);
        if place == edge && self.x0.min(self.x1) <= x && x <= self.x0.max(self.x1) {
            Meets::On
        } else if self.from <= y && y < self.to && place > edge {
            Meets::Crossed
        } else {
            Meets::Apart
        }
    }

    /// Lowest and highest column, then row.
    pub(super) fn bounds(&self) -> [i64; 4] {
        [
            i64::from(self.x0.min(self.x1)),
            i64::from(self.x0.max(self.x1)),
            i64::from(self.y0),
            i64::from(self.y1),
        ]
    }

    /// Whether it may come into the square or within a unit of it.
    pub(super) fn touches(&self, square: Square) -> bool {
        let [x_min, x_max, y_min, y_max] = self.bounds();
        let (west, east) = (square.x - 1, square.x + square.side);
        let (south, north) = (square.y - 1, square.y + square.side);
        if x_max < west || x_min > east || y_max < south || y_min > north {
            return false;
        }
        // Apart if the four corners of the square lie on one side of its line.
        let (dx, dy) = (self.wide_x(), i128::from(self.y1) - i128::from(self.y0));
        let side = |x: i64, y: i64| {
            let along = (i128::from(x) - i128::from(self.x0)) * dy;
            along.cmp(&((i128::from(y) - i128::from(self.y0)) * dx))
        };
        let first = side(west, south);
        first == std::cmp::Ordering::Equal
            || [(west, north), (east, south), (east, north)]
                .iter()
                .any(|(x, y)| side(*x, *y) != first)
    }

    fn wide_x(&self) -> i128 {
        i128::from(self.x1) - i128::from(self.x0)
    }

    /// Whether it crosses the row of the square's foot to the west of the square.
    pub(super) fn is_west_of(&self, square: Square) -> bool {
        let y = square.y;
        if y < i64::from(self.y0) || y >= i64::from(self.y1) {
            return false;
        }
        let dy = i128::from(self.y1) - i128::from(self.y0);
        let there = 2 * (i128::from(y) - i128::from(self.y0)) * self.wide_x();
        let line = self.twice_to_line(square) * dy;
        // The row is just above `y`: an edge that is on the line there goes off it as it rises.
        there < line || (there == line && self.wide_x() < 0)
    }

    /// Twice the way from its lower end to the line half a unit west of the square.
    fn twice_to_line(&self, square: Square) -> i128 {
        2 * i128::from(square.x) - 1 - 2 * i128::from(self.x0)
    }

    /// What of it a place in the square needs: itself in the rows in which it is inside, and a wall along the west side above where
    /// it comes in or goes out.
    pub(super) fn clipped(&self, square: Square) -> [Option<Self>; 2] {
        let (x, south, north) = (square.x, square.y, square.y + square.side - 1);
        let west = |end: i32| i64::from(end) < x;
        if west(self.x0) && west(self.x1) {
            // Only what lies within a unit of the square and crosses nothing.
            return [None, None];
        }
        if west(self.x0) == west(self.x1) {
            return [Some(*self), None];
        }
        // It crosses the line; the first row that has the crossing below it:
        let dx = self.wide_x();
        let dy = i128::from(self.y1) - i128::from(self.y0);
        let rise = ceil_div(self.twice_to_line(square) * dy, 2 * dx);
        let row = (i128::from(self.y0) + rise) as i64;
        let mut inside = *self;
        if dx > 0 {
            inside.from = inside.from.max(row as i32);
        } else {
            inside.to = inside.to.min(row as i32);
        }
        let wall = (south < row && row <= north).then(|| Self {
            x0: (x - 1).max(i64::from(i32::MIN)) as i32,
            x1: (x - 1).max(i64::from(i32::MIN)) as i32,
            y0: row as i32,
            y1: (north + 1).min(i64::from(i32::MAX)) as i32,
            from: row as i32,
            to: i32::MAX,
        });
        [Some(inside), wall]
    }
}

/// The least whole number that is not below the quotient.
fn ceil_div(above: i128, below: i128) -> i128 {
    let (above, below) = if below < 0 { (-above, -below) } else { (above, below) };
    -(-above).div_euclid(below)
}
