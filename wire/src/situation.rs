//! Situations: what of the live reports belongs together, how it goes, what speaks for it and what nobody knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::DecisionBasis;
use crate::geo::LngLat;
use crate::grade::{Hazard, Severity, Verification, vocabulary};
use crate::id::ReportId;
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// The course of a situation.
    Trend {
        /// First seen within the last ten minutes.
        New = "new",
        /// Two or more sources began to speak in the last ten minutes, and more than in the ten before.
        Worse = "worse",
        /// Neither.
        Same = "same",
        /// No source began to speak for twenty minutes.
        Easing = "easing",
        /// It holds no live report any more, or is a part of another.
        Ended = "ended",
    } default Same
}

vocabulary! {
    /// How much an independent source weighs, the heaviest first.
    Weight {
        /// A unit on scene.
        Unit = "unit",
        /// An emergency call of somebody who saw it.
        CallSeen = "call-seen",
        /// A camera.
        Camera = "camera",
        /// A sensor beyond a level of its owner.
        Sensor = "sensor",
        /// An authority.
        Official = "official",
        /// Somebody else who saw it: a citizen or a contributor.
        Seen = "seen",
        /// An emergency call of somebody who heard of it, or did not say.
        Call = "call",
        /// A citizen or a contributor who heard of it, or did not say.
        Heard = "heard",
        /// The press.
        Press = "press",
        /// A post.
        Post = "post",
    } default Post
}

vocabulary! {
    /// What nobody knows yet.
    Unknown {
        /// No unit has reported from there.
        NobodyOnScene = "nobody-on-scene",
        /// Nobody who saw it has spoken.
        NothingFirstHand = "nothing-first-hand",
        /// No camera shows it.
        NoCamera = "no-camera",
        /// Nobody has called.
        NoCalls = "no-calls",
        /// A sensor that could see it was lost.
        SensorLost = "sensor-lost",
    } default NobodyOnScene
}

vocabulary! {
    /// What a sensor says of a situation (laws 2 and 3 of the room).
    SensorWord {
        /// It speaks for it, from within its footprint.
        Supports = "supports",
        /// It was lost while rising or above a level.
        Lost = "lost",
        /// It could see it, and is as usual.
        Normal = "normal",
        /// It cannot see it: the situation lies outside its footprint.
        NotSeen = "not-seen",
    } default NotSeen
}

/// What one sensor near a situation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SensorSays {
    /// The datastream, as its partner names it.
    pub datastream: String,
    /// Whose datastream it is.
    pub source: String,
    /// Its readable name.
    pub name: String,
    /// What it says.
    pub says: SensorWord,
    /// How far it stands from the situation, in metres.
    pub distance_m: u32,
    /// Its last usable value.
    pub value: Option<f64>,
    /// The unit of it.
    pub unit: Option<String>,
    /// When that was true.
    pub value_at: Option<Timestamp>,
}

/// Who confirmed a situation, or said that it is not true, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The decision.
    pub seq: u64,
    /// On what basis.
    pub basis: DecisionBasis,
    /// Who signed it; null for who sees no names.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Why one report is in a situation: what of the others is nearest to it, whose words it repeats, who decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// The report; null for a sensor.
    pub report: Option<ReportId>,
    /// The datastream of a sensor; null for a report.
    pub datastream: Option<String>,
    /// What it says happens, by itself or in words.
    pub says: Option<Hazard>,
    /// The nearest of the others; null for one alone.
    pub nearest: Option<ReportId>,
    /// How far that is, in metres.
    pub distance_m: Option<u32>,
    /// How long before or after that was observed, in milliseconds.
    pub apart_ms: Option<u64>,
    /// The first report that says the same: it is a copy of that.
    pub copy_of: Option<ReportId>,
    /// An operator joined it with others, or parted it from some.
    pub decided: bool,
}

/// One situation as it is at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SituationView {
    /// Its number: kept through growth, splits and merges, and never given again.
    pub id: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// The head of the journal as of which this holds.
    pub seq: u64,
    /// The moment as of which this holds.
    pub at: Timestamp,
    /// What happens, as most sources say.
    pub hazard: Hazard,
    /// How bad: the worst that one who was there, a camera or an authority says, or that two sources say.
    pub severity: Severity,
    /// How it goes.
    pub trend: Trend,
    /// Confirmed or not true by a decision; else supported by independent evidence, or not checked yet.
    pub verification: Verification,
    /// The decision that confirmed it, or said that it is not true.
    pub checked: Option<Checked>,
    /// Who has it in hand; null if nobody, and for who sees no names.
    pub owner: Option<String>,
    /// Since when somebody has it in hand.
    pub taken_at: Option<Timestamp>,
    /// It stays on top.
    pub pinned: bool,
    /// When somebody must have looked at it again.
    pub look_at: Option<Timestamp>,
    /// The alarms that ask for it, the gravest first.
    pub alarms: Vec<u64>,
    /// Reports that spoke for it and turned out not to be true.
    pub n_refuted: u32,
    /// It does not end by itself: a person closes it.
    pub held_open: bool,
    /// When it was first seen.
    pub begun_at: Timestamp,
    /// When the first live report was observed; null once there is none.
    pub oldest_at: Option<Timestamp>,
    /// When the last was.
    pub newest_at: Option<Timestamp>,
    /// When it was closed, its last report ceased to be live, or it became a part of another.
    pub ended_at: Option<Timestamp>,
    /// Where its heaviest source places it; null once there is none.
    pub geometry: Option<LngLat>,
    /// No report of it is farther from there, its doubt included, in metres.
    pub radius_m: u32,
    /// The outline of all places, as one closed ring of `[lng, lat]`; empty once there is none.
    pub extent: Vec<[f64; 2]>,
    /// The place in words, of the heaviest source that has some; null for who sees no words.
    pub place: Option<String>,
    /// Live reports, copies included.
    pub n_reports: u32,
    /// Independent sources.
    pub n_sources: u32,
    /// Independent sources that were there.
    pub n_first_hand: u32,
    /// Independent sources that began to speak in the last ten minutes.
    pub n_last: u32,
    /// And in the ten before.
    pub n_before: u32,
    /// Independent sources by weight; none that is not there.
    pub sources: BTreeMap<Weight, u32>,
    /// What nobody knows yet.
    pub unknown: Vec<Unknown>,
    /// What the sensors near it say, the weightiest word first.
    pub sensors: Vec<SensorSays>,
    /// The situation it was split off from.
    pub split_from: Option<u64>,
    /// The situation it is a part of since it ended.
    pub merged_into: Option<u64>,
}
