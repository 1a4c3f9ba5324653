//! An import of sensors: what a table would change, before anything is stored.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;
use crate::time::Timestamp;
use crate::view::Mode;

/// `POST /api/v1/sensors/import`: nothing of it is stored until it is confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportDiff {
    /// What to confirm it by; null where nothing would change.
    pub import: Option<String>,
    /// Whose sensors.
    pub source: String,
    /// Live or exercise.
    pub mode: Mode,
    /// Until when it can be confirmed.
    pub until: Timestamp,
    /// All of it in a sentence.
    pub sentence: String,
    /// What it would change.
    #[serde(flatten)]
    pub changes: ImportChanges,
    /// Rows that were not understood; the others stand without them.
    pub rejected: Vec<RejectedRow>,
}

/// What a table would change. A datastream may stand in several lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportChanges {
    /// How many are not known yet.
    pub new: u64,
    /// Their names.
    pub new_datastreams: Vec<String>,
    /// Those that would stand elsewhere, by more than 50 m.
    pub moved: Vec<Moved>,
    /// Those whose unit would be another.
    pub unit_changed: Vec<Reworded>,
    /// Those that would be called otherwise.
    pub renamed: Vec<Reworded>,
    /// Those with other levels.
    pub levels_changed: Vec<LevelsChanged>,
    /// Those of which something else would change, with the columns.
    pub other_changed: Vec<OtherChanged>,
    /// How many rows say what is known already.
    pub unchanged: u64,
}

/// A sensor that would stand elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Its datastream.
    pub datastream: String,
    /// Where it stands.
    pub from: LngLat,
    /// Where it would stand.
    pub to: LngLat,
    /// How far that is.
    pub metres: u64,
}

/// A word that would be another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reworded {
    /// The datastream.
    pub datastream: String,
    /// The word as it is.
    pub from: String,
    /// The word as it would be.
    pub to: String,
}

/// Levels that would be others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelsChanged {
    /// The datastream.
    pub datastream: String,
    /// The levels as they are.
    pub from: Vec<LevelTold>,
    /// The levels as they would be.
    pub to: Vec<LevelTold>,
}

/// A level in a few words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelTold {
    /// `yellow`, `orange` or `red`.
    pub grade: String,
    /// `rising` or `falling`.
    pub direction: String,
    /// The level.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// A datastream of which something else would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherChanged {
    /// The datastream.
    pub datastream: String,
    /// The columns.
    pub columns: Vec<String>,
}

/// A row that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The line of the table, the first row being line 1.
    pub line: u64,
    /// The column, where it is one's fault.
    pub column: Option<String>,
    /// A stable word.
    pub reason: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

/// `GET /api/v1/sensors/import`: those of who asks that wait to be confirmed, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportList {
    /// Each with what it would have changed when it came.
    pub imports: Vec<ImportDiff>,
}

/// `POST /api/v1/sensors/import/{import}/confirm`: all of it is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The head of the journal that includes it.
    pub seq: u64,
    /// Passports stored.
    pub stored: u64,
}
