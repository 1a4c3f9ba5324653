//! `/api/v1/sensors/import`: a table of sensors, what it would change, and the word that stores it.

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::entry::{self, SourceKey};
use engine::observation::PassportEntry;
use engine::signal::Passport;
use std::time::Duration;
use wire::geo::Bbox;
use wire::import::{ImportDiff, ImportList, Imported, RejectedRow};
use wire::view::Mode;

use super::body::{self, Incoming};
use super::params::Params;
use super::passports::{has_authority, source_key};
use super::problem::Fault;
use crate::auth::{Reader, Role, Scope, Sender};
use crate::imports::table::{self, BadTable, Table};
use crate::imports::{Import, NoRoom, lay, sentence};
use crate::normalise;
use crate::pipeline::Submission;
use crate::state::App;
use crate::store::{KeyKind, SourceRow};

/// Refused rows with pointers in one problem: enough to see the pattern.
const ERRORS_MAX: usize = 100;
/// Random bytes of a name: nobody guesses the import of another, who could not confirm it anyway.
const NAME_BYTES: usize = 12;

/// Who brings sensors: a partner for its own, or who answers for the room.
#[derive(Debug, Clone)]
pub(super) struct Importer {
    /// To whom what waits belongs: a partner, whichever of its keys, or a person.
    principal: String,
    /// The only source there is for it.
    own: Option<SourceKey>,
    /// The modes there are for it.
    mode: Option<Mode>,
    /// Whether it may say what an alarm is.
    has_authority: bool,
    /// Where its key's places must lie.
    area: Option<Bbox>,
}

impl FromRequestParts<App> for Importer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let sender = Sender::from_request_parts(parts, app).await?;
            sender.needs(Scope::Observations)?;
            if sender.kind == KeyKind::Test {
                return Err(Fault::forbidden(
                    "test-lane",
                    "A test key does not open this",
                    "A test key puts up no sensors: import with the key for which it stands in.",
                ));
            }
            return Ok(Self {
                area: sender.area,
                has_authority: sender.scopes.contains(Scope::Authority),
                // Of its mode alone, whichever of its keys.
                principal: format!("source:{}", sender.source.0),
                own: Some(sender.source),
                mode: Some(sender.mode),
            });
        }
        let reader = Reader::from_request_parts(parts, app).await?;
        if reader.role.is_some_and(|role| role >= Role::DutyOfficer) {
            let has_authority = has_authority(&reader, SourceKey::SERVER);
            return Ok(Self {
                principal: reader.principal,
                own: None,
                mode: None,
                has_authority,
                area: None,
            });
        }
        Err(Fault::forbidden(
            "role-too-low",
            "The role may not do this",
            "Sensors are imported by a duty officer, or with the partner's own key.",
        ))
    }
}

impl Importer {
    /// The source that is meant, and its mode.
    async fn source(
        &self,
        app: &App,
        named: Option<String>,
        asked: Option<Mode>,
    ) -> Result<SourceRow, Fault> {
        let mode = self.mode.or(asked).unwrap_or(Mode::Live);
        if asked.is_some_and(|asked| asked != mode) {
            let detail = "This key is for the other mode: use a key of that mode.";
            return Err(Fault::forbidden("wrong-mode", "The key is for the other mode", detail));
        }
        let key = match (self.own, named) {
            (Some(own), None) => own,
            (Some(own), Some(named)) if source_key(app, &named, mode).await? == own => own,
            (Some(_), Some(_)) => {
                let detail = "A key imports the sensors of its own source: leave source out.";
                return Err(Fault::forbidden("not-entitled", "It is another's source", detail));
            }
            (None, Some(named)) => source_key(app, &named, mode).await?,
            (None, None) => {
                let detail = "give source: whose sensors they are, as GET /api/v1/sources names it";
                return Err(super::params::wrong("source", detail));
            }
        };
        let rows = app.store.sources().await?;
        rows.into_iter()
            .find(|row| row.key == key)
            .ok_or_else(|| Fault::from(crate::store::StoreError::NotFound))
    }
}

