//! One view of a session: which tiles it has in which version, how far it read the ring, what it still owes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use engine::change::Matter;
use engine::view::Clearance;
use tokio::sync::watch;
use wire::frame::{Reset, ServerFrame, ViewBegin};
use wire::id::ReportId;
use wire::tile::{TileCover, TileId};
use wire::time::Timestamp;
use wire::view::{Totals, View};

use super::sent::Sent;
use super::{Batch, Resume};
use crate::hub::interest::{CountKey, GroupKey, Lease};
use crate::hub::limits::{BATCH_TILES, OWED_MAX, REPORTS_MAX, REPORTS_ZOOM};
use crate::hub::published::Published;
use crate::hub::ring::What;
use crate::hub::steps::Held;
use crate::hub::{Encoded, Hub};
use crate::pipeline::Worlds;

/// See the module.
#[derive(Debug)]
pub(super) struct Looking {
    pub(super) view: View,
    /// The client's number of the view, until it was told that its frames begin.
    pub(super) begins: Option<u32>,
    pub(super) group: GroupKey,
    pub(super) cover: TileCover,
    pub(super) lease: Lease,
    pub(super) wake: watch::Receiver<u64>,
    /// Of what everything was taken; none while something may be left.
    pub(super) taken: Option<Taken>,
    /// What the client holds of each tile.
    pub(super) sent: Sent,
    /// All tiles were sent as of this flush.
    pub(super) sent_all: u64,
    /// How far the ring was read.
    pub(super) cursor: u64,
    /// Everything up to here the client had when it came.
    pub(super) held_to: u64,
    /// The lists of reports and sensors still to be made from the World.
    pub(super) lists: Option<Lists>,
    pub(super) reports: VecDeque<ReportId>,
    pub(super) gone: BTreeSet<ReportId>,
    pub(super) sensors: BTreeSet<u32>,
    pub(super) matters: BTreeSet<Matter>,
    /// Datastreams in the box that the client has.
    pub(super) sensors_known: BTreeSet<u32>,
    pub(super) sources_version: u64,
    pub(super) reset: Option<Reset>,
    /// The last counter line sent, and its `seq`.
    pub(super) totals: Option<(Totals, u64)>,
    /// Something was sent since.
    pub(super) unsettled: bool,
    /// When the newest canary was said that reached this view: everything before it was sent.
    pub(super) canary: Option<Timestamp>,
    /// The head of the journal when the ring was last read.
    pub(super) head: u64,
}

/// A state of the side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    version: u64,
    /// Sources move the version alone.
    flush: u64,
}

/// What a new view must list.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The newest reports of the whole view, this many.
    pub(super) newest: usize,
    /// Every report of these tiles.
    pub(super) tiles: Vec<TileId>,
    /// The client resumes: it has the datastreams of the box.
    pub(super) sensors_held: bool,
    /// Every matter of the room there is: they belong to the mode and to no box.
    pub(super) matters: bool,
}

impl Looking {
    pub(super) fn new(view: View, key: CountKey, lease: Lease, wake: watch::Receiver<u64>) -> Self {
        let all = view.zoom >= REPORTS_ZOOM;
        let newest = if all { REPORTS_MAX } else { usize::from(view.newest) };
        Self {
            group: key.group(),
            sent: Sent::nothing(key.cover),
            cover: key.cover,
            view,
            begins: None,
            lease,
            wake,
            taken: None,
            sent_all: 0,
            cursor: u64::MAX,
            held_to: 0,
            lists: Some(Lists { newest, matters: true, ..Lists::default() }),
            reports: VecDeque::new(),
            gone: BTreeSet::new(),
            sensors: BTreeSet::new(),
            matters: BTreeSet::new(),
            sensors_known: BTreeSet::new(),
            sources_version: 0,
            reset: None,
            totals: None,
            unsettled: true,
            canary: None,
            head: 0,
        }
    }

    pub(super) fn wants_all(&self) -> bool {
        self.view.zoom >= REPORTS_ZOOM
    }

    fn wants_reports(&self) -> bool {
        self.wants_all() || self.view.newest > 0
    }

    /// Takes over from the view before what still holds: a pan is sent only what is new to it.
    pub(super) fn inherit(&mut self, before: Self) {
        if before.view.mode != self.view.mode {
            return;
        }
        self.cursor = before.cursor;
        self.held_to = before.held_to;
        self.head = before.head;
        self.canary = before.canary;
        self.sources_version = before.sources_version;
        self.reset.clone_from(&before.reset);
        self.sensors_known = before.sensors_known.difference(&before.sensors).copied().collect();
        self.totals = before.totals;
        if before.group == self.group {
            self.sent = before.sent.within(self.cover);
        }
        self.matters = before.matters;
        let owed = before.lists.as_ref().is_some_and(|lists| lists.matters);
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
        // They were listed for the view before, or are listed with this one.
        if let Some(lists) = &mut self.lists {
            lists.matters = owed;
        }
    }

