//! The World: everything the room may know, folded from the journal. One per mode, written by the pipeline alone.
//!
//! A slab of records; beside it what finds them: ids, numbers, the order of observing and of receipt, one pyramid for
//! each window, and counters. All of it follows from the records and the moment, so a World restored from a checkpoint,
//! replayed from the journal or grown entry by entry is the same World. No hash map is ever walked for an answer.

mod advise;
mod again;
mod arm;
mod ask;
mod before;
mod beside;
mod checkpoint;
mod counts;
mod decide;
mod desk;
mod eyes;
mod fit;
mod guard;
mod heed;
mod ids;
mod latest;
mod leaves;
mod look;
mod matters;
mod notice;
mod picture;
mod placing;
mod published;
mod search;
mod situations;
mod slab;
mod slide;
mod speak;
mod survey;
#[cfg(test)]
mod tests;
mod thinking;
mod ties;
mod trial;
mod unusual;
mod withdrawn;

use std::collections::{BTreeMap, BTreeSet};

use wire::grade::{Hazard, HazardSet, Verification};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::{Mode, Window};

use crate::advisory::Advisories;
use crate::change::{Change, Windows};
use crate::entry::{Body, Entry, SourceKey};
use crate::record::Record;
use crate::report::ReportEntry;
use crate::room::{Alarms, LastSeen, Log};
use crate::search::Index;
use crate::sensors::Sensors;
use crate::signal::Passport;
use crate::situation::SituationId;
use crate::tree::{Dot, Slot, Tree};
use counts::Counts;
use guard::Guarded;
use ids::Ids;
use placing::Placed;
use thinking::Thinking;
use unusual::Hearing;

pub use advise::AdvisoryFilter;
pub use checkpoint::BadCheckpoint;
pub use desk::{Desk, DeskQuery, SourceSensors};
pub use fit::Unfit;
pub use leaves::LeavesFilter;
pub use published::Published;
pub use search::Found;
pub use survey::Survey;
pub use trial::Trial;

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
    /// Only those in this window.
    pub window: Option<Window>,
    /// Only these hazards.
    pub hazards: Option<HazardSet>,
    /// Only of which the room knows this.
    pub verification: Option<Verification>,
    /// Only with a place, or only without one.
    pub is_placed: Option<bool>,
    /// Only below this seq: the cursor.
    pub before_seq: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

/// What people decided, and what asks for an answer.
#[derive(Debug, Default)]
struct Room {
    log: Log,
    alarms: Alarms,
    /// What was last known of each situation.
    last: BTreeMap<SituationId, LastSeen>,
    /// When somebody must have looked at those that are watched. Follows from the log.
    looks: BTreeMap<SituationId, Timestamp>,
}

/// How many windows there are, and so pyramids.
const WINDOWS: usize = Window::ALL.len();

/// See the module.
#[derive(Debug)]
pub struct World {
    mode: Mode,
    head: u64,
    now: Timestamp,
    /// When the newest canary was said. Proof of a road and not of a place: no part of the state, nor of a checkpoint.
    canary: Option<Timestamp>,
    /// Names for views; not part of the state.
    sources: BTreeMap<SourceKey, String>,
    /// The slab. Places in `free` hold what is left of reports that are gone.
    records: Vec<Record>,
    /// Beside each record what the pyramids need of it.
    dots: Vec<Dot>,
    free: Vec<Slot>,
    ids: Ids,
    by_seq: BTreeMap<u64, Slot>,
    /// Windows slide along this.
    by_observed: BTreeSet<(Timestamp, Slot)>,
    /// Retention runs along this.
    by_recorded: BTreeSet<(Timestamp, Slot)>,
    trees: [Tree; WINDOWS],
    counts: Counts,
    /// The words of all reports, to be searched.
    index: Index,
    sensors: Sensors,
    thinking: Thinking,
    hearing: Hearing,
    room: Room,
    guarded: Guarded,
    placed: Placed,
    /// Reports that were taken back and whose words a legal hold keeps sealed; also those that are past retention.
    withheld: BTreeSet<ReportId>,
    advisories: Advisories,
}

