//! Intake: `POST /api/v1/reports` and `POST /api/v1/observations`. The answer comes after the entries are on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use wire::api::{FieldError, Problem, Receipt, Rejected};
use wire::desk::TickName;

use super::body::{self, Incoming};
use super::problem::{Fault, PROBLEM_JSON};
use crate::auth::{Scope, Sender};
use crate::normalise::{self, BadBody, Batch, Context, Form, Packing};
use crate::pipeline::Submission;
use crate::state::App;
use crate::why::{BodyRefusal, Items, Sent};

/// Below this many bytes understanding takes less time than handing it to another thread, and what comes of a body is held
/// without a place.
const AT_ONCE_BYTES: usize = 16 << 10;
/// Refusals with pointers in one answer: enough to see the pattern, and the receipt names them all.
const ERRORS_MAX: usize = 100;

type Understand = fn(&[u8], Form, &Context<'_>) -> Result<Batch, BadBody>;

/// `POST /api/v1/reports`
pub(super) async fn reports(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    sender.needs(Scope::Reports)?;
    let form = body::reports_form(&headers)?;
    take(app, sender, &headers, body, Road { form, of_sensors: false }).await
}

/// `POST /api/v1/observations`
pub(super) async fn observations(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    sender.needs(Scope::Observations)?;
    let road = |form| Road { form, of_sensors: true };
    let form = body::observations_form(&headers).inspect_err(|fault| {
        turned_away(&app, &sender, fault, &Items::None);
    })?;
    take(app, sender, &headers, body, road(form)).await
}

/// What kind of items come, and in which form.
#[derive(Debug, Clone, Copy)]
struct Road {
    form: Form,
    of_sensors: bool,
}

impl Road {
    fn understand(self) -> Understand {
        if self.of_sensors { normalise::observations } else { normalise::reports }
    }

    /// What is remembered of a body. Reports are no device's, and what they say stays where it is sealed.
    fn sent(self, n_bytes: usize, batch: &Batch, plain: Option<Bytes>) -> Sent {
        let items = plain.filter(|_| self.of_sensors);
        let items = items.map_or(Items::None, |plain| Items::Body(self.form, plain));
        Sent::body(if self.of_sensors { DIALECT } else { "" }, n_bytes, batch, &items)
    }
}

/// What this road is called at the partner desk.
const DIALECT: &str = "rest";

/// Remembers that a whole request was turned away, for whoever asks why a sensor is not on the map.
fn turned_away(app: &App, sender: &Sender, fault: &Fault, items: &Items) {
    let problem = &fault.problem;
    if problem.status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
        sender.turned_away("too-many-requests", &problem.detail);
        return;
    }
    let (reason, detail) = match problem.errors.first() {
        Some(error) => (error.reason.as_str(), error.detail.as_str()),
        None => (problem.kind.as_str(), problem.detail.as_str()),
    };
    let tick = match problem.status {
        403 => TickName::Key,
        500.. => TickName::Disk,
        _ => TickName::Parsed,
    };
    app.attempts.body(sender.source, DIALECT, BodyRefusal { tick, reason, detail, items });
}

