//! Partners' keys as the desk shows and makes them. A secret is in one answer, and nowhere after.

use serde::{Deserialize, Serialize};

use crate::geo::Bbox;
use crate::grade::vocabulary;
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// Whether a key opens.
    KeyState {
        /// It opens.
        InForce = "in_force",
        /// Its day has come.
        Expired = "expired",
        /// Somebody ended it.
        Revoked = "revoked",
    } default InForce
}

/// What a key is bound to beside its scopes. What is left out is the server's own limit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyBounds {
    /// Places outside it are rejected.
    pub area: Option<Bbox>,
    /// Requests a second.
    pub requests_per_s: Option<u32>,
    /// Reports and observations a second.
    pub items_per_s: Option<u32>,
    /// Reports and observations a day.
    pub items_per_day: Option<u64>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyView {
    /// Its public part: what comes after `tal_live_`.
    pub id: String,
    /// Whose it is: a name without `partner:`.
    pub partner: String,
    /// The source that it sends as.
    pub source: String,
    /// Live or exercise.
    pub mode: Mode,
    /// A key to try with, whose lane no room sees.
    pub test: bool,
    /// What it may do.
    pub scopes: Vec<String>,
    /// What it is bound to.
    #[serde(flatten)]
    pub bounds: KeyBounds,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody ended it.
    pub revoked_at: Option<Timestamp>,
    /// Whether it opens.
    pub state: KeyState,
    /// Whole days until it ends by itself; null where it does not, or no longer opens.
    pub days_left: Option<i64>,
}

/// `GET /api/v1/keys`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyList {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which states hold.
    pub at: Timestamp,
    /// The keys, by partner, the newest first.
    pub keys: Vec<KeyView>,
}

/// `POST /api/v1/keys`: the first key of a partner, or of its test lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewKeyBody {
    /// Whose it is to be.
    pub partner: String,
    /// Live or exercise.
    pub mode: Mode,
    /// What it may do.
    pub scopes: Vec<String>,
    /// A key to try with.
    #[serde(default)]
    pub test: bool,
    /// What it is bound to.
    #[serde(flatten)]
    pub bounds: KeyBounds,
}

/// `POST /api/v1/keys/{id}/rotate`: another with the same rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    /// How long the old one goes on, in milliseconds; 0: it ends at once.
    #[serde(default)]
    pub keep_old_ms: u64,
}

/// A key that was made. This is the one time that it is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeKey {
    /// Its public part.
    pub id: String,
    /// The whole of it, for its holder.
    pub key: String,
}

// It must not be written into a log by who prints what holds it.
impl std::fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_made_does_not_print_its_secret() {
        let made = MadeKey { id: "a1".to_owned(), key: "tal_live_a1_secret_0".to_owned() };
        assert!(!format!("{made:?}").contains("secret"));
    }

    #[test]
    fn the_first_key_is_asked_for_with_as_little_as_can_be() {
        let text =
            r#"{"partner": "bcn", "mode": "live", "scopes": ["read"], "area": [2, 41, 3, 42]}"#;
        let body: NewKeyBody = serde_json::from_str(text).expect("a body");
        assert!(body.bounds.area.is_some() && !body.test);
        assert_eq!(body.bounds.expires_at, None);
    }
}
