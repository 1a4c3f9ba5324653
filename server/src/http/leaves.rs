//! `GET /api/v1/reports?cluster=`: the reports of a cluster, newest first, so that every number opens the list behind it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::world::LeavesFilter;
use wire::api::{CollectionTag, ReportPage};
use wire::grade::HazardSet;
use wire::id::ClusterId;
use wire::view::Window;

use super::params::Params;
use super::picture::GEO_JSON;
use super::problem::Fault;
use super::reports;
use crate::auth::Reader;
use crate::state::App;

/// A page of reports. It is asked for with the window and hazards of the picture that counts them.
pub(super) async fn page(
    app: App,
    reader: Reader,
    mut params: Params,
    id: ClusterId,
) -> Result<Response, Fault> {
    let window = params.read("window", "15m, 1h, 2h, 24h, all or open")?.unwrap_or(Window::All);
    let hazards = params.hazards()?.map_or(HazardSet::ALL, |hazards| hazards.into_iter().collect());
    let before_seq = params.read("cursor", reports::CURSOR)?;
    let limit = reports::limit(&mut params)?;
    let mode = params.mode()?;
    params.end()?;
    let mode = reader.mode(mode)?;
    let filter = LeavesFilter { window, hazards, before_seq, limit };
    let bytes = tokio::task::spawn_blocking(move || {
        let world = app.worlds.read(mode);
        let page = world.leaves(id, &filter, reader.clearance);
        drop(world);
        page.map(|(features, next)| {
            let tag = CollectionTag::FeatureCollection;
            serde_json::to_vec(&ReportPage { tag, features, next: next.map(|seq| seq.to_string()) })
        })
    })
    .await
    .map_err(Fault::internal)?
    .ok_or_else(none)?
    .map_err(Fault::internal)?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, GEO_JSON)], bytes).into_response())
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "There is no such cluster now, in this window and for these hazards: ask for the picture again.",
    )
}
