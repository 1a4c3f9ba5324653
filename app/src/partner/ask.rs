//! Asking the server: JSON in, JSON out, and why there is no answer.

use std::fmt::Write as _;

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::api::Problem;

/// Why there is nothing to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Failed {
    /// No answer came, or none that can be read.
    Away,
    /// The session ended.
    SignedOut,
    /// The role may not.
    Forbidden(String),
    /// There is no such thing.
    Missing,
    /// It changed since.
    Conflict,
    /// The server's own words.
    Refused(String),
}

/// Asks for something.
pub async fn ask<T: DeserializeOwned>(path: &str) -> Result<T, Failed> {
    read(sent(Request::get(path)).await?).await
}

/// Sends JSON and reads what comes back.
pub async fn tell<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Failed> {
    let request = Request::post(path).json(body).map_err(|_unwritable| Failed::Away)?;
    read(checked(request.send().await).await?).await
}

/// Sends nothing but the word.
pub async fn act<T: DeserializeOwned>(path: &str) -> Result<T, Failed> {
    read(sent(Request::post(path)).await?).await
}

/// Sends a table.
pub async fn tabulate<T: DeserializeOwned>(path: &str, table: String) -> Result<T, Failed> {
    let request = Request::post(path).header("content-type", "text/csv").body(table);
    let request = request.map_err(|_unwritable| Failed::Away)?;
    read(checked(request.send().await).await?).await
}

/// Takes something away.
pub async fn drop_it(path: &str) -> Result<(), Failed> {
    sent(Request::delete(path)).await.map(drop)
}

async fn sent(request: RequestBuilder) -> Result<Response, Failed> {
    checked(request.send().await).await
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failed> {
    // A gateway's page instead of the server's answer counts as no answer.
    response.json().await.map_err(|_cause| Failed::Away)
}

async fn checked(answer: Result<Response, gloo_net::Error>) -> Result<Response, Failed> {
    let answer = answer.map_err(|_cause| Failed::Away)?;
    if answer.ok() {
        return Ok(answer);
    }
    let status = answer.status();
    let told: Option<Problem> = answer.json().await.ok();
    let words = told.as_ref().map(words).unwrap_or_default();
    Err(match status {
        401 => Failed::SignedOut,
        403 => Failed::Forbidden(words),
        404 => Failed::Missing,
        // What stands against a key is said by the server; an import only has to be looked at again.
        409 if told.as_ref().is_some_and(|told| told.kind == "key-conflict") => {
            Failed::Refused(words)
        }
        409 => Failed::Conflict,
        // A gateway says so without a problem of ours.
        502..=504 if told.is_none() => Failed::Away,
        _ => Failed::Refused(words),
    })
}

/// The sentence of a problem, and the first places where something is wrong.
fn words(problem: &Problem) -> String {
    let mut text = problem.detail.clone();
    for error in problem.errors.iter().filter(|error| error.detail != problem.detail).take(5) {
        let line = error.index.map(|line| format!("{line} ")).unwrap_or_default();
        // Writing into a String cannot fail.
        let _ = write!(text, " · {line}{} {}", error.pointer, error.detail);
    }
    text
}