    /// Goes on where the client left, or tells it to start again.
    pub(super) fn resume(
        &mut self,
        published: &Published,
        resume: &Resume,
        epoch: &str,
        head: u64,
    ) {
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
                let now = Held::Unchanged { version: published.flush, cursor: resume.seq };
                self.sent = Sent::all(self.cover, now);
                let news = records.filter(|record| record.is_news_after(resume.seq));
                for tile in news.filter_map(|record| record.touches(self.group)) {
                    self.sent.set(tile, Held::Cursor(resume.seq));
                }
                self.lists = Some(Lists { sensors_held: true, ..Lists::default() });
            }
        }
    }

    /// Starts again within the session: the client fell so far behind that a snapshot is cheaper and safer.
    fn restart(&mut self, epoch: &str, end: u64) {
        let newest = if self.wants_all() { REPORTS_MAX } else { usize::from(self.view.newest) };
        self.sent = Sent::nothing(self.cover);
        self.sent_all = 0;
        self.cursor = end;
        self.held_to = 0;
        self.lists = Some(Lists { newest, matters: true, ..Lists::default() });
        self.reports.clear();
        self.gone.clear();
        self.sensors.clear();
        self.matters.clear();
        self.sensors_known.clear();
        self.sources_version = 0;
        self.totals = None;
        self.reset = Some(Reset { epoch: epoch.to_owned(), reason: "too-old".to_owned() });
    }

    pub(super) fn next(
        &mut self,
        hub: &Hub,
        epoch: &str,
        clearance: Clearance,
        worlds: &Worlds,
        compact: bool,
    ) -> Option<Batch> {
        if let Some(number) = self.begins.take() {
            let begin = ServerFrame::View(ViewBegin { number });
            return Some(vec![Arc::new(Encoded::new(begin))]);
        }
        // Read before what is published: what comes in between is looked for again.
        let version = *self.wake.borrow_and_update();
        if self.taken.is_some_and(|taken| taken.version == version) {
            return None;
        }
        let taken = self.taken.take();
        let (mut batch, totals, canary, flush) = {
            let published = hub.side(self.view.mode).published();
            let flush = published.flush;
            if taken.is_some_and(|taken| taken.flush == flush) && !self.owes(hub, clearance) {
                // Told for a source, which is not for this one.
                self.taken = Some(Taken { version, flush });
                return None;
            }
            if !self.read_ring(&published) {
                self.restart(epoch, published.ring.end());
            }
            self.head = published.head;
            if let Some(reset) = self.reset.take() {
                return Some(vec![Arc::new(Encoded::new(ServerFrame::Reset(reset)))]);
            }
            let (tiles, totals) = self.take_tiles(&published, compact);
            (tiles, totals, published.canary, flush)
        };
        if !batch.is_empty() && (totals.is_none() || self.owes(hub, clearance)) {
            return Some(batch);
        }
        if let Some(lists) = self.lists.take() {
            self.make_lists(&lists, worlds);
        }
        let owed = self.take_owed(hub, clearance, worlds);
        if !owed.is_empty() {
            return Some(owed);
        }
        let (counted, frame) = totals?;
        self.taken = Some(Taken { version, flush });
        let known = self.totals.map(|(totals, _)| totals);
        if self.unsettled || !batch.is_empty() || known != Some(counted) {
            batch.push(frame);
        }
        self.canary = canary;
        (!batch.is_empty()).then_some(batch)
    }

    /// Reads on in the ring; false if some of it is gone or too much is owed.
    fn read_ring(&mut self, published: &Published) -> bool {
        let Some(records) = published.ring.since(self.cursor) else { return false };
        let mut arrived: BTreeMap<ReportId, u64> = BTreeMap::new();
        let (cover, wants_reports) = (self.cover, self.wants_reports());
        for record in records {
            let is_news = record.is_news_after(self.held_to);
            // Asked last: where a record lies takes longest to find, and a view of tiles alone needs it of no report.
            let inside = || record.at.is_some_and(|at| cover.contains(TileId::of(at, cover.z)));
            match record.what {
                What::Sensor(index) if is_news && inside() => {
                    self.sensors.insert(index);
                }
                What::Report { id, hazard, entered, left }
                    if wants_reports && self.group.hazards.contains(hazard) && inside() =>
                {
                    if entered.contains(self.view.window) {
                        // Also where the client has it: under the same number it may have left by time before.
                        self.gone.remove(&id);
                        if is_news {
                            arrived.insert(id, record.seq);
                        }
                    } else if is_news && left.contains(self.view.window) {
                        arrived.remove(&id);
                        self.gone.insert(id);
                    }
                }
                What::Matter(matter) if is_news => {
                    self.matters.insert(matter);
                }
                What::Sensor(_) | What::Report { .. } | What::Matter(_) => {}
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

    /// The tiles that changed, oldest change first; and, when these are all and none is missing, the counter line.
    /// With `compact` what a client holds in part is sent as a difference.
    fn take_tiles(
        &mut self,
        published: &Published,
        compact: bool,
    ) -> (Batch, Option<(Totals, Arc<Encoded>)>) {
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
                Some(slot) => {
                    let held = self.sent.get(tile);
                    if held.and_then(Held::version).is_none_or(|version| version < slot.version) {
                        changed.push((slot.seq, tile, slot, held));
                    }
                }
                None => missing = true,
            }
        }
        changed.sort_unstable_by_key(|(seq, tile, ..)| (*seq, *tile));
        // Room for the counter line, so that the usual batch, one tile and its line, is allocated once.
        let mut batch = Batch::with_capacity(changed.len().min(BATCH_TILES) + 1);
        let mut complete = !missing;
        for (_, tile, slot, held) in changed {
            if batch.len() == BATCH_TILES {
                complete = false;
                break;
            }
            self.sent.set(tile, Held::Version(slot.version));
            let known = held.filter(|_| compact);
            batch.extend(slot.update_from(known));
        }
        if complete {
            self.sent_all = published.flush;
        }
        (batch, totals.filter(|_| complete))
    }
}
