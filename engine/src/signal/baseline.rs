//! The test of the usual: far from the median of this datastream's own values, and from all that it showed before.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::history::{History, cell_of};
use super::limits::{
    BASELINE_DAYS_MIN, BASELINE_N_MIN, CELL_MS, IN_A_ROW, RECENT_MS, SIGMAS, SIGMAS_BEYOND,
    TIME_OF_DAY_DAYS_MIN, TIME_OF_DAY_N_MIN,
};
use super::robust::{SIGMA_OF_MAD, median_and_mad};
use super::told::{Basis, Grade, Held, Numbers, Signal, Test, Transition, settle};

/// Half hours in a day.
const CELLS_A_DAY: i64 = 86_400_000 / CELL_MS;

/// What is usual in one half hour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Usual {
    pub(super) median: f64,
    mad: f64,
    /// Under this it is unusual.
    low: f64,
    /// Above this it is unusual.
    high: f64,
    n: u32,
    n_days: u32,
    basis: Basis,
}

/// Values, the day of each, and the least and greatest that were seen.
struct Seen {
    values: Vec<f64>,
    days: BTreeSet<i64>,
    low: f64,
    high: f64,
}

impl Seen {
    fn of(values: impl Iterator<Item = (i64, f64)>) -> Self {
        let mut seen = Self {
            values: Vec::new(),
            days: BTreeSet::new(),
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        };
        for (day, value) in values {
            seen.values.push(value);
            seen.days.insert(day);
            seen.low = seen.low.min(value);
            seen.high = seen.high.max(value);
        }
        seen
    }

    fn usual(mut self, n_min: u32, n_days_min: u32, basis: Basis) -> Option<Usual> {
        let (n, n_days) = (self.values.len() as u32, self.days.len() as u32);
        if n < n_min || n_days < n_days_min {
            return None;
        }
        let (median, mad) = median_and_mad(&mut self.values)?;
        let sigma = mad * SIGMA_OF_MAD;
        // Values that are mostly one value have no spread to measure by.
        (mad > 0.0).then_some(Usual {
            median,
            mad,
            low: (median - SIGMAS * sigma).min(self.low - SIGMAS_BEYOND * sigma),
            high: (median + SIGMAS * sigma).max(self.high + SIGMAS_BEYOND * sigma),
            n,
            n_days,
            basis,
        })
    }
}

/// What is usual at a moment: of its time of day where that is earned, else overall.
fn usual_at(history: &History, at: Timestamp) -> Option<Usual> {
    let now = cell_of(at);
    let last = now - RECENT_MS / CELL_MS;
    let half = CELLS_A_DAY / 2;
    // Days are counted around this time of day, so that midnight parts nothing.
    let around = history.until(last).map(|(cell, value)| (cell - now + half, value));
    let of_this_time = around
        .filter(|(shifted, _)| (shifted.rem_euclid(CELLS_A_DAY) - half).abs() <= 1)
        .map(|(shifted, value)| (shifted.div_euclid(CELLS_A_DAY), value));
    let earned =
        Seen::of(of_this_time).usual(TIME_OF_DAY_N_MIN, TIME_OF_DAY_DAYS_MIN, Basis::TimeOfDay);
    earned.or_else(|| {
        let all = history.until(last).map(|(cell, value)| (cell.div_euclid(CELLS_A_DAY), value));
        let mut seen = Seen::of(all);
        for block in history.blocks_until(at.plus_ms(-RECENT_MS)) {
            seen.low = seen.low.min(f64::from(block.low));
            seen.high = seen.high.max(f64::from(block.high));
        }
        seen.usual(BASELINE_N_MIN, BASELINE_DAYS_MIN, Basis::Overall)
    })
}

/// The state of the test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Baseline {
    pub(super) signal: Option<Signal>,
    /// The last few values.
    last: VecDeque<Held>,
    /// What is usual in a half hour, worked out once for all its values.
    usual: Option<(i64, Option<Usual>)>,
}

impl Baseline {
    /// What is usual at a moment.
    pub(super) fn usual(&mut self, history: &History, at: Timestamp) -> Option<Usual> {
        let cell = cell_of(at);
        match self.usual {
            Some((known, usual)) if known == cell => usual,
            _ => {
                let usual = usual_at(history, at);
                self.usual = Some((cell, usual));
                usual
            }
        }
    }

    /// Judges a value. Nothing begins while the owner's own level speaks: it would be the same with less authority.
    pub(super) fn judge(
        &mut self,
        history: &mut History,
        held: Held,
        level_speaks: bool,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let usual = self.usual(history, held.at);
        if self.last.len() == IN_A_ROW {
            self.last.pop_front();
        }
        self.last.push_back(held);
        if self.last.len() < IN_A_ROW {
            return;
        }
        let least = self.last.iter().map(|held| held.value).fold(f64::INFINITY, f64::min);
        let greatest = self.last.iter().map(|held| held.value).fold(f64::NEG_INFINITY, f64::max);
        if let Some(block) = history.block(held.at) {
            block.low = block.low.min(greatest as f32);
            block.high = block.high.max(least as f32);
        }
        let Some(usual) = usual else {
            settle(&mut self.signal, None, at, told);
            return;
        };
        if self.signal.is_some() {
            if usual.low <= least && greatest <= usual.high {
                settle(&mut self.signal, None, at, told);
            }
            return;
        }
        let limit = if greatest < usual.low {
            usual.low
        } else if least > usual.high {
            usual.high
        } else {
            return;
        };
        if !level_speaks {
            let Usual { median, mad, n, n_days, basis, .. } = usual;
            let since = self.last.front().map_or(held.at, |first| first.at);
            let value = held.value;
            let numbers = Numbers::Baseline { value, median, mad, limit, n, n_days, basis };
            let signal = Signal { test: Test::Baseline, grade: Grade::Yellow, since, numbers };
            settle(&mut self.signal, Some(signal), at, told);
        }
    }
}
