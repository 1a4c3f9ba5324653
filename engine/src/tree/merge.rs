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
use crate::morton::{CELL_LEVELS, CELLS, place, spot};

/// Rounds of the rule: one more changes almost nothing on the points of the bench, one less crowds a city's outskirts.
pub(super) const ROUNDS: usize = 4;

/// Cells nearer than this become one: the width of a symbol and its label.
pub(crate) const REACH_PX: u64 = 40;

/// Half of it on each side of a tile's edge, so that the symbols of two tiles do not overlap either.
const INSET_PX: u64 = REACH_PX / 2;

/// Nobody.
pub(super) const NOBODY: u16 = u16::MAX;

/// Cells of a tile.
pub(super) const SPOTS: usize = CELLS * CELLS;

/// How many fixed-point steps a pixel is wide at a zoom.
fn pixel(zoom: u8) -> u64 {
    // Nine bits of pixels in a tile.
    1 << (32 - 9 - u32::from(zoom))
}

/// Where the cells of one tile may stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    zoom: u8,
    /// From the least to the greatest coordinate.
    x: (u32, u32),
    y: (u32, u32),
}

impl Ground {
    /// The ground of the tile with Morton key `tile`: all of it but its edges.
    pub(super) fn of(tile: u64, zoom: u8) -> Self {
        let width = 1u64 << (32 - zoom);
        let inset = INSET_PX * pixel(zoom);
        let inside = |index: u32| {
            let start = u64::from(index) * width;
            // One step less on the far side: across the edge they are then no nearer than the reach, rounding included.
            ((start + inset) as u32, (start + width - inset - 1) as u32)
        };
        let (x, y) = place(tile);
        Self { zoom, x: inside(x), y: inside(y) }
    }

    /// Where a cell stands whose reports are there on average: as exactly as it travels, so that what is decided is what
    /// is drawn.
    fn stand(&self, mean: Mercator) -> Mercator {
        let clamp = |at: u32, (first, last): (u32, u32)| at.max(first).min(last);
        Mercator { x: clamp(mean.x, self.x), y: clamp(mean.y, self.y) }.snapped(self.zoom)
    }
}

/// A cell as the rule sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    /// The order of magnitude of the count, and below it the scramble of the key: one number, for it is compared often.
    rank: u128,
    /// Where it stands.
    pub(super) at: Mercator,
    /// Its place among the cells of its tile, row by row.
    spot: u8,
}

impl Seat {
    /// The cell `key` of the tile with this ground, with what is in it.
    pub(super) fn new(key: u64, held: &Spot, ground: &Ground) -> Self {
        let rank = u128::from(held.n.ilog2()) << 64 | u128::from(scramble(key));
        Self { rank, at: ground.stand(held.mean()), spot: spot(key) as u8 }
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
    pub(super) fn near(&self, other: &Self, zoom: u8) -> bool {
        self.square(other) < reach_square(zoom)
    }

    /// Whether this is nearer to a seat than the other is.
    pub(super) fn nearer(&self, seat: &Self, other: &Self) -> bool {
        self.square(seat) < other.square(seat)
    }

    /// Whether the other has to give way if the two are near.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        self.rank > other.rank
    }

