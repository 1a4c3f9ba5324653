//! What is usual: the expected count of a series at a cell, by the hour of the week.
//!
//! Level of the cell × part of the week at the cell × hour of the week in the city × how the last hours were. Each factor
//! is drawn to the next coarser one as long as little was seen, as gamma-Poisson counts are.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use wire::unusual::Channel;

use super::grid::{Block, Cell, Grid, Key, Series};
use super::limits::BLIND_HOURS_MAX;
use super::rhythm::{Rhythm, Shape};
use super::week::{HOUR, HOURS, PARTS, hour_of_week, part, pieces};

/// What is taught halves in weight in eight weeks: a season is learned anew, and one odd week is an eighth of all.
const KEPT_A_WEEK: f64 = 0.917;

/// A cell counts as so many reports of the pooled level: half a report, so that one or two of its own decide.
const LEVEL_PRIOR: f64 = 0.5;

/// A part of the week at a cell counts as so many expected reports of the city's rhythm.
const PART_PRIOR: f64 = 6.0;

/// An hour teaches at most what is expected, this many deviations more, and two reports.
const TAUGHT_DEVIATIONS: f64 = 3.0;

/// A cell with less than this left of all it was taught is forgotten: one report, nine months ago.
const CELL_LEAST: f64 = 0.05;

/// What a cell was taught, by part of the week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Taught {
    /// The week up to which its weights have faded.
    week: i64,
    parts: [f64; PARTS],
}

impl Taught {
    fn sum(&self) -> f64 {
        self.parts.iter().sum()
    }

    fn fade(&mut self, week: i64) {
        let kept = KEPT_A_WEEK.powi(week.saturating_sub(self.week).clamp(0, 10_000) as i32);
        self.parts.iter_mut().for_each(|part| *part *= kept);
        self.week = week;
    }
}

/// What is expected of a block in a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expected {
    /// The mean, as the day goes: where the last hours were busy, more than on an ordinary day.
    pub(super) mean: f64,
    /// The mean on an ordinary day.
    pub(super) ordinary: f64,
    /// The shape of the negative binomial: how sure the mean is, and how counts spread about it.
    pub(super) shape: f64,
}

/// All that is usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Seasonal {
    /// The week of the last hour taught.
    week: i64,
    /// How far the room's clock is ahead of UTC, in minutes of whole hours.
    pub(super) ahead_min: i64,
    cells: BTreeMap<Key, Taught>,
    /// Cells known: of the fine and the coarse grid by any hazard, of the wide one by each channel.
    n_cells: [u32; 2 + Channel::ALL.len()],
    rhythms: Vec<Rhythm>,
    /// Follows from the rhythms; never stored.
    #[serde(skip)]
    shapes: Vec<Shape>,
    n_cells_max: usize,
    /// Reports that taught no cell, for there were too many.
    pub(super) n_untaught: u64,
}

impl Seasonal {
    pub(super) fn new(n_cells_max: usize) -> Self {
        let mut seasonal = Self {
            week: i64::MIN,
            ahead_min: 0,
            cells: BTreeMap::new(),
            n_cells: [0; 2 + Channel::ALL.len()],
            rhythms: vec![Rhythm::default(); Series::N],
            shapes: Vec::new(),
            n_cells_max,
            n_untaught: 0,
        };
        seasonal.draw();
        seasonal
    }

    /// Makes what follows from what was taught.
    fn draw(&mut self) {
        self.shapes = self.rhythms.iter().map(Shape::of).collect();
    }

    /// Whether so many hours of a series were seen.
    pub(super) fn has_seen(&self, series: Series, hours: u32) -> bool {
        self.rhythms[series.index()].n_hours >= hours
    }

    /// Reports a day in the whole city, all hazards.
    pub(super) fn a_day(&self) -> f64 {
        let hazards = Series::all().filter(|series| series.hazard().is_some());
        24.0 * hazards.map(|series| self.shapes[series.index()].rate).sum::<f64>()
    }

    fn taught(&self, key: Key) -> Option<(f64, [f64; PARTS])> {
        let taught = self.cells.get(&key)?;
        let kept = KEPT_A_WEEK.powi(self.week.saturating_sub(taught.week).clamp(0, 10_000) as i32);
        Some((taught.sum() * kept, taught.parts.map(|n| n * kept)))
    }

    /// Reports an hour at a cell, in the mean hour: mean and gamma shape.
    fn level(&self, key: Key, n: f64) -> (f64, f64) {
        let shape = &self.shapes[key.series.index()];
        let counter =
            if key.cell.grid == Grid::Wide { key } else { Key { series: Series::ANY, ..key } };
        let cells = Self::counted(counter).map_or(1, |at| self.n_cells[at].max(1));
        let cells = f64::from(cells);
        // A place where much happens of other hazards is expected to have its part of this one.
        let busy = if key.cell.grid == Grid::Wide {
            1.0
        } else {
            let any = self.taught(Key { series: Series::ANY, ..key }).map_or(0.0, |any| any.0);
            let city: f64 = self.rhythms[Series::ANY.index()].counts.iter().sum();
            (1.0 + any) / (1.0 + city / cells)
        };
        let pooled = shape.rate / cells * busy;
        let level = (LEVEL_PRIOR + n) / (LEVEL_PRIOR / pooled + shape.seen);
        (level, LEVEL_PRIOR + n)
    }

