//! The picture: everything one screen was sent and still needs, as a fold over frames.
//!
//! Delivery is at least once and ordered; after a reconnect a stretch of frames may come again. So every frame
//! replaces what it names and counts nothing: applying a stretch twice ends in the same picture.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::alarm::AlarmView;
use wire::cluster::Cluster;
use wire::decision::{DecisionSubject, LogLine};
use wire::frame::{ServerFrame, Tile, TileDelta, ViewFrame};
use wire::geo::Bbox;
use wire::grade::{Hazard, Status};
use wire::id::{ClusterId, ReportId};
use wire::latitude::latitude;
use wire::report::ReportFeature;
use wire::sensor::SensorView;
use wire::situation::SituationView;
use wire::source::SourceStatus;
use wire::tile::{TileCover, TileId};
use wire::time::Timestamp;
use wire::view::{Mode, Totals, View, Window};

use super::alarms::asks;
use super::asked::{Asked, filter_of};
use super::held::HeldReports;
use super::order::set_of;

/// Reports kept at once: twice what one view asks for, so that a scrolled list never runs dry, and no more.
pub const REPORTS_MAX: usize = 400;
/// Lines of the log kept at once: what a shift scrolls back through; all of it is asked of the server.
pub const LOG_MAX: usize = 500;
/// Datastreams kept at once: a metropolis, with room; beyond it new ones are not taken in.
pub const SENSORS_MAX: usize = 20_000;

/// Where reading can go on after a lost connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The journal's identity.
    pub epoch: String,
    /// Everything up to here is in the picture.
    pub seq: u64,
}

/// Which parts of the picture a frame touched.
#[expect(clippy::struct_excessive_bools, reason = "a set of flags, each read by its own panel")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changed {
    /// Clusters of a tile.
    pub clusters: bool,
    /// Reports.
    pub reports: bool,
    /// Sensors.
    pub sensors: bool,
    /// Situations.
    pub situations: bool,
    /// Alarms.
    pub alarms: bool,
    /// Advisories: what is drawn and listed of them is asked for, since areas are large.
    pub advisories: bool,
    /// The log.
    pub log: bool,
    /// Sources.
    pub sources: bool,
    /// The counts, the clock or the newest datum.
    pub counts: bool,
    /// Nothing: something before the frame is missing, and there is no cursor any more. Start without one.
    pub lost: bool,
}

impl Changed {
    /// Everything.
    pub const ALL: Self = Self {
        clusters: true,
        reports: true,
        sensors: true,
        situations: true,
        alarms: true,
        advisories: true,
        log: true,
        sources: true,
        counts: true,
        lost: false,
    };

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            clusters: self.clusters || other.clusters,
            reports: self.reports || other.reports,
            sensors: self.sensors || other.sensors,
            situations: self.situations || other.situations,
            alarms: self.alarms || other.alarms,
            advisories: self.advisories || other.advisories,
            log: self.log || other.log,
            sources: self.sources || other.sources,
            counts: self.counts || other.counts,
            lost: self.lost || other.lost,
        }
    }
}

/// A datastream's name among all: its source, then its own id.
pub type SensorKey = (String, String);

/// A tile as held.
#[derive(Debug, Clone, PartialEq, Default)]
struct HeldTile {
    /// The journal number it includes.
    seq: u64,
    clusters: Vec<Cluster>,
}

/// The picture of one screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    view: Option<View>,
    cover: Option<TileCover>,
    asked: Asked,
    epoch: Option<String>,
    seq: u64,
    /// The line was opened with a cursor.
    resuming: bool,
    tiles: BTreeMap<TileId, HeldTile>,
    reports: HeldReports,
    /// Reports of another filter that may be of this one too: shown until its own have come, and then no longer.
    carried: BTreeSet<ReportId>,
    sensors: BTreeMap<SensorKey, SensorView>,
    situations: BTreeMap<u64, Arc<SituationView>>,
    alarms: BTreeMap<u64, AlarmView>,
    log: BTreeMap<u64, LogLine>,
    sources: BTreeMap<String, SourceStatus>,
    totals: Option<Totals>,
    server_time: Option<Timestamp>,
    newest: Option<Timestamp>,
}

