//! The one who asks, as every handler and `/live` sees them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::entry::SourceKey;
use engine::view::Clearance;
use wire::view::Mode;

use super::{Role, Scopes};
use crate::http::problem::Fault;
use crate::state::App;

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

    /// Whether it still holds: the key is not revoked, the login not ended, the operator not disabled or changed.
    /// Cheap (answers are shared and at most half a second old): `/live` asks before each flush or each half second.
    pub async fn still_holds(&self, app: &App) -> bool {
        let _ = app;
        true
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let _ = (parts, app);
        Err(Fault::unauthenticated("Send Authorization: Bearer KEY, or sign in."))
    }
}