    /// Mean and variance of the mean of a cell in a period, on an ordinary day.
    fn cell(&self, key: Key, last: i64, length: i64) -> (f64, f64) {
        let shape = &self.shapes[key.series.index()];
        let (n, parts) = self.taught(key).unwrap_or_default();
        let (level, sure) = self.level(key, n);
        let (mut mean, mut doubt) = (0.0, 0.0);
        for (hour, minutes) in pieces(last + self.ahead_min, length) {
            let part = part(hour);
            let usual = level * shape.parts[part];
            let own = PART_PRIOR + parts[part];
            let piece = level * own / (PART_PRIOR + usual) * shape.hours[hour] * minutes / 60.0;
            mean += piece;
            doubt += piece * piece * (1.0 / sure + 1.0 / own);
        }
        (mean, doubt)
    }

    /// What is expected of a block in a period: `length` minutes up to and with the minute `last`.
    pub(super) fn expected(
        &self,
        series: Series,
        block: Block,
        last: i64,
        length: i64,
    ) -> Expected {
        let shape = &self.shapes[series.index()];
        if block.is_everywhere() {
            let hours = pieces(last + self.ahead_min, length);
            let mean: f64 =
                hours.map(|(hour, minutes)| shape.rate * shape.hours[hour] * minutes / 60.0).sum();
            let beyond = (shape.spread[Grid::Coarse as usize] - 1.0) / mean + shape.city;
            return Expected { mean, ordinary: mean, shape: 1.0 / beyond };
        }
        let (mut mean, mut doubt) = (0.0, 0.0);
        for cell in block.cells() {
            let one = self.cell(Key { series, cell }, last, length);
            (mean, doubt) = (mean + one.0, doubt + one.1);
        }
        let beyond = (shape.spread[block.grid() as usize] - 1.0) / mean + doubt / (mean * mean);
        // The day is drawn in last: whether it is a bad one is no doubt about the cell.
        Expected { mean: mean * shape.lately, ordinary: mean, shape: 1.0 / beyond }
    }

    /// The cells of a grid that are known for a series.
    pub(super) fn known(&self, series: Series, grid: Grid) -> impl Iterator<Item = Cell> {
        let first = Key { series, cell: Cell { grid, x: 0, y: 0 } };
        let last = Key { series, cell: Cell { grid, x: u16::MAX, y: u16::MAX } };
        self.cells.range(first..=last).map(|(key, _)| key.cell)
    }

    /// Takes in an hour that is over: what came at each key, in the order of keys. `capped` says whether enough was seen
    /// before to know what is too much; `sights`, of which series we surely saw that hour, and of which surely not: those are passed over.
    pub(super) fn teach(
        &mut self,
        hour: i64,
        counts: &[(Key, u64)],
        capped: bool,
        sights: &[(Series, bool)],
    ) {
        let blind = self.look(sights);
        let last = hour * HOUR + HOUR - 1;
        let at = hour_of_week(hour * HOUR + self.ahead_min);
        let mut city = [0.0; Series::N];
        let mut lessons: Vec<(Key, f64)> = Vec::with_capacity(counts.len());
        for (key, n) in counts.iter().filter(|(key, _)| !blind.contains(&key.series)) {
            if key.cell.grid == Grid::City {
                continue;
            }
            let mut n = *n as f64;
            if capped {
                let usual = self.expected(key.series, Block::one(key.cell), last, HOUR);
                let deviation = (usual.mean + usual.mean * usual.mean / usual.shape).sqrt();
                n = n.min(usual.mean + TAUGHT_DEVIATIONS * deviation + 2.0);
                self.rhythms[key.series.index()].spread[key.cell.grid as usize].pairs +=
                    n * (n - 1.0);
            }
            lessons.push((*key, n));
            let whole = if key.series.hazard().is_some() { Grid::Fine } else { Grid::Wide };
            if key.cell.grid == whole {
                city[key.series.index()] += n;
                if whole == Grid::Fine {
                    city[Series::ANY.index()] += n;
                }
            }
        }
        for series in Series::all().filter(|series| !blind.contains(series)) {
            self.teach_city(series, at, last, city[series.index()], capped);
        }
        let week = hour.div_euclid(HOURS as i64);
        for (key, n) in lessons {
            self.teach_cell(key, week, part(at), n);
            if key.series.hazard().is_some() && !blind.contains(&Series::ANY) {
                self.teach_cell(Key { series: Series::ANY, ..key }, week, part(at), n);
            }
        }
        if self.week < week {
            self.turn_week(week);
        }
        if at.is_multiple_of(24) {
            self.sweep();
        }
        self.draw();
    }