impl Picture {
    /// Looks elsewhere: what lies outside the new view is let go, what a new filter may hide is asked for again. Gives
    /// what the server is to be asked.
    pub fn look(&mut self, view: View) -> ViewFrame {
        let same_filter = self.view.as_ref().is_some_and(|old| filter_of(old) == filter_of(&view));
        let asked = self.asked.look(view.clone());
        let same_mode = self.view.as_ref().is_some_and(|old| old.mode == view.mode);
        let cover = view.cover().ok();
        if same_filter {
            self.tiles.retain(|id, _| cover.is_some_and(|cover| cover.contains(*id)));
        } else {
            self.tiles.clear();
        }
        if !same_filter || cover != self.cover {
            // A cursor belongs to the view of its totals (docs/live.md): until this view's come there is none.
            self.seq = 0;
        }
        if !same_filter {
            self.carried = set_of(self.reports.ids());
        }
        if !same_mode {
            self.reports.clear();
            self.carried.clear();
            self.sensors.clear();
            self.situations.clear();
            self.alarms.clear();
            self.log.clear();
            self.sources.clear();
            self.newest = None;
            self.totals = None;
        }
        self.cover = cover;
        self.view = Some(view);
        let now = self.server_time;
        if let Some(view) = &self.view {
            self.reports.retain(|report| in_view(report, view, now));
        }
        asked
    }

    /// Takes one frame in and says what it touched.
    pub fn apply(&mut self, frame: ServerFrame) -> Changed {
        let none = Changed::default();
        match frame {
            ServerFrame::Hello(hello) => {
                self.server_time = Some(hello.server_time);
                self.asked.line_opened(self.view.as_ref());
                if self.resuming && self.seq == 0 {
                    // Somebody looked elsewhere while the line was opened: the server would leave out what it believes is here.
                    return Changed { lost: true, ..none };
                }
                // Without a cursor a whole snapshot follows, and nobody says what went meanwhile.
                let resumes = self.seq > 0;
                if resumes && self.epoch.as_deref() == Some(hello.epoch.as_str()) {
                    Changed { counts: true, ..none }
                } else {
                    // Another journal: nothing held can be compared with what will come.
                    self.forget();
                    self.epoch = Some(hello.epoch);
                    Changed::ALL
                }
            }
            ServerFrame::View(begin) => {
                self.asked.begin(begin.number);
                none
            }
            ServerFrame::Tile(_)
            | ServerFrame::Delta(_)
            | ServerFrame::Report(_)
            | ServerFrame::Gone(_)
                if !self.asked.is_alike() =>
            {
                none
            }
            ServerFrame::Tile(tile) => self.apply_tile(tile),
            ServerFrame::Delta(delta) => self.apply_delta(&delta),
            ServerFrame::Report(report) => self.apply_report(report.feature),
            ServerFrame::Gone(gone) => {
                let before = self.reports.len();
                self.reports.take(&gone.ids, gone.seq);
                Changed { reports: self.reports.len() != before, ..none }
            }
            ServerFrame::Sensor(frame) => self.apply_sensor(frame.sensor),
            ServerFrame::Situation(frame) if self.is_other(frame.situation.mode) => none,
            ServerFrame::Situation(frame) => {
                self.situations.insert(frame.situation.id, Arc::new(frame.situation));
                Changed { situations: true, ..none }
            }
            ServerFrame::Alarm(frame) if self.is_other(frame.alarm.mode) => none,
            ServerFrame::Alarm(frame) => {
                self.alarms.insert(frame.alarm.id, frame.alarm);
                Changed { alarms: true, ..none }
            }
            ServerFrame::Advisory(_) => Changed { advisories: true, ..none },
            ServerFrame::Log(frame) if self.is_other(frame.line.mode) => none,
            ServerFrame::Log(frame) => {
                self.log.insert(frame.line.seq, frame.line);
                while self.log.len() > LOG_MAX {
                    self.log.pop_first();
                }
                Changed { log: true, ..none }
            }
            ServerFrame::Source(frame) if self.is_other(frame.source.mode) => none,
            ServerFrame::Source(frame) => {
                self.sources.insert(frame.source.id.clone(), frame.source);
                Changed { sources: true, ..none }
            }
            ServerFrame::Totals(_) if !self.asked.is_newest() => none,
            ServerFrame::Totals(frame) => {
                self.seq = self.seq.max(frame.seq);
                let carried = std::mem::take(&mut self.carried);
                let is_any = !carried.is_empty();
                for id in carried {
                    self.reports.remove(id);
                }
                self.totals = Some(frame.totals());
                Changed { counts: true, reports: is_any, ..none }
            }
            ServerFrame::Heartbeat(beat) => {
                if self.seq > 0 {
                    self.seq = self.seq.max(beat.seq);
                }
                self.server_time = Some(beat.server_time);
                if self.view.as_ref().is_some_and(|view| self.asked.is_of(view.mode)) {
                    self.newest = beat.newest;
                }
                Changed { counts: true, ..none }
            }
            ServerFrame::Reset(reset) => {
                self.forget();
                self.epoch = Some(reset.epoch);
                Changed::ALL
            }
        }
    }

