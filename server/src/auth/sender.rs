//! The partner who sends: by key only.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use engine::entry::SourceKey;
use wire::view::Mode;

use super::{Scope, Scopes, key, turned_away};
use crate::http::problem::Fault;
use crate::state::App;
use crate::store::KeyRow;
use crate::why::{Attempts, KeyTrouble};

/// A partner with a valid key. An extractor; its rejection is the answer to send. It has spent one request of the
/// partner's budget.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The partner's source.
    pub source: SourceKey,
    /// Its public id: `partner:NAME`.
    pub source_id: String,
    /// The key's mode, which decides.
    pub mode: Mode,
    /// What the key may do.
    pub scopes: Scopes,
    /// The public part of the key.
    pub key_id: String,
    /// Where it is remembered that it was turned away.
    pub(crate) attempts: Arc<Attempts>,
}

/// The public id of a partner's source.
pub fn source_id(partner: &str) -> String {
    format!("partner:{partner}")
}

/// The key of a request, if it bears one.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<key::Presented>, Fault> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    // Which of two counts, a proxy on the way may see otherwise.
    if headers.get_all(AUTHORIZATION).iter().count() > 1 {
        return Err(Fault::unauthenticated("Send the header Authorization once."));
    }
    let text = value.to_str().unwrap_or_default();
    let key = match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => return Err(Fault::unauthenticated("Send Authorization: Bearer KEY.")),
    };
    key::read(key).map(Some).ok_or_else(wrong)
}

/// One answer for unknown, wrong and revoked keys alike.
pub(super) fn wrong() -> Fault {
    Fault::unauthenticated(
        "The key is not valid here: it is mistyped, unknown or revoked. Ask for a new one.",
    )
}

/// The stored key of a presented one.
pub(super) async fn known(presented: &key::Presented, app: &App) -> Result<KeyRow, Fault> {
    let row = app.store.key(&presented.id).await?;
    match row {
        Some(row) if presented.matches(&row.secret_sha256) && row.revoked_at.is_none() => Ok(row),
        Some(_) => Err(wrong()),
        // The same comparison for an id that does not exist.
        None => {
            let _ = presented.matches(&[0; 32]);
            Err(wrong())
        }
    }
}

/// Spends one request of the partner's budget.
pub(super) fn spend(partner: SourceKey, app: &App) -> Result<(), Fault> {
    app.gate.spend_request(partner).map_err(|wait_s| {
        too_many(
            &format!(
                "{} requests a second are taken from one partner",
                app.config.limits.requests_per_s
            ),
            wait_s,
        )
    })
}

/// 429 with the time to wait.
pub(crate) fn too_many(detail: &str, wait_s: u32) -> Fault {
    Fault::new(
        axum::http::StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        "Too much at once",
        format!("{detail}; nothing was stored: send it again after {wait_s} s."),
    )
    .retry_after(wait_s)
}

impl Sender {
    /// Refuses a key without the scope.
    pub fn needs(&self, scope: Scope) -> Result<(), Fault> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        let fault = missing(scope);
        self.turned_away("missing-scope", &fault.problem.detail);
        Err(fault)
    }

    /// Remembers that its key was no good for what it wanted.
    pub(crate) fn turned_away(&self, reason: &'static str, detail: &str) {
        let trouble = KeyTrouble {
            reason,
            detail: detail.to_owned(),
            key_id: Some(self.key_id.clone()),
            is_proven: true,
            ..KeyTrouble::default()
        };
        self.attempts.at_door(Some(self.source), &trouble);
    }
}

/// 403 for a key without a scope.
pub(super) fn missing(scope: Scope) -> Fault {
    Fault::forbidden(
        "missing-scope",
        "The key may not do this",
        format!("The key lacks the scope {scope}: ask for one that has it.", scope = scope.word()),
    )
}

impl FromRequestParts<App> for Sender {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let row = match row_of(parts, app).await {
            Ok(row) => row,
            Err(fault) => {
                turned_away::note(&parts.headers, app, &fault).await;
                return Err(fault);
            }
        };
        let scopes = row.scopes.parse().map_err(Fault::internal)?;
        let sender = Self {
            source: row.source,
            source_id: source_id(&row.partner),
            mode: row.mode,
            scopes,
            key_id: row.id,
            attempts: Arc::clone(&app.attempts),
        };
        spend(sender.source, app)
            .inspect_err(|fault| sender.turned_away("too-many-requests", &fault.problem.detail))?;
        Ok(sender)
    }
}

async fn row_of(parts: &Parts, app: &App) -> Result<KeyRow, Fault> {
    let Some(presented) = bearer(&parts.headers)? else {
        // By cookie: the Origin is looked at first, so that a foreign page learns nothing else.
        if parts.headers.contains_key(axum::http::header::COOKIE) {
            super::check_origin(&parts.headers, &app.config)?;
        }
        return Err(Fault::unauthenticated("Reports are sent with Authorization: Bearer KEY."));
    };
    known(&presented, app).await
}
