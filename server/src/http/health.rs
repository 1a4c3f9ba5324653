//! `/healthz`, `/readyz` and `/metrics`: for whoever keeps the server running.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::problem::Fault;
use crate::state::App;

/// The process answers, and says which server and journal it is.
pub(super) async fn healthz(State(app): State<App>) -> impl IntoResponse {
    let body = serde_json::json!({"status": "ok", "name": app.config.name, "epoch": &*app.epoch});
    ([(CACHE_CONTROL, "no-store")], axum::Json(body))
}

/// It can do its work: the database answers and the intake is open.
pub(super) async fn readyz(State(app): State<App>) -> Result<Response, Fault> {
    app.store.ping().await?;
    if app.intake.is_closed() {
        return Err(crate::pipeline::IntakeError::Stopped.into());
    }
    Ok(([(CACHE_CONTROL, "no-store")], "ready\n").into_response())
}

/// Counters for Prometheus; for this machine only, unless configured.
pub(super) async fn metrics(State(app): State<App>, parts: Parts) -> Result<Response, Fault> {
    let near = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .is_some_and(|ConnectInfo(from)| from.ip().to_canonical().is_loopback());
    // A proxy on this machine passes strangers on: what it forwards is not near.
    let forwarded =
        parts.headers.contains_key("x-forwarded-for") || parts.headers.contains_key("forwarded");
    if (!near || forwarded) && !app.config.metrics_public {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "loopback-only",
            "Only on the server's own machine",
            "Ask on loopback, or set metrics_public.",
        ));
    }
    crate::canary::measure(&app);
    let text = crate::telemetry::metrics_text().map_err(Fault::internal)?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
