//! What a correct client holds after the frames it got: the reference reading of `docs/live.md`.

use std::collections::BTreeMap;

use wire::advisory::AdvisoryNews;
use wire::alarm::AlarmView;
use wire::cluster::Cluster;
use wire::decision::LogLine;
use wire::frame::{Heartbeat, Hello, Reset, ServerFrame};
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::report::ReportFeature;
use wire::sensor::SensorView;
use wire::situation::SituationView;
use wire::source::SourceStatus;
use wire::tile::TileId;
use wire::view::{Totals, View};

/// The picture of one session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// The first frame.
    pub hello: Option<Hello>,
    /// Every tile received, empty ones too.
    pub tiles: BTreeMap<TileId, Vec<Cluster>>,
    /// Reports received and not gone.
    pub reports: BTreeMap<ReportId, ReportFeature>,
    /// Datastreams by source and id.
    pub sensors: BTreeMap<(String, String), SensorView>,
    /// Situations by number.
    pub situations: BTreeMap<u64, SituationView>,
    /// Alarms by number.
    pub alarms: BTreeMap<u64, AlarmView>,
    /// Advisories by number.
    pub advisories: BTreeMap<u64, AdvisoryNews>,
    /// Lines of the log by number.
    pub lines: BTreeMap<u64, LogLine>,
    /// Sources by id.
    pub sources: BTreeMap<String, SourceStatus>,
    /// The newest counter line.
    pub totals: Option<Totals>,
    /// From where to resume: the epoch, and the seq of the last `totals` or `heartbeat` that followed one.
    pub cursor: Option<(String, u64)>,
    /// The number of the view that frames belong to, if it has one.
    pub begun: Option<u32>,
    /// The newest heartbeat.
    pub heartbeat: Option<Heartbeat>,
    /// Resets received, oldest first.
    pub resets: Vec<Reset>,
}

impl Model {
    /// Applies one frame. Applying it twice changes nothing.
    pub fn apply(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Hello(hello) => self.hello = Some(hello.clone()),
            // Views of most stories have no number: they wait for one to be answered before they look elsewhere.
            ServerFrame::View(begin) => self.begun = Some(begin.number),
            ServerFrame::Tile(tile) => {
                self.tiles.insert(tile.id(), tile.clusters.clone());
            }
            ServerFrame::Delta(delta) => {
                // Differences to a tile of a view before may still be on their way.
                if let Some(clusters) = self.tiles.get_mut(&delta.id()) {
                    delta.apply_to(clusters);
                }
            }
            ServerFrame::Report(report) => {
                self.reports.insert(report.feature.id, report.feature.clone());
            }
            ServerFrame::Gone(gone) => {
                for id in &gone.ids {
                    self.reports.remove(id);
                }
            }
            ServerFrame::Sensor(frame) => {
                let sensor = frame.sensor.clone();
                self.sensors.insert((sensor.source.clone(), sensor.datastream.clone()), sensor);
            }
            ServerFrame::Situation(frame) => {
                self.situations.insert(frame.situation.id, frame.situation.clone());
            }
            ServerFrame::Alarm(frame) => {
                self.alarms.insert(frame.alarm.id, frame.alarm.clone());
            }
            ServerFrame::Advisory(frame) => {
                self.advisories.insert(frame.advisory.id, frame.advisory.clone());
            }
            ServerFrame::Log(frame) => {
                self.lines.insert(frame.line.seq, frame.line.clone());
            }
            ServerFrame::Source(frame) => {
                self.sources.insert(frame.source.id.clone(), frame.source.clone());
            }
            ServerFrame::Totals(totals) => {
                self.totals = Some(totals.totals());
                self.cursor = self.epoch().map(|epoch| (epoch, totals.seq));
            }
            ServerFrame::Heartbeat(heartbeat) => {
                self.heartbeat = Some(*heartbeat);
                if let Some((_, seq)) = &mut self.cursor {
                    *seq = (*seq).max(heartbeat.seq);
                }
            }
            ServerFrame::Reset(reset) => {
                let hello = self.hello.take();
                let mut resets = std::mem::take(&mut self.resets);
                resets.push(reset.clone());
                *self = Self { hello, resets, ..Self::default() };
            }
        }
    }

    /// Forgets what another view no longer covers (nobody says when that goes), and the cursor: it belongs to the view of the last totals.
    pub fn look(&mut self, view: &View) {
        self.cursor = None;
        if let Ok(cover) = view.cover() {
            self.tiles.retain(|tile, _| cover.contains(*tile));
            self.reports.retain(|_, report| {
                let inside = |at: LngLat| cover.contains(TileId::of(at.mercator(), cover.z));
                report.geometry.is_some_and(inside)
            });
        }
    }

    /// The journal's identity, as `hello` told.
    pub fn epoch(&self) -> Option<String> {
        self.hello.as_ref().map(|hello| hello.epoch.clone())
    }

    /// How many reports the tiles show.
    pub fn shown(&self) -> u64 {
        self.tiles.values().flatten().map(|cluster| u64::from(cluster.n)).sum()
    }

    /// The clusters of all tiles, ordered by tile and id.
    pub fn clusters(&self) -> Vec<Cluster> {
        self.tiles.values().flatten().cloned().collect()
    }
}
