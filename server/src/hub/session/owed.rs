//! What a session sends beside tiles and totals: reports, what is gone, sensors, matters of the room, sources.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::change::Matter;
use engine::view::Clearance;
use engine::world::World;
use wire::frame::{Advisory, Alarm, Gone, Log, Report, Sensor, ServerFrame, Situation};
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::tile::TileId;

use super::Batch;
use super::looking::{Lists, Looking};
use crate::hub::limits::{BATCH_REPORTS, GONE_IDS, REPORTS_MAX, SENSORS_MAX};
use crate::hub::shared::Subject;
use crate::hub::{Encoded, Hub};
use crate::pipeline::Worlds;

impl Looking {
    /// Lists what a new view holds beside tiles.
    pub(super) fn make_lists(&mut self, lists: &Lists, worlds: &Worlds) {
        let world = worlds.read(self.view.mode);
        let (window, hazards) = (self.view.window, self.group.hazards);
        if lists.newest > 0 {
            let newest = world.newest_in(window, hazards, &self.cover, lists.newest);
            // What was owed to the view before stays owed: it may have moved out of this one.
            let listed: BTreeSet<ReportId> = newest.iter().copied().collect();
            self.reports.retain(|id| !listed.contains(id));
            self.reports.extend(newest);
        }
        for tile in &lists.tiles {
            let left = REPORTS_MAX.saturating_sub(self.reports.len());
            self.reports.extend(world.reports_of_tile(window, hazards, *tile, left));
        }
        if lists.matters {
            self.matters.extend(world.matters());
        }
        let inside: BTreeSet<u32> =
            world.sensors_in(&self.view.bbox).into_iter().take(SENSORS_MAX).collect();
        if !lists.sensors_held {
            self.sensors.extend(inside.difference(&self.sensors_known));
        }
        self.sensors_known = inside;
    }

    /// Whether something is owed beside tiles.
    pub(super) fn owes(&self, hub: &Hub, clearance: Clearance) -> bool {
        let sources = clearance >= Clearance::Room && hub.sources_version() > self.sources_version;
        let lists = self.lists.is_some() || !self.reports.is_empty() || !self.gone.is_empty();
        lists || !self.sensors.is_empty() || !self.matters.is_empty() || sources
    }

    /// What is owed beside tiles: what is gone, reports, sensors, matters of the room, sources.
    pub(super) fn take_owed(&mut self, hub: &Hub, clearance: Clearance, worlds: &Worlds) -> Batch {
        // First what is gone: a report that left and came back, or moved into the view, is sent after.
        if !self.gone.is_empty() {
            return self.take_gone();
        }
        let mut batch = Batch::new();
        let any = !self.reports.is_empty() || !self.sensors.is_empty();
        if any || !self.matters.is_empty() {
            let round = hub.side(self.view.mode).shared().round();
            let world = worlds.read(self.view.mode);
            let source = Making { hub, round, world: &world };
            while batch.len() < BATCH_REPORTS
                && let Some(id) = self.reports.pop_front()
            {
                batch.extend(self.report_frame(&source, id, clearance));
            }
            while batch.len() < BATCH_REPORTS
                && let Some(index) = self.sensors.pop_first()
            {
                batch.extend(self.sensor_frame(&source, index));
            }
            while batch.len() < BATCH_REPORTS
                && let Some(matter) = self.matters.pop_first()
            {
                batch.extend(matter_frame(&source, matter, clearance));
            }
        }
        if batch.is_empty() && !self.gone.is_empty() {
            // None of the reports lies in the view any more, and some are gone from it.
            return self.take_gone();
        }
        if batch.is_empty()
            && clearance >= Clearance::Room
            && hub.sources_version() > self.sources_version
        {
            batch = self.take_sources(hub);
        }
        batch
    }

    fn take_gone(&mut self) -> Batch {
        let mut ids = Vec::with_capacity(GONE_IDS.min(self.gone.len()));
        while ids.len() < GONE_IDS
            && let Some(id) = self.gone.pop_first()
        {
            ids.push(id);
        }
        let gone = Gone { seq: self.head, ids };
        vec![Arc::new(Encoded::new(ServerFrame::Gone(gone)))]
    }

