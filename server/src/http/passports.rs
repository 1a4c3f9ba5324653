//! `PUT` and `GET /api/v1/datastreams/{source}/{datastream}/passport`: what is known about a datastream.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use engine::entry::{Body, SourceKey};
use engine::observation::PassportEntry;
use engine::signal::Passport;
use wire::view::Mode;

use super::arming::pointer;
use super::asked::Asked;
use super::problem::Fault;
use crate::auth::{Reader, Role, Scope};
use crate::pipeline::Submission;
use crate::state::App;

/// `PUT …/passport[?mode=]`: answered 204 once it is on disk.
pub(super) async fn put(
    State(app): State<App>,
    Asked { mode, reader }: Asked,
    Path((source, datastream)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<StatusCode, Fault> {
    let source = source_key(&app, &source, mode).await?;
    entitled(&reader, source)?;
    let passport: Passport = serde_json::from_slice(&bytes).map_err(|cause| {
        let detail = format!("{cause}. The fields of a passport stand in docs/signals.md.");
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not a passport", detail)
    })?;
    passport.check().map_err(|flaws| {
        let fault = Fault::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-request",
            "The passport does not hold together",
            "Nothing was stored; `errors` names the fields to mend.",
        );
        flaws.iter().fold(fault, |fault, flaw| {
            fault.at(None, &pointer(&flaw.field), "invalid_passport", &flaw.remedy)
        })
    })?;
    let _turn = app.passports.lock().await;
    let entry = PassportEntry { source, datastream, passport };
    let submission = Submission::own(mode, vec![Body::Passport(Box::new(entry))]);
    let outcome = app.intake.submit(submission).await?;
    match outcome.first {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(Fault::field(
            "",
            crate::pipeline::TOO_MANY_DATASTREAMS,
            "The server holds as many passports as it has room for.",
        )),
    }
}

/// `GET …/passport[?mode=]`
pub(super) async fn get(
    State(app): State<App>,
    Asked { mode, .. }: Asked,
    Path((source, datastream)): Path<(String, String)>,
) -> Result<Json<Passport>, Fault> {
    let source = source_key(&app, &source, mode).await?;
    let world = app.worlds.read(mode);
    world.passport(source, &datastream).cloned().map(Json).ok_or_else(none)
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "This source has no passport for this datastream in this mode: put one.",
    )
}

pub(super) async fn source_key(app: &App, source: &str, mode: Mode) -> Result<SourceKey, Fault> {
    let rows = app.store.sources().await?;
    let row = rows.into_iter().find(|row| row.id == source && row.mode == mode);
    row.map(|row| row.key).ok_or_else(|| {
        Fault::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "There is no such source in this mode: GET /api/v1/sources names them.",
        )
    })
}

/// Whether it may say what a level means.
pub(super) fn has_authority(reader: &Reader, source: SourceKey) -> bool {
    let by_role = reader.role.is_some_and(|role| role >= Role::DutyOfficer);
    let by_key = reader.source == Some(source) && reader.scopes.contains(Scope::Authority);
    by_role || by_key
}

/// Who may say what a level means: those who decide, and the owner's own key where it speaks with authority.
fn entitled(reader: &Reader, source: SourceKey) -> Result<(), Fault> {
    if has_authority(reader, source) {
        return Ok(());
    }
    Err(Fault::forbidden(
        "not-entitled",
        "Levels are set by who answers for them",
        "A passport is put by a duty officer, or with the source's own key and the scope authority.",
    ))
}
