//! A client as `docs/live.md` asks for: it follows one street, comes back with its cursor after every break, and keeps
//! count of what it went through.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::model::Model;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::frame::{ClientFrame, Reset, SUBPROTOCOL_BIN, SUBPROTOCOL_JSON, ServerFrame};

use super::street::{self, Table};

/// How long opening a connection may take before it is given up.
const DIAL: Duration = Duration::from_secs(10);

/// What all followers of a proof share.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Where they dial at first.
    pub(super) through: String,
    /// Where they dial after so many breaks.
    pub(super) calm: String,
    pub(super) breaks: u64,
    pub(super) key: String,
    /// The first pause is random up to this, and each further one up to twice as much.
    pub(super) pause: Duration,
    pub(super) pause_max: Duration,
    /// Without a word for this long the line is dead.
    pub(super) silence: Duration,
    /// Negative control: every so many reports one is dropped before it is applied.
    pub(super) loses_every: Option<u64>,
    /// Negative control: comes back at the head, not at its cursor.
    pub(super) skips: bool,
    /// The head to reach before the end, once it is known.
    pub(super) goal: watch::Receiver<Option<u64>>,
    /// Followers that have caught up since they came.
    pub(super) n_live: Arc<AtomicU64>,
    /// Followers that went through all their breaks.
    pub(super) n_through: Arc<AtomicU64>,
}

impl Plan {
    /// Followers of the server at `base`, with the pauses that `docs/live.md` and `follow.py` name.
    pub(super) fn new(base: &str, key: &str, goal: watch::Receiver<Option<u64>>) -> Self {
        Self {
            through: base.to_owned(),
            calm: base.to_owned(),
            breaks: 0,
            key: key.to_owned(),
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            silence: Duration::from_secs(10),
            loses_every: None,
            skips: false,
            goal,
            n_live: Arc::default(),
            n_through: Arc::default(),
        }
    }
}

/// What a follower holds in the end, and what it went through.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) street: usize,
    pub(super) model: Model,
    pub(super) n_breaks: u64,
    /// Resets, and the cursor each of them refused.
    pub(super) resets: Vec<(Reset, Option<(String, u64)>)>,
    pub(super) n_redelivered: u64,
    pub(super) n_inversions: u64,
    n_reports: u64,
    /// From dialling to the first frame that says that everything was sent, of those that came back.
    pub(super) resume_ms: Vec<u64>,
    /// When each of these was.
    pub(super) back_at: Vec<Instant>,
    /// Close codes, and 0 for an end without.
    pub(super) codes: Vec<u16>,
    /// How often it was told to come again later, and the longest it was told.
    pub(super) n_queued: u64,
    pub(super) queued_s_max: u64,
}

/// What is wrong with what followers hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) missing: u64,
    pub(super) doubled: u64,
    pub(super) inversions: u64,
}

