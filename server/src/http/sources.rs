//! `GET /api/v1/sources`: how fresh each source is, and what became of all it sent. `GET /api/v1/test-lane`: what a test key tried.

use axum::Json;
use serde::Serialize;
use wire::api::SourceList;
use wire::source::SourceTold;
use wire::time::Timestamp;

use super::params::Params;
use super::problem::Fault;
use crate::auth::{Reader, Seen};
use crate::pipeline::Try;
use crate::state::App;
use crate::store::SourceRow;

/// `GET /api/v1/sources[?lane=test]`: a test key sees its lane, all others the room's; an operator may ask for the lanes.
pub(super) async fn list(
    Seen { app, reader, is_lane }: Seen,
    mut params: Params,
) -> Result<Json<SourceList>, Fault> {
    let lane = params.text("lane");
    params.end()?;
    let of_lanes = match lane.as_deref() {
        None => is_lane,
        Some("test") if is_lane || reader.role.is_some() => true,
        Some("test") => {
            let detail = "Lanes are seen by their test keys and by operators: leave out lane.";
            return Err(Fault::forbidden("not-entitled", "Not with this key", detail));
        }
        Some(_) => return Err(super::params::wrong("lane", "lane must be test")),
    };
    let now = app.clock.now();
    let rows = app.store.sources().await?;
    let seen = rows.into_iter().filter(|row| {
        let is_own = !is_lane || reader.source == Some(row.key);
        reader.sees(row.mode) && row.is_test_lane() == of_lanes && is_own
    });
    Ok(Json(SourceList { sources: seen.map(|row| told(&app, &reader, &row, now)).collect() }))
}

/// A source as this one may know it.
pub(super) fn told(app: &App, reader: &Reader, row: &SourceRow, now: Timestamp) -> SourceTold {
    SourceTold {
        clock_offset_ms: app.worlds.read(row.mode).clock_offset_ms(row.key),
        status: app.sources.status(row, now),
        paused: app.sources.paused(&row.id, now).map(|paused| paused.told(reader.clearance)),
    }
}

/// What was tried in a lane.
#[derive(Debug, Serialize)]
pub(super) struct Tries {
    source: String,
    tries: Vec<Try>,
}

/// `GET /api/v1/test-lane[?source=]`: the newest tries of a lane first; a test key its own, an operator any.
pub(super) async fn lane(
    Seen { app, reader, .. }: Seen,
    mut params: Params,
) -> Result<Json<Tries>, Fault> {
    let asked = params.text("source");
    params.end()?;
    let rows = app.store.sources().await?;
    let row = rows.into_iter().find(|row| match (reader.source, &asked) {
        (Some(own), _) => row.key == own && row.is_test_lane(),
        (None, Some(id)) => row.id == *id && row.is_test_lane(),
        (None, None) => false,
    });
    let row = row.ok_or_else(|| {
        super::params::wrong("source", "name a lane, such as test:NAME, or ask with its test key")
    })?;
    let tries = app.lanes.known(row.key).map(|lane| lane.tries()).unwrap_or_default();
    Ok(Json(Tries { source: row.id, tries }))
}
