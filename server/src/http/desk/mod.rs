//! The partner desk: how the connections are, why a sensor is not on the map, what was refused, which works are planned,
//! and which keys open.

mod connections;
mod errors;
mod keys;
mod ledger;
mod why;
mod works;

use axum::Router;
use axum::routing::{delete, get, post};

use super::problem::Fault;
use crate::state::App;
use crate::store::SourceRow;

/// Every address of it.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/connections", get(connections::all))
        .route("/api/v1/why", get(why::why))
        .route("/api/v1/errors", get(errors::by_cause))
        .route("/api/v1/ledger", get(ledger::month))
        .route("/api/v1/keys", get(keys::list).post(keys::make))
        .route("/api/v1/keys/{id}", delete(keys::revoke))
        .route("/api/v1/keys/{id}/rotate", post(keys::rotate))
        .route("/api/v1/works", get(works::list).post(works::announce))
        .route("/api/v1/works/{id}", delete(works::call_off))
}

/// 404 for a source that is not there, or is not to be seen: which of the two is nobody's business.
fn no_source() -> Fault {
    Fault::new(
        axum::http::StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "There is no such source that you see in this mode: GET /api/v1/connections names them.",
    )
}

/// The source of this public id, if this one sees it.
fn named<'a>(
    rows: &'a [SourceRow],
    user: &crate::auth::DeskUser,
    id: &str,
) -> Result<&'a SourceRow, Fault> {
    let row = rows.iter().find(|row| row.id == id && user.sees(row.key));
    row.ok_or_else(no_source)
}
