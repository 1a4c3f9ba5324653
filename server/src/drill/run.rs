//! Runs scenarios over seeds and adds up what came of them.

use std::sync::Arc;
use std::time::Instant;

use engine::classify::Classifier;

use super::book::Ready;
use super::file::{Check, That};
use super::judge::{Asked, Judged, judge};
use super::naive::{self, Rule};
use super::play::{Pace, Played, play};
use super::score::{self, Figures};
use super::write::{Without, Written, write};

/// What one scenario came to over its seeds.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Row {
    /// The scenario.
    pub scenario: String,
    /// Rebuilt from published facts: it has checks of its own, and is no part of the promises over all.
    pub rebuilt: bool,
    /// Its seeds.
    pub seeds: Vec<u64>,
    /// Days played, without history, over all seeds.
    pub days: f64,
    /// Entries played.
    pub n_entries: u64,
    /// Ours.
    pub ours: Figures,
    /// The baseline's.
    pub baseline: Figures,
    /// Each check: how often it held, and what was seen where it did not.
    pub checks: Vec<Tally>,
    /// Seconds it took to play, without writing the scenario out.
    pub seconds: f64,
}

/// A check over the seeds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// What was asked.
    pub check: String,
    /// How often it held.
    pub n_held: u32,
    /// Of so many.
    pub n: u32,
    /// By seed, what was seen instead.
    pub seen: Vec<(u64, String)>,
}

/// Plays a scenario once.
pub(super) fn once(
    ready: &Ready,
    written: &Written,
    words: &Arc<Classifier>,
    pace: Pace<'_>,
) -> Played {
    play(written, words, &Asked::of(written, &ready.scenario.checks), pace)
}

/// What a check leaves out in a play to compare with; nothing where it compares with none.
fn left_out(check: &Check) -> Option<Without<'_>> {
    match check.that {
        That::SameWithout => check.sensor.as_deref().map(Without::Sensor),
        That::RankKept => Some(Without::Copies),
        _ => None,
    }
}

/// Runs a scenario over seeds.
pub fn run(
    ready: &Ready,
    seeds: &[u64],
    rule: Rule,
    words: &Arc<Classifier>,
    pace: Pace<'_>,
) -> Row {
    let scenario = &ready.scenario;
    let mut row = Row {
        scenario: scenario.name.clone(),
        rebuilt: !scenario.facts.is_empty(),
        seeds: seeds.to_vec(),
        ..Row::default()
    };
    for seed in seeds {
        let written = write(ready, *seed, Without::Nothing);
        let begun = Instant::now();
        let played = once(ready, &written, words, pace);
        row.seconds += begun.elapsed().as_secs_f64();
        row.n_entries += played.n_entries;
        row.days += scenario.lasts_min / 1_440.0;
        row.ours.add(&score::ours(&written, &played));
        row.baseline.add(&score::baselines(&written, &naive::alerts(&written, rule), rule));
        for (n, check) in scenario.checks.iter().enumerate() {
            let without = left_out(check).map(|left_out| {
                let written = write(ready, *seed, left_out);
                once(ready, &written, words, &mut |_, _| {})
            });
            let judged = judge(&written, &played, check, without.as_ref());
            note(&mut row.checks, n, *seed, judged);
        }
    }
    row
}

fn note(checks: &mut Vec<Tally>, n: usize, seed: u64, judged: Judged) {
    if checks.len() <= n {
        checks.push(Tally { check: judged.check, n_held: 0, n: 0, seen: Vec::new() });
    }
    let Some(tally) = checks.get_mut(n) else { return };
    tally.n += 1;
    if judged.holds {
        tally.n_held += 1;
    } else {
        tally.seen.push((seed, judged.seen));
    }
}

/// What a rule of the baseline is worth: found of what had to be and right of what was told, as one number (F1).
pub fn worth(figures: &Figures) -> f64 {
    let (precision, recall) = (figures.precision().unwrap_or(0.0), figures.recall().unwrap_or(0.0));
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

/// Tries every rule of the baseline on these seeds, the best one first.
pub fn tune(scenarios: &[Ready], seeds: &[u64]) -> Vec<(Rule, Figures)> {
    let mut tried: Vec<(Rule, Figures)> =
        naive::all_rules().into_iter().map(|rule| (rule, Figures::default())).collect();
    for ready in scenarios.iter().filter(|ready| ready.scenario.facts.is_empty()) {
        for seed in seeds {
            let written = write(ready, *seed, Without::Nothing);
            for (rule, figures) in &mut tried {
                figures.add(&score::baselines(&written, &naive::alerts(&written, *rule), *rule));
            }
        }
    }
    tried.sort_by(|a, b| worth(&b.1).total_cmp(&worth(&a.1)));
    tried
}
