//! One partner at fifty times its share: what the others feel of it, beside the same load without the flood.
//!
//! Rounds with and without the flood alternate, so that whatever else the machine does falls on both. The flood is held to its own
//! limit like everybody: most of it is 429, and what it may send goes a line of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support::partner::{NDJSON, Partner};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::record::{is_full, keep, sized};
use crate::server::{Server, Start, lines};

/// Partners beside the one.
const OTHERS: usize = 10;
/// What each may send a second, the one as the others.
const RATE: u64 = 20;
/// How many times that the one sends.
const TIMES: u64 = 50;
/// Reports of a request.
const REPORTS: u64 = 10;
/// Connections of the flood: so many that answers which are held back do not slow it down, each sends twice a second.
fn at_once() -> u64 {
    sized(RATE * TIMES / 2, 50)
}

/// Gates: the others' median and tail beside the quiet rounds, and how many are served.
const P50_RATIO: f64 = 1.2;
const P99_RATIO: f64 = 2.0;
const SERVED: f64 = 0.999;

#[derive(Debug, Default)]
struct Felt {
    took: Vec<Duration>,
    n_failed: u64,
}

impl Felt {
    fn at(&mut self, part: f64) -> f64 {
        self.took.sort_unstable();
        let last = self.took.len().saturating_sub(1);
        let at = ((last as f64) * part).round() as usize;
        self.took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
    }

    fn served(&self) -> f64 {
        let n = self.took.len() as f64;
        n / (n + self.n_failed as f64).max(1.0)
    }
}

/// One of the others: at its own rate, whatever the answers do.
async fn calmly(partner: Partner, name: String, round: u64, lasts: Duration) -> Felt {
    let mut felt = Felt::default();
    let every = Duration::from_millis(1_000 / RATE * 5 / 4);
    let mut ticks = tokio::time::interval(every);
    // Who keeps to its rate does not make up for a slow answer by sending faster.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let begun = Instant::now();
    let mut n = 0;
    while begun.elapsed() < lasts {
        ticks.tick().await;
        let body = lines(&format!("{name}-{round}"), n * REPORTS, REPORTS);
        let sent = Instant::now();
        let answer = partner.post("/api/v1/reports", NDJSON, body).await;
        n += 1;
        if answer.status == 201 {
            felt.took.push(sent.elapsed());
        } else {
            felt.n_failed += 1;
        }
    }
    felt
}

#[derive(Debug, Default)]
struct Flooded {
    n: AtomicU64,
    taken: AtomicU64,
    refused: AtomicU64,
    told_when: AtomicU64,
}

/// The one: fifty times its rate, until it is told to stop.
async fn flood(
    partner: Partner,
    round: u64,
    counts: Arc<Flooded>,
    mut stop: watch::Receiver<bool>,
) {
    let every = Duration::from_micros(1_000_000 * at_once() / (RATE * TIMES));
    let mut senders = JoinSet::new();
    for sender in 0..at_once() {
        let (partner, counts, stop) = (partner.clone(), Arc::clone(&counts), stop.clone());
        senders.spawn(async move {
            let mut ticks = tokio::time::interval(every);
            let mut n = 0;
            while !*stop.borrow() {
                ticks.tick().await;
                let body = lines(&format!("flood{sender}-{round}"), n * REPORTS, REPORTS);
                n += 1;
                let answer = partner.post("/api/v1/reports", NDJSON, body).await;
                counts.n.fetch_add(1, Ordering::Relaxed);
                if answer.status == 201 {
                    counts.taken.fetch_add(1, Ordering::Relaxed);
                } else {
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    let told = !answer.header("retry-after").is_empty();
                    counts.told_when.fetch_add(u64::from(told), Ordering::Relaxed);
                }
            }
        });
    }
    // Ended by the flag alone: an answer under way is waited for.
    drop(stop.changed().await);
    senders.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fairness_one_partner_at_fifty_times_its_share_costs_the_others_next_to_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start::default()).await;
    let rate = RATE.to_string();
    let one = server.partner_with("flood", &["--rate", &rate]);
    let others: Vec<Partner> = (0..OTHERS)
        .map(|n| server.partner_with(&format!("other-{n}"), &["--rate", &rate]))
        .collect();
    let lasts = sized(Duration::from_secs(30), Duration::from_secs(1));
    let rounds = sized(5, 1);
    let (mut quiet, mut loud) = (Felt::default(), Felt::default());
    let counts = Arc::new(Flooded::default());
    let (before, mut most) = (server.rss_bytes(), 0.0_f64);
    for round in 0..rounds * 2 {
        let is_loud = round % 2 == 1;
        let (stop, stopped) = watch::channel(false);
        let flooding =
            is_loud.then(|| tokio::spawn(flood(one.clone(), round, Arc::clone(&counts), stopped)));
        let mut calm = JoinSet::new();
        for (n, other) in others.iter().enumerate() {
            calm.spawn(calmly(other.clone(), format!("other{n}"), round, lasts));
        }
        let felt = if is_loud { &mut loud } else { &mut quiet };
        while let Some(one) = calm.join_next().await {
            let mut one = one.expect("a partner");
            felt.took.append(&mut one.took);
            felt.n_failed += one.n_failed;
        }
        most = most.max(server.rss_bytes());
        stop.send_replace(true);
        if let Some(flooding) = flooding {
            flooding.await.expect("the flood");
        }
    }
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (n, refused) = (read(&counts.n), read(&counts.refused));
    assert!(refused > 0 && refused == read(&counts.told_when), "{counts:?}: each is told when");
    assert!(
        quiet.served() >= SERVED && loud.served() >= SERVED,
        "{} {}",
        quiet.n_failed,
        loud.n_failed
    );
    let (p50, p99) = (loud.at(0.5) / quiet.at(0.5), loud.at(0.99) / quiet.at(0.99));
    keep(
        "fairness",
        &json!({
            "others": OTHERS, "requests_a_second_each": RATE * 4 / 5, "reports_a_request": REPORTS,
            "flood_times": TIMES, "flood_connections": at_once(), "flood_requests": n, "flood_taken": read(&counts.taken),
            "flood_refused": refused,
            "quiet": {"n": quiet.took.len(), "p50_ms": quiet.at(0.5), "p99_ms": quiet.at(0.99)},
            "loud": {"n": loud.took.len(), "p50_ms": loud.at(0.5), "p99_ms": loud.at(0.99)},
            "served": loud.served(), "p50_ratio": p50, "p99_ratio": p99,
            "gates": {"p50_ratio": P50_RATIO, "p99_ratio": P99_RATIO, "served": SERVED},
            "rss_mib": {"before": before / f64::from(1 << 20), "most": most / f64::from(1 << 20)},
        }),
    );
    // Of a second's rounds among other tests a time says nothing.
    if is_full() {
        assert!(p50 <= P50_RATIO, "the others' median is {p50} times that of the quiet rounds");
        assert!(p99 <= P99_RATIO, "the others' tail is {p99} times that of the quiet rounds");
    }
    assert!(server.stop().success(), "an orderly end");
}
