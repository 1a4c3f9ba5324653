//! The week through SensorThings data arrays: the server is killed while arrays are under way, and what was not acknowledged is
//! sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use support::partner::Partner;
use support::week::Week;
use wire::time::Timestamp;

use super::{Part, balances, held, wrong};
use crate::record::{keep, sized};
use crate::server::{Server, Start, free_port};

/// Rows of each detector in one request: two hours.
const ROWS: usize = 24;
/// Gateways that send at once, each for its own detectors.
const GATEWAYS: usize = 3;

/// What a detector is, in one deep insert.
fn thing(week: &Week, sensor: usize) -> Value {
    let (id, (lng, lat)) = (&week.ids[sensor], week.places[sensor]);
    json!({
        "name": format!("Loop {id}"), "description": "", "properties": {"externalId": format!("loop-{id}")},
        "Locations": [{"name": "Road", "description": "", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [lng, lat]}}],
        "Datastreams": [{"name": "Speed", "description": "", "properties": {"externalId": id},
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "mile per hour", "symbol": "mph", "definition": ""},
            "ObservedProperty": {"name": "Speed", "definition": "urn:x:speed", "description": ""},
            "Sensor": {"name": "Loop", "description": "", "encodingType": "text/plain", "metadata": "loop"}}]
    })
}

/// A gateway's detectors, and the rows from the first that is not acknowledged yet.
struct Gateway {
    base: String,
    key: String,
    sensors: Vec<usize>,
    next_row: usize,
}

impl Gateway {
    fn array(&self, week: &Week, rows: std::ops::Range<usize>) -> Value {
        let of = |sensor: &usize| {
            let said = rows.clone().map(|row| {
                json!([Timestamp(Week::at_ms(row)).to_string(), week.speeds[*sensor][row]])
            });
            json!({
                "Datastream": {"@iot.id": week.ids[*sensor]},
                "components": ["phenomenonTime", "result"],
                "dataArray@iot.count": rows.len(), "dataArray": said.collect::<Vec<_>>(),
            })
        };
        self.sensors.iter().map(of).collect()
    }

    /// Sends all of the week, again and again what was not acknowledged.
    async fn send(mut self, week: Arc<Week>, part: Part, acknowledged: Arc<AtomicUsize>) {
        let client = support::http_client();
        while self.next_row < part.rows {
            let rows = self.next_row..part.rows.min(self.next_row + ROWS);
            let sent = client
                .post(format!("{}/sta/v1.1/CreateObservations", self.base))
                .header(AUTHORIZATION, format!("Bearer {}", self.key))
                .header(CONTENT_TYPE, "application/json")
                .body(self.array(&week, rows.clone()).to_string())
                .send()
                .await;
            let told: Option<Vec<String>> = match sent {
                Ok(answer) if answer.status() == 201 => answer.json().await.ok(),
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    assert!([429, 503].contains(&status), "{status}: {:?}", answer.text().await);
                    None
                }
                Err(_gone) => None,
            };
            let Some(told) = told else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let n = self.sensors.len() * rows.len();
            assert_eq!(told.iter().filter(|row| row.starts_with("http")).count(), n, "{told:?}");
            self.next_row = rows.end;
            acknowledged.fetch_add(n, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_in_arrays_stands_once_in_spite_of_kills() {
    let (part, kills) = (Part::sized(), sized(6, 2));
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let week = Arc::new(Week::any());
    let dir = tempfile::tempdir().expect("a directory");
    let own = free_port();
    let start = || Start { port: Some(own), ..Start::default() };
    let mut server = Server::start(dir.path(), start()).await;
    let key = server.partner("roads").key;
    let partner = Partner::new(&server.base, &key);
    for sensor in 0..part.sensors {
        let body = thing(&week, sensor).to_string();
        partner.post("/sta/v1.1/Things", "application/json", body).await.expect_status(201);
    }
    let begun = Instant::now();
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let gateways: Vec<_> = (0..GATEWAYS)
        .map(|gateway| Gateway {
            base: server.base.clone(),
            key: key.clone(),
            sensors: (gateway..part.sensors).step_by(GATEWAYS).collect(),
            next_row: 0,
        })
        .map(|gateway| {
            tokio::spawn(gateway.send(Arc::clone(&week), part, Arc::clone(&acknowledged)))
        })
        .collect();
    for kill in 1..=kills {
        let from = part.n() * kill / (kills + 1);
        while acknowledged.load(Ordering::Relaxed) < from {
            assert!(!gateways.iter().all(tokio::task::JoinHandle::is_finished), "seed {seed}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
        server.kill();
        server = Server::start(dir.path(), start()).await;
    }
    for gateway in gateways {
        gateway.await.expect("a gateway");
    }
    let seconds = begun.elapsed().as_secs_f64();
    let account = partner.ledger("roads").await.expect("an account");
    balances(&account, part);
    assert_eq!(acknowledged.load(Ordering::Relaxed), part.n());
    server.kill();
    let found = wrong(&week, part, &held(&dir.path().join("data")).await);
    assert_eq!(found, super::Wrong::default(), "seed {seed}");
    keep(
        "week_arrays",
        &json!({
            "seed": seed, "recorded": week.is_recorded, "observations": part.n(), "kills": kills,
            "received": account.received, "folded": account.folded,
            "lost": found.lost, "doubled": found.doubled, "invented": found.invented,
            "seconds": seconds.round(), "per_s": (part.n() as f64 / seconds).round(),
        }),
    );
}
