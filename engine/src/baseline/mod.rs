//! Unusual numbers: how many reports of a hazard are usual at a place and an hour of the week, and when there are more.
//!
//! Reports and sensor messages in, findings and dark areas out. `docs/unusual.md` tells the method and its limits.

mod dark;
mod finding;
mod grid;
mod judge;
mod limits;
mod recent;
mod rhythm;
mod seasonal;
mod tail;
#[cfg(test)]
mod tests;
mod week;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;
use wire::unusual::Channel;

pub use finding::{Blind, DarkArea, Finding, Reading, Turn, Voicing};
pub use grid::Block;
pub use limits::{
    CALM_MIN, DARK_EXPECTED_LEAST, EARNED_HOURS, FALSE_A_DAY, FALSE_DARK_A_DAY, LATE_MIN, N_LEAST,
    PERIODS_MIN, UNHEARD_MS,
};

use dark::{Darkness, Eyes};
use grid::{Cell, Grid, Key, Series};
use judge::Findings;
use limits::{CELLS_MAX, GAP_MIN, MEASURED_HOURS, WAITING_MAX};
use recent::{Recent, Voice, Voices};
use seasonal::Seasonal;
use week::{HOUR, MINUTE_MS};

/// One place, minute and voice that waits for its minute to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Arrival {
    minute: i64,
    series: Series,
    cell: Cell,
    voice: Voice,
}

/// The numbers of a city: what is usual, what came lately, and what is unusual in it.
///
/// State is a function of what was added between one closing and the next, in any order, and of the closings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unusual {
    /// The minute that closes next; none before anything was added.
    open: Option<i64>,
    /// From this minute on nothing was missed: an hour that began before it teaches nothing.
    whole_from: i64,
    waiting: BTreeMap<Arrival, u32>,
    /// When a voice was first heard, by its number.
    heard: [Option<i64>; Voice::N],
    recent: Recent,
    #[serde(deserialize_with = "seasonal::read")]
    seasonal: Seasonal,
    findings: Findings,
    darkness: Darkness,
    n_late: u64,
    n_left_out: u64,
}

impl Default for Unusual {
    fn default() -> Self {
        Self::with_limit(CELLS_MAX)
    }
}

impl Unusual {
    /// Nothing seen; at most so many cells are kept.
    pub fn with_limit(n_cells_max: usize) -> Self {
        Self {
            open: None,
            whole_from: i64::MIN,
            waiting: BTreeMap::new(),
            heard: [None; Voice::N],
            recent: Recent::default(),
            seasonal: Seasonal::new(n_cells_max),
            findings: Findings::default(),
            darkness: Darkness::default(),
            n_late: 0,
            n_left_out: 0,
        }
    }

    /// The room's clock from now on, in whole hours ahead of UTC: people keep their hours by it, also when it is changed.
    pub fn set_clock(&mut self, ahead_h: i8) {
        self.seasonal.ahead_min = i64::from(ahead_h) * HOUR;
    }

    /// Counts a report: `weight` is 1 for an independent source and 0 for a copy, which counts nowhere.
    pub fn add(
        &mut self,
        place: LngLat,
        hazard: Hazard,
        kind: Kind,
        observed_at: Timestamp,
        weight: u32,
    ) {
        let fine = Cell::fine(place);
        self.wait(Series::of(hazard), fine, Voice::of(kind), observed_at, weight);
        if let Some(channel) = grid::channel_of(kind) {
            let wide = fine.within(Grid::Wide);
            self.wait(Series::channel(channel), wide, Voice::of(kind), observed_at, weight);
        }
    }

    /// Counts a message of a sensor, whatever it says.
    pub fn add_sensor_message(&mut self, place: LngLat, observed_at: Timestamp) {
        let wide = Cell::fine(place).within(Grid::Wide);
        self.wait(Series::channel(Channel::Sensors), wide, Voice::SENSOR, observed_at, 1);
    }

