//! Checkpoints: the World as bytes, canonical, and the World again from them.
//!
//! Only what cannot be derived is written: records by number, datastreams by theirs, and what people decided. Bytes: a version, the postcard
//! of [`Saved`], the first 16 bytes of a BLAKE3 hash of both. The words of reports are in there: whoever stores a
//! checkpoint must seal it like the payloads, and drop it when one of its reports is erased.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;
use wire::view::Mode;

use super::counts::Counts;
use super::ids::Ids;
use super::slab::dot_of;
use super::thinking::SavedThinking;
use super::unusual::Hearing;
use super::{Room, WINDOWS, World};
use crate::advisory::{Advisories, HeldAdvisory};
use crate::observation::PassportEntry;
use crate::offsets::Offsets;
use crate::record::Record;
use crate::room::{Alarms, Decided, LastSeen, Log};
use crate::sensors::{Datastream, Sensors};
use crate::situation::SituationId;
use crate::tree::{Dot, Slot, Sorted, Tree, sort};
use crate::works::Planned;

/// The version of the bytes; an older or newer one is replayed from the journal instead.
const VERSION: u8 = 11;

/// How many bytes of hash stand at the end.
const CHECK: usize = 16;

/// A checkpoint's bytes do not decode, or belong to another version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("checkpoint does not decode: {0}")]
pub struct BadCheckpoint(pub String);

/// What is written.
#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    mode: Mode,
    head: u64,
    now: i64,
    streams: Cow<'a, [Datastream]>,
    records: Vec<Cow<'a, Record>>,
    thinking: SavedThinking,
    passports: Vec<PassportEntry>,
    works: Cow<'a, Planned>,
    room: SavedRoom,
    /// The postcard of zones and rules with what they remember, of what was placed by hand, and of what is held back; written without a copy.
    set: Vec<u8>,
    hearing: Cow<'a, Hearing>,
    offsets: Cow<'a, Offsets>,
    advisories: Cow<'a, BTreeMap<u64, HeldAdvisory>>,
}

/// What is written of the room.
#[derive(Serialize, Deserialize)]
struct SavedRoom {
    log: Vec<(u64, Decided)>,
    alarms: Alarms,
    last: BTreeMap<SituationId, LastSeen>,
}

impl Room {
    fn saved(&self) -> SavedRoom {
        let Self { log, alarms, last, looks: _ } = self;
        SavedRoom { log: log.saved(), alarms: alarms.clone(), last: last.clone() }
    }

    fn restore(saved: SavedRoom) -> Self {
        let SavedRoom { log, alarms, last } = saved;
        Self { log: Log::restore(log), alarms, last, looks: BTreeMap::new() }
    }
}

impl World {
    /// The World as bytes: canonical, the same for the same entries and moment, whatever the order of arrival
    /// inside maps, and for both databases.
    pub fn checkpoint(&self) -> Vec<u8> {
        let saved = Saved {
            mode: self.mode,
            head: self.head,
            now: self.now.0,
            streams: Cow::Borrowed(self.sensors.streams()),
            records: self
                .by_seq
                .values()
                .map(|slot| Cow::Borrowed(&self.records[*slot as usize]))
                .collect(),
            thinking: self.thinking.saved(),
            passports: self.sensors.passports(),
            works: Cow::Borrowed(self.sensors.works()),
            room: self.room.saved(),
            set: postcard::to_stdvec(&(&self.guarded, &self.placed, &self.withheld))
                .unwrap_or_default(),
            hearing: Cow::Borrowed(&self.hearing),
            offsets: Cow::Borrowed(self.sensors.offsets()),
            advisories: Cow::Borrowed(self.advisories.all()),
        };
        // Postcard into a Vec cannot fail for these types; an empty body would be refused on reading.
        let mut bytes = postcard::to_extend(&saved, vec![VERSION]).unwrap_or_default();
        bytes.extend(&blake3::hash(&bytes).as_bytes()[..CHECK]);
        bytes
    }

