//! The World: everything the room may know, folded from the journal. One per mode, written by the pipeline alone.

use std::collections::{BTreeMap, HashMap};

use wire::cluster::Cluster;
use wire::grade::{Hazard, HazardSet};
use wire::id::ReportId;
use wire::report::ReportFeature;
use wire::sensor::SensorView;
use wire::tile::{TileCover, TileId};
use wire::time::Timestamp;
use wire::view::{Mode, Totals, Window};

use crate::change::Change;
use crate::entry::{Entry, SourceKey};
use crate::report::ReportEntry;
use crate::view::Clearance;

/// What the World would do with a report: asked by the pipeline before it appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not known: append.
    New,
    /// Known, and this is a newer version: append; the old version moves to folded.
    Replaces,
    /// Known with equal content: fold.
    Same,
    /// Known in a newer version: fold.
    Older,
}

/// Which reports a list asks for. Newest (highest seq) first.
#[derive(Debug, Clone, Default)]
pub struct ReportFilter {
    /// Only in this box (unplaced reports are left out).
    pub bbox: Option<wire::geo::Bbox>,
    /// Only observed at or after.
    pub since: Option<Timestamp>,
    /// Only observed before.
    pub until: Option<Timestamp>,
    /// Only this hazard.
    pub hazard: Option<Hazard>,
    /// Only this kind.
    pub kind: Option<wire::grade::Kind>,
    /// Only this partner's id.
    pub source_id: Option<String>,
    /// Only texts with these words (case-folded substring).
    pub q: Option<String>,
    /// Only below this seq: the cursor.
    pub before_seq: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

/// See the module.
#[derive(Debug)]
pub struct World {
    mode: Mode,
    head: u64,
    now: Timestamp,
    sources: BTreeMap<SourceKey, String>,
    reports: HashMap<ReportId, (u64, Timestamp, ReportEntry)>,
}

/// A checkpoint's bytes do not decode, or belong to another version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("checkpoint does not decode: {0}")]
pub struct BadCheckpoint(pub String);

impl World {
    /// An empty World.
    pub fn new(mode: Mode) -> Self {
        Self { mode, head: 0, now: Timestamp(0), sources: BTreeMap::new(), reports: HashMap::new() }
    }

    /// Live or exercise.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The number of the last entry applied (of any mode), 0 before the first.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The moment of the last entry or tick.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The newest `observed_at` or `phenomenon_time` of this mode.
    pub fn newest(&self) -> Option<Timestamp> {
        None
    }

    /// Names a source, for views. Not journaled: the store is the truth of source names.
    pub fn name_source(&mut self, key: SourceKey, name: String) {
        self.sources.insert(key, name);
    }

    /// What would become of this report.
    pub fn verdict(&self, report: &ReportEntry) -> Verdict {
        match self.reports.get(&report.id) {
            None => Verdict::New,
            Some((_, _, known)) if known.content == report.content => Verdict::Same,
            Some((_, _, known)) if report.updated_at > known.updated_at => Verdict::Replaces,
            Some(_) => Verdict::Older,
        }
    }

    /// Applies one entry: time advances to its `recorded_at`, then its body is folded in. Total: never fails.
    /// Entries of the other mode only advance `head`.
    pub fn apply(&mut self, entry: &Entry, out: &mut Vec<Change>) {
        let _ = out;
        self.head = entry.seq;
    }

    /// Time passes: windows slide, reports past retention leave. Never goes backwards.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Change>) {
        let _ = out;
        self.now = self.now.max(now);
    }

    /// The clusters of one tile, ordered by id.
    pub fn tile(&self, window: Window, hazards: HazardSet, tile: TileId) -> Vec<Cluster> {
        let _ = (window, hazards, tile);
        Vec::new()
    }

    /// The counts of a view, each counted on its own.
    pub fn totals(&self, window: Window, hazards: HazardSet, cover: &TileCover) -> Totals {
        let _ = (window, hazards, cover);
        Totals::default()
    }

    /// One report as the reader may see it.
    pub fn report(&self, id: ReportId, clearance: Clearance) -> Option<ReportFeature> {
        let _ = (id, clearance);
        None
    }

    /// The windows a report is in now; `None` if it is not held.
    pub fn windows_of(&self, id: ReportId) -> Option<crate::change::Windows> {
        let _ = id;
        None
    }

    /// A page of reports, newest first, and the cursor (`before_seq`) of the next page.
    pub fn reports(
        &self,
        filter: &ReportFilter,
        clearance: Clearance,
    ) -> (Vec<ReportFeature>, Option<u64>) {
        let _ = (filter, clearance);
        (Vec::new(), None)
    }

    /// The ids of the newest `limit` reports of the view that pass the filter, newest seq first.
    pub fn newest_in(
        &self,
        window: Window,
        hazards: HazardSet,
        cover: &TileCover,
        limit: usize,
    ) -> Vec<ReportId> {
        let _ = (window, hazards, cover, limit);
        Vec::new()
    }

    /// Every report of one tile that passes the filter, at most `limit`, newest seq first.
    pub fn reports_of_tile(
        &self,
        window: Window,
        hazards: HazardSet,
        tile: TileId,
        limit: usize,
    ) -> Vec<ReportId> {
        let _ = (window, hazards, tile, limit);
        Vec::new()
    }

    /// A datastream by its number.
    pub fn sensor(&self, index: u32) -> Option<SensorView> {
        let _ = index;
        None
    }

    /// The numbers of the datastreams in a box.
    pub fn sensors_in(&self, bbox: &wire::geo::Bbox) -> Vec<u32> {
        let _ = bbox;
        Vec::new()
    }

    /// The World as bytes: canonical, the same for the same entries and moment, whatever the order of arrival
    /// inside maps, and for both databases.
    pub fn checkpoint(&self) -> Vec<u8> {
        Vec::new()
    }

    /// The World from a checkpoint's bytes.
    pub fn restore(bytes: &[u8]) -> Result<Self, BadCheckpoint> {
        let _ = bytes;
        Err(BadCheckpoint("not a checkpoint".to_owned()))
    }
}
