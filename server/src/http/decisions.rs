//! `POST /api/v1/decisions`: what an operator decides, answered once it is on disk.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use engine::decision::{DecisionEntry, Signed};
use engine::entry::Body;
use wire::api::Decided;
use wire::decision::{DecisionBody, DecisionKind, DecisionSubject};
use wire::view::Mode;

use super::arming;
use super::holds;
use super::problem::Fault;
use crate::auth::{Reader, Role};
use crate::pipeline::{IntakeError, Submission};
use crate::state::App;

/// Words of one decision, in bytes: a page of a log book.
const TEXT_BYTES_MAX: usize = 8 << 10;
/// Reports or situations named in one decision.
const NAMED_MAX: usize = 1_000;
/// A clock of a desk may be ahead by so much.
const AHEAD_MS: i64 = 5 * 60_000;

/// `POST /api/v1/decisions`
pub(super) async fn decide(
    State(app): State<App>,
    reader: Reader,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Decided>), Fault> {
    let mut body: DecisionBody = serde_json::from_slice(&bytes).map_err(|cause| unread(&cause))?;
    let mode = body.mode.unwrap_or(Mode::Live);
    let mode = reader.mode(Some(mode))?;
    let undone = match (body.kind, &body.subject) {
        (DecisionKind::Undo, Some(DecisionSubject::Decision(seq))) => {
            app.worlds.read(mode).decided_kind(*seq)
        }
        _ => None,
    };
    let name = entitled(&reader, body.kind, undone)?;
    let sets = arming::setting(&app, &mut body, mode).await?;
    let sets = sets.map(Box::new);
    let entry = DecisionEntry { sets, ..entry(&app, body, mode, name)? };
    app.worlds
        .read(mode)
        .decidable(&entry)
        .map_err(|flaw| Fault::field(flaw.pointer, flaw.reason, flaw.detail))?;
    let is_set = matches!(entry.kind, DecisionKind::Zone | DecisionKind::Rule);
    // Nobody confirms between a confirmation taken back and the end of its hold.
    let _turn = if holds::is_about_holds(&app, mode, &entry) {
        Some(app.declaring.lock().await)
    } else {
        None
    };
    let hold = holds::declare(&app, mode, &entry).await?;
    let bodies = vec![Body::Decision(Box::new(entry.clone()))];
    let submission = Submission::own(mode, bodies);
    let outcome = app.intake.submit(submission).await;
    let is_taken = outcome.as_ref().is_ok_and(|outcome| outcome.first.is_some());
    // Where nobody knows whether it stands, the hold does.
    if !matches!(outcome, Err(IntakeError::Stopped)) {
        let may_release = holds::may_release(&reader);
        holds::decided(&app, mode, &entry, hold, (is_taken, may_release)).await?;
    }
    match outcome?.first {
        Some(seq) => {
            let subject = is_set.then(|| app.worlds.read(mode).decided_on(seq)).flatten();
            Ok((StatusCode::CREATED, Json(Decided { seq, subject })))
        }
        None => Err(Fault::new(
            StatusCode::CONFLICT,
            "conflict",
            "Somebody was faster",
            "What it is about changed a moment ago: look again, and decide anew if it still holds.",
        )),
    }
}

/// A body that is no decision: what it lacks, where.
fn unread(cause: &serde_json::Error) -> Fault {
    Fault::new(
        StatusCode::BAD_REQUEST,
        "invalid-body",
        "The body is not a decision",
        format!(
            "{cause}. A decision is {{\"kind\":\"take\",\"subject\":{{\"situation\":17}}}}; docs/api.md names the rest."
        ),
    )
}

/// The role that a kind of decision takes.
fn least(kind: DecisionKind) -> Role {
    match kind {
        DecisionKind::Note | DecisionKind::Log => Role::Contributor,
        DecisionKind::Phase | DecisionKind::Zone | DecisionKind::Rule => Role::DutyOfficer,
        _ => Role::Analyst,
    }
}

/// The name that signs, if the role may decide this; to take a decision back takes the role of what is undone, too.
fn entitled(
    reader: &Reader,
    kind: DecisionKind,
    undone: Option<DecisionKind>,
) -> Result<String, Fault> {
    let (Some(role), Some(name)) = (reader.role, reader.principal.strip_prefix("operator:")) else {
        return Err(Fault::forbidden(
            "operators-only",
            "Keys do not decide",
            "Decisions are signed by a person: sign in with POST /api/v1/session.",
        ));
    };
    let (least, of) = match undone {
        Some(undone) if least(undone) > least(kind) => (least(undone), format!(" of a {undone}")),
        _ => (least(kind), String::new()),
    };
    if role >= least {
        return Ok(name.to_owned());
    }
    Err(Fault::forbidden(
        "role-too-low",
        "The role may not decide this",
        format!(
            "A decision of the kind {kind}{of} takes the role {least} or above; yours is {own}.",
            least = least.word(),
            own = role.word()
        ),
    ))
}

fn entry(app: &App, body: DecisionBody, mode: Mode, name: String) -> Result<DecisionEntry, Fault> {
    let now = app.clock.now();
    if body.text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
        let detail = format!("A text has at most {TEXT_BYTES_MAX} bytes: shorten it.");
        return Err(Fault::field("/text", "too_long", detail));
    }
    if body.reports.len() > NAMED_MAX || body.with.len() > NAMED_MAX {
        let detail = format!("At most {NAMED_MAX} are named in one decision: send it in parts.");
        return Err(Fault::field("/reports", "too_many", detail));
    }
    if body.occurred_at.is_some_and(|at| at.ms_since(now) > AHEAD_MS) {
        let detail = "Nothing is decided ahead of time: name a moment that has come.";
        return Err(Fault::field("/occurred_at", "ahead", detail));
    }
    let head = app.worlds.read(mode).head();
    Ok(DecisionEntry {
        kind: body.kind,
        subject: body.subject,
        basis: body.basis,
        occurred_at: body.occurred_at.unwrap_or(now).min(now),
        known_seq: body.known_seq.unwrap_or(head).min(head),
        with: body.with,
        reports: body.reports,
        until: body.until,
        every_min: body.every_min,
        sets: None,
        signed: Signed { by: Some(name), text: body.text },
    })
}
