//! `/live` and its event-stream fallback: the door of the hub. `docs/live.md` is the contract.

mod beats;
mod budget;
mod bundle;
pub mod delivery;
mod line;
mod pipe;
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
use crate::hub::{NoSeat, Seat};
use crate::state::App;

/// Seconds after which a full server may be asked again.
const FULL_RETRY_AFTER_S: u32 = 5;

/// The live routes.
pub fn routes() -> Router<App> {
    Router::new().route("/live", get(socket::open)).route("/api/v1/live", get(stream::open))
}

/// A place for this reader, or the answer that there is none now, and when to come again.
fn enter(app: &App, reader: &Reader) -> Result<Seat, Fault> {
    app.hub.enter(&reader.principal, reader.session.as_deref()).map_err(|why| {
        let (kind, detail, retry_after_s) = match why {
            NoSeat::Full => (
                "full",
                "The server has as many live sessions as it may hold. Try again after Retry-After.",
                FULL_RETRY_AFTER_S,
            ),
            NoSeat::Busy { retry_after_s } => (
                "busy",
                "Many clients connect at once. Your turn is after Retry-After and up to a second more, at random.",
                retry_after_s,
            ),
        };
        metrics::counter!("talaia_live_refused_total", "reason" => kind).increment(1);
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, kind, "No place left", detail)
            .retry_after(retry_after_s)
    })
}
