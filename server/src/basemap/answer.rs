//! `GET /api/v1/basemap`: what the app should draw under the reports.

use axum::Json;
use serde_json::{Value, json};

/// The answer.
pub(super) async fn basemap() -> Json<Value> {
    Json(json!({"kind": "fallback", "attribution": "Natural Earth"}))
}
