//! The store: SQLite or PostgreSQL behind one set of queries.

use engine::entry::SourceKey;
use wire::source::Ledger;
use wire::time::Timestamp;
use wire::view::Mode;

/// The database; the URL's scheme decides.
#[derive(Debug, Clone)]
pub enum Store {
    /// SQLite: one writer connection, some readers.
    Sqlite {},
    /// PostgreSQL.
    Postgres {},
}

/// What can go wrong below.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row.
    #[error("not found")]
    NotFound,
    /// A name is taken.
    #[error("{0} already exists")]
    Conflict(&'static str),
    /// Our own data do not decode: the process stops.
    #[error("stored data are corrupt: {0}")]
    Corrupt(String),
    /// The disk is full.
    #[error("no disk space left")]
    DiskFull,
    /// The database cannot be reached.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Anything else the database says.
    #[error("database: {0}")]
    Backend(String),
}

/// A source as stored: a partner (with keys) or a configured upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its number.
    pub key: SourceKey,
    /// Its public id, unique: `partner:NAME` or `feed:NAME`.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// Its mode.
    pub mode: Mode,
    /// What became of all it sent.
    pub ledger: Ledger,
    /// The newest `observed_at`/`phenomenon_time` it gave.
    pub newest: Option<Timestamp>,
    /// When the newest of its items was received.
    pub received: Option<Timestamp>,
}

/// A partner's key as stored: the secret only as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The public part of the key.
    pub id: String,
    /// SHA-256 of the secret part.
    pub secret_sha256: Vec<u8>,
    /// The partner.
    pub source: SourceKey,
    /// The partner's name.
    pub partner: String,
    /// Space-separated scopes.
    pub scopes: String,
    /// The key's mode, which decides.
    pub mode: Mode,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// An operator as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorRow {
    /// Unique name.
    pub name: String,
    /// Role word.
    pub role: String,
    /// Argon2id, PHC string.
    pub password_phc: String,
    /// Disabled operators cannot sign in; their sessions end.
    pub disabled: bool,
    /// Rises with each password, role or disable change: sessions made before are void.
    pub generation: i64,
}

/// A login session as stored: only the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the cookie's token, hexadecimal.
    pub id_sha256: String,
    /// The session's record (JSON made by tower-sessions).
    pub record: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What auth, the command line and the control socket ask of the store.
impl Store {
    /// Adds an operator; `Conflict` when the name is taken.
    pub async fn operator_add(&self, operator: &OperatorRow) -> Result<(), StoreError> {
        let _ = operator;
        Err(unwired())
    }
    /// One operator.
    pub async fn operator(&self, name: &str) -> Result<Option<OperatorRow>, StoreError> {
        let _ = name;
        Err(unwired())
    }
    /// All operators by name.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, StoreError> {
        Err(unwired())
    }
    /// Changes a role and raises the generation; `NotFound`.
    pub async fn operator_set_role(&self, name: &str, role: &str) -> Result<(), StoreError> {
        let _ = (name, role);
        Err(unwired())
    }
    /// Changes a password and raises the generation; `NotFound`.
    pub async fn operator_set_password(&self, name: &str, phc: &str) -> Result<(), StoreError> {
        let _ = (name, phc);
        Err(unwired())
    }
    /// Disables or enables, and raises the generation; `NotFound`.
    pub async fn operator_set_disabled(
        &self,
        name: &str,
        disabled: bool,
    ) -> Result<(), StoreError> {
        let _ = (name, disabled);
        Err(unwired())
    }
    /// The source with this public id, made if it is new; its mode is fixed by the first call.
    pub async fn source_ensure(
        &self,
        id: &str,
        name: &str,
        mode: Mode,
    ) -> Result<SourceRow, StoreError> {
        let _ = (id, name, mode);
        Err(unwired())
    }
    /// All sources by key.
    pub async fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        Err(unwired())
    }
    /// Adds a key; `Conflict` when its id is taken.
    pub async fn key_add(&self, key: &KeyRow) -> Result<(), StoreError> {
        let _ = key;
        Err(unwired())
    }
    /// One key by its public id, revoked or not.
    pub async fn key(&self, id: &str) -> Result<Option<KeyRow>, StoreError> {
        let _ = id;
        Err(unwired())
    }
    /// All keys, by partner and age.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        Err(unwired())
    }
    /// Revokes a key; `NotFound`. A key revoked before keeps its first time.
    pub async fn key_revoke(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let _ = (id, at);
        Err(unwired())
    }
    /// Saves a login session, new or again.
    pub async fn session_save(&self, session: &SessionRow) -> Result<(), StoreError> {
        let _ = session;
        Err(unwired())
    }
    /// One login session, expired or not.
    pub async fn session(&self, id_sha256: &str) -> Result<Option<SessionRow>, StoreError> {
        let _ = id_sha256;
        Err(unwired())
    }
    /// Ends a login session; no error if there is none.
    pub async fn session_delete(&self, id_sha256: &str) -> Result<(), StoreError> {
        let _ = id_sha256;
        Err(unwired())
    }
    /// Deletes what has expired; says how many.
    pub async fn sessions_delete_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        let _ = now;
        Err(unwired())
    }
    /// Whether the database answers: for `/readyz`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Err(unwired())
    }
}

fn unwired() -> StoreError {
    StoreError::Unavailable("this build has no database yet".to_owned())
}
