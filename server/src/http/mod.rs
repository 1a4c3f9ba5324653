//! HTTP: every route on one page.

pub mod live;
pub mod problem;

use axum::Router;
use axum::routing::get;

use crate::state::App;

/// The whole public face: the API, `/live`, the documentation and the app.
pub fn router(app: App) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).merge(live::routes()).with_state(app)
}