impl Verdict {
    /// Lays each beside the table of its street.
    pub(super) fn of(told: &[Told], table: &Table) -> Self {
        let mut verdict = Self::default();
        for each in told {
            let due = &table.0[each.street];
            let held: Vec<u64> =
                each.model.reports.values().map(|report| report.properties.seq).collect();
            let distinct: BTreeSet<u64> = held.iter().copied().collect();
            let shown = each.model.shown();
            let counted = each.model.totals.map_or(0, |totals| totals.shown);
            verdict.missing += due.difference(&distinct).count() as u64;
            verdict.missing += (due.len() as u64).saturating_sub(shown.min(counted));
            verdict.doubled += (held.len() - distinct.len()) as u64;
            verdict.doubled += distinct.difference(due).count() as u64;
            verdict.doubled += shown.max(counted).saturating_sub(due.len() as u64);
            verdict.inversions += each.n_inversions;
        }
        verdict
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Everything is reached: it is the last.
    Done,
    Broken,
    /// Refused, and told after how many seconds to come again.
    Queued(u64),
}

/// See the module.
pub(super) struct Follower {
    plan: Plan,
    bin: bool,
    chance: ChaCha8Rng,
    told: Told,
}

impl Follower {
    /// The `number`th of them: its street, its subprotocol and its luck follow from that.
    pub(super) fn new(plan: &Plan, number: usize, streets: usize, seed: u64) -> Self {
        let chance = ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64));
        let told = Told { street: number % streets, ..Told::default() };
        let bin = (number / streets).is_multiple_of(2);
        Self { plan: plan.clone(), bin, chance, told }
    }

    /// Follows until it went through all its breaks and reached the goal.
    pub(super) async fn follow(mut self) -> Told {
        let mut pause = self.plan.pause;
        loop {
            let before = self.told.back_at.len();
            let end = self.connection().await;
            if end == End::Done {
                return self.told;
            }
            if self.told.back_at.len() > before {
                self.plan.n_live.fetch_sub(1, Ordering::Relaxed);
                pause = self.plan.pause;
            }
            self.told.n_breaks += 1;
            if self.told.n_breaks == self.plan.breaks {
                self.plan.n_through.fetch_add(1, Ordering::Relaxed);
            }
            if let End::Queued(seconds) = end {
                self.told.n_queued += 1;
                self.told.queued_s_max = self.told.queued_s_max.max(seconds);
                let spread = self.chance.random_range(Duration::ZERO..Duration::from_secs(1));
                tokio::time::sleep(Duration::from_secs(seconds) + spread).await;
                continue;
            }
            tokio::time::sleep(self.chance.random_range(Duration::ZERO..=pause)).await;
            pause = (pause * 2).min(self.plan.pause_max);
        }
    }

    /// One connection, to its end.
    async fn connection(&mut self) -> End {
        let dialled = Instant::now();
        let calm = self.told.n_breaks >= self.plan.breaks;
        let base = if calm { &self.plan.calm } else { &self.plan.through };
        if self.told.model.cursor.is_none() {
            // Without a cursor nothing that is held can be trusted.
            self.told.model = Model::default();
        }
        let mut cursor = self.told.model.cursor.clone();
        if self.plan.skips
            && let Some((_, seq)) = &mut cursor
        {
            *seq = self.plan.goal.borrow().unwrap_or(*seq);
        }
        let opened = tokio::time::timeout(DIAL, open(base, &self.plan.key, self.bin, cursor)).await;
        let mut socket = match opened {
            Ok(Ok(socket)) => socket,
            Ok(Err(Some(seconds))) => return End::Queued(seconds),
            Ok(Err(None)) | Err(_) => return End::Broken,
        };
        let view = ClientFrame::View(street::view(self.told.street).into());
        let message = if self.bin {
            Message::binary(wire::codec::encode_client(&view))
        } else {
            Message::text(serde_json::to_string(&view).expect("a view"))
        };
        if socket.send(message).await.is_err() {
            return End::Broken;
        }
        let mut is_back = false;
        let mut goal = self.plan.goal.clone();
        loop {
            let reached = |told: &Told, goal: Option<u64>| {
                let at = told.model.cursor.as_ref().map(|(_, seq)| *seq);
                goal.is_some_and(|goal| at >= Some(goal))
            };
            if is_back && calm && reached(&self.told, *goal.borrow_and_update()) {
                return End::Done;
            }
            let heard = tokio::select! {
                heard = tokio::time::timeout(self.plan.silence, socket.next()) => heard,
                _ = goal.changed() => continue,
            };
            let frames = match heard {
                Ok(Some(Ok(Message::Close(frame)))) => {
                    self.told.codes.push(frame.map_or(0, |frame| frame.code.into()));
                    return End::Broken;
                }
                Ok(Some(Ok(message))) => frames_of(&message),
                // Broken, ended, or silent for too long.
                Ok(Some(Err(_)) | None) | Err(_) => return End::Broken,
            };
            for frame in frames {
                if self.take(&frame) && !is_back {
                    is_back = true;
                    self.plan.n_live.fetch_add(1, Ordering::Relaxed);
                    self.told.resume_ms.push(dialled.elapsed().as_millis() as u64);
                    self.told.back_at.push(Instant::now());
                }
            }
        }
    }

    /// Applies a frame; whether it says that everything up to it was sent.
    fn take(&mut self, frame: &ServerFrame) -> bool {
        let told = &mut self.told;
        match frame {
            ServerFrame::Report(report) => {
                told.n_reports += 1;
                if self.plan.loses_every.is_some_and(|every| told.n_reports.is_multiple_of(every)) {
                    return false;
                }
                if let Some(held) = told.model.reports.get(&report.feature.id) {
                    told.n_redelivered += u64::from(held.properties.seq == report.seq);
                    told.n_inversions += u64::from(held.properties.seq > report.seq);
                }
            }
            ServerFrame::Totals(totals) => {
                let before = told.model.cursor.as_ref().map_or(0, |(_, seq)| *seq);
                told.n_inversions += u64::from(totals.seq < before);
            }
            ServerFrame::Reset(reset) => {
                told.resets.push((reset.clone(), told.model.cursor.clone()));
            }
            _ => {}
        }
        told.model.apply(frame);
        matches!(frame, ServerFrame::Totals(_))
    }
}

/// The frames of a message, in either subprotocol; none in a ping or a close.
pub(super) fn frames_of(message: &Message) -> Vec<ServerFrame> {
    match message {
        Message::Text(text) => vec![serde_json::from_str(text).expect("a frame")],
        Message::Binary(bytes) => wire::codec::decode_message(bytes).expect("frames"),
        _ => Vec::new(),
    }
}

/// A websocket to `/live` at this server; else, if it said so, after how many seconds to come again.
pub(super) async fn open(
    base: &str,
    key: &str,
    bin: bool,
    cursor: Option<(String, u64)>,
) -> Result<WebSocketStream<TcpStream>, Option<u64>> {
    let to = base.trim_start_matches("http://").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    let stream = socket.connect(to).await.map_err(|_away| None)?;
    upgrade(stream, base, key, bin, cursor).await
}

/// The same on a socket that is there already.
pub(super) async fn upgrade(
    stream: TcpStream,
    base: &str,
    key: &str,
    bin: bool,
    cursor: Option<(String, u64)>,
) -> Result<WebSocketStream<TcpStream>, Option<u64>> {
    stream.set_nodelay(true).map_err(|_gone| None)?;
    let query = cursor.map(|(epoch, seq)| format!("?epoch={epoch}&seq={seq}")).unwrap_or_default();
    let address = format!("{}/live{query}", base.replacen("http", "ws", 1));
    let mut request = address.into_client_request().expect("an address");
    let headers = request.headers_mut();
    let bearer = HeaderValue::from_str(&format!("Bearer {key}")).expect("a key");
    headers.insert("authorization", bearer);
    let offer = if bin { SUBPROTOCOL_BIN } else { SUBPROTOCOL_JSON };
    headers.insert("sec-websocket-protocol", HeaderValue::from_static(offer));
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, _answer)) => Ok(socket),
        Err(Error::Http(answer)) => {
            let told = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
            Err(told.and_then(|seconds| seconds.parse().ok()))
        }
        Err(_broken) => Err(None),
    }
}

/// The value below which so many hundredths lie; sorts.
pub(super) fn percentile(values: &mut [u64], hundredths: usize) -> u64 {
    values.sort_unstable();
    let at = (values.len() * hundredths / 100).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or(0)
}
