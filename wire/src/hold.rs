//! Taking reports back, and the legal holds that keep some of them sealed.

use serde::{Deserialize, Serialize};

use crate::geo::Bbox;
use crate::report::Withdrawn;
use crate::time::Timestamp;
use crate::view::Mode;

/// What became of a report that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// The head of the journal that includes it.
    pub seq: u64,
    /// Destroyed, or held.
    pub withdrawn: Withdrawn,
}

/// A hold as it is sent to `POST /api/v1/holds`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// Live or exercise; live without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What was observed from here on,
    pub since: Timestamp,
    /// and before this; without it the hold goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Where; without it everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Bbox>,
    /// Why.
    pub reason: String,
}

/// A hold as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Its number.
    pub id: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// What was observed from here on,
    pub since: Timestamp,
    /// and before this; null while it goes on.
    pub until: Option<Timestamp>,
    /// Where; null is everywhere.
    pub bbox: Option<Bbox>,
    /// Why.
    pub reason: String,
    /// The situation whose confirmation set it; null if a person did.
    pub situation: Option<u64>,
    /// The name of the login that set it, or confirmed.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
    /// Who released it; null while it is in force.
    pub released_by: Option<String>,
    /// When.
    pub released_at: Option<Timestamp>,
}

/// All holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holds {
    /// The newest first.
    pub holds: Vec<Hold>,
    /// How many reports were taken back and are kept sealed.
    pub n_withheld: u64,
}

/// The body of `POST /api/v1/holds/{id}/release`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Why.
    pub reason: String,
}

/// What became of a hold that was released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Released {
    /// The hold.
    pub hold: Hold,
    /// Reports whose words are destroyed now.
    pub n_destroyed: u64,
    /// Reports that another hold still keeps.
    pub n_withheld: u64,
}
