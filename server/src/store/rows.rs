//! The rows others see.

use engine::entry::SourceKey;
use wire::source::Ledger;
use wire::time::Timestamp;
use wire::view::Mode;

use super::StoreError;

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

/// The word a mode is stored as.
pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Exercise => "exercise",
    }
}

/// The mode a stored word means.
pub(crate) fn mode_of(word: &str) -> Result<Mode, StoreError> {
    match word {
        "live" => Ok(Mode::Live),
        "exercise" => Ok(Mode::Exercise),
        other => Err(StoreError::Corrupt(format!("a mode is {other:?}"))),
    }
}

/// The key a stored number means.
pub(crate) fn source_key(number: i64) -> Result<SourceKey, StoreError> {
    u32::try_from(number)
        .map(SourceKey)
        .map_err(|_cause| StoreError::Corrupt(format!("a source key is {number}")))
}