/// `POST /api/v1/sensors/import?source=[&mode=]`: answered with what it would change; 201 where that waits to be confirmed.
pub(super) async fn compare(
    State(app): State<App>,
    importer: Importer,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let (named, asked) = (params.text("source"), params.mode()?);
    params.end()?;
    body::table_only(&headers)?;
    let source = importer.source(&app, named, asked).await?;
    let packing = body::packing(&headers)?;
    let limits = &app.config.limits;
    let stall = Duration::from_millis(limits.body_stall_ms);
    let incoming = Incoming::new(&headers, body, limits.body_bytes_max, stall).await?;
    let place = app.gate.bodies.acquire().await.map_err(Fault::internal)?;
    let bytes = incoming.rest().await?;
    let n_bytes = bytes.len();
    let config = std::sync::Arc::clone(&app.config);
    let read = tokio::task::spawn_blocking(move || {
        let plain = normalise::unpack(&bytes, packing, &config.limits)?;
        let plain = plain.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&plain);
        Ok(table::read(plain, config.area).map_err(bad_table))
    });
    let table = read
        .await
        .map_err(Fault::internal)?
        .map_err(|bad: normalise::BadBody| Fault::from(bad))??
        .within(importer.area);
    drop(place);
    let answering = app.clone();
    let compared = move || compared(&answering, &importer, &source, table, n_bytes);
    tokio::task::spawn_blocking(compared).await.map_err(Fault::internal)?
}

fn bad_table(bad: BadTable) -> Fault {
    match bad {
        BadTable::Header(detail) => Fault::field("", "wrong_shape", detail),
        BadTable::TooLong => Fault::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "The body is too large",
            format!("{bad}; nothing was stored."),
        ),
    }
}

fn compared(
    app: &App,
    importer: &Importer,
    source: &SourceRow,
    table: Table,
    n_bytes: usize,
) -> Result<Response, Fault> {
    let Table { rows, mut rejected } = table;
    let now = app.clock.now();
    let world = app.worlds.read(source.mode);
    let nothing = Passport::default();
    let (mut entries, mut known) = (Vec::new(), Vec::new());
    for row in rows {
        let earlier = world.passport(source.key, &row.datastream);
        let stands = world.stands_at(source.key, &row.datastream);
        match lay::over(&row, earlier.unwrap_or(&nothing), stands, importer.has_authority) {
            Ok(passport) => {
                known.push(earlier.cloned());
                entries.push(PassportEntry {
                    source: source.key,
                    datastream: row.datastream,
                    passport,
                });
            }
            Err(refused) => rejected.push(refused),
        }
    }
    rejected.sort_by_key(|row| row.line);
    if entries.is_empty() && !rejected.is_empty() {
        return Err(all_rejected(&rejected));
    }
    let survey = world.survey(&entries);
    drop(world);
    let is_change = !survey.kept.is_empty();
    let name = if is_change {
        let bytes = crate::auth::key::random::<NAME_BYTES>().map_err(Fault::internal)?;
        Some(crate::auth::key::hex(&bytes))
    } else {
        None
    };
    let diff = ImportDiff {
        import: name,
        source: source.id.clone(),
        mode: source.mode,
        until: now.plus_ms(crate::imports::IMPORT_MS),
        sentence: sentence(&survey.changes, rejected.len()),
        changes: survey.changes.clone(),
        rejected,
    };
    if !is_change {
        return Ok((StatusCode::OK, Json(diff)).into_response());
    }
    let principal = importer.principal.clone();
    let import = Import { principal, entries, known, survey, diff: diff.clone(), n_bytes };
    app.imports.keep(import, now).map_err(|NoRoom| {
        Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Not now",
            "Too many imports wait to be confirmed; nothing was kept. Confirm or discard yours, or send it again later.",
        )
        .retry_after(60)
    })?;
    Ok((StatusCode::CREATED, Json(diff)).into_response())
}

