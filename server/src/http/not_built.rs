//! Addresses of the public face that later versions build: 404 `not-built`, so that nobody takes them for a typo.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;

use super::problem::Fault;
use crate::state::App;

/// Every such address.
pub(super) const ADDRESSES: [&str; 6] = [
    "/sentilo/{*rest}",
    "/ngsi-ld/{*rest}",
    "/webhooks/{*rest}",
    "/ogc/features/v1",
    "/ogc/features/v1/{*rest}",
    "/feeds/{*rest}",
];

/// Their routes, for every method.
pub(super) fn routes() -> Router<App> {
    ADDRESSES.into_iter().fold(Router::new(), |router, address| {
        router.route(address, any(|| async { fault("This address") }))
    })
}

/// The answer.
pub(super) fn fault(what: &str) -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-built",
        "Not built yet",
        format!("{what} belongs to the public face, but this version does not have it yet."),
    )
}
