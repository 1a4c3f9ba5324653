//! Clumps: the cells of a tile that are drawn as one, and the zoom at which they come apart.
//!
//! A clump never takes reports across the edge of its tile. A view is a set of tiles, and what a view shows is what lies
//! in its tiles, counted by hand: a clump that reached over the edge would be counted where its reports are not.

use std::collections::BTreeMap;

use wire::geo::Mercator;
use wire::grade::HazardSet;
use wire::tile::ZOOM_MAX;

use super::cells::{Cells, Led, Reading, Stretch};
use super::merge::{NOBODY, ROUNDS, Rounds, Seat};
use super::sums::Tally;
use super::{Slot, Tree};
use crate::morton::{CELL_LEVELS, CELLS, cell, in_tile, place, tile_of};

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
    seats: Vec<Seat>,
    leader: Vec<u16>,
}

impl Merged {
    fn new(reading: Reading<'_>, z: u8, tile: u64, rounds: &mut Rounds) -> Self {
        let mut merged = Self::default();
        reading.of_tile(z, tile, None, &mut merged.cells);
        seat(&merged.cells, z, &mut merged.seats);
        merged.leader.extend(rounds.leaders(&merged.seats, z));
        merged
    }

    /// The cells beside those that lead them, in order.
    fn led(&self) -> Vec<Led> {
        let mut led: Vec<Led> =
            (0u16..).zip(&self.leader).map(|(cell, leader)| Led::new(*leader, cell)).collect();
        led.sort_unstable();
        led
    }
}

/// Takes a seat for each cell.
fn seat(cells: &Cells, zoom: u8, into: &mut Vec<Seat>) {
    into.clear();
    into.extend(cells.list.iter().map(|cell| Seat::new(cell.key, &cell.spot, zoom)));
}

/// Who leads the cell.
fn leader_of(cells: &Cells, leader: &[u16], key: u64) -> Option<u16> {
    let index = cells.list.binary_search_by_key(&key, |cell| cell.key).ok()?;
    Some(leader[index])
}

