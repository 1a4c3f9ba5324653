//! The websocket: reads client frames, keeps its line alive, waits for a slow client within limits, closes with a reason.
//!
//! Everything a peer can make us hold is bounded here: message and buffer sizes, the time to take one frame, the silence
//! of a dead peer. A peer that sends more than its share is read more slowly (`budget.rs`); everything else goes on.

use std::pin::pin;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use futures_util::future::OptionFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::close::{self, CloseCode};
use wire::frame::{ClientFrame, SUBPROTOCOL_BIN, SUBPROTOCOL_JSON, ServerFrame};

use super::budget::{Budget, NeverRests};
use super::delivery::Served;
use super::line::{Line, Standing};
use super::pipe::Pipe;
use super::query::CursorQuery;
use super::upgrade::{Bare, Upgrade};
use crate::auth::Reader;
use crate::http::problem::Fault;
use crate::hub::limits::{
    CLIENT_FRAME_BYTES_MAX, CLIENT_FRAMES_PER_S, CLOSE_GRACE, DEAD_AFTER, PING, SOCKET_BUFFER_BYTES,
};
use crate::hub::{Encoded, Encoding, Refusal, Seat, Session};
use crate::state::App;

/// A close reason on the wire is at most this long (RFC 6455: 125 bytes with the code).
const REASON_BYTES_MAX: usize = 123;

/// An empty ping (RFC 6455, 5.5.2).
const EMPTY_PING: &[u8] = &[0x89, 0];

/// `GET /live`.
pub(super) async fn open(
    State(app): State<App>,
    reader: Reader,
    query: Result<Query<CursorQuery>, QueryRejection>,
    upgrade: Result<Upgrade, Response>,
) -> Result<Response, Fault> {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(refused) => return Ok(refused),
    };
    let Query(query) = query.map_err(|bad| Fault::field("", "query", bad.body_text()))?;
    let resume = query.resume()?;
    let seat = super::enter(&app, &reader)?;
    let (upgrade, protocol) = upgrade.protocols([SUBPROTOCOL_BIN, SUBPROTOCOL_JSON]);
    let bin = protocol.as_ref().is_some_and(|chosen| chosen == SUBPROTOCOL_BIN);
    let encoding = if bin { Encoding::Bin } else { Encoding::Json };
    let session = Session::new(
        Arc::clone(&app.hub),
        Arc::clone(&app.epoch),
        reader.clearance,
        reader.modes.clone(),
        resume,
    )
    .compact(bin);
    Ok(upgrade.accept(protocol, move |bare| connection(app, seat, session, encoding, bare)))
}

