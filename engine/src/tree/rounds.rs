//! The rounds of the rule: who leads whom among the seats of a tile. The rule itself is told in [`super::merge`].

use super::merge::Seat;
use crate::morton::CELLS;

/// Rounds of the rule: one more changes almost nothing on the points of the bench, one less crowds a city's outskirts.
pub(super) const ROUNDS: usize = 4;

/// Cells of a tile.
pub(super) const SPOTS: usize = CELLS * CELLS;

/// The ways to the cells that touch one, in order of rows and columns. The way in the middle stays where it is, and each
/// is as far from the last as the way back is from the first.
const STEPS: [isize; 9] = [-17, -16, -15, -1, 0, 1, 15, 16, 17];

/// The way that leads nowhere.
const HERE: u32 = 4;

/// A set of ways, one bit each.
type Ways = u32;

/// A set of the cells of a tile. A bit for each, row by row, with room for a column and a row on every side: whoever
/// looks over the edge of the tile sees nobody.
#[derive(Debug, Clone, Copy, Default)]
struct Board([u32; CELLS + 2]);

impl Board {
    /// Adds a cell, or not.
    fn add(&mut self, spot: usize, one: u32) {
        self.0[spot / CELLS + 1] |= (2 * one) << (spot % CELLS);
    }

    fn holds(&self, spot: usize) -> bool {
        self.0[spot / CELLS + 1] & 2 << (spot % CELLS) != 0
    }

    /// Which ways from a cell lead to one of these.
    fn around(&self, spot: usize) -> Ways {
        let (row, column) = (spot / CELLS, spot % CELLS);
        let three = |row: usize| self.0[row] >> column & 0b111;
        three(row) | three(row + 1) << 3 | three(row + 2) << 6
    }
}

/// Columns and rows of a tile, both ends included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) columns: (usize, usize),
    pub(super) rows: (usize, usize),
}

impl Window {
    fn holds(&self, seat: &Seat) -> bool {
        let within = |at: usize, (first, last): (usize, usize)| at >= first && at <= last;
        within(seat.column(), self.columns) && within(seat.row(), self.rows)
    }
}

/// What becomes of a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fate {
    /// The round in which it is decided; one more than there are where it is not. Or one of the three below.
    round: u8,
    leader: u8,
    /// It joins somebody in this round, but perhaps somebody who is not seen.
    unsure: bool,
}

impl Fate {
    const fn new(round: u8, leader: u8) -> Self {
        Self { round, leader, unsure: false }
    }
}

/// Nobody has asked yet.
const UNASKED: u8 = u8::MAX;
/// What outranks it is not seen.
const UNSEEN: u8 = u8::MAX - 1;
/// Not in the first round, for somebody outranks it; more would have to be seen to know.
const LATER: u8 = u8::MAX - 2;

/// The rounds over the seats of one tile.
///
/// A whole tile is decided round by round, for all its seats at once. Who asks about a few seats has the others left alone:
/// a seat joins only those that outrank it, and leads once all that outrank it are decided, so what becomes of it follows
/// from those near it that outrank it, from theirs, and so on, which is seldom far.
#[derive(Debug)]
pub(super) struct Rounds {
    /// The cells with a seat.
    taken: Board,
    /// The place of the seat in each of them.
    seat_in: [u8; SPOTS],
    /// The ways from each to those that are near it and outrank it, once they are looked for.
    above: [Ways; SPOTS],
    fates: [Fate; SPOTS],
    /// The seats that are not decided yet, of which only the first so many count.
    open: [u8; SPOTS],
}

impl Default for Rounds {
    fn default() -> Self {
        let fate = Fate::new(UNASKED, 0);
        Self {
            taken: Board::default(),
            seat_in: [0; SPOTS],
            above: [0; SPOTS],
            fates: [fate; SPOTS],
            open: [0; SPOTS],
        }
    }
}

impl Rounds {
    /// Seats all of a tile, or of a part of it.
    pub(super) fn begin(&mut self, seats: &[Seat]) {
        self.taken = Board::default();
        self.fates[..seats.len()].fill(Fate::new(UNASKED, 0));
        for (index, seat) in (0..=u8::MAX).zip(seats) {
            self.taken.add(seat.spot(), 1);
            self.seat_in[seat.spot()] = index;
        }
    }

