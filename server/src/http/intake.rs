//! Intake: `POST /api/v1/reports`, `/observations` and `/advisories/cap`. The answer comes after the entries are on disk.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::entry::Body as Entry;
use serde::Serialize;
use wire::api::{FieldError, Problem, Receipt, Rejected};
use wire::desk::TickName;
use wire::id::ReportId;

use super::body::{self, Incoming};
use super::problem::{Fault, PROBLEM_JSON};
use crate::auth::{Scope, Sender};
use crate::letters::{self, Kind};
use crate::normalise::{self, BadBody, Batch, Context, Form, Packing};
use crate::pipeline::{Fate, Outcome, Submission, Tied};
use crate::state::App;
use crate::why::{BodyRefusal, Items, Sent};
use crate::withdraw::withdraw;

/// Below this many bytes understanding takes less time than handing it to another thread, and what comes of a body is held
/// without a place.
const AT_ONCE_BYTES: usize = 16 << 10;
/// Refusals with pointers in one answer: enough to see the pattern, and the receipt names them all.
const ERRORS_MAX: usize = 100;

/// What editors on some systems write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

type Understand = fn(&[u8], Form, &Context<'_>) -> Result<Batch, BadBody>;

/// What an address takes.
#[derive(Clone, Copy)]
struct Taken {
    scope: Scope,
    form: fn(&HeaderMap) -> Result<Form, Fault>,
    understand: Understand,
    /// What is kept of it when it is refused.
    kind: Kind,
}

/// `POST /api/v1/reports`
pub(super) async fn reports(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let taken = Taken {
        scope: Scope::Reports,
        form: body::reports_form,
        understand: normalise::reports,
        kind: Kind::Report,
    };
    answered(&app, &sender, &headers, body, taken).await
}

/// `POST /api/v1/observations`
pub(super) async fn observations(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let taken = Taken {
        scope: Scope::Observations,
        form: body::observations_form,
        understand: normalise::observations,
        kind: Kind::Observation,
    };
    answered(&app, &sender, &headers, body, taken).await
}

/// `POST /api/v1/advisories/cap`: one message.
pub(super) async fn advisory(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let taken = Taken {
        scope: Scope::Advisories,
        form: body::message_form,
        understand: normalise::advisory,
        kind: Kind::Advisory,
    };
    answered(&app, &sender, &headers, body, taken).await
}

async fn answered(
    app: &App,
    sender: &Sender,
    headers: &HeaderMap,
    body: Body,
    taken: Taken,
) -> Result<Response, Fault> {
    let answer = take(sender.of(app.clone()), sender, headers, body, taken).await;
    sender.told(app, answer)
}

impl Taken {
    fn is_of_sensors(&self) -> bool {
        self.kind == Kind::Observation
    }

    /// What is remembered of a body. Reports are no device's, and what they say stays where it is sealed.
    fn sent(&self, form: Form, n_bytes: usize, batch: &Batch, plain: Bytes) -> Sent {
        let is_shown = self.is_of_sensors();
        let items = if is_shown { Items::Body(form, plain) } else { Items::None };
        Sent::body(if is_shown { DIALECT } else { "" }, n_bytes, batch, &items)
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
    sender: &Sender,
    headers: &HeaderMap,
    body: Body,
    taken: Taken,
) -> Result<Response, Fault> {
    let away = |fault: &Fault, items: &Items| {
        if taken.is_of_sensors() {
            turned_away(&app, sender, fault, items);
        }
    };
    sender.needs(taken.scope)?;
    let form = (taken.form)(headers).inspect_err(|fault| away(fault, &Items::None))?;
    let packing = body::packing(headers).inspect_err(|fault| away(fault, &Items::None))?;
    let limits = &app.config.limits;
    let stall = Duration::from_millis(limits.body_stall_ms);
    let mut body = Incoming::new(headers, body, limits.body_bytes_max, stall)
        .await
        .inspect_err(|fault| away(fault, &Items::None))?;
    // Before a place is taken: those who send in drops must not take them all.
    body.first(AT_ONCE_BYTES).await.inspect_err(|fault| away(fault, &Items::None))?;
    // Held until the batch is understood, so that bodies in memory are bounded; the line on the wire is the queue.
    // A partner's own places first: one that sends many and slowly waits for itself.
    let own = sender.budget.places.acquire().await.map_err(Fault::internal)?;
    let place = app.gate.bodies.acquire().await.map_err(Fault::internal)?;
    let bytes = body.rest().await.inspect_err(|fault| away(fault, &Items::None))?;
    let n_bytes = bytes.len();
    // What is packed is not unpacked again to show it.
    let as_sent = (packing == Packing::None).then(|| bytes.clone());
    let shown = || as_sent.clone().map_or(Items::None, |plain| Items::Body(form, plain));
    let (batch, plain) = understood(&app, sender, bytes, form, packing, taken.understand)
        .await
        .inspect_err(|fault| away(fault, &shown()))?;
    drop((place, own));
    sender.spend_items(batch.len(), &app).inspect_err(|fault| away(fault, &Items::None))?;
    let sent = Arc::new(taken.sent(form, n_bytes, &batch, plain.clone()));
    let reasons = batch.reasons();
    count(sender, &reasons);
    let Batch { bodies, mut rejected, mut errors } = batch;
    let known: BTreeSet<u64> = rejected.iter().map(|item| item.index).collect();
    let places = (0..).filter(|index| !known.contains(index));
    let (bodies, places, taken_back) = parted(bodies.into_iter().zip(places));
    let submission = Submission {
        source: sender.source,
        mode: sender.mode,
        bodies,
        rejected: reasons,
        bytes: plain.len(),
        area: sender.area,
        sent,
        tied: Tied::default(),
    };
    let outcome = handed_in(&app, submission, taken_back).await?;
    rejected.extend(outcome.refused.iter().map(|item| Rejected {
        index: places.get(item.index).copied().unwrap_or_default(),
        id: item.observation.as_ref().map(|one| one.datastream.clone()),
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
    if !rejected.is_empty() {
        rejected = buried(&app, sender, plain, (form, taken.kind), rejected).await?;
    }
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

/// Hands in what is to be taken in, and takes back what is to be taken back.
async fn handed_in(
    app: &App,
    submission: Submission,
    taken_back: Vec<ReportId>,
) -> Result<Outcome, Fault> {
    let source = submission.source;
    let mut outcome = app.intake.submit(submission).await?;
    if !taken_back.is_empty() {
        let done = withdraw(app, Some(source), taken_back).await?;
        let n_done = done.count(Fate::Gone) + done.count(Fate::Held);
        outcome.accepted += n_done;
        outcome.folded += done.fates.len() as u64 - n_done;
        outcome.seq = outcome.seq.max(done.seq);
    }
    Ok(outcome)
}

/// What is to be taken in, with the place of each in the body, and the reports that are taken back.
fn parted(items: impl Iterator<Item = (Entry, u64)>) -> (Vec<Entry>, Vec<u64>, Vec<ReportId>) {
    let (mut bodies, mut places, mut taken_back) = (Vec::new(), Vec::new(), Vec::new());
    for (body, place) in items {
        if let Entry::Erased(id) = body {
            taken_back.push(id);
        } else {
            bodies.push(body);
            places.push(place);
        }
    }
    (bodies, places, taken_back)
}

/// Keeps what was refused for a day. The body is walked once more for it: on another thread where it is large.
async fn buried(
    app: &App,
    sender: &Sender,
    plain: Bytes,
    (form, kind): (Form, Kind),
    rejected: Vec<Rejected>,
) -> Result<Vec<Rejected>, Fault> {
    let max = app.config.limits.dead_letters_max;
    let small = plain.len() <= AT_ONCE_BYTES;
    let work = move || (letters::of_body(&plain, form, kind, &rejected, max), rejected);
    let (dead, rejected) = if small {
        work()
    } else {
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?
    };
    letters::keep(app, (sender.source, &sender.source_id, sender.mode), dead).await;
    Ok(rejected)
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
) -> Result<(Batch, Bytes), Fault> {
    let now = app.clock.now();
    let config = Arc::clone(&app.config);
    let id_key = Arc::clone(&app.id_key);
    let Sender { source, source_id, mode, area: key_area, .. } = sender.clone();
    let small = bytes.len() <= AT_ONCE_BYTES && packing == Packing::None;
    let work = move || -> Result<(Batch, Bytes), BadBody> {
        let plain = match normalise::unpack(&bytes, packing, &config.limits)? {
            Cow::Borrowed(_) => bytes.clone(),
            Cow::Owned(plain) => Bytes::from(plain),
        };
        let mark = if plain.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let plain = plain.slice(mark..);
        let context = Context {
            source,
            source_id: &source_id,
            id_key: &id_key,
            mode,
            now,
            area: config.area,
            key_area,
            limits: &config.limits,
        };
        Ok((understand(&plain, form, &context)?, plain))
    };
    let done = if small {
        work()
    } else {
        tokio::task::spawn_blocking(work).await.map_err(Fault::internal)?
    };
    Ok(done?)
}

fn count(sender: &Sender, reasons: &BTreeMap<String, u64>) {
    for (reason, n) in reasons {
        metrics::counter!("talaia_items_rejected_total", "mode" => sender.mode.word(), "reason" => reason.clone())
            .increment(*n);
    }
}