    fn apply_tile(&mut self, tile: Tile) -> Changed {
        let id = tile.id();
        if !self.cover.is_some_and(|cover| cover.contains(id)) {
            return Changed::default();
        }
        self.tiles.insert(id, HeldTile { seq: tile.seq, clusters: tile.clusters });
        Changed { clusters: true, ..Changed::default() }
    }

    fn apply_delta(&mut self, delta: &TileDelta) -> Changed {
        let id = delta.id();
        // A difference to a tile of the view before may still be on its way; the tile itself follows whole.
        let Some(held) = self.tiles.get_mut(&id) else { return Changed::default() };
        // Everything up to the cursor is in every tile, whenever it changed last.
        if delta.from > held.seq.max(self.seq) {
            self.tiles.remove(&id);
            self.seq = 0;
            return Changed { clusters: true, lost: true, ..Changed::default() };
        }
        delta.apply_to(&mut held.clusters);
        held.seq = held.seq.max(delta.seq);
        Changed { clusters: true, ..Changed::default() }
    }

    fn apply_report(&mut self, report: ReportFeature) -> Changed {
        let none = Changed::default();
        let wanted =
            self.view.as_ref().is_some_and(|view| in_view(&report, view, self.server_time))
                && report.geometry.is_none_or(|place| self.asked.shows(place));
        let older = self
            .reports
            .get(report.id)
            .is_some_and(|held| held.properties.seq > report.properties.seq);
        if older {
            return none;
        }
        if !wanted {
            // A new version may have moved out of the view.
            let was_held = self.reports.remove(report.id);
            return Changed { reports: was_held, ..none };
        }
        self.carried.remove(&report.id);
        self.reports.insert(report);
        self.reports.shorten(REPORTS_MAX);
        Changed { reports: true, ..none }
    }

    /// Whether a frame is of the mode that is not looked at.
    fn is_other(&self, mode: Mode) -> bool {
        self.view.as_ref().is_some_and(|view| view.mode != mode)
    }

    fn apply_sensor(&mut self, sensor: SensorView) -> Changed {
        let none = Changed::default();
        if self.is_other(sensor.mode) {
            return none;
        }
        let key = (sensor.source.clone(), sensor.datastream.clone());
        let known = self.sensors.get(&key);
        if known.is_some_and(|held| held.seq > sensor.seq)
            || (known.is_none() && self.sensors.len() >= SENSORS_MAX)
        {
            return none;
        }
        self.sensors.insert(key, sensor);
        Changed { sensors: true, ..none }
    }

    fn forget(&mut self) {
        let Self { view, cover, asked, server_time, .. } = std::mem::take(self);
        *self = Self { view, cover, asked, server_time, ..Self::default() };
    }

    /// A line is about to be opened: where it goes on. No view is sent over it before its hello.
    pub fn open_line(&mut self) -> Option<Cursor> {
        let from = self.cursor();
        self.resuming = from.is_some();
        from
    }

    /// Where to go on reading; `None` before anything came.
    pub fn cursor(&self) -> Option<Cursor> {
        let epoch = self.epoch.clone()?;
        (self.seq > 0).then_some(Cursor { epoch, seq: self.seq })
    }

    /// Whether every tile of the view has come: before that a drawing would show holes as calm.
    pub fn settled(&self) -> bool {
        self.cover.is_some_and(|cover| cover.tiles().all(|tile| self.tiles.contains_key(&tile)))
    }

