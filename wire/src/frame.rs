//! Frames: the unit of live delivery. JSON frames are tagged by `"type"`; see [`crate::codec`] for the binary form.
//!
//! WHEN CHANGING A FRAME: the snapshot in `wire/src/frame/snapshots` changes with it and CHANGELOG.md gets a line.

use serde::{Deserialize, Serialize};

use crate::advisory::AdvisoryNews;
use crate::alarm::AlarmView;
use crate::cluster::Cluster;
use crate::decision::LogLine;
use crate::id::{ClusterId, ReportId};
use crate::report::ReportFeature;
use crate::sensor::SensorView;
use crate::situation::SituationView;
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
    View(ViewFrame),
    /// An application-level ping; answered by a heartbeat.
    Ping,
}

/// A view to look at from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewFrame {
    /// What to look at.
    #[serde(flatten)]
    pub view: View,
    /// The client's own number for it: a [`ViewBegin`] tells where on the line its frames begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

impl From<View> for ViewFrame {
    fn from(view: View) -> Self {
        Self { view, number: None }
    }
}

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ServerFrame {
    /// The first frame.
    Hello(Hello),
    /// From here on everything belongs to this view; only where the client gave it a number.
    View(ViewBegin),
    /// The whole content of one tile.
    Tile(Tile),
    /// What changed in one tile; in the compact subprotocol only.
    Delta(TileDelta),
    /// A new report or a new version of one.
    Report(Report),
    /// Reports that left the view's window, expired or were erased.
    Gone(Gone),
    /// A datastream with its newest value.
    Sensor(Sensor),
    /// A situation that began, changed or ended.
    Situation(Situation),
    /// An alarm that began or changed.
    Alarm(Alarm),
    /// A line of the log.
    Log(Log),
    /// An advisory that came, changed or ended.
    Advisory(Advisory),
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
    /// The head of the journal; for a client that resumes, the cursor it resumes from.
    pub seq: u64,
    /// The server's clock.
    pub server_time: Timestamp,
    /// The modes this reader may see.
    pub modes: Vec<Mode>,
    /// How often a heartbeat comes.
    pub heartbeat_ms: u32,
    /// How often a canary is said; 0: never. A picture that lacks one for twice as long must not pass for live.
    #[serde(default)]
    pub canary_ms: u32,
}

/// Where the frames of a view begin: what comes before still belongs to the view before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewBegin {
    /// The number that the client gave to the view.
    pub number: u32,
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

/// The clusters of a tile that changed, each as it is now: applying it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TileDelta {
    /// The client's tile must include this journal number, or the difference says nothing about it.
    pub from: u64,
    /// The journal number the tile includes afterwards.
    pub seq: u64,
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// Clusters that are no more, ordered.
    pub gone: Vec<ClusterId>,
    /// Clusters that are new or other than before, ordered by id.
    pub put: Vec<Cluster>,
}

impl TileDelta {
    /// Which tile.
    pub fn id(&self) -> TileId {
        TileId { z: self.z, x: self.x, y: self.y }
    }

    /// Makes `clusters`, ordered by id, what the tile holds now.
    pub fn apply_to(&self, clusters: &mut Vec<Cluster>) {
        let touched = |id: &ClusterId| {
            self.gone.binary_search(id).is_ok()
                || self.put.binary_search_by_key(id, |cluster| cluster.id).is_ok()
        };
        clusters.retain(|cluster| !touched(&cluster.id));
        clusters.extend(self.put.iter().cloned());
        clusters.sort_unstable_by_key(|cluster| cluster.id);
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

/// One situation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Situation {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// The situation.
    pub situation: SituationView,
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// The alarm.
    pub alarm: AlarmView,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// The line.
    pub line: LogLine,
}

/// One advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// The head of the journal as of which it holds.
    pub seq: u64,
    /// What is told of it; `GET /api/v1/advisories` has the rest.
    pub advisory: AdvisoryNews,
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
    /// The head of the journal, as far as everything up to it was sent to this client.
    pub seq: u64,
    /// The server's clock.
    pub server_time: Timestamp,
    /// When the newest datum of the view's mode was observed; null before the first.
    pub newest: Option<Timestamp>,
    /// When the newest canary was said that came through intake, journal, World and hub to this client: everything of its
    /// view before that was sent. By the server's clock; null before the first.
    #[serde(default)]
    pub canary: Option<Timestamp>,
}

/// Start again from the snapshot that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// The journal's identity from now on.
    pub epoch: String,
    /// Why: `epoch`, `too-old`, `ahead`.
    pub reason: String,
}

#[cfg(test)]
mod tests;
