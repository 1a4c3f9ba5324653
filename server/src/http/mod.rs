//! HTTP: every route on one page.
//!
//! Handlers only translate: understanding is in `normalise`, rights in `auth`, thinking in `engine`. Every error is a
//! problem (`problem`), every answer passes `guard`.

mod advisories;
mod arming;
mod asked;
mod asked_reports;
mod assets;
pub(crate) mod body;
mod canary;
mod dead_letters;
mod decisions;
mod desk;
mod docs;
mod exports;
mod exposure;
mod eyes;
mod guard;
mod health;
mod history;
mod holds;
mod import;
mod intake;
mod leaves;
mod links;
pub mod live;
mod log;
mod not_built;
mod operations;
mod params;
mod passports;
mod picture;
mod places;
pub mod problem;
mod reports;
mod sensors;
mod session;
mod situations;
mod source_desk;
mod source_settings;
mod sources;
mod taken_back;
mod unusual;
mod zones;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};

use crate::auth;
use crate::state::App;

/// The whole public face: the API, `/live`, the documentation and the app.
pub fn router(app: App) -> Router {
    if let Err(cause) = crate::telemetry::start_metrics() {
        tracing::warn!(%cause, "nothing is counted");
    }
    // Only these look at logins; a static file never asks the database.
    let known = Router::new()
        .route(
            "/api/v1/reports",
            post(intake::reports).get(reports::list).delete(taken_back::by_own_id),
        )
        .route("/api/v1/reports/{id}", get(reports::one).delete(taken_back::by_id))
        .route("/api/v1/exports/reports.csv", get(exports::csv))
        .route("/api/v1/exports/reports.geojson", get(exports::geojson))
        .route("/api/v1/reports/links", post(links::paste))
        .route("/api/v1/observations", post(intake::observations))
        .route("/api/v1/advisories", get(advisories::list))
        .route("/api/v1/advisories/cap", post(intake::advisory))
        .route("/api/v1/advisories/{id}", get(advisories::one))
        .route("/api/v1/picture", get(picture::picture))
        .route("/api/v1/situations", get(situations::list))
        .route("/api/v1/situations/{id}", get(situations::one))
        .route("/api/v1/situations/{id}/exposure", get(exposure::of_situation))
        .route("/api/v1/exposure", get(exposure::get).put(exposure::put))
        .route("/api/v1/decisions", post(decisions::decide))
        .route("/api/v1/holds", get(holds::list).post(holds::set))
        .route("/api/v1/holds/{id}/release", post(holds::release))
        .route("/api/v1/zones", get(zones::zones))
        .route("/api/v1/places", get(places::find))
        .route("/api/v1/rules", get(zones::rules))
        .route("/api/v1/rules/try", post(zones::try_rule))
        .route("/api/v1/log", get(log::lines))
        .route("/api/v1/alarms", get(log::alarms))
        .route("/api/v1/unusual", get(unusual::list))
        .route(
            "/api/v1/datastreams/{source}/{datastream}/passport",
            get(passports::get).put(passports::put),
        )
        .route("/api/v1/sources", get(sources::list).post(source_settings::add))
        .route(
            "/api/v1/sources/{id}",
            get(source_settings::one).put(source_settings::change).delete(source_settings::remove),
        )
        .route("/api/v1/sources/{id}/pause", post(source_desk::pause))
        .route("/api/v1/sources/{id}/resume", post(source_desk::resume))
        .route("/api/v1/sources/{id}/try", post(source_desk::tried))
        .route("/api/v1/operations", get(operations::list).post(operations::ask))
        .route("/api/v1/operations/{id}/{act}", post(operations::act))
        .route("/api/v1/dead-letters", get(dead_letters::list))
        .route("/api/v1/dead-letters/replay", post(dead_letters::replay))
        .route("/api/v1/test-lane", get(sources::lane))
        .route("/api/v1/eyes", get(eyes::all))
        .route("/api/v1/sensors/latest", get(sensors::latest))
        .route("/api/v1/sensors/import", post(import::compare).get(import::waiting))
        .route("/api/v1/sensors/import/{import}", delete(import::discard))
        .route("/api/v1/sensors/import/{import}/confirm", post(import::confirm))
        .route("/api/v1/datastreams/{source}/{datastream}", get(history::one))
        .route("/api/v1/datastreams/{source}/{datastream}/history", get(history::history))
        .route(
            "/api/v1/session",
            post(session::sign_in).get(session::who).delete(session::sign_out),
        )
        .merge(desk::routes())
        .merge(live::routes())
        .merge(crate::basemap::routes())
        .merge(crate::sta::routes())
        .layer(auth::layer(&app.config, &app.store));
    Router::new()
        .merge(known)
        .merge(not_built::routes())
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route(crate::canary::PATH, post(canary::post))
        .route("/openapi.json", get(docs::openapi))
        .route("/docs", get(docs::page))
        .route("/docs/{file}", get(docs::file))
        .fallback(assets::serve)
        .layer(from_fn(guard::problems))
        .layer(from_fn_with_state(app.clone(), guard::headers))
        .layer(from_fn(guard::log))
        .with_state(app)
}