    /// Every cluster of the view.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.tiles.values().flat_map(|tile| &tile.clusters)
    }

    /// One cluster, if it is in the view.
    pub fn cluster(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters().find(|cluster| cluster.id == id)
    }

    /// One report, if it is held.
    pub fn report(&self, id: ReportId) -> Option<&ReportFeature> {
        self.reports.get(id)
    }

    /// The reports held, in no useful order.
    pub fn reports(&self) -> impl Iterator<Item = &Arc<ReportFeature>> {
        self.reports.iter()
    }

    /// Whether the server took a report away, and not this screen by looking elsewhere.
    pub fn is_taken(&self, id: ReportId) -> bool {
        self.reports.is_taken(id)
    }

    /// The sensors held, by key.
    pub fn sensors(&self) -> impl Iterator<Item = (&SensorKey, &SensorView)> {
        self.sensors.iter()
    }

    /// One sensor.
    pub fn sensor(&self, key: &SensorKey) -> Option<&SensorView> {
        self.sensors.get(key)
    }

    /// The alarms, the oldest first.
    pub fn alarms(&self) -> impl Iterator<Item = &AlarmView> {
        self.alarms.values()
    }

    /// The newest lines of the log, the oldest of them first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.log.values()
    }

    /// The situations, the oldest first.
    pub fn situations(&self) -> impl Iterator<Item = &Arc<SituationView>> {
        self.situations.values()
    }

    /// One situation, while it is told.
    pub fn situation(&self, id: u64) -> Option<&Arc<SituationView>> {
        self.situations.get(&id)
    }

    /// One alarm, while it is told.
    pub fn alarm(&self, id: u64) -> Option<&AlarmView> {
        self.alarms.get(&id)
    }

    /// The situations of which an alarm waits for an answer.
    pub fn asking(&self) -> BTreeSet<u64> {
        set_of(self.alarms().filter(|alarm| asks(alarm)).filter_map(|alarm| alarm.situation))
    }

    /// Whether what was decided under this number is in what is held of its subject.
    pub fn tells(&self, subject: Option<&DecisionSubject>, seq: u64) -> bool {
        let held = match subject {
            Some(DecisionSubject::Situation(id)) => self.situation(*id).map(|held| held.seq),
            Some(DecisionSubject::Alarm(id)) => self.alarm(*id).map(|held| held.seq),
            _ => None,
        };
        held.is_some_and(|held| held >= seq) || self.log.contains_key(&seq)
    }

    /// The sources, by id.
    pub fn sources(&self) -> impl Iterator<Item = &SourceStatus> {
        self.sources.values()
    }

    /// The counts of the view, once they came.
    pub fn totals(&self) -> Option<Totals> {
        self.totals
    }

    /// The server's clock at its last word.
    pub fn server_time(&self) -> Option<Timestamp> {
        self.server_time
    }

    /// When the newest datum was observed.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Reports whose cluster on the map stands alone: they are drawn as themselves.
    pub fn drawn_alone(&self) -> BTreeSet<ReportId> {
        set_of(self.clusters().filter_map(|cluster| cluster.report))
    }
}

/// Whether a view would list the report. The list shows the box on screen, not whole tiles.
fn in_view(report: &ReportFeature, view: &View, now: Option<Timestamp>) -> bool {
    let properties = &report.properties;
    let hazard_wanted = |wanted: &Vec<Hazard>| wanted.contains(&properties.hazard);
    properties.mode == view.mode
        && view.hazards.as_ref().is_none_or(hazard_wanted)
        && in_window(report, view.window, now)
        && report.geometry.is_none_or(|place| listed_box(&view.bbox, view.zoom).contains(place))
}

fn in_window(report: &ReportFeature, window: Window, now: Option<Timestamp>) -> bool {
    let (Some(length), Some(now)) = (window.length_ms(), now) else { return true };
    let open = window == Window::Open && report.properties.status == Some(Status::Open);
    open || now.ms_since(report.properties.observed_at) <= length
}

/// The view's tiles as a box: what the counts call "here" is what the list may hold.
fn listed_box(bbox: &Bbox, zoom: f64) -> Bbox {
    let z = (zoom.max(0.0).floor() as u8).min(wire::tile::ZOOM_MAX);
    let cover = TileCover::of(bbox, z);
    let n = f64::from(1u32 << z);
    let lng = |x: u32| f64::from(x) / n * 360.0 - 180.0;
    let lat = |y: u32| latitude(std::f64::consts::PI * (1.0 - 2.0 * f64::from(y) / n));
    let north = if cover.y_first == 0 { 90.0 } else { lat(cover.y_first) };
    let south = if cover.y_last + 1 >= 1 << z { -90.0 } else { lat(cover.y_last + 1) };
    Bbox::new(lng(cover.x_first), south, lng(cover.x_last + 1), north).unwrap_or(*bbox)
}

#[cfg(test)]
mod tests;