impl Tree {
    /// The clumps of the tile with Morton key `tile` at zoom `z`, ordered by seed.
    pub(crate) fn clumps(&self, hazards: HazardSet, z: u8, tile: u64) -> Vec<Clump> {
        let reading = Reading { tree: self, hazards };
        let mut deeper = Deeper::new(reading);
        let merged = Merged::new(reading, z, tile, &mut deeper.rounds);
        let led = merged.led();
        let mut clumps = Vec::with_capacity(merged.cells.list.len());
        for which in led.chunk_by(|a, b| a.leader() == b.leader()) {
            let mut tally = Tally::new();
            for led in which {
                reading.tally(&merged.cells.list[led.cell()], &mut tally);
            }
            let seed = which[0].leader();
            let first = &merged.cells.list[seed];
            let alone = tally.n == 1;
            clumps.push(Clump {
                seed: first.key,
                at: merged.seats[seed].at,
                apart: if alone { ZOOM_MAX + 1 } else { deeper.apart(&merged.cells, which, z) },
                only: if alone { reading.only(first) } else { None },
                tally,
            });
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
        let merged = Merged::new(reading, z, tile_of(seed), &mut Rounds::default());
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
    merged: BTreeMap<(u8, u64), Merged>,
    rounds: Rounds,
    // Room that is used again from one clump to the next.
    fine: Cells,
    around: Cells,
    seats: Vec<Seat>,
}

impl<'a> Deeper<'a> {
    fn new(reading: Reading<'a>) -> Self {
        Self {
            reading,
            merged: BTreeMap::new(),
            rounds: Rounds::default(),
            fine: Cells::default(),
            around: Cells::default(),
            seats: Vec::new(),
        }
    }

    /// The least zoom below `z` at which these cells' reports are not in one clump. Exact: where a look at the cells
    /// alone does not tell, those around them are asked.
    fn apart(&mut self, cells: &Cells, which: &[Led], z: u8) -> u8 {
        // As long as they share one cell they are one.
        let first = match which {
            [one] => self.reading.shared_level(cells, &cells.list[one.cell()]) + 1 - CELL_LEVELS,
            _ => z + 1,
        };
        (first..=ZOOM_MAX).find(|zoom| !self.together(cells, which, *zoom)).unwrap_or(ZOOM_MAX + 1)
    }

    fn together(&mut self, cells: &Cells, which: &[Led], zoom: u8) -> bool {
        let level = zoom + CELL_LEVELS;
        if level == cells.level + 1 {
            // One level down the quarters tell enough in most cases: a clump is three cells wide at most.
            let cells = which.iter().map(|led| &cells.list[led.cell()]);
            let spread = cells.filter_map(|cell| self.reading.spread(cell, level));
            if spread.reduce(Stretch::with).is_some_and(|spread| !fits(&spread)) {
                return false;
            }
        }
        self.reading.finer(cells, which, level, &mut self.fine);
        if self.fine.list.len() == 1 {
            return true;
        }
        let each = self.fine.list.iter().map(|cell| Stretch::of(level, cell.key));
        let Some(spread) = each.reduce(Stretch::with) else { return true };
        if !fits(&spread) {
            return false;
        }
        seat(&self.fine, zoom, &mut self.seats);
        let first = self.fine.list[0].key;
        may_share_a_leader(&self.seats, first, zoom) && self.share_a_leader(spread, zoom)
    }

    /// Whether the fine cells have one leader. Looked at closely first: most are decided by what is around them, and
    /// then it does not matter what else is in the tile.
    fn share_a_leader(&mut self, spread: Stretch, zoom: u8) -> bool {
        let Self { reading, merged, rounds, fine, around, seats } = self;
        let tile = tile_of(fine.list[0].key);
        if !merged.contains_key(&(zoom, tile)) {
            for round in 1..ROUNDS {
                let near = spread.wider(2 * round as u32);
                reading.of_tile(zoom, tile, Some(near), around);
                seat(around, zoom, seats);
                let leader = rounds.decide(seats, zoom, round);
                let mut leaders = fine.list.iter().map(|cell| leader_of(around, leader, cell.key));
                let mut known = leaders.clone().filter(|leader| *leader != Some(NOBODY));
                let Some(first) = known.next() else { continue };
                if known.any(|leader| leader != first) {
                    return false;
                }
                if leaders.all(|leader| leader == first) {
                    return true;
                }
            }
        }
        let whole =
            merged.entry((zoom, tile)).or_insert_with(|| Merged::new(*reading, zoom, tile, rounds));
        let leader = |key: u64| leader_of(&whole.cells, &whole.leader, key);
        let first = leader(fine.list[0].key);
        fine.list.iter().all(|cell| leader(cell.key) == first)
    }
}

/// Whether cells that lie like this can have one leader, which touches them all.
fn fits(spread: &Stretch) -> bool {
    let narrow = |(first, last): (u32, u32)| last - first <= 2;
    spread.in_one_tile() && narrow(spread.columns) && narrow(spread.rows)
}

/// Whether any cell could lead all of these (`key` is one of them): one of them, or one beside them.
/// Much cheaper than finding out, and mostly no.
fn may_share_a_leader(seats: &[Seat], key: u64, zoom: u8) -> bool {
    // Among themselves only the highest in rank can lead: the others wait for it.
    let highest = seats.iter().reduce(|high, seat| if seat.outranks(high) { seat } else { high });
    let near_all = |lead: &Seat| {
        let here = (lead.column, lead.row);
        seats
            .iter()
            .filter(|seat| (seat.column, seat.row) != here)
            .all(|seat| lead.near(seat, zoom))
    };
    if highest.is_none_or(near_all) {
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
        seats.iter().all(|seat| (seat.column, seat.row) != at && seat.near_the_cell(key, zoom))
    };
    span(|seat| seat.row)
        .any(|row| span(|seat| seat.column).any(|column| beside_all((column, row))))
}

/// The cell of the same tile at this column and row.
fn beside(key: u64, (column, row): (usize, usize)) -> u64 {
    let (own_column, own_row) = in_tile(key);
    let (x, y) = place(key);
    cell(x - own_column as u32 + column as u32, y - own_row as u32 + row as u32)
}
