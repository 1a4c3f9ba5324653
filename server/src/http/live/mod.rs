//! `/live` and its event-stream fallback: the door of the hub. `docs/live.md` is the contract.

mod budget;
pub mod delivery;
mod line;
mod query;
pub mod rights;
mod socket;
mod stream;
mod upgrade;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use super::problem::Fault;
use crate::auth::Reader;
use crate::hub::Seat;
use crate::state::App;

/// Seconds after which a full server may be asked again.
const FULL_RETRY_AFTER_S: u32 = 5;

/// The live routes.
pub fn routes() -> Router<App> {
    Router::new().route("/live", get(socket::open)).route("/api/v1/live", get(stream::open))
}

/// A place for this reader, or the answer that there is none.
fn enter(app: &App, reader: &Reader) -> Result<Seat, Fault> {
    app.hub.enter(&reader.principal, reader.session.as_deref()).ok_or_else(|| {
        Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "full",
            "No place left",
            "The server has as many live sessions as it may hold. Try again after Retry-After.",
        )
        .retry_after(FULL_RETRY_AFTER_S)
    })
}
