//! `GET /api/v1/reports` and `/api/v1/reports/{id}`: reports as their reader may see them, newest first.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::view::Clearance;
use engine::world::ReportFilter;
use wire::api::{CollectionTag, ReportPage};
use wire::id::ReportId;

use super::leaves;
use super::params::{Params, wrong};
use super::picture::GEO_JSON;
use super::problem::Fault;
use crate::auth::Seen;

/// Reports a page when none is asked for.
const LIMIT: usize = 100;
/// Reports a page at most: about a megabyte.
const LIMIT_MAX: usize = 1_000;
/// Longest search, in characters: a sentence.
const SEARCH_MAX: usize = 200;

/// What the parameter `cursor` must be.
pub(super) const CURSOR: &str = "the `next` of the page before";

/// The parameter `limit` of a page.
pub(super) fn limit(params: &mut Params) -> Result<usize, Fault> {
    let limit = params.read("limit", "a whole number from 1 to 1000")?.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(wrong("limit", "limit must be a whole number from 1 to 1000"))
}

/// `GET /api/v1/reports?bbox=&since=&until=&hazard=&kind=&source_id=&q=&cursor=&limit=[&mode=]`
pub(super) async fn list(
    Seen { app, reader, .. }: Seen,
    mut params: Params,
) -> Result<Response, Fault> {
    if let Some(cluster) = params.read("cluster", "the id of a cluster of the picture")? {
        return leaves::page(app, reader, params, leaves::Of::Cluster(cluster)).await;
    }
    if let Some(place) = params.text("place") {
        if place != "none" {
            return Err(wrong("place", "place must be none: reports without a place"));
        }
        return leaves::page(app, reader, params, leaves::Of::Nowhere).await;
    }
    let filter = ReportFilter {
        bbox: params.read("bbox", "west,south,east,north in degrees")?,
        since: params.read("since", "a time as RFC 3339")?,
        until: params.read("until", "a time as RFC 3339")?,
        hazard: params.read("hazard", "a word of the list in docs/api.md")?,
        kind: params.read("kind", "a word of the list in docs/api.md")?,
        source_id: params.text("source_id"),
        q: params.text("q"),
        before_seq: params.read("cursor", CURSOR)?,
        limit: limit(&mut params)?,
    };
    let mode = params.mode()?;
    params.end()?;
    if filter.q.as_ref().is_some_and(|q| q.chars().count() > SEARCH_MAX) {
        return Err(wrong("q", "q may have 200 characters"));
    }
    // Who may not read the words may not ask for them one by one either.
    if reader.clearance < Clearance::Room && (filter.q.is_some() || filter.source_id.is_some()) {
        return Err(Fault::forbidden(
            "not-entitled",
            "The role may not read this",
            "The role viewer sees no words of reports, so it cannot search them: leave out q and source_id.",
        ));
    }
    let mode = reader.mode(mode)?;
    let bytes = tokio::task::spawn_blocking(move || {
        let (features, next) = app.worlds.read(mode).reports(&filter, reader.clearance);
        let tag = CollectionTag::FeatureCollection;
        serde_json::to_vec(&ReportPage { tag, features, next: next.map(|seq| seq.to_string()) })
    })
    .await
    .map_err(Fault::internal)?
    .map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, GEO_JSON)], bytes).into_response())
}

/// `GET /api/v1/reports/{id}`
pub(super) async fn one(
    Seen { app, reader, .. }: Seen,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Fault> {
    params.end()?;
    let none = || {
        Fault::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "There is no report with this id, or it is not yours to see.",
        )
    };
    let id: ReportId = id.parse().map_err(|_bad| none())?;
    let found = reader
        .modes
        .iter()
        .find_map(|mode| app.worlds.read(*mode).report(id, reader.clearance))
        .ok_or_else(none)?;
    let bytes = serde_json::to_vec(&found).map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, GEO_JSON)], bytes).into_response())
}
