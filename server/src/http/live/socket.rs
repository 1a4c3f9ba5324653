//! The websocket: reads client frames, asks the session for batches, writes them with a deadline, closes with a reason.
//!
//! Everything a peer can make us hold is bounded here: message and buffer sizes, the time to take one frame, the silence
//! of a dead peer. A peer that sends more than its share is read more slowly (`budget.rs`); everything else goes on.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context as Turn, Poll};
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use wire::close::{self, CloseCode};
use wire::frame::{ClientFrame, SUBPROTOCOL_BIN, SUBPROTOCOL_JSON};

use super::budget::{Budget, NeverRests};
use super::query::CursorQuery;
use crate::auth::Reader;
use crate::http::problem::Fault;
use crate::hub::limits::{
    CLIENT_FRAME_BYTES_MAX, CLIENT_FRAMES_PER_S, CLOSE_GRACE, DEAD_AFTER, FRAMES_A_WRITE, PING,
    SOCKET_BUFFER_BYTES, UNSENT_BYTES_MAX,
};
use crate::hub::{Encoded, Encoding, Refusal, Seat, Session};
use crate::state::App;

/// A close reason on the wire is at most this long (RFC 6455: 125 bytes with the code).
const REASON_BYTES_MAX: usize = 123;

/// `GET /live`.
pub(super) async fn open(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<CursorQuery>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Fault> {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(refused) => return Ok(websocket_only(&refused)),
    };
    let Query(query) = query.map_err(|bad| Fault::field("", "query", bad.body_text()))?;
    let resume = query.resume()?;
    let seat = super::enter(&app, &reader)?;
    let upgrade = upgrade
        .max_message_size(CLIENT_FRAME_BYTES_MAX)
        .max_frame_size(CLIENT_FRAME_BYTES_MAX)
        .read_buffer_size(SOCKET_BUFFER_BYTES)
        .write_buffer_size(SOCKET_BUFFER_BYTES)
        .max_write_buffer_size(UNSENT_BYTES_MAX)
        .protocols([SUBPROTOCOL_BIN, SUBPROTOCOL_JSON]);
    let bin = upgrade.selected_protocol().is_some_and(|chosen| chosen == SUBPROTOCOL_BIN);
    let encoding = if bin { Encoding::Bin } else { Encoding::Json };
    let session = Session::new(
        std::sync::Arc::clone(&app.hub),
        std::sync::Arc::clone(&app.epoch),
        reader.clearance,
        reader.modes.clone(),
        resume,
    )
    .compact(bin);
    let budget = Budget::new(Instant::now(), app.hub.limits().haste);
    Ok(upgrade.on_upgrade(move |socket| async move {
        Connection { app, seat, session, encoding, socket, budget }.serve().await;
    }))
}

/// No websocket: the answer names what is wrong, and what to speak (RFC 9110, 15.5.22 and RFC 6455, 4.4).
fn websocket_only(refused: &WebSocketUpgradeRejection) -> Response {
    let detail =
        format!("Open it as a websocket, or use /api/v1/live for server-sent events: {refused}.");
    let title = "This address speaks websocket";
    let fault = Fault::new(StatusCode::UPGRADE_REQUIRED, "websocket-only", title, detail);
    let mut answer = fault.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    answer
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The peer went.
    Gone,
    /// The peer said goodbye.
    Goodbye,
    /// We close it, with a reason.
    Close(CloseCode, Option<String>),
}

impl From<NeverRests> for End {
    fn from(_: NeverRests) -> Self {
        let detail = format!("more than {CLIENT_FRAMES_PER_S} frames a second without a rest");
        Self::Close(close::TOO_MANY_FRAMES, Some(detail))
    }
}

impl From<CloseCode> for End {
    fn from(code: CloseCode) -> Self {
        Self::Close(code, None)
    }
}

struct Connection {
    app: App,
    seat: Seat,
    session: Session,
    encoding: Encoding,
    socket: WebSocket,
    budget: Budget,
}

impl Connection {
    async fn serve(mut self) {
        let end = match self.run().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        match end {
            End::Gone => {}
            // The library has the answer ready and hands it over with the next flush; gone already is as good.
            End::Goodbye => drop(timeout(CLOSE_GRACE, self.socket.flush()).await),
            End::Close(code, detail) => {
                tracing::debug!(code = code.code, name = code.name, "closing a live session");
                metrics::counter!("talaia_live_closed_total", "name" => code.name).increment(1);
                self.close(code, detail.as_deref()).await;
            }
        }
    }

    async fn run(&mut self) -> Result<std::convert::Infallible, End> {
        let hello = self.session.hello(self.app.clock.now());
        self.write(&[hello]).await?;
        let (mut revoked, mut stopped) = (pin!(self.seat.revoked()), pin!(self.app.hub.stopped()));
        let mut heartbeat = every(self.app.hub.limits().heartbeat);
        let mut ping = every(PING);
        let mut heard = Instant::now();
        loop {
            self.send_what_is_there().await?;
            let unread_until = self.budget.rests_until(Instant::now());
            tokio::select! {
                biased;
                () = &mut revoked => return Err(close::UNAUTHORIZED.into()),
                () = &mut stopped => return Err(close::GOING_AWAY.into()),
                () = sleep_until(unread_until.unwrap_or(heard)), if unread_until.is_some() => {}
                message = self.socket.recv(), if unread_until.is_none() => {
                    heard = Instant::now();
                    self.take(message)?;
                }
                _ = heartbeat.tick() => {
                    let frame = self.session.heartbeat(self.app.clock.now());
                    self.write(&[frame]).await?;
                }
                _ = ping.tick() => {
                    if heard.elapsed() > DEAD_AFTER {
                        return Err(End::Gone);
                    }
                    self.feed(Message::Ping(bytes::Bytes::new())).await?;
                    self.flush().await?;
                }
                () = self.session.changed() => {}
            }
        }
    }

