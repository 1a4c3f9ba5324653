//! Clients that never read, beside healthy ones: each costs little, all are cut in time, and nobody else notices.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use support::model::Model;
use support::partner::Partner;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use wire::frame::{ClientFrame, ServerFrame};
use wire::geo::Bbox;
use wire::view::{Mode, View, Window};

use super::follower::{frames_of, open, percentile, upgrade};
use super::street;
use crate::record::{keep, sized};
use crate::server::{Server, Start};

/// Promised: what a stalled client may cost.
const RSS_BYTES_MAX: f64 = 1.5 * 1024.0 * 1024.0;

/// Promised beyond the write deadline: the kernel's buffers fill, and a close is tried.
const GRACE: Duration = Duration::from_secs(5);

/// Streets that the healthy look at.
const STREETS: usize = 64;

/// Points of the field in a row, and between two of them: far enough for a cluster each.
const POINTS: u64 = 90;
const STEP: f64 = 0.000_9;

/// A field full of reports, in fine tiles: three megabytes that all change at once.
fn field() -> View {
    let (east, north) = (2.5 + POINTS as f64 * STEP, 41.3 + POINTS as f64 * STEP * 0.7);
    let bbox = Bbox::new(2.5, 41.3, east, north).expect("a box");
    let (mode, window) = (Mode::Live, Window::All);
    View { bbox, zoom: 16.0, mode, window, hazards: None, newest: 0 }
}

/// Reports on every `nth` point of the field.
async fn sow(partner: &Partner, name: &str, nth: usize) {
    let points = (0..POINTS * POINTS).step_by(nth);
    let (mut body, mut n) = (String::new(), 0);
    for point in points {
        let (lng, lat) = ((point % POINTS) as f64, (point / POINTS) as f64);
        let (lng, lat) = (2.5004 + lng * STEP, 41.3003 + lat * STEP * 0.7);
        body.push_str(&street::line(&format!("{name}-{point}"), lng, lat));
        n += 1;
    }
    street::post(partner, body, n).await.expect("an answer");
}

async fn look(socket: &mut WebSocketStream<TcpStream>, view: View) {
    let view = serde_json::to_string(&ClientFrame::View(view.into())).expect("a view");
    socket.send(Message::text(view)).await.expect("the view is sent");
}

/// A client that asks for the field and may then read no more. Its kernel takes little.
async fn slow(partner: &Partner) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
    let to = partner.base.trim_start_matches("http://").parse().expect("an address");
    let stream = socket.connect(to).await.expect("a connection");
    let upgraded = upgrade(stream, &partner.base, &partner.key, false, None).await;
    let mut socket = upgraded.expect("a websocket");
    look(&mut socket, field()).await;
    socket
}

/// Reads until everything up to `seq` was sent, or the line ends.
async fn hear(socket: &mut WebSocketStream<TcpStream>, model: &mut Model, seq: u64) -> bool {
    let patience = Duration::from_secs(30);
    loop {
        let heard = tokio::time::timeout(patience, socket.next()).await.expect("frames or an end");
        let Some(Ok(message)) = heard else { return false };
        let Message::Text(text) = message else { continue };
        let frame = serde_json::from_str(&text).expect("a frame");
        model.apply(&frame);
        if matches!(&frame, ServerFrame::Totals(totals) if totals.seq >= seq) {
            return true;
        }
    }
}

/// One that was cut reads what is left on its line, comes back with its cursor, and must hold what a fresh client is
/// sent; the resets it was given.
async fn comes_back(
    partner: &Partner,
    mut socket: WebSocketStream<TcpStream>,
    mut model: Model,
) -> usize {
    while hear(&mut socket, &mut model, u64::MAX).await {}
    let cursor = model.cursor.clone();
    assert!(cursor.is_some(), "it held a picture before it stalled");
    let newest = partner.ask("/api/v1/reports?limit=1").await.expect_status(200).json();
    let head = newest["features"][0]["properties"]["seq"].as_u64().expect("a seq");
    let mut again = open(&partner.base, &partner.key, false, cursor).await.expect("a websocket");
    look(&mut again, field()).await;
    assert!(hear(&mut again, &mut model, head).await, "cut again");
    let mut fresh = open(&partner.base, &partner.key, false, None).await.expect("a websocket");
    let mut expected = Model::default();
    look(&mut fresh, field()).await;
    assert!(hear(&mut fresh, &mut expected, head).await, "a fresh one was cut");
    assert!(model.tiles == expected.tiles, "it does not hold what a fresh client is sent");
    assert_eq!(model.totals, expected.totals);
    model.resets.len()
}

/// A healthy client: it says when it holds each number.
async fn healthy(partner: Partner, number: usize, held: tokio::sync::mpsc::Sender<(u64, Instant)>) {
    let socket = open(&partner.base, &partner.key, number.is_multiple_of(2), None).await;
    let mut socket = socket.expect("a websocket");
    let view = ClientFrame::View(street::view(number % STREETS).into());
    let message = if number.is_multiple_of(2) {
        Message::binary(wire::codec::encode_client(&view))
    } else {
        Message::text(serde_json::to_string(&view).expect("a view"))
    };
    socket.send(message).await.expect("the view is sent");
    let mut model = Model::default();
    while let Some(Ok(message)) = socket.next().await {
        for frame in frames_of(&message) {
            model.apply(&frame);
            if let ServerFrame::Totals(totals) = &frame
                && held.send((totals.seq, Instant::now())).await.is_err()
            {
                return;
            }
        }
    }
    // Cut: whoever waits for it finds the task ended.
}

