//! The test for frozen values: one value far longer than this datastream's own runs of equal values make plausible.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::history::History;
use super::limits::{
    BLOCK_MS, BLOCKS, FROZEN_DAYS_MIN, FROZEN_N_MIN, FROZEN_RUNS_MIN, FROZEN_STEPS_MAX,
    FROZEN_TIMES, RESTS_MAX,
};
use super::told::{Grade, Held, Numbers, Signal, Test, Transition, settle};

/// Equal values in a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Run {
    /// The value, and when it came first.
    held: Held,
    /// When it came last.
    last: Timestamp,
    n: u32,
}

/// A value at which the datastream rests, and how long at most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Rest {
    value: f64,
    longest_ms: i64,
    /// When it was last as long.
    at: Timestamp,
}

/// The state of the test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Frozen {
    pub(super) signal: Option<Signal>,
    run: Option<Run>,
    /// The values of the longest runs; all other runs are in the history's blocks.
    rests: Vec<Rest>,
    first_at: Option<Timestamp>,
    n_steps: u32,
    n_equal: u32,
    n_runs: u32,
}

/// Frozen is the same to the last bit; a sensor that works seldom gives that.
fn same(one: f64, two: f64) -> bool {
    one.partial_cmp(&two).is_some_and(std::cmp::Ordering::is_eq)
}

impl Frozen {
    /// Judges a value; `back` after a silence, which no run reaches over.
    pub(super) fn judge(
        &mut self,
        history: &mut History,
        held: Held,
        back: bool,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let first_at = *self.first_at.get_or_insert(held.at);
        let Some(run) = self.run.as_mut() else {
            self.run = Some(Run { held, last: held.at, n: 1 });
            return;
        };
        if held.at == run.last && same(run.held.value, held.value) {
            // The same message again.
            return;
        }
        let equal = same(run.held.value, held.value);
        if self.signal.is_none() {
            self.n_steps += 1;
            self.n_equal += u32::from(equal);
            if self.n_steps >= FROZEN_STEPS_MAX {
                self.n_steps /= 2;
                self.n_equal /= 2;
            }
        }
        if !equal {
            // A run that was called frozen is a fault, and no measure for the next.
            if self.signal.is_none() {
                let run = *run;
                self.remember(history, run);
            }
            self.run = Some(Run { held, last: held.at, n: 1 });
            settle(&mut self.signal, None, at, told);
            return;
        }
        if back && self.signal.is_none() {
            self.run = Some(Run { held, last: held.at, n: 1 });
            return;
        }
        run.last = held.at;
        run.n = run.n.saturating_add(1);
        let run = *run;
        // What mostly repeats itself is constant by nature: no rain, a closed door.
        let constant = self.n_equal.saturating_mul(2) > self.n_steps;
        let known = self.n_runs >= FROZEN_RUNS_MIN
            && held.at.ms_since(first_at) >= FROZEN_DAYS_MIN * 86_400_000;
        if self.signal.is_some() || constant || !known {
            return;
        }
        let rest = self.rests.iter().find(|rest| same(rest.value, held.value));
        let longest_ms =
            history.longest_run_ms(held.at).max(rest.map_or(0, |rest| rest.longest_ms));
        let limit_ms = longest_ms.saturating_mul(FROZEN_TIMES);
        if run.n >= FROZEN_N_MIN && run.last.ms_since(run.held.at) > limit_ms {
            let (value, n, n_runs) = (held.value, run.n, self.n_runs);
            let numbers = Numbers::Frozen { value, n, longest_ms, limit_ms, n_runs };
            let (test, grade, since) = (Test::Frozen, Grade::Yellow, run.held.at);
            settle(&mut self.signal, Some(Signal { test, grade, since, numbers }), at, told);
        }
    }

    /// Takes a run that ended into the history: of its value if that is one of those with the longest runs, else of all.
    fn remember(&mut self, history: &mut History, run: Run) {
        self.n_runs = self.n_runs.saturating_add(1);
        let at = run.last;
        self.rests.retain(|rest| at.ms_since(rest.at) < BLOCKS as i64 * BLOCK_MS);
        let (value, longest_ms) = (run.held.value, at.ms_since(run.held.at));
        if longest_ms == 0 {
            return;
        }
        match self.rests.iter_mut().find(|rest| same(rest.value, value)) {
            Some(rest) if longest_ms < rest.longest_ms => return,
            Some(rest) => *rest = Rest { value, longest_ms, at },
            None => self.rests.push(Rest { value, longest_ms, at }),
        }
        self.rests.sort_by_key(|rest| std::cmp::Reverse(rest.longest_ms));
        if self.rests.len() > RESTS_MAX
            && let Some(shortest) = self.rests.pop()
            && let Some(block) = history.block(shortest.at)
        {
            block.run_ms = block.run_ms.max(shortest.longest_ms);
        }
    }
}