/// What serves a socket. Made without waiting, so that its task holds the connection once and nothing else.
fn connection(
    app: App,
    seat: Seat,
    session: Session,
    encoding: Encoding,
    Bare { stream, early }: Bare,
) -> impl Future<Output = ()> {
    let limits = WebSocketConfig::default()
        .max_message_size(Some(CLIENT_FRAME_BYTES_MAX))
        .max_frame_size(Some(CLIENT_FRAME_BYTES_MAX))
        .read_buffer_size(SOCKET_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(CLIENT_FRAME_BYTES_MAX);
    let beat_due = Instant::now() + app.hub.limits().heartbeat;
    let line = Arc::new(Line::new(stream, encoding, seat, session, beat_due));
    let pipe = Pipe(Arc::clone(&line));
    // What came early lies in the framework's large buffer: copied, so that it is not kept.
    let socket =
        WebSocketStream::from_partially_read(pipe, early.to_vec(), Role::Server, Some(limits));
    line.say(|session| session.hello(app.clock.now()));
    let served = app.lines.enter(Arc::clone(&line));
    let budget = Budget::new(Instant::now(), app.hub.limits().haste);
    // Nothing is waited for: the handshake is over.
    let connection = socket.now_or_never().map(|socket| {
        let mut connection = Connection { app, line, _served: served, encoding, socket, budget };
        // A block and no method that takes it: what is handed to an async method lies in the task twice.
        async move {
            let end = connection.run().await;
            connection.end(end).await;
        }
    });
    OptionFuture::from(connection).map(drop)
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
    line: Arc<Line>,
    _served: Served,
    encoding: Encoding,
    socket: WebSocketStream<Pipe>,
    budget: Budget,
}

impl Connection {
    /// Says goodbye, if there is anything to say.
    async fn end(&mut self, end: End) {
        self.line.end();
        match end {
            End::Gone => {}
            // The library has the answer ready and hands it over with the next flush; gone already is as good.
            End::Goodbye => {
                let goodbye = async {
                    if self.socket.flush().await.is_ok() {
                        self.drain().await;
                    }
                };
                drop(timeout(CLOSE_GRACE, goodbye).await);
            }
            End::Close(code, detail) => {
                tracing::debug!(code = code.code, name = code.name, "closing a live session");
                metrics::counter!("talaia_live_closed_total", "name" => code.name).increment(1);
                self.close(code, detail.as_deref()).await;
            }
        }
    }

    /// Serves until it ends, and says why.
    async fn run(&mut self) -> End {
        match self.turns().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn turns(&mut self) -> Result<std::convert::Infallible, End> {
        let (mut revoked, mut stopped) = (pin!(self.line.revoked()), pin!(self.app.hub.stopped()));
        let patience = self.app.hub.limits().write_deadline;
        let mut heard = Instant::now();
        let mut ping_at = heard + PING;
        let mut alarm = pin!(sleep_until(ping_at));
        loop {
            let now = Instant::now();
            let blocked = match self.line.standing() {
                Standing::Clear => None,
                Standing::Blocked(since) => Some(since + patience),
                Standing::Over => return Err(End::Gone),
            };
            if blocked.is_some_and(|until| until <= now) {
                return Err(close::CONSUMER_TOO_SLOW.into());
            }
            if ping_at <= now {
                if now.duration_since(heard) > DEAD_AFTER {
                    return Err(End::Gone);
                }
                ping_at = now + PING;
                if blocked.is_none() {
                    self.line.say_raw(EMPTY_PING);
                }
            }
            let unread_until = self.budget.rests_until(now);
            let next = [blocked, unread_until].into_iter().flatten().fold(ping_at, Instant::min);
            if alarm.deadline() != next {
                alarm.as_mut().reset(next);
            }
            tokio::select! {
                biased;
                () = &mut revoked => return Err(close::UNAUTHORIZED.into()),
                () = &mut stopped => return Err(close::GOING_AWAY.into()),
                () = self.line.writable(), if blocked.is_some() => self.line.send_on(&self.app.worlds),
                message = self.socket.next(), if unread_until.is_none() && blocked.is_none() => {
                    heard = Instant::now();
                    self.take(message)?;
                }
                () = self.line.left() => {}
                () = &mut alarm => {}
            }
        }
    }

    fn take(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
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
            _ => return Ok(()),
        };
        match frame {
            ClientFrame::View(view) => {
                let looked = self.line.ask(&self.app.worlds, |session| session.look(view));
                looked.map_err(|refusal| match &refusal {
                    Refusal::BadView(detail) => bad(detail.clone()),
                    Refusal::Forbidden(_) => {
                        End::Close(close::FORBIDDEN, Some(refusal.to_string()))
                    }
                })
            }
            ClientFrame::Ping => {
                let now = self.app.clock.now();
                self.line
                    .say(|session| Encoded::new(ServerFrame::Heartbeat(session.heartbeat(now))));
                Ok(())
            }
        }
    }

    /// Waits until all that was said is written.
    async fn drain(&self) {
        while !self.line.drained() {
            self.line.writable().await;
        }
    }

    /// Says why, and gives the peer a moment to hear it.
    async fn close(&mut self, code: CloseCode, detail: Option<&str>) {
        let reason = reason(code, detail).into();
        let frame = CloseFrame { code: code.code.into(), reason };
        let goodbye = async {
            // A peer that is gone cannot be told.
            if self.socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
            self.drain().await;
            while let Some(Ok(_)) = self.socket.next().await {}
        };
        if timeout(CLOSE_GRACE, goodbye).await.is_err() {
            tracing::debug!(code = code.code, "the peer did not take the close");
        }
    }
}

/// What a failed read means: what is no websocket frame, no UTF-8 or too large is the client's mistake; the rest is a
/// connection that ended.
fn broken(cause: &Error) -> End {
    match cause {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) => {
            End::Close(close::BAD_REQUEST, Some(cause.to_string()))
        }
        _ => End::Gone,
    }
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
