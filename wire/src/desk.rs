//! The partner desk: how the connections are, why a sensor is not on the map, what was refused, and which works are planned.

use serde::{Deserialize, Serialize};

use crate::grade::vocabulary;
use crate::source::SourceHealth;
use crate::time::Timestamp;
use crate::view::Mode;

mod why;
mod works;

pub use why::{Tick, TickName, TickState, Why};
pub use works::{Works, WorksBody, WorksList};

vocabulary! {
    /// Who calls whom.
    Direction {
        /// We ask them, or listen to their broker.
        Pull = "pull",
        /// They send to us.
        Push = "push",
    } default Push
}

vocabulary! {
    /// What sensors have in common that fell silent together.
    CauseKind {
        /// A gateway that their passports or properties name.
        Gateway = "gateway",
        /// Their source.
        Source = "source",
        /// Nothing: it is one sensor.
        Sensor = "sensor",
    } default Sensor
}

/// Why some sensors do not speak: one line, however many they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The moment of the first value that is missing.
    pub since: Timestamp,
    /// What they share.
    pub kind: CauseKind,
    /// Its name: `Torrent-2`, the source's name, or the sensor's.
    pub what: String,
    /// The source they belong to.
    pub source: String,
    /// The worst of what they are: `late` or `silent`.
    pub status: SourceHealth,
    /// How many of them are lost: silent above a level or while rising.
    pub lost: u32,
    /// How many there are.
    pub sensors: u32,
    /// Their datastreams, at most twenty, as the partner names them.
    pub datastreams: Vec<String>,
    /// When the partner was told.
    pub told_at: Option<Timestamp>,
    /// When the room was told: the first alarm that rang for one of them.
    pub room_told_at: Option<Timestamp>,
}

/// The first line of the desk. `sensors = speaking + late + silent + lost + in_works`, always.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sentence {
    /// Datastreams that ever spoke.
    pub sensors: u32,
    /// As fresh as they promise; those that give values which cannot be are among them.
    pub speaking: u32,
    /// Of those that speak: they give values that cannot be, or always the same.
    pub broken: u32,
    /// Older than they should be.
    pub late: u32,
    /// Quiet for so long that it says nothing.
    pub silent: u32,
    /// Silent above a level or while rising.
    pub lost: u32,
    /// Works are planned there now: whatever they do is expected.
    pub in_works: u32,
    /// Why those that are late, silent or lost are so: what concerns most comes first, at most fifty.
    pub causes: Vec<Cause>,
    /// Causes that are left out.
    pub causes_left_off: u32,
}

/// What became of what came in the last 24 hours: `received = accepted + folded + rejected`, to the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DayAccount {
    /// Items received.
    pub received: u64,
    /// Items stored as the newest version.
    pub accepted: u64,
    /// Items joined to what was known, and versions replaced.
    pub folded: u64,
    /// Items refused.
    pub rejected: u64,
    /// Bytes received, as they were on the wire.
    pub bytes: u64,
}

/// A reason for refusals with how often it was one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// A stable word of docs/api.md.
    pub reason: String,
    /// How often.
    pub n: u64,
}

/// One source as the partner desk shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// The source's public id: `partner:NAME` or `feed:NAME`.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// Live or exercise.
    pub mode: Mode,
    /// What it speaks: `rest`, `sensorthings`, `mqtt`, `usgs`; null before it ever spoke.
    pub dialect: Option<String>,
    /// Who calls whom.
    pub direction: Direction,
    /// How it is: `silent` when no sensor outside works speaks, `late` when none is fresh.
    pub status: SourceHealth,
    /// Why it is broken, or that nothing came yet.
    pub reason: Option<String>,
    /// Its sensors: datastreams that spoke.
    pub n_sensors: u32,
    /// Of them: in works now.
    pub n_in_works: u32,
    /// When its newest value was true.
    pub newest_at: Option<Timestamp>,
    /// How long ago that is, in milliseconds.
    pub newest_age_ms: Option<u64>,
    /// How often it should have something new, in milliseconds: the middle of its sensors' rhythms.
    pub cadence_ms: Option<u64>,
    /// The current hour and the 23 before it.
    pub day: DayAccount,
    /// Why most of what was refused in that time was refused.
    pub top_reason: Option<ReasonCount>,
    /// How long before receipt its fresh values were true, in milliseconds; below zero its clock is ahead.
    pub clock_offset_ms: Option<i64>,
    /// What waits: items that were understood and are not on disk yet.
    pub backlog: u64,
    /// Whole days until its last key ends; null for a key without an end, and for a source that has none.
    pub key_days_left: Option<i64>,
    /// Who is called when it fails.
    pub duty_phone: Option<String>,
    /// When its partner was told that it is late or silent; null while it speaks.
    pub told_at: Option<Timestamp>,
    /// When the first alarm of this fall rang in the room.
    pub room_told_at: Option<Timestamp>,
    /// Whether there is an address at which its partner is told.
    pub is_told: bool,
}

/// `GET /api/v1/connections`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connections {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which it holds.
    pub at: Timestamp,
    /// All of it in one line.
    pub sentence: Sentence,
    /// The sources, the worst first.
    pub connections: Vec<Connection>,
}

vocabulary! {
    /// What a count of errors counts.
    Counted {
        /// Observations and reports.
        Items = "items",
        /// Requests that were turned away before anybody read what was in them.
        Requests = "requests",
    } default Items
}

/// Refusals of one source for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCause {
    /// The source; null where nobody knows whose it was.
    pub source: Option<String>,
    /// A stable word of docs/api.md.
    pub reason: String,
    /// One of them in words: what was wrong and how to mend it.
    pub sample_detail: Option<String>,
    /// What is counted.
    pub counted: Counted,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
    /// How many of them can be played again after a fix.
    pub replayable: u64,
}

/// `GET /api/v1/errors`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorCauses {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which it holds.
    pub at: Timestamp,
    /// From this moment on: the start of an hour.
    pub from: Timestamp,
    /// The causes, the most frequent first.
    pub causes: Vec<ErrorCause>,
}

#[cfg(test)]
mod tests;
