//! Clumps: the cells of a tile that are drawn as one, and the zoom at which they come apart.
//!
//! A clump never takes reports across the edge of its tile. A view is a set of tiles, and what a view shows is what lies
//! in its tiles, counted by hand: a clump that reached over the edge would be counted where its reports are not.

use std::collections::BTreeMap;

use wire::geo::Mercator;
use wire::grade::HazardSet;
use wire::tile::ZOOM_MAX;

use super::cells::{Cells, Led, Reading, Stretch};
use super::merge::{Ground, NOBODY, ROUNDS, Rounds, SPOTS, Seat};
use super::sums::Tally;
use super::{Slot, Tree};
use crate::morton::{CELL_LEVELS, CELLS, cell, in_tile, place, spot, tile_of};

/// Reports of a tile that are drawn as one.
#[derive(Debug, Clone)]
pub(crate) struct Clump {
    /// The Morton key of the cell that leads, at the tile's zoom plus [`CELL_LEVELS`].
    pub(crate) seed: u64,
    /// Where it is drawn: where the cell that leads stands. Those that join do not pull it to and fro.
    pub(crate) at: Mercator,
    pub(crate) tally: Tally,
    /// The least zoom at which its reports are not drawn as one any more; one more than the deepest if there is none.
    pub(crate) apart: u8,
    /// Its only report, when it has one.
    pub(crate) only: Option<Slot>,
}

/// The reports of one clump.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    pub(crate) n: u64,
    /// The keys of its cells, in order, at this level.
    pub(crate) cells: Vec<u64>,
    pub(crate) level: u8,
}

/// The cells of a tile, and who leads whom.
#[derive(Default)]
struct Merged {
    cells: Cells,
    /// One for each cell, in their order.
    seats: Vec<Seat>,
    rounds: Rounds,
}

impl Merged {
    fn new(reading: Reading<'_>, z: u8, tile: u64) -> Self {
        let mut merged = Self::default();
        reading.of_tile(z, tile, &mut merged.cells);
        seat(&merged.cells, z, tile, &mut merged.seats);
        merged.rounds.settle(&merged.seats, z);
        merged
    }

    /// The cells beside those that lead them, in the order of those, then of their own.
    fn led(&self) -> Vec<Led> {
        let leader =
            |seat: &Seat| self.rounds.seat_in(usize::from(self.rounds.leader(seat.spot())));
        // Counted and put in place: leaders are few numbers, and cells come in order.
        let mut starts = [0u16; SPOTS + 1];
        for seat in &self.seats {
            starts[usize::from(leader(seat)) + 1] += 1;
        }
        for at in 1..=self.seats.len() {
            starts[at] += starts[at - 1];
        }
        let mut led = vec![Led::new(0, 0); self.seats.len()];
        for (cell, seat) in (0u16..).zip(&self.seats) {
            let leader = leader(seat);
            let start = &mut starts[usize::from(leader)];
            led[usize::from(*start)] = Led::new(leader, cell);
            *start += 1;
        }
        led
    }

    /// Whether there is anything around a finer cell, or in it, that the clump of this leader has no part in.
    fn foreign(&self, leader: usize, (column, row): (u32, u32)) -> bool {
        let side = CELLS as u32 - 1;
        let spot = ((row & side) as usize) * CELLS + (column & side) as usize;
        self.rounds.seat_in(spot) != NOBODY && usize::from(self.rounds.leader(spot)) != leader
    }
}

/// Takes a seat for each cell of a tile.
fn seat(cells: &Cells, zoom: u8, tile: u64, into: &mut Vec<Seat>) {
    into.clear();
    let ground = Ground::of(tile, zoom);
    into.extend(cells.list.iter().map(|cell| Seat::new(cell.key, &cell.spot, &ground)));
}

