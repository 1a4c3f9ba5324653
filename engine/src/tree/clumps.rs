//! Clumps: the cells of a tile that are drawn as one, and the zoom at which they come apart.
//!
//! A clump never takes reports across the edge of its tile. A view is a set of tiles, and what a view shows is what lies
//! in its tiles, counted by hand: a clump that reached over the edge would be counted where its reports are not.

use std::collections::BTreeMap;

use wire::geo::Mercator;
use wire::grade::HazardSet;
use wire::tile::ZOOM_MAX;

use super::cells::{Cells, Led, Reading, Stretch};
use super::merge::{Ground, Seat};
use super::rounds::{Rounds, SPOTS};
use super::sums::Tally;
use super::{Slot, Tree};
use crate::morton::{CELL_LEVELS, CELLS, place, tile_of};

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

/// Room for reading tiles, used again from one to the next. It belongs to one tree under one filter.
#[derive(Default)]
pub(crate) struct Room {
    merged: Merged,
    led: Vec<Led>,
    deep: Deep,
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
    fn read(&mut self, reading: Reading<'_>, z: u8, tile: u64) {
        reading.of_tile(z, tile, &mut self.cells);
        seat(&self.cells, z, tile, &mut self.seats);
        self.rounds.settle(&self.seats);
    }

    /// The cells beside those that lead them, in the order of those, then of their own.
    fn led(&self, into: &mut Vec<Led>) {
        // Counted and put in place: leaders are few numbers, and cells come in order.
        let leader = |cell: usize| self.rounds.leader_of(cell);
        let mut starts = [0u16; SPOTS + 1];
        for cell in 0..self.seats.len() {
            starts[leader(cell) + 1] += 1;
        }
        for at in 1..=self.seats.len() {
            starts[at] += starts[at - 1];
        }
        into.clear();
        into.resize(self.seats.len(), Led::new(0, 0));
        for cell in 0..self.seats.len() {
            let start = &mut starts[leader(cell)];
            into[usize::from(*start)] = Led::new(leader(cell) as u16, cell as u16);
            *start += 1;
        }
    }

    /// Whether there is anything around a finer cell, or in it, that the clump of this leader has no part in.
    fn foreign(&self, leader: usize, (column, row): (u32, u32)) -> bool {
        let side = CELLS as u32 - 1;
        let spot = ((row & side) as usize) * CELLS + (column & side) as usize;
        self.rounds.leader(spot).is_some_and(|led_by| led_by != leader)
    }
}

/// Takes a seat for each cell of a tile.
fn seat(cells: &Cells, zoom: u8, tile: u64, into: &mut Vec<Seat>) {
    into.clear();
    let ground = Ground::of(tile, zoom);
    into.extend(cells.list.iter().map(|cell| Seat::new(cell.key, &cell.spot, &ground)));
}