    fn wait(&mut self, series: Series, cell: Cell, voice: Voice, at: Timestamp, weight: u32) {
        if weight == 0 {
            return;
        }
        let minute = at.0.div_euclid(MINUTE_MS);
        let arrival = Arrival { minute, series, cell, voice };
        let full = self.waiting.len() >= WAITING_MAX;
        match self.waiting.entry(arrival) {
            std::collections::btree_map::Entry::Occupied(mut n) => {
                *n.get_mut() = n.get().saturating_add(weight);
            }
            std::collections::btree_map::Entry::Vacant(_) if full => self.n_left_out += 1,
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(weight);
            }
        }
    }

    /// Time passes: closes every minute that is over by `until`, and says what changed, in order.
    pub fn close(&mut self, until: Timestamp) -> Vec<Turn> {
        let mut turns = Vec::new();
        // The first minute that is not over.
        let end = until.0.div_euclid(MINUTE_MS);
        let first = self.waiting.keys().next().map(|arrival| arrival.minute);
        // What an old report tells of the days before us is not that they were quiet.
        let begin = first.filter(|minute| *minute < end).map(|minute| minute.max(end - LATE_MIN));
        let Some(open) = self.open.or(begin) else { return turns };
        let from = open.max(end - GAP_MIN);
        if self.open.is_none() {
            self.whole_from = end - 1;
        } else if from > open {
            self.whole_from = from;
        }
        for minute in from..end {
            self.close_minute(minute, &mut turns);
        }
        self.open = Some(open.max(end));
        turns
    }

    /// Nobody listened until then. The minutes that were not closed are not judged, and the hours they lie in teach nothing; what
    /// came of them later is counted in its minute as ever.
    pub fn skip(&mut self, until: Timestamp) {
        let minute = until.0.div_euclid(MINUTE_MS);
        if self.open.is_some_and(|open| open <= minute) {
            self.open = Some(minute);
            self.whole_from = minute + 1;
        }
    }

    /// Whether so many hours were seen that numbers can be unusual.
    pub fn is_earned(&self) -> bool {
        self.seasonal.has_seen(Series::ANY, EARNED_HOURS)
    }

    /// What is unusual now, in the order of beginning.
    pub fn findings(&self) -> &[Finding] {
        &self.findings.live
    }

    /// Where nobody reaches us from now.
    pub fn dark_areas(&self) -> &[DarkArea] {
        &self.darkness.areas
    }

    /// Channels that are silent everywhere now.
    pub fn blind(&self) -> &[Blind] {
        &self.darkness.blind
    }

    /// How many reports of a hazard are expected at the cell of a place in the hour that ends with this moment.
    pub fn expected_an_hour(&self, place: LngLat, hazard: Hazard, until: Timestamp) -> f64 {
        let block = Block::one(Cell::fine(place));
        let last = until.0.div_euclid(MINUTE_MS) - 1;
        self.seasonal.expected(Series::of(hazard), block, last, HOUR).ordinary
    }

    /// Reports that came too late to be counted.
    pub fn n_late(&self) -> u64 {
        self.n_late
    }

    /// Reports, lessons and unusual numbers that found no room.
    pub fn n_left_out(&self) -> u64 {
        let untaught = self.seasonal.n_untaught + self.findings.n_unlisted;
        self.n_left_out + self.recent.n_left_out + untaught
    }

    /// The voices that were heard long enough before a minute to be judged.
    fn voices(&self, minute: i64) -> Voices {
        let earned = i64::from(EARNED_HOURS) * HOUR;
        let heard = self.heard.iter().enumerate();
        let long = heard.filter(|(_, first)| first.is_some_and(|first| minute - first >= earned));
        Voices(long.fold(0, |bits, (voice, _)| bits | 1 << voice))
    }

    fn close_minute(&mut self, minute: i64, turns: &mut Vec<Turn>) {
        let later = self.waiting.split_off(&Arrival {
            minute: minute + 1,
            series: Series(0),
            cell: Cell { grid: Grid::Fine, x: 0, y: 0 },
            voice: Voice::of(Kind::ALL[0]),
        });
        let mut touched: Vec<(Series, Cell)> = Vec::new();
        for (arrival, n) in std::mem::replace(&mut self.waiting, later) {
            if arrival.minute <= minute - LATE_MIN {
                self.n_late += u64::from(n);
                continue;
            }
            self.take(arrival, n, minute);
            if arrival.series.hazard().is_some() {
                touched.push((arrival.series, arrival.cell));
            }
        }
        touched.dedup();
        let eyes = Eyes {
            seasonal: &self.seasonal,
            recent: &self.recent,
            voices: self.voices(minute),
            last: minute,
        };
        self.findings.judge(eyes, &touched, turns);
        // Silence says nothing where nobody listened.
        if minute - HOUR + 1 >= self.whole_from {
            self.darkness.judge(eyes, turns);
        }
        if (minute + 1) % HOUR == 0 {
            self.close_hour(minute);
        }
    }

    fn take(&mut self, arrival: Arrival, n: u32, minute: i64) {
        let Arrival { series, cell, voice, .. } = arrival;
        self.heard[voice.index()].get_or_insert(minute);
        let others: &[Grid] = match series.hazard() {
            Some(_) => &[Grid::Coarse, Grid::City],
            None => &[Grid::City],
        };
        self.recent.add(Key { series, cell }, arrival.minute, voice, n);
        for grid in others {
            let key = Key { series, cell: cell.within(*grid) };
            self.recent.add(key, arrival.minute, voice, n);
        }
    }

    /// The hour before the one that ends is taught: nothing that may still come late, and nothing that is judged now.
    fn close_hour(&mut self, minute: i64) {
        let last = minute - HOUR;
        if last - HOUR + 1 < self.whole_from {
            return;
        }
        let every = Voices(u16::MAX);
        let then = Eyes { seasonal: &self.seasonal, recent: &self.recent, voices: every, last };
        let sights = Darkness::sights(then);
        let counts: Vec<(Key, u64)> = self.recent.counts(last, HOUR, every).collect();
        let capped = self.seasonal.has_seen(Series::ANY, MEASURED_HOURS);
        self.seasonal.teach(last.div_euclid(HOUR), &counts, capped, &sights);
        self.recent.forget(minute + 1 - HOUR);
        let now =
            Eyes { seasonal: &self.seasonal, recent: &self.recent, voices: every, last: minute };
        self.darkness.look_up(now);
    }
}
