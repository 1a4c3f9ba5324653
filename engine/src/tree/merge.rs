//! Which cells of a tile are drawn as one: a local rule over the tile's own cells, the same wherever it is asked.
//!
//! A cell stands where its reports stand on average, kept off the tile's edge. In each of [`ROUNDS`] rounds a cell that
//! outranks every undecided cell nearer than [`REACH_PX`] leads, and the undecided cells nearer than that to a leader
//! join the nearest one. Whoever is undecided after the last round leads itself. Rank is the order of magnitude of the
//! count, then a fixed scramble of the cell's key: a report more rarely changes who leads, and ranks do not run in long
//! slopes, along which one change would travel.
//!
//! What a cell does thus depends on cells at most twice as many steps away as there are rounds, on nothing outside its
//! tile, and on no order of looking. Integers only, so two machines never differ.

use wire::geo::Mercator;

use super::sums::Spot;
use crate::morton::{CELL_LEVELS, CELLS, in_tile, place};

/// Rounds of the rule: one more changes almost nothing on the points of the bench, one less crowds a city's outskirts.
pub(super) const ROUNDS: usize = 4;

/// Cells nearer than this become one: the width of a symbol and its label.
pub(crate) const REACH_PX: u64 = 40;

/// Half of it on each side of a tile's edge, so that the symbols of two tiles do not overlap either.
const INSET_PX: u64 = REACH_PX / 2;

/// Nobody.
pub(super) const NOBODY: u16 = u16::MAX;

/// How many fixed-point steps a pixel is wide at a zoom.
fn pixel(zoom: u8) -> u64 {
    // Nine bits of pixels in a tile.
    1 << (32 - 9 - u32::from(zoom))
}

/// A cell as the rule sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    pub(crate) column: usize,
    pub(crate) row: usize,
    /// Where it stands.
    pub(crate) at: Mercator,
    rank: (u32, u64),
}

impl Seat {
    /// The cell `key` of a tile at `zoom`, with what is in it.
    pub(crate) fn new(key: u64, spot: &Spot, zoom: u8) -> Self {
        let (column, row) = in_tile(key);
        let mean = spot.mean();
        let (x, y) = place(key);
        let at = Mercator { x: off_the_edge(mean.x, x, zoom), y: off_the_edge(mean.y, y, zoom) };
        // As exactly as it travels, so that what is decided is what is drawn.
        let at = at.snapped(zoom);
        Self { column, row, at, rank: (spot.n.ilog2(), scramble(key)) }
    }

    /// Whether the two are to be one.
    pub(crate) fn near(&self, other: &Self, zoom: u8) -> bool {
        self.square(other) < square(REACH_PX * pixel(zoom))
    }

    /// Whether the other has to give way if the two are near.
    pub(crate) fn outranks(&self, other: &Self) -> bool {
        self.rank > other.rank
    }

    /// Whether anything in the cell could be near: as if it stood where the cell is nearest.
    pub(crate) fn near_the_cell(&self, cell: u64, zoom: u8) -> bool {
        let (x, y) = place(cell);
        let width = 1u64 << (32 - zoom - CELL_LEVELS);
        let nearest = |own: u32, cell: u32| {
            let start = u64::from(cell) * width;
            u64::from(own).abs_diff(u64::from(own).clamp(start, start + width - 1))
        };
        square(nearest(self.at.x, x)) + square(nearest(self.at.y, y))
            < square(REACH_PX * pixel(zoom))
    }

    /// The square of the distance. Only asked of neighbours, whose distance squared fits.
    fn square(&self, other: &Self) -> u64 {
        square(u64::from(self.at.x.abs_diff(other.at.x)))
            + square(u64::from(self.at.y.abs_diff(other.at.y)))
    }
}

fn square(length: u64) -> u64 {
    length * length
}

/// A coordinate moved away from the edges of the tile around the cell with this column (or row).
fn off_the_edge(mean: u32, cell: u32, zoom: u8) -> u32 {
    let width = 1u64 << (32 - zoom);
    let start = u64::from(cell >> CELL_LEVELS) * width;
    let inset = INSET_PX * pixel(zoom);
    // One step less on the far side: across the edge they are then no nearer than the reach, rounding included.
    u64::from(mean).clamp(start + inset, start + width - inset - 1) as u32
}

