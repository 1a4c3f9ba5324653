//! Errors in SensorThings' own form: `code`, `type` and `message`, with our fields beside them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::problem::Fault;

/// A request that cannot be served as it stands: 400, as the standard has it.
pub(super) fn bad(kind: &str, detail: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, kind, "The request cannot be served as it stands", detail)
}

/// A member of a body that is wrong: 400 with its pointer.
pub(super) fn field(pointer: &str, reason: &str, detail: impl Into<String>) -> Fault {
    let detail = detail.into();
    bad(reason, format!("{pointer}: {detail}")).at(None, pointer, reason, &detail)
}

/// No such entity, set or property: 404.
pub(super) fn not_found(detail: impl Into<String>) -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
}

/// A method that an address does not take: 405.
pub(super) fn not_allowed(detail: impl Into<String>) -> Fault {
    let title = "The address does not take this method";
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", title, detail)
}

/// What goes beyond a limit, named: 400.
pub(super) fn limit(detail: impl Into<String>) -> Fault {
    bad("beyond-limit", detail)
}

/// The answer. What our other addresses call 422 is a 400 here: the standard knows no other.
pub(super) fn answer(fault: Fault) -> Response {
    let problem = (*fault.problem).clone();
    // Through the usual door, so that causes are logged and headers stand.
    let (mut parts, _) = fault.into_response().into_parts();
    if parts.status == StatusCode::UNPROCESSABLE_ENTITY {
        parts.status = StatusCode::BAD_REQUEST;
    }
    if parts.status == StatusCode::UNAUTHORIZED {
        let schemes = HeaderValue::from_static("Bearer realm=\"talaia\", Basic realm=\"talaia\"");
        parts.headers.insert(header::WWW_AUTHENTICATE, schemes);
    }
    let body = json!({
        "code": parts.status.as_u16(),
        "type": "error",
        "message": problem.detail,
        "reason": problem.kind,
        "title": problem.title,
        "errors": problem.errors,
    });
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body.to_string().into())
}
