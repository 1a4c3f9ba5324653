//! Proof of delivery over seeds: a life of writes, breaks, kills and restores, with the report table as the judge.
//!
//! Small with the unit tests, forty thousand seeds with `cargo xtask prove delivery`. `TALAIA_SEED=N` lives seed N alone.
//! Negative controls break one thing each, in the reader, the line, the hub or the restore, and must be found out.

mod life;
mod line;
mod reader;
#[path = "../../../../../tests/proofs/record.rs"]
mod record;
mod room;
mod table;

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;

use life::Life;
use record::{keep, sized};

/// What is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ReaderIgnoresReset,
    ReaderMixesEpochs,
    ReaderMixesViews,
    LineLosesFrame,
    LineReordersTotals,
    HubLosesChange,
    ServerClampsCursor,
    RestoreKeepsEpoch,
}

const FAULTS: [Fault; 8] = [
    Fault::ReaderIgnoresReset,
    Fault::ReaderMixesEpochs,
    Fault::ReaderMixesViews,
    Fault::LineLosesFrame,
    Fault::LineReordersTotals,
    Fault::HubLosesChange,
    Fault::ServerClampsCursor,
    Fault::RestoreKeepsEpoch,
];

/// What the judge found, and how much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    n_gaps: u64,
    n_doubled: u64,
    n_inversions: u64,
    n_silent_resets: u64,
    n_needless_resets: u64,
    /// In words, the first few.
    words: Vec<String>,
    n_lives: u64,
    n_frames: u64,
    n_compared: u64,
    n_resumes: u64,
    n_cuts: u64,
    n_half_open: u64,
    n_crashes: u64,
    n_restores: u64,
    n_redelivered: u64,
    n_looks: u64,
    /// Frames of a view before, left aside.
    n_of_another: u64,
    resets: BTreeMap<String, u64>,
    /// Of every frame delivered.
    transcript: u64,
}

impl Found {
    fn say(&mut self, kind: &str, what: impl Fn() -> String) {
        if self.words.len() < 3 {
            self.words.push(format!("{kind}: {}", what()));
        }
    }

    fn gaps(&mut self, what: impl Fn() -> String) {
        self.n_gaps += 1;
        self.say("gap", what);
    }

    fn doubled(&mut self, what: impl Fn() -> String) {
        self.n_doubled += 1;
        self.say("doubled", what);
    }

    fn silent_resets(&mut self, what: impl Fn() -> String) {
        self.n_silent_resets += 1;
        self.say("silent reset", what);
    }

    fn needless_resets(&mut self, what: impl Fn() -> String) {
        self.n_needless_resets += 1;
        self.say("needless reset", what);
    }

    /// A number that must not fall.
    fn rising(&mut self, whose: &str, before: u64, now: u64) {
        if now < before {
            self.n_inversions += 1;
            self.say("inversion", || format!("{whose} went from {before} back to {now}"));
        }
    }

    fn is_clean(&self) -> bool {
        self.words.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.n_gaps += other.n_gaps;
        self.n_doubled += other.n_doubled;
        self.n_inversions += other.n_inversions;
        self.n_silent_resets += other.n_silent_resets;
        self.n_needless_resets += other.n_needless_resets;
        self.words.extend(other.words);
        self.n_lives += other.n_lives;
        self.n_frames += other.n_frames;
        self.n_compared += other.n_compared;
        self.n_resumes += other.n_resumes;
        self.n_cuts += other.n_cuts;
        self.n_half_open += other.n_half_open;
        self.n_crashes += other.n_crashes;
        self.n_restores += other.n_restores;
        self.n_redelivered += other.n_redelivered;
        self.n_looks += other.n_looks;
        self.n_of_another += other.n_of_another;
        for (reason, n) in other.resets {
            *self.resets.entry(reason).or_default() += n;
        }
    }
}

/// The first seed at which this fault is found out, and what was found.
fn found_out(fault: Fault, seeds: u64) -> Option<(u64, Found)> {
    (1..=seeds).map(|seed| (seed, Life::live(seed, fault))).find(|(_, found)| !found.is_clean())
}

#[test]
fn delivery_seeds_lose_double_and_invert_nothing_and_never_reset_in_silence() {
    let asked: Option<u64> = std::env::var("TALAIA_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = asked.map_or(1..=sized(40_000, 1_500), |seed| seed..=seed);
    let begun = Instant::now();
    let mut all = Found::default();
    let mut failing = Vec::new();
    for seed in seeds.clone() {
        let found = Life::live(seed, Fault::None);
        if !found.is_clean() {
            println!("TALAIA_SEED={seed}: {:#?}", found.words);
            failing.push(seed);
        }
        all.add(found);
    }
    assert_eq!(failing, Vec::<u64>::new(), "{:#?}", all.words.first());
    let lived = begun.elapsed();
    if asked.is_some() {
        return;
    }
    let controls: BTreeMap<String, u64> = FAULTS
        .into_iter()
        .map(|fault| {
            let (seed, _) =
                found_out(fault, 300).unwrap_or_else(|| panic!("{fault:?} is not found out"));
            (format!("{fault:?}"), seed)
        })
        .collect();
    keep(
        "delivery_seeds",
        &json!({
            "seeds": all.n_lives, "seconds": lived.as_secs(),
            "gaps": all.n_gaps, "doubled": all.n_doubled, "inversions": all.n_inversions,
            "silent_resets": all.n_silent_resets, "needless_resets": all.n_needless_resets,
            "frames": all.n_frames, "pictures_compared": all.n_compared, "redelivered": all.n_redelivered,
            "looks": all.n_looks, "of_a_view_before": all.n_of_another,
            "resumes": all.n_resumes, "resets": all.resets, "cuts": all.n_cuts, "half_open": all.n_half_open,
            "crashes": all.n_crashes, "restores": all.n_restores,
            "control_found_at_seed": controls,
        }),
    );
}

#[test]
fn delivery_faults_are_each_found_out() {
    for fault in FAULTS {
        let (seed, found) =
            found_out(fault, 300).unwrap_or_else(|| panic!("{fault:?} is not found out"));
        println!("{fault:?} at seed {seed}: {}", found.words[0]);
    }
}

#[test]
fn delivery_seed_that_fails_replays_the_same_ten_times() {
    let (seed, first) = found_out(Fault::HubLosesChange, 300).expect("a seed that fails");
    for _ in 0..10 {
        assert_eq!(Life::live(seed, Fault::HubLosesChange), first, "seed {seed}");
    }
}