impl Tree {
    /// The clumps of the tile with Morton key `tile` at zoom `z`, ordered by seed.
    pub(crate) fn clumps(&self, hazards: HazardSet, z: u8, tile: u64) -> Vec<Clump> {
        let reading = Reading { tree: self, hazards };
        let merged = Merged::new(reading, z, tile);
        if merged.seats.is_empty() {
            return Vec::new();
        }
        let mut deeper = Deeper::new(reading, &merged);
        let led = merged.led();
        let each = || led.chunk_by(|a, b| a.leader() == b.leader());
        let mut clumps = Vec::with_capacity(each().count());
        for which in each() {
            let mut tally = Tally::default();
            for led in which {
                reading.tally(&merged.cells.list[led.cell()], &mut tally);
            }
            let seed = which[0].leader();
            let first = &merged.cells.list[seed];
            let only = if tally.n == 1 { reading.only(first) } else { None };
            let (at, apart) = (merged.seats[seed].at, ZOOM_MAX + 1);
            clumps.push(Clump { seed: first.key, at, tally, apart, only });
        }
        for (clump, which) in clumps.iter_mut().zip(each()) {
            if clump.tally.n > 1 {
                clump.apart = deeper.apart(which, z);
            }
        }
        clumps
    }

    /// The reports of the clump with this seed, if it is one now: gathered into `slots` when there are at most `gather_max`.
    pub(crate) fn members_of_clump(
        &self,
        hazards: HazardSet,
        (z, seed): (u8, u64),
        gather_max: u64,
        slots: &mut Vec<Slot>,
    ) -> Option<Members> {
        let reading = Reading { tree: self, hazards };
        let merged = Merged::new(reading, z, tile_of(seed));
        let led = merged.led();
        let which = led
            .chunk_by(|a, b| a.leader() == b.leader())
            .find(|which| merged.cells.list[which[0].leader()].key == seed)?;
        let cells = || which.iter().map(|led| &merged.cells.list[led.cell()]);
        let n = cells().map(|cell| u64::from(cell.spot.n)).sum();
        if n <= gather_max {
            cells().for_each(|cell| reading.gather(cell, slots));
        }
        let level = merged.cells.level;
        Some(Members { n, cells: cells().map(|cell| cell.key).collect(), level })
    }
}

/// The deeper zooms under one tile, each tile merged at most once.
struct Deeper<'a> {
    reading: Reading<'a>,
    /// The tile itself.
    coarse: &'a Merged,
    /// Who leads in each cell of a deeper tile.
    whole: BTreeMap<(u8, u64), [u16; SPOTS]>,
    rounds: Rounds,
    // Room that is used again from one clump to the next.
    fine: Cells,
    around: Cells,
    seats: Vec<Seat>,
    others: Vec<Seat>,
}