/// A fixed scramble (the end of `SplitMix64`): no two keys share one, and near keys are far apart.
fn scramble(key: u64) -> u64 {
    let z = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The seats near one seat: never more than the eight cells around it.
#[derive(Debug, Clone, Copy, Default)]
struct Near {
    n: usize,
    seats: [u16; 8],
}

impl Near {
    fn push(&mut self, seat: u16) {
        self.seats[self.n] = seat;
        self.n += 1;
    }

    fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.seats[..self.n].iter().copied()
    }
}

/// The rounds, and the room they take, which is used again from one question to the next.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    near: Vec<Near>,
    leader: Vec<u16>,
    undecided: Vec<u16>,
    leads: Vec<u16>,
}

impl Rounds {
    /// For each seat of a tile the place of the one that leads it; who leads is led by itself.
    pub(super) fn leaders(&mut self, seats: &[Seat], zoom: u8) -> &[u16] {
        self.decide(seats, zoom, ROUNDS);
        for seat in &self.undecided {
            self.leader[usize::from(*seat)] = *seat;
        }
        &self.leader
    }

    /// What is decided after some rounds; [`NOBODY`] leads those that are not.
    ///
    /// After each round a cell has felt no more than two steps further. So the cells of a stretch of a tile are decided
    /// as in the whole tile if two more steps for each round are asked about all around.
    pub(super) fn decide(&mut self, seats: &[Seat], zoom: u8, rounds: usize) -> &[u16] {
        self.meet(seats, zoom);
        let Self { near, leader, undecided, leads } = self;
        leader.clear();
        leader.resize(seats.len(), NOBODY);
        undecided.clear();
        undecided.extend(0..seats.len() as u16);
        for _round in 0..rounds {
            if undecided.is_empty() {
                break;
            }
            // Who leads is decided by who was undecided when the round began.
            leads.clear();
            leads.extend(undecided.iter().copied().filter(|seat| {
                let rank = seats[usize::from(*seat)].rank;
                near[usize::from(*seat)].iter().all(|other| {
                    leader[usize::from(other)] != NOBODY || seats[usize::from(other)].rank < rank
                })
            }));
            for seat in &*leads {
                leader[usize::from(*seat)] = *seat;
            }
            undecided.retain(|seat| {
                if leader[usize::from(*seat)] != NOBODY {
                    return false;
                }
                // A leader near by is of this round: those of earlier rounds left nobody near them undecided.
                let own = &seats[usize::from(*seat)];
                let nearest = near[usize::from(*seat)]
                    .iter()
                    .filter(|other| leader[usize::from(*other)] == *other)
                    .min_by_key(|other| {
                        let other = &seats[usize::from(*other)];
                        (own.square(other), std::cmp::Reverse(other.rank))
                    });
                if let Some(nearest) = nearest {
                    leader[usize::from(*seat)] = nearest;
                }
                nearest.is_none()
            });
        }
        leader
    }

    /// Finds who is near whom. Only cells that touch are asked: two cells further on hardly ever come that near.
    fn meet(&mut self, seats: &[Seat], zoom: u8) {
        let mut grid = [NOBODY; CELLS * CELLS];
        for (index, seat) in (0u16..).zip(seats) {
            grid[seat.row * CELLS + seat.column] = index;
        }
        let near = &mut self.near;
        near.clear();
        near.resize(seats.len(), Near::default());
        for (index, seat) in (0u16..).zip(seats) {
            // Each pair once: east, and the three below.
            for (dx, dy) in [(1, 0), (-1, 1), (0, 1), (1, 1)] {
                let (column, row) = (seat.column.wrapping_add_signed(dx), seat.row + dy);
                if column >= CELLS || row >= CELLS {
                    continue;
                }
                let other = grid[row * CELLS + column];
                if other != NOBODY && seat.near(&seats[usize::from(other)], zoom) {
                    near[usize::from(index)].push(other);
                    near[usize::from(other)].push(index);
                }
            }
        }
    }
}