    /// Sends batch after batch until nothing is left to send now: what is small goes out in one write.
    async fn send_what_is_there(&mut self) -> Result<(), End> {
        let mut n_unwritten = 0;
        while let Some(batch) = self.session.next_batch(&self.app.worlds) {
            for frame in &batch {
                self.feed(frame.message(self.encoding)).await?;
            }
            n_unwritten += batch.len();
            if n_unwritten >= FRAMES_A_WRITE {
                self.flush().await?;
                n_unwritten = 0;
            }
        }
        if n_unwritten > 0 { self.flush().await } else { Ok(()) }
    }

    async fn write(&mut self, frames: &[Encoded]) -> Result<(), End> {
        for frame in frames {
            self.feed(frame.message(self.encoding)).await?;
        }
        self.flush().await
    }

    /// Hands one message to the socket, which writes it out with the next flush or when its buffer is full.
    async fn feed(&mut self, message: Message) -> Result<(), End> {
        self.patiently(WebSocket::poll_ready_unpin).await?;
        self.socket.start_send_unpin(message).map_err(|_broken| End::Gone)
    }

    async fn flush(&mut self) -> Result<(), End> {
        self.patiently(WebSocket::poll_flush_unpin).await
    }

    /// Waits for the socket, unless the client takes nothing for too long or loses its rights meanwhile. Nearly always
    /// there is nothing to wait for, and no timer is set.
    async fn patiently(
        &mut self,
        mut poll: impl FnMut(&mut WebSocket, &mut Turn<'_>) -> Poll<Result<(), axum::Error>>,
    ) -> Result<(), End> {
        if self.seat.is_revoked() {
            return Err(close::UNAUTHORIZED.into());
        }
        if let Poll::Ready(done) = poll_fn(|turn| Poll::Ready(poll(&mut self.socket, turn))).await {
            return done.map_err(|_broken| End::Gone);
        }
        let deadline = self.app.hub.limits().write_deadline;
        tokio::select! {
            biased;
            () = self.seat.revoked() => Err(close::UNAUTHORIZED.into()),
            done = timeout(deadline, poll_fn(|turn| poll(&mut self.socket, turn))) => match done {
                Ok(done) => done.map_err(|_broken| End::Gone),
                Err(_late) => Err(close::CONSUMER_TOO_SLOW.into()),
            },
        }
    }

    fn take(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let bad = |detail: String| End::Close(close::BAD_REQUEST, Some(detail));
        let message = match message {
            None => return Err(End::Gone),
            Some(Ok(Message::Close(_))) => return Err(End::Goodbye),
            Some(Err(cause)) => return Err(broken(&cause)),
            Some(Ok(message)) => message,
        };
        // Pings cost a frame like any other: each is answered.
        self.budget.spend(Instant::now())?;
        let frame = match message {
            Message::Text(_) if self.encoding == Encoding::Bin => {
                return Err(bad("talaia.v1.bin takes binary frames".to_owned()));
            }
            Message::Binary(_) if self.encoding == Encoding::Json => {
                return Err(bad("talaia.v1.json takes text frames".to_owned()));
            }
            Message::Text(text) => {
                serde_json::from_str(&text).map_err(|cause| bad(cause.to_string()))?
            }
            Message::Binary(bytes) => {
                wire::codec::decode_client(&bytes).map_err(|cause| bad(cause.to_string()))?
            }
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Ok(()),
        };
        match frame {
            ClientFrame::View(view) => self.session.look(view).map_err(|refusal| match &refusal {
                Refusal::BadView(detail) => bad(detail.clone()),
                Refusal::Forbidden(_) => End::Close(close::FORBIDDEN, Some(refusal.to_string())),
            }),
            ClientFrame::Ping => Ok(()),
        }
    }

    /// Says why, and gives the peer a moment to hear it.
    async fn close(&mut self, code: CloseCode, detail: Option<&str>) {
        let frame = CloseFrame { code: code.code, reason: reason(code, detail).into() };
        let goodbye = async {
            // A peer that is gone cannot be told.
            if self.socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
            while let Some(Ok(_)) = self.socket.next().await {}
        };
        if timeout(CLOSE_GRACE, goodbye).await.is_err() {
            tracing::debug!(code = code.code, "the peer did not take the close");
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// What a failed read means: what is no websocket frame, no UTF-8 or too large is the client's mistake; the rest is a
/// connection that ended. The library's own type is behind axum's, so its words decide.
fn broken(cause: &axum::Error) -> End {
    let text = cause.to_string();
    let lost = text.contains("Connection reset without closing handshake");
    let faults = ["WebSocket protocol error", "Space limit exceeded", "UTF-8 encoding error"];
    if !lost && faults.iter().any(|fault| text.starts_with(fault)) {
        return End::Close(close::BAD_REQUEST, Some(text));
    }
    End::Gone
}

/// The name, and if there is one the detail, within what a close frame can carry.
fn reason(code: CloseCode, detail: Option<&str>) -> String {
    let mut reason = match detail {
        None => code.name.to_owned(),
        Some(detail) => format!("{}: {detail}", code.name),
    };
    while reason.len() > REASON_BYTES_MAX {
        reason.pop();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let long = "ü".repeat(200);
        let reason = reason(close::BAD_REQUEST, Some(&long));
        assert!(reason.len() <= REASON_BYTES_MAX && reason.starts_with("bad_request: ü"));
    }
}
