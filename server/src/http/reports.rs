//! `GET /api/v1/reports` and `/api/v1/reports/{id}`: reports as their reader may see them, newest first.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::world::{Found, ReportFilter};
use wire::api::{CollectionTag, FoundPage, ReportPage};
use wire::id::ReportId;

use super::asked_reports::Asked;
use super::leaves;
use super::params::{Params, wrong};
use super::picture::GEO_JSON;
use super::problem::Fault;
use crate::auth::Seen;

/// Reports a page when none is asked for.
const LIMIT: usize = 100;
/// Reports a page at most: about a megabyte.
const LIMIT_MAX: usize = 1_000;
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

/// `GET /api/v1/reports?q=&bbox=&since=&until=&hazard=&hazards=&kind=&source_id=&verification=&place=&window=&cursor=&limit=[&mode=]`
pub(super) async fn list(
    Seen { app, reader, .. }: Seen,
    mut params: Params,
) -> Result<Response, Fault> {
    if let Some(cluster) = params.read("cluster", "the id of a cluster of the picture")? {
        return leaves::page(app, reader, params, cluster).await;
    }
    let before_seq = params.read("cursor", CURSOR)?;
    let limit = limit(&mut params)?;
    let asked = Asked::of(&mut params, &reader)?;
    params.end()?;
    let filter = ReportFilter { before_seq, limit, ..asked.filter };
    let bytes = tokio::task::spawn_blocking(move || {
        let tag = CollectionTag::FeatureCollection;
        let world = app.worlds.read(asked.mode);
        let Some(sought) = asked.sought else {
            let (features, next) = world.reports(&filter, reader.clearance);
            drop(world);
            let next = next.map(|seq| seq.to_string());
            return serde_json::to_vec(&ReportPage { tag, features, next });
        };
        let Found { features, next, matched } = world.search(&sought, &filter, reader.clearance);
        drop(world);
        let next = next.map(|seq| seq.to_string());
        serde_json::to_vec(&FoundPage { tag, features, next, matched })
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
