//! Bodies, read under a running limit: what `Content-Length` says is a hint to refuse early, never to trust.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::problem::Fault;
use crate::normalise::{BadBody, Form, Packing};

/// How long a body may take: 4 MiB on a line of 1.2 Mbit/s.
const READ_MAX: Duration = Duration::from_secs(30);
/// How much of a refused body is still read, so that its sender gets to see the answer.
const DRAINED_BYTES_MAX: usize = 32 << 20;
/// How long a refused body is still read.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// A line that is no slower than this is waited for: within each span of `limits.body_stall_ms` so much must come, or all
/// that is left. What comes in drops only holds a connection.
const LEAST_BYTES: usize = 8 << 10;

/// Reads a body of at most `max` bytes.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    max: usize,
    stall: Duration,
) -> Result<Bytes, Fault> {
    Incoming::new(headers, body, max, stall).await?.rest().await
}

/// A body while it comes.
pub(crate) struct Incoming {
    stream: BodyDataStream,
    bytes: BytesMut,
    max: usize,
    stall: Duration,
    came: Came,
}

/// How much of it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Some,
    All,
    TooMuch,
}

impl Incoming {
    /// Refuses what announces more than `max` bytes.
    pub(crate) async fn new(
        headers: &HeaderMap,
        body: Body,
        max: usize,
        stall: Duration,
    ) -> Result<Self, Fault> {
        let announced = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse::<u64>().ok());
        if announced.is_some_and(|n| n > max as u64) {
            drain(body.into_data_stream()).await;
            return Err(too_large(max));
        }
        Ok(Self {
            stream: body.into_data_stream(),
            bytes: BytesMut::new(),
            max,
            stall,
            came: Came::Some,
        })
    }

    /// Waits for the first `n` bytes, or for all if they are fewer.
    pub(super) async fn first(&mut self, n: usize) -> Result<(), Fault> {
        self.read(n).await
    }

    /// Waits for the rest; all of it.
    pub(crate) async fn rest(mut self) -> Result<Bytes, Fault> {
        let (expected, _) = self.stream.size_hint();
        self.bytes.reserve(expected.min(self.max));
        self.read(usize::MAX).await?;
        if self.came == Came::TooMuch {
            drain(self.stream).await;
            return Err(too_large(self.max));
        }
        Ok(self.bytes.freeze())
    }

    async fn read(&mut self, n: usize) -> Result<(), Fault> {
        let ends = Instant::now() + READ_MAX;
        let (mut stalls, mut brought) = (Instant::now() + self.stall, 0);
        while self.came == Came::Some && self.bytes.len() < n {
            let next = timeout_at(stalls.min(ends), self.stream.next()).await;
            let Some(chunk) = next.map_err(|_late| too_slow(self.stall))? else {
                self.came = Came::All;
                break;
            };
            let chunk = chunk.map_err(|cause| {
                Fault::new(
                    StatusCode::BAD_REQUEST,
                    "broken-body",
                    "The body ended too early",
                    "The connection failed while the body was read; nothing was stored: send it again.",
                )
                .because(cause)
            })?;
            if self.bytes.len() + chunk.len() > self.max {
                self.came = Came::TooMuch;
                break;
            }
            self.bytes.extend_from_slice(&chunk);
            brought += chunk.len();
            if brought >= LEAST_BYTES {
                (stalls, brought) = (Instant::now() + self.stall, 0);
            }
        }
        Ok(())
    }
}

fn too_slow(stall: Duration) -> Fault {
    Fault::new(
        StatusCode::REQUEST_TIMEOUT,
        "timeout",
        "The body took too long",
        format!(
            "A body has {} s, and brings {LEAST_BYTES} bytes in each {} s until it is complete; nothing was stored: send less at once.",
            READ_MAX.as_secs(),
            stall.as_secs_f64()
        ),
    )
}

