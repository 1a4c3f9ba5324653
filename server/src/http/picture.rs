//! `GET /api/v1/picture`: the clusters of a view, with totals.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use wire::api::{ClusterFeature, CollectionTag, Picture, PointGeometry, PointTag};
use wire::geo::Bbox;
use wire::report::FeatureTag;
use wire::view::{View, Window};

use super::params::{Params, wrong};
use super::problem::Fault;
use crate::auth::Seen;

/// The media type of features.
pub(super) const GEO_JSON: &str = "application/geo+json";

/// `GET /api/v1/picture?bbox=&zoom=[&window=][&mode=][&hazards=]`
pub(super) async fn picture(
    Seen { app, reader, .. }: Seen,
    mut params: Params,
) -> Result<Response, Fault> {
    if params.text("at").is_some() {
        return Err(super::not_built::fault("A picture of a past moment"));
    }
    let bbox: Bbox = params.need("bbox", "west,south,east,north in degrees")?;
    let zoom: f64 = params.need("zoom", "a number from 0 to 24")?;
    let window: Window =
        params.read("window", "15m, 1h, 2h, 24h, all or open")?.unwrap_or(Window::All);
    let mode = params.mode()?;
    let hazards = params.hazards()?;
    params.end()?;
    let mode = reader.mode(mode)?;
    let view = View { bbox, zoom, mode, window, hazards, newest: 0 };
    let cover = view.cover().map_err(|bad| match bad {
        wire::view::BadView::Zoom => wrong("zoom", &bad.to_string()),
        wire::view::BadView::TooManyTiles(_) => wrong("bbox", &bad.to_string()),
    })?;
    // A city at street zoom is thousands of clusters: off the async threads.
    let bytes = tokio::task::spawn_blocking(move || {
        let set = view.hazard_set();
        let (seq, totals, tiles) = {
            let world = app.worlds.read(mode);
            let tiles = world.tiles(view.window, set, cover.tiles());
            (world.head(), world.totals(view.window, set, &cover), tiles)
        };
        let features = tiles.into_iter().flatten().map(|cluster| ClusterFeature {
            tag: FeatureTag::Feature,
            id: cluster.id,
            geometry: PointGeometry {
                tag: PointTag::Point,
                coordinates: [cluster.lng, cluster.lat],
            },
            properties: cluster,
        });
        let tag = CollectionTag::FeatureCollection;
        serde_json::to_vec(&Picture { tag, seq, features: features.collect(), totals })
    })
    .await
    .map_err(Fault::internal)?
    .map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, GEO_JSON)], bytes).into_response())
}
