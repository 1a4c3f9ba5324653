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
