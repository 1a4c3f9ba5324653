//! The door: who was turned away because of their key, before anybody read what they brought, and how many requests were no items at all.
//!
//! A key that is ours and was revoked, has ended or may not do this is its partner's. A key that only bears the id of one of ours
//! is kept as a claim: whoever knows the id could have sent it. All others are strangers', of whom no more is kept than when. The
//! secret is never kept, nor what hashes to it.

use std::collections::{BTreeMap, HashMap};

use engine::entry::SourceKey;
use wire::time::Timestamp;

use super::limits::{DOOR_HOURS_MAX, DOORS_MAX};
use crate::store::hour_of;

/// Why a key was no good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyTrouble {
    /// When; set by who notes it.
    pub at: Timestamp,
    /// A stable word: `unknown-key`, `revoked-key`, `missing-scope`, `wrong-mode`, `too-many-requests`.
    pub reason: &'static str,
    /// What is wrong, and the remedy.
    pub detail: String,
    /// The public part of the key, where it had one.
    pub key_id: Option<String>,
    /// Whether the secret was right.
    pub is_proven: bool,
}

/// How often requests were turned away for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorCount {
    /// How many, by the start of the hour.
    by_hour: BTreeMap<Timestamp, (u64, Timestamp, Timestamp)>,
    /// The last of them in words.
    pub detail: String,
}

impl DoorCount {
    /// How many from an hour on, the first and the last.
    pub fn since(&self, from: Timestamp) -> Option<(u64, Timestamp, Timestamp)> {
        let hours = self.by_hour.range(hour_of(from)..).map(|(_, hour)| *hour);
        hours.reduce(|(n, first, _), (more, _, last)| (n + more, first, last))
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Door {
    proven: HashMap<SourceKey, KeyTrouble>,
    claimed: HashMap<SourceKey, KeyTrouble>,
    stranger: Option<KeyTrouble>,
    counts: HashMap<(Option<SourceKey>, String), DoorCount>,
}

impl Door {
    pub(super) fn note(&mut self, source: Option<SourceKey>, trouble: &KeyTrouble, now: Timestamp) {
        let trouble = KeyTrouble { at: now, ..trouble.clone() };
        self.count(source, trouble.reason, &trouble.detail, now);
        match source {
            Some(source) if trouble.is_proven => _ = self.proven.insert(source, trouble),
            Some(source) => _ = self.claimed.insert(source, trouble),
            None => self.stranger = Some(trouble),
        }
    }

    /// Counts a request of which no item was read: the ledger counts items, and nobody knows how many these were.
    pub(super) fn count(
        &mut self,
        source: Option<SourceKey>,
        reason: &str,
        detail: &str,
        now: Timestamp,
    ) {
        let place = (source, reason.to_owned());
        if self.counts.len() >= DOORS_MAX && !self.counts.contains_key(&place) {
            return;
        }
        let count = self
            .counts
            .entry(place)
            .or_insert_with(|| DoorCount { by_hour: BTreeMap::new(), detail: String::new() });
        let hour = count.by_hour.entry(hour_of(now)).or_insert((0, now, now));
        (hour.0, hour.2) = (hour.0 + 1, now);
        if count.by_hour.len() > DOOR_HOURS_MAX {
            count.by_hour.pop_first();
        }
        detail.clone_into(&mut count.detail);
    }

    /// The last of a source's own keys that was turned away.
    pub fn proven(&self, source: SourceKey) -> Option<&KeyTrouble> {
        self.proven.get(&source)
    }

    /// The last that bore the id of a source's key, with another secret.
    pub fn claimed(&self, source: SourceKey) -> Option<&KeyTrouble> {
        self.claimed.get(&source)
    }

    /// The last whose key nobody here knows.
    pub fn stranger(&self) -> Option<&KeyTrouble> {
        self.stranger.as_ref()
    }

    /// Whom requests were turned away of, and why, how often.
    pub fn counts(&self) -> impl Iterator<Item = (Option<SourceKey>, &str, &DoorCount)> {
        self.counts.iter().map(|((source, reason), count)| (*source, reason.as_str(), count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::HOUR_MS;

    #[test]
    fn those_turned_away_are_counted_by_the_hour_and_never_grow() {
        let mut door = Door::default();
        let trouble = |is_proven| KeyTrouble {
            at: Timestamp(0),
            reason: "unknown-key",
            detail: "x".to_owned(),
            key_id: None,
            is_proven,
        };
        for hour in 0..2 * DOOR_HOURS_MAX as i64 {
            door.note(Some(SourceKey(1)), &trouble(hour % 2 == 0), Timestamp(hour * HOUR_MS + 7));
        }
        let (_, _, count) = door.counts().next().expect("a count");
        let last = (2 * DOOR_HOURS_MAX as i64 - 1) * HOUR_MS;
        let told = count.since(Timestamp(last - HOUR_MS + 5));
        assert_eq!(told, Some((2, Timestamp(last - HOUR_MS + 7), Timestamp(last + 7))));
        assert_eq!(count.since(Timestamp(0)).map(|(n, ..)| n), Some(DOOR_HOURS_MAX as u64));
        assert!(door.proven(SourceKey(1)).is_some() && door.claimed(SourceKey(1)).is_some());
        for source in 0..2 * DOORS_MAX as u32 {
            door.note(Some(SourceKey(source)), &trouble(true), Timestamp(0));
        }
        assert!(door.counts.len() <= DOORS_MAX);
    }
}
