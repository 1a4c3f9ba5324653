//! `/api/v1/operations`: under what posts of social networks are kept. No log, no operation: each act is a line in the room's log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use wire::geo::Bbox;
use wire::time::Timestamp;
use wire::view::Mode;

use super::problem::Fault;
use crate::auth::{Reader, Role};
use crate::operations::{
    self, Act, Doing, Operation, OperationKind, OperationState, Person, Wish, armed_by,
};
use crate::state::App;

/// An operation as it is told: who did what stands in the log.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    id: u64,
    mode: Mode,
    kind: OperationKind,
    state: OperationState,
    purpose: String,
    authority: String,
    basis: String,
    area: Bbox,
    words: Vec<String>,
    from: Timestamp,
    to: Timestamp,
    asked: Done,
    approved: Option<Done>,
    ended: Option<Done>,
    /// Of one that runs: until when, as it stands.
    runs_until: Option<Timestamp>,
    /// Of a standing one: what arms it now.
    armed_by: Option<String>,
    runs: Vec<RunTold>,
}

#[derive(Debug, Serialize)]
struct Done {
    at: Timestamp,
    role: String,
}

#[derive(Debug, Serialize)]
struct RunTold {
    started: Done,
    armed_by: String,
    until: Timestamp,
    ratified: Option<Done>,
    ended: Option<Done>,
}

/// All of them.
#[derive(Debug, Serialize)]
pub(super) struct List {
    operations: Vec<Told>,
}

impl From<Act> for Done {
    fn from(act: Act) -> Self {
        Self { at: act.at, role: act.role }
    }
}

fn told(app: &App, operation: Operation) -> Told {
    let now = app.clock.now();
    let is_standing = operation.kind == OperationKind::Standing;
    let armed_by = is_standing.then(|| armed_by(app, &operation)).flatten();
    let (state, runs_until) = (operation.state(now), operation.running_until(now));
    let runs = operation.runs.into_iter().map(|run| RunTold {
        until: run.until(),
        started: run.started.into(),
        armed_by: run.armed_by,
        ratified: run.ratified.map(Done::from),
        ended: run.ended.map(Done::from),
    });
    Told {
        id: operation.id,
        mode: operation.mode,
        kind: operation.kind,
        state,
        purpose: operation.purpose,
        authority: operation.authority,
        basis: operation.basis,
        area: operation.area,
        words: operation.words,
        from: operation.from,
        to: operation.to,
        asked: operation.asked.into(),
        approved: operation.approved.map(Done::from),
        ended: operation.ended.map(Done::from),
        runs_until,
        armed_by,
        runs: runs.collect(),
    }
}

/// `GET /api/v1/operations`: for analysts and above.
pub(super) async fn list(State(app): State<App>, reader: Reader) -> Result<Json<List>, Fault> {
    person(&reader, Role::Analyst)?;
    let all = app.operations.all();
    Ok(Json(List { operations: all.into_iter().map(|one| told(&app, one)).collect() }))
}

/// `POST /api/v1/operations`: asked for by a duty officer.
pub(super) async fn ask(
    State(app): State<App>,
    reader: Reader,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Told>), Fault> {
    let person = person(&reader, Role::DutyOfficer)?;
    let wish: Wish = serde_json::from_slice(&bytes).map_err(|cause| {
        let detail = format!(
            "{cause}. An operation is {{\"kind\":\"once\",\"purpose\":\"…\",\"authority\":\"…\",\"basis\":\"…\",\"area\":[2.0,41.3,2.3,41.5],\"words\":[\"aigua\"],\"to\":\"2026-11-28T20:00:00Z\"}}."
        );
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not an operation", detail)
    })?;
    reader.mode(wish.mode)?;
    // In a task of its own: who hangs up in the middle must not leave what is held behind the disk.
    let work = tokio::spawn(async move {
        let asked = operations::ask(&app, wish, person).await?;
        Ok((StatusCode::CREATED, Json(told(&app, asked))))
    });
    work.await.map_err(Fault::internal)?
}

/// `POST /api/v1/operations/{id}/{act}`: `approve`, `start`, `ratify` or `end`.
pub(super) async fn act(
    State(app): State<App>,
    reader: Reader,
    Path((id, act)): Path<(String, String)>,
) -> Result<Json<Told>, Fault> {
    let none = |detail: &str| Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail);
    let (doing, least) = match act.as_str() {
        "approve" => (Doing::Approve, Role::DutyOfficer),
        "start" => (Doing::Start, Role::DutyOfficer),
        "ratify" => (Doing::Ratify, Role::DutyOfficer),
        // Whoever weighs posts may say that it is enough.
        "end" => (Doing::End, Role::Analyst),
        _ => {
            return Err(none(
                "An operation is approved, started, ratified or ended: POST …/approve, …/start, …/ratify, …/end.",
            ));
        }
    };
    let person = person(&reader, least)?;
    let id = id
        .parse()
        .map_err(|_bad| none("There is no such operation: GET /api/v1/operations names them."))?;
    let work = tokio::spawn(async move {
        let done = operations::act_on(&app, id, doing, person).await?;
        Ok(Json(told(&app, done)))
    });
    work.await.map_err(Fault::internal)?
}

fn person(reader: &Reader, least: Role) -> Result<Person, Fault> {
    let (Some(role), Some(name)) = (reader.role, reader.principal.strip_prefix("operator:")) else {
        return Err(Fault::forbidden(
            "operators-only",
            "Keys do not decide",
            "Operations are signed by a person: sign in with POST /api/v1/session.",
        ));
    };
    if role < least {
        return Err(Fault::forbidden(
            "role-too-low",
            "The role may not do this",
            format!("This takes the role {least} or above; yours is {role}."),
        ));
    }
    Ok(Person { name: name.to_owned(), role: role.word().to_owned() })
}
