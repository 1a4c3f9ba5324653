//! `GET /api/v1/sources`: how fresh each source is, and what became of all it sent.

use axum::Json;
use axum::extract::State;
use wire::api::SourceList;
use wire::source::SourceTold;

use super::params::Params;
use super::problem::Fault;
use crate::auth::Reader;
use crate::state::App;
use crate::store::SourceRow;

/// `GET /api/v1/sources`
pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    params: Params,
) -> Result<Json<SourceList>, Fault> {
    params.end()?;
    let now = app.clock.now();
    let rows = app.store.sources().await?;
    let seen = rows.into_iter().filter(|row| reader.sees(row.mode));
    let told = |row: SourceRow| SourceTold {
        clock_offset_ms: app.worlds.read(row.mode).clock_offset_ms(row.key),
        status: app.sources.status(&row, now),
    };
    Ok(Json(SourceList { sources: seen.map(told).collect() }))
}
