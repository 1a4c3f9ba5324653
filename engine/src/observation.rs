//! Observations: one value of a datastream at a time.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::signal::{FirstPassport, Passport, Works};

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
    /// What that clock said: kept so that the partner can be told how wrong it is.
    pub stated_time: Option<Timestamp>,
    /// When the value ceased to be true, where it is one of an interval that begins at `phenomenon_time`.
    pub phenomenon_end: Option<Timestamp>,
    /// When the result was made, where the message says so.
    pub result_at: Option<Timestamp>,
    /// What the sender itself says of its worth.
    pub quality: Quality,
    /// The item as it came, where the dialect keeps it; at most [`RAW_BYTES_MAX`](crate::limits::RAW_BYTES_MAX) bytes.
    pub raw: Option<String>,
}

/// What the sender says of a value's worth.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Quality {
    /// Nothing.
    #[default]
    Unstated,
    /// Checked, and good.
    Good,
    /// To be looked at with care: it counts, and says so.
    Suspect,
    /// Not to be believed: kept, and never judged, drawn or averaged.
    Bad,
}

impl Quality {
    /// All that can be said.
    pub const STATED: [Self; 3] = [Self::Good, Self::Suspect, Self::Bad];

    /// The word for it; none for what was not stated.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Unstated => None,
            Self::Good => Some("good"),
            Self::Suspect => Some("suspect"),
            Self::Bad => Some("bad"),
        }
    }
}

/// An observation as journals hold it that were written before intervals, qualities and raw items were kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FirstObservation {
    source: SourceKey,
    datastream: String,
    phenomenon_time: Timestamp,
    result: ObservationResult,
    name: Option<String>,
    unit: Option<String>,
    place: Option<LngLat>,
    clock_ahead: bool,
}

impl From<FirstObservation> for ObservationEntry {
    fn from(first: FirstObservation) -> Self {
        Self {
            source: first.source,
            datastream: first.datastream,
            phenomenon_time: first.phenomenon_time,
            result: first.result,
            name: first.name,
            unit: first.unit,
            place: first.place,
            clock_ahead: first.clock_ahead,
            stated_time: None,
            phenomenon_end: None,
            result_at: None,
            quality: Quality::Unstated,
            raw: None,
        }
    }
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

/// A passport as journals hold it that were written before gateways and telephones were in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FirstPassportEntry {
    source: SourceKey,
    datastream: String,
    passport: FirstPassport,
}

impl From<FirstPassportEntry> for PassportEntry {
    fn from(first: FirstPassportEntry) -> Self {
        let FirstPassportEntry { source, datastream, passport } = first;
        Self { source, datastream, passport: passport.into() }
    }
}

/// Planned works are announced, or called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorksEntry {
    /// They are announced; the number of this entry is theirs.
    Announced(PlannedWorks),
    /// Those of an earlier number will not be, or are over.
    CalledOff(u64),
}

/// Planned works on some or all sensors of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWorks {
    /// Whose sensors.
    pub source: SourceKey,
    /// Which, as the partner names them; empty where it is all, those included that have not spoken yet.
    pub datastreams: Vec<String>,
    /// When they were announced.
    pub announced_at: Timestamp,
    /// From when to when, why and by whom.
    pub works: Works,
}

impl PlannedWorks {
    /// Whether they concern this datastream.
    pub(crate) fn concerns(&self, source: SourceKey, datastream: &str) -> bool {
        let named = || self.datastreams.iter().any(|one| one == datastream);
        self.source == source && (self.datastreams.is_empty() || named())
    }
}
