//! kill -9 in the middle of a storm of POSTs, again and again: nothing acknowledged is lost, nothing is doubled.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use support::partner::{NDJSON, Partner};

use crate::record::{keep, sized};
use crate::server::{Server, Start, everything, lines};

const WRITERS: usize = 4;
const BATCH: u64 = 100;

/// One partner that sends batch after batch until the server is gone.
struct Writer {
    name: String,
    key: String,
    /// Reports acknowledged: all ids below.
    acked: u64,
}

impl Writer {
    /// Sends until a request fails; the batch that failed is sent again next time, as a partner would.
    async fn storm(mut self, base: String, answers: Arc<AtomicU64>) -> Self {
        let client = support::http_client();
        loop {
            let sent = client
                .post(format!("{base}/api/v1/reports"))
                .header(AUTHORIZATION, format!("Bearer {}", self.key))
                .header(CONTENT_TYPE, NDJSON)
                .body(lines(&self.name, self.acked, BATCH))
                .send()
                .await;
            let Ok(answer) = sent else { return self };
            match answer.status().as_u16() {
                // Acknowledged only once the whole answer is here.
                201 => match answer.json::<wire::api::Receipt>().await {
                    Ok(receipt) if receipt.accepted + receipt.folded == BATCH => {
                        self.acked += BATCH;
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                    _ => return self,
                },
                429 | 503 => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => return self,
            }
        }
    }
}

/// Ids that were acknowledged and are not held, and ids held more than once.
fn lost_and_doubled(writers: &[(String, u64)], held: &[String]) -> (u64, u64) {
    let mut count: BTreeMap<&str, u64> = BTreeMap::new();
    for id in held {
        *count.entry(id).or_default() += 1;
    }
    let doubled = count.values().filter(|n| **n > 1).count() as u64;
    let lost = writers
        .iter()
        .flat_map(|(name, acked)| (0..*acked).map(move |id| format!("{name}-{id}")))
        .filter(|id| !count.contains_key(id.as_str()))
        .count() as u64;
    (lost, doubled)
}

#[test]
fn a_lost_and_a_doubled_report_are_noticed() {
    let held = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let writers = [("a".to_owned(), 3)];
    assert_eq!(lost_and_doubled(&writers, &held(&["a-0", "a-1", "a-2", "a-3"])), (0, 0));
    assert_eq!(lost_and_doubled(&writers, &held(&["a-0", "a-2"])), (1, 0));
    assert_eq!(lost_and_doubled(&writers, &held(&["a-0", "a-1", "a-1", "a-2"])), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_storm_loses_nothing_acknowledged_and_doubles_nothing() {
    let rounds = sized(20, 3);
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().expect("a directory");
    let mut server = Server::start(dir.path(), Start::default()).await;
    let mut writers: Vec<Writer> = (0..WRITERS)
        .map(|n| {
            let name = format!("w{n}");
            let key = server.partner(&name).key;
            Writer { name, key, acked: 0 }
        })
        .collect();
    let begun = Instant::now();
    let mut restarts_ms = Vec::new();
    for round in 0..rounds {
        let before: u64 = writers.iter().map(|writer| writer.acked).sum();
        let answers = Arc::new(AtomicU64::new(0));
        let storms: Vec<_> = writers
            .drain(..)
            .map(|writer| tokio::spawn(writer.storm(server.base.clone(), Arc::clone(&answers))))
            .collect();
        // A busy machine may need long for the first answer: the storm begins with it.
        let patience = Instant::now() + Duration::from_secs(45);
        while answers.load(Ordering::Relaxed) == 0 && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(300..1_500))).await;
        server.kill();
        for storm in storms {
            writers.push(storm.await.expect("a writer"));
        }
        let acked: u64 = writers.iter().map(|writer| writer.acked).sum();
        assert!(acked > before, "seed {seed}, round {round}: nothing was under way");

        let restart = Instant::now();
        server = Server::start(dir.path(), Start::default()).await;
        restarts_ms.push(restart.elapsed().as_millis() as u64);
        let reader = Partner::new(&server.base, &writers[0].key);
        let held: Vec<String> = everything(&reader)
            .await
            .iter()
            .map(|feature| feature["properties"]["source_id"].as_str().unwrap_or("?").to_owned())
            .collect();
        let wanted: Vec<_> =
            writers.iter().map(|writer| (writer.name.clone(), writer.acked)).collect();
        let (lost, doubled) = lost_and_doubled(&wanted, &held);
        assert_eq!((lost, doubled), (0, 0), "seed {seed}, round {round}: lost, doubled");
        ledgers_add_up(&reader, held.len() as u64).await;
    }
    // In the journal itself: as many entries of reports as reports, so that nothing was taken twice and hidden by the World.
    server.kill();
    let acked: u64 = writers.iter().map(|writer| writer.acked).sum();
    let (entries, reports) = journal(&dir.path().join("data/talaia.db")).await;
    assert_eq!(entries, reports, "seed {seed}: an entry is doubled in the journal");
    assert!(reports as u64 >= acked, "seed {seed}");
    keep(
        "kill_storm",
        &json!({
            "seed": seed, "kills": rounds, "acknowledged": acked, "held": reports, "lost": 0,
            "doubled": 0, "seconds": begun.elapsed().as_secs(), "restart_ms": restarts_ms,
        }),
    );
}

/// received = accepted + folded + Σ rejected for every source, and as many accepted as held.
async fn ledgers_add_up(reader: &Partner, held: u64) {
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let mut accepted = 0;
    for source in list["sources"].as_array().expect("sources") {
        let ledger = &source["ledger"];
        let n = |name: &str| ledger[name].as_u64().expect("a count");
        assert_eq!(n("received"), n("accepted") + n("folded"), "{source}");
        accepted += n("accepted");
    }
    assert_eq!(accepted, held);
}

pub(crate) async fn journal(path: &std::path::Path) -> (i64, i64) {
    let url = format!("sqlite:{}", path.display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("connects");
    let counts = sqlx::query_as(
        "SELECT COUNT(*), COUNT(DISTINCT report_id) FROM journal WHERE kind = 'report'",
    )
    .fetch_one(&pool)
    .await
    .expect("counts");
    pool.close().await;
    counts
}
