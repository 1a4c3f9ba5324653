//! `/api/v1/holds`: legal holds. What was said in their hours and area stays sealed though it was taken back. Set and released by a person
//! with a reason, and by an incident that is declared; each is a line of the log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use engine::decision::DecisionEntry;
use engine::situation::SituationId;
use engine::view::Clearance;
use wire::decision::{DecisionKind, DecisionSubject};
use wire::geo::Bbox;
use wire::hold::{Hold, HoldBody, Holds, Release, Released};
use wire::view::Mode;

use super::problem::Fault;
use super::taken_back::{officer, reason};
use crate::auth::{Reader, Role};
use crate::log_line;
use crate::pipeline::Fate;
use crate::state::App;
use crate::store::HoldRow;
use crate::withdraw::weigh_again;

/// Holds in force at once: each is asked for every report that is taken back.
const HOLDS_MAX: usize = 200;
/// What came before an incident was seen belongs to it: an hour.
const BEFORE_MS: i64 = 3_600_000;
/// And what lies around it, in degrees: about a kilometre.
const AROUND_DEG: f64 = 0.01;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;

/// `GET /api/v1/holds`
pub(super) async fn list(State(app): State<App>, reader: Reader) -> Result<Json<Holds>, Fault> {
    if reader.role.is_none_or(|role| role < Role::Analyst) {
        return Err(Fault::forbidden(
            "role-too-low",
            "The role may not see this",
            "Holds are seen by analysts, duty officers and administrators who are signed in.",
        ));
    }
    let holds = app.store.holds().await?.into_iter().map(view).collect();
    let n_withheld = Mode::ALL.map(|mode| app.worlds.read(mode).withheld().count() as u64);
    Ok(Json(Holds { holds, n_withheld: n_withheld.iter().sum() }))
}

/// `POST /api/v1/holds`
pub(super) async fn set(
    State(app): State<App>,
    reader: Reader,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Hold>), Fault> {
    let by = officer(&reader, "Holds are set")?;
    let body: HoldBody = serde_json::from_slice(&bytes).map_err(|cause| {
        unread(&cause, "A hold is {\"since\":\"2026-11-27T16:00:00Z\",\"bbox\":[2.0,41.3,2.3,41.5],\"reason\":\"…\"}")
    })?;
    let mode = reader.mode(Some(body.mode.unwrap_or(Mode::Live)))?;
    let reason = reason(&body.reason, "/reason")?;
    if body.until.is_some_and(|until| until <= body.since) {
        return Err(Fault::field("/until", "before_since", "Name a moment after `since`."));
    }
    let row = HoldRow {
        id: 0,
        mode,
        since: body.since,
        until: body.until,
        area: body.bbox,
        reason,
        situation: None,
        set_by: by.clone(),
        set_at: app.clock.now(),
        released: None,
    };
    let row = stored(&app, row).await?;
    let said = format!("hold {} is set: {}", row.id, row.reason);
    if let Err(fault) = log_line::write(&app, mode, by, said, None).await {
        app.store.hold_drop(row.id).await?;
        return Err(fault);
    }
    Ok((StatusCode::CREATED, Json(view(row))))
}

