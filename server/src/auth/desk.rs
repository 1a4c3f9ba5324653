//! Who may look at the partner desk: a partner at its own source, and who works in the room at all of them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::entry::SourceKey;
use wire::view::Mode;

use super::{Role, Scope, Scopes, reader, sender};
use crate::http::problem::Fault;
use crate::state::App;
use crate::store::KeyKind;

/// Someone at the desk. An extractor; its rejection is the answer to send.
#[derive(Debug, Clone)]
pub(crate) struct DeskUser {
    /// The partner's source; none for an operator, who sees all.
    pub(crate) source: Option<SourceKey>,
    /// The modes that it may see, its own first.
    modes: Vec<Mode>,
    role: Option<Role>,
    scopes: Scopes,
    is_test: bool,
}

impl DeskUser {
    /// The mode asked for, or its own; 403 when it may not see it.
    pub(crate) fn mode(&self, asked: Option<Mode>) -> Result<Mode, Fault> {
        let own = self.modes.first().copied().unwrap_or(Mode::Live);
        let mode = asked.unwrap_or(own);
        if self.modes.contains(&mode) {
            return Ok(mode);
        }
        let detail = format!("This key does not see the mode {mode}: use a key of that mode.");
        Err(Fault::forbidden("wrong-mode", "The key is for the other mode", detail))
    }

    /// Whether it sees this source.
    pub(crate) fn sees(&self, source: SourceKey) -> bool {
        self.source.is_none_or(|own| own == source)
    }

    /// Refuses whoever may not make, change or end keys: a key that could would be worth more than itself.
    pub(crate) fn may_keep_keys(&self) -> Result<(), Fault> {
        if self.role.is_some_and(|role| role >= Role::Administrator) {
            return Ok(());
        }
        Err(Fault::forbidden(
            "not-entitled",
            "Keys are kept by an administrator",
            "Keys are made, changed and ended by an administrator who is signed in, or with talaia partner; a key sees those of its own partner.",
        ))
    }

    /// Refuses whoever may not plan works on a source: who decides in the room may, and the key that sends its values.
    pub(crate) fn may_plan(&self, source: SourceKey) -> Result<(), Fault> {
        let by_role = self.role.is_some_and(|role| role >= Role::DutyOfficer);
        // A test key's sensors stand nowhere, so there is nothing to plan for.
        let by_key = self.source == Some(source)
            && self.scopes.contains(Scope::Observations)
            && !self.is_test;
        if by_role || by_key {
            return Ok(());
        }
        Err(Fault::forbidden(
            "not-entitled",
            "Works are planned by who answers for the sensors",
            "Works are announced by a duty officer, or with the source's own key and the scope observations.",
        ))
    }
}

impl FromRequestParts<App> for DeskUser {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        if let Some(presented) = sender::bearer(&parts.headers)? {
            let row = sender::known(&presented, app).await?;
            sender::spend(&row, app).await?;
            let scopes: Scopes = row.scopes.parse().map_err(Fault::internal)?;
            // Who sends may see what became of it.
            if !scopes.contains(Scope::Read) && !scopes.contains(Scope::Observations) {
                return Err(sender::missing(Scope::Read));
            }
            let source = Some(row.source);
            let is_test = row.terms.kind == KeyKind::Test;
            return Ok(Self { source, modes: vec![row.mode], role: None, scopes, is_test });
        }
        let (operator, _login) = reader::operator(parts, app).await?;
        if operator.role < Role::Contributor {
            return Err(Fault::forbidden(
                "role-too-low",
                "The role may not see this",
                "The partner desk takes the role contributor or above: the wall names nobody and nothing.",
            ));
        }
        let role = Some(operator.role);
        let (modes, scopes) = (Mode::ALL.to_vec(), Scopes::default());
        Ok(Self { source: None, modes, role, scopes, is_test: false })
    }
}