impl World {
    /// An empty World.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            head: 0,
            now: Timestamp(0),
            canary: None,
            sources: BTreeMap::new(),
            records: Vec::new(),
            dots: Vec::new(),
            free: Vec::new(),
            ids: Ids::default(),
            by_seq: BTreeMap::new(),
            by_observed: BTreeSet::new(),
            by_recorded: BTreeSet::new(),
            trees: std::array::from_fn(|_| Tree::new()),
            counts: Counts::default(),
            index: Index::default(),
            sensors: Sensors::default(),
            thinking: Thinking::default(),
            hearing: Hearing::default(),
            room: Room::default(),
            guarded: Guarded::default(),
            placed: Placed::default(),
            withheld: BTreeSet::new(),
            advisories: Advisories::default(),
        }
    }

    /// Live or exercise.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The number of the last entry applied (of any mode), 0 before the first. Canaries do not count: they change nothing
    /// that anybody is shown, and an idle room stays at its number.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The moment of the last entry or tick.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When the newest canary of this mode was said.
    pub fn canary(&self) -> Option<Timestamp> {
        self.canary
    }

    /// How many reports are held.
    pub fn n_reports(&self) -> u64 {
        self.ids.len() as u64
    }

    /// The newest `observed_at` or `phenomenon_time` of this mode.
    pub fn newest(&self) -> Option<Timestamp> {
        let report = self.by_observed.last().map(|(observed_at, _)| *observed_at);
        report.max(self.sensors.newest())
    }

    /// Names a source, for views. Not journaled and not in checkpoints: the store is the truth of source names.
    pub fn name_source(&mut self, key: SourceKey, name: String) {
        self.sources.insert(key, name);
    }

    /// What would become of this report. What was erased stays erased: no later version brings it back.
    pub fn verdict(&self, report: &ReportEntry) -> Verdict {
        let Some(slot) = self.ids.find(report.id, &self.records) else { return Verdict::New };
        let known = &self.records[slot as usize];
        if known.erased || known.content == report.content {
            Verdict::Same
        } else if report.updated_at > known.updated_at {
            Verdict::Replaces
        } else {
            Verdict::Older
        }
    }

    /// Whether an observation of this datastream would be kept: asked before it is appended.
    pub fn has_room_for(&self, source: SourceKey, datastream: &str) -> bool {
        self.sensors.has_room(source, datastream)
    }

    /// Whether a passport of this datastream would be kept: asked before it is appended.
    pub fn has_room_for_passport(&self, source: SourceKey, datastream: &str) -> bool {
        self.sensors.has_room_for_passport(source, datastream)
    }

    /// How many more passports of datastreams that have none would be kept.
    pub fn room_for_passports(&self) -> usize {
        self.sensors.room_for_passports()
    }

    /// The passport of a datastream.
    pub fn passport(&self, source: SourceKey, datastream: &str) -> Option<&Passport> {
        self.sensors.passport_of(source, datastream)
    }

    /// Applies one entry: time advances to its `recorded_at`, then its body is folded in. Total: never fails.
    /// Entries of the other mode only advance `head`.
    pub fn apply(&mut self, entry: &Entry, out: &mut Vec<Change>) {
        if let Body::Canary(said_at) = entry.body {
            if entry.mode == self.mode {
                self.advance(entry.recorded_at, out);
                self.listen(entry.recorded_at, out);
                self.canary = Some(said_at);
            }
            return;
        }
        self.head = entry.seq;
        if entry.mode != self.mode {
            return;
        }
        self.advance(entry.recorded_at, out);
        self.listen(entry.recorded_at, out);
        self.seed(&entry.body);
        self.fold(entry, out);
        self.guard(entry.seq, &entry.body, out);
    }

    fn fold(&mut self, entry: &Entry, out: &mut Vec<Change>) {
        match &entry.body {
            Body::Report(report) => {
                let is_new = self.ids.find(report.id, &self.records).is_none();
                let record = Record::new(entry.seq, entry.recorded_at, report);
                let record = self.placed.placed(record);
                self.hold(record, out);
                if is_new {
                    self.count_new(report);
                }
                self.ring_notice(report, out);
            }
            Body::Observation(observation) => {
                let observed = self.sensors.observe(entry.seq, entry.recorded_at, observation);
                let Some(observed) = observed else { return };
                self.count_message(observed.index, observation.phenomenon_time);
                self.heed(observed.index, &observed.told, out);
                if !observed.is_newest {
                    return;
                }
                let sensor = |at| Change::Sensor { index: observed.index, seq: entry.seq, at };
                if observed.moved_from.is_some() {
                    out.push(sensor(observed.moved_from));
                }
                out.push(sensor(observed.at));
            }
            Body::Erased(id) => {
                self.withheld.remove(id);
                self.erase(*id, out);
            }
            Body::Withdrawn(id) => {
                self.withheld.insert(*id);
                self.erase(*id, out);
            }
            Body::Decision(decision) => self.decide(entry.seq, decision, out),
            Body::Passport(passport) => self.admit(passport, out),
            Body::Works(works) => self.sensors.plan(entry.seq, works, entry.recorded_at),
            Body::Will(will) => self.heed_will(will, out),
            Body::Advisory(advisory) => self.take_advisory(entry.seq, advisory, out),
            Body::Reread(reread) => self.reread(reread, out),
            Body::Canary(_) => {}
        }
    }

    /// Time passes: windows slide, reports past retention leave. Never goes backwards.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Change>) {
        self.advance(now, out);
        self.tell_pace(out);
    }

    /// The windows a report is in now; `None` if it is not held.
    pub fn windows_of(&self, id: ReportId) -> Option<Windows> {
        let slot = self.ids.find(id, &self.records)?;
        Some(Windows(self.dots[slot as usize].windows))
    }

    /// Bytes in use, near enough for the figures: slab, words, indexes and pyramids.
    pub fn bytes(&self) -> usize {
        let words: usize = self.records.iter().map(Record::heap_bytes).sum();
        let trees: usize = self.trees.iter().map(Tree::heap_bytes).sum();
        // A B-tree keeps its nodes about three quarters full.
        let sets = self.by_seq.len() * 16 * 4 / 3 + self.by_observed.len() * 2 * 16 * 4 / 3;
        let slab = self.records.capacity() * size_of::<Record>()
            + self.dots.capacity() * size_of::<Dot>()
            + self.free.capacity() * 4
            + self.ids.heap_bytes();
        slab + words + trees + sets + self.index.heap_bytes() + self.thinking.bytes()
    }
}
