//! The session: who is signed in, and sign out. Signing in is the door's (`public/door.mjs`).

use gloo_net::http::{Request, Response};
use wire::api::SessionBody;

const ADDRESS: &str = "/api/v1/session";

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSession {
    /// Nobody is signed in, or name or password is wrong.
    SignedOut,
    /// The server does not answer.
    Unreachable,
}

/// Who is signed in.
pub async fn whoami() -> Result<SessionBody, NoSession> {
    body(asked().await?).await
}

/// Whether somebody is signed in, and if clients queue for the live stream, in how many seconds to come again: a browser
/// does not show a page with what status its websocket was refused.
pub async fn queue() -> Result<Option<u32>, NoSession> {
    let response = asked().await?;
    let told = response.headers().get("retry-after");
    body(response).await?;
    Ok(told.and_then(|seconds| seconds.parse().ok()))
}

async fn asked() -> Result<Response, NoSession> {
    let response = Request::get(ADDRESS).send().await.map_err(|_cause| NoSession::Unreachable)?;
    if response.ok() { Ok(response) } else { Err(refusal(&response)) }
}

async fn body(response: Response) -> Result<SessionBody, NoSession> {
    // A gateway's page instead of the server's answer counts as no answer.
    response.json().await.map_err(|_cause| NoSession::Unreachable)
}

/// Signs out. Without an answer the cookie may live on, so the caller is told.
pub async fn sign_out() -> Result<(), NoSession> {
    let response =
        Request::delete(ADDRESS).send().await.map_err(|_cause| NoSession::Unreachable)?;
    if response.ok() || response.status() == 401 { Ok(()) } else { Err(refusal(&response)) }
}

fn refusal(response: &Response) -> NoSession {
    if response.status() == 401 { NoSession::SignedOut } else { NoSession::Unreachable }
}
