//! `GET`, `POST` and `DELETE /api/v1/works`: planned works, during which a sensor is neither late nor silent and rings no alarm.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use engine::entry::Body;
use engine::limits::{WORKS_MS_MAX, WORKS_NAMED_MAX};
use engine::observation::{PlannedWorks, WorksEntry};
use engine::signal;
use wire::desk::{Works, WorksBody, WorksList};
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::arming::pointer;
use super::super::params::Params;
use super::super::problem::Fault;
use crate::auth::DeskUser;
use crate::pipeline::{Submission, TOO_MANY_WORKS};
use crate::state::App;
use crate::store::SourceRow;

/// Works that are over are told for so long.
const TOLD_MS: i64 = 24 * 3_600_000;
/// Bytes of a datastream's name.
const NAME_BYTES_MAX: usize = 800;

/// `GET /api/v1/works[?mode=]`
pub(super) async fn list(
    State(app): State<App>,
    user: DeskUser,
    mut params: Params,
) -> Result<Json<WorksList>, Fault> {
    let mode = params.mode()?;
    params.end()?;
    let mode = user.mode(mode)?;
    let at = app.clock.now();
    let rows = app.store.sources().await?;
    let planned = app.worlds.read(mode).all_planned();
    let mut works: Vec<Works> = planned
        .into_iter()
        .filter(|(_, works, _)| user.sees(works.source) && at.ms_since(works.works.to) < TOLD_MS)
        .filter_map(|(id, works, n)| {
            let row = rows.iter().find(|row| row.key == works.source)?;
            Some(told(id, row, works, n, at))
        })
        .collect();
    works.sort_by_key(|works| (works.to <= at, works.from, works.id));
    Ok(Json(WorksList { mode, at, works }))
}

fn told(id: u64, row: &SourceRow, planned: PlannedWorks, n_sensors: u32, at: Timestamp) -> Works {
    let PlannedWorks { source: _, datastreams, announced_at, works } = planned;
    let signal::Works { from, to, why, who } = works;
    Works {
        id,
        source: row.id.clone(),
        all: datastreams.is_empty(),
        datastreams,
        from,
        to,
        why,
        who,
        announced_at,
        is_now: from <= at && at < to,
        n_sensors,
    }
}

/// `POST /api/v1/works`: answered once it is on disk.
pub(super) async fn announce(
    State(app): State<App>,
    user: DeskUser,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Works>), Fault> {
    let body: WorksBody = serde_json::from_slice(&bytes).map_err(|cause| {
        let detail = format!(
            "{cause}. Works are {{\"source\":\"partner:sewers\",\"all\":true,\"from\":\"2026-11-27T20:00:00Z\",\"to\":\"2026-11-27T23:00:00Z\",\"why\":\"cleaning\",\"who\":\"J. Pons\"}}."
        );
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not planned works", detail)
    })?;
    let rows = app.store.sources().await?;
    let row = match &body.source {
        Some(id) => super::named(&rows, &user, id)?,
        None => user
            .source
            .and_then(|own| rows.iter().find(|row| row.key == own))
            .ok_or_else(|| Fault::field("/source", "missing", "name the source: partner:NAME"))?,
    };
    user.may_plan(row.key)?;
    let mode = user.mode(Some(body.mode.unwrap_or(row.mode)))?;
    if mode != row.mode {
        return Err(super::no_source());
    }
    let now = app.clock.now();
    let works = checked(body, now)?;
    let planned = PlannedWorks { source: row.key, ..works };
    let entry = WorksEntry::Announced(planned);
    let submission = Submission::own(mode, vec![Body::Works(Box::new(entry))]);
    let outcome = app.intake.submit(submission).await?;
    let Some(id) = outcome.first else {
        let detail = "The server holds as many announcements as it has room for: call off some that are over.";
        return Err(Fault::field("", TOO_MANY_WORKS, detail));
    };
    let held = app.worlds.read(mode).all_planned().into_iter().find(|(number, ..)| *number == id);
    let Some((_, planned, n)) = held else {
        return Err(Fault::internal("works that were announced are not held"));
    };
    Ok((StatusCode::CREATED, Json(told(id, row, planned, n, now))))
}

/// What is announced, if it holds together.
fn checked(body: WorksBody, now: Timestamp) -> Result<PlannedWorks, Fault> {
    let WorksBody { datastreams, all, from, to, why, who, source: _, mode: _ } = body;
    let works = signal::Works { from, to, why, who };
    let wrong = |pointer: &str, reason: &str, detail: &str| Fault::field(pointer, reason, detail);
    if let Err(flaws) = works.check() {
        let fault = Fault::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-request",
            "The works do not hold together",
            "Nothing was stored; `errors` names the fields to mend.",
        );
        return Err(flaws.iter().fold(fault, |fault, flaw| {
            fault.at(None, &pointer(&flaw.field), "invalid_works", &flaw.remedy)
        }));
    }
    if to.ms_since(from) > WORKS_MS_MAX {
        return Err(wrong("/to", "too_long", "works may take 92 days: announce them in parts"));
    }
    if to <= now {
        return Err(wrong("/to", "over", "these works are over: name an end that is to come"));
    }
    if all != datastreams.is_empty() {
        let detail = "name datastreams, or say \"all\": true, and not both";
        return Err(wrong("/datastreams", "all_or_some", detail));
    }
    if datastreams.len() > WORKS_NAMED_MAX {
        let detail = "at most 1,000 are named: say \"all\": true, or announce them in parts";
        return Err(wrong("/datastreams", "too_many", detail));
    }
    let bad = |name: &String| name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0');
    if let Some(index) = datastreams.iter().position(bad) {
        let pointer = format!("/datastreams/{index}");
        return Err(wrong(&pointer, "bad_name", "must be a datastream's name, as you send it"));
    }
    let source = engine::entry::SourceKey::SERVER;
    Ok(PlannedWorks { source, datastreams, announced_at: now, works })
}

/// `DELETE /api/v1/works/{id}[?mode=]`: answered 204 once it is on disk.
pub(super) async fn call_off(
    State(app): State<App>,
    user: DeskUser,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<StatusCode, Fault> {
    let mode: Option<Mode> = params.mode()?;
    params.end()?;
    let mode = user.mode(mode)?;
    let none = || {
        let detail = "There are no such works in this mode: GET /api/v1/works names them.";
        Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    };
    let id: u64 = id.parse().map_err(|_bad| none())?;
    let source = app.worlds.read(mode).planned(id).map(|works| works.source).ok_or_else(none)?;
    if !user.sees(source) {
        return Err(none());
    }
    user.may_plan(source)?;
    let entry = Body::Works(Box::new(WorksEntry::CalledOff(id)));
    let outcome = app.intake.submit(Submission::own(mode, vec![entry])).await?;
    // Somebody was faster.
    outcome.first.map(|_seq| StatusCode::NO_CONTENT).ok_or_else(none)
}
