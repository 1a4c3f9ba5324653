//! Posting: one batch at a time, in order, until the server has answered for every line of it.
//!
//! A batch is sent again with the same bytes after a failure: ids are the partner's own or follow from the content, so
//! what had arrived is folded and nothing doubles.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rand::Rng as _;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode, Url};
use wire::api::{Problem, Receipt};

use super::feature::Line;

/// How long a server may stay away before the replay gives up: long enough for a restart with a rebuild.
const AWAY_MAX: Duration = Duration::from_mins(10);
/// The first pause after a failure; doubled up to [`PAUSE_MAX_MS`], each drawn at random up to it (full jitter).
const PAUSE_MS: u64 = 250;
/// The longest pause between tries.
const PAUSE_MAX_MS: u64 = 15_000;
/// A server asking for more than this is treated as away this long.
const RETRY_AFTER_MAX_S: u64 = 300;
/// A request may take this long: a full batch on a slow disk.
const REQUEST_MAX: Duration = Duration::from_mins(1);
/// An answer is read up to here: ten thousand refusals with their details.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// What the server said of everything sent so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Stored.
    pub accepted: u64,
    /// Known already.
    pub folded: u64,
    /// Refused, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// One detail for each reason, as an example.
    pub examples: BTreeMap<String, String>,
    /// Batches that had to be sent again.
    pub sent_again: u64,
}

impl Tally {
    /// How many rows were refused.
    pub fn n_rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Rows that have an answer.
    pub fn answered(&self) -> u64 {
        self.accepted + self.folded + self.n_rejected()
    }

    /// Counts one refusal.
    pub fn reject(&mut self, reason: &str, detail: String) {
        *self.rejected.entry(reason.to_owned()).or_default() += 1;
        self.examples.entry(reason.to_owned()).or_insert(detail);
    }
}

/// The door of the server, with the partner's key.
pub(super) struct Door {
    client: Client,
    reports: Url,
    health: Url,
    key: String,
}

/// What one try gave.
enum Answer {
    Receipt(Receipt),
    Again { after: Option<Duration>, why: String },
    TooLarge(String),
    Never(String),
}

