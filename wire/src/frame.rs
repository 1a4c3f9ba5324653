//! Frames: the unit of live delivery. JSON frames are tagged by `"type"`; see [`crate::codec`] for the binary form.
//!
//! WHEN CHANGING A FRAME: the snapshot in `wire/src/snapshots` changes with it and CHANGELOG.md gets a line.

use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::id::ReportId;
use crate::report::ReportFeature;
use crate::sensor::SensorView;
use crate::source::SourceStatus;
use crate::tile::TileId;
use crate::time::Timestamp;
use crate::view::{Mode, Totals, View};

/// The websocket subprotocol with JSON frames.
pub const SUBPROTOCOL_JSON: &str = "talaia.v1.json";
/// The websocket subprotocol with binary frames.
pub const SUBPROTOCOL_BIN: &str = "talaia.v1.bin";

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClientFrame {
    /// Look at this from now on.
    View(View),
    /// An application-level ping; answered by a heartbeat.
    Ping,
}

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ServerFrame {
    /// The first frame.
    Hello(Hello),
    /// The whole content of one tile.
    Tile(Tile),
    /// A new report or a new version of one.
    Report(Report),
    /// Reports that left the view's window, expired or were erased.
    Gone(Gone),
    /// A datastream with its newest value.
    Sensor(Sensor),
    /// A source's status.
    Source(Source),
    /// The counter line.
    Totals(TotalsFrame),
    /// Proof of life.
    Heartbeat(Heartbeat),
    /// The cursor cannot be served: forget everything, a snapshot follows.
    Reset(Reset),
}

/// Sent at once on connecting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The journal's identity.
    pub epoch: String,
    /// The head of the journal.
    pub seq: u64,
    /// The server's clock.
    pub server_time: Timestamp,
    /// The modes this reader may see.
    pub modes: Vec<Mode>,
    /// How often a heartbeat comes.
    pub heartbeat_ms: u32,
}

/// The whole content of one tile; applying it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// The journal number this content includes.
    pub seq: u64,
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// Its clusters, ordered by id; empty when the tile is.
    pub clusters: Vec<Cluster>,
}

impl Tile {
    /// Which tile.
    pub fn id(&self) -> TileId {
        TileId { z: self.z, x: self.x, y: self.y }
    }
}

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The journal number of this version.
    pub seq: u64,
    /// The report, redacted for this reader.
    pub feature: ReportFeature,
}

/// Reports to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The head of the journal.
    pub seq: u64,
    /// Which.
    pub ids: Vec<ReportId>,
}

/// One datastream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// The journal number of its newest value.
    pub seq: u64,
    /// The datastream.
    pub sensor: SensorView,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The head of the journal.
    pub seq: u64,
    /// The source.
    pub source: SourceStatus,
}

/// The counter line of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalsFrame {
    /// The journal number these counts include. Everything the view holds up to it was sent before.
    pub seq: u64,
    /// Reports held.
    pub total: u64,
    /// In the view.
    pub shown: u64,
    /// Placed, outside the view.
    pub elsewhere: u64,
    /// Without a place.
    pub unplaced: u64,
    /// Hidden by the filter.
    pub filtered: u64,
}

impl TotalsFrame {
    /// The counts as of `seq`.
    pub fn new(seq: u64, totals: Totals) -> Self {
        let Totals { total, shown, elsewhere, unplaced, filtered } = totals;
        Self { seq, total, shown, elsewhere, unplaced, filtered }
    }

    /// The counts alone.
    pub fn totals(&self) -> Totals {
        let Self { seq: _, total, shown, elsewhere, unplaced, filtered } = *self;
        Totals { total, shown, elsewhere, unplaced, filtered }
    }
}

/// Proof of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The head of the journal.
    pub seq: u64,
    /// The server's clock.
    pub server_time: Timestamp,
    /// When the newest datum of the view's mode was observed; null before the first.
    pub newest: Option<Timestamp>,
}

/// Start again from the snapshot that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// The journal's identity from now on.
    pub epoch: String,
    /// Why: `epoch`, `too-old`, `ahead`.
    pub reason: String,
}
