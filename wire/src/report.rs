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
    /// It was taken back where it came from: its count stays, and no word of it.
    #[serde(default)]
    pub withdrawn: Option<Withdrawn>,
    /// Who or what says where it is; null where it has no place.
    #[serde(default)]
    pub placed_by: Option<PlacedBy>,
    /// What its words tell of where it belongs, if it came without a place and they tell anything.
    #[serde(default)]
    pub placing: Option<Placing>,
}

/// What is left of a report that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawn {
    /// Its words are destroyed.
    Gone,
    /// Nobody reads its words; a legal hold keeps them sealed until it is released.
    Held,
}

/// Who or what says where a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlacedBy {
    /// Its sender gave the coordinates.
    Sender,
    /// Its words name the place.
    Text,
    /// Its words hold coordinates.
    Coordinates,
    /// A person placed it.
    Operator,
}

impl PlacedBy {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Text => "text",
            Self::Coordinates => "coordinates",
            Self::Operator => "operator",
        }
    }
}

/// What the words of a report tell of where it belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placing {
    /// `text` or `coordinates`.
    pub method: PlacedBy,
    /// What it is about; null where that cannot be told.
    pub about: Option<ToldPlace>,
    /// Where its author is, by their own words, where the reader may know.
    pub from: Option<ToldPlace>,
    /// What else the same words may mean, the likeliest first.
    pub candidates: Vec<ToldPlace>,
    /// The words that decided: from and to, in bytes of the text.
    pub words: Vec<(u32, u32)>,
    /// They are in bytes of the place in words instead.
    pub is_of_place: bool,
    /// Which import of the gazetteer told it.
    pub gazetteer: String,
}

/// A place that words tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldPlace {
    /// Its id in the gazetteer; null for coordinates.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it lies in, the smallest first.
    pub within: String,
    /// A kind of place: `country`, `region`, `city`, `district`, `neighbourhood`, `street`, `poi`, `road_km`, `crossing`, `address`.
    pub kind: String,
    /// A city or more: a label on it, and never a point.
    pub is_label: bool,
    /// Where.
    pub geometry: LngLat,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// How likely it is the one that was meant, from 0 to 100.
    pub weight: u8,
}
