//! The rows others see.

use engine::entry::SourceKey;
use serde::{Deserialize, Serialize};
use wire::geo::Bbox;
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

/// How the public id of a source begins that is the lane of a test key.
pub const TEST_LANE: &str = "test:";

impl SourceRow {
    /// Whether it is the lane of a test key, which no room sees.
    pub fn is_test_lane(&self) -> bool {
        self.id.starts_with(TEST_LANE)
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// What it sends is kept and shown.
    #[default]
    Full,
    /// What it sends goes its own lane: checked and answered as any, and shown to nobody else.
    Test,
}

impl KeyKind {
    /// The word it is stored as.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Test => "test",
        }
    }
}

/// What a key is bound to, beside scopes and mode.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyTerms {
    /// What it is for.
    pub kind: KeyKind,
    /// Places outside this box are rejected.
    pub area: Option<Bbox>,
    /// Requests a second, in place of the server's limit.
    pub requests_per_s: Option<u32>,
    /// Items a second, in place of the server's limit.
    pub items_per_s: Option<u32>,
    /// Items a day, in place of the server's limit.
    pub items_per_day: Option<u64>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A partner's key as stored: the secret only as a hash.
#[derive(Debug, Clone, PartialEq)]
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
    /// What it is bound to.
    pub terms: KeyTerms,
}

impl KeyRow {
    /// Whether it ended by itself before this moment.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.terms.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether it opens anything at this moment.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && !self.has_expired(now)
    }

    /// Whole days until it ends by itself; none when it does not.
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        self.terms.expires_at.map(|at| at.ms_since(now).max(0) / DAY_MS)
    }
}

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

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
