//! A sensor's datastream with its latest observation.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;
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
}
