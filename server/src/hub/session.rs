//! A session: one view and a cursor. It is asked again and again for the next batch, takes what it lacks from what is
//! published, and is idle when it lacks nothing. It knows nothing of sockets.
//!
//! What it owes its client is a list of tile versions and ids, never frames: however slow the client, it gets each
//! thing once, as it is when it is sent. Totals come last: they say that everything up to their `seq` was sent.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use engine::view::Clearance;
use engine::world::World;
use tokio::sync::watch;
use wire::frame::{Gone, Heartbeat, Hello, Report, Reset, Sensor, ServerFrame};
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::tile::{TileCover, TileId};
use wire::time::Timestamp;
use wire::view::{Mode, Totals, View};

use super::interest::{CountKey, GroupKey, Lease};
use super::limits::{
    BATCH_REPORTS, BATCH_TILES, GONE_IDS, NEWEST_MAX, OWED_MAX, REPORTS_MAX, REPORTS_ZOOM,
    SENSORS_MAX,
};
use super::published::Published;
use super::ring::What;
use super::shared::Subject;
use super::{Encoded, Hub};
use crate::pipeline::Worlds;

/// From where a client wants to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The journal's identity as the client knew it.
    pub epoch: String,
    /// Everything up to here it holds.
    pub seq: u64,
}

/// Why a view is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be.
    #[error("{0}")]
    BadView(String),
    /// The reader may not see the mode.
    #[error("this key or role may not see the mode {0}")]
    Forbidden(Mode),
}

/// Frames to send now.
type Batch = Vec<Arc<Encoded>>;

/// See the module.
#[derive(Debug)]
pub struct Session {
    hub: Arc<Hub>,
    epoch: Arc<str>,
    clearance: Clearance,
    modes: Vec<Mode>,
    resume: Option<Resume>,
    looking: Option<Looking>,
}

#[derive(Debug)]
struct Looking {
    view: View,
    group: GroupKey,
    cover: TileCover,
    lease: Lease,
    wake: watch::Receiver<u64>,
    /// The version of each tile as last sent.
    sent: HashMap<TileId, u64>,
    /// All tiles were sent as of this flush.
    sent_all: u64,
    /// How far the ring was read.
    cursor: u64,
    /// Everything up to here the client had when it came.
    held_to: u64,
    /// The lists of reports and sensors still to be made from the World.
    lists: Option<Lists>,
    reports: VecDeque<ReportId>,
    gone: BTreeSet<ReportId>,
    sensors: BTreeSet<u32>,
    /// Datastreams in the box that the client has.
    sensors_known: BTreeSet<u32>,
    sources_version: u64,
    reset: Option<Reset>,
    /// The last counter line sent, and its `seq`.
    totals: Option<(Totals, u64)>,
    /// Something was sent since.
    unsettled: bool,
    /// The head of the journal when the ring was last read.
    head: u64,
}

/// What a new view must list.
#[derive(Debug, Default)]
struct Lists {
    /// The newest reports of the whole view, this many.
    newest: usize,
    /// Every report of these tiles.
    tiles: Vec<TileId>,
    /// The client resumes: it has the datastreams of the box.
    sensors_held: bool,
}

impl Session {
    /// A session of a reader that may see these modes.
    pub fn new(
        hub: Arc<Hub>,
        epoch: Arc<str>,
        clearance: Clearance,
        modes: Vec<Mode>,
        resume: Option<Resume>,
    ) -> Self {
        Self { hub, epoch, clearance, modes, resume, looking: None }
    }

    /// The first frame. For a client that resumes it names the client's own cursor, so that one which goes again at once
    /// does not believe it holds more than it does.
    pub fn hello(&self, server_time: Timestamp) -> Encoded {
        let head = self.heads();
        let seq = match &self.resume {
            Some(resume) if *resume.epoch == *self.epoch => head.min(resume.seq),
            _ => head,
        };
        Encoded::new(ServerFrame::Hello(Hello {
            protocol: wire::PROTOCOL_VERSION,
            epoch: self.epoch.as_ref().to_owned(),
            seq,
            server_time,
            modes: self.modes.clone(),
            heartbeat_ms: u32::try_from(self.hub.limits.heartbeat.as_millis()).unwrap_or(u32::MAX),
        }))
    }

    fn heads(&self) -> u64 {
        self.modes.iter().map(|mode| self.hub.head(*mode)).max().unwrap_or(0)
    }

