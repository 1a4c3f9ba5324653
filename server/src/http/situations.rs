//! `GET /api/v1/situations` and `/api/v1/situations/{id}`: what of the live reports belongs together.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::situation::SituationId;
use wire::api::{SituationList, SituationWhole};

use super::asked::Asked;
use super::problem::Fault;
use crate::state::App;

/// `GET /api/v1/situations[?mode=]`
pub(super) async fn list(
    State(app): State<App>,
    Asked { mode, reader }: Asked,
) -> Result<Json<SituationList>, Fault> {
    let clearance = reader.clearance;
    let situations =
        tokio::task::spawn_blocking(move || app.worlds.read(mode).situations(clearance))
            .await
            .map_err(Fault::internal)?;
    Ok(Json(SituationList { situations }))
}

/// `GET /api/v1/situations/{id}[?mode=]`
pub(super) async fn one(
    State(app): State<App>,
    Asked { mode, reader }: Asked,
    Path(id): Path<String>,
) -> Result<Json<SituationWhole>, Fault> {
    let id = SituationId(id.parse().map_err(|_bad| none())?);
    let world = app.worlds.read(mode);
    let situation = world.situation(id, reader.clearance).ok_or_else(none)?;
    let reports = world.situation_reports(id);
    let ties = world.ties(id);
    Ok(Json(SituationWhole { situation, reports, ties }))
}

/// There is no such situation.
pub(super) fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "There is no situation with this number in this mode, or it ended more than a day ago.",
    )
}
