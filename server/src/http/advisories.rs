//! `GET /api/v1/advisories` and `/api/v1/advisories/{id}`: official messages, the newest first.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::advisory::shape::Wanted;
use engine::world::AdvisoryFilter;
use wire::advisory::AdvisoryPage;
use wire::api::CollectionTag;
use wire::geo::{Bbox, LngLat};

use super::params::{Params, wrong};
use super::picture::GEO_JSON;
use super::problem::Fault;
use super::reports::{CURSOR, limit};
use crate::auth::Seen;

/// Languages that one may name: more nobody reads.
const LANGUAGES_MAX: usize = 10;

/// `lang=ca,es`: the dearest first.
fn languages(params: &mut Params) -> Result<Vec<String>, Fault> {
    let text = params.text("lang").unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    if words.len() > LANGUAGES_MAX {
        return Err(wrong("lang", "lang may name ten languages, between commas"));
    }
    Ok(words)
}

/// `polygon=2.1,41.3 2.2,41.3 2.2,41.4`: longitude first, as everywhere but in a message.
fn polygon(text: &str) -> Result<Wanted, Fault> {
    let must_be = || {
        wrong(
            "polygon",
            "polygon must be three corners or more, longitude,latitude in degrees each, with spaces between them",
        )
    };
    let corner = |pair: &str| {
        let (lng, lat) = pair.split_once(',')?;
        LngLat::new(lng.parse().ok()?, lat.parse().ok()?).ok()
    };
    let corners: Option<Vec<LngLat>> = text.split_whitespace().map(corner).collect();
    corners.and_then(|ring| Wanted::of_ring(&ring)).ok_or_else(must_be)
}

/// `GET /api/v1/advisories?bbox=&polygon=&status=&all=&unplaced=&lang=&cursor=&limit=[&mode=]`
pub(super) async fn list(
    Seen { app, reader, .. }: Seen,
    mut params: Params,
) -> Result<Response, Fault> {
    let bbox: Option<Bbox> = params.read("bbox", "west,south,east,north in degrees")?;
    let ring = params.text("polygon").map(|text| polygon(&text)).transpose()?;
    if bbox.is_some() && ring.is_some() {
        return Err(wrong("polygon", "give bbox or polygon: both say which area is meant"));
    }
    let yes_or_no = "true or false";
    let filter = AdvisoryFilter {
        area: bbox.as_ref().map(Wanted::of_bbox).or(ring),
        is_all: params.read("all", yes_or_no)?.unwrap_or(false),
        status: params.read("status", "Actual, Exercise, System, Test or Draft")?,
        unplaced: params.read("unplaced", yes_or_no)?.unwrap_or(false),
        languages: languages(&mut params)?,
        before_seq: params.read("cursor", CURSOR)?,
        limit: limit(&mut params)?,
    };
    let mode = params.mode()?;
    params.end()?;
    let mode = reader.mode(mode)?;
    let bytes = tokio::task::spawn_blocking(move || {
        let atlas = app.geocodes.now();
        let world = app.worlds.read(mode);
        let (features, next) = world.advisories(&filter, reader.clearance, &atlas);
        // The World is let go before it is written.
        drop(world);
        let tag = CollectionTag::FeatureCollection;
        serde_json::to_vec(&AdvisoryPage { tag, features, next: next.map(|seq| seq.to_string()) })
    })
    .await
    .map_err(Fault::internal)?
    .map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, GEO_JSON)], bytes).into_response())
}

/// `GET /api/v1/advisories/{id}[?lang=&mode=]`: whatever its status and state.
pub(super) async fn one(
    Seen { app, reader, .. }: Seen,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<Response, Fault> {
    let languages = languages(&mut params)?;
    let mode = params.mode()?;
    params.end()?;
    let mode = reader.mode(mode)?;
    let none = || {
        Fault::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "There is no advisory with this number in this mode, or it is over for more than a week, or it is not yours to see.",
        )
    };
    let id: u64 = id.parse().map_err(|_bad| none())?;
    let atlas = app.geocodes.now();
    let found = app.worlds.read(mode).advisory(id, &languages, reader.clearance, &atlas);
    let bytes = serde_json::to_vec(&found.ok_or_else(none)?).map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, GEO_JSON)], bytes).into_response())
}
