//! `POST /api/v1/sources/{id}/pause`, `…/resume` and `…/try`: a feed is stopped, let go on and tried by who decides in the room.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use wire::source::{PauseBody, SourceTold};

use super::problem::Fault;
use super::sources::told;
use crate::auth::{Reader, Role};
use crate::source::trial::{self, Tried};
use crate::source::{Paused, SourceConfig, pause as pausing};
use crate::state::App;
use crate::store::SourceRow;

/// Words of a reason, in characters: a few sentences for whoever comes on shift.
const REASON_CHARS_MAX: usize = 500;

/// `POST /api/v1/sources/{id}/pause`: answered once it is on disk.
pub(super) async fn pause(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<SourceTold>, Fault> {
    let (role, name) = officer(&reader)?;
    let PauseBody { until, reason } = read(&bytes)?;
    let (row, _config) = feed(&app, &id).await?;
    let now = app.clock.now();
    if until.is_some_and(|until| until <= now) {
        let detail = "this moment is over: name one that is to come, or null";
        return Err(Fault::field("/until", "over", detail));
    }
    let reason = reason.trim();
    if reason.is_empty() {
        let detail = "say why, in words: who comes on shift reads them";
        return Err(Fault::field("/reason", "missing", detail));
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        let detail = format!("may have {REASON_CHARS_MAX} characters: shorten it");
        return Err(Fault::field("/reason", "too_long", detail));
    }
    let reason = reason.to_owned();
    let paused = Paused { by: role.word().to_owned(), since: now, until, reason };
    set(app, reader, row, Some(paused), name).await
}

/// `POST /api/v1/sources/{id}/resume`: answered once it is on disk.
pub(super) async fn resume(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Json<SourceTold>, Fault> {
    let (_role, name) = officer(&reader)?;
    let (row, _config) = feed(&app, &id).await?;
    set(app, reader, row, None, name).await
}

/// `POST /api/v1/sources/{id}/try`: asked once, and what came is shown; nothing of it is stored.
pub(super) async fn tried(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Json<Tried>, Fault> {
    officer(&reader)?;
    let (row, config) = feed(&app, &id).await?;
    if ["jetstream", "mastodon", "mqtt"].contains(&config.kind.as_str()) {
        return Err(Fault::new(
            StatusCode::CONFLICT,
            "conflict",
            "A broker or a stream is listened to",
            "It sends when it has something, and cannot be asked once: GET /api/v1/sources tells whether it is reached.",
        ));
    }
    trial::run(&app, &row, &config).await.map(Json)
}

async fn set(
    app: App,
    reader: Reader,
    row: SourceRow,
    paused: Option<Paused>,
    name: String,
) -> Result<Json<SourceTold>, Fault> {
    // In a task of its own: who hangs up in the middle must not leave the board behind the disk.
    let work = tokio::spawn(async move {
        pausing::set(&app, &row, paused, name).await?;
        Ok(Json(told(&app, &reader, &row, app.clock.now())))
    });
    work.await.map_err(Fault::internal)?
}

/// The role and name of who may: a person who decides in the room.
fn officer(reader: &Reader) -> Result<(Role, String), Fault> {
    let (Some(role), Some(name)) = (reader.role, reader.principal.strip_prefix("operator:")) else {
        return Err(Fault::forbidden(
            "operators-only",
            "Keys do not decide",
            "A source is paused, let go on and tried by a person: sign in with POST /api/v1/session.",
        ));
    };
    if role >= Role::DutyOfficer {
        return Ok((role, name.to_owned()));
    }
    Err(Fault::forbidden(
        "role-too-low",
        "The role may not do this",
        format!(
            "A source is paused, let go on and tried by a duty officer or above; yours is {role}."
        ),
    ))
}

/// A source that this server asks itself.
async fn feed(app: &App, id: &str) -> Result<(SourceRow, SourceConfig), Fault> {
    let none = |detail: &str| Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail);
    let rows = app.store.sources().await?;
    let row = rows.into_iter().find(|row| row.id == id);
    let row =
        row.ok_or_else(|| none("There is no such source: GET /api/v1/sources names them."))?;
    let config = app.roster.of(id).ok_or_else(|| {
        none("This server asks no such source: a partner that pushes is stopped by ending its key (DELETE /api/v1/keys/{id}).")
    })?;
    Ok((row, config))
}

fn read(bytes: &[u8]) -> Result<PauseBody, Fault> {
    serde_json::from_slice(bytes).map_err(|cause| {
        let detail = format!(
            "{cause}. A pause is {{\"until\":\"2026-11-27T20:00:00Z\",\"reason\":\"it repeats old alerts\"}}; until may be null."
        );
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not a pause", detail)
    })
}
