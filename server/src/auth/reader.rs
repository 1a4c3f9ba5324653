//! The one who asks, as every handler and `/live` sees them.

use axum::extract::FromRequestParts;
use axum::http::header::UPGRADE;
use axum::http::request::Parts;
use engine::entry::SourceKey;
use engine::view::Clearance;
use wire::view::Mode;

use super::login::{Login, Operator};
use super::{LOGIN_MS, Role, SIGNED_IN_AT, Scope, Scopes, sender, session_name};
use crate::http::problem::Fault;
use crate::state::App;
use crate::store::{KeyKind, KeyRow, StoreError};

/// Someone who may read: an operator by session, or a partner by key. An extractor; its rejection is the answer to
/// send (401, 403 `missing-scope`, 403 `foreign-origin`).
#[derive(Debug, Clone)]
pub struct Reader {
    /// `key:ID` or `operator:NAME`: what `Hub::revoke` is called with when it ends.
    pub principal: String,
    /// `session:HASH` of an operator's login; `Hub::revoke` is called with it when that one login ends.
    pub session: Option<String>,
    /// What it may see of a report.
    pub clearance: Clearance,
    /// The modes it may see: a key its own, an operator both.
    pub modes: Vec<Mode>,
    /// The operator's role; `None` for a key.
    pub role: Option<Role>,
    /// The partner's source; `None` for an operator.
    pub source: Option<SourceKey>,
    /// The key's scopes; empty for an operator.
    pub scopes: Scopes,
}

impl Reader {
    /// Whether it may see this mode.
    pub fn sees(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
    }

    /// The mode it looks at when it names none: a key its own, an operator live.
    pub fn default_mode(&self) -> Mode {
        self.modes.first().copied().unwrap_or(Mode::Live)
    }

    /// The mode asked for, or its default; 403 when it may not see it.
    pub fn mode(&self, asked: Option<Mode>) -> Result<Mode, Fault> {
        let mode = asked.unwrap_or_else(|| self.default_mode());
        if self.sees(mode) {
            return Ok(mode);
        }
        let detail = format!("This key does not see the mode {mode}: use a key of that mode.");
        Err(Fault::forbidden("wrong-mode", "The key is for the other mode", detail))
    }

    /// Whether a principal (and its login, for an operator) still holds: the key is not revoked, the login not ended, the
    /// operator not disabled or changed. Cheap: answers are shared and at most half a second old.
    /// When the database does not answer, it holds: a failing disk must not blank the picture.
    pub async fn holds(principal: &str, login: Option<&str>, app: &App) -> bool {
        let who = login.unwrap_or(principal);
        if let Some(holds) = app.gate.answer(who) {
            return holds;
        }
        let holds = Self::asked_again(principal, login, app).await.unwrap_or(true);
        app.gate.remember(who, holds);
        holds
    }

    async fn asked_again(
        principal: &str,
        login: Option<&str>,
        app: &App,
    ) -> Result<bool, StoreError> {
        if let Some(id) = principal.strip_prefix("key:") {
            let row = app.store.key(id).await?;
            return Ok(row.is_some_and(|row| row.is_in_force(app.clock.now())));
        }
        let (Some(name), Some(session)) = (
            principal.strip_prefix("operator:"),
            login.and_then(|session| session.strip_prefix("session:")),
        ) else {
            return Ok(false);
        };
        let operator = app.store.operator(name).await?.as_ref().and_then(Operator::from_row);
        let Some(operator) = operator else { return Ok(false) };
        let Some(row) = app.store.session(session).await? else { return Ok(false) };
        let record: serde_json::Value = serde_json::from_str(&row.record)
            .map_err(|cause| StoreError::Corrupt(format!("session: {cause}")))?;
        let signed_in_at = record.pointer("/data/signed_in_at").and_then(serde_json::Value::as_i64);
        let mark: Vec<u8> = record
            .pointer("/data/axum-login.data/auth_hash")
            .and_then(|mark| serde_json::from_value(mark.clone()).ok())
            .unwrap_or_default();
        let in_time = signed_in_at.is_some_and(|at| app.clock.now().0 - at < LOGIN_MS);
        Ok(in_time && mark == operator.mark())
    }

    fn of_key(row: &KeyRow) -> Result<Self, Fault> {
        let scopes: Scopes = row.scopes.parse().map_err(Fault::internal)?;
        if !scopes.contains(Scope::Read) {
            return Err(sender::missing(Scope::Read));
        }
        Ok(Self {
            principal: format!("key:{}", row.id),
            session: None,
            clearance: Clearance::Room,
            modes: vec![row.mode],
            role: None,
            source: Some(row.source),
            scopes,
        })
    }
}

/// The operator of a request by cookie, and the public name of the login.
pub(crate) async fn operator(parts: &mut Parts, app: &App) -> Result<(Operator, String), Fault> {
    let asked = || Fault::unauthenticated("Send Authorization: Bearer KEY, or sign in.");
    let login = parts.extensions.get::<Login>().cloned().ok_or_else(asked)?;
    let acts = !parts.method.is_safe() || parts.headers.contains_key(UPGRADE);
    if acts && parts.headers.contains_key(axum::http::header::COOKIE) {
        super::check_origin(&parts.headers, &app.config)?;
    }
    let operator = login.user.clone().ok_or_else(asked)?;
    let signed_in_at: Option<i64> =
        login.session.get(SIGNED_IN_AT).await.map_err(Fault::internal)?;
    if signed_in_at.is_none_or(|at| app.clock.now().0 - at >= LOGIN_MS) {
        return Err(Fault::unauthenticated("The login has ended after 13 hours: sign in again."));
    }
    let id = login.session.id().ok_or_else(asked)?;
    Ok((operator, session_name(&id)))
}

impl FromRequestParts<App> for Reader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        if let Some(presented) = sender::bearer(&parts.headers)? {
            let row = sender::known(&presented, app).await?;
            sender::spend(&row, app).await?;
            // A test key sees its lane, and the room in no way.
            if row.terms.kind == KeyKind::Test {
                return Err(Fault::forbidden(
                    "test-lane",
                    "A test key does not open this",
                    "A test key reads its own lane at /api/v1/reports, /picture, /sensors/latest, /sources, /dead-letters and /sta: for all else ask for another key.",
                ));
            }
            return Self::of_key(&row);
        }
        let (operator, session) = operator(parts, app).await?;
        Ok(Self {
            principal: format!("operator:{}", operator.name),
            session: Some(format!("session:{session}")),
            clearance: operator.role.clearance(),
            modes: Mode::ALL.to_vec(),
            role: Some(operator.role),
            source: None,
            scopes: Scopes::default(),
        })
    }
}

/// Who reads, and what: the room, or for a test key its own lane. Where it stands in place of [`Reader`], test keys may ask.
pub(crate) struct Seen {
    pub(crate) app: App,
    pub(crate) reader: Reader,
    /// Whether this is a lane and not the room.
    pub(crate) is_lane: bool,
}

impl FromRequestParts<App> for Seen {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let presented = sender::bearer(&parts.headers)?;
        let Some(presented) = presented.filter(|key| key.kind == KeyKind::Test) else {
            let reader = Reader::from_request_parts(parts, app).await?;
            return Ok(Self { app: app.clone(), reader, is_lane: false });
        };
        let row = sender::known(&presented, app).await?;
        sender::spend(&row, app).await?;
        let reader = Reader::of_key(&row)?;
        let app = app.clone().on_lane(row.source);
        Ok(Self { app, reader, is_lane: true })
    }
}
