//! Joins at random instants under writes: between the snapshot and what follows there is no hole and no seam.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use support::model::Model;
use support::partner::Partner;
use tokio_tungstenite::tungstenite::Message;
use wire::frame::{ClientFrame, ServerFrame};

use super::follower::{frames_of, open, percentile};
use super::street::{self, Pace, Table, Writer};
use crate::record::{keep, sized};
use crate::server::{Server, Start};

/// How long one join may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Joins under way at once.
const AT_ONCE: usize = 16;

/// How a client comes by its first picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As `docs/live.md` says: a view, then tiles, reports and totals.
    Documented,
    /// Negative control: a list from the API, and then a socket that goes on from the head of that later moment.
    ListThenSocket,
}

/// What a client held when the counter line said that everything up to `seq` was sent.
#[derive(Debug)]
struct Picture {
    street: usize,
    seq: u64,
    shown: u64,
    counted: u64,
    reports: Vec<u64>,
}

impl Picture {
    fn of(street: usize, seq: u64, model: &Model) -> Self {
        let counted = model.totals.map_or(0, |totals| totals.shown);
        let reports = model.reports.values().map(|report| report.properties.seq);
        Self { street, seq, shown: model.shown(), counted, reports: reports.collect() }
    }

    /// How many are missing and doubled beside the table.
    fn against(&self, table: &Table) -> (u64, u64) {
        let due = table.0[self.street].range(..=self.seq).count() as u64;
        // The list may be further than the counter line, never behind it.
        let known = self.reports.iter().filter(|seq| **seq <= self.seq);
        let held = known.filter(|seq| table.0[self.street].contains(seq)).count() as u64;
        let strange = self.reports.iter().filter(|seq| !table.0[self.street].contains(seq)).count();
        let least = held.min(self.shown).min(self.counted);
        let most = held.max(self.shown).max(self.counted);
        (due.saturating_sub(least), most.saturating_sub(due) + strange as u64)
    }
}

/// Joins one street and stays for a moment; the picture at its first counter line and at a later one.
async fn join(partner: &Partner, street: usize, way: Way, n_acked: &AtomicU64) -> Vec<Picture> {
    let mut model = Model::default();
    let mut cursor = None;
    if way == Way::ListThenSocket {
        let view = street::view(street).bbox;
        let (west, south, east, north) = (view.west(), view.south(), view.east(), view.north());
        let path = format!("/api/v1/reports?bbox={west},{south},{east},{north}&limit=1000");
        let list = partner.ask(&path).await.expect_status(200).json();
        for feature in list["features"].as_array().expect("features") {
            let report: wire::report::ReportFeature =
                serde_json::from_value(feature.clone()).expect("a report");
            model.reports.insert(report.id, report);
        }
        // A moment in which this street is written to.
        let before = n_acked.load(Ordering::Relaxed);
        while n_acked.load(Ordering::Relaxed) < before + 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let health = partner.ask("/healthz").await.json();
        let epoch = health["epoch"].as_str().expect("an epoch").to_owned();
        let newest = partner.ask("/api/v1/reports?limit=1").await.json();
        let head = newest["features"][0]["properties"]["seq"].as_u64().expect("a seq");
        cursor = Some((epoch, head));
    }
    let bin = street.is_multiple_of(2);
    let mut socket = open(&partner.base, &partner.key, bin, cursor).await.expect("a socket");
    let view = ClientFrame::View(street::view(street).into());
    let message = if bin {
        Message::binary(wire::codec::encode_client(&view))
    } else {
        Message::text(serde_json::to_string(&view).expect("a view"))
    };
    socket.send(message).await.expect("the view is sent");
    let mut pictures = Vec::new();
    while pictures.len() < 3 {
        let heard = tokio::time::timeout(PATIENCE, socket.next()).await.expect("frames in time");
        for frame in frames_of(&heard.expect("an open socket").expect("a message")) {
            model.apply(&frame);
            if let ServerFrame::Totals(totals) = &frame {
                pictures.push(Picture::of(street, totals.seq, &model));
            }
        }
    }
    pictures
}

/// What all joins together showed.
struct Joined {
    missing: u64,
    doubled: u64,
    pictures: usize,
    times_ms: Vec<u64>,
    reports: u64,
    lasted: Duration,
}

/// Lets so many clients join while the town is written to.
async fn joins(n: usize, pace: Pace, seed: u64, way: Way) -> Joined {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start::default()).await;
    let partner = server.partner("w");
    let writer = Writer::start(&partner, pace);
    let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let begun = Instant::now();
    let mut joining = tokio::task::JoinSet::new();
    for number in 0..n {
        let turn = Arc::clone(&turns).acquire_owned().await.expect("turns");
        let (partner, n_acked) = (partner.clone(), Arc::clone(&writer.n_acked));
        joining.spawn(async move {
            let mut chance = ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64));
            // At any instant between two flushes.
            tokio::time::sleep(Duration::from_micros(chance.random_range(0..150_000))).await;
            let joined = Instant::now();
            let street = chance.random_range(0..pace.streets);
            let pictures = join(&partner, street, way, &n_acked).await;
            drop(turn);
            (pictures, joined.elapsed().as_millis() as u64)
        });
    }
    let joined = joining.join_all().await;
    let lasted = begun.elapsed();
    let (n_acked, _) = writer.stop().await;
    let table = Table::ask(&partner, pace.streets).await;
    assert_eq!(table.n(), n_acked, "seed {seed}");
    let times_ms = joined.iter().map(|(_, ms)| *ms).collect();
    let pictures: Vec<&Picture> = joined.iter().flat_map(|(pictures, _)| pictures).collect();
    let (mut missing, mut doubled) = (0, 0);
    for picture in &pictures {
        let (lacks, has_twice) = picture.against(&table);
        missing += lacks;
        doubled += has_twice;
    }
    Joined { missing, doubled, pictures: pictures.len(), times_ms, reports: table.n(), lasted }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_joins_have_no_hole_and_no_seam() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let n = sized(10_000, 200);
    let pace = Pace { streets: sized(200, 8), batch: 20, gap: Duration::from_millis(50) };
    let mut all = joins(n, pace, seed, Way::Documented).await;
    assert_eq!((all.missing, all.doubled), (0, 0), "seed {seed}");
    let few = Pace { streets: 8, ..pace };
    let control = joins(20, few, seed, Way::ListThenSocket).await.missing;
    assert!(control > 0, "a hole between a list and a socket is not found out");
    keep(
        "delivery_joins",
        &json!({
            "seed": seed, "joins": n, "pictures_compared": all.pictures, "reports": all.reports,
            "seconds": all.lasted.as_secs(), "missing": all.missing, "doubled": all.doubled,
            "third_counter_line_ms_median": percentile(&mut all.times_ms, 50),
            "third_counter_line_ms_p99": percentile(&mut all.times_ms, 99),
            "control_list_then_socket": {"joins": 20, "missing": control},
        }),
    );
}
