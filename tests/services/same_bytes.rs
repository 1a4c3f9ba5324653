//! The same journal gives the same bytes, whichever database keeps it.

use std::net::SocketAddr;

use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use server::canary;
use server::clock::Clock;
use server::config::Config;
use server::control::{Request, act};
use server::runtime::{self, Running};
use support::partner::Partner;
use support::postgres::Postgres;
use wire::time::Timestamp;
use wire::view::Mode;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const N_BATCHES: usize = 12;

async fn town(dir: &std::path::Path, database: &str, clock: &Clock) -> Running {
    let mut config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.to_path_buf(),
        database: database.to_owned(),
        ..Config::default()
    };
    // They come by this machine's clock; here each has its place among the submissions.
    config.limits.canary_ms = 0;
    runtime::start(config, clock.clone()).await.expect("starts")
}

async fn partner(running: &Running, name: &str, mode: Mode) -> Partner {
    let request = Request::PartnerAdd {
        name: name.to_owned(),
        scopes: "reports observations read".to_owned(),
        mode,
        terms: server::store::KeyTerms::default(),
    };
    let app = &running.app;
    let done = act(&app.store, &app.clock, Some(&app.hub), request).await;
    let key = done.map_err(|refused| refused.to_string()).expect("added").secret.expect("a key");
    Partner::new(&format!("http://{}", running.addr), &key)
}

/// Batches of new reports, repetitions, newer versions, bad ones and observations, from a seed.
fn batches(seed: u64) -> Vec<(Vec<Value>, Vec<Value>, i64)> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let hazards = ["flood", "wind", "fire", "power", "not a word of ours"];
    let severities = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];
    (0..N_BATCHES)
        .map(|_| {
            let reports = (0..random.random_range(1..60))
                .map(|_| {
                    let id = random.random_range(0..200);
                    let age_ms = random.random_range(0..4 * 3_600_000);
                    // One in twenty is north of the pole.
                    let lat: f64 = random.random_range(36.0..44.0);
                    let lat = if random.random_bool(0.05) { 91.0 } else { lat };
                    json!({
                        "type": "Feature",
                        "id": format!("r-{id}"),
                        "geometry": {"type": "Point",
                            "coordinates": [random.random_range(-9.0..4.0), lat]},
                        "properties": {
                            "observed_at": NOW.plus_ms(-age_ms),
                            "updated_at": NOW.plus_ms(random.random_range(0..1_000)),
                            "text": format!("aigua {}", random.random_range(0..3)),
                            "hazard": hazards[random.random_range(0..hazards.len())],
                            "severity": severities[random.random_range(0..severities.len())],
                        }
                    })
                })
                .collect();
            let observations = (0..random.random_range(1..10))
                .map(|n| {
                    json!({
                        "datastream": format!("rain-{n}"),
                        "phenomenon_time": NOW.plus_ms(random.random_range(-600_000..0)),
                        "result": random.random_range(0.0..80.0),
                        "unit": "mm/h",
                        "geometry": {"type": "Point", "coordinates": [2.1, 41.4]},
                    })
                })
                .collect();
            (reports, observations, random.random_range(0..400_000))
        })
        .collect()
}

/// Plays it all and tells both Worlds' bytes, the journal's rows and the ledgers.
async fn play(database: &str, seed: u64) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(NOW);
    let running = town(dir.path(), database, &clock).await;
    let live = partner(&running, "Bombers", Mode::Live).await;
    let exercise = partner(&running, "Simulacre", Mode::Exercise).await;
    for (n, (reports, observations, pause_ms)) in batches(seed).into_iter().enumerate() {
        let who = if n % 3 == 2 { &exercise } else { &live };
        let body = json!({"type": "FeatureCollection", "features": reports}).to_string();
        let answer = who.post("/api/v1/reports", "application/geo+json", body).await;
        assert!([201, 207, 422].contains(&answer.status), "{}", answer.body);
        who.observe(&observations).await;
        canary::say(&running.app, Mode::ALL[n % 2]).await.expect("a canary");
        clock.advance_ms(pause_ms);
    }
    running.stop().await.expect("an orderly end");

    // Read again after a restart, so that what is compared is what the disk holds.
    let running = town(dir.path(), database, &clock).await;
    let worlds = Mode::ALL.map(|mode| running.app.worlds.read(mode).checkpoint()).to_vec();
    let mut rows = Vec::new();
    let mut head = 0;
    loop {
        let page = running.app.store.read_after(head, 100).await.expect("rows");
        let Some(last) = page.last() else { break };
        head = last.row().seq;
        rows.extend(page.iter().map(|entry| entry.row().row.clone()));
    }
    let ledgers = running.app.store.sources().await.expect("sources");
    let ledgers = ledgers.iter().map(|row| format!("{row:?}")).collect();
    running.stop().await.expect("an orderly end");
    (worlds, rows, ledgers)
}

#[tokio::test]
async fn the_same_submissions_give_the_same_bytes_on_both_databases() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let postgres = Postgres::start().expect("a PostgreSQL");
    let on_postgres = play(&postgres.fresh_database().expect("a database"), seed).await;
    let on_sqlite = play("", seed).await;
    assert!(!on_sqlite.1.is_empty());
    assert!(on_sqlite.0 == on_postgres.0, "seed {seed}: the Worlds differ");
    assert!(on_sqlite.1 == on_postgres.1, "seed {seed}: the journals differ");
    assert_eq!(on_sqlite.2, on_postgres.2, "seed {seed}");
    // The control: other submissions give other bytes, so that equal bytes mean something.
    let other = play("", seed.wrapping_add(1)).await;
    assert!(other.0 != on_sqlite.0, "seed {seed}: any journal gives the same World");
}
