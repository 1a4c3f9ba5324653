//! Server-sent events: the same frames for places where websockets are blocked, as JSON or, with `form=bin`, as base64 of
//! what the compact subprotocol sends, so that a program that reads those needs no second way of reading.
//!
//! The view is in the address; another view is another request. `id:` is `EPOCH:SEQ`, given with every frame that is a
//! cursor (totals and heartbeats), so that `Last-Event-ID` alone names from where to go on.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use wire::frame::ServerFrame;
use wire::view::Mode;

use super::query::{CursorQuery, FormQuery, ViewQuery};
use crate::auth::Reader;
use crate::http::problem::Fault;
use crate::hub::{Encoded, Encoding, Refusal, Resume, Seat, Session};
use crate::state::App;

/// How long an `EventSource` waits before it comes again, in milliseconds.
const RETRY_MS: u32 = 2_000;

/// `GET /api/v1/live`.
pub(super) async fn open(
    State(app): State<App>,
    reader: Reader,
    view: Result<Query<ViewQuery>, QueryRejection>,
    cursor: Result<Query<CursorQuery>, QueryRejection>,
    form: Result<Query<FormQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let bad = |bad: QueryRejection| Fault::field("", "query", bad.body_text());
    let Query(view) = view.map_err(bad)?;
    let Query(cursor) = cursor.map_err(bad)?;
    let Query(form) = form.map_err(bad)?;
    let encoding = form.encoding()?;
    let default_mode = reader.modes.first().copied().unwrap_or(Mode::Live);
    let view = view.view(default_mode)?;
    let resume = match headers.get("last-event-id") {
        Some(id) => Some(last_event(id.to_str().unwrap_or_default())?),
        None => cursor.resume()?,
    };
    // Before the look, which has tiles made: who is told to come later must cost nothing.
    let seat = super::enter(&app, &reader)?;
    let (hub, epoch) = (Arc::clone(&app.hub), Arc::clone(&app.epoch));
    let mut session = Session::new(hub, epoch, reader.clearance, reader.modes.clone(), resume);
    let hello = session.hello(app.clock.now());
    session.look(view).map_err(|refusal| match refusal {
        Refusal::BadView(detail) => Fault::field("/bbox", "not-served", format!("{detail}.")),
        Refusal::Forbidden(_) => {
            Fault::forbidden("wrong-mode", "Not this mode", format!("{refusal}."))
        }
    })?;
    // One chunk ahead of the socket and no more: a slow reader holds back the session, not the memory.
    let (chunks, body) = mpsc::channel::<Bytes>(1);
    let stream = Stream { app, seat, session, encoding, chunks };
    tokio::spawn(stream.serve(hello));
    let body = futures_util::stream::unfold(body, |mut body| async move {
        body.recv().await.map(|chunk| (Ok::<_, Infallible>(chunk), body))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies such as nginx gather answers unless told not to.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

fn last_event(id: &str) -> Result<Resume, Fault> {
    id.rsplit_once(':')
        .and_then(|(epoch, seq)| Some(Resume { epoch: epoch.to_owned(), seq: seq.parse().ok()? }))
        .ok_or_else(|| {
            Fault::field(
                "",
                "last-event-id",
                "Last-Event-ID is the id of an event of this stream: EPOCH:SEQ.",
            )
        })
}

/// Why a stream ends.
struct End;

struct Stream {
    app: App,
    seat: Seat,
    session: Session,
    encoding: Encoding,
    chunks: mpsc::Sender<Bytes>,
}

impl Stream {
    async fn serve(mut self, hello: Encoded) {
        // Either way the body ends here, and the client comes again with its last id.
        let Err(End) = self.run(hello).await;
    }

    async fn run(&mut self, hello: Encoded) -> Result<Infallible, End> {
        self.write(format!("retry: {RETRY_MS}\n{}", self.event(&hello))).await?;
        let mut heartbeat = every(self.app.hub.limits().heartbeat);
        let (mut revoked, mut stopped) = (pin!(self.seat.revoked()), pin!(self.app.hub.stopped()));
        loop {
            while let Some(batch) = self.session.next_batch(&self.app.worlds) {
                let text: String = batch.iter().map(|frame| self.event(frame)).collect();
                self.write(text).await?;
            }
            tokio::select! {
                biased;
                () = &mut revoked => return Err(End),
                () = &mut stopped => return Err(End),
                () = self.chunks.closed() => return Err(End),
                _ = heartbeat.tick() => {
                    let beat = self.session.heartbeat(self.app.clock.now());
                    let frame = Encoded::new(ServerFrame::Heartbeat(beat));
                    self.write(self.event(&frame)).await?;
                }
                () = self.session.changed() => {}
            }
        }
    }

    fn event(&self, frame: &Encoded) -> String {
        let cursor = match frame.frame() {
            ServerFrame::Totals(totals) => Some(totals.seq),
            // Before the first totals a heartbeat names nothing the client could hold.
            ServerFrame::Heartbeat(heartbeat) if self.session.is_settled() => Some(heartbeat.seq),
            _ => None,
        };
        let id = cursor.map(|seq| format!("id: {}:{seq}\n", self.app.epoch)).unwrap_or_default();
        match self.encoding {
            Encoding::Json => format!("{id}data: {}\n\n", frame.json()),
            Encoding::Bin => {
                let payload = frame.payload(Encoding::Bin);
                format!("{id}data: {}\n\n", BASE64_STANDARD.encode(payload))
            }
        }
    }

    async fn write(&mut self, text: String) -> Result<(), End> {
        let deadline = self.app.hub.limits().write_deadline;
        if self.seat.is_revoked() {
            return Err(End);
        }
        tokio::select! {
            biased;
            () = self.seat.revoked() => Err(End),
            sent = timeout(deadline, self.chunks.send(text.into())) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_gone)) => Err(End),
                Err(_late) => Err(End),
            },
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}
