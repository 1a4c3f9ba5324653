//! `GET /api/v1/eyes`: what the room sees with, and where it has no eyes.

use axum::Json;
use axum::extract::State;
use wire::eyes::EyesView;
use wire::view::Mode;

use super::params::Params;
use super::problem::Fault;
use crate::auth::Reader;
use crate::state::App;

/// `GET /api/v1/eyes[?mode=]`
pub(super) async fn all(
    State(app): State<App>,
    reader: Reader,
    mut params: Params,
) -> Result<Json<EyesView>, Fault> {
    let mode: Option<Mode> = params.read("mode", "live or exercise")?;
    params.end()?;
    let mode = reader.mode(mode)?;
    let now = app.clock.now();
    let rows = app.store.sources().await?;
    let of_mode = rows.into_iter().filter(|row| row.mode == mode);
    let sources = of_mode.map(|row| app.sources.status(&row, now)).collect();
    let eyes = tokio::task::spawn_blocking(move || app.worlds.read(mode).eyes(now))
        .await
        .map_err(Fault::internal)?;
    Ok(Json(EyesView { sources, ..eyes }))
}