    /// Proof of life. Its `seq` never exceeds what was sent, so it is a cursor as good as that of the last totals.
    pub fn heartbeat(&self, server_time: Timestamp) -> Encoded {
        let (seq, newest) = match &self.looking {
            None => (self.heads(), None),
            Some(looking) => {
                let published = self.hub.side(looking.view.mode).published();
                let settled = !looking.unsettled && looking.head == published.head;
                let sent = looking.totals.map_or(0, |(_, seq)| seq);
                (if settled { published.head } else { sent }, published.newest)
            }
        };
        Encoded::new(ServerFrame::Heartbeat(Heartbeat { seq, server_time, newest }))
    }

    /// Whether everything up to the last totals was sent and nothing since: then a heartbeat is a cursor too.
    pub fn is_settled(&self) -> bool {
        self.looking.as_ref().is_some_and(|looking| !looking.unsettled)
    }

    /// Looks at a view from now on.
    pub fn look(&mut self, view: View) -> Result<(), Refusal> {
        let cover = view.cover().map_err(|bad| Refusal::BadView(bad.to_string()))?;
        if view.newest > NEWEST_MAX {
            return Err(Refusal::BadView(format!("newest is at most {NEWEST_MAX}")));
        }
        if !self.modes.contains(&view.mode) {
            return Err(Refusal::Forbidden(view.mode));
        }
        let resume = self.resume.take();
        let key = CountKey { window: view.window, hazards: view.hazard_set(), cover };
        let side = self.hub.side(view.mode);
        // Woken by everything that is published after this line.
        let wake = side.version.subscribe();
        let lease = side.interest.lease(key);
        let mut looking = Looking::new(view, key, lease, wake);
        match (self.looking.take(), resume) {
            (Some(before), _) => looking.inherit(before),
            (None, Some(resume)) => {
                let gathered_head = side.gathered().head;
                let published = side.published();
                let head = published.head.max(gathered_head);
                looking.resume(&published, &resume, &self.epoch, head);
            }
            (None, None) => {}
        }
        if looking.cursor == u64::MAX {
            looking.cursor = side.published().ring.end();
        }
        self.looking = Some(looking);
        side.flush_soon();
        Ok(())
    }

    /// Resolves when there may be something to take; never before the first view.
    pub async fn changed(&mut self) {
        if let Some(looking) = &mut self.looking
            && looking.wake.changed().await.is_ok()
        {
            return;
        }
        // The hub outlives its sessions, so the channel cannot close; were it closed, nothing would come any more.
        std::future::pending().await
    }

    /// The next frames to send; `None` when there is nothing to send now.
    pub fn next_batch(&mut self, worlds: &Worlds) -> Option<Vec<Arc<Encoded>>> {
        let Self { hub, epoch, clearance, looking, .. } = self;
        let looking = looking.as_mut()?;
        looking.wake.borrow_and_update();
        let batch = looking.next(hub, epoch, *clearance, worlds)?;
        looking.unsettled = true;
        if let Some(last) = batch.last()
            && let ServerFrame::Totals(totals) = last.frame()
        {
            looking.totals = Some((totals.totals(), totals.seq));
            looking.unsettled = false;
        }
        Some(batch)
    }
}

impl Looking {
    fn new(view: View, key: CountKey, lease: Lease, wake: watch::Receiver<u64>) -> Self {
        let all = view.zoom >= REPORTS_ZOOM;
        let newest = if all { REPORTS_MAX } else { usize::from(view.newest) };
        Self {
            group: key.group(),
            cover: key.cover,
            view,
            lease,
            wake,
            sent: HashMap::new(),
            sent_all: 0,
            cursor: u64::MAX,
            held_to: 0,
            lists: Some(Lists { newest, ..Lists::default() }),
            reports: VecDeque::new(),
            gone: BTreeSet::new(),
            sensors: BTreeSet::new(),
            sensors_known: BTreeSet::new(),
            sources_version: 0,
            reset: None,
            totals: None,
            unsettled: true,
            head: 0,
        }
    }

    fn wants_all(&self) -> bool {
        self.view.zoom >= REPORTS_ZOOM
    }

    fn wants_reports(&self) -> bool {
        self.wants_all() || self.view.newest > 0
    }

    /// Takes over from the view before what still holds: a pan is sent only what is new to it.
    fn inherit(&mut self, before: Self) {
        if before.view.mode != self.view.mode {
            return;
        }
        self.cursor = before.cursor;
        self.held_to = before.held_to;
        self.head = before.head;
        self.sources_version = before.sources_version;
        self.reset.clone_from(&before.reset);
        self.sensors_known = before.sensors_known.difference(&before.sensors).copied().collect();
        self.totals = before.totals;
        if before.group == self.group {
            self.sent = before.sent;
            self.sent.retain(|tile, _| self.cover.contains(*tile));
        }
        let same_filter =
            before.view.window == self.view.window && before.group.hazards == self.group.hazards;
        if same_filter {
            // Owed to the view before; those outside this one are left out when they are sent.
            self.gone = before.gone;
            self.reports = before.reports;
            if self.wants_all() && before.view.zoom >= REPORTS_ZOOM && before.lists.is_none() {
                let known = |tile: &TileId| before.cover.contains(*tile);
                let tiles = self.cover.tiles().filter(|tile| !known(tile)).collect();
                let same_zoom = before.cover.z == self.cover.z;
                if same_zoom {
                    self.lists = Some(Lists { tiles, ..Lists::default() });
                }
            }
        }
    }