async fn take(
    app: App,
    sender: Sender,
    headers: &HeaderMap,
    body: Body,
    road: Road,
) -> Result<Response, Fault> {
    let away = |fault: &Fault, items: &Items| {
        if road.of_sensors {
            turned_away(&app, &sender, fault, items);
        }
    };
    let packing = body::packing(headers)?;
    let limits = &app.config.limits;
    let stall = Duration::from_millis(limits.body_stall_ms);
    let mut body = Incoming::new(headers, body, limits.body_bytes_max, stall)
        .await
        .inspect_err(|fault| away(fault, &Items::None))?;
    // Before a place is taken: those who send in drops must not take them all.
    body.first(AT_ONCE_BYTES).await?;
    // Held until the batch is understood, so that bodies in memory are bounded; the line on the wire is the queue.
    let place = app.gate.bodies.acquire().await.map_err(Fault::internal)?;
    let bytes = body.rest().await.inspect_err(|fault| away(fault, &Items::None))?;
    let n_bytes = bytes.len();
    // What is packed is not unpacked again to show it.
    let plain = (packing == Packing::None).then(|| bytes.clone());
    let shown = || plain.clone().map_or(Items::None, |plain| Items::Body(road.form, plain));
    let batch = understood(&app, &sender, bytes, road.form, packing, road.understand())
        .await
        .inspect_err(|fault| away(fault, &shown()))?;
    drop(place);
    app.gate
        .spend_items(sender.source, batch.len())
        .map_err(|wait_s| {
            let n = app.config.limits.reports_per_s;
            let detail = format!("{n} items a second are taken from one partner");
            crate::auth::too_many(&detail, wait_s)
        })
        .inspect_err(|fault| away(fault, &Items::None))?;
    let sent = Arc::new(road.sent(n_bytes, &batch, plain));
    let reasons = batch.reasons();
    count(&sender, &reasons);
    let Batch { bodies, mut rejected, mut errors } = batch;
    let given = bodies.len();
    let outcome = app
        .intake
        .submit(Submission {
            source: sender.source,
            mode: sender.mode,
            bodies,
            rejected: reasons,
            sent,
        })
        .await?;
    let known: BTreeSet<u64> = rejected.iter().map(|item| item.index).collect();
    let places: Vec<u64> = (0..).filter(|index| !known.contains(index)).take(given).collect();
    rejected.extend(outcome.refused.iter().map(|item| Rejected {
        index: places.get(item.index).copied().unwrap_or_default(),
        id: None,
        reason: item.reason.to_owned(),
        detail: item.detail.clone(),
    }));
    errors.extend(outcome.refused.iter().map(|item| FieldError {
        index: places.get(item.index).copied(),
        pointer: String::new(),
        reason: item.reason.to_owned(),
        detail: item.detail.clone(),
    }));
    errors.sort_by_key(|error| error.index);
    rejected.sort_by_key(|item| item.index);
    let given = outcome.accepted + outcome.folded;
    let receipt = Receipt {
        epoch: String::from(&*outcome.epoch),
        seq: outcome.seq,
        accepted: outcome.accepted,
        folded: outcome.folded,
        rejected,
    };
    if receipt.rejected.is_empty() {
        return Ok(json(StatusCode::CREATED, &receipt));
    }
    if given > 0 {
        return Ok(json(StatusCode::MULTI_STATUS, &receipt));
    }
    errors.truncate(ERRORS_MAX);
    let problem = Problem {
        kind: "all-rejected".to_owned(),
        title: "No item was accepted".to_owned(),
        status: StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
        detail: "Every item was rejected; `errors` names the fields to mend.".to_owned(),
        errors,
    };
    let mut answer = json(StatusCode::UNPROCESSABLE_ENTITY, &Refused { receipt, problem });
    answer.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
    Ok(answer)
}

/// A receipt that is also a problem: both readers find what they look for.
#[derive(Serialize)]
struct Refused {
    #[serde(flatten)]
    receipt: Receipt,
    #[serde(flatten)]
    problem: Problem,
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    (status, axum::Json(body)).into_response()
}

async fn understood(
    app: &App,
    sender: &Sender,
    bytes: Bytes,
    form: Form,
    packing: Packing,
    understand: Understand,
) -> Result<Batch, Fault> {
    let now = app.clock.now();
    let config = Arc::clone(&app.config);
    let id_key = Arc::clone(&app.id_key);
    let Sender { source, source_id, mode, .. } = sender.clone();
    let small = bytes.len() <= AT_ONCE_BYTES && packing == Packing::None;
    let work = move || -> Result<Batch, BadBody> {
        let plain = normalise::unpack(&bytes, packing, &config.limits)?;
        let context = Context {
            source,
            source_id: &source_id,
            id_key: &id_key,
            mode,
            now,
            area: config.area,
            limits: &config.limits,
        };
        understand(plain.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&plain), form, &context)
    };
    let batch = if small {
        work()
    } else {
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?
    };
    Ok(batch?)
}

fn count(sender: &Sender, reasons: &BTreeMap<String, u64>) {
    for (reason, n) in reasons {
        metrics::counter!("talaia_items_rejected_total", "mode" => sender.mode.word(), "reason" => reason.clone())
            .increment(*n);
    }
}
