//! What came in the last two hours, minute by minute and by who said it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::grade::Kind;

use super::grid::{Block, Key, Series};
use super::limits::MINUTES_MAX;

/// Who spoke: a kind of report, or a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Voice(u8);

impl Voice {
    pub(super) const SENSOR: Self = Self(Kind::ALL.len() as u8);
    /// How many there are.
    pub(super) const N: usize = Kind::ALL.len() + 1;

    pub(super) fn of(kind: Kind) -> Self {
        Self(kind.index() as u8)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The voices that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Voices(pub(super) u16);

impl Voices {
    pub(super) fn has(self, voice: Voice) -> bool {
        self.0 >> voice.0 & 1 == 1
    }
}

/// How many came in one minute by one voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Came {
    minute: i64,
    voice: Voice,
    n: u32,
}

/// The counts of the last two hours.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Recent {
    came: BTreeMap<Key, Vec<Came>>,
    n_minutes: usize,
    /// Reports that found no room.
    pub(super) n_left_out: u64,
}

impl Recent {
    /// Counts reports of one minute.
    pub(super) fn add(&mut self, key: Key, minute: i64, voice: Voice, n: u32) {
        let full = self.n_minutes >= MINUTES_MAX;
        let list = self.came.entry(key).or_default();
        // By minute and voice, so that the order of arrival leaves no trace.
        match list.binary_search_by_key(&(minute, voice), |came| (came.minute, came.voice)) {
            Ok(at) => list[at].n = list[at].n.saturating_add(n),
            Err(_) if full => self.n_left_out += u64::from(n),
            Err(at) => {
                list.insert(at, Came { minute, voice, n });
                self.n_minutes += 1;
            }
        }
    }

    fn of(&self, key: Key, last: i64, length: i64) -> &[Came] {
        let minutes = self.came.get(&key).map_or(&[][..], Vec::as_slice);
        let from = minutes.partition_point(|came| came.minute <= last - length);
        let to = minutes.partition_point(|came| came.minute <= last);
        &minutes[from.min(to)..to]
    }

    /// How many came in a period: `length` minutes up to and with the minute `last`.
    pub(super) fn count(&self, key: Key, last: i64, length: i64, voices: Voices) -> u64 {
        let counted = self.of(key, last, length).iter().filter(|came| voices.has(came.voice));
        counted.map(|came| u64::from(came.n)).sum()
    }

    /// The same, by voice, over a block.
    pub(super) fn mix(
        &self,
        series: Series,
        block: Block,
        last: i64,
        length: i64,
        voices: Voices,
    ) -> [u64; Voice::N] {
        let mut mix = [0; Voice::N];
        for cell in block.cells() {
            for came in self.of(Key { series, cell }, last, length) {
                if voices.has(came.voice) {
                    mix[came.voice.index()] += u64::from(came.n);
                }
            }
        }
        mix
    }

    /// All that was counted somewhere in a period, by key.
    pub(super) fn counts(
        &self,
        last: i64,
        length: i64,
        voices: Voices,
    ) -> impl Iterator<Item = (Key, u64)> {
        self.came
            .keys()
            .map(move |key| (*key, self.count(*key, last, length, voices)))
            .filter(|(_, n)| *n > 0)
    }

    /// Forgets what came before a minute.
    pub(super) fn forget(&mut self, before: i64) {
        self.came.retain(|_, list| {
            list.retain(|came| came.minute >= before);
            !list.is_empty()
        });
        self.n_minutes = self.came.values().map(Vec::len).sum();
    }
}
