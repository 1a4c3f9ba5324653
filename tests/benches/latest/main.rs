//! The bench row `latest`: the newest value of 10,000 datastreams in one call, while 2,000 observations a second come in.
//!
//! Ours is the release binary over HTTP, which tells them as JSON with place, unit, age and status, out of memory. The peer is
//! PostgreSQL with the same rows and an index for the question, asked in the two ways in which a server of observations asks it,
//! and gives bare rows. Both take the same observations at the same pace meanwhile. Rounds are interleaved.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops at what it cannot measure"
)]

mod ours;
mod peer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

/// Sensors of a large city.
const DATASTREAMS: usize = 10_000;
/// Observations a second, and in one batch.
const RATE: usize = 2_000;
const BATCH: usize = 100;
/// That is a batch so often.
const EVERY: Duration = Duration::from_millis(1_000 * BATCH as u64 / RATE as u64);
/// A round in which less than this part of the pace was kept says nothing.
const PACE_KEPT: f64 = 0.95;

/// Values that each datastream has before the clock runs, rounds, and questions of a round.
struct Plan {
    history: usize,
    rounds: usize,
    asks: usize,
}

const FULL: Plan = Plan { history: 30, rounds: 7, asks: 20 };
const SMALL: Plan = Plan { history: 2, rounds: 2, asks: 5 };

/// One that takes observations and tells the newest: the `n`th observation is of datastream `n` modulo their number, and says `n`.
trait Keeper: Clone + Send + 'static {
    /// Takes the observations `from` to `from + BATCH`.
    fn take(&self, from: usize) -> impl Future<Output = ()> + Send;
    /// The sum of the newest values, and how many there are.
    fn sum(&self) -> impl Future<Output = (f64, usize)> + Send;
    /// Asks for all, and looks at nothing.
    fn ask(&self) -> impl Future<Output = ()> + Send;
}

/// What a round took.
struct Took {
    /// Milliseconds of each question, sorted.
    ms: Vec<f64>,
    /// The part of the pace that was kept.
    pace: f64,
}

impl Took {
    /// The time below which so many in a hundred lie.
    fn at(&self, hundredth: usize) -> f64 {
        let at = (self.ms.len() * hundredth / 100).min(self.ms.len() - 1);
        self.ms[at]
    }
}

fn main() {
    // cargo test starts benches too, with this flag and no intent to measure.
    let args: Vec<String> = std::env::args().collect();
    let Some(json) = args.iter().position(|arg| arg == "--json").and_then(|at| args.get(at + 1))
    else {
        println!("nothing is measured without --json FILE");
        return;
    };
    let small = std::env::var("TALAIA_BENCH").is_ok_and(|size| size == "small");
    let plan = if small { SMALL } else { FULL };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let report = runtime.block_on(measure(&plan));
    std::fs::write(PathBuf::from(json), format!("{report:#}\n")).unwrap();
}

async fn measure(plan: &Plan) -> Value {
    let filled = DATASTREAMS * plan.history;
    let ours = ours::Ours::start(filled).await;
    let database = peer::Database::start(filled).await.unwrap();
    let peers =
        [database.ask_by("DISTINCT ON", peer::DISTINCT), database.ask_by("LATERAL", peer::LATERAL)];
    let mut rounds: Vec<(Took, Vec<Took>)> = Vec::new();
    let mut next = [filled; 2];
    for round in 0..=plan.rounds {
        let own = asked(&ours, plan, &mut next[0]).await;
        // Both ways ask one database, which goes on where the other left it.
        let mut theirs = Vec::new();
        for peer in &peers {
            theirs.push(asked(peer, plan, &mut next[1]).await);
        }
        // The first warms caches and plans, and is not counted.
        if round > 0 {
            rounds.push((own, theirs));
        }
    }
    let lines: Vec<Value> = (0..peers.len())
        .map(|at| line(plan, peers[at].name(), &database.version(), &rounds, at))
        .collect();
    json!({"date": "", "machine": {"cores": std::thread::available_parallelism().map_or(0, usize::from)}, "rows": lines})
}

/// Asks some times while observations come, and checks afterwards that all is told. `next` goes on with what was sent.
async fn asked(keeper: &impl Keeper, plan: &Plan, next: &mut usize) -> Took {
    let from = *next;
    let sent = Arc::new(AtomicUsize::new(from));
    let stop = Arc::new(AtomicBool::new(false));
    let feed = tokio::spawn({
        let (keeper, sent, stop) = (keeper.clone(), Arc::clone(&sent), Arc::clone(&stop));
        async move {
            let mut turn = tokio::time::interval(EVERY);
            turn.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while !stop.load(Ordering::Relaxed) {
                turn.tick().await;
                let at = sent.load(Ordering::Relaxed);
                keeper.take(at).await;
                sent.store(at + BATCH, Ordering::Relaxed);
            }
        }
    });
    let began = Instant::now();
    let mut ms = Vec::with_capacity(plan.asks);
    // At least as long as a second or two, so that the pace is one.
    while ms.len() < plan.asks || began.elapsed() < Duration::from_secs(1) {
        let started = Instant::now();
        keeper.ask().await;
        ms.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let seconds = began.elapsed().as_secs_f64();
    let n = sent.load(Ordering::Relaxed) - from;
    stop.store(true, Ordering::Relaxed);
    feed.await.unwrap();
    let end = sent.load(Ordering::Relaxed);
    // Correctness comes before time: each datastream's newest is the last that was acknowledged.
    let newest: f64 = (end - DATASTREAMS..end).map(|n| n as f64).sum();
    assert_eq!(
        keeper.sum().await,
        (newest, DATASTREAMS),
        "what was acknowledged is not what is told"
    );
    *next = end;
    ms.sort_by(f64::total_cmp);
    Took { ms, pace: n as f64 / seconds / RATE as f64 }
}

fn line(plan: &Plan, name: &str, version: &str, rounds: &[(Took, Vec<Took>)], at: usize) -> Value {
    let own: Vec<&Took> = rounds.iter().map(|(own, _)| own).collect();
    let theirs: Vec<&Took> = rounds.iter().map(|(_, theirs)| &theirs[at]).collect();
    let ratios: Vec<f64> =
        own.iter().zip(&theirs).map(|(own, theirs)| theirs.at(50) / own.at(50)).collect();
    let of =
        |tooks: &[&Took], hundredth| median(tooks.iter().map(|took| took.at(hundredth)).collect());
    let pace = own.iter().chain(&theirs).map(|took| took.pace).fold(f64::INFINITY, f64::min);
    json!({
        "row": format!("latest of {DATASTREAMS} · {name}"),
        "work": format!(
            "the newest value of each of {DATASTREAMS} datastreams, {} values of each before, under {RATE} observations/s in batches of {BATCH}; \
             ours as JSON over HTTP with place, unit, age and status, the peer as bare rows",
            plan.history
        ),
        "ours": (of(&own, 50) * 10.0).round() / 10.0,
        "peer": (of(&theirs, 50) * 10.0).round() / 10.0,
        "peer_version": version,
        "unit": "ms p50",
        "ratio": {
            "median": median(ratios.clone()),
            "min": ratios.iter().copied().fold(f64::INFINITY, f64::min),
            "max": ratios.iter().copied().fold(0.0, f64::max),
            "rounds": ratios.len(),
        },
        "gate": 1.0, "goal": Value::Null,
        "holds": median(ratios) >= 1.0 && pace >= PACE_KEPT,
        "note": format!(
            "p99 {:.1} ms, the peer's {:.1}; at least {:.0} % of the pace was kept",
            of(&own, 99), of(&theirs, 99), pace * 100.0
        ),
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
