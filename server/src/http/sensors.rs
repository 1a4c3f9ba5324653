//! `GET /api/v1/sensors/latest`: the newest value of every datastream, with place, unit, age and status, in one call.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use wire::geo::Bbox;
use wire::sensor::LatestSensors;

use super::params::{Params, wrong};
use super::problem::Fault;
use crate::auth::Seen;

/// Datastreams of one page, when fewer are not asked for: a city's, and some five megabytes.
const LIMIT: usize = 10_000;

/// `GET /api/v1/sensors/latest[?bbox=&source=&mode=&limit=&cursor=]`
pub(super) async fn latest(
    Seen { app, reader, .. }: Seen,
    mut params: Params,
) -> Result<Response, Fault> {
    let bbox: Option<Bbox> = params.read("bbox", "west,south,east,north in degrees")?;
    let from: u32 = params.read("cursor", super::reports::CURSOR)?.unwrap_or_default();
    let source = params.text("source");
    let limit = params.read("limit", "a whole number from 1 to 10000")?.unwrap_or(LIMIT);
    let mode = params.mode()?;
    params.end()?;
    if !(1..=LIMIT).contains(&limit) {
        return Err(wrong("limit", "limit must be a whole number from 1 to 10000"));
    }
    let mode = reader.mode(mode)?;
    let source = match source {
        Some(id) => Some(super::passports::source_key(&app, &id, mode).await?),
        None => None,
    };
    let at = app.clock.now();
    // Writing ten thousand of them is work for a core; the World is let go before that.
    let bytes = tokio::task::spawn_blocking(move || {
        let (sensors, next) = app.worlds.read(mode).latest(bbox.as_ref(), source, from, limit, at);
        let next = next.map(|number| number.to_string());
        serde_json::to_vec(&LatestSensors { mode, at, sensors, next })
    })
    .await
    .map_err(Fault::internal)?
    .map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}
