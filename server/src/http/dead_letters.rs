//! `/api/v1/dead-letters`: what was refused within a day, for its partner and for the desk, and the road by which it comes again.

use std::str::FromStr as _;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use engine::view::Clearance;
use wire::letter::{DeadLetterPage, Replay, Replayed};
use wire::view::Mode;

use super::params::Params;
use super::problem::Fault;
use super::reports::{CURSOR, limit};
use crate::auth::{Reader, Role, Scope, Seen, Sender};
use crate::letters::{self, REPLAY_MAX, Right};
use crate::state::App;
use crate::store::{LetterFilter, SourceRow};

/// `GET /api/v1/dead-letters?source=&reason=&datastream=&mode=&cursor=&limit=`: the newest first.
pub(super) async fn list(seen: Seen, mut params: Params) -> Result<Json<DeadLetterPage>, Fault> {
    let Seen { app, reader, .. } = seen;
    let source = params.text("source");
    let mut filter = LetterFilter {
        reason: params.text("reason"),
        datastream: params.text("datastream"),
        before: params.read("cursor", CURSOR)?,
        limit: limit(&mut params)?,
        ..LetterFilter::default()
    };
    let mode = params.mode()?;
    params.end()?;
    filter.modes = modes(&reader, mode)?;
    let sources = app.store.sources().await?;
    filter.source = of_whom(&reader, source.as_deref(), &sources)?;
    let (letters, next) = letters::list(&app, filter, &sources).await?;
    Ok(Json(DeadLetterPage { letters, next: next.map(|id| id.to_string()) }))
}

/// `POST /api/v1/dead-letters/replay`: `{"source","reason"}` or `{"ids":[…]}`.
pub(super) async fn replay(
    State(app): State<App>,
    asker: Asker,
    bytes: Bytes,
) -> Result<Json<Replayed>, Fault> {
    let Asker { reader, sender } = asker;
    let Replay { source, reason, ids } = serde_json::from_slice(&bytes).map_err(|cause| {
        let detail = format!("{cause}: send {{\"source\",\"reason\"}} or {{\"ids\":[…]}}.");
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not a replay", detail)
    })?;
    let ids = ids.map(|ids| numbers(&ids)).transpose()?;
    if ids.is_none() && source.is_none() && reason.is_none() {
        let detail = "name a source, a reason or ids: all at once is never meant";
        return Err(Fault::field("", "bad_replay", detail));
    }
    let right = match &sender {
        Some(sender) => Right {
            reports: sender.scopes.contains(Scope::Reports),
            observations: sender.scopes.contains(Scope::Observations),
            advisories: sender.scopes.contains(Scope::Advisories),
            area: sender.area,
        },
        None if reader.role.is_some_and(|role| role >= Role::Analyst) => {
            Right { reports: true, observations: true, advisories: true, area: None }
        }
        None => return Err(not_entitled()),
    };
    let sources = app.store.sources().await?;
    let filter = LetterFilter {
        modes: modes(&reader, None)?,
        source: of_whom(&reader, source.as_deref(), &sources)?,
        reason,
        ids,
        ..LetterFilter::default()
    };
    // In a task of its own: who hangs up in the middle must not leave letters in that passed.
    let work = tokio::spawn(async move { letters::replay(&app, filter, right).await });
    work.await.map_err(Fault::internal)?.map(Json)
}

fn numbers(ids: &[String]) -> Result<Vec<u64>, Fault> {
    if ids.len() > REPLAY_MAX {
        let detail = format!("may name {REPLAY_MAX} at once: ask several times");
        return Err(Fault::field("/ids", "too_many", detail));
    }
    ids.iter()
        .enumerate()
        .map(|(index, id)| {
            u64::from_str(id).map_err(|_bad| {
                Fault::field(&format!("/ids/{index}"), "bad_id", "is no id of a dead letter")
            })
        })
        .collect()
}

fn modes(reader: &Reader, asked: Option<Mode>) -> Result<Vec<Mode>, Fault> {
    match asked {
        Some(mode) => reader.mode(Some(mode)).map(|mode| vec![mode]),
        None => Ok(reader.modes.clone()),
    }
}

fn not_entitled() -> Fault {
    Fault::forbidden(
        "not-entitled",
        "The role may not read this",
        "Refused items hold the words of people: analysts, duty officers and administrators read them.",
    )
}

/// Whose letters: a partner its own, an operator anybody's.
fn of_whom(
    reader: &Reader,
    asked: Option<&str>,
    sources: &[SourceRow],
) -> Result<Option<engine::entry::SourceKey>, Fault> {
    if reader.role.is_some() && reader.clearance < Clearance::Desk {
        return Err(not_entitled());
    }
    let named = asked.map(|id| sources.iter().find(|row| row.id == id).map(|row| row.key));
    match (reader.source, named) {
        (Some(own), None) => Ok(Some(own)),
        (Some(own), Some(named)) if named == Some(own) => Ok(Some(own)),
        (Some(_), Some(_)) => Err(Fault::forbidden(
            "not-yours",
            "Another partner's",
            "A key reads its own refused items: leave out source.",
        )),
        (None, None) => Ok(None),
        (None, Some(Some(named))) => Ok(Some(named)),
        (None, Some(None)) => Err(Fault::field(
            "/query/source",
            "unknown_source",
            "there is no such source: GET /api/v1/sources names them",
        )),
    }
}

/// Who asks for a replay: an operator, or a partner with a key that reads and sends.
pub(super) struct Asker {
    reader: Reader,
    sender: Option<Sender>,
}

impl axum::extract::FromRequestParts<App> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &App,
    ) -> Result<Self, Fault> {
        let reader = Seen::from_request_parts(parts, app).await?.reader;
        let sender = match reader.source {
            Some(_) => Some(Sender::from_request_parts(parts, app).await?),
            None => None,
        };
        Ok(Self { reader, sender })
    }
}
