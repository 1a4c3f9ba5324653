//! The advisories that a World holds: found by what they are called, ended by those that name them, gone when they are long over.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wire::advisory::{AdvisoryState, MsgType};
use wire::time::Timestamp;

use super::limits::{AGAIN_MS, HELD_BYTES_MAX, HELD_MAX, KEPT_MS, LIFETIME_MAX_MS, SHARE};
use super::{Advisory, AdvisoryEntry, AdvisoryId, Lane};
use crate::entry::SourceKey;

/// What the World would do with an advisory: asked before it is appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryVerdict {
    /// Not known.
    New,
    /// Known, and says the same: under this number.
    Same(u64),
    /// Known, and says something else: under this number.
    Other(u64),
}

/// There is no room for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "as many advisories are held as there is room for, or half of that from this source: send it again when some are over"
)]
pub struct NoRoom;

/// One that is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldAdvisory {
    pub(crate) recorded_at: Timestamp,
    pub(crate) entry: AdvisoryEntry,
    /// When it is looked at whether it may leave.
    leaves_at: Timestamp,
}

impl HeldAdvisory {
    /// Until when it can be in force.
    pub(crate) fn expires(&self) -> Timestamp {
        let (expires, _) = self.entry.advisory.expires();
        expires.min(self.recorded_at.plus_ms(LIFETIME_MAX_MS))
    }

    fn name(&self) -> Name {
        Name::of(self.entry.source, self.entry.advisory.lane(), &self.entry.advisory.id)
    }
}

/// What one is found by. A message of one source says nothing of what another brought, nor one of a lane of another's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name(SourceKey, Lane, AdvisoryId);

impl Name {
    fn of(source: SourceKey, lane: Lane, id: &AdvisoryId) -> Self {
        Self(source, lane, id.clone())
    }
}

/// How much a source takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Share {
    n: usize,
    bytes: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Advisories {
    by_seq: BTreeMap<u64, HeldAdvisory>,
    /// The rest follows from those.
    known: BTreeMap<Name, u64>,
    /// Of each that is named by others, held or not: by which.
    named_by: BTreeMap<Name, BTreeSet<u64>>,
    expiring: BTreeSet<(Timestamp, u64)>,
    leaving: BTreeSet<(Timestamp, u64)>,
    shares: BTreeMap<SourceKey, Share>,
    bytes: usize,
}

impl Advisories {
    /// Of what was saved, by number.
    pub(crate) fn restore(saved: BTreeMap<u64, HeldAdvisory>, now: Timestamp) -> Self {
        let mut all = Self::default();
        for (seq, held) in saved {
            all.insert(seq, held, now);
        }
        all
    }

    /// All of them, by number.
    pub(crate) fn all(&self) -> &BTreeMap<u64, HeldAdvisory> {
        &self.by_seq
    }

    pub(crate) fn verdict(&self, source: SourceKey, advisory: &Advisory) -> AdvisoryVerdict {
        let name = Name::of(source, advisory.lane(), &advisory.id);
        let Some(seq) = self.known.get(&name).copied() else { return AdvisoryVerdict::New };
        let is_same = self.by_seq.get(&seq).is_some_and(|one| one.entry.advisory == *advisory);
        if is_same { AdvisoryVerdict::Same(seq) } else { AdvisoryVerdict::Other(seq) }
    }

    /// Whether there is room for one more beside `n_waiting` that are on their way.
    pub(crate) fn room_for(
        &self,
        source: SourceKey,
        advisory: &Advisory,
        n_waiting: usize,
    ) -> Result<(), NoRoom> {
        let share = self.shares.get(&source).copied().unwrap_or_default();
        let bytes = weight(advisory);
        let fits = self.by_seq.len() + n_waiting < HELD_MAX
            && self.bytes + bytes <= HELD_BYTES_MAX
            && share.n + n_waiting < HELD_MAX / SHARE
            && share.bytes + bytes <= HELD_BYTES_MAX / SHARE;
        if fits { Ok(()) } else { Err(NoRoom) }
    }

    /// Takes one in; gives the numbers of those whose state may be another now, its own among them.
    pub(crate) fn take(&mut self, seq: u64, entry: &AdvisoryEntry, now: Timestamp) -> Vec<u64> {
        if self.verdict(entry.source, &entry.advisory) != AdvisoryVerdict::New {
            return Vec::new();
        }
        let mut held = HeldAdvisory { recorded_at: now, entry: entry.clone(), leaves_at: now };
        held.leaves_at = held.expires().max(now).plus_ms(KEPT_MS);
        let touched = self.named(&held);
        self.insert(seq, held, now);
        std::iter::once(seq).chain(touched).collect()
    }

    /// Those that it names and that are held.
    fn named(&self, held: &HeldAdvisory) -> Vec<u64> {
        let advisory = &held.entry.advisory;
        let name = |id| Name::of(held.entry.source, advisory.lane(), id);
        advisory.references.iter().filter_map(|id| self.known.get(&name(id)).copied()).collect()
    }