impl Tree {
    /// Adds the clumps of the tile with Morton key `tile` at zoom `z`, ordered by seed.
    pub(crate) fn clumps(
        &self,
        hazards: HazardSet,
        (z, tile): (u8, u64),
        room: &mut Room,
        clumps: &mut Vec<Clump>,
    ) {
        let reading = Reading { tree: self, hazards };
        let Room { merged, led, deep } = room;
        merged.read(reading, z, tile);
        if merged.seats.is_empty() {
            return;
        }
        merged.led(led);
        let ground = Ground::of(tile, z);
        let each = || led.chunk_by(|a, b| a.leader() == b.leader());
        let start = clumps.len();
        for which in each() {
            let mut tally = Tally::default();
            for led in which {
                reading.tally(&merged.cells.list[led.cell()], &mut tally);
            }
            let seed = which[0].leader();
            let first = &merged.cells.list[seed];
            let only = if tally.n == 1 { reading.only(first) } else { None };
            let (at, apart) = (ground.place(&merged.seats[seed]), ZOOM_MAX + 1);
            clumps.push(Clump { seed: first.key, at, tally, apart, only });
        }
        let mut deeper = Deeper { reading, coarse: merged, deep };
        for (clump, which) in clumps[start..].iter_mut().zip(each()) {
            if clump.tally.n > 1 {
                clump.apart = deeper.apart(which, z);
            }
        }
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
        let (mut merged, mut led) = (Merged::default(), Vec::new());
        merged.read(reading, z, tile_of(seed));
        merged.led(&mut led);
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

/// What is read of deeper zooms.
#[derive(Default)]
struct Deep {
    /// Who leads in each cell of a deeper tile, each merged at most once.
    whole: BTreeMap<(u8, u64), [u8; SPOTS]>,
    rounds: Rounds,
    // Room that is used again from one clump to the next.
    fine: Cells,
    around: Cells,
    seats: Vec<Seat>,
    others: Vec<Seat>,
}

/// The deeper zooms under one tile.
struct Deeper<'a> {
    reading: Reading<'a>,
    /// The tile itself.
    coarse: &'a Merged,
    deep: &'a mut Deep,
}

impl Deeper<'_> {
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
        // Columns and rows with a cell, one bit each.
        let (mut columns, mut rows) = (0u32, 0u32);
        for led in which {
            let seat = &self.coarse.seats[led.cell()];
            columns |= 1 << seat.column();
            rows |= 1 << seat.row();
        }
        // Three cells in a row hold quarters that are three apart, and the next zoom has its tiles' edge in the middle.
        let fit = |held: u32| held >> held.trailing_zeros() <= 0b11 && held & MIDDLE != MIDDLE;
        if !fit(columns) || !fit(rows) {
            return false;
        }
        let (mut columns, mut rows) = (0u64, 0u64);
        for led in which {
            let seat = &self.coarse.seats[led.cell()];
            let (across, down) = self.coarse.cells.list[led.cell()].quarters();
            columns |= across << (2 * seat.column());
            rows |= down << (2 * seat.row());
        }
        let fit = |held: u64| held >> held.trailing_zeros() <= 0b111;
        fit(columns) && fit(rows)
    }

    fn together(&mut self, which: &[Led], zoom: u8) -> bool {
        let cells = &self.coarse.cells;
        let level = zoom + CELL_LEVELS;
        self.deep.fine.start(level, None);
        for led in which {
            self.reading.finer(&cells.list[led.cell()], cells.level, &mut self.deep.fine);
        }
        if self.deep.fine.list.len() == 1 {
            return true;
        }
        let Some(spread) = Stretch::of(&self.deep.fine) else { return false };
        let tile = tile_of(self.deep.fine.list[0].key);
        seat(&self.deep.fine, zoom, tile, &mut self.deep.seats);
        let own = which[0].leader();
        // Most of what is around lies in the same coarse cells, and that is known already.
        if !self.foreign_in(spread.wider(1), own) {
            // Among themselves the highest in rank leads at once, and everyone near it joins it.
            return the_highest_is_near_all(&self.deep.seats);
        }
        let down = level - cells.level;
        let (x, y) = place(tile);
        let foreign = |(column, row): (usize, usize)| {
            let whole = |tile: u32, at: usize| ((tile << CELL_LEVELS) + at as u32) >> down;
            self.coarse.foreign(own, (whole(x, column), whole(y, row)))
        };
        may_share_a_leader(&self.deep.seats, foreign) && self.share_a_leader(spread, zoom, tile)
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

    /// Whether the fine cells have one leader. Looked at closely first: most are decided by what is around them, and
    /// then it does not matter what else is in the tile.
    fn share_a_leader(&mut self, spread: Stretch, zoom: u8, tile: u64) -> bool {
        for by in [1, 2, 4] {
            if self.deep.whole.contains_key(&(zoom, tile)) {
                break;
            }
            self.look_around(spread.wider(by));
            seat(&self.deep.around, zoom, tile, &mut self.deep.others);
            let beside = |seat: &Seat, other: &Seat| seat.touches(other) && seat.near(other);
            let beside_all = |other: &Seat| self.deep.seats.iter().all(|seat| beside(seat, other));
            // Nobody leads them all who is not near them all.
            if by == 1 && !self.deep.others.iter().any(beside_all) {
                return false;
            }
            self.deep.rounds.begin(&self.deep.others);
            let window = spread.wider(by - 1).window();
            let leader =
                |seat: &Seat| self.deep.rounds.ask(&self.deep.others, seat.spot(), &window);
            if let Some(known) = one(self.deep.seats.iter().map(leader)) {
                return known;
            }
        }
        let Deep { whole, around, others, rounds, seats, .. } = &mut *self.deep;
        let leader = whole.entry((zoom, tile)).or_insert_with(|| {
            self.reading.of_tile(zoom, tile, around);
            seat(around, zoom, tile, others);
            rounds.settle(others);
            std::array::from_fn(|spot| rounds.leader(spot).unwrap_or_default() as u8)
        });
        one(seats.iter().map(|seat| Some(usize::from(leader[seat.spot()])))) == Some(true)
    }

    /// Reads the cells of a stretch of a deeper tile.
    fn look_around(&mut self, near: Stretch) {
        self.deep.around.start(near.level, Some(near));
        let cells = &self.coarse.cells;
        let side = CELLS as u32 - 1;
        for (column, row) in self.coarse_in(near) {
            let spot = ((row & side) as usize) * CELLS + (column & side) as usize;
            if let Some(seat) = self.coarse.rounds.seat_in(spot) {
                self.reading.finer(&cells.list[seat], cells.level, &mut self.deep.around);
            }
        }
    }
}

/// The two columns or rows of cells in the middle of a tile.
const MIDDLE: u32 = 0b11 << (CELLS / 2 - 1);

/// Whether these leaders are one; `None` if what is known of them does not tell.
fn one(leaders: impl Iterator<Item = Option<usize>>) -> Option<bool> {
    let (mut first, mut all) = (None, true);
    for leader in leaders {
        match (first, leader) {
            (_, None) => all = false,
            (None, leader) => first = leader,
            (first, leader) if first != leader => return Some(false),
            _ => {}
        }
    }
    all.then_some(true)
}

/// Whether any cell could lead all of these: one of them, or one beside them in which there may be somebody, as is told of
/// columns and rows. Much cheaper than finding out, and mostly no.
fn may_share_a_leader(seats: &[Seat], foreign: impl Fn((usize, usize)) -> bool) -> bool {
    // Among themselves only the highest in rank can lead: the others wait for it.
    if the_highest_is_near_all(seats) {
        return true;
    }
    let (mut columns, mut rows) = ((CELLS, 0), (CELLS, 0));
    for seat in seats {
        columns = (columns.0.min(seat.column()), columns.1.max(seat.column()));
        rows = (rows.0.min(seat.row()), rows.1.max(seat.row()));
    }
    // Only cells that touch all of them: from one before the last to one after the first.
    let span = |(least, most): (usize, usize)| most.saturating_sub(1)..=(least + 1).min(CELLS - 1);
    // As if it stood where it would be nearest.
    let near_all = |at: (usize, usize)| {
        seats.iter().all(|seat| (seat.column(), seat.row()) != at && seat.near_the_cell(at))
    };
    span(rows).any(|row| span(columns).any(|at| near_all((at, row)) && foreign((at, row))))
}

fn the_highest_is_near_all(seats: &[Seat]) -> bool {
    let highest = seats.iter().reduce(|high, seat| if seat.outranks(high) { seat } else { high });
    highest.is_none_or(|high| seats.iter().all(|seat| high.touches(seat) && high.near(seat)))
}
