//! `DELETE /api/v1/reports/{id}` and `DELETE /api/v1/reports?source_id=`: a report is taken back by who sent it, or by who answers for
//! the room.

use axum::Json;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use engine::identity::report_id;
use wire::hold::TakenBack;
use wire::id::ReportId;
use wire::report::Withdrawn;
use wire::view::Mode;

use super::params::{Params, wrong};
use super::problem::Fault;
use crate::auth::{Reader, Role, Scope, Sender};
use crate::log_line;
use crate::pipeline::Fate;
use crate::state::App;
use crate::withdraw::{deleted_upstream, withdraw};

/// Words of a reason, in bytes: a paragraph.
pub(super) const REASON_BYTES_MAX: usize = 2 << 10;

/// Who takes back: a partner with its key, or an operator.
pub(super) enum Asker {
    Partner(Box<Sender>),
    Operator(String),
}

impl FromRequestParts<App> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        if parts.headers.contains_key(AUTHORIZATION) {
            let sender = Sender::from_request_parts(parts, app).await?;
            sender.needs(Scope::Reports)?;
            return Ok(Self::Partner(Box::new(sender)));
        }
        let reader = Reader::from_request_parts(parts, app).await?;
        officer(&reader, "Reports are taken back").map(Self::Operator)
    }
}

/// The name of who answers for the room.
pub(super) fn officer(reader: &Reader, what: &str) -> Result<String, Fault> {
    match (reader.role, reader.principal.strip_prefix("operator:")) {
        (Some(role), Some(name)) if role >= Role::DutyOfficer => Ok(name.to_owned()),
        _ => Err(Fault::forbidden(
            "role-too-low",
            "The role may not do this",
            format!("{what} by a duty officer or an administrator who is signed in."),
        )),
    }
}

/// A reason, in words.
pub(super) fn reason(said: &str, pointer: &str) -> Result<String, Fault> {
    let said = said.trim();
    if said.is_empty() {
        return Err(Fault::field(pointer, "needs_text", "Say why, in words."));
    }
    if said.len() > REASON_BYTES_MAX {
        let detail = format!("A reason has at most {REASON_BYTES_MAX} bytes: shorten it.");
        return Err(Fault::field(pointer, "too_long", detail));
    }
    Ok(said.to_owned())
}

/// `DELETE /api/v1/reports?source_id=`: a partner's, by its own id.
pub(super) async fn by_own_id(
    axum::extract::State(app): axum::extract::State<App>,
    asker: Asker,
    mut params: Params,
) -> Result<Json<TakenBack>, Fault> {
    let named: String = params.need("source_id", "the id that the report was sent with")?;
    params.end()?;
    let Asker::Partner(sender) = asker else {
        let detail = "an operator names a report by its id: DELETE /api/v1/reports/ID?reason=";
        return Err(wrong("source_id", detail));
    };
    let posts = [named.trim().to_owned()];
    let id = report_id(&sender.source_id, &posts[0]);
    let app = sender.of(app);
    let done = deleted_upstream(&app, sender.source, &sender.source_id, &posts).await?;
    // Its own, so it may hear that it is gone already.
    let before = app.worlds.read(sender.mode).withdrawn(id);
    told(done.fates.first().copied(), done.seq, before)
}

/// `DELETE /api/v1/reports/{id}`, by an operator with `reason=`
pub(super) async fn by_id(
    axum::extract::State(app): axum::extract::State<App>,
    asker: Asker,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<Json<TakenBack>, Fault> {
    let said = params.text("reason");
    params.end()?;
    let id: ReportId = id.parse().map_err(|_bad| none())?;
    let found = app.store.erasable(id).await?;
    match asker {
        Asker::Partner(sender) => {
            if found.is_none_or(|found| found.source != sender.source) {
                return Err(none());
            }
            let done = withdraw(&sender.of(app), Some(sender.source), vec![id]).await?;
            told(done.fates.first().copied(), done.seq, None)
        }
        Asker::Operator(by) => {
            let said = reason(&said.unwrap_or_default(), "/query/reason")?;
            let mode = found.map_or(Mode::Live, |found| found.mode);
            if found.is_none() {
                return Err(none());
            }
            log_line::write(&app, mode, by, format!("report {id} is taken back: {said}"), None)
                .await?;
            let done = withdraw(&app, None, vec![id]).await?;
            told(done.fates.first().copied(), done.seq, None)
        }
    }
}

fn told(fate: Option<Fate>, seq: u64, before: Option<Withdrawn>) -> Result<Json<TakenBack>, Fault> {
    let withdrawn = match fate {
        Some(Fate::Gone) => Some(Withdrawn::Gone),
        Some(Fate::Held) => Some(Withdrawn::Held),
        _ => before,
    };
    withdrawn.map(|withdrawn| Json(TakenBack { seq, withdrawn })).ok_or_else(none)
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "There is no such report, it is not yours, or nothing of it is left.",
    )
}
