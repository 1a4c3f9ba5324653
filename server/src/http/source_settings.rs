//! `POST /api/v1/sources`, `GET`, `PUT` and `DELETE /api/v1/sources/{id}`: an administrator adds, reads, changes and removes a source of ours.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use wire::source::SourceTold;
use wire::time::Timestamp;

use super::problem::Fault;
use super::sources::told;
use crate::auth::{Reader, Role};
use crate::source::roster::{self, ADDED_MAX, Change};
use crate::source::{SourceConfig, profile};
use crate::state::App;
use crate::store::SourceRow;

/// Bytes of a source's settings: a broker with a hundred topics has ten thousand.
const SETTINGS_BYTES_MAX: usize = 32 << 10;
/// Characters of a password: a token has some hundreds.
const PASSWORD_CHARS_MAX: usize = 4_000;
/// Files on the server's disk: who runs the server names them, since what stands in one is sent to the upstream.
const FILES: [&str; 3] = ["password_file", "ca_file", "proxy_password_file"];
/// What is sent somewhere inside the building; meant where `desk_sources_private` says so.
const INSIDE: [&str; 3] = ["allow_private", "proxy", "webhook"];

/// A source with its settings. What is secret is told to be there, and no more.
#[derive(Debug, Serialize)]
pub(super) struct SourceSettings {
    source: SourceTold,
    /// `settings`: it stands in the file of settings and is changed there; `desk`: it was added here.
    origin: &'static str,
    /// The role of who added or changed it last, and when; null of one of the file.
    by: Option<String>,
    at: Option<Timestamp>,
    has_password: bool,
    has_webhook: bool,
    settings: Value,
}

