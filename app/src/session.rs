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
    let response = Request::get(ADDRESS).send().await.map_err(|_cause| NoSession::Unreachable)?;
    if response.ok() {
        // A gateway's page instead of the server's answer counts as no answer.
        return response.json().await.map_err(|_cause| NoSession::Unreachable);
    }
    Err(refusal(&response))
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