    /// The frame of a report that is still in the view; if it left meanwhile, the ring says so next.
    fn report_frame(
        &mut self,
        source: &Making<'_>,
        id: ReportId,
        clearance: Clearance,
    ) -> Option<Arc<Encoded>> {
        let held = source.world.windows_of(id)?;
        if !held.contains(self.view.window) {
            return None;
        }
        let frame = source.frame(Subject::Report(id, clearance), |world| {
            let feature = world.report(id, clearance)?;
            Some(ServerFrame::Report(Report { seq: feature.properties.seq, feature }))
        })?;
        let ServerFrame::Report(report) = frame.frame() else { return None };
        if !self.group.hazards.contains(report.feature.properties.hazard) {
            return None;
        }
        if !report.feature.geometry.is_some_and(|at| self.covers(at)) {
            // Owed to the view before, which held its old place and its new one. This view may hold the old one only.
            self.gone.insert(id);
            return None;
        }
        Some(frame)
    }

    /// The frame of a datastream that stands in the box.
    fn sensor_frame(&mut self, source: &Making<'_>, index: u32) -> Option<Arc<Encoded>> {
        let frame = source.frame(Subject::Sensor(index), |world| {
            let sensor = world.sensor(index)?;
            Some(ServerFrame::Sensor(Sensor { seq: sensor.seq, sensor }))
        })?;
        let ServerFrame::Sensor(sensor) = frame.frame() else { return None };
        let inside = sensor.sensor.geometry.is_some_and(|at| self.view.bbox.contains(at));
        let room = self.sensors_known.len() < SENSORS_MAX || self.sensors_known.contains(&index);
        if !(inside && room) {
            return None;
        }
        self.sensors_known.insert(index);
        Some(frame)
    }

    fn covers(&self, place: LngLat) -> bool {
        self.cover.contains(TileId::of(place.mercator(), self.cover.z))
    }

    fn take_sources(&mut self, hub: &Hub) -> Batch {
        let sources = hub.sources();
        let mut changed: Vec<(u64, Arc<Encoded>)> = sources
            .values()
            .filter(|slot| slot.mode == self.view.mode && slot.version > self.sources_version)
            .map(|slot| (slot.version, slot.frame_now()))
            .collect();
        changed.sort_unstable_by_key(|(version, _)| *version);
        changed.truncate(BATCH_REPORTS);
        self.sources_version =
            changed.last().map_or(hub.sources_version(), |(version, _)| *version);
        changed.into_iter().map(|(_, frame)| frame).collect()
    }
}

/// The frame of a matter of the room; none of one that was forgotten meanwhile.
fn matter_frame(source: &Making<'_>, matter: Matter, clearance: Clearance) -> Option<Arc<Encoded>> {
    source.frame(Subject::Matter(matter, clearance), |world| match matter {
        Matter::Situation(id) => {
            let situation = world.situation(id, clearance)?;
            Some(ServerFrame::Situation(Situation { seq: situation.seq, situation }))
        }
        Matter::Alarm(id) => {
            let alarm = world.alarm(id, clearance)?;
            Some(ServerFrame::Alarm(Alarm { seq: alarm.seq, alarm }))
        }
        Matter::Line(seq) => {
            let line = world.log_line(seq, clearance)?;
            Some(ServerFrame::Log(Log { seq: world.head(), line }))
        }
        Matter::Advisory(id) => {
            let advisory = world.advisory_news(id, clearance)?;
            Some(ServerFrame::Advisory(Advisory { seq: world.head(), advisory }))
        }
    })
}

/// Where frames of reports and sensors are made from.
struct Making<'a> {
    hub: &'a Hub,
    /// Of the shared frames, from before the World was locked.
    round: u64,
    world: &'a World,
}

impl Making<'_> {
    /// The frame that all sessions share; made by `make` if nobody asked for it since it changed.
    fn frame(
        &self,
        subject: Subject,
        make: impl FnOnce(&World) -> Option<ServerFrame>,
    ) -> Option<Arc<Encoded>> {
        let side = self.hub.side(self.world.mode());
        let known = side.shared().find(subject);
        if known.is_some() {
            return known;
        }
        let frame = Arc::new(Encoded::new(make(self.world)?));
        side.shared().keep(self.round, subject, &frame);
        Some(frame)
    }
}
