//! Followers behind a line that breaks again and again: nothing missing, nothing doubled, no reset, and soon back.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use support::chaos::{Chaos, Weather};
use tokio::sync::watch;

use super::follower::{Follower, Plan, Told, Verdict, percentile};
use super::street::{Pace, Table, Writer};
use crate::record::{keep, sized};
use crate::server::{Server, Start};

/// A heartbeat this often, so that a line that went silent is found out within a second and not within ten.
const LIMITS: &str = "live_heartbeat_ms = 200";

struct Size {
    followers: usize,
    breaks: u64,
    pace: Pace,
    /// The writing ends by then at the latest; whoever is not through goes on breaking.
    time: Duration,
}

struct Run {
    told: Vec<Told>,
    table: Table,
    verdict: Verdict,
    n_broken: u64,
    lasted: Duration,
}

async fn run(size: &Size, seed: u64, loses_every: Option<u64>) -> Run {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start { limits: LIMITS, ..Start::default() }).await;
    let partner = server.partner("w");
    let weather = Weather { life_ms_min: 20, life_ms_max: 900, stall_ms_max: 150 };
    let line = Chaos::before(&server.base, seed, weather).await;
    let (set_goal, goal) = watch::channel(None);
    let plan = Plan {
        through: line.base.clone(),
        breaks: size.breaks,
        pause: Duration::from_millis(100),
        pause_max: Duration::from_secs(1),
        silence: Duration::from_secs(1),
        loses_every,
        ..Plan::new(&server.base, &partner.key, goal)
    };
    let begun = Instant::now();
    let following: Vec<_> = (0..size.followers)
        .map(|number| Follower::new(&plan, number, size.pace.streets, seed))
        .map(|follower| tokio::spawn(follower.follow()))
        .collect();
    let writer = Writer::start(&partner, size.pace);
    let through = || plan.n_through.load(Ordering::Relaxed);
    while through() < size.followers as u64 && begun.elapsed() < size.time {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let lasted = begun.elapsed();
    let n_broken = line.n_broken.load(Ordering::Relaxed);
    let (n_acked, head) = writer.stop().await;
    set_goal.send_replace(Some(head));
    let mut told = Vec::new();
    for follower in following {
        told.push(follower.await.expect("a follower"));
    }
    let table = Table::ask(&partner, size.pace.streets).await;
    assert_eq!(table.n(), n_acked, "seed {seed}: the list holds what was acknowledged");
    let verdict = Verdict::of(&told, &table);
    Run { told, table, verdict, n_broken, lasted }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_chaos_misses_and_doubles_nothing() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let size = Size {
        followers: sized(200, 10),
        breaks: sized(1_000, 20),
        pace: Pace {
            streets: sized(100, 4),
            batch: sized(200, 8),
            gap: Duration::from_millis(sized(100, 50)),
        },
        time: Duration::from_secs(sized(600, 60)),
    };
    let mut run = run(&size, seed, None).await;
    let sum = |of: fn(&Told) -> u64| run.told.iter().map(of).sum::<u64>();
    let resets: Vec<_> = run.told.iter().flat_map(|told| &told.resets).collect();
    assert!(resets.is_empty(), "seed {seed}: {resets:?}");
    let (breaks, n_resets) = (sum(|told| told.n_breaks), resets.len());
    let redelivered = sum(|told| told.n_redelivered);
    let least = run.told.iter().map(|told| told.n_breaks).min();
    let mut codes: BTreeMap<u16, u64> = BTreeMap::new();
    for code in run.told.iter().flat_map(|told| &told.codes) {
        *codes.entry(*code).or_default() += 1;
    }
    let mut resumes: Vec<u64> =
        run.told.iter_mut().flat_map(|told| told.resume_ms.drain(..)).collect();
    let (middle, p99) = (percentile(&mut resumes, 50), percentile(&mut resumes, 99));
    assert_eq!(run.verdict, Verdict::default(), "seed {seed}");
    assert!(resumes.len() > size.followers, "seed {seed}: {} came back", resumes.len());

    let few = Size { followers: 4, breaks: 5, time: Duration::from_secs(30), ..size };
    let control = self::run(&few, seed, Some(20)).await.verdict;
    assert!(control.missing > 0, "a follower that loses reports is not found out: {control:?}");
    keep(
        "delivery_chaos",
        &json!({
            "seed": seed, "followers": size.followers, "seconds": run.lasted.as_secs(),
            "reports": run.table.n(), "reports_a_second": run.table.n() / run.lasted.as_secs().max(1),
            "connections_broken_by_the_line": run.n_broken, "connections_ended": breaks,
            "connections_ended_of_the_least": least, "resumes": resumes.len(),
            "resume_ms_median": middle, "resume_ms_p99": p99,
            "missing": run.verdict.missing, "doubled": run.verdict.doubled,
            "inversions": run.verdict.inversions, "resets": n_resets, "redelivered": redelivered,
            "close_codes": codes,
            "control_every_20th_report_dropped": {"missing": control.missing},
        }),
    );
}
