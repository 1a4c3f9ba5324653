//! The map under the map: a PMTiles file served by ranges, a style elsewhere, or the outlines inside the program.

mod answer;
pub mod get;
mod header;

use axum::Router;
use axum::routing::get;

use crate::config::Config;
use crate::state::App;

/// `GET /api/v1/basemap`, `/basemap/tiles.pmtiles` and the styles.
pub fn routes() -> Router<App> {
    Router::new().route("/api/v1/basemap", get(answer::basemap))
}

/// The hosts a configured style needs in the content security policy (`connect-src` and `img-src`); empty otherwise.
pub fn csp_hosts(config: &Config) -> Vec<String> {
    let _ = config;
    Vec::new()
}
