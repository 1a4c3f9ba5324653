//! A value at which a datastream rests: how long at most in the last two weeks, and at which times of day.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::history::cell_of;
use super::limits::{BLOCK_MS, BLOCKS, CELL_MS, REST_AROUND};

/// Half hours of a day.
const HALF_HOURS: u32 = 48;
/// All of them.
const WHOLE_DAY: u64 = (1 << HALF_HOURS) - 1;

/// A run that ended, of those that are longer than all after them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Long {
    ms: i64,
    /// When it ended.
    at: Timestamp,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rest {
    /// The value.
    pub(super) value: f64,
    /// Each longer than all after it, so that the next is known when one grows old; one a block at most.
    longest: VecDeque<Long>,
    /// Half hours of the day (UTC) in which a run of an hour or more lay, a bit each.
    hours: u64,
}

fn block_of(at: Timestamp) -> i64 {
    at.0.div_euclid(BLOCK_MS)
}

/// The half hours that a stretch touches, each with the part of it that lies in the stretch.
fn half_hours(from: Timestamp, to: Timestamp) -> impl Iterator<Item = (u64, i64)> {
    (cell_of(from)..=cell_of(to)).map(move |cell| {
        let bit = 1 << cell.rem_euclid(i64::from(HALF_HOURS));
        let (begins, ends) = (cell.saturating_mul(CELL_MS), (cell + 1).saturating_mul(CELL_MS));
        (bit, ends.min(to.0) - begins.max(from.0))
    })
}

impl Rest {
    /// At this value, without a run yet.
    pub(super) fn new(value: f64) -> Self {
        Self { value, longest: VecDeque::new(), hours: 0 }
    }

    /// A run ended.
    pub(super) fn add(&mut self, ms: i64, at: Timestamp) {
        while self.longest.back().is_some_and(|last| last.ms <= ms) {
            self.longest.pop_back();
        }
        if self.longest.back().is_none_or(|last| block_of(last.at) < block_of(at)) {
            self.longest.push_back(Long { ms, at });
        }
    }

    /// A run taught when the value may stay.
    pub(super) fn learn(&mut self, from: Timestamp, to: Timestamp) {
        if to.ms_since(from) >= i64::from(HALF_HOURS) * CELL_MS {
            self.hours = WHOLE_DAY;
            return;
        }
        self.hours |= half_hours(from, to).fold(0, |hours, (bit, _)| hours | bit);
    }

    /// Forgets runs of more than two weeks ago; whether any are left.
    pub(super) fn keep(&mut self, now: Timestamp) -> bool {
        let is_old = |long: &Long| now.ms_since(long.at) >= BLOCKS as i64 * BLOCK_MS;
        while self.longest.front().is_some_and(is_old) {
            self.longest.pop_front();
        }
        !self.longest.is_empty()
    }

    /// The longest of two weeks, in milliseconds.
    pub(super) fn longest_ms(&self) -> i64 {
        self.longest.front().map_or(0, |long| long.ms)
    }

    /// When that one ended.
    pub(super) fn longest_at(&self) -> Option<Timestamp> {
        self.longest.front().map(|long| long.at)
    }

    /// How much of a stretch lies at times of day at which this value never stays, in milliseconds; nothing where no run
    /// was long enough to know them.
    pub(super) fn at_odd_hours_ms(&self, from: Timestamp, to: Timestamp) -> i64 {
        let widened = (1..=REST_AROUND).fold(self.hours, |hours, by| {
            hours
                | self.hours << by
                | self.hours >> by
                | self.hours << (HALF_HOURS - by)
                | self.hours >> (HALF_HOURS - by)
        }) & WHOLE_DAY;
        if widened == 0 || widened == WHOLE_DAY {
            return 0;
        }
        half_hours(from, to).filter(|(bit, _)| widened & bit == 0).map(|(_, ms)| ms).sum()
    }
}
