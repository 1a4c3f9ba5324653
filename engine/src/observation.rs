//! Observations: one value of a datastream at a time.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::signal::Passport;

/// One value of a datastream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservationEntry {
    /// Who sent it.
    pub source: SourceKey,
    /// The datastream's id as the partner names it.
    pub datastream: String,
    /// When the value was true; placed at receipt if the partner's clock is ahead.
    pub phenomenon_time: Timestamp,
    /// The value.
    pub result: ObservationResult,
    /// A readable name, when the message carried one.
    pub name: Option<String>,
    /// The unit, when the message carried one.
    pub unit: Option<String>,
    /// Where the sensor stands, when the message said so.
    pub place: Option<LngLat>,
    /// The partner's clock was more than five minutes ahead.
    pub clock_ahead: bool,
}

/// A value: a finite number, or words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ObservationResult {
    /// A finite number.
    Number(f64),
    /// Words, such as `open`.
    Text(String),
}

/// What owner and partner say about a datastream, from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassportEntry {
    /// Whose datastream it is.
    pub source: SourceKey,
    /// Its id as the partner names it. It need not have spoken yet.
    pub datastream: String,
    /// What is said.
    pub passport: Passport,
}
