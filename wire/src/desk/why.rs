//! Why is my sensor not on the map? Eight ticks, and the first cross says what to do.

use serde::{Deserialize, Serialize};

use crate::grade::vocabulary;
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// The steps of a value from its sender to the map, in their order.
    TickName {
        /// Something that names it, or could, came.
        Arrived = "arrived",
        /// Its key is good, may do this, is of this mode and has budget left.
        Key = "key",
        /// It could be read.
        Parsed = "parsed",
        /// The device is known, or may be new.
        Device = "device",
        /// Its unit is known, and measures what the device measures.
        Unit = "unit",
        /// Where it stands is known, and can be.
        Place = "place",
        /// It is stored.
        Disk = "disk",
        /// It is on the map, fresh and as itself.
        Shown = "shown",
    } default Arrived
}

vocabulary! {
    /// How a step went.
    TickState {
        /// Well.
        Ok = "ok",
        /// Not: the first one says why.
        Cross = "cross",
        /// Nothing came so far.
        NotReached = "not_reached",
    } default NotReached
}

/// One step. After the first cross a value may have gone on, as one without a unit does: then later steps are `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tick {
    /// Which.
    pub name: TickName,
    /// How it went.
    pub state: TickState,
    /// When.
    pub at: Option<Timestamp>,
    /// In words: what was found.
    pub detail: Option<String>,
    /// Of a cross: a stable word of docs/partner-desk.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of a cross: what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Of the first cross: what came, at most 1,024 bytes of it, where it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The part of `payload` that is wrong, word for word, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// `GET /api/v1/why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which it holds.
    pub at: Timestamp,
    /// The device as it was asked for.
    pub device: String,
    /// Its source, where it is known.
    pub source: Option<String>,
    /// Its readable name, once it spoke.
    pub name: Option<String>,
    /// Since when refusals are remembered: the start of the server, or later where there were very many.
    pub remembered_since: Timestamp,
    /// The eight steps, in their order.
    pub ticks: Vec<Tick>,
    /// Sources that have a device of this name, where none was named and several do: the first is the one told.
    pub also_in: Vec<String>,
    /// Names that are like it, where nothing of this name ever came; at most five.
    pub alike: Vec<String>,
}
