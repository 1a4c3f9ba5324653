//! The session: who is signed in, sign in, sign out.

use gloo_net::http::{Request, Response};
use wire::api::{Problem, SessionBody, SignIn};

const ADDRESS: &str = "/api/v1/session";

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSession {
    /// Nobody is signed in, or name or password is wrong.
    SignedOut,
    /// Too many tries.
    TooMany,
    /// The server does not answer.
    Unreachable,
    /// The server said no, and why.
    Refused(String),
}

/// Who is signed in.
pub async fn whoami() -> Result<SessionBody, NoSession> {
    let response = Request::get(ADDRESS).send().await.map_err(|_cause| NoSession::Unreachable)?;
    if response.ok() {
        // A gateway's page instead of the server's answer counts as no answer.
        return response.json().await.map_err(|_cause| NoSession::Unreachable);
    }
    Err(refusal(&response).await)
}

/// Signs in; the browser keeps the cookie, no script ever sees it.
pub async fn sign_in(name: String, password: String) -> Result<SessionBody, NoSession> {
    let request = Request::post(ADDRESS)
        .json(&SignIn { name, password })
        .map_err(|cause| NoSession::Refused(cause.to_string()))?;
    let response = request.send().await.map_err(|_cause| NoSession::Unreachable)?;
    if response.ok() { whoami().await } else { Err(refusal(&response).await) }
}

/// Signs out. Without an answer the cookie may live on, so the caller is told.
pub async fn sign_out() -> Result<(), NoSession> {
    let response =
        Request::delete(ADDRESS).send().await.map_err(|_cause| NoSession::Unreachable)?;
    if response.ok() || response.status() == 401 { Ok(()) } else { Err(refusal(&response).await) }
}

async fn refusal(response: &Response) -> NoSession {
    match response.status() {
        401 => NoSession::SignedOut,
        429 => NoSession::TooMany,
        502..=504 => NoSession::Unreachable,
        status => match response.json::<Problem>().await {
            Ok(problem) => NoSession::Refused(problem.detail),
            Err(_not_a_problem) => NoSession::Refused(format!("HTTP {status}")),
        },
    }
}