    /// Decides who leads whom in a tile; who leads is led by itself.
    pub(super) fn settle(&mut self, seats: &[Seat]) {
        self.begin(seats);
        self.meet(seats);
        // In the first round all are undecided: who has nobody above leads.
        let (mut leads, mut n_open) = (Board::default(), 0);
        for (own, seat) in seats.iter().enumerate() {
            self.fates[own].leader = own as u8;
            let above = u32::from(self.above[own] != 0);
            leads.add(seat.spot(), 1 - above);
            self.open[n_open % SPOTS] = own as u8;
            n_open += above as usize;
        }
        n_open = self.join(seats, n_open, &leads);
        for _round in 1..ROUNDS {
            if n_open == 0 {
                break;
            }
            // Who leads is decided by who was undecided when the round began.
            let mut undecided = Board::default();
            for own in &self.open[..n_open] {
                undecided.add(seats[usize::from(*own)].spot(), 1);
            }
            let mut left = 0;
            for at in 0..n_open {
                let own = self.open[at];
                let spot = seats[usize::from(own)].spot();
                let beaten = self.above[usize::from(own)] & undecided.around(spot) != 0;
                leads.add(spot, 1 - u32::from(beaten));
                self.open[left] = own;
                left += usize::from(beaten);
            }
            n_open = self.join(seats, left, &leads);
        }
    }

    /// Has the open seats join the leaders that are near, and keeps the others open. A leader near by is of this round:
    /// those of earlier rounds left nobody near them undecided.
    fn join(&mut self, seats: &[Seat], n_open: usize, leads: &Board) -> usize {
        let mut left = 0;
        for at in 0..n_open {
            let own = self.open[at];
            let seat = &seats[usize::from(own)];
            let ways = self.above[usize::from(own)] & leads.around(seat.spot());
            self.open[left] = own;
            left += usize::from(ways == 0);
            if ways != 0 {
                let mut nearest = self.seat(seat, ways.trailing_zeros() as usize);
                for way in self::ways(ways & (ways - 1)) {
                    nearest = nearer(seats, seat, self.seat(seat, way), nearest);
                }
                self.fates[usize::from(own)].leader = nearest;
            }
        }
        left
    }

    /// The place of the seat that leads the one at this spot, when everything around the cells of the window is seated;
    /// `None` where that does not tell.
    pub(super) fn ask(&mut self, seats: &[Seat], spot: usize, window: &Window) -> Option<usize> {
        let own = self.seat_in(spot)?;
        let fate = self.fate(seats, own, window);
        let known = usize::from(fate.round) <= ROUNDS + 1 && !fate.unsure;
        known.then_some(usize::from(fate.leader))
    }

    /// The place of the seat that leads the cell at this spot, once all are settled.
    pub(super) fn leader(&self, spot: usize) -> Option<usize> {
        self.seat_in(spot).map(|seat| self.leader_of(seat))
    }

    /// The place of the seat that leads a seat, once all are settled.
    pub(super) fn leader_of(&self, seat: usize) -> usize {
        usize::from(self.fates[seat].leader)
    }

    /// The place of the seat in a cell.
    pub(super) fn seat_in(&self, spot: usize) -> Option<usize> {
        self.taken.holds(spot).then(|| usize::from(self.seat_in[spot]))
    }

    fn fate(&mut self, seats: &[Seat], own: usize, window: &Window) -> Fate {
        if self.fates[own].round == UNASKED {
            self.fates[own] = if window.holds(&seats[own]) {
                self.decide(seats, own, window)
            } else {
                Fate::new(UNSEEN, 0)
            };
        }
        self.fates[own]
    }

    /// What becomes of a seat with everything around it seated.
    fn decide(&mut self, seats: &[Seat], own: usize, window: &Window) -> Fate {
        let seat = &seats[own];
        let away = |other: u8| seats[usize::from(other)].square(seat);
        let mut first = Fate::new(UNASKED, 0);
        let (mut nearest_unseen, mut later, mut last) = (i64::MAX, false, 0);
        for way in ways(self.above(seats, own)) {
            let other = self.seat(seat, way);
            let fate = self.fate(seats, usize::from(other), window);
            if fate.round == UNSEEN {
                nearest_unseen = nearest_unseen.min(away(other));
            } else if fate.round == LATER {
                later = true;
            } else if fate.leader != other || usize::from(fate.round) > ROUNDS {
                last = last.max(fate.round);
            } else if fate.round < first.round {
                first = fate;
            } else if fate.round == first.round {
                first.leader = nearer(seats, seat, other, first.leader);
            }
        }
        if first.round == 1 {
            // Nobody leads earlier, so only who may lead in the first round too would have to be nearer.
            return Fate { unsure: nearest_unseen <= away(first.leader), ..first };
        }
        if later || nearest_unseen < i64::MAX {
            return Fate::new(LATER, own as u8);
        }
        if first.round == UNASKED {
            // Who is left when the rounds are over leads itself, but too late for anyone to join.
            return Fate::new((last + 1).min(ROUNDS as u8 + 1), own as u8);
        }
        first
    }

    /// The seat to which a way leads from another.
    fn seat(&self, from: &Seat, way: usize) -> u8 {
        self.seat_in[from.spot().wrapping_add_signed(STEPS[way % STEPS.len()]) % SPOTS]
    }

