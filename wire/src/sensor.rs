//! A sensor's datastream with its latest observation.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;
use crate::source::SourceHealth;
use crate::time::Timestamp;
use crate::view::Mode;

/// One datastream and the newest value it gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SensorView {
    /// The datastream's id as its partner names it, unique within its source.
    pub datastream: String,
    /// The source that sends it.
    pub source: String,
    /// Live or exercise.
    pub mode: Mode,
    /// A readable name; the datastream's id if none was given.
    pub name: String,
    /// The unit of the value, as given.
    pub unit: Option<String>,
    /// Where it stands.
    pub geometry: Option<LngLat>,
    /// The newest value: a number, or null when it came as words.
    pub result: Option<f64>,
    /// The newest value in words, when it is not a number.
    pub result_text: Option<String>,
    /// When that value was true.
    pub phenomenon_time: Timestamp,
    /// When it came in.
    pub recorded_at: Timestamp,
    /// The usual time between values, once known, in milliseconds.
    pub cadence_ms: Option<u64>,
    /// The journal number of that value.
    pub seq: u64,
    /// When its last will said that it is gone, where nothing was heard since: it is silent, whatever its cadence.
    #[serde(default)]
    pub gone_at: Option<Timestamp>,
}

/// A number in the canonical unit of what it measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalised {
    /// The number.
    pub value: f64,
    /// The unit, as UCUM writes it.
    pub unit: String,
    /// What it measures.
    pub quantity: String,
}

/// A datastream with its newest value, how old it is and how the sensor is. REST alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatestSensor {
    /// The datastream and the value as sent.
    #[serde(flatten)]
    pub sensor: SensorView,
    /// How long ago the value was true, in milliseconds.
    pub age_ms: u64,
    /// Live, late or silent by its own rhythm, or broken.
    pub status: SourceHealth,
    /// What the sender says of the value's worth: `good`, `suspect`; null where nothing was said.
    pub quality: Option<String>,
    /// Whether the unit is one that the server can convert; null without a unit.
    pub unit_known: Option<bool>,
    /// The number in the canonical unit, where it has a unit that is known.
    pub normalised: Option<Normalised>,
}

/// `GET /api/v1/sensors/latest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatestSensors {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which ages hold.
    pub at: Timestamp,
    /// The datastreams, in the order in which they first spoke.
    pub sensors: Vec<LatestSensor>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// A place where a sensor stood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StoodAt {
    /// Where.
    pub geometry: LngLat,
    /// When it was first said to stand there.
    pub since: Timestamp,
}

/// `GET /api/v1/datastreams/{source}/{datastream}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatastreamView {
    /// As in the list of all.
    #[serde(flatten)]
    pub latest: LatestSensor,
    /// The last places where it stood, oldest first.
    pub places: Vec<StoodAt>,
}

/// One value of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastValue {
    /// When it was true, or began to be.
    pub phenomenon_time: Timestamp,
    /// When it ceased to be, of an interval.
    pub phenomenon_end: Option<Timestamp>,
    /// When the result was made, if that was said.
    pub result_time: Option<Timestamp>,
    /// When it came in.
    pub recorded_at: Timestamp,
    /// The number, as sent.
    pub result: Option<f64>,
    /// The words, where it is no number.
    pub result_text: Option<String>,
    /// The unit, as sent with this value.
    pub unit: Option<String>,
    /// What the sender says of its worth.
    pub quality: Option<String>,
    /// What it said beside all this, as JSON; absent where it said nothing else, or where not asked for (`raw=true`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The journal number.
    pub seq: u64,
}

/// What the values of one stretch of time were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastBucket {
    /// Where the stretch begins.
    pub start: Timestamp,
    /// The unit of the numbers.
    pub unit: Option<String>,
    /// How many numbers: those of bad quality are left out.
    pub n: u64,
    /// The least; null without a number.
    pub min: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

/// `GET /api/v1/datastreams/{source}/{datastream}/history`: values, or with `bucket` stretches of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The source.
    pub source: String,
    /// The datastream.
    pub datastream: String,
    /// Live or exercise.
    pub mode: Mode,
    /// From this moment on.
    pub from: Timestamp,
    /// And before this one.
    pub to: Timestamp,
    /// The unit in which the datastream is judged; buckets are in it wherever the way is known.
    pub unit: Option<String>,
    /// The length of a stretch, where stretches were asked for.
    pub bucket_ms: Option<u64>,
    /// The values, in the order of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<PastValue>>,
    /// The stretches in which there was a value, in the order of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Vec<PastBucket>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}
