//! The test of the rate of change.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::limits::{RATE_SPAN_MS, RATE_STEPS};
use super::passport::{Direction, RateLimit};
use super::told::{Grade, Ground, Held, Numbers, Signal, Test, Transition, settle};

/// The state of the test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rate {
    pub(super) signal: Option<Signal>,
    /// The value that the next step is taken from.
    from: Option<Held>,
    /// Where the steps beyond the limit began.
    first: Option<Timestamp>,
    /// Steps in a row that speak against what stands.
    n_against: u8,
}

impl Rate {
    /// Judges a value, if it is long enough after the last one that was judged.
    pub(super) fn judge(
        &mut self,
        limit: Option<RateLimit>,
        held: Held,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let Some(limit) = limit else {
            self.from = None;
            settle(&mut self.signal, None, at, told);
            return;
        };
        let from = *self.from.get_or_insert(held);
        let over_ms = held.at.ms_since(from.at);
        if over_ms < RATE_SPAN_MS {
            return;
        }
        self.from = Some(held);
        let per_hour = (held.value - from.value) / over_ms as f64 * 3_600_000.0;
        let beyond = match limit.direction {
            None => per_hour.abs(),
            Some(Direction::Rising) => per_hour,
            Some(Direction::Falling) => -per_hour,
        } > limit.per_hour;
        if beyond == self.signal.is_some() {
            self.n_against = 0;
            return;
        }
        if self.n_against == 0 {
            self.first = Some(from.at);
        }
        self.n_against += 1;
        if self.n_against < RATE_STEPS {
            return;
        }
        self.n_against = 0;
        let signal = beyond.then(|| Signal {
            test: Test::Rate,
            grade: Grade::Orange,
            since: self.first.unwrap_or(from.at),
            numbers: Numbers::Rate { value: held.value, per_hour, limit: limit.per_hour, over_ms },
        });
        settle(&mut self.signal, signal, at, told);
    }

    /// Why a silence would be a loss.
    pub(super) fn ground(&self) -> Option<Ground> {
        match self.signal.as_ref()?.numbers {
            Numbers::Rate { per_hour, .. } => Some(Ground::Rate { per_hour }),
            _ => None,
        }
    }
}
