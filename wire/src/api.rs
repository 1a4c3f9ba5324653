//! REST bodies.

use serde::{Deserialize, Serialize};

use crate::alarm::AlarmView;
use crate::decision::{DecisionSubject, LogLine};
use crate::id::ReportId;
use crate::report::ReportFeature;
use crate::rule::{RuleTold, RuleView};
use crate::sensor::SensorView;
use crate::situation::{SituationView, Tie};
use crate::source::SourceTold;
use crate::view::Totals;
use crate::zone::ZoneFeature;

/// What became of a batch. Sent after the accepted entries are on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The journal's identity.
    pub epoch: String,
    /// The head of the journal that includes this batch.
    pub seq: u64,
    /// Entries stored.
    pub accepted: u64,
    /// Items already known.
    pub folded: u64,
    /// Items refused, each with its reason.
    pub rejected: Vec<Rejected>,
}

/// One refused item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Its position in the batch, from 0 (for NDJSON: the line, from 0).
    pub index: u64,
    /// The partner's id, if it could be read.
    pub id: Option<String>,
    /// A stable word.
    pub reason: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

/// An error, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable word, as a relative reference.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short sentence, the same for every case of this type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here and how to mend it.
    pub detail: String,
    /// The fields that are wrong.
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The item's position in the batch.
    pub index: Option<u64>,
    /// RFC 6901 pointer to the field.
    pub pointer: String,
    /// A stable word.
    pub reason: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionBody {
    /// The operator's name.
    pub name: String,
    /// The operator's role.
    pub role: String,
}

/// Sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// The operator's name.
    pub name: String,
    /// The password. This type has no `Debug`, so that it cannot reach a log.
    pub password: String,
}

/// A page of reports, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportPage {
    /// Always `"FeatureCollection"`.
    #[serde(rename = "type")]
    pub tag: CollectionTag,
    /// The reports.
    pub features: Vec<ReportFeature>,
    /// The cursor of the next page; null on the last.
    pub next: Option<String>,
}

/// A page of reports that were searched for by words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundPage {
    /// Always `"FeatureCollection"`.
    #[serde(rename = "type")]
    pub tag: CollectionTag,
    /// The reports.
    pub features: Vec<ReportFeature>,
    /// The cursor of the next page; null on the last.
    pub next: Option<String>,
    /// How many there are on this page and every other, counted.
    pub matched: u64,
}

/// The constant `"FeatureCollection"` of `GeoJSON`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum CollectionTag {
    /// The only value.
    #[default]
    FeatureCollection,
}

/// All situations of a mode, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SituationList {
    /// The situations; those that ended for a day more.
    pub situations: Vec<SituationView>,
}

/// One situation with its live reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SituationWhole {
    /// The situation.
    #[serde(flatten)]
    pub situation: SituationView,
    /// The ids of its live reports, in the order of time.
    pub reports: Vec<ReportId>,
    /// Why they are together, for the first of them in the order of time.
    pub ties: Vec<Tie>,
}

/// What became of a decision: the journal number under which it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The number.
    pub seq: u64,
    /// Of a `zone` or `rule`: which it is, with the number that a new one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<DecisionSubject>,
}

/// All zones of a mode, by number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneList {
    /// Always `"FeatureCollection"`.
    #[serde(rename = "type")]
    pub tag: CollectionTag,
    /// One feature a zone.
    pub features: Vec<ZoneFeature>,
}

/// All rules of a mode, by number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleList {
    /// The rules.
    pub rules: Vec<RuleView>,
}

/// What a rule would have told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleTried {
    /// The versions of reports that were held from that time, and tried.
    pub n_reports: u64,
    /// What it would have told, in the order of time.
    pub turns: Vec<RuleTold>,
}

/// Lines of the log, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogList {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Ask for lines before this number for more; null when these are all.
    pub next: Option<u64>,
}

/// All alarms that wait for something, and those that were over within a day; the gravest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlarmList {
    /// The alarms.
    pub alarms: Vec<AlarmView>,
}

/// All sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceList {
    /// The sources.
    pub sources: Vec<SourceTold>,
}

/// All datastreams of a box with their newest values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SensorList {
    /// The datastreams.
    pub sensors: Vec<SensorView>,
}

/// The picture of a view: clusters as `GeoJSON` points, with totals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Always `"FeatureCollection"`.
    #[serde(rename = "type")]
    pub tag: CollectionTag,
    /// The head of the journal this picture includes.
    pub seq: u64,
    /// One feature a cluster.
    pub features: Vec<ClusterFeature>,
    /// The counts.
    pub totals: Totals,
}

/// A cluster as a `GeoJSON` feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterFeature {
    /// Always `"Feature"`.
    #[serde(rename = "type")]
    pub tag: crate::report::FeatureTag,
    /// The cluster's id.
    pub id: crate::id::ClusterId,
    /// Where to draw it.
    pub geometry: PointGeometry,
    /// The cluster.
    pub properties: crate::cluster::Cluster,
}

/// A `GeoJSON` Point of plain numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointGeometry {
    /// Always `"Point"`.
    #[serde(rename = "type")]
    pub tag: PointTag,
    /// Longitude, latitude.
    pub coordinates: [f64; 2],
}

/// The constant `"Point"` of `GeoJSON`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PointTag {
    /// The only value.
    #[default]
    Point,
}
