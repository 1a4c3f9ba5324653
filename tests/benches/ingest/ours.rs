//! Ours: the release binary, written to over HTTP as a partner does.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use support::binary::Binary;
use support::partner::{NDJSON, Partner};
use tokio::sync::Mutex;

use crate::rows::{self, Written};

/// Requests under way at once: a partner with a backlog keeps a few open, and the group commit is made for it.
pub(crate) const CONNECTIONS: usize = 4;

/// Lifted, since the row measures the road and not the guard at its gate.
/// Four bodies of the largest batch wait at once, of one partner.
const LIMITS: &str = "[limits]\nrequests_per_s = 1000000\nreports_per_s = 100000000\nqueued_bytes_max = 1000000000\n";

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Calls with a text, a place and an author.
    Reports,
    /// Values of a city's sensors, in turn.
    Observations,
}

impl What {
    /// In the words of a row.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Observations => "observations",
        }
    }

    fn address(self) -> &'static str {
        match self {
            Self::Reports => "/api/v1/reports",
            Self::Observations => "/api/v1/observations",
        }
    }
}

/// Sensors of the city that observes.
const DATASTREAMS: usize = 5_000;

/// What a round took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    /// Processor time of the server.
    pub(crate) cpu_s: f64,
}

/// A running server and a reader of its database.
#[derive(Debug)]
pub(crate) struct Ours {
    server: Binary,
    partner: Partner,
    pool: SqlitePool,
    /// Items acknowledged so far.
    n_acked: usize,
    /// Items written into bodies so far.
    n_made: usize,
    now_ms: i64,
}

impl Ours {
    pub(crate) async fn start(place: &Path) -> Self {
        let config = place.join("talaia.toml");
        std::fs::write(&config, LIMITS).unwrap();
        let place = place.join("ours");
        let server =
            Binary::start(&place, &["--config", config.to_str().unwrap(), "--exercise", "off"]);
        let key = server.command(&[
            "partner",
            "add",
            "bench",
            "--scope",
            "reports,observations,read",
            "--mode",
            "live",
        ]);
        let partner = Partner::new(&server.base, &key);
        let options = SqliteConnectOptions::new().filename(place.join("talaia.db")).read_only(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        Self { server, partner, pool, n_acked: 0, n_made: 0, now_ms: now_ms() }
    }

    /// Bodies of what is new, made before the clock runs.
    pub(crate) fn bodies(&mut self, what: What, size: usize, batches: usize) -> Vec<Bytes> {
        let mut bodies = Vec::with_capacity(batches);
        for _ in 0..batches {
            let mut body = String::with_capacity(size * 360);
            for _ in 0..size {
                self.n_made += 1;
                match what {
                    What::Reports => self.report(self.n_made, &mut body),
                    What::Observations => self.observation(self.n_made, &mut body),
                }
            }
            bodies.push(Bytes::from(body));
        }
        bodies
    }

    /// Each sensor in turn, every one a second later than before: its place and name are in the first, its unit in each.
    fn observation(&self, n: usize, body: &mut String) {
        use std::fmt::Write as _;
        let (sensor, turn) = (n % DATASTREAMS, n / DATASTREAMS);
        let at = instant(self.now_ms - 900_000 + 1_000 * i64::try_from(turn).unwrap());
        let result = 20.0 + (sensor % 50) as f64 + ((n * 7_919) % 101) as f64 / 100.0;
        let (lng, lat) =
            (2.05 + 0.003 * (sensor % 60) as f64, 41.32 + 0.0018 * (sensor / 60) as f64);
        write!(body, "{{\"datastream\":\"gauge-{sensor}\",\"phenomenon_time\":\"{at}\",\"result\":{result:.2},\"unit\":\"cm\"").unwrap();
        if turn == 0 {
            write!(body, ",\"name\":\"Gauge {sensor}\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lng:.6},{lat:.6}]}}").unwrap();
        }
        body.push_str("}\n");
    }

    fn report(&self, n: usize, body: &mut String) {
        use std::fmt::Write as _;
        // A fixed walk over the city: the same places in the same order in every run.
        let (east, north) = ((n * 7_919) % 10_007, (n * 104_729) % 10_009);
        let (lng, lat) =
            (2.05 + 0.18 * east as f64 / 10_007.0, 41.32 + 0.15 * north as f64 / 10_009.0);
        let hazard = ["flood", "power", "storm", "transport"][n % 4];
        let severity = ["Minor", "Moderate", "Severe", "Unknown"][n % 7 % 4];
        let at = instant(self.now_ms - 60_000 - i64::try_from(n % 600_000).unwrap());
        writeln!(
            body,
            "{{\"type\":\"Feature\",\"id\":\"bench-{n}\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lng:.6},{lat:.6}]}},\
             \"properties\":{{\"observed_at\":\"{at}\",\"text\":\"Aigua al carrer, cantonada {east}, fins al genoll {n}\",\"lang\":\"ca\",\
             \"kind\":\"call\",\"basis\":\"seen\",\"hazard\":\"{hazard}\",\"severity\":\"{severity}\",\"author\":\"caller {north}\"}}}}"
        )
        .unwrap();
    }

    /// Sends the bodies over a few connections; every one must be acknowledged whole.
    pub(crate) async fn ingest(&mut self, what: What, bodies: Vec<Bytes>, size: usize) -> Took {
        self.n_acked += bodies.len() * size;
        let cpu = cpu_s(self.server.pid());
        let queue = Arc::new(Mutex::new(bodies));
        let started = Instant::now();
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (queue, partner) = (Arc::clone(&queue), self.partner.clone());
            senders.spawn(async move {
                loop {
                    let Some(body) = queue.lock().await.pop() else { return };
                    let answer =
                        partner.post(what.address(), NDJSON, body).await.expect_status(201);
                    assert_eq!(answer.receipt().accepted, size as u64, "{}", answer.body);
                }
            });
        }
        while let Some(ended) = senders.join_next().await {
            ended.unwrap();
        }
        let seconds = started.elapsed().as_secs_f64();
        Took { seconds, cpu_s: cpu_s(self.server.pid()) - cpu }
    }

    /// The newest rows of the journal.
    pub(crate) async fn newest(&self, n: usize) -> Written {
        rows::newest(&self.pool, n).await
    }

    /// At the end everything acknowledged is in the journal once: a report by its id, a value by its sensor and moment.
    pub(crate) async fn check(&self) {
        let reports: i64 = sqlx::query_scalar(
            "SELECT count(DISTINCT report_id) FROM journal WHERE kind = 'report'",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap();
        let observations: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT DISTINCT datastream, phenomenon_at FROM observation)",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap();
        assert_eq!(
            usize::try_from(reports + observations).unwrap(),
            self.n_acked,
            "acknowledged and journaled differ"
        );
    }
}

/// User and system time of a process, by the kernel's 100 ticks a second.
fn cpu_s(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks =
        |at: usize| after.split_whitespace().nth(at).and_then(|text| text.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "reports of a bench happen now")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap()
}

/// RFC 3339.
pub(crate) fn instant(ms: i64) -> String {
    let text = serde_json::to_value(wire::time::Timestamp(ms)).unwrap();
    text.as_str().unwrap().to_owned()
}
