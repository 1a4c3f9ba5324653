//! What every answer passes: a request id and one log line, security headers, and errors as problems.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::problem::{Fault, PROBLEM_JSON};
use crate::config::Config;
use crate::state::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CROSS_ORIGIN_OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Gives the request an id and writes one line: method, route, status, time. Never a path, a query or a header.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = %id);
    let begun = Instant::now();
    let mut answer = next.run(request).instrument(span.clone()).await;
    let status = answer.status().as_u16();
    let took = begun.elapsed();
    span.in_scope(|| {
        tracing::debug!(%method, route, status, took_ms = took.as_millis() as u64, "answered");
    });
    metrics::counter!("talaia_http_requests_total", "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("talaia_http_seconds", "route" => route).record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

/// The content security policy: nothing from elsewhere, no inline script, no eval; WebAssembly may be compiled.
pub(super) fn policy(config: &Config) -> String {
    // A style URL is the one setting that lets the browser ask another host.
    let host = config
        .basemap
        .as_ref()
        .filter(|basemap| basemap.starts_with("https://") || basemap.starts_with("http://"))
        .and_then(|url| {
            let (scheme, rest) = url.split_once("://")?;
            let host = rest.split(['/', '?', '#']).next()?;
            let plain = !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
            plain.then(|| format!(" {scheme}://{host}"))
        })
        .unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: blob:{host}; connect-src 'self'{host}; worker-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

/// Security headers on every answer.
pub(super) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let api = path.starts_with("/api/") || path.starts_with("/sta/");
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (CROSS_ORIGIN_OPENER, "same-origin"),
        (CROSS_ORIGIN_RESOURCE, "same-origin"),
        (PERMISSIONS, "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&app.config)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if app.config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    // What the API says is for its asker only and old at once.
    if api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}

/// Turns every error that is not yet a problem (405, rejections of extractors, failures of layers) into one.
pub(super) async fn problems(request: Request, next: Next) -> Response {
    // SensorThings has a form of its own for errors.
    let is_told_there = request.uri().path().starts_with("/sta/");
    let answer = next.run(request).await;
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let told = kind == Some(&PROBLEM_JSON)
        || is_told_there && kind.is_some_and(|kind| kind == "application/json");
    if told || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let fault = match status {
        StatusCode::NOT_FOUND => {
            Fault::new(status, "not-found", "Not found", "There is nothing at this address.")
        }
        StatusCode::METHOD_NOT_ALLOWED => Fault::new(
            status,
            "method-not-allowed",
            "The address does not take this method",
            "The Allow header names the methods of this address.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            Fault::new(status, "too-large", "The body is too large", "Send less at once.")
        }
        _ if status.is_server_error() => Fault::new(
            status,
            "internal",
            "The server failed",
            "The server failed on this request; its log names the cause under the request id.",
        ),
        _ => Fault::new(
            status,
            "invalid-request",
            "The request cannot be served as it stands",
            "The request is not one this address takes; docs/api.md has the form.",
        ),
    };
    let (mut parts, _text) = answer.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let (told, body) = fault.into_response().into_parts();
    parts.headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = told.headers.get(&name) {
            parts.headers.entry(name).or_insert(value.clone());
        }
    }
    Response::from_parts(parts, Body::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_configured_style_opens_the_policy_and_only_to_its_host() {
        let mut config = Config::default();
        assert!(!policy(&config).contains("http"));
        config.basemap = Some("https://tiles.example.org/style.json?x='unsafe-inline'".to_owned());
        assert!(policy(&config).contains("connect-src 'self' https://tiles.example.org;"));
        assert!(!policy(&config).contains("unsafe-inline"));
        config.basemap = Some("https://evil; script-src *".to_owned());
        assert!(!policy(&config).contains("evil"));
    }
}
