//! Which way a datastream goes, and how much it usually jitters.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::limits::{JITTERS, PERIODS_MAX, RISE_JITTERS, RISE_MS, RISE_PERIODS, RISE_VALUES};
use super::passport::{Direction, Passport};
use super::robust::median;
use super::told::{Ground, Held};

/// From the median change of step to that of a step: two values make a step and three a change, if each jitters for itself.
const STEP_OF_CHANGE: f64 = 0.577_350_269_189_625_8;

/// The last values, and changes from step to step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Trend {
    last: VecDeque<Held>,
    step: Option<f64>,
    changes: VecDeque<f32>,
}

impl Trend {
    pub(super) fn take(&mut self, held: Held) {
        if let Some(before) = self.last.back() {
            let step = held.value - before.value;
            if let Some(earlier) = self.step.replace(step) {
                if self.changes.len() == JITTERS {
                    self.changes.pop_front();
                }
                self.changes.push_back((step - earlier).abs() as f32);
            }
        }
        if self.last.len() == RISE_VALUES {
            self.last.pop_front();
        }
        self.last.push_back(held);
    }

    /// The usual jitter from value to value, once it is known. It is taken from changes of step, so that a steady rise,
    /// however long, is none.
    pub(super) fn jitter(&self) -> Option<f64> {
        if self.changes.len() < JITTERS {
            return None;
        }
        let mut changes: Vec<f64> = self.changes.iter().copied().map(f64::from).collect();
        median(&mut changes).map(|change| change * STEP_OF_CHANGE)
    }

    /// The gravest level that the last values go towards and would soon reach.
    pub(super) fn towards(&self, passport: &Passport) -> Option<Ground> {
        let (first, newest) = (self.last.front()?, self.last.back()?);
        let spent_ms = newest.at.ms_since(first.at);
        if self.last.len() < RISE_VALUES || spent_ms <= 0 {
            return None;
        }
        let travelled = newest.value - first.value;
        let direction = if travelled > 0.0 { Direction::Rising } else { Direction::Falling };
        let each = self.last.iter().zip(self.last.iter().skip(1));
        let in_order =
            each.clone().all(|(earlier, later)| direction.passes(later.value, earlier.value));
        let far_enough = travelled.abs() >= RISE_JITTERS * self.jitter().unwrap_or_default();
        if !in_order || !far_enough {
            return None;
        }
        let period_ms =
            passport.cadence.map_or(spent_ms / PERIODS_MAX, |cadence| cadence.by_day_ms);
        let horizon_ms = RISE_MS.max(RISE_PERIODS.saturating_mul(period_ms));
        let pace_ms = travelled / spent_ms as f64;
        let soon = newest.value + pace_ms * horizon_ms as f64;
        let ahead = passport
            .levels
            .iter()
            .filter(|level| level.direction == direction && direction.reaches(soon, level.value));
        ahead.max_by_key(|level| level.grade).map(|level| Ground::Towards {
            level: level.value,
            grade: level.grade,
            per_hour: pace_ms * 3_600_000.0,
        })
    }
}
