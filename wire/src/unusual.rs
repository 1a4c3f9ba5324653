//! Unusual numbers: where more is reported than is usual there and then, and where everybody fell silent at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::geo::Bbox;
use crate::grade::{Hazard, Kind, vocabulary};
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// A way in which people and things of an area speak to the room.
    Channel {
        /// Emergency calls.
        Calls = "calls",
        /// Posts, and reports that citizens write themselves.
        Posts = "posts",
        /// Messages of sensors.
        Sensors = "sensors",
    } default Calls
}

/// A count against what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Where; null for everywhere at once.
    pub bbox: Option<Bbox>,
    /// In how many minutes.
    pub minutes: u32,
    /// Until when.
    pub until: Timestamp,
    /// Independent sources counted.
    pub n: u64,
    /// How many are usual there in such a time.
    pub expected: f64,
    /// How likely so many are where nothing is unusual. For programs: screens show the counts.
    pub p: f64,
}

/// More reports of a hazard than are usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnusualView {
    /// Its number: never given again.
    pub id: u64,
    /// Of what.
    pub hazard: Hazard,
    /// Since when.
    pub since: Timestamp,
    /// As it is now.
    pub now: Counted,
    /// The least likely so far.
    pub peak: Counted,
    /// Who spoke, in the place and time of `now`.
    pub kinds: BTreeMap<Kind, u64>,
}

/// What came by one channel against what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChannelCount {
    /// Which.
    pub channel: Channel,
    /// What came.
    pub n: u64,
    /// What is usual, as far as the rest of the city speaks.
    pub expected: f64,
}

/// An area from which nobody reaches the room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DarkView {
    /// Where.
    pub bbox: Bbox,
    /// Since when it is known.
    pub since: Timestamp,
    /// In how many minutes the channels were counted.
    pub minutes: u32,
    /// Until when it was looked.
    pub until: Timestamp,
    /// Every channel that can be judged there.
    pub channels: Vec<ChannelCount>,
    /// How likely such a silence is where nothing is unusual. For programs.
    pub p: f64,
}

/// A channel that is silent in the whole city at once: the room's own eyes, and no area.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BlindView {
    /// Since when it is known.
    pub since: Timestamp,
    /// Until when it was looked.
    pub until: Timestamp,
    /// The channel with its numbers of half an hour.
    #[serde(flatten)]
    pub count: ChannelCount,
}

/// `GET /api/v1/unusual`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnusualList {
    /// Live or exercise.
    pub mode: Mode,
    /// Up to when the room listened.
    pub heard_at: Option<Timestamp>,
    /// Whether two weeks were heard: before that nothing is said.
    pub is_earned: bool,
    /// More than usual, the oldest first.
    pub unusual: Vec<UnusualView>,
    /// Dark areas.
    pub dark: Vec<DarkView>,
    /// Channels that are silent everywhere.
    pub blind: Vec<BlindView>,
}