    /// The series whose hour teaches nothing, for we did not see it.
    fn look(&mut self, sights: &[(Series, bool)]) -> Vec<Series> {
        let mut blind = Vec::new();
        for (series, seen) in sights {
            let n_blind = &mut self.rhythms[series.index()].n_blind;
            *n_blind = if *seen { 0 } else { n_blind.saturating_add(1) };
            if (1..=BLIND_HOURS_MAX).contains(n_blind) && !seen {
                blind.push(*series);
            }
        }
        if blind.iter().any(|series| series.hazard().is_some()) {
            blind.push(Series::ANY);
        }
        blind
    }

    fn teach_cell(&mut self, key: Key, week: i64, part: usize, n: f64) {
        let known = self.cells.contains_key(&key);
        if !known && self.cells.len() >= self.n_cells_max {
            self.n_untaught += 1;
            return;
        }
        let taught = self.cells.entry(key).or_insert(Taught { week, parts: [0.0; PARTS] });
        taught.fade(week);
        taught.parts[part] += n;
        if !known {
            self.count_cell(key, 1);
        }
    }

    /// Where the cells of a key's grid are counted, for a key that counts them.
    fn counted(key: Key) -> Option<usize> {
        match key.cell.grid {
            Grid::Fine | Grid::Coarse => {
                (key.series == Series::ANY).then_some(key.cell.grid as usize)
            }
            Grid::Wide => key.series.as_channel().map(|channel| 2 + channel as usize),
            Grid::City => None,
        }
    }

    fn count_cell(&mut self, key: Key, by: i32) {
        if let Some(n) = Self::counted(key).and_then(|at| self.n_cells.get_mut(at)) {
            *n = n.saturating_add_signed(by);
        }
    }

    fn teach_city(&mut self, series: Series, at: usize, last: i64, n: f64, capped: bool) {
        let usual = self.expected(series, Block::CITY, last, HOUR);
        let shape = &self.shapes[series.index()];
        let grids = [0, 1, 2].map(|grid| {
            let weight = shape.hours[at];
            (weight * weight * self.rhythms[series.index()].squares[grid], usual.mean)
        });
        let rhythm = &mut self.rhythms[series.index()];
        let mut taught = n;
        if capped {
            let deviation = (usual.mean + usual.mean * usual.mean / usual.shape).sqrt();
            taught = n.min(usual.mean + TAUGHT_DEVIATIONS * deviation + 2.0);
            for (spread, (squares, mean)) in rhythm.spread.iter_mut().zip(grids) {
                spread.squares += squares;
                spread.expected += mean;
            }
            let residual = taught - usual.mean;
            let chance = usual.mean * shape.spread[Grid::Coarse as usize];
            rhythm.city[0] += residual * residual - chance;
            rhythm.city[1] += usual.mean * usual.mean;
            rhythm.city[2] += 1.0;
        }
        rhythm.counts[at] += taught;
        rhythm.hours[at] += 1.0;
        rhythm.n_hours = rhythm.n_hours.saturating_add(1);
        rhythm.pass_hour(n, usual.mean);
    }

    fn turn_week(&mut self, week: i64) {
        let weeks = if self.week == i64::MIN {
            0
        } else {
            week.saturating_sub(self.week).min(10_000) as i32
        };
        let kept = KEPT_A_WEEK.powi(weeks);
        self.rhythms.iter_mut().for_each(|rhythm| rhythm.fade(kept));
        self.week = week;
    }

    /// Once a day: forgets cells of which nothing is left, and sums up the squares of the levels.
    fn sweep(&mut self) {
        let faded = |taught: &Taught| {
            let weeks = self.week.saturating_sub(taught.week).clamp(0, 10_000) as i32;
            taught.sum() * KEPT_A_WEEK.powi(weeks) < CELL_LEAST
        };
        let gone: Vec<Key> =
            self.cells.iter().filter(|(_, taught)| faded(taught)).map(|(key, _)| *key).collect();
        for key in gone {
            self.cells.remove(&key);
            self.count_cell(key, -1);
        }
        let mut squares = vec![[0.0; 3]; Series::N];
        for (key, taught) in &self.cells {
            let weeks = self.week.saturating_sub(taught.week).clamp(0, 10_000) as i32;
            let n = taught.sum() * KEPT_A_WEEK.powi(weeks);
            let seen = self.shapes[key.series.index()].seen.max(1.0);
            // Without what chance adds to the square of a count.
            squares[key.series.index()][key.cell.grid as usize] +=
                (n * n - n).max(0.0) / (seen * seen);
        }
        for (rhythm, squares) in self.rhythms.iter_mut().zip(squares) {
            rhythm.squares = squares;
        }
    }
}

/// Reads what is usual from a checkpoint, and makes what is not stored in it.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Seasonal, D::Error> {
    let mut seasonal = Seasonal::deserialize(from)?;
    let weeks = |rhythm: &Rhythm| rhythm.hours.len() == HOURS && rhythm.counts.len() == HOURS;
    if seasonal.rhythms.len() != Series::N || !seasonal.rhythms.iter().all(weeks) {
        return Err(D::Error::custom("a baseline of other hazards or hours than these"));
    }
    seasonal.draw();
    Ok(seasonal)
}
