//! The map under the map: a PMTiles file served by ranges, a style elsewhere, or the outlines that come with the app.

mod answer;
mod area;
pub mod directory;
pub mod file;
pub mod get;
pub mod header;
mod remote;
mod tiles;

use std::path::Path;

use axum::Router;
use axum::routing::get;

use crate::state::App;

/// `GET /api/v1/basemap` and `/basemap/tiles.pmtiles`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/basemap", get(answer::basemap))
        .route(answer::TILES, get(tiles::tiles))
}

/// Whether the setting is an address elsewhere, not a file of ours.
fn is_address(setting: &str) -> bool {
    setting.starts_with("https://") || setting.starts_with("http://")
}

/// What is wrong with the setting, in one sentence: for `config check` and the start-up log.
pub fn check(setting: &str) -> Result<(), String> {
    if is_address(setting) {
        return setting
            .parse::<url::Url>()
            .map(|_url| ())
            .map_err(|cause| format!("basemap: {setting} is no address: {cause}"));
    }
    file::about(Path::new(setting)).map(|_about| ())
}
