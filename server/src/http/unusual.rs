//! `GET /api/v1/unusual`: where more is reported than is usual, and where everybody fell silent at once.

use axum::Json;
use axum::extract::State;
use wire::unusual::UnusualList;
use wire::view::Mode;

use super::params::Params;
use super::problem::Fault;
use crate::auth::Reader;
use crate::state::App;

/// `GET /api/v1/unusual[?mode=]`
pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    mut params: Params,
) -> Result<Json<UnusualList>, Fault> {
    let mode: Option<Mode> = params.read("mode", "live or exercise")?;
    params.end()?;
    let mode = reader.mode(mode)?;
    Ok(Json(app.worlds.read(mode).unusual()))
}
