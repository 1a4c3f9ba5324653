//! Acts on operators and partners: the same code behind the running server's socket and a database nobody serves.

mod first;
mod operators;
mod partners;
mod socket;

use serde::{Deserialize, Serialize};
use wire::view::Mode;

pub use first::{file as first_sign_in_file, first_sign_in};
pub(crate) use partners::KEEP_OLD_MAX_MS;
pub use socket::{AskError, ask, listen, serve};

use crate::clock::Clock;
use crate::hub::Hub;
use crate::store::{KeyKind, KeyTerms, Store, StoreError};

/// One act.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Request {
    /// Adds an operator with a generated password.
    OperatorAdd {
        /// The name.
        name: String,
        /// The role's word.
        role: String,
    },
    /// Lists operators.
    OperatorList,
    /// Changes a role.
    OperatorRole {
        /// Whose.
        name: String,
        /// The role's word.
        role: String,
    },
    /// Generates a new password.
    OperatorPassword {
        /// Whose.
        name: String,
    },
    /// Disables or enables.
    OperatorDisable {
        /// Whose.
        name: String,
        /// Which.
        disabled: bool,
    },
    /// Adds a partner with a key.
    PartnerAdd {
        /// The name.
        name: String,
        /// Scopes between spaces.
        scopes: String,
        /// The key's mode.
        mode: Mode,
        /// What the key is bound to beside.
        #[serde(default)]
        terms: KeyTerms,
    },
    /// Lists keys.
    PartnerList,
    /// A new key for an old.
    PartnerRotate {
        /// Whose.
        name: String,
        /// Which of its two kinds of keys.
        #[serde(default)]
        kind: KeyKind,
        /// How long the old one goes on; 0: it ends at once.
        #[serde(default)]
        keep_old_ms: i64,
    },
    /// Revokes all keys of a partner.
    PartnerRevoke {
        /// Whose.
        name: String,
    },
    /// Revokes one key, and leaves the partner's others.
    KeyRevoke {
        /// Its public part.
        id: String,
    },
    /// How a partner is reached when its feed falls silent.
    PartnerContact {
        /// Whose.
        name: String,
        /// An address that is sent a `POST`; empty takes it away, none leaves it.
        webhook: Option<String>,
        /// Who is called; empty takes it away, none leaves it.
        phone: Option<String>,
    },
    /// Reads again who is where.
    ExposureReload,
    /// The gazetteer in the database is another one.
    GazetteerReload,
    /// Reads again what stands without a place.
    GazetteerRerun,
    /// The areas of codes in the database are others.
    GeocodesReload,
    /// Destroys the key of a report's personal part.
    Erase {
        /// The report's id, as Talaia gives it.
        id: wire::id::ReportId,
    },
}

/// An act done: what to tell, a table, and what is shown this once. No `Debug`: it may hold a secret.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Done {
    /// A sentence.
    pub said: Option<String>,
    /// Rows, the first a header.
    pub rows: Vec<Vec<String>>,
    /// A key or a password.
    pub secret: Option<String>,
}

/// An act not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refused {
    /// The words were wrong.
    #[error("{0}")]
    Usage(String),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
    /// What is there stands against it.
    #[error("{0}")]
    Conflict(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Refused {
    pub(super) fn failed(cause: impl std::fmt::Display) -> Self {
        Self::Failed(cause.to_string())
    }
}

impl Done {
    pub(super) fn said(text: String) -> Self {
        Self { said: Some(text), ..Self::default() }
    }
}

/// Longest name of an operator or partner: fits a column and a log line.
const NAME_MAX: usize = 64;

/// Refuses names that would be mistaken on a screen or in a list.
fn check_name(name: &str) -> Result<(), Refused> {
    let plain = |c: char| c.is_alphanumeric() || "._-@+ ".contains(c);
    let edges = name.starts_with(' ') || name.ends_with(' ') || name.starts_with('-');
    if name.is_empty() || name.chars().count() > NAME_MAX || edges || !name.chars().all(plain) {
        return Err(Refused::Usage(format!(
            "a name has 1 to {NAME_MAX} letters, digits, spaces or . _ - @ +, and no space at its ends"
        )));
    }
    Ok(())
}

/// Does one act. With a hub, open connections of whoever loses a right are closed at once; without one they find out
/// by themselves within a second.
pub async fn act(
    store: &Store,
    clock: &Clock,
    hub: Option<&Hub>,
    request: Request,
) -> Result<Done, Refused> {
    match request {
        Request::OperatorAdd { name, role } => operators::add(store, &name, &role).await,
        Request::OperatorList => operators::list(store).await,
        Request::OperatorRole { name, role } => operators::role(store, hub, &name, &role).await,
        Request::OperatorPassword { name } => operators::password(store, hub, &name).await,
        Request::OperatorDisable { name, disabled } => {
            operators::disable(store, hub, &name, disabled).await
        }
        Request::PartnerAdd { name, scopes, mode, terms } => {
            partners::add(store, clock, &name, &scopes, mode, terms).await
        }
        Request::PartnerList => partners::list(store, clock).await,
        Request::PartnerRotate { name, kind, keep_old_ms } => {
            partners::rotate(store, clock, hub, &name, kind, keep_old_ms).await
        }
        Request::PartnerRevoke { name } => partners::revoke(store, clock, hub, &name).await,
        Request::KeyRevoke { id } => partners::revoke_one(store, clock, hub, &id).await,
        Request::PartnerContact { name, webhook, phone } => {
            partners::contact(store, &name, webhook, phone).await
        }
        Request::GazetteerRerun => Err(Refused::Failed(
            "only a running server reads reports again: start it; it does so by itself after an import".to_owned(),
        )),
        Request::ExposureReload | Request::GazetteerReload | Request::GeocodesReload => Err(Refused::Failed(
            "only a running server reads again what was imported".to_owned(),
        )),
        Request::Erase { .. } => Err(Refused::Failed(
            "a report is erased by the running server, which keeps its journal: start it, then ask again"
                .to_owned(),
        )),
    }
}
