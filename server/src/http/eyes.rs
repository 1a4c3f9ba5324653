//! `GET /api/v1/eyes`: what the room sees with, and where it has no eyes.

use axum::Json;
use axum::extract::State;
use wire::eyes::EyesView;

use super::asked::Asked;
use super::problem::Fault;
use crate::state::App;

/// `GET /api/v1/eyes[?mode=]`
pub(super) async fn all(
    State(app): State<App>,
    Asked { mode, .. }: Asked,
) -> Result<Json<EyesView>, Fault> {
    let now = app.clock.now();
    let rows = app.store.sources().await?;
    let of_mode = rows.into_iter().filter(|row| row.mode == mode);
    let sources = of_mode.map(|row| app.sources.status(&row, now)).collect();
    let eyes = tokio::task::spawn_blocking(move || app.worlds.read(mode).eyes(now))
        .await
        .map_err(Fault::internal)?;
    Ok(Json(EyesView { sources, ..eyes }))
}
