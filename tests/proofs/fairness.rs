//! One partner at fifty times its share: what the others feel of it, beside the same load without the flood.
//!
//! Rounds with and without the flood take turns, the quiet one first and then the loud one, so that whatever else the machine does,
//! and a World that grows, falls on both. The flood is held to its own limit like everybody: most of it is 429, and what it may send
//! goes a line of its own.
//!
//! Once with values of sensors and once with reports, under the same gates. Sixteen hundred reports a second of one place are a crowd,
//! and while it settles, every few seconds, everybody waits, flood or not: so the two are told apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::partner::{NDJSON, Partner};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wire::time::Timestamp;

use crate::record::{is_full, keep, sized};
use crate::server::{Server, Start, lines};

/// Partners beside the one.
const OTHERS: usize = 10;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Values,
    Reports,
}

impl What {
    fn address(self) -> &'static str {
        match self {
            Self::Values => "/api/v1/observations",
            Self::Reports => "/api/v1/reports",
        }
    }

    /// The `nth` request of a sender, in lines: each says something new.
    fn body(self, sender: &str, nth: u64) -> Vec<u8> {
        match self {
            Self::Values => values(sender, nth),
            Self::Reports => lines(sender, nth * ITEMS, ITEMS),
        }
    }
}

/// One value of each of a partner's sensors.
fn values(partner: &str, nth: u64) -> Vec<u8> {
    #[expect(clippy::disallowed_methods, reason = "what is sent was measured now")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = Timestamp(i64::try_from(since.expect("a clock").as_millis()).expect("a moment"));
    let mut body = Vec::new();
    for sensor in 0..ITEMS {
        let lng = 2.05 + sensor as f64 / 100.0;
        let value = json!({
            "datastream": format!("{partner}-{sensor}"), "phenomenon_time": now, "result": nth, "unit": "cm",
            "geometry": {"type": "Point", "coordinates": [lng, 41.4]},
        });
        body.extend(value.to_string().into_bytes());
        body.push(b'\n');
    }
    body
}