    /// The World from a checkpoint's bytes. Sources have to be named again.
    pub fn restore(bytes: &[u8]) -> Result<Self, BadCheckpoint> {
        let bad = |cause: &str| BadCheckpoint(cause.to_owned());
        let (body, check) = bytes.split_last_chunk::<CHECK>().ok_or_else(|| bad("too short"))?;
        match body.first() {
            Some(&VERSION) => {}
            Some(other) => return Err(BadCheckpoint(format!("version {other}, not {VERSION}"))),
            None => return Err(bad("too short")),
        }
        if blake3::hash(body).as_bytes()[..CHECK] != check[..] {
            return Err(bad("the checksum differs"));
        }
        let saved: Saved<'_> =
            postcard::from_bytes(&body[1..]).map_err(|cause| BadCheckpoint(cause.to_string()))?;
        let records: Vec<Record> = saved.records.into_iter().map(Cow::into_owned).collect();
        if !records.is_sorted_by(|a, b| a.seq < b.seq) {
            return Err(bad("its reports are not in the order of their numbers"));
        }
        let n = records.len();
        let mut world = Self::held(saved.mode, Timestamp(saved.now), records);
        if world.ids.len() != n {
            return Err(bad("a report stands in it twice"));
        }
        world.head = saved.head;
        let offsets = saved.offsets.into_owned();
        let (streams, works) = (saved.streams.into_owned(), saved.works.into_owned());
        world.sensors = Sensors::restore(streams, saved.passports, offsets, works)
            .ok_or_else(|| bad("a datastream stands in it twice"))?;
        world.room = Room::restore(saved.room);
        (world.guarded, world.placed, world.withheld) =
            postcard::from_bytes(&saved.set).map_err(|cause| BadCheckpoint(cause.to_string()))?;
        world.advisories = Advisories::restore(saved.advisories.into_owned(), world.now);
        world.hearing = saved.hearing.into_owned();
        world.resume_thinking(saved.thinking);
        world.resume_looks();
        Ok(world)
    }

    /// The World of some records at a moment, built at once: much faster than applying one by one, and equal to it.
    ///
    /// Each report once, in the order of numbers. What is usual is learned from a journal and not from records.
    pub fn from_records(mode: Mode, now: Timestamp, records: Vec<Record>) -> Self {
        let mut world = Self::held(mode, now, records);
        if !world.records.is_empty() {
            world.resume_thinking(SavedThinking::unsettled(now));
        }
        world
    }

    /// The same without a thought.
    fn held(mode: Mode, now: Timestamp, records: Vec<Record>) -> Self {
        let slots = 0..records.len() as Slot;
        let pyramids = || {
            let dots: Vec<Dot> = records.iter().map(|record| dot_of(record, now)).collect();
            let mut counts = Counts::default();
            for dot in &dots {
                counts.add(dot);
            }
            let sorted = sort(&dots, slots.clone());
            let trees: [Tree; WINDOWS] = std::array::from_fn(|window| tree_of(&sorted, window));
            (dots, counts, trees)
        };
        let numbered = || slots.clone().zip(&records);
        let indexes = || {
            let by_seq = numbered().map(|(slot, record)| (record.seq, slot)).collect();
            let by_observed = numbered().map(|(slot, record)| (record.observed_at, slot)).collect();
            let by_recorded = numbered().map(|(slot, record)| (record.recorded_at, slot)).collect();
            (Ids::of(&records), by_seq, by_observed, by_recorded)
        };
        let ((dots, counts, trees), (ids, by_seq, by_observed, by_recorded)) =
            if records.len() < BESIDE_MIN {
                (pyramids(), indexes())
            } else {
                both(pyramids, indexes)
            };
        Self {
            head: records.last().map_or(0, |record| record.seq),
            now,
            records,
            dots,
            ids,
            by_seq,
            by_observed,
            by_recorded,
            trees,
            counts,
            ..Self::new(mode)
        }
    }
}

/// Below this many reports a second thread costs more than it saves.
const BESIDE_MIN: usize = 20_000;

/// Two pure computations side by side, or one after the other where no thread is to be had.
fn both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl Fn() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let beside = std::thread::Builder::new().spawn_scoped(scope, &one);
        let other = other();
        let one = match beside {
            Ok(beside) => beside.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause)),
            Err(_none) => one(),
        };
        (one, other)
    })
}

/// The tree of those in a window.
fn tree_of(sorted: &[Sorted], window: usize) -> Tree {
    let inside = |item: &&Sorted| item.dot.windows & (1 << window) != 0;
    let n = sorted.iter().filter(inside).count();
    if n == sorted.len() {
        return Tree::build(sorted);
    }
    let mut members = Vec::with_capacity(n);
    members.extend(sorted.iter().filter(inside).copied());
    Tree::build(&members)
}