    /// Whether anything in the cell could be near: as if it stood where the cell is nearest.
    pub(super) fn near_the_cell(&self, cell: u64, zoom: u8) -> bool {
        let (x, y) = place(cell);
        let width = 1u64 << (32 - zoom - CELL_LEVELS);
        let nearest = |own: u32, cell: u32| {
            let start = u64::from(cell) * width;
            u64::from(own).abs_diff(u64::from(own).clamp(start, start + width - 1))
        };
        square(nearest(self.at.x, x)) + square(nearest(self.at.y, y)) < reach_square(zoom)
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

fn reach_square(zoom: u8) -> u64 {
    square(REACH_PX * pixel(zoom))
}

/// A fixed scramble (the end of `SplitMix64`): no two keys share one, and near keys are far apart.
fn scramble(key: u64) -> u64 {
    let z = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The eight directions in which a cell touches another, as steps along the cells of a tile row by row; the first four lie
/// behind it, the other four are the same turned round.
const STEPS: [isize; 8] = [1, 15, 16, 17, -1, -15, -16, -17];

/// The cells of the first and of the last column.
const FIRST: Set = Set([0x0001_0001_0001_0001; SPOTS / 64]);
const LAST: Set = Set([0x8000_8000_8000_8000; SPOTS / 64]);

/// From which cells each of the first four steps leaves the tile at a side.
const WALLS: [Set; 4] = [LAST, FIRST, Set([0; SPOTS / 64]), LAST];

/// A set of the cells of a tile, one bit each: a round is decided for all cells at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Set([u64; SPOTS / 64]);

impl Set {
    fn put(&mut self, spot: usize) {
        self.0[spot / 64] |= 1 << (spot % 64);
    }

    fn holds(&self, spot: usize) -> bool {
        self.0[spot / 64] >> (spot % 64) & 1 == 1
    }

    fn is_empty(self) -> bool {
        self.0 == [0; SPOTS / 64]
    }

    fn zip(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|word| both(self.0[word], other.0[word])))
    }

    fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    fn without(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// The cells from which such a step leads into this set. Steps off the tile come in at its other side: whoever asks
    /// knows which cells have a neighbour there. The step is known to the compiler, which makes four shifts of it.
    fn before<const STEP: isize>(self) -> Self {
        // A step is at most seventeen, so it reaches the next word at the furthest.
        let by = STEP.unsigned_abs();
        let word = |at: usize| self.0.get(at).copied().unwrap_or(0);
        Self(std::array::from_fn(|at| {
            if STEP > 0 {
                self.0[at] >> by | word(at + 1) << (64 - by)
            } else {
                self.0[at] << by | word(at.wrapping_sub(1)) >> (64 - by)
            }
        }))
    }

    /// The cells from which each of [`STEPS`] leads into this set: the first four.
    fn behind(self) -> [Self; 4] {
        [self.before::<1>(), self.before::<15>(), self.before::<16>(), self.before::<17>()]
    }

    /// And the other four.
    fn ahead(self) -> [Self; 4] {
        [self.before::<-1>(), self.before::<-15>(), self.before::<-16>(), self.before::<-17>()]
    }

    /// All eight.
    fn around(self) -> impl Iterator<Item = Self> {
        self.behind().into_iter().chain(self.ahead())
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(word, mut bits)| {
            std::iter::from_fn(move || {
                let bit = bits.trailing_zeros() as usize;
                (bits != 0).then(|| {
                    bits &= bits - 1;
                    word * 64 + bit
                })
            })
        })
    }
}

/// The cells to which the first four steps lead, each from its own set.
fn turned(a: Set, b: Set, c: Set, d: Set) -> [Set; 4] {
    [a.before::<-1>(), b.before::<-15>(), c.before::<-16>(), d.before::<-17>()]
}

/// The rounds over one tile.
#[derive(Debug)]
pub(super) struct Rounds {
    /// The place of the seat in each cell.
    seat_in: [u16; SPOTS],
    /// The cells with somebody near them in each direction.
    near: [Set; 8],
    /// Those of them who outrank the cell.
    above: [Set; 8],
    /// The cell that leads each cell.
    leader: [u16; SPOTS],
}

impl Default for Rounds {
    fn default() -> Self {
        Self {
            seat_in: [NOBODY; SPOTS],
            near: [Set::default(); 8],
            above: [Set::default(); 8],
            leader: [NOBODY; SPOTS],
        }
    }
}

impl Rounds {
    /// Decides who leads whom in a tile; who leads is led by itself.
    pub(super) fn settle(&mut self, seats: &[Seat], zoom: u8) {
        let undecided = self.decide(seats, zoom, ROUNDS);
        for spot in undecided.iter() {
            self.leader[spot] = spot as u16;
        }
    }

    /// Decides some rounds; [`NOBODY`] leads those that are not decided then.
    ///
    /// After each round a cell has felt no more than two steps further. So the cells of a stretch of a tile are decided
    /// as in the whole tile if two more steps for each round are asked about all around.
    pub(super) fn begin(&mut self, seats: &[Seat], zoom: u8, rounds: usize) {
        self.decide(seats, zoom, rounds);
    }

    /// The cell that leads this cell.
    pub(super) fn leader(&self, spot: usize) -> u16 {
        self.leader[spot]
    }

    /// The place of the seat in a cell.
    pub(super) fn seat_in(&self, spot: usize) -> u16 {
        self.seat_in[spot]
    }