    /// Goes on where the client left, or tells it to start again.
    fn resume(&mut self, published: &Published, resume: &Resume, epoch: &str, head: u64) {
        let from = if resume.epoch != epoch {
            Err("epoch")
        } else if resume.seq > head {
            Err("ahead")
        } else {
            published.ring.resume(resume.seq).ok_or("too-old")
        };
        let records = from.and_then(|from| {
            published.ring.since(from).map(|records| (from, records)).ok_or("too-old")
        });
        match records {
            Err(reason) => {
                let (epoch, reason) = (epoch.to_owned(), reason.to_owned());
                self.reset = Some(Reset { epoch, reason });
            }
            Ok((from, records)) => {
                self.cursor = from;
                self.held_to = resume.seq;
                // Held as of now, but for those that something happened in since.
                self.sent = self.cover.tiles().map(|tile| (tile, published.flush)).collect();
                let news = records.filter(|record| record.is_news_after(resume.seq));
                for tile in news.filter_map(|record| record.touches(&self.group)) {
                    self.sent.remove(&tile);
                }
                self.lists = Some(Lists { sensors_held: true, ..Lists::default() });
            }
        }
    }

    /// Starts again within the session: the client fell so far behind that a snapshot is cheaper and safer.
    fn restart(&mut self, epoch: &str, end: u64) {
        let newest = if self.wants_all() { REPORTS_MAX } else { usize::from(self.view.newest) };
        self.sent.clear();
        self.sent_all = 0;
        self.cursor = end;
        self.held_to = 0;
        self.lists = Some(Lists { newest, ..Lists::default() });
        self.reports.clear();
        self.gone.clear();
        self.sensors.clear();
        self.sensors_known.clear();
        self.sources_version = 0;
        self.totals = None;
        self.reset = Some(Reset { epoch: epoch.to_owned(), reason: "too-old".to_owned() });
    }

    fn next(
        &mut self,
        hub: &Hub,
        epoch: &str,
        clearance: Clearance,
        worlds: &Worlds,
    ) -> Option<Batch> {
        let (tiles, totals) = {
            let published = hub.side(self.view.mode).published();
            if !self.read_ring(&published) {
                self.restart(epoch, published.ring.end());
            }
            self.head = published.head;
            if let Some(reset) = self.reset.take() {
                return Some(vec![Arc::new(Encoded::new(ServerFrame::Reset(reset)))]);
            }
            self.take_tiles(&published)
        };
        if !tiles.is_empty() {
            return Some(tiles);
        }
        if let Some(lists) = self.lists.take() {
            self.make_lists(&lists, worlds);
        }
        let owed = self.take_owed(hub, clearance, worlds);
        if !owed.is_empty() {
            return Some(owed);
        }
        let (counted, frame) = totals?;
        let known = self.totals.map(|(totals, _)| totals);
        (self.unsettled || known != Some(counted)).then(|| vec![frame])
    }

    /// Reads on in the ring; false if some of it is gone or too much is owed.
    fn read_ring(&mut self, published: &Published) -> bool {
        let Some(records) = published.ring.since(self.cursor) else { return false };
        let mut arrived: BTreeMap<ReportId, u64> = BTreeMap::new();
        for record in records.filter(|record| record.is_news_after(self.held_to)) {
            let inside =
                record.at.is_some_and(|at| self.cover.contains(TileId::of(at, self.cover.z)));
            match record.what {
                What::Sensor(index) if inside => {
                    self.sensors.insert(index);
                }
                What::Report { id, hazard, entered, left }
                    if inside && self.wants_reports() && self.group.hazards.contains(hazard) =>
                {
                    if entered.contains(self.view.window) {
                        self.gone.remove(&id);
                        arrived.insert(id, record.seq);
                    } else if left.contains(self.view.window) {
                        arrived.remove(&id);
                        self.gone.insert(id);
                    }
                }
                What::Sensor(_) | What::Report { .. } => {}
            }
        }
        self.cursor = published.ring.end();
        self.owe_arrived(arrived);
        self.reports.len() + self.gone.len() + self.sensors.len() <= OWED_MAX
    }

