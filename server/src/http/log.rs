//! `GET /api/v1/log` and `GET /api/v1/alarms`: what was decided, and what asks for an answer.

use axum::Json;
use axum::extract::State;
use wire::api::{AlarmList, LogList};

use super::asked::Asked;
use super::params::Params;
use super::problem::Fault;
use crate::auth::Reader;
use crate::state::App;

/// Lines in one answer, unless it asks for fewer or more.
const LIMIT: usize = 100;
/// And at most.
const LIMIT_MAX: usize = 1_000;

/// `GET /api/v1/log[?mode=][&before=][&limit=]`
pub(super) async fn lines(
    State(app): State<App>,
    reader: Reader,
    mut params: Params,
) -> Result<Json<LogList>, Fault> {
    let mode = params.mode()?;
    let before: Option<u64> = params.read("before", "a number of a line")?;
    let limit: Option<usize> = params.read("limit", "a whole number from 1 to 1,000")?;
    params.end()?;
    let mode = reader.mode(mode)?;
    let limit = limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let (lines, next) = app.worlds.read(mode).log(before, limit, reader.clearance);
    Ok(Json(LogList { lines, next }))
}

/// `GET /api/v1/alarms[?mode=]`
pub(super) async fn alarms(
    State(app): State<App>,
    Asked { mode, reader }: Asked,
) -> Json<AlarmList> {
    Json(AlarmList { alarms: app.worlds.read(mode).alarms(reader.clearance) })
}