async fn drain(mut stream: BodyDataStream) {
    let mut left = DRAINED_BYTES_MAX;
    let draining = async {
        while let Some(Ok(chunk)) = stream.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // Late or not, the answer follows.
    let _ = tokio::time::timeout(DRAIN_MAX, draining).await;
}

fn too_large(max: usize) -> Fault {
    Fault::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "The body is too large",
        format!("A body may have {max} bytes; nothing was stored: send less at once."),
    )
}

/// The media type without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn unsupported(detail: &str) -> Fault {
    Fault::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-type",
        "The type is not understood",
        detail,
    )
}

/// The form of a body of reports.
pub(super) fn reports_form(headers: &HeaderMap) -> Result<Form, Fault> {
    match media_type(headers).as_deref() {
        Some("application/geo+json" | "application/json") => Ok(Form::Document),
        Some("application/x-ndjson" | "application/ndjson") => Ok(Form::Lines),
        Some("application/geo+json-seq") => Ok(Form::Sequence),
        _ => Err(unsupported(
            "Send application/geo+json, application/json, application/x-ndjson or application/geo+json-seq.",
        )),
    }
}

/// The form of a body of observations.
pub(super) fn observations_form(headers: &HeaderMap) -> Result<Form, Fault> {
    match media_type(headers).as_deref() {
        Some("application/json") => Ok(Form::Document),
        Some("application/x-ndjson" | "application/ndjson") => Ok(Form::Lines),
        Some("text/csv") => Ok(Form::Table),
        _ => Err(unsupported("Send application/json, application/x-ndjson or text/csv.")),
    }
}

/// The form of a body that is an official message.
pub(super) fn message_form(headers: &HeaderMap) -> Result<Form, Fault> {
    match media_type(headers).as_deref() {
        Some("application/cap+xml" | "application/xml" | "text/xml") => Ok(Form::Message),
        _ => Err(unsupported("Send application/cap+xml, application/xml or text/xml.")),
    }
}

/// Refuses all but `application/json`.
pub(super) fn json_only(headers: &HeaderMap) -> Result<(), Fault> {
    match media_type(headers).as_deref() {
        Some("application/json") => Ok(()),
        _ => Err(unsupported("Send application/json.")),
    }
}

/// Refuses all but `text/csv`.
pub(super) fn table_only(headers: &HeaderMap) -> Result<(), Fault> {
    match media_type(headers).as_deref() {
        Some("text/csv") => Ok(()),
        _ => Err(unsupported("Send text/csv.")),
    }
}

/// How the body is packed.
pub(crate) fn packing(headers: &HeaderMap) -> Result<Packing, Fault> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Packing::None) };
    match value.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Packing::None),
        "gzip" | "x-gzip" => Ok(Packing::Gzip),
        _ => Err(unsupported("Only gzip is unpacked: send Content-Encoding: gzip, or none.")),
    }
}

impl From<BadBody> for Fault {
    fn from(bad: BadBody) -> Self {
        let told = bad.to_string();
        match bad {
            BadBody::Json { reason, detail } => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid-json",
                "The body is not valid JSON",
                format!("{detail}; nothing was stored."),
            )
            .at(None, "", reason, &detail),
            BadBody::Shape(detail) => {
                let (pointer, detail) = match detail.split_once(": ") {
                    Some((pointer, rest)) if pointer.starts_with('/') => {
                        (pointer.to_owned(), rest.to_owned())
                    }
                    _ => (String::new(), detail),
                };
                Self::field(&pointer, "wrong_shape", detail)
            }
            BadBody::Gzip(_) => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid-gzip",
                "The body is not valid gzip",
                told,
            ),
            BadBody::TooLarge(_) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", told)
            }
            BadBody::WrongMode { index, .. } => Self::forbidden(
                "wrong-mode",
                "The key is for the other mode",
                told.clone(),
            )
            .at(Some(index), "/properties/mode", "wrong_mode", &told),
        }
    }
}