impl<'a> Deeper<'a> {
    fn new(reading: Reading<'a>, coarse: &'a Merged) -> Self {
        Self {
            reading,
            coarse,
            whole: BTreeMap::new(),
            rounds: Rounds::default(),
            fine: Cells::default(),
            around: Cells::default(),
            seats: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The least zoom below `z` at which these cells' reports are not in one clump. Exact: where a look at the cells
    /// alone does not tell, those around them are asked.
    fn apart(&mut self, which: &[Led], z: u8) -> u8 {
        let cells = &self.coarse.cells;
        let first = match which {
            // As long as they share one cell they are one.
            [one] => self.reading.shared_level(cells, &cells.list[one.cell()]) + 1 - CELL_LEVELS,
            // One level down the quarters tell enough in most cases: a clump is three cells wide at most.
            _ if z == ZOOM_MAX || !self.quarters_fit(which) => return z + 1,
            _ => z + 1,
        };
        (first..=ZOOM_MAX).find(|zoom| !self.together(which, *zoom)).unwrap_or(ZOOM_MAX + 1)
    }

    /// Whether the quarters of these cells lie in one tile of the next zoom, and one cell there can touch them all.
    fn quarters_fit(&self, which: &[Led]) -> bool {
        let (mut columns, mut rows) = ((u8::MAX, 0), (u8::MAX, 0));
        for led in which {
            let cell = &self.coarse.cells.list[led.cell()];
            let spot = spot(cell.key) as u8;
            let (column, row) = (spot % CELLS as u8 * 2, spot / CELLS as u8 * 2);
            let [west, east, north, south] = cell.quarters();
            columns = (columns.0.min(column + west), columns.1.max(column + east));
            rows = (rows.0.min(row + north), rows.1.max(row + south));
        }
        let fit = |(first, last): (u8, u8)| {
            last - first <= 2 && first >> CELL_LEVELS == last >> CELL_LEVELS
        };
        fit(columns) && fit(rows)
    }

    fn together(&mut self, which: &[Led], zoom: u8) -> bool {
        let cells = &self.coarse.cells;
        let level = zoom + CELL_LEVELS;
        self.fine.start(level, None);
        for led in which {
            self.reading.finer(&cells.list[led.cell()], cells.level, &mut self.fine);
        }
        if self.fine.list.len() == 1 {
            return true;
        }
        let Some(spread) = Stretch::of(&self.fine) else { return false };
        let tile = tile_of(self.fine.list[0].key);
        seat(&self.fine, zoom, tile, &mut self.seats);
        let own = self.coarse.seats[which[0].leader()].spot();
        // Most of what is around lies in the same coarse cells, and that is known already.
        if !self.foreign_in(spread.wider(1), own) {
            // Among themselves the highest in rank leads at once, and everyone near it joins it.
            return the_highest_is_near_all(&self.seats, zoom);
        }
        let down = level - cells.level;
        let foreign = |key: u64| {
            let (column, row) = place(key);
            self.coarse.foreign(own, (column >> down, row >> down))
        };
        may_share_a_leader(&self.seats, self.fine.list[0].key, zoom, foreign)
            && self
                .at_a_glance(spread, zoom, tile)
                .unwrap_or_else(|| self.share_a_leader(spread, zoom, tile))
    }

    /// Whether the fine cells have one leader, where those that touch them tell: if nobody near the highest of them
    /// outranks it, it leads in the first round, and everyone near it joins it but for who has another leader as near.
    fn at_a_glance(&mut self, spread: Stretch, zoom: u8, tile: u64) -> Option<bool> {
        self.look_around(spread.wider(1));
        let ground = Ground::of(tile, zoom);
        let own = &self.seats;
        let high = own.iter().reduce(|high, seat| if seat.outranks(high) { seat } else { high })?;
        let beside = |seat: &Seat, other: &Seat| seat.touches(other) && seat.near(other, zoom);
        self.others.clear();
        for cell in &self.around.list {
            let other = Seat::new(cell.key, &cell.spot, &ground);
            if beside(high, &other) {
                if other.outranks(high) {
                    return None;
                }
            } else {
                // Those near the highest do not lead in its round.
                self.others.push(other);
            }
        }
        if !own.iter().all(|seat| beside(high, seat)) {
            return Some(false);
        }
        let torn = |seat: &Seat| {
            let rival = |other: &Seat| beside(seat, other) && !high.nearer(seat, other);
            seat.spot() != high.spot() && self.others.iter().any(rival)
        };
        if own.iter().any(torn) { None } else { Some(true) }
    }

    /// Whether somebody else's reports may lie in a stretch of a deeper tile.
    fn foreign_in(&self, stretch: Stretch, own: usize) -> bool {
        self.coarse_in(stretch).any(|at| self.coarse.foreign(own, at))
    }

    /// Column and row of the cells of the tile itself that a stretch of a deeper one meets.
    fn coarse_in(&self, stretch: Stretch) -> impl Iterator<Item = (u32, u32)> + use<> {
        let down = stretch.level - self.coarse.cells.level;
        let ((west, east), (north, south)) = (stretch.columns, stretch.rows);
        let columns = west >> down..=east >> down;
        (north >> down..=south >> down)
            .flat_map(move |row| columns.clone().map(move |column| (column, row)))
    }

    /// Whether the fine cells have one leader, as far as the rounds decided; `None` where they did not.
    fn one_leader(&self) -> Option<bool> {
        let leader = |cell: &super::cells::Cell| self.rounds.leader(spot(cell.key));
        one(self.fine.list.iter().map(leader))
    }

    /// Whether the fine cells have one leader. Looked at closely first: most are decided by what is around them, and
    /// then it does not matter what else is in the tile.
    fn share_a_leader(&mut self, spread: Stretch, zoom: u8, tile: u64) -> bool {
        if !self.whole.contains_key(&(zoom, tile)) {
            for round in 1..ROUNDS {
                self.look_around(spread.wider(2 * round as u32));
                seat(&self.around, zoom, tile, &mut self.seats);
                self.rounds.begin(&self.seats, zoom, round);
                if let Some(known) = self.one_leader() {
                    return known;
                }
            }
        }
        let Self { reading, whole, around, seats, rounds, fine, .. } = self;
        let leader = whole.entry((zoom, tile)).or_insert_with(|| {
            reading.of_tile(zoom, tile, around);
            seat(around, zoom, tile, seats);
            rounds.settle(seats, zoom);
            std::array::from_fn(|spot| rounds.leader(spot))
        });
        one(fine.list.iter().map(|cell| leader[spot(cell.key)])) == Some(true)
    }

    /// Reads the cells of a stretch of a deeper tile.
    fn look_around(&mut self, near: Stretch) {
        self.around.start(near.level, Some(near));
        let cells = &self.coarse.cells;
        let side = CELLS as u32 - 1;
        for (column, row) in self.coarse_in(near) {
            let spot = ((row & side) as usize) * CELLS + (column & side) as usize;
            let seat = self.coarse.rounds.seat_in(spot);
            if seat != NOBODY {
                self.reading.finer(&cells.list[usize::from(seat)], cells.level, &mut self.around);
            }
        }
    }
}

/// Whether these leaders are one; `None` if that is not decided.
fn one(mut leaders: impl Iterator<Item = u16> + Clone) -> Option<bool> {
    let mut known = leaders.clone().filter(|leader| *leader != NOBODY);
    let first = known.next()?;
    if known.any(|leader| leader != first) {
        return Some(false);
    }
    leaders.all(|leader| leader == first).then_some(true)
}

/// Whether any cell could lead all of these (`key` is one of them): one of them, or one beside them in which there may be
/// somebody. Much cheaper than finding out, and mostly no.
fn may_share_a_leader(seats: &[Seat], key: u64, zoom: u8, foreign: impl Fn(u64) -> bool) -> bool {
    // Among themselves only the highest in rank can lead: the others wait for it.
    if the_highest_is_near_all(seats, zoom) {
        return true;
    }
    let span = |axis: fn(&Seat) -> usize| {
        let least = seats.iter().map(axis).min().unwrap_or_default();
        let most = seats.iter().map(axis).max().unwrap_or_default();
        // Only cells that touch all of them: from one before the last to one after the first.
        most.saturating_sub(1)..=(least + 1).min(CELLS - 1)
    };
    let beside_all = |at: (usize, usize)| {
        let key = beside(key, at);
        // As if it stood where it would be nearest.
        foreign(key)
            && seats
                .iter()
                .all(|seat| (seat.column(), seat.row()) != at && seat.near_the_cell(key, zoom))
    };
    span(Seat::row).any(|row| span(Seat::column).any(|column| beside_all((column, row))))
}

fn the_highest_is_near_all(seats: &[Seat], zoom: u8) -> bool {
    let highest = seats.iter().reduce(|high, seat| if seat.outranks(high) { seat } else { high });
    highest.is_none_or(|high| seats.iter().all(|seat| high.touches(seat) && high.near(seat, zoom)))
}

/// The cell of the same tile at this column and row.
fn beside(key: u64, (column, row): (usize, usize)) -> u64 {
    let (own_column, own_row) = in_tile(key);
    let (x, y) = place(key);
    cell(x - own_column as u32 + column as u32, y - own_row as u32 + row as u32)
}
