//! `/live` and its event-stream fallback: the door of the hub.

use axum::Router;

use crate::state::App;

/// The live routes.
pub fn routes() -> Router<App> {
    Router::new()
}
