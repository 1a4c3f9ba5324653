//! Checkpoints: the World as bytes, canonical, and the World again from them.
//!
//! Only what cannot be derived is written: records by number and datastreams by theirs. Bytes: a version, the postcard
//! of [`Saved`], the first 16 bytes of a BLAKE3 hash of both. The words of reports are in there: whoever stores a
//! checkpoint must seal it like the payloads, and drop it when one of its reports is erased.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;
use wire::view::Mode;

use super::slab::dot_of;
use super::{WINDOWS, World};
use crate::record::Record;
use crate::sensors::{Datastream, Sensors};
use crate::tree::{Slot, Sorted, Tree, sort};

/// The version of the bytes; an older or newer one is replayed from the journal instead.
const VERSION: u8 = 1;

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
        let mut world = Self::from_records(saved.mode, Timestamp(saved.now), records);
        if world.ids.len() != n {
            return Err(bad("a report stands in it twice"));
        }
        world.head = saved.head;
        world.sensors = Sensors::restore(saved.streams.into_owned())
            .ok_or_else(|| bad("a datastream stands in it twice"))?;
        Ok(world)
    }

    /// The World of some records at a moment, built at once: much faster than applying one by one, and equal to it.
    ///
    /// Each report once, in the order of numbers.
    pub fn from_records(mode: Mode, now: Timestamp, records: Vec<Record>) -> Self {
        let mut world = Self::new(mode);
        world.now = now;
        world.head = records.last().map_or(0, |record| record.seq);
        world.dots = records.iter().map(|record| dot_of(record, now)).collect();
        world.records = records;
        let slots = 0..world.records.len() as Slot;
        let numbered = || slots.clone().zip(&world.records);
        world.ids.reserve(world.records.len());
        world.ids.extend(numbered().map(|(slot, record)| (record.id, slot)));
        world.by_seq = numbered().map(|(slot, record)| (record.seq, slot)).collect();
        world.by_observed = numbered().map(|(slot, record)| (record.observed_at, slot)).collect();
        world.by_recorded = numbered().map(|(slot, record)| (record.recorded_at, slot)).collect();
        for dot in &world.dots {
            world.counts.add(dot);
        }
        let sorted = sort(&world.dots, slots.clone());
        for window in 0..WINDOWS {
            world.trees[window] = tree_of(&sorted, window);
        }
        world
    }
}

/// The tree of those in a window.
fn tree_of(sorted: &[Sorted], window: usize) -> Tree {
    let inside = |item: &&Sorted| item.dot.windows & (1 << window) != 0;
    let n = sorted.iter().filter(inside).count();
    if n == sorted.len() {
        return Tree::build(sorted);
    }
    let inside: Vec<Sorted> = sorted.iter().filter(inside).copied().collect();
    Tree::build(&inside)
}