fn all_rejected(rejected: &[RejectedRow]) -> Fault {
    let fault = Fault::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "all-rejected",
        "No row was understood",
        "Every row was rejected; `errors` names the lines and columns to mend.",
    );
    rejected.iter().take(ERRORS_MAX).fold(fault, |fault, row| {
        let pointer = row.column.as_ref().map_or_else(String::new, |column| format!("/{column}"));
        fault.at(Some(row.line), &pointer, &row.reason, &row.detail)
    })
}

/// `GET /api/v1/sensors/import[?mode=]`: what waits for who asks.
pub(super) async fn waiting(
    State(app): State<App>,
    importer: Importer,
    mut params: Params,
) -> Result<Json<ImportList>, Fault> {
    let asked = params.mode()?;
    params.end()?;
    let mut imports = app.imports.of(&importer.principal, app.clock.now());
    imports.retain(|diff| asked.is_none_or(|mode| mode == diff.mode));
    Ok(Json(ImportList { imports }))
}

/// `DELETE /api/v1/sensors/import/{import}`
pub(super) async fn discard(
    State(app): State<App>,
    importer: Importer,
    Path(name): Path<String>,
) -> Result<StatusCode, Fault> {
    app.imports.take(&name, &importer.principal, app.clock.now()).ok_or_else(none)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/sensors/import/{import}/confirm`: answered once all of it is on disk.
pub(super) async fn confirm(
    State(app): State<App>,
    importer: Importer,
    Path(name): Path<String>,
) -> Result<Json<Imported>, Fault> {
    // Between looking and storing nobody else may say what a sensor is.
    let _turn = app.passports.lock().await;
    let now = app.clock.now();
    let import = app.imports.look(&name, &importer.principal, now).ok_or_else(none)?;
    let mode = import.diff.mode;
    let Import { entries, known, survey, .. } = import;
    {
        let world = app.worlds.read(mode);
        let stands = entries.iter().zip(&known).all(|(entry, known)| {
            world.passport(entry.source, &entry.datastream) == known.as_ref()
        });
        if !stands || !world.survey(&entries).is_told_like(&survey) {
            app.imports.take(&name, &importer.principal, now);
            return Err(changed());
        }
        // A key that was given fewer scopes since does not confirm what it may not say any more.
        let fits = |entry: &PassportEntry| {
            importer.has_authority
                || lay::is_entitled(
                    world.passport(entry.source, &entry.datastream),
                    &entry.passport,
                )
        };
        if !entries.iter().all(fits) {
            app.imports.take(&name, &importer.principal, now);
            return Err(changed());
        }
        let n_new = world.room_for_passports();
        if (survey.changes.new as usize) > n_new {
            return Err(no_room(n_new));
        }
    }
    let kept: std::collections::BTreeSet<usize> = survey.kept.into_iter().collect();
    let bodies: Vec<entry::Body> = (0..)
        .zip(entries)
        .filter(|(index, _)| kept.contains(index))
        .map(|(_, entry)| entry::Body::Passport(Box::new(entry)))
        .collect();
    // Where the intake is full it waits on, to be confirmed a moment later.
    let outcome = app.intake.submit(Submission::own(mode, bodies)).await?;
    app.imports.take(&name, &importer.principal, now);
    Ok(Json(Imported { seq: outcome.seq, stored: outcome.accepted }))
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "No import of yours waits under this name: it was confirmed, discarded, or an hour passed. Send the table again.",
    )
}

fn changed() -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "conflict",
        "What it was compared with has changed",
        "Somebody changed one of these sensors since; nothing was stored. Send the table again and look at what it would change now.",
    )
}

fn no_room(n: usize) -> Fault {
    Fault::field(
        "",
        crate::pipeline::TOO_MANY_DATASTREAMS,
        format!("The server has room for {n} more passports: use datastreams that are there."),
    )
}
