//! A report as Talaia gives it: a `GeoJSON` feature, already redacted for its reader.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;
use crate::grade::{Basis, Hazard, Kind, Severity, Status, Verification};
use crate::id::ReportId;
use crate::time::Timestamp;
use crate::view::Mode;

/// The constant `"Feature"` of `GeoJSON`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FeatureTag {
    /// The only value.
    #[default]
    Feature,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportFeature {
    /// Always `"Feature"`.
    #[serde(rename = "type")]
    pub tag: FeatureTag,
    /// Ours: a stable hash of the partner and its id.
    pub id: ReportId,
    /// Where; null when the report has no place yet.
    pub geometry: Option<LngLat>,
    /// Everything else.
    pub properties: ReportProperties,
}

/// The properties of a report. What the reader may not see, or nobody said, is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportProperties {
    /// The journal number of its newest version.
    pub seq: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// The source that sent it.
    pub source: String,
    /// When it was observed; placed at receipt when the partner's clock is ahead.
    pub observed_at: Timestamp,
    /// When it was last changed at the partner, or received.
    pub updated_at: Timestamp,
    /// When it came in.
    pub recorded_at: Timestamp,
    /// Who speaks.
    pub kind: Kind,
    /// Seen or heard.
    pub basis: Basis,
    /// Open or closed, if stated.
    pub status: Option<Status>,
    /// What happens, if stated or found.
    pub hazard: Hazard,
    /// The partner's claim.
    pub severity: Severity,
    /// What the room knows of it.
    pub verification: Verification,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// The partner's clock was more than five minutes ahead.
    pub clock_ahead: bool,
    /// It arrived after its stale time: shown, never sounded.
    pub late: bool,
    /// The partner's own id.
    pub source_id: Option<String>,
    /// The CAD or case number.
    #[serde(rename = "ref")]
    pub case_ref: Option<String>,
    /// What was said.
    pub text: Option<String>,
    /// Its language, as the partner named it.
    pub lang: Option<String>,
    /// The place in words.
    pub place: Option<String>,
    /// Who wrote it, where the reader may know.
    pub author: Option<String>,
    /// Where it was published, where the reader may know.
    pub url: Option<String>,
    /// The post it goes back to, where the reader may know.
    pub origin: Option<String>,
    /// The partner's hazard word, when it was not one of ours.
    pub hazard_original: Option<String>,
    /// A person said where it belongs; its partner said something else, or nothing.
    #[serde(default)]
    pub placed_by_hand: bool,
}