impl Door {
    /// A door at `to`, which may end with a slash or not.
    pub(super) fn new(to: &str, key: &str) -> Result<Self, String> {
        let base: Url = format!("{}/", to.trim_end_matches('/')).parse().map_err(|cause| {
            format!("--to {to} is no address such as http://127.0.0.1:8080: {cause}")
        })?;
        let join = |path: &str| {
            base.join(path).map_err(|cause| format!("--to {to} is no base address: {cause}"))
        };
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) || key.is_empty() {
            return Err("--key is empty or holds characters no key has".to_owned());
        }
        let client = crate::source::guard::builder()
            .timeout(REQUEST_MAX)
            // A key must not follow a redirect to another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|cause| format!("cannot start an HTTP client: {cause}"))?;
        Ok(Self {
            client,
            reports: join("api/v1/reports")?,
            health: join("healthz")?,
            key: key.to_owned(),
        })
    }

    /// The name the server gives itself.
    pub(super) async fn server_name(&self) -> Result<String, String> {
        let answer = self
            .client
            .get(self.health.clone())
            .send()
            .await
            .map_err(|cause| format!("cannot reach {}: {}", self.health, root_cause(&cause)))?;
        let body: serde_json::Value = answer.json().await.map_err(|_cause| {
            format!(
                "{} does not say the server's name, so --mode live cannot be confirmed",
                self.health
            )
        })?;
        body.get("name").and_then(serde_json::Value::as_str).map(str::to_owned).ok_or_else(|| {
            format!(
                "{} does not say the server's name, so --mode live cannot be confirmed",
                self.health
            )
        })
    }

    /// Sends a batch and waits until the server has answered for it. `wait` is told each pause and its reason.
    pub(super) async fn send(
        &self,
        lines: &[Line],
        tally: &mut Tally,
        wait: &mut (impl FnMut(Duration, &str) + Send),
    ) -> Result<(), String> {
        // Batches the server finds too large are halved: its limits may be set below the defaults.
        let mut queue = vec![lines];
        while let Some(batch) = queue.pop() {
            if batch.is_empty() {
                continue;
            }
            match self.until_answered(batch, tally, wait).await? {
                Ok(receipt) => count(tally, batch.len() as u64, receipt)?,
                Err(detail) if batch.len() == 1 => tally.reject("too-large", detail),
                Err(_halve) => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    queue.push(second);
                    queue.push(first);
                }
            }
        }
        Ok(())
    }

    async fn until_answered(
        &self,
        batch: &[Line],
        tally: &mut Tally,
        wait: &mut (impl FnMut(Duration, &str) + Send),
    ) -> Result<Result<Receipt, String>, String> {
        let body = bytes::Bytes::from(pack(batch)?);
        let mut ceiling_ms = PAUSE_MS;
        let mut away = Duration::ZERO;
        loop {
            match self.try_once(body.clone()).await {
                Answer::Receipt(receipt) => return Ok(Ok(receipt)),
                Answer::TooLarge(detail) => return Ok(Err(detail)),
                Answer::Never(why) => return Err(why),
                Answer::Again { after, why } => {
                    let jitter = Duration::from_millis(rand::rng().random_range(0..=ceiling_ms));
                    let pause = after.map_or(jitter, |after| after + jitter / 8);
                    ceiling_ms = (ceiling_ms * 2).min(PAUSE_MAX_MS);
                    if away >= AWAY_MAX {
                        return Err(format!(
                            "gave up after {} s: {why}; run the same command again, what has arrived will be folded",
                            away.as_secs()
                        ));
                    }
                    // At least a little, so that a server that fails at once cannot hold us here for ever.
                    away += pause.max(Duration::from_millis(PAUSE_MS));
                    tally.sent_again += 1;
                    wait(pause, &why);
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    async fn try_once(&self, body: bytes::Bytes) -> Answer {
        let sent = self
            .client
            .post(self.reports.clone())
            .bearer_auth(&self.key)
            .header("content-type", "application/x-ndjson")
            .header("content-encoding", "gzip")
            .body(body)
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(cause) => return Answer::Again { after: None, why: root_cause(&cause) },
        };
        let status = answer.status();
        let after = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok())
            .map(|seconds| Duration::from_secs(seconds.min(RETRY_AFTER_MAX_S)));
        let bytes = match crate::source::guard::read_body(answer, ANSWER_BYTES_MAX).await {
            Ok(bytes) => bytes,
            // The answer was cut: whether it was stored is unknown, and sending again folds what was.
            Err(cause) => return Answer::Again { after, why: cause },
        };
        match status {
            StatusCode::CREATED
            | StatusCode::MULTI_STATUS
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::OK => match serde_json::from_slice(&bytes) {
                Ok(receipt) => Answer::Receipt(receipt),
                Err(_not_a_receipt) => Answer::Never(sentence(status, &bytes)),
            },
            StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge(sentence(status, &bytes)),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::INSUFFICIENT_STORAGE
            | StatusCode::BAD_GATEWAY
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR => {
                Answer::Again { after, why: sentence(status, &bytes) }
            }
            _ => Answer::Never(sentence(status, &bytes)),
        }
    }
}

/// Adds a receipt to the tally; a receipt that does not add up is an error, since a row would be lost unseen.
fn count(tally: &mut Tally, sent: u64, receipt: Receipt) -> Result<(), String> {
    let answered = receipt.accepted + receipt.folded + receipt.rejected.len() as u64;
    if answered != sent {
        return Err(format!("the server answered for {answered} of {sent} reports sent"));
    }
    tally.accepted += receipt.accepted;
    tally.folded += receipt.folded;
    for refusal in receipt.rejected {
        tally.reject(&refusal.reason, refusal.detail);
    }
    Ok(())
}

/// The batch as NDJSON in gzip.
fn pack(batch: &[Line]) -> Result<Vec<u8>, String> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(batch.len() * 64), Compression::fast());
    let packed = batch.iter().try_for_each(|line| {
        gzip.write_all(&line.json)?;
        gzip.write_all(b"\n")
    });
    packed.and_then(|()| gzip.finish()).map_err(|cause| format!("cannot pack a batch: {cause}"))
}

/// What a refusal says, in one sentence for a person.
fn sentence(status: StatusCode, bytes: &[u8]) -> String {
    match serde_json::from_slice::<Problem>(bytes) {
        Ok(problem) => {
            let fields: Vec<String> = problem
                .errors
                .iter()
                .take(3)
                .map(|field| format!("{} {}", field.pointer, field.detail))
                .collect();
            let fields =
                if fields.is_empty() { String::new() } else { format!(" ({})", fields.join("; ")) };
            format!(
                "the server answered {} {}: {}{fields}",
                status.as_u16(),
                problem.kind,
                problem.detail
            )
        }
        Err(_not_a_problem) => format!("the server answered {status}"),
    }
}

/// The innermost cause, which names what went wrong; the outer ones repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("no answer from the server: {cause}")
}
