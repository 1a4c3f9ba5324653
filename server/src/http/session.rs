//! `/api/v1/session`: operators sign in, ask who they are, and sign out.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{ORIGIN, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use wire::api::{SessionBody, SignIn};

use super::body;
use super::problem::Fault;
use crate::auth::{self, Credentials, Login, SIGNED_IN_AT};
use crate::state::App;

/// Largest sign-in body: a name and a password of their longest, escaped.
const BODY_BYTES_MAX: usize = 4 << 10;

/// `POST /api/v1/session`
pub(super) async fn sign_in(
    State(app): State<App>,
    parts: Parts,
    body: Body,
) -> Result<StatusCode, Fault> {
    // A program signs in without Origin; a page of another site must not sign anyone in.
    if parts.headers.contains_key(ORIGIN) {
        auth::check_origin(&parts.headers, &app.config)?;
    }
    let stall = Duration::from_millis(app.config.limits.body_stall_ms);
    let asked = read(&parts.headers, body, stall).await?;
    let by_name = format!("name:{}", asked.name);
    let by_address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or_else(
        || "address:unknown".to_owned(),
        |ConnectInfo(from)| format!("address:{}", from.ip()),
    );
    for who in [&by_name, &by_address] {
        if let Some(wait_s) = app.gate.wait_s(who) {
            return Err(auth::too_many("too many failed sign-ins", wait_s));
        }
    }
    let mut login = parts
        .extensions
        .get::<Login>()
        .cloned()
        .ok_or_else(|| Fault::internal("no login layer"))?;
    let turn = app.gate.checks.acquire().await.map_err(Fault::internal)?;
    let found = login
        .authenticate(Credentials { name: asked.name, password: asked.password })
        .await
        .map_err(Fault::internal)?;
    drop(turn);
    let Some(operator) = found else {
        app.gate.failed(&by_name);
        app.gate.failed(&by_address);
        tracing::warn!("a sign-in failed");
        return Err(Fault::unauthenticated(
            "The name or the password is wrong, or the operator is disabled.",
        ));
    };
    // Whoever comes sweeps: logins that have ended leave the database.
    app.store.sessions_delete_expired(app.clock.now()).await?;
    app.gate.succeeded(&by_name);
    app.gate.succeeded(&by_address);
    // A cookie of an earlier login must not be carried over: the new login starts an empty session.
    if login.session.id().is_some() {
        login.session.flush().await.map_err(Fault::internal)?;
    }
    login.session.insert(SIGNED_IN_AT, app.clock.now().0).await.map_err(Fault::internal)?;
    login.login(&operator).await.map_err(Fault::internal)?;
    tracing::info!(role = operator.role.word(), "an operator signed in");
    Ok(StatusCode::NO_CONTENT)
}

async fn read(headers: &HeaderMap, body: Body, stall: Duration) -> Result<SignIn, Fault> {
    body::json_only(headers)?;
    let bytes = body::read(headers, body, BODY_BYTES_MAX, stall).await?;
    let asked: SignIn = serde_json::from_slice(&bytes).map_err(|cause| {
        if cause.is_data() {
            let wanted = "the body must be {\"name\": …, \"password\": …} with two strings";
            Fault::field("", "wrong_shape", wanted)
        } else {
            // The cause is not told: it could quote the password.
            Fault::new(
                StatusCode::BAD_REQUEST,
                "invalid-json",
                "The body is not valid JSON",
                "Send {\"name\": …, \"password\": …}.",
            )
        }
    })?;
    if asked.password.len() > auth::password::PASSWORD_BYTES_MAX {
        return Err(Fault::field("/password", "too_long", "a password may have 256 bytes"));
    }
    Ok(asked)
}

/// `GET /api/v1/session`. A page is not shown why its websocket was refused, so while clients queue for `/live` this answer
/// says too when to come again.
pub(super) async fn who(State(app): State<App>, mut parts: Parts) -> Result<Response, Fault> {
    let (operator, _session) = auth::operator(&mut parts, &app).await?;
    let body = SessionBody { name: operator.name, role: operator.role.word().to_owned() };
    let mut answer = Json(body).into_response();
    if let Some(wait_s) = app.hub.retry_after_s() {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
    }
    Ok(answer)
}

/// `DELETE /api/v1/session`
pub(super) async fn sign_out(
    State(app): State<App>,
    mut parts: Parts,
) -> Result<StatusCode, Fault> {
    let (_operator, session) = auth::operator(&mut parts, &app).await?;
    let mut login = parts
        .extensions
        .get::<Login>()
        .cloned()
        .ok_or_else(|| Fault::internal("no login layer"))?;
    login.logout().await.map_err(Fault::internal)?;
    app.hub.revoke(&format!("session:{session}"));
    Ok(StatusCode::NO_CONTENT)
}