/// Healthy clients and a writer: how long a report takes to be held by each of them.
struct Room {
    server: Server,
    partner: Partner,
    n_written: u64,
    n_healthy: usize,
    held: tokio::sync::mpsc::Receiver<(u64, Instant)>,
    following: Vec<JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

impl Room {
    async fn open(n_healthy: usize, limits: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let server = Server::start(dir.path(), Start { limits, ..Start::default() }).await;
        let partner = server.partner("w");
        sow(&partner, "first", 1).await;
        let (tells, held) = tokio::sync::mpsc::channel(100_000);
        let following = (0..n_healthy)
            .map(|number| tokio::spawn(healthy(partner.clone(), number, tells.clone())))
            .collect();
        let mut room =
            Self { server, partner, n_written: 0, n_healthy, held, following, _dir: dir };
        room.deliver(1).await;
        room
    }

    /// Writes so many batches, a quarter of a second apart; the times from each answer to each healthy client, in ms.
    async fn deliver(&mut self, batches: usize) -> Vec<u64> {
        let mut times = Vec::new();
        for _ in 0..batches {
            let written = Instant::now();
            // One report in each street: every healthy client has something to be sent.
            let n = STREETS as u64;
            let seq = street::write(&self.partner, STREETS, self.n_written, n).await;
            let seq = seq.expect("an answer");
            self.n_written += n;
            let mut there = 0;
            while there < self.n_healthy {
                let next = tokio::time::timeout(Duration::from_secs(30), self.held.recv()).await;
                let (at, when) = next.expect("everybody is served").expect("healthy clients");
                if at >= seq {
                    there += 1;
                    times.push(when.duration_since(written).as_millis() as u64);
                }
            }
            tokio::time::sleep(Duration::from_millis(250).saturating_sub(written.elapsed())).await;
        }
        times
    }

    /// A number of `/metrics`, 0 while it is not there.
    async fn count(&self, name: &str) -> u64 {
        let text = self.partner.ask("/metrics").await.expect_status(200).body;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|number| number.trim().parse::<f64>().ok()).unwrap_or(0.0) as u64
    }

    async fn n_cut(&self) -> u64 {
        self.count(r#"talaia_live_closed_total{name="consumer_too_slow"}"#).await
    }
}

/// What became of the stalled ones.
struct Outcome {
    baseline: Vec<u64>,
    beside: Vec<u64>,
    rss_each: f64,
    n_cut: u64,
    all_cut: Duration,
    /// Resets given to the one that came back; `None` if it was not cut.
    resets: Option<usize>,
}

async fn run(n: usize, deadline: Duration, patience: Duration) -> Outcome {
    let limits = format!("live_write_deadline_ms = {}", deadline.as_millis());
    let mut room = Room::open(n, &limits).await;
    let baseline = room.deliver(sized(20, 6)).await;
    let before = room.server.rss_bytes();
    // One has a picture before it stalls; the others never read.
    let (mut slow_one, mut model) = (slow(&room.partner).await, Model::default());
    assert!(hear(&mut slow_one, &mut model, 1).await, "cut before it stalled");
    let mut clients = Vec::new();
    for _ in 1..n {
        clients.push(slow(&room.partner).await);
    }
    let begun = Instant::now();
    let (mut beside, mut greatest) = (Vec::new(), 0.0_f64);
    let (mut n_cut, mut round) = (0, 0);
    while n_cut < n as u64 && begun.elapsed() < patience {
        // Something in every tile of the field: whoever looks there is sent all of it again.
        sow(&room.partner, &format!("round-{round}"), 19).await;
        round += 1;
        beside.extend(room.deliver(1).await);
        greatest = greatest.max(room.server.rss_bytes());
        n_cut = room.n_cut().await;
    }
    let all_cut = begun.elapsed();
    assert!(room.following.iter().all(|healthy| !healthy.is_finished()), "a healthy one was cut");
    drop(clients);
    let mut resets = None;
    if n_cut == n as u64 {
        resets = Some(comes_back(&room.partner, slow_one, model).await);
    }
    Outcome { baseline, beside, rss_each: (greatest - before) / n as f64, n_cut, all_cut, resets }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_stalled_clients_are_cut_in_time_and_cost_little() {
    let n = sized(500, 20);
    let deadline = Duration::from_millis(sized(10_000, 1_500));
    let mut outcome = run(n, deadline, deadline + GRACE).await;
    let figures = |times: &mut Vec<u64>| (percentile(times, 50), percentile(times, 99));
    let (baseline, beside) = (figures(&mut outcome.baseline), figures(&mut outcome.beside));
    assert_eq!(outcome.n_cut, n as u64, "cut within {:?}", outcome.all_cut);
    assert!(outcome.rss_each <= RSS_BYTES_MAX, "{} bytes each", outcome.rss_each);
    assert_eq!(outcome.resets, Some(0), "the one that came back was away for seconds only");
    // The control: with a deadline of ten minutes the same check sees that nobody is cut.
    let control = run(5, Duration::from_mins(10), Duration::from_secs(5)).await;
    assert_eq!(control.n_cut, 0, "the check does not see a server without a deadline");
    keep(
        "delivery_stalled",
        &json!({
            "stalled": n, "healthy": n, "cut_as_too_slow": outcome.n_cut,
            "write_deadline_ms": deadline.as_millis() as u64,
            "all_cut_ms": outcome.all_cut.as_millis() as u64,
            "resets_of_the_one_that_came_back": outcome.resets,
            "rss_bytes_each": outcome.rss_each as i64,
            "healthy_ms_before": {"median": baseline.0, "p99": baseline.1},
            "healthy_ms_beside": {"median": beside.0, "p99": beside.1},
            "healthy_p99_ratio": beside.1 as f64 / baseline.1.max(1) as f64,
            "control_without_deadline": {"stalled": 5, "cut_as_too_slow": control.n_cut},
        }),
    );
}
