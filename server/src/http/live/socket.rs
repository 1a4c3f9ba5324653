//! The websocket: reads client frames, asks the session for batches, writes them with a deadline, closes with a reason.
//!
//! Everything a peer can make us hold is bounded here: message and buffer sizes, frames a second, the time to take one
//! frame, the silence of a dead peer.

use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use wire::close::{self, CloseCode};
use wire::frame::{ClientFrame, SUBPROTOCOL_BIN, SUBPROTOCOL_JSON};

use super::query::CursorQuery;
use crate::auth::Reader;
use crate::http::problem::Fault;
use crate::hub::limits::{
    CLIENT_FRAME_BYTES_MAX, CLIENT_FRAMES_PER_S, CLOSE_GRACE, DEAD_AFTER, PING, RECHECK,
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
    let upgrade = upgrade.map_err(|refused| {
        Fault::new(
            StatusCode::UPGRADE_REQUIRED,
            "websocket-only",
            "This address speaks websocket",
            format!(
                "Open it as a websocket, or use /api/v1/live for server-sent events: {refused}."
            ),
        )
    })?;
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
    );
    Ok(upgrade.on_upgrade(move |socket| async move {
        Connection { app, reader, seat, session, encoding, socket, budget: Budget::new() }
            .serve()
            .await;
    }))
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The peer went, or said goodbye.
    Gone,
    /// We close it, with a reason.
    Close(CloseCode, Option<String>),
}

impl From<CloseCode> for End {
    fn from(code: CloseCode) -> Self {
        Self::Close(code, None)
    }
}

/// Client frames of the running second.
#[derive(Debug)]
struct Budget {
    since: Instant,
    n_frames: u32,
}

impl Budget {
    fn new() -> Self {
        Self { since: Instant::now(), n_frames: 0 }
    }

    fn spend(&mut self) -> Result<(), End> {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::new();
        }
        self.n_frames += 1;
        if self.n_frames > CLIENT_FRAMES_PER_S {
            let detail = format!("at most {CLIENT_FRAMES_PER_S} frames a second");
            return Err(End::Close(close::TOO_MANY_FRAMES, Some(detail)));
        }
        Ok(())
    }
}

struct Connection {
    app: App,
    reader: Reader,
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
        if let End::Close(code, detail) = end {
            tracing::debug!(code = code.code, name = code.name, "closing a live session");
            metrics::counter!("talaia_live_closed_total", "name" => code.name).increment(1);
            self.close(code, detail.as_deref()).await;
        }
    }

    async fn run(&mut self) -> Result<std::convert::Infallible, End> {
        let hello = self.session.hello(self.app.clock.now());
        self.write(&[hello.into()]).await?;
        let mut heartbeat = every(self.app.hub.limits().heartbeat);
        let mut recheck = every(RECHECK);
        let mut ping = every(PING);
        let mut heard = Instant::now();
        loop {
            self.send_what_is_there().await?;
            tokio::select! {
                biased;
                () = self.seat.revoked() => return Err(close::UNAUTHORIZED.into()),
                () = self.app.hub.stopped() => return Err(close::GOING_AWAY.into()),
                _ = recheck.tick() => self.recheck().await?,
                message = self.socket.recv() => {
                    heard = Instant::now();
                    self.take(message)?;
                }
                _ = heartbeat.tick() => {
                    let frame = self.session.heartbeat(self.app.clock.now());
                    self.write(&[frame.into()]).await?;
                }
                _ = ping.tick() => {
                    if heard.elapsed() > DEAD_AFTER {
                        return Err(End::Gone);
                    }
                    self.write_message(Message::Ping(bytes::Bytes::new())).await?;
                    self.flush().await?;
                }
                () = self.session.changed() => {}
            }
        }
    }

    /// Sends batch after batch until nothing is left to send now.
    async fn send_what_is_there(&mut self) -> Result<(), End> {
        let mut checked = Instant::now();
        while let Some(batch) = self.session.next_batch(&self.app.worlds) {
            self.write(&batch).await?;
            if checked.elapsed() >= RECHECK {
                // A slow line can keep us here for long: rights are asked again all the same.
                self.recheck().await?;
                checked = Instant::now();
            }
        }
        Ok(())
    }

    async fn recheck(&mut self) -> Result<(), End> {
        if self.reader.still_holds(&self.app).await {
            return Ok(());
        }
        Err(close::UNAUTHORIZED.into())
    }

    async fn write(&mut self, batch: &[std::sync::Arc<Encoded>]) -> Result<(), End> {
        for frame in batch {
            self.write_message(frame.message(self.encoding)).await?;
        }
        self.flush().await
    }

    /// Hands one message to the socket; ends when the client takes nothing for too long, or lost its rights meanwhile.
    async fn write_message(&mut self, message: Message) -> Result<(), End> {
        let deadline = self.app.hub.limits().write_deadline;
        if self.seat.is_revoked() {
            return Err(close::UNAUTHORIZED.into());
        }
        tokio::select! {
            biased;
            () = self.seat.revoked() => Err(close::UNAUTHORIZED.into()),
            written = timeout(deadline, self.socket.feed(message)) => outcome(written),
        }
    }

    async fn flush(&mut self) -> Result<(), End> {
        let deadline = self.app.hub.limits().write_deadline;
        tokio::select! {
            biased;
            () = self.seat.revoked() => Err(close::UNAUTHORIZED.into()),
            written = timeout(deadline, self.socket.flush()) => outcome(written),
        }
    }

    fn take(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let bad = |detail: String| End::Close(close::BAD_REQUEST, Some(detail));
        let frame = match message {
            None | Some(Ok(Message::Close(_))) => return Err(End::Gone),
            Some(Err(cause)) => return Err(broken(&cause)),
            Some(Ok(Message::Text(text))) => {
                self.budget.spend()?;
                if self.encoding == Encoding::Bin {
                    return Err(bad("talaia.v1.bin takes binary frames".to_owned()));
                }
                serde_json::from_str(&text).map_err(|cause| bad(cause.to_string()))?
            }
            Some(Ok(Message::Binary(bytes))) => {
                self.budget.spend()?;
                if self.encoding == Encoding::Json {
                    return Err(bad("talaia.v1.json takes text frames".to_owned()));
                }
                wire::codec::decode_client(&bytes).map_err(|cause| bad(cause.to_string()))?
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return self.budget.spend(),
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

fn outcome(
    written: Result<Result<(), axum::Error>, tokio::time::error::Elapsed>,
) -> Result<(), End> {
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_broken)) => Err(End::Gone),
        Err(_late) => Err(close::CONSUMER_TOO_SLOW.into()),
    }
}

/// What a failed read means: too large a message is the client's mistake; the rest is a connection that ended.
fn broken(cause: &axum::Error) -> End {
    let text = cause.to_string();
    if text.contains("too long") || text.contains("too big") || text.contains("UTF-8") {
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

    #[test]
    fn the_twenty_first_frame_of_a_second_is_one_too_many() {
        let mut budget = Budget::new();
        assert!((0..CLIENT_FRAMES_PER_S).all(|_| budget.spend().is_ok()));
        assert!(budget.spend().is_err());
    }
}
