//! `GET /api/v1/places`: find a place, or name a point.

use axum::Json;
use engine::gazetteer::{Gazetteer, Hit};
use engine::limits::FOUND_MAX;
use wire::geo::LngLat;
use wire::place::{PlaceView, PlacesView};

use super::params::{Params, wrong};
use super::problem::Fault;
use crate::auth::Seen;

/// Longest search, in characters: an address.
const SEARCH_MAX: usize = 200;

/// `GET /api/v1/places?q=&near=lng,lat&limit=` or `?at=lng,lat`
pub(super) async fn find(
    Seen { app, .. }: Seen,
    mut params: Params,
) -> Result<Json<PlacesView>, Fault> {
    let said = params.text("q");
    let at = position(&mut params, "at")?;
    let near = position(&mut params, "near")?;
    let limit = params.read("limit", "a whole number from 1 to 20")?.unwrap_or(FOUND_MAX);
    params.end()?;
    if !(1..=FOUND_MAX).contains(&limit) {
        return Err(wrong("limit", "limit must be a whole number from 1 to 20"));
    }
    if said.as_ref().is_some_and(|said| said.chars().count() > SEARCH_MAX) {
        return Err(wrong("q", "q may have 200 characters"));
    }
    let gazetteer = app.gazette.now();
    let version = gazetteer.as_ref().map(|gazetteer| gazetteer.version().to_owned());
    // Coordinates are read without an import, too.
    let places = tokio::task::spawn_blocking(move || {
        let empty;
        let gazetteer = if let Some(gazetteer) = &gazetteer {
            gazetteer.as_ref()
        } else {
            empty = Gazetteer::new("", Vec::new()).map_err(Fault::internal)?;
            &empty
        };
        match (said, at) {
            (Some(said), None) => {
                let hits = gazetteer.find(&said, near, limit).into_iter();
                Ok(hits.map(|hit| view(hit, None)).collect())
            }
            (None, Some(at)) => {
                let around = gazetteer.around(at).into_iter().take(limit);
                Ok(around.map(|(hit, off_m)| view(hit, Some(off_m.round() as u32))).collect())
            }
            _ => Err(wrong("q", "give q to find a place, or at=lng,lat to name a point")),
        }
    });
    let places: Vec<PlaceView> = places.await.map_err(Fault::internal)??;
    Ok(Json(PlacesView { version, places }))
}

/// A parameter that is a longitude and a latitude.
fn position(params: &mut Params, name: &str) -> Result<Option<LngLat>, Fault> {
    let Some(said) = params.text(name) else { return Ok(None) };
    let place = said.split_once(',').and_then(|(lng, lat)| {
        LngLat::new(lng.trim().parse().ok()?, lat.trim().parse().ok()?).ok()
    });
    let must = || wrong(name, &format!("{name} must be lng,lat in degrees"));
    place.map(Some).ok_or_else(must)
}

fn view(hit: Hit, distance_m: Option<u32>) -> PlaceView {
    PlaceView {
        kind: hit.kind.word().to_owned(),
        name: hit.name,
        within: hit.within,
        geometry: hit.at,
        radius_m: hit.radius_m,
        id: hit.id,
        distance_m,
    }
}