/// `GET /api/v1/sources/{id}`
pub(super) async fn one(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Json<SourceSettings>, Fault> {
    administrator(&reader)?;
    let config = app.roster.of(&id).ok_or_else(none)?;
    let rows = app.store.sources().await?;
    let row = rows.into_iter().find(|row| row.id == id).ok_or_else(none)?;
    Ok(Json(settings(&app, &reader, &row, &config)))
}

/// `POST /api/v1/sources`: answered once it is on disk.
pub(super) async fn add(
    State(app): State<App>,
    reader: Reader,
    bytes: Bytes,
) -> Result<(StatusCode, Json<SourceSettings>), Fault> {
    let who = administrator(&reader)?;
    let Given { config, .. } = read(&app, &bytes)?;
    let work = tokio::spawn(async move {
        let _turn = app.roster.changing.lock().await;
        let id = config.id();
        if app.roster.of(&id).is_some() {
            let detail = format!("there is a source {id}: give another name, or change that one");
            return Err(Fault::field("/name", "taken", detail));
        }
        if app.roster.n_added() >= ADDED_MAX {
            let detail = format!("{ADDED_MAX} sources were added: remove one that is not needed");
            return Err(Fault::field("", "too_many", detail));
        }
        if app.roster.gone(&id).is_some_and(|gone| gone.kind != config.kind) {
            let detail = "a source of another kind had this name, and what it said stands under it: give another name";
            return Err(Fault::field("/name", "taken", detail));
        }
        let text = format!("{id} added: {}, {}", config.kind, config.host());
        let row = put(&app, config, who, text).await?;
        let config = app.roster.of(&id).ok_or_else(none)?;
        Ok((StatusCode::CREATED, Json(settings(&app, &reader, &row, &config))))
    });
    work.await.map_err(Fault::internal)?
}

/// `PUT /api/v1/sources/{id}`: all its settings anew; a password or webhook that is left out stays as it is.
pub(super) async fn change(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Json<SourceSettings>, Fault> {
    let who = administrator(&reader)?;
    let Given { mut config, keeps_password, keeps_webhook } = read(&app, &bytes)?;
    let work = tokio::spawn(async move {
        let _turn = app.roster.changing.lock().await;
        let known = desk_one(&app, &id)?;
        for (pointer, is_same) in [
            ("/name", config.short_name() == known.short_name()),
            ("/kind", config.kind == known.kind),
            ("/mode", config.mode == known.mode),
        ] {
            if !is_same {
                let detail = "cannot be changed, since what it said stands under it: remove the source and add another";
                return Err(Fault::field(pointer, "fixed", detail));
            }
        }
        if keeps_password && known.secret.is_some() {
            if config.host() != known.host() {
                let detail =
                    "the address leads to another host: give the password again, or null for none";
                return Err(Fault::field("/password", "missing", detail));
            }
            config.secret.clone_from(&known.secret);
        }
        if keeps_webhook {
            config.webhook.clone_from(&known.webhook);
        }
        checked(&config)?;
        let changed = changed(&known, &config);
        let text = format!("{id} changed: {}", changed.join(", "));
        let row = put(&app, config, who, text).await?;
        let config = app.roster.of(&id).ok_or_else(none)?;
        Ok(Json(settings(&app, &reader, &row, &config)))
    });
    work.await.map_err(Fault::internal)?
}

/// `DELETE /api/v1/sources/{id}`: it is asked no more; what it said stays.
pub(super) async fn remove(
    State(app): State<App>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    let (role, name) = administrator(&reader)?;
    let work = tokio::spawn(async move {
        let _turn = app.roster.changing.lock().await;
        let known = desk_one(&app, &id)?;
        let text = format!("{id} removed");
        let of = (id.as_str(), known.mode);
        roster::change(&app, of, Change::Remove, (role.word(), name), text).await?;
        Ok(StatusCode::NO_CONTENT)
    });
    work.await.map_err(Fault::internal)?
}

async fn put(
    app: &App,
    config: SourceConfig,
    (role, name): (Role, String),
    text: String,
) -> Result<SourceRow, Fault> {
    let (id, mode) = (config.id(), config.mode);
    let profile =
        profile(&config, &app.sources).map_err(|why| Fault::field("", "bad_setting", why))?;
    let row = app.store.source_ensure(&id, &profile.name, mode).await?;
    if row.mode != mode {
        let detail = "a source of the other mode had this name: give another name";
        return Err(Fault::field("/name", "taken", detail));
    }
    let change = Change::Put(Box::new(config));
    roster::change(app, (&id, mode), change, (role.word(), name), text).await?;
    Ok(row)
}

/// What of the settings is new, by name: the line in the log tells no values.
fn changed(before: &SourceConfig, after: &SourceConfig) -> Vec<String> {
    let fields = |config: &SourceConfig| match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (before_all, after_all) = (fields(before), fields(after));
    let mut names: Vec<String> = after_all
        .iter()
        .filter(|(name, value)| before_all.get(*name) != Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    if before.secret != after.secret {
        names.push("password".to_owned());
    }
    if names.is_empty() {
        names.push("nothing".to_owned());
    }
    names
}

fn settings(app: &App, reader: &Reader, row: &SourceRow, config: &SourceConfig) -> SourceSettings {
    let added = app.roster.added(&row.id);
    let shown = SourceConfig { webhook: None, ..config.clone() };
    let mut settings = serde_json::to_value(shown).unwrap_or_default();
    if let Some(fields) = settings.as_object_mut() {
        fields.remove("webhook");
        fields.retain(|_, value| !value.is_null());
    }
    SourceSettings {
        source: told(app, reader, row, app.clock.now()),
        origin: if added.is_some() { "desk" } else { "settings" },
        at: added.as_ref().map(|one| one.at),
        by: added.map(|one| one.by),
        has_password: config.secret.is_some() || config.password_file.is_some(),
        has_webhook: config.webhook.is_some(),
        settings,
    }
}

/// A source that was added at the desk.
fn desk_one(app: &App, id: &str) -> Result<SourceConfig, Fault> {
    let config = app.roster.of(id).ok_or_else(none)?;
    if app.roster.added(id).is_some() {
        return Ok(config);
    }
    Err(Fault::new(
        StatusCode::CONFLICT,
        "conflict",
        "It stands in the settings",
        "This source is in the server's file of settings: change or remove it there. POST /api/v1/sources/{id}/pause stops it meanwhile.",
    ))
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "This server asks no such source: GET /api/v1/sources names all, and those whose id begins with feed: are asked.",
    )
}

fn administrator(reader: &Reader) -> Result<(Role, String), Fault> {
    let (Some(role), Some(name)) = (reader.role, reader.principal.strip_prefix("operator:")) else {
        return Err(Fault::forbidden(
            "operators-only",
            "Keys do not decide",
            "A source is added, changed and removed by a person: sign in with POST /api/v1/session.",
        ));
    };
    if role >= Role::Administrator {
        return Ok((role, name.to_owned()));
    }
    Err(Fault::forbidden(
        "role-too-low",
        "The role may not do this",
        format!("A source is added, changed and removed by an administrator; yours is {role}."),
    ))
}

/// Settings as they were sent.
struct Given {
    config: SourceConfig,
    keeps_password: bool,
    keeps_webhook: bool,
}

fn read(app: &App, bytes: &[u8]) -> Result<Given, Fault> {
    let bad = |cause: String| {
        let detail = format!(
            "{cause}. A source is {{\"kind\":\"cap\",\"name\":\"met\",\"url\":\"https://met.example/cap.xml\",\"interval_s\":60}}, with the fields of [[source]] in docs/sources.md."
        );
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not a source", detail)
    };
    if bytes.len() > SETTINGS_BYTES_MAX {
        let detail = format!("settings have at most {SETTINGS_BYTES_MAX} bytes");
        return Err(Fault::field("", "too_long", detail));
    }
    let mut fields: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|cause| bad(cause.to_string()))?;
    for name in FILES {
        if fields.get(name).is_some_and(|value| !value.is_null()) {
            let detail = "names a file on the server: only its own settings do that; a password is given here as password";
            return Err(Fault::field(&format!("/{name}"), "only_in_settings", detail));
        }
    }
    for name in INSIDE {
        let is_said = fields
            .get(name)
            .is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)));
        if is_said && !app.config.desk_sources_private {
            let detail = "leads inside the building: whoever runs the server allows that with desk_sources_private = true in its settings";
            return Err(Fault::field(&format!("/{name}"), "only_in_settings", detail));
        }
    }
    let keeps_webhook = !fields.contains_key("webhook");
    let (keeps_password, password) = match fields.remove("password") {
        None => (true, None),
        Some(Value::Null) => (false, None),
        Some(Value::String(words)) if (1..=PASSWORD_CHARS_MAX).contains(&words.chars().count()) => {
            (false, Some(words))
        }
        Some(_) => {
            let detail = format!("must be 1 to {PASSWORD_CHARS_MAX} characters, or null for none");
            return Err(Fault::field("/password", "bad_setting", detail));
        }
    };
    // What is null is as good as left out.
    fields.retain(|_, value| !value.is_null());
    let mut config: SourceConfig =
        serde_json::from_value(Value::Object(fields)).map_err(|cause| bad(cause.to_string()))?;
    config.secret = password.map(Into::into);
    checked(&config)?;
    Ok(Given { config, keeps_password, keeps_webhook })
}

/// The rules of the file of settings, with the field that is wrong.
fn checked(config: &SourceConfig) -> Result<(), Fault> {
    config.check().map_err(|why| {
        // `source.url of met: …`
        let (place, detail) = why.split_once(": ").unwrap_or(("", &why));
        let place = place.strip_prefix("source.").unwrap_or(place);
        let end = place.find(|one: char| !one.is_ascii_lowercase() && one != '_' && one != '.');
        let field = place.get(..end.unwrap_or(place.len())).unwrap_or_default().replace('.', "/");
        Fault::field(&format!("/{field}"), "bad_setting", detail)
    })
}
