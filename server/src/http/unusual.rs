//! `GET /api/v1/unusual`: where more is reported than is usual, and where everybody fell silent at once.

use axum::Json;
use axum::extract::State;
use wire::unusual::UnusualList;

use super::asked::Asked;
use crate::state::App;

/// `GET /api/v1/unusual[?mode=]`
pub(super) async fn list(State(app): State<App>, Asked { mode, .. }: Asked) -> Json<UnusualList> {
    Json(app.worlds.read(mode).unusual())
}
