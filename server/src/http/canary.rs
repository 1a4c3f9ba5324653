//! The door that the server's own canaries come by (`canary`): read, queued and acknowledged as a partner's report is.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::body::Incoming;
use super::problem::Fault;
use crate::canary::{self, KEY, Said};
use crate::state::App;

/// Far more than one takes.
const BYTES_MAX: usize = 1_024;

pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Fault> {
    if !headers.get(KEY).is_some_and(|key| app.canaries.is_own(key.as_bytes())) {
        // The guard words it as it does for every address where nothing is.
        return Ok(StatusCode::NOT_FOUND);
    }
    let stall = Duration::from_millis(app.config.limits.body_stall_ms);
    let mut body = Incoming::new(&headers, body, BYTES_MAX, stall).await?;
    body.first(BYTES_MAX).await?;
    let place = app.gate.bodies.acquire().await.map_err(Fault::internal)?;
    let said: Said = serde_json::from_slice(&body.rest().await?).map_err(Fault::internal)?;
    drop(place);
    canary::take_in(&app, said).await.map_err(Fault::internal)?;
    Ok(StatusCode::NO_CONTENT)
}
