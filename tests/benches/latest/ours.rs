//! Ours: the release binary, asked over HTTP as a partner does.

use std::sync::Arc;
use std::time::Duration;

use support::binary::Binary;
use support::partner::{NDJSON, Partner};
use wire::sensor::LatestSensors;
use wire::time::Timestamp;

use crate::{BATCH, DATASTREAMS, Keeper};

/// Lifted, since the row measures the answer and not the guard at its gate.
const LIMITS: &str = "[limits]\nrequests_per_s = 1000000\nreports_per_s = 100000000\n";
/// Values of one body while the history is filled in.
const FILLED_AT_ONCE: usize = 10_000;
/// How far the history lies back: each turn of all datastreams is a second after the one before.
const BACK: Duration = Duration::from_mins(30);

/// A running server, and a partner of it.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    partner: Partner,
    begun_ms: i64,
    _server: Arc<(Binary, tempfile::TempDir)>,
}

impl Ours {
    /// With so many observations in it.
    pub(crate) async fn start(filled: usize) -> Self {
        let own = std::env::current_exe().unwrap();
        let target = own.ancestors().nth(3).unwrap();
        let place = tempfile::Builder::new().prefix("latest-").tempdir_in(target).unwrap();
        let config = place.path().join("talaia.toml");
        std::fs::write(&config, LIMITS).unwrap();
        let server = Binary::start(
            &place.path().join("ours"),
            &["--config", config.to_str().unwrap(), "--exercise", "off"],
        );
        let key = server.command(&[
            "partner",
            "add",
            "bench",
            "--scope",
            "observations,read",
            "--mode",
            "live",
        ]);
        #[expect(clippy::disallowed_methods, reason = "what a bench observes happens now")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let begun_ms = i64::try_from(now.checked_sub(BACK).unwrap().as_millis()).unwrap();
        let ours = Self {
            partner: Partner::new(&server.base, &key),
            begun_ms,
            _server: Arc::new((server, place)),
        };
        for from in (0..filled).step_by(FILLED_AT_ONCE) {
            ours.send(from, FILLED_AT_ONCE).await;
        }
        ours
    }

    async fn send(&self, from: usize, n: usize) {
        use std::fmt::Write as _;
        let mut body = String::with_capacity(n * 100);
        for n in from..from + n {
            let (sensor, turn) = (n % DATASTREAMS, n / DATASTREAMS);
            let at = Timestamp(self.begun_ms + 1_000 * i64::try_from(turn).unwrap());
            let at = serde_json::to_string(&at).unwrap();
            write!(body, "{{\"datastream\":\"gauge-{sensor}\",\"phenomenon_time\":{at},\"result\":{n},\"unit\":\"cm\"").unwrap();
            if turn == 0 {
                let (lng, lat) =
                    (2.05 + 0.002 * (sensor % 100) as f64, 41.32 + 0.0015 * (sensor / 100) as f64);
                write!(body, ",\"name\":\"Gauge {sensor}\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lng:.6},{lat:.6}]}}").unwrap();
            }
            body.push_str("}\n");
        }
        let answer = self.partner.post("/api/v1/observations", NDJSON, body).await;
        let receipt = answer.expect_status(201).receipt();
        assert_eq!(receipt.accepted, n as u64, "{receipt:?}");
    }
}

impl Keeper for Ours {
    async fn take(&self, from: usize) {
        self.send(from, BATCH).await;
    }

    async fn sum(&self) -> (f64, usize) {
        let answer = self.partner.ask("/api/v1/sensors/latest").await.expect_status(200);
        let told: LatestSensors = serde_json::from_str(&answer.body).unwrap();
        (told.sensors.iter().filter_map(|one| one.sensor.result).sum(), told.sensors.len())
    }

    async fn ask(&self) {
        self.partner.ask("/api/v1/sensors/latest").await.expect_status(200);
    }
}
