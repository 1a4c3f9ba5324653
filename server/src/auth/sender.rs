//! The partner who sends: by key only.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use engine::entry::SourceKey;
use wire::geo::Bbox;
use wire::time::Timestamp;
use wire::view::Mode;

use super::{Budget, Scope, Scopes, key, turned_away};
use crate::http::problem::Fault;
use crate::state::App;
use crate::store::{KeyKind, KeyRow, TEST_LANE};
use crate::why::{Attempts, KeyTrouble};

const EXPIRES: HeaderName = HeaderName::from_static("talaia-key-expires");
const DAYS_LEFT: HeaderName = HeaderName::from_static("talaia-key-days-left");
const LANE: HeaderName = HeaderName::from_static("talaia-lane");

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
    /// Where its places must lie.
    pub area: Option<Bbox>,
    /// Whether what it sends goes the test lane.
    pub kind: KeyKind,
    /// When the key ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What its partner may spend.
    pub budget: Arc<Budget>,
    /// The public part of the key.
    pub key_id: String,
    /// Where it is remembered that it was turned away.
    pub(crate) attempts: Arc<Attempts>,
}

/// The public id of a partner's source.
pub fn source_id(partner: &str) -> String {
    format!("partner:{partner}")
}

/// The public id of the lane of a partner's test key.
pub fn lane_id(partner: &str) -> String {
    format!("{TEST_LANE}{partner}")
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

/// A key that ended by itself: its holder alone, who knows the secret, is told so.
fn expired(at: Timestamp) -> Fault {
    let detail = format!("The key expired at {at}: ask who runs this server for a new one.");
    Fault::new(axum::http::StatusCode::UNAUTHORIZED, "key-expired", "The key has expired", detail)
}

/// The stored key of a presented one.
pub(super) async fn known(presented: &key::Presented, app: &App) -> Result<Arc<KeyRow>, Fault> {
    // Read before the row is: a right that ends in between makes what is remembered old.
    let revocations = app.hub.revocations();
    let remembered = app.gate.key(&presented.id, revocations);
    let is_new = remembered.is_none();
    let row = match remembered {
        Some(row) => Some(row),
        None => app.store.key(&presented.id).await?.map(Arc::new),
    };
    let Some(row) = row else {
        // The same comparison for an id that does not exist.
        let _ = presented.matches(&[0; 32]);
        return Err(wrong());
    };
    let now = app.clock.now();
    let fault = if !presented.matches(&row.secret_sha256) || presented.kind != row.terms.kind {
        // Whoever does not know the secret writes nothing into the partner's account either.
        return Err(wrong());
    } else if row.revoked_at.is_some() {
        wrong()
    } else if let Some(at) = row.terms.expires_at.filter(|at| *at <= now) {
        expired(at)
    } else {
        if is_new {
            app.gate.remember_key(&row, revocations);
        }
        return Ok(row);
    };
    Err(fault)
}

/// Spends one request of the partner's budget.
pub(super) async fn spend(row: &KeyRow, app: &App) -> Result<Arc<Budget>, Fault> {
    let budget = app.gate.budget(row.source, &row.terms);
    let now = app.clock.now();
    match budget.spend_request(now) {
        Ok(()) => Ok(budget),
        Err(spent) => {
            budget.hold_back().await;
            Err(spent.fault(now))
        }
    }
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
    /// Spends items of the partner's budget.
    pub(crate) fn spend_items(&self, n: usize, app: &App) -> Result<(), Fault> {
        let now = app.clock.now();
        self.budget.spend_items(n, now).map_err(|spent| spent.fault(now))
    }

    /// What this one's key opens: the room, or its lane.
    pub(crate) fn of(&self, app: App) -> App {
        match self.kind {
            KeyKind::Full => app,
            KeyKind::Test => app.on_lane(self.source),
        }
    }

    /// An answer on its way: what is left is written into what was taken.
    pub(crate) fn told(
        &self,
        app: &App,
        answer: Result<Response, Fault>,
    ) -> Result<Response, Fault> {
        let mut answer = answer?;
        let now = app.clock.now();
        self.budget.stamp(&mut answer, now);
        let headers = answer.headers_mut();
        if let Some(at) = self.expires_at {
            if let Ok(value) = HeaderValue::from_str(&at.to_string()) {
                headers.insert(EXPIRES, value);
            }
            headers.insert(DAYS_LEFT, HeaderValue::from(at.ms_since(now) / crate::store::DAY_MS));
        }
        if self.kind == KeyKind::Test {
            headers.insert(LANE, HeaderValue::from_static("test"));
        }
        Ok(answer)
    }

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
        let source_id = match row.terms.kind {
            KeyKind::Full => source_id(&row.partner),
            KeyKind::Test => lane_id(&row.partner),
        };
        let budget = spend(&row, app).await.inspect_err(|fault| {
            let trouble = KeyTrouble {
                reason: "too-many-requests",
                detail: fault.problem.detail.clone(),
                key_id: Some(row.id.clone()),
                is_proven: true,
                ..KeyTrouble::default()
            };
            app.attempts.at_door(Some(row.source), &trouble);
        })?;
        Ok(Self {
            source: row.source,
            source_id,
            mode: row.mode,
            scopes,
            area: row.terms.area,
            kind: row.terms.kind,
            expires_at: row.terms.expires_at,
            budget,
            key_id: row.id.clone(),
            attempts: Arc::clone(&app.attempts),
        })
    }
}

async fn row_of(parts: &Parts, app: &App) -> Result<Arc<KeyRow>, Fault> {
    let Some(presented) = bearer(&parts.headers)? else {
        // By cookie: the Origin is looked at first, so that a foreign page learns nothing else.
        if parts.headers.contains_key(axum::http::header::COOKIE) {
            super::check_origin(&parts.headers, &app.config)?;
        }
        return Err(Fault::unauthenticated("Reports are sent with Authorization: Bearer KEY."));
    };
    known(&presented, app).await
}
