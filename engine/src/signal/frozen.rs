//! The test for frozen values: one value far longer than this datastream's own runs of equal values make plausible.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::history::History;
use super::limits::{
    FROZEN_DAYS_MIN, FROZEN_N_MIN, FROZEN_RUNS_MIN, FROZEN_STEPS_MAX, FROZEN_TIMES, REST_MS,
    RESTS_MAX,
};
use super::rest::Rest;
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
        if self.signal.is_some() || constant || !known || run.n < FROZEN_N_MIN {
            return;
        }
        let rest = self.rests.iter().find(|rest| same(rest.value, held.value));
        let among_all_ms = history.longest_run_ms(held.at);
        let longest_ms = among_all_ms.max(rest.map_or(0, Rest::longest_ms));
        let limit_ms = longest_ms.saturating_mul(FROZEN_TIMES);
        let run_ms = run.last.ms_since(run.held.at);
        let (value, n, n_runs) = (held.value, run.n, self.n_runs);
        let numbers = if run_ms > limit_ms {
            Numbers::Frozen { value, n, longest_ms, limit_ms, n_runs, at_odd_hours_ms: None }
        } else {
            let odd_ms = rest.map_or(0, |rest| rest.at_odd_hours_ms(run.held.at, run.last));
            // At those hours it is as any other value, and what is no rest yet may have lasted as long as that.
            let longest_ms = among_all_ms.max(REST_MS);
            let limit_ms = longest_ms.saturating_mul(FROZEN_TIMES);
            let n_odd = i64::from(n) * odd_ms / run_ms.max(1);
            if odd_ms <= limit_ms || n_odd < i64::from(FROZEN_N_MIN) {
                return;
            }
            let at_odd_hours_ms = Some(odd_ms);
            Numbers::Frozen { value, n, longest_ms, limit_ms, n_runs, at_odd_hours_ms }
        };
        let (test, grade, since) = (Test::Frozen, Grade::Yellow, run.held.at);
        settle(&mut self.signal, Some(Signal { test, grade, since, numbers }), at, told);
    }

    /// Takes a run that ended into the history: of its value if that is one of those with the longest runs, else of all.
    fn remember(&mut self, history: &mut History, run: Run) {
        self.n_runs = self.n_runs.saturating_add(1);
        let (value, at) = (run.held.value, run.last);
        self.rests.retain_mut(|rest| rest.keep(at));
        let run_ms = at.ms_since(run.held.at);
        if run_ms == 0 {
            return;
        }
        if !self.rests.iter().any(|rest| same(rest.value, value)) {
            self.rests.push(Rest::new(value));
        }
        for rest in self.rests.iter_mut().filter(|rest| same(rest.value, value)) {
            rest.add(run_ms, at);
            if run_ms >= REST_MS && run.n >= FROZEN_N_MIN {
                rest.learn(run.held.at, at);
            }
        }
        self.rests.sort_by_key(|rest| std::cmp::Reverse(rest.longest_ms()));
        if self.rests.len() > RESTS_MAX
            && let Some(shortest) = self.rests.pop()
            && let Some(block) = shortest.longest_at().and_then(|at| history.block(at))
        {
            block.run_ms = block.run_ms.max(shortest.longest_ms());
        }
    }
}
