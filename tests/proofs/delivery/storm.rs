//! kill -9 under many followers, again and again: everybody is back within a minute, nothing is missing.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::watch;

use super::follower::{Follower, Plan, Told, Verdict, percentile};
use super::street::{self, Pace, Table, Writer};
use crate::record::{keep, sized};
use crate::server::{Server, Start, free_port};

/// Promised: everybody is back within this.
const BACK: Duration = Duration::from_mins(1);

/// Waits until `n` followers are there; how long it took.
async fn all_there(plan: &Plan, n: usize, seed: u64) -> Duration {
    let begun = Instant::now();
    while plan.n_live.load(Ordering::Relaxed) < n as u64 {
        let there = plan.n_live.load(Ordering::Relaxed);
        assert!(begun.elapsed() < 2 * BACK, "seed {seed}: {there} of {n} are there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

/// The share of all that came back in the fullest second, wherever that second begins.
fn fullest_second(told: &[Told], since: Instant, until: Instant) -> f64 {
    let back = told.iter().flat_map(|told| &told.back_at);
    let mut back: Vec<Instant> = back.filter(|at| (since..=until).contains(*at)).copied().collect();
    back.sort_unstable();
    let second = Duration::from_secs(1);
    let within = |(n, from): (usize, &Instant)| {
        back.partition_point(|at| at.duration_since(*from) < second) - n
    };
    let fullest = back.iter().enumerate().map(within).max().unwrap_or(0);
    fullest as f64 / told.len() as f64
}

/// A storm, and how many the server lets in a second; `None` as it is shipped.
#[derive(Debug, Clone, Copy)]
struct Storm {
    n: usize,
    kills: usize,
    joins_per_s: Option<u32>,
}

/// What came of it.
#[derive(Debug)]
struct Outcome {
    ready_ms: Vec<u64>,
    back_ms: Vec<u64>,
    /// After each kill.
    fullest_seconds: Vec<f64>,
    told: Vec<Told>,
    verdict: Verdict,
    n_reports: u64,
}

impl Outcome {
    fn fullest_second(&self) -> f64 {
        self.fullest_seconds.iter().copied().fold(0.0, f64::max)
    }
}

async fn run(storm: Storm, seed: u64) -> Outcome {
    let Storm { n, kills, joins_per_s } = storm;
    let pace = Pace { streets: 40, batch: 40, gap: Duration::from_millis(250) };
    let dir = tempfile::tempdir().expect("a directory");
    let port = free_port();
    let limits = joins_per_s.map(|per_s| format!("live_joins_per_s = {per_s}")).unwrap_or_default();
    let start =
        || Start { port: Some(port), limits: &limits, keeps_joins: true, ..Start::default() };
    let mut server = Server::start(dir.path(), start()).await;
    let partner = server.partner("w");
    let (set_goal, goal) = watch::channel(None);
    let plan = Plan::new(&server.base, &partner.key, goal);
    let following: Vec<_> = (0..n)
        .map(|number| Follower::new(&plan, number, pace.streets, seed))
        .map(|follower| tokio::spawn(follower.follow()))
        .collect();
    all_there(&plan, n, seed).await;
    let writer = Writer::start(&partner, pace);
    let (mut ready_ms, mut back_ms, mut spans) = (Vec::new(), Vec::new(), Vec::new());
    for kill in 0..kills {
        let acked = writer.n_acked.load(Ordering::Relaxed);
        let before = Instant::now();
        while writer.n_acked.load(Ordering::Relaxed) < acked + 4 * pace.batch {
            assert!(before.elapsed() < BACK, "seed {seed}, kill {kill}: nothing is written");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let killed = Instant::now();
        server.kill();
        // Everybody must have noticed, or the count of those who are there means nothing.
        while plan.n_live.load(Ordering::Relaxed) > 0 {
            assert!(killed.elapsed() < BACK, "seed {seed}, kill {kill}: some did not notice");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server = Server::start(dir.path(), start()).await;
        ready_ms.push(killed.elapsed().as_millis() as u64);
        all_there(&plan, n, seed).await;
        let back = killed.elapsed();
        assert!(back <= BACK, "seed {seed}, kill {kill}: all back after {back:?}");
        back_ms.push(back.as_millis() as u64);
        spans.push((killed, Instant::now()));
    }
    let (n_acked, head) = writer.stop().await;
    set_goal.send_replace(Some(head));
    let mut told = Vec::new();
    for follower in following {
        told.push(follower.await.expect("a follower"));
    }
    let table = Table::ask(&partner, pace.streets).await;
    assert_eq!(table.n(), n_acked, "seed {seed}");
    let verdict = Verdict::of(&told, &table);
    let fullest = spans.iter().map(|(from, to)| fullest_second(&told, *from, *to));
    let fullest_seconds = fullest.collect();
    Outcome { ready_ms, back_ms, fullest_seconds, told, verdict, n_reports: table.n() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_storm_everybody_is_back_within_a_minute_of_a_kill_and_no_second_is_crowded() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    // The small one has a rate of its own, so that its seconds can be told apart: 15, and 7 at once after a start.
    let storm = sized(
        Storm { n: 2_000, kills: 20, joins_per_s: None },
        Storm { n: 100, kills: 2, joins_per_s: Some(15) },
    );
    let share_max = sized(0.1, 0.4);
    let outcome = run(storm, seed).await;
    let Outcome { told, verdict, fullest_seconds, .. } = &outcome;
    assert_eq!(*verdict, Verdict::default(), "seed {seed}");
    let resets: Vec<_> = told.iter().flat_map(|told| &told.resets).collect();
    assert!(resets.is_empty(), "seed {seed}: a restart within a minute costs no reset: {resets:?}");
    let mut resumes: Vec<u64> =
        told.iter().flat_map(|told| told.resume_ms.iter().copied()).collect();
    keep(
        "delivery_storm",
        &json!({
            "seed": seed, "followers": storm.n, "kills": storm.kills, "reports": outcome.n_reports,
            "ready_ms": outcome.ready_ms, "all_back_ms": outcome.back_ms,
            "resume_ms_p99": percentile(&mut resumes, 99), "resumes": resumes.len(),
            "back_in_the_fullest_second": fullest_seconds,
            "told_to_come_again": told.iter().map(|told| told.n_queued).sum::<u64>(),
            "longest_retry_after_s": told.iter().map(|told| told.queued_s_max).max(),
            "missing": verdict.missing, "doubled": verdict.doubled, "inversions": verdict.inversions,
            "resets": resets.len(),
        }),
    );
    let fullest = outcome.fullest_second();
    assert!(fullest <= share_max, "seed {seed}: {fullest} in one second");
}

/// The control: a server that lets everybody in at once has a crowded second, jitter or not, and is found out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_storm_a_server_that_lets_everybody_in_at_once_is_found_out() {
    let storm = Storm { n: 100, kills: 1, joins_per_s: Some(100_000) };
    let outcome = run(storm, rand::random()).await;
    assert_eq!(outcome.verdict, Verdict::default());
    assert!(outcome.fullest_second() > 0.4, "{:?}", outcome.fullest_seconds);
}

/// The control: who comes back at the head, and not at its cursor, misses what was written meanwhile, and is found out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_storm_a_follower_that_comes_back_at_the_head_is_found_out() {
    for skips in [false, true] {
        let (n, streets, port) = (8, 4, free_port());
        let dir = tempfile::tempdir().expect("a directory");
        let start = || Start { port: Some(port), ..Start::default() };
        let server = Server::start(dir.path(), start()).await;
        let partner = server.partner("w");
        street::write(&partner, streets, 0, 40).await.expect("an answer");
        let (set_goal, goal) = watch::channel(None);
        let plan = Plan { breaks: 1, skips, ..Plan::new(&server.base, &partner.key, goal) };
        let following: Vec<_> = (0..n)
            .map(|number| Follower::new(&plan, number, streets, 0))
            .map(|follower| tokio::spawn(follower.follow()))
            .collect();
        all_there(&plan, n, 0).await;
        server.kill();
        while plan.n_live.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Up, written to, and down again, on another port: nobody can come back to it meanwhile.
        let server = Server::start(dir.path(), Start::default()).await;
        let elsewhere = support::partner::Partner::new(&server.base, &partner.key);
        let head = street::write(&elsewhere, streets, 40, 40).await.expect("an answer");
        set_goal.send_replace(Some(head));
        assert!(server.stop().success(), "an orderly end");
        let _server = Server::start(dir.path(), start()).await;
        let mut told = Vec::new();
        for follower in following {
            told.push(follower.await.expect("a follower"));
        }
        let verdict = Verdict::of(&told, &Table::ask(&partner, streets).await);
        assert_eq!(verdict.missing > 0, skips, "{verdict:?}");
    }
}