    fn insert(&mut self, seq: u64, held: HeldAdvisory, now: Timestamp) {
        let advisory = &held.entry.advisory;
        for id in &advisory.references {
            let name = Name::of(held.entry.source, advisory.lane(), id);
            self.named_by.entry(name).or_default().insert(seq);
        }
        if advisory.is_warning() && held.expires() > now {
            self.expiring.insert((held.expires(), seq));
        }
        self.leaving.insert((held.leaves_at, seq));
        self.known.insert(held.name(), seq);
        let bytes = weight(advisory);
        let share = self.shares.entry(held.entry.source).or_default();
        share.n += 1;
        share.bytes += bytes;
        self.bytes += bytes;
        self.by_seq.insert(seq, held);
    }

    fn remove(&mut self, seq: u64) {
        let Some(held) = self.by_seq.remove(&seq) else { return };
        let advisory = &held.entry.advisory;
        for id in &advisory.references {
            let name = Name::of(held.entry.source, advisory.lane(), id);
            if let Some(those) = self.named_by.get_mut(&name) {
                those.remove(&seq);
                if those.is_empty() {
                    self.named_by.remove(&name);
                }
            }
        }
        self.known.remove(&held.name());
        let bytes = weight(advisory);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(share) = self.shares.get_mut(&held.entry.source) {
            share.n = share.n.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(bytes);
        }
    }

    /// When something happens by itself.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let first = |those: &BTreeSet<(Timestamp, u64)>| those.first().map(|(at, _)| *at);
        first(&self.expiring).into_iter().chain(first(&self.leaving)).min()
    }

    /// What happened by itself by now: the numbers of those whose time is over, and of those that are gone.
    pub(crate) fn pass(&mut self, now: Timestamp) -> Vec<u64> {
        let mut changed = Vec::new();
        while let Some((_, seq)) = self.expiring.first().copied().filter(|(at, _)| *at <= now) {
            self.expiring.pop_first();
            changed.push(seq);
        }
        while let Some((at, seq)) = self.leaving.first().copied().filter(|(at, _)| *at <= now) {
            self.leaving.pop_first();
            let Some(held) = self.by_seq.get(&seq) else { continue };
            // As long as what it ended is here it stays, or that would be in force again.
            if held.entry.advisory.ends_others() && !self.named(held).is_empty() {
                let again = at.plus_ms(AGAIN_MS);
                if let Some(held) = self.by_seq.get_mut(&seq) {
                    held.leaves_at = again;
                }
                self.leaving.insert((again, seq));
                continue;
            }
            self.remove(seq);
            changed.push(seq);
        }
        changed
    }

    /// The messages that speak of one, by number.
    pub(crate) fn that_name<'a>(
        &'a self,
        held: &HeldAdvisory,
    ) -> impl Iterator<Item = (u64, &'a HeldAdvisory)> {
        let those = self.named_by.get(&held.name());
        let those = those.into_iter().flatten();
        those.filter_map(|seq| Some((*seq, self.by_seq.get(seq)?)))
    }

    /// Whether one is in force, and by which message it was ended. Not by the order of receipt: a Cancel counts before an Update, an
    /// older one before a newer one, and nothing ends what was sent after it.
    pub(crate) fn state(
        &self,
        held: &HeldAdvisory,
        now: Timestamp,
    ) -> (AdvisoryState, Option<u64>) {
        let advisory = &held.entry.advisory;
        if !advisory.is_warning() {
            return (AdvisoryState::Message, None);
        }
        let ends = |(_, by): &(u64, &HeldAdvisory)| {
            let by = &by.entry.advisory;
            by.ends_others() && by.id != advisory.id && by.id.sent >= advisory.id.sent
        };
        let rank = |(_, by): &(u64, &HeldAdvisory)| {
            let by = &by.entry.advisory;
            (by.msg_type != MsgType::Cancel, by.id.clone())
        };
        match self.that_name(held).filter(ends).min_by_key(rank) {
            Some((seq, by)) if by.entry.advisory.msg_type == MsgType::Cancel => {
                (AdvisoryState::Cancelled, Some(seq))
            }
            Some((seq, _)) => (AdvisoryState::Superseded, Some(seq)),
            None if held.expires() <= now => (AdvisoryState::Expired, None),
            None => (AdvisoryState::Live, None),
        }
    }
}

/// What one takes up in memory, near enough: each byte of words, each corner.
pub(crate) fn weight(advisory: &Advisory) -> usize {
    let of_pairs = |pairs: &[wire::advisory::Pair]| -> usize {
        pairs.iter().map(|pair| pair.name.len() + pair.value.len() + size_of_val(pair)).sum()
    };
    let blocks = advisory.blocks.iter().map(|block| {
        let words = [
            &block.sender_name,
            &block.headline,
            &block.description,
            &block.instruction,
            &block.web,
            &block.contact,
        ];
        let words: usize = words.iter().map(|text| text.as_ref().map_or(0, String::len)).sum();
        let areas = block.areas.iter().map(|area| {
            let corners: usize = area.polygons.iter().map(Vec::len).sum();
            size_of_val(area) + area.name.len() + corners * 8 + of_pairs(&area.geocodes)
        });
        size_of_val(block)
            + words
            + areas.sum::<usize>()
            + of_pairs(&block.parameters)
            + of_pairs(&block.event_codes)
    });
    // What it is called stands in three indexes.
    let id = |id: &AdvisoryId| size_of_val(id) + id.sender.len() + id.identifier.len();
    let names =
        3 * id(&advisory.id) + advisory.references.iter().map(|one| 2 * id(one)).sum::<usize>();
    size_of_val(advisory) + names + blocks.sum::<usize>()
}