/// What each may send a second, the one as the others.
const RATE: u64 = 20;
/// How many times that the one sends.
const TIMES: u64 = 50;
/// Reports, or values, of a request.
const ITEMS: u64 = 10;
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
async fn calmly(what: What, partner: Partner, name: String, lasts: Duration) -> Felt {
    let mut felt = Felt::default();
    let every = Duration::from_millis(1_000 / RATE * 5 / 4);
    let mut ticks = tokio::time::interval(every);
    // Who keeps to its rate does not make up for a slow answer by sending faster.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let begun = Instant::now();
    let mut n = 0;
    while begun.elapsed() < lasts {
        ticks.tick().await;
        let body = what.body(&name, n);
        let sent = Instant::now();
        let answer = partner.post(what.address(), NDJSON, body).await;
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
    what: What,
    partner: Partner,
    round: u64,
    counts: Arc<Flooded>,
    mut stop: watch::Receiver<bool>,
) {
    let every = Duration::from_micros(1_000_000 * at_once() / (RATE * TIMES));
    let mut senders = JoinSet::new();
    for sender in 0..at_once() {
        let (partner, counts, stop) = (partner.clone(), Arc::clone(&counts), stop.clone());
        // One after the other: a rate, and not a volley of all of them each time. Built here and sent from the same two cores, a volley
        // would measure the sender.
        let first = tokio::time::Instant::now() + every.mul_f64(sender as f64 / at_once() as f64);
        senders.spawn(async move {
            let mut ticks = tokio::time::interval_at(first, every);
            let mut n = 0;
            while !*stop.borrow() {
                ticks.tick().await;
                let body = what.body(&format!("flood{sender}-{round}"), n);
                n += 1;
                let answer = partner.post(what.address(), NDJSON, body).await;
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
    let (values, reports) = (measured(What::Values).await, measured(What::Reports).await);
    keep(
        "fairness",
        &json!({
            "others": OTHERS, "requests_a_second_each": RATE * 4 / 5, "items_a_request": ITEMS,
            "flood_times": TIMES, "flood_connections": at_once(),
            "values": values.told(), "reports": reports.told(),
            "gates": {"p50_ratio": P50_RATIO, "p99_ratio": P99_RATIO, "served": SERVED},
        }),
    );
    for one in [&values, &reports] {
        assert!(one.served >= SERVED, "{one:?}");
        // Of a second's rounds among other tests a time says nothing.
        assert!(!is_full() || one.p50() <= P50_RATIO, "the others' median: {one:?}");
        assert!(!is_full() || one.p99() <= P99_RATIO, "the others' tail: {one:?}");
    }
}

/// Median and tail of a kind of rounds, in milliseconds.
#[derive(Debug)]
struct Times {
    n: usize,
    p50: f64,
    p99: f64,
}

impl Times {
    fn of(felt: &mut Felt) -> Self {
        Self { n: felt.took.len(), p50: felt.at(0.5), p99: felt.at(0.99) }
    }

    fn told(&self) -> Value {
        json!({"n": self.n, "p50_ms": self.p50, "p99_ms": self.p99})
    }
}

/// What was felt of a flood.
#[derive(Debug)]
struct Measured {
    quiet: Times,
    loud: Times,
    /// The share of the others' requests that were taken, in the worse kind of rounds.
    served: f64,
    flood: Flooded,
    rss_mib: (f64, f64),
}

impl Measured {
    fn p50(&self) -> f64 {
        self.loud.p50 / self.quiet.p50
    }

    fn p99(&self) -> f64 {
        self.loud.p99 / self.quiet.p99
    }

    fn told(&self) -> Value {
        let Flooded { n, taken, refused, told_when: _ } = &self.flood;
        let [n, taken, refused] = [n, taken, refused].map(|count| count.load(Ordering::Relaxed));
        json!({
            "quiet": self.quiet.told(), "loud": self.loud.told(), "served": self.served,
            "p50_ratio": self.p50(), "p99_ratio": self.p99(),
            "flood_requests": n, "flood_taken": taken, "flood_refused": refused,
            "rss_mib": {"before": self.rss_mib.0, "most": self.rss_mib.1},
        })
    }
}

async fn measured(what: What) -> Measured {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start::default()).await;
    let rate = RATE.to_string();
    let one = server.partner_with("flood", &["--rate", &rate]);
    let others: Vec<Partner> = (0..OTHERS)
        .map(|n| server.partner_with(&format!("other-{n}"), &["--rate", &rate]))
        .collect();
    let lasts = sized(Duration::from_secs(30), Duration::from_secs(1));
    let (mut quiet, mut loud) = (Felt::default(), Felt::default());
    let counts = Arc::new(Flooded::default());
    let (before, mut most) = (server.rss_bytes(), 0.0_f64);
    // Twice as many as there are of a kind: quiet, loud, loud, quiet and so on.
    for round in 0..sized(12, 2) {
        let is_loud = [false, true, true, false][round as usize % 4];
        let (stop, stopped) = watch::channel(false);
        let flooding = is_loud
            .then(|| tokio::spawn(flood(what, one.clone(), round, Arc::clone(&counts), stopped)));
        let mut calm = JoinSet::new();
        for (n, other) in others.iter().enumerate() {
            calm.spawn(calmly(what, other.clone(), format!("other{n}-{round}"), lasts));
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
    assert!(server.stop().success(), "an orderly end");
    let flood = Arc::into_inner(counts).expect("the flood is over");
    let [refused, told] = [&flood.refused, &flood.told_when].map(|n| n.load(Ordering::Relaxed));
    assert!(refused > 0 && refused == told, "{flood:?}: each is told when");
    let mib = f64::from(1 << 20);
    Measured {
        served: quiet.served().min(loud.served()),
        quiet: Times::of(&mut quiet),
        loud: Times::of(&mut loud),
        flood,
        rss_mib: (before / mib, most / mib),
    }
}