    fn owe_arrived(&mut self, arrived: BTreeMap<ReportId, u64>) {
        if arrived.is_empty() {
            return;
        }
        let mut arrived: Vec<(u64, ReportId)> =
            arrived.into_iter().map(|(id, seq)| (seq, id)).collect();
        arrived.sort_unstable();
        self.reports.extend(arrived.into_iter().map(|(_, id)| id));
        if !self.wants_all() {
            // A list of the newest: what a slow client has not got by now has been overtaken.
            let beyond = self.reports.len().saturating_sub(usize::from(self.view.newest));
            self.reports.drain(..beyond);
        }
    }

    /// The tiles that changed, oldest change first; and, when there are none and all are there, the counter line.
    fn take_tiles(&mut self, published: &Published) -> (Batch, Option<(Totals, Arc<Encoded>)>) {
        let count = published.counts.get(self.lease.key());
        let totals = count.map(|count| (count.totals, Arc::clone(&count.frame)));
        let group = published.groups.get(&self.group);
        let version = group.map_or(0, |group| group.version);
        if self.sent_all > 0 && version <= self.sent_all {
            return (Vec::new(), totals);
        }
        let mut missing = false;
        let mut changed = Vec::new();
        for tile in self.cover.tiles() {
            match group.and_then(|group| group.tiles.get(&tile)) {
                Some(slot) if self.sent.get(&tile).is_none_or(|sent| *sent < slot.version) => {
                    changed.push((slot.seq, tile, slot));
                }
                Some(_) => {}
                None => missing = true,
            }
        }
        changed.sort_unstable_by_key(|(seq, tile, _)| (*seq, *tile));
        changed.truncate(BATCH_TILES);
        let batch: Batch = changed
            .into_iter()
            .map(|(_, tile, slot)| {
                self.sent.insert(tile, slot.version);
                Arc::clone(&slot.frame)
            })
            .collect();
        let complete = batch.is_empty() && !missing;
        if complete {
            self.sent_all = published.flush;
        }
        (batch, totals.filter(|_| complete))
    }

    fn make_lists(&mut self, lists: &Lists, worlds: &Worlds) {
        let world = worlds.read(self.view.mode);
        let (window, hazards) = (self.view.window, self.group.hazards);
        if lists.newest > 0 {
            self.reports = world.newest_in(window, hazards, &self.cover, lists.newest).into();
        }
        for tile in &lists.tiles {
            let left = REPORTS_MAX.saturating_sub(self.reports.len());
            self.reports.extend(world.reports_of_tile(window, hazards, *tile, left));
        }
        let inside: BTreeSet<u32> =
            world.sensors_in(&self.view.bbox).into_iter().take(SENSORS_MAX).collect();
        if !lists.sensors_held {
            self.sensors.extend(inside.difference(&self.sensors_known));
        }
        self.sensors_known = inside;
    }

    /// What is owed beside tiles: what is gone, reports, sensors, sources.
    fn take_owed(&mut self, hub: &Hub, clearance: Clearance, worlds: &Worlds) -> Batch {
        // First what is gone: a report that left and came back, or moved into the view, is sent after.
        if !self.gone.is_empty() {
            let mut ids = Vec::with_capacity(GONE_IDS.min(self.gone.len()));
            while ids.len() < GONE_IDS
                && let Some(id) = self.gone.pop_first()
            {
                ids.push(id);
            }
            let gone = Gone { seq: self.head, ids };
            return vec![Arc::new(Encoded::new(ServerFrame::Gone(gone)))];
        }
        let mut batch = Batch::new();
        if !self.reports.is_empty() || !self.sensors.is_empty() {
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
        }
        if batch.is_empty() && clearance >= Clearance::Room {
            batch = self.take_sources(hub);
        }
        batch
    }

    /// The frame of a report that is still in the view; if it left meanwhile, the ring says so next.
    fn report_frame(
        &self,
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
        let passes = self.group.hazards.contains(report.feature.properties.hazard)
            && report.feature.geometry.is_some_and(|at| self.covers(at));
        passes.then_some(frame)
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
        if sources.version <= self.sources_version {
            return Batch::new();
        }
        let mut changed: Vec<(u64, Arc<Encoded>)> = sources
            .slots
            .values()
            .filter(|slot| slot.mode == self.view.mode && slot.version > self.sources_version)
            .map(|slot| (slot.version, Arc::clone(&slot.frame)))
            .collect();
        changed.sort_unstable_by_key(|(version, _)| *version);
        changed.truncate(BATCH_REPORTS);
        self.sources_version = changed.last().map_or(sources.version, |(version, _)| *version);
        changed.into_iter().map(|(_, frame)| frame).collect()
    }
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
