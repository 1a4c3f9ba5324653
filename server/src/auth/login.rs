//! Operators' logins: axum-login over our store.

use axum_login::tower_sessions::cookie::SameSite;
use axum_login::{AuthManagerLayer, AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend};
use sha2::{Digest, Sha256};
use tower_sessions::{Expiry, SessionManagerLayer};

use super::session::Sessions;
use super::{LOGIN_MS, Role, password};
use crate::config::Config;
use crate::store::{OperatorRow, Store, StoreError};

/// The key of the moment of sign-in within a session, in milliseconds of the server's clock.
pub const SIGNED_IN_AT: &str = "signed_in_at";

/// A signed-in operator.
#[derive(Clone)]
pub struct Operator {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    mark: Vec<u8>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("role", &self.role).finish_non_exhaustive()
    }
}

impl Operator {
    /// From the store; `None` when disabled, or with a role this version does not know.
    pub(super) fn from_row(row: &OperatorRow) -> Option<Self> {
        let role = row.role.parse().ok().filter(|_| !row.disabled)?;
        // Whatever changes password, role or state changes the mark, and logins with another mark are void.
        let mark = Sha256::new()
            .chain_update(row.generation.to_le_bytes())
            .chain_update(row.role.as_bytes())
            .chain_update(row.password_phc.as_bytes())
            .finalize();
        Some(Self { name: row.name.clone(), role, mark: mark.to_vec() })
    }

    /// The mark a login must bear.
    pub(super) fn mark(&self) -> &[u8] {
        &self.mark
    }
}

impl AuthUser for Operator {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.mark
    }
}

/// Name and password.
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Why a sign-in could not be decided.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hash.
    #[error(transparent)]
    Password(#[from] password::PasswordError),
}

/// Operators, as axum-login asks for them.
#[derive(Debug, Clone)]
pub struct Operators(Store);

impl AuthnBackend for Operators {
    type User = Operator;
    type Credentials = Credentials;
    type Error = LoginError;

    async fn authenticate(&self, asked: Credentials) -> Result<Option<Operator>, LoginError> {
        let row = self.0.operator(&asked.name).await?;
        let operator = row.as_ref().and_then(Operator::from_row);
        // A disabled operator is checked like an unknown one.
        let phc = row.filter(|_| operator.is_some()).map(|row| row.password_phc);
        let fits = password::verify(asked.password, phc).await?;
        Ok(operator.filter(|_| fits))
    }

    async fn get_user(&self, name: &String) -> Result<Option<Operator>, LoginError> {
        Ok(self.0.operator(name).await?.as_ref().and_then(Operator::from_row))
    }
}

/// The login of a request.
pub type Login = AuthSession<Operators>;

/// The middleware that reads logins from cookies.
pub type SessionLayer = AuthManagerLayer<Operators, Sessions>;

/// The middleware for these settings. The cookie is bound to its host and to https, except on a server without a
/// public address, which is reached on loopback.
pub fn layer(config: &Config, store: &Store) -> SessionLayer {
    let secure = config.is_https();
    let cookies = SessionManagerLayer::new(Sessions(store.clone()))
        .with_name(if secure { "__Host-talaia" } else { "talaia" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        // A login is saved once, at sign-in, so this is an absolute end.
        .with_expiry(Expiry::OnInactivity(time::Duration::milliseconds(LOGIN_MS)));
    AuthManagerLayerBuilder::new(Operators(store.clone()), cookies).build()
}