    /// The ways to those that are near a seat and outrank it. Only cells that touch are asked: two cells further on hardly
    /// ever come that near.
    fn above(&self, seats: &[Seat], own: usize) -> Ways {
        let seat = &seats[own];
        let above = |way: usize| {
            let other = &seats[usize::from(self.seat(seat, way))];
            Ways::from(other.outranks(seat) && other.near(seat)) << way
        };
        ways(self.taken.around(seat.spot()) & !(1 << HERE)).fold(0, |all, way| all | above(way))
    }

    /// The same for all at once: each pair is asked once, from the cell that lies before the other.
    fn meet(&mut self, seats: &[Seat]) {
        self.above[..seats.len()].fill(0);
        for (own, seat) in seats.iter().enumerate() {
            let around = self.taken.around(seat.spot());
            let mut above = self.above[own];
            above |= self.pair::<5>(seats, seat, around);
            above |= self.pair::<6>(seats, seat, around);
            above |= self.pair::<7>(seats, seat, around);
            above |= self.pair::<8>(seats, seat, around);
            self.above[own] = above;
        }
    }

    /// Asks a seat and the one a certain way from it, if there is one. The way is known to the compiler.
    #[inline]
    fn pair<const WAY: usize>(&mut self, seats: &[Seat], seat: &Seat, around: Ways) -> Ways {
        if around & 1 << WAY == 0 {
            return 0;
        }
        let place = usize::from(self.seat(seat, WAY));
        let other = &seats[place];
        // As numbers: which way it goes is anyone's guess, the processor's too.
        let near = Ways::from(seat.near(other));
        let outranked = near & Ways::from(other.outranks(seat));
        self.above[place] |= (near ^ outranked) << (STEPS.len() - 1 - WAY);
        outranked << WAY
    }
}

/// Which of two leaders a seat joins: the nearer one; at the same distance the one of higher rank.
fn nearer(seats: &[Seat], seat: &Seat, new: u8, old: u8) -> u8 {
    let (one, other) = (&seats[usize::from(new)], &seats[usize::from(old)]);
    let (to_one, to_other) = (seat.square(one), seat.square(other));
    if to_one < to_other || to_one == to_other && one.outranks(other) { new } else { old }
}

/// Each of a set of ways.
fn ways(mut left: Ways) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (left != 0).then(|| {
            let way = left.trailing_zeros() as usize;
            left &= left - 1;
            way
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::morton::{CELL_LEVELS, cell};
    use crate::tree::merge::Ground;
    use crate::tree::sums::Spot;

    const ZOOM: u8 = 5;

    /// The seats of the tile in the corner of the map with these reports: how many, and where, in 64 steps a cell.
    fn seats(cells: &[Option<(u32, u64, u64)>]) -> Vec<Seat> {
        let ground = Ground::of(0, ZOOM);
        let width = 1u64 << (32 - ZOOM - CELL_LEVELS);
        let seat = |(spot, held): (usize, &Option<(u32, u64, u64)>)| {
            let (n, x, y) = (*held)?;
            let (column, row) = (spot % CELLS, spot / CELLS);
            let sum = |at: usize, step: u64| u64::from(n) * (at as u64 * width + step * width / 64);
            let held = Spot { n, x: sum(column, x), y: sum(row, y) };
            Some(Seat::new(cell(column as u32, row as u32), &held, &ground))
        };
        cells.iter().enumerate().filter_map(seat).collect()
    }

    proptest! {
        #[test]
        fn what_a_window_tells_is_what_the_whole_tile_tells(
            cells in prop::collection::vec(
                prop::option::weighted(0.7, (1..200u32, 0..64u64, 0..64u64)), SPOTS),
        ) {
            let all = seats(&cells);
            let mut whole = Rounds::default();
            whole.settle(&all);
            let leader = |spot: usize| whole.leader(spot).map(|seat| all[seat].spot());
            for side in [2, 3, 5, CELLS] {
                let (mut told, mut asked) = (0, 0);
                for corner in 0..=CELLS - side {
                    // All around the window is seated, and nobody beyond.
                    let last = corner + side - 1;
                    let near = |at: usize| at + 1 >= corner && at <= last + 1;
                    let seated = |seat: &&Seat| near(seat.column()) && near(seat.row());
                    let seated: Vec<Seat> = all.iter().filter(seated).copied().collect();
                    let window = Window { columns: (corner, last), rows: (corner, last) };
                    let mut rounds = Rounds::default();
                    rounds.begin(&seated);
                    for seat in seated.iter().filter(|seat| window.holds(seat)) {
                        asked += 1;
                        if let Some(led_by) = rounds.ask(&seated, seat.spot(), &window) {
                            prop_assert_eq!(Some(seated[led_by].spot()), leader(seat.spot()));
                            told += 1;
                        }
                    }
                }
                // Hardly any window tells nothing, and the whole tile tells all.
                prop_assert!(told > 0 && (told == asked) == (side == CELLS), "{} of {}", told, asked);
            }
        }
    }
}
