//! Advisories: official messages in the words of the Common Alerting Protocol, as they leave the building.

use serde::{Deserialize, Serialize};

use crate::api::CollectionTag;
use crate::grade::{Certainty, Severity, Urgency, vocabulary};
use crate::report::FeatureTag;
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// What a message is for, in CAP's words.
    AdvisoryStatus {
        /// To be acted on.
        Actual = "Actual",
        /// Part of an exercise.
        Exercise = "Exercise",
        /// Between systems.
        System = "System",
        /// To be looked at by technicians, and otherwise disregarded.
        Test = "Test",
        /// Not to be acted on yet.
        Draft = "Draft",
    } default Draft
}

vocabulary! {
    /// What a message does, in CAP's words.
    MsgType {
        /// A first message.
        Alert = "Alert",
        /// Stands in place of those it names.
        Update = "Update",
        /// Ends those it names.
        Cancel = "Cancel",
        /// Says that those it names arrived.
        Ack = "Ack",
        /// Says that those it names were not understood.
        Error = "Error",
    } default Alert
}

vocabulary! {
    /// For whom a message is, in CAP's words.
    AdvisoryScope {
        /// For all.
        Public = "Public",
        /// For those whom `restriction` describes.
        Restricted = "Restricted",
        /// For those whom `addresses` names.
        Private = "Private",
    } default Private
}

vocabulary! {
    /// Whether an advisory is in force, and if not, why.
    AdvisoryState {
        /// In force.
        Live = "live",
        /// Another stands in its place.
        Superseded = "superseded",
        /// It was called off.
        Cancelled = "cancelled",
        /// Its time is over.
        Expired = "expired",
        /// It only speaks of others: a Cancel, an Ack or an Error.
        Message = "message",
    } default Live
}

/// A position, longitude first.
pub type Position = [f64; 2];

/// Where an advisory holds: the union of its areas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum AdvisoryGeometry {
    /// Areas.
    MultiPolygon {
        /// Of each its outer ring, then its holes.
        coordinates: Vec<Vec<Vec<Position>>>,
    },
    /// Circles without a radius.
    MultiPoint {
        /// Each.
        coordinates: Vec<Position>,
    },
    /// Both.
    GeometryCollection {
        /// Each.
        geometries: Vec<AdvisoryGeometry>,
    },
}

impl AdvisoryGeometry {
    /// How many positions it has.
    pub fn n_corners(&self) -> usize {
        match self {
            Self::MultiPolygon { coordinates } => coordinates.iter().flatten().map(Vec::len).sum(),
            Self::MultiPoint { coordinates } => coordinates.len(),
            Self::GeometryCollection { geometries } => geometries.iter().map(Self::n_corners).sum(),
        }
    }
}

/// A named value: a parameter, an event code, a geocode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pair {
    /// Whose value it is.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What another message says of an advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisoryReply {
    /// `Ack` or `Error`.
    pub msg_type: MsgType,
    /// Who says so.
    pub sender: String,
    /// When.
    pub sent: Timestamp,
    /// In which words.
    pub note: Option<String>,
}

/// An area that is not on the map, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplaced {
    /// What the sender calls the area.
    pub area: String,
    /// Why it has no place.
    pub reason: String,
}

/// What is told of an advisory beside its place, in one of its languages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdvisoryProperties {
    /// Live or exercise.
    pub mode: Mode,
    /// The source that brought it.
    pub source: String,
    /// With `identifier` and `sent` its identity.
    pub sender: String,
    /// See `sender`.
    pub identifier: String,
    /// When it was sent.
    pub sent: Timestamp,
    /// The moment came without a zone and was read as UTC.
    pub sent_without_zone: bool,
    /// When it was received.
    pub received_at: Timestamp,
    /// What it is for.
    pub status: AdvisoryStatus,
    /// What it does.
    pub msg_type: MsgType,
    /// For whom it is.
    pub scope: AdvisoryScope,
    /// Whether it is in force.
    pub state: AdvisoryState,
    /// The number of the message that ended it.
    pub successor: Option<u64>,
    /// Until when it holds.
    pub expires: Timestamp,
    /// It names no end of its own: a usual lifetime was assumed.
    pub expires_assumed: bool,
    /// The language of these words.
    pub language: String,
    /// The languages it comes in.
    pub languages: Vec<String>,
    /// CAP's categories.
    pub category: Vec<String>,
    /// What happens.
    pub event: String,
    /// What to do, in CAP's words.
    pub response_type: Vec<String>,
    /// How soon.
    pub urgency: Urgency,
    /// How bad.
    pub severity: Severity,
    /// How certain.
    pub certainty: Certainty,
    /// From when its words hold.
    pub effective: Option<Timestamp>,
    /// When what it warns of begins.
    pub onset: Option<Timestamp>,
    /// Who speaks, for people.
    pub sender_name: Option<String>,
    /// In one line.
    pub headline: Option<String>,
    /// At length.
    pub description: Option<String>,
    /// What people should do.
    pub instruction: Option<String>,
    /// Where more stands.
    pub web: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// What its areas are called.
    pub areas: Vec<String>,
    /// Codes of its areas.
    pub geocodes: Vec<Pair>,
    /// Codes of what happens.
    pub event_codes: Vec<Pair>,
    /// What else the sender's system says.
    pub parameters: Vec<Pair>,
    /// Areas that are not on the map.
    pub unplaced: Vec<Unplaced>,
    /// What Acks and Errors say of it.
    pub replies: Vec<AdvisoryReply>,
    /// SHA-256 of the message as it was received, in hexadecimal digits.
    pub digest: String,
}

/// An advisory as a `GeoJSON` feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdvisoryFeature {
    /// Always `"Feature"`.
    #[serde(rename = "type")]
    pub tag: FeatureTag,
    /// Its number in the journal.
    pub id: u64,
    /// Where it holds; none where no area has a place.
    pub geometry: Option<AdvisoryGeometry>,
    /// The rest.
    pub properties: AdvisoryProperties,
}

/// A page of advisories, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdvisoryPage {
    /// Always `"FeatureCollection"`.
    #[serde(rename = "type")]
    pub tag: CollectionTag,
    /// One feature an advisory.
    pub features: Vec<AdvisoryFeature>,
    /// The cursor of what comes after.
    pub next: Option<String>,
}

/// That an advisory came, changed or ended: the list has the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisoryNews {
    /// Its number in the journal.
    pub id: u64,
    /// Whether it is in force.
    pub state: AdvisoryState,
    /// What it is for.
    pub status: AdvisoryStatus,
    /// The worst that it says.
    pub severity: Severity,
    /// What happens, in the first of its languages.
    pub event: String,
    /// In one line, the same.
    pub headline: Option<String>,
    /// Who sent it.
    pub sender: String,
    /// Until when it holds.
    pub expires: Timestamp,
}
