//! Streets of a town, the partner who reports from them, and the table of what was reported in each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use support::partner::{NDJSON, Partner};
use tokio::task::JoinHandle;
use wire::geo::Bbox;
use wire::view::{Mode, View, Window};

use crate::server::everything;

/// Streets in a row; they are two hundredths of a degree apart, several tiles of the zoom they are looked at.
const IN_A_ROW: usize = 8;

/// The middle of a street.
pub(super) fn middle(street: usize) -> (f64, f64) {
    (2.05 + (street % IN_A_ROW) as f64 * 0.02, 41.3 + (street / IN_A_ROW) as f64 * 0.02)
}

/// A view of one street: every report of it comes.
pub(super) fn view(street: usize) -> View {
    let (lng, lat) = middle(street);
    let bbox = Bbox::new(lng - 0.0004, lat - 0.0004, lng + 0.0004, lat + 0.0004);
    let (mode, window) = (Mode::Live, Window::All);
    View { bbox: bbox.expect("a box"), zoom: 16.0, mode, window, hazards: None, newest: 0 }
}

/// How fast a partner writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) streets: usize,
    /// Reports in one request, one street after the other.
    pub(super) batch: u64,
    /// From one request to the next; one that is late is made up for.
    pub(super) gap: Duration,
}

/// A partner who reports until told to stop, and sends again what was not acknowledged.
pub(super) struct Writer {
    stop: Arc<AtomicBool>,
    /// Reports acknowledged.
    pub(super) n_acked: Arc<AtomicU64>,
    writing: JoinHandle<(u64, u64)>,
}

impl Writer {
    pub(super) fn start(partner: &Partner, pace: Pace) -> Self {
        let (stop, n_acked) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (stopped, acked, partner) = (Arc::clone(&stop), Arc::clone(&n_acked), partner.clone());
        let writing = tokio::spawn(async move {
            let (mut n, mut head) = (0, 0);
            let mut due = tokio::time::interval(pace.gap);
            while !stopped.load(Ordering::Relaxed) {
                due.tick().await;
                if let Some(seq) = write(&partner, pace.streets, n, pace.batch).await {
                    n += pace.batch;
                    head = seq;
                    acked.store(n, Ordering::Relaxed);
                }
            }
            (n, head)
        });
        Self { stop, n_acked, writing }
    }

    /// Stops; how many reports were acknowledged, and the number that includes them.
    pub(super) async fn stop(self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        self.writing.await.expect("a writer")
    }
}

/// Reports number `from` to `from + n`; the head if they are acknowledged, `None` if there was no answer.
pub(super) async fn write(partner: &Partner, streets: usize, from: u64, n: u64) -> Option<u64> {
    let lines = (from..from + n).map(|id| {
        let (lng, lat) = middle(id as usize % streets);
        // Spread over the street, so that clusters form, merge and part.
        let (east, north) = ((id * 7 % 60) as f64 * 1e-5, (id * 11 % 60) as f64 * 1e-5);
        line(&format!("r-{id}"), lng - 0.0003 + east, lat - 0.0003 + north)
    });
    post(partner, lines.collect(), n).await
}

/// One report as a line of a body.
pub(super) fn line(id: &str, lng: f64, lat: f64) -> String {
    format!(
        r#"{{"type":"Feature","id":"{id}","geometry":{{"type":"Point","coordinates":[{lng:.6},{lat:.6}]}},"properties":{{"text":"aigua {id}","hazard":"flood"}}}}"#
    ) + "\n"
}

/// Sends `n` lines; the head if all are acknowledged, `None` if there was no answer.
pub(crate) async fn post(partner: &Partner, body: String, n: u64) -> Option<u64> {
    let sent = support::http_client()
        .post(format!("{}/api/v1/reports", partner.base))
        .header("authorization", format!("Bearer {}", partner.key))
        .header("content-type", NDJSON)
        .timeout(Duration::from_secs(30))
        .body(body)
        .send()
        .await;
    let receipt: wire::api::Receipt = sent.ok()?.error_for_status().ok()?.json().await.ok()?;
    (receipt.accepted + receipt.folded == n).then_some(receipt.seq)
}

/// The numbers of the reports of each street.
pub(super) struct Table(pub(super) Vec<BTreeSet<u64>>);

impl Table {
    /// As the API lists them, page by page.
    pub(super) async fn ask(partner: &Partner, streets: usize) -> Self {
        let mut table = vec![BTreeSet::new(); streets];
        for feature in everything(partner).await {
            let at =
                |axis: usize| feature["geometry"]["coordinates"][axis].as_f64().expect("a place");
            let street = (0..streets).find(|street| {
                let (lng, lat) = middle(*street);
                (at(0) - lng).abs() < 0.001 && (at(1) - lat).abs() < 0.001
            });
            let seq = feature["properties"]["seq"].as_u64().expect("a seq");
            table[street.expect("a street")].insert(seq);
        }
        Self(table)
    }

    /// How many reports there are.
    pub(super) fn n(&self) -> u64 {
        self.0.iter().map(|street| street.len() as u64).sum()
    }
}
