//! `GET /api/v1/connections`: all sources with how they are, and one sentence above them.

use axum::Json;
use axum::extract::State;
use wire::desk::Connections;

use super::super::params::Params;
use super::super::problem::Fault;
use crate::auth::DeskUser;
use crate::desk;
use crate::state::App;

/// `GET /api/v1/connections[?mode=]`
pub(super) async fn all(
    State(app): State<App>,
    user: DeskUser,
    mut params: Params,
) -> Result<Json<Connections>, Fault> {
    let mode = params.mode()?;
    params.end()?;
    let mode = user.mode(mode)?;
    Ok(Json(desk::connections(&app, mode, user.source).await?))
}