/// `POST /api/v1/holds/{id}/release`
pub(super) async fn release(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<Released>, Fault> {
    let by = officer(&reader, "Holds are released")?;
    let body: Release = serde_json::from_slice(&bytes)
        .map_err(|cause| unread(&cause, "Send {\"reason\":\"…\"}"))?;
    let reason = reason(&body.reason, "/reason")?;
    let id: u64 = id.parse().map_err(|_bad| none())?;
    let mut row = app.store.holds_in_force().await?.into_iter().find(|row| row.id == id);
    let Some(row) = row.as_mut() else { return Err(none()) };
    // The line comes first: what is destroyed was said to be.
    log_line::write(&app, row.mode, by.clone(), format!("hold {id} is released: {reason}"), None)
        .await?;
    let at = app.clock.now();
    if !app.store.hold_release(id, &by, at).await? {
        return Err(none());
    }
    row.released = Some((by, at));
    let done = weigh_again(&app, row.mode).await?;
    Ok(Json(Released {
        hold: view(row.clone()),
        n_destroyed: done.count(Fate::Gone),
        n_withheld: done.count(Fate::Held),
    }))
}

async fn stored(app: &App, mut row: HoldRow) -> Result<HoldRow, Fault> {
    if app.store.holds_in_force().await?.len() >= HOLDS_MAX {
        let detail = format!("{HOLDS_MAX} holds are in force: release those that are over.");
        return Err(Fault::field("", "too_many", detail));
    }
    row.id = app.store.hold_set(&row).await?;
    Ok(row)
}

/// Sets the hold of an incident that is about to be declared: a situation that is confirmed. None if it has one. What is declared
/// without a hold might be gone before anybody thinks of one, so it comes first.
pub(super) async fn declare(
    app: &App,
    mode: Mode,
    entry: &DecisionEntry,
) -> Result<Option<HoldRow>, Fault> {
    let (DecisionKind::Verify, Some(DecisionSubject::Situation(id))) = (entry.kind, &entry.subject)
    else {
        return Ok(None);
    };
    let seen = app.worlds.read(mode).situation(SituationId(*id), Clearance::Desk);
    let Some(seen) = seen else { return Ok(None) };
    let held = app.store.holds_in_force().await?;
    if held.iter().any(|row| row.mode == mode && row.situation == Some(*id)) {
        return Ok(None);
    }
    let since = seen.oldest_at.unwrap_or(seen.begun_at).min(seen.begun_at).plus_ms(-BEFORE_MS);
    let mut corners = seen.extent.clone();
    if let Some(at) = seen.geometry {
        let lat_deg = f64::from(seen.radius_m) / DEGREE_M;
        let lng_deg = lat_deg / at.lat().to_radians().cos().max(0.01);
        corners.push([at.lng() - lng_deg, at.lat() - lat_deg]);
        corners.push([at.lng() + lng_deg, at.lat() + lat_deg]);
    }
    let row = HoldRow {
        id: 0,
        mode,
        since,
        until: None,
        area: around(&corners),
        reason: format!("situation {id} is confirmed"),
        situation: Some(*id),
        set_by: entry.signed.by.clone().unwrap_or_default(),
        set_at: app.clock.now(),
        released: None,
    };
    stored(app, row).await.map(Some)
}

/// What follows once a decision is on disk, or is not: the line of a hold, or its end.
pub(super) async fn decided(
    app: &App,
    mode: Mode,
    entry: &DecisionEntry,
    hold: Option<HoldRow>,
    (is_taken, may_release): (bool, bool),
) -> Result<(), Fault> {
    if let Some(row) = hold {
        if !is_taken {
            return Ok(app.store.hold_drop(row.id).await?);
        }
        let said = format!("hold {} is set: {}", row.id, row.reason);
        log_line::write(app, mode, row.set_by, said, None).await?;
    }
    // By one who may not release a hold it stays, and an officer releases it.
    if is_taken && may_release {
        lift(app, mode, entry).await?;
    }
    let is_over = matches!(entry.kind, DecisionKind::Close | DecisionKind::Dismiss);
    if let (true, true, Some(DecisionSubject::Situation(id))) = (is_taken, is_over, &entry.subject)
    {
        app.store.holds_end(mode, *id, app.clock.now()).await?;
    }
    Ok(())
}

/// Whether this reader may release a hold, and destroy what it kept.
pub(super) fn may_release(reader: &Reader) -> bool {
    officer(reader, "Holds are released").is_ok()
}

/// What a decision about a legal hold waits for: it is set with a confirmation, and lifted when that is taken back.
pub(super) fn is_about_holds(app: &App, mode: Mode, entry: &DecisionEntry) -> bool {
    entry.kind == DecisionKind::Verify || unconfirmed(app, mode, entry).is_some()
}

/// The situation whose confirmation a decision takes back.
fn unconfirmed(app: &App, mode: Mode, entry: &DecisionEntry) -> Option<u64> {
    let (DecisionKind::Undo, Some(DecisionSubject::Decision(seq))) = (entry.kind, &entry.subject)
    else {
        return None;
    };
    let world = app.worlds.read(mode);
    match (world.decided_kind(*seq)?, world.decided_on(*seq)?) {
        (DecisionKind::Verify, DecisionSubject::Situation(id)) => Some(id),
        _ => None,
    }
}

/// A confirmation was taken back: the hold that it set is lifted, unless another confirmation of the same stands. What no other hold keeps
/// is destroyed.
async fn lift(app: &App, mode: Mode, entry: &DecisionEntry) -> Result<(), Fault> {
    let Some(id) = unconfirmed(app, mode, entry) else { return Ok(()) };
    let subject = DecisionSubject::Situation(id);
    if app.worlds.read(mode).is_decided(DecisionKind::Verify, &subject) {
        return Ok(());
    }
    let by = entry.signed.by.clone().unwrap_or_default();
    let held = app.store.holds_in_force().await?;
    let own = held.iter().filter(|row| row.mode == mode && row.situation == Some(id));
    for HoldRow { id: hold, .. } in own {
        let said =
            format!("hold {hold} is released: the confirmation of situation {id} was taken back");
        // As with every release the line comes first.
        log_line::write(app, mode, by.clone(), said, None).await?;
        app.store.hold_release(*hold, &by, app.clock.now()).await?;
        weigh_again(app, mode).await?;
    }
    Ok(())
}

/// The box around some corners, a kilometre wider; none around nothing, or over the edge of the map, which holds more.
fn around(corners: &[[f64; 2]]) -> Option<Bbox> {
    let first = corners.first()?;
    let mut edges = [first[0], first[1], first[0], first[1]];
    for [lng, lat] in corners {
        edges = [edges[0].min(*lng), edges[1].min(*lat), edges[2].max(*lng), edges[3].max(*lat)];
    }
    Bbox::new(
        edges[0] - AROUND_DEG,
        (edges[1] - AROUND_DEG).max(-90.0),
        edges[2] + AROUND_DEG,
        (edges[3] + AROUND_DEG).min(90.0),
    )
    .ok()
}

fn view(row: HoldRow) -> Hold {
    let (released_by, released_at) = row.released.unzip();
    Hold {
        id: row.id,
        mode: row.mode,
        since: row.since,
        until: row.until,
        bbox: row.area,
        reason: row.reason,
        situation: row.situation,
        set_by: row.set_by,
        set_at: row.set_at,
        released_by,
        released_at,
    }
}

fn unread(cause: &serde_json::Error, remedy: &str) -> Fault {
    Fault::new(
        StatusCode::BAD_REQUEST,
        "invalid-body",
        "The body cannot be read",
        format!("{cause}. {remedy}; docs/api.md names the rest."),
    )
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "There is no hold in force with this number.",
    )
}