    fn decide(&mut self, seats: &[Seat], zoom: u8, rounds: usize) -> Set {
        let mut undecided = self.meet(seats, zoom);
        if self.near.iter().all(|near| near.is_empty()) {
            // Nobody has a neighbour.
            for spot in undecided.iter() {
                self.leader[spot] = spot as u16;
            }
            return Set::default();
        }
        for _round in 0..rounds {
            if undecided.is_empty() {
                break;
            }
            // Who leads is decided by who was undecided when the round began.
            let mut beaten = Set::default();
            for (above, undecided) in self.above.iter().zip(undecided.around()) {
                beaten = beaten.or(above.and(undecided));
            }
            let leads = undecided.without(beaten);
            for spot in leads.iter() {
                self.leader[spot] = spot as u16;
            }
            undecided = undecided.without(leads);
            // A leader near by is of this round: those of earlier rounds left nobody near them undecided.
            let mut beside = [Set::default(); 8];
            let (mut joins, mut torn) = (Set::default(), Set::default());
            for ((beside, near), leads) in beside.iter_mut().zip(&self.near).zip(leads.around()) {
                *beside = near.and(leads).and(undecided);
                torn = torn.or(joins.and(*beside));
                joins = joins.or(*beside);
            }
            for (beside, step) in beside.iter().zip(STEPS) {
                for spot in beside.without(torn).iter() {
                    self.leader[spot] = spot.wrapping_add_signed(step) as u16;
                }
            }
            for spot in torn.iter() {
                self.join(spot, &beside, seats);
            }
            undecided = undecided.without(joins);
        }
        undecided
    }

    /// Joins the nearest of several leaders that are near; of two at the same distance the one of higher rank.
    fn join(&mut self, spot: usize, beside: &[Set; 8], seats: &[Seat]) {
        let seat = |spot: usize| &seats[usize::from(self.seat_in[spot])];
        let own = seat(spot);
        let ways = STEPS.into_iter().zip(beside).filter(|(_, beside)| beside.holds(spot));
        let nearest = ways.map(|(step, _)| spot.wrapping_add_signed(step)).min_by_key(|other| {
            let other = seat(*other);
            (own.square(other), std::cmp::Reverse(other.rank))
        });
        if let Some(nearest) = nearest {
            self.leader[spot] = nearest as u16;
        }
    }

    /// Finds who is near whom; gives every cell with somebody in it. Only cells that touch are asked: two cells further on
    /// hardly ever come that near.
    fn meet(&mut self, seats: &[Seat], zoom: u8) -> Set {
        self.seat_in.fill(NOBODY);
        self.leader.fill(NOBODY);
        let mut all = Set::default();
        for (index, seat) in (0u16..).zip(seats) {
            self.seat_in[seat.spot()] = index;
            all.put(seat.spot());
        }
        let reach = reach_square(zoom);
        // Each pair once, from the cell that lies before the other.
        for (way, behind) in all.behind().into_iter().enumerate() {
            let step = STEPS[way];
            let pairs = all.without(WALLS[way]).and(behind);
            let (mut near, mut above) = (Set::default(), Set::default());
            for word in 0..pairs.0.len() {
                let mut left = pairs.0[word];
                while left != 0 {
                    let bit = left.trailing_zeros();
                    left &= left - 1;
                    let spot = word * 64 + bit as usize;
                    let own = &seats[usize::from(self.seat_in[spot])];
                    let beside = spot.wrapping_add_signed(step);
                    let other = &seats[usize::from(self.seat_in[beside])];
                    // As numbers: which way it goes is anyone's guess, the processor's too.
                    let meets = u64::from(own.square(other) < reach);
                    near.0[word] |= meets << bit;
                    above.0[word] |= (meets & u64::from(other.outranks(own))) << bit;
                }
            }
            self.near[way] = near;
            self.above[way] = above;
        }
        // And from the other, the step turned round.
        let [near, above] = [self.near, self.above];
        let below: [Set; 4] = std::array::from_fn(|way| near[way].without(above[way]));
        self.near[4..].copy_from_slice(&turned(near[0], near[1], near[2], near[3]));
        self.above[4..].copy_from_slice(&turned(below[0], below[1], below[2], below[3]));
        all
    }
}
