//! Which cells of a tile are drawn as one: a local rule over the tile's own cells, the same wherever it is asked.
//!
//! A cell stands where its reports stand on average, kept off the tile's edge. In each of the [`rounds`](super::rounds) a
//! cell that outranks every undecided cell nearer than [`REACH_PX`] leads, and the undecided cells nearer than that to a
//! leader join the nearest one. Whoever is undecided after the last round leads itself. Rank is the order of magnitude of
//! the count, then a fixed scramble of the cell's key: a report more rarely changes who leads, and ranks do not run in
//! long slopes, along which one change would travel.
//!
//! What a cell does thus depends on cells at most twice as many steps away as there are rounds, on nothing outside its
//! tile, and on no order of looking. Integers only, so two machines never differ.

use wire::geo::Mercator;

use super::sums::Spot;
use crate::morton::{CELL_LEVELS, CELLS, place, spot};

/// Cells nearer than this become one: the width of a symbol and its label.
pub(crate) const REACH_PX: u64 = 40;

/// Steps of a [`Seat`] that make a pixel.
const PIXEL_STEPS: i32 = 1 << (16 - 9);

/// Half of the reach on each side of a tile's edge, in steps, so that the symbols of two tiles do not overlap either.
const INSET: u16 = REACH_PX as u16 / 2 * PIXEL_STEPS as u16;

/// Steps along one side of a cell.
const CELL_STEPS: i32 = 1 << (16 - CELL_LEVELS as u32);

/// Where the cells of one tile may stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    zoom: u8,
    /// The tile's own corner.
    corner: Mercator,
    /// The greatest step from either edge.
    last: u16,
}

impl Ground {
    /// The ground of the tile with Morton key `tile`: all of it but its edges.
    pub(super) fn of(tile: u64, zoom: u8) -> Self {
        let (x, y) = place(tile);
        let start = |index: u32| (u64::from(index) << (32 - zoom)) as u32;
        // One step of the map less on the far side: across the edge they are then no nearer than the reach, rounding
        // included.
        let finest = 1 << zoom.saturating_sub(16);
        let last = (1u32 << 16) - u32::from(INSET) - finest;
        Self { zoom, corner: Mercator { x: start(x), y: start(y) }, last: last as u16 }
    }

    /// Where along the tile a cell stands whose reports are there on average: as exactly as it travels, so that what is
    /// decided is what is drawn.
    fn stand(&self, mean: u32) -> u16 {
        // The bits above those of the step name the tile.
        let step = (mean << self.zoom >> 16) as u16;
        step.max(INSET).min(self.last)
    }

    /// Where on the map a cell of this tile stands.
    pub(super) fn place(&self, seat: &Seat) -> Mercator {
        let along = |start: u32, step: u16| start | u32::from(step) << 16 >> self.zoom;
        Mercator { x: along(self.corner.x, seat.x), y: along(self.corner.y, seat.y) }
    }
}

/// A cell as the rule sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    /// The order of magnitude of the count, and below it the scramble of the key: one number, for it is compared often.
    pub(super) rank: u128,
    /// Where it stands: 65,536 steps along each side of its tile, as exact as it travels.
    x: u16,
    y: u16,
    /// Its place among the cells of its tile, row by row.
    spot: u8,
}

impl Seat {
    /// The cell `key` of the tile with this ground, with what is in it.
    pub(super) fn new(key: u64, held: &Spot, ground: &Ground) -> Self {
        let rank = u128::from(held.n.ilog2()) << 64 | u128::from(scramble(key));
        let mean = held.mean();
        Self { rank, x: ground.stand(mean.x), y: ground.stand(mean.y), spot: spot(key) as u8 }
    }

    /// Its place among the cells of its tile, row by row.
    pub(super) fn spot(&self) -> usize {
        usize::from(self.spot)
    }

    pub(super) fn column(&self) -> usize {
        self.spot() % CELLS
    }

    pub(super) fn row(&self) -> usize {
        self.spot() / CELLS
    }

    /// Whether their cells touch: only then the rule asks whether they are near. A cell touches itself.
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.column().abs_diff(other.column()) <= 1 && self.row().abs_diff(other.row()) <= 1
    }

    /// Whether the two are to be one.
    pub(super) fn near(&self, other: &Self) -> bool {
        self.square(other) < REACH_SQUARE
    }

    /// Whether the other has to give way if the two are near.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        self.rank > other.rank
    }

    /// Whether anything in the cell at this column and row of the tile could be near: as if it stood where the cell is
    /// nearest.
    pub(super) fn near_the_cell(&self, (column, row): (usize, usize)) -> bool {
        let nearest = |own: u16, cell: usize| {
            let start = cell as i32 * CELL_STEPS;
            i32::from(own) - i32::from(own).clamp(start, start + CELL_STEPS - 1)
        };
        square(nearest(self.x, column), nearest(self.y, row)) < REACH_SQUARE
    }

    /// The square of the distance in steps.
    pub(super) fn square(&self, other: &Self) -> i64 {
        let between = |own: u16, other: u16| i32::from(own) - i32::from(other);
        square(between(self.x, other.x), between(self.y, other.y))
    }
}

const REACH_SQUARE: i64 = square(REACH_PX as i32 * PIXEL_STEPS, 0);

/// The square of the length of a way in steps.
const fn square(x: i32, y: i32) -> i64 {
    x as i64 * x as i64 + y as i64 * y as i64
}

/// A fixed scramble (the end of `SplitMix64`): no two keys share one, and near keys are far apart.
fn scramble(key: u64) -> u64 {
    let z = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
