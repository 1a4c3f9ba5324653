//! Eyes: what the room sees with, and where it sees nothing. Silence of who cannot speak is not calm.

use serde::{Deserialize, Serialize};

use crate::geo::{Bbox, LngLat};
use crate::source::{SourceHealth, SourceStatus};
use crate::time::Timestamp;
use crate::view::Mode;

/// How many datastreams are in which health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EyeCounts {
    /// As fresh as their rhythm promises.
    pub live: u32,
    /// Older than they should be.
    pub late: u32,
    /// Quiet for so long that it says nothing.
    pub silent: u32,
    /// They give values that cannot be, or always the same.
    pub broken: u32,
    /// Late or silent while works are planned there: expected, and no eyes all the same.
    #[serde(default)]
    pub in_works: u32,
}

impl EyeCounts {
    /// Counts one more.
    pub fn add(&mut self, health: SourceHealth) {
        let n = match health {
            // Only a source is paused, and counted here are sensors.
            SourceHealth::Live | SourceHealth::Paused => &mut self.live,
            SourceHealth::Late => &mut self.late,
            SourceHealth::Silent => &mut self.silent,
            SourceHealth::Broken => &mut self.broken,
        };
        *n += 1;
    }
}

/// One datastream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamEye {
    /// As its partner names it.
    pub datastream: String,
    /// The source that sends it.
    pub source: String,
    /// A readable name; the datastream's id if none was given.
    pub name: String,
    /// Where it stands.
    pub geometry: Option<LngLat>,
    /// How it is.
    pub status: SourceHealth,
    /// When its newest value was true.
    pub newest_at: Timestamp,
    /// How often it speaks, in milliseconds: as its passport says, else as it was learned.
    pub cadence_ms: Option<u64>,
    /// Whether works are planned there now.
    pub in_works: bool,
    /// When its last will said that it is gone: that is why it is silent.
    #[serde(default)]
    pub gone_at: Option<Timestamp>,
}

/// A cell of the map, about seven kilometres wide, in which something stands or stood that speaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CellEye {
    /// Where.
    pub bbox: Bbox,
    /// Its datastreams.
    pub datastreams: EyeCounts,
    /// Reports from there that were observed in the last two hours.
    pub n_reports: u32,
    /// Whether calls, posts and sensors fell together there.
    pub is_dark: bool,
    /// No eyes here: no datastream speaks and nobody reported, or it is dark.
    pub no_eyes: bool,
}

/// `GET /api/v1/eyes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EyesView {
    /// Live or exercise.
    pub mode: Mode,
    /// The moment as of which it holds.
    pub at: Timestamp,
    /// Sources of this mode.
    pub sources: Vec<SourceStatus>,
    /// All datastreams, counted.
    pub counts: EyeCounts,
    /// Datastreams, the worst first; at most ten thousand.
    pub datastreams: Vec<StreamEye>,
    /// Cells in which something speaks, or did; in all others people are the only eyes.
    pub cells: Vec<CellEye>,
}
