//! What happened to one tile lately: which of its clusters each flush touched. A client of the compact subprotocol that
//! holds an older version is sent those clusters as they are now, not the whole tile.
//!
//! Ids are remembered, never content: a delta carries each touched cluster in its newest state, or as gone. So it is right
//! for every version between its first step and now, and applying more steps than were missed does no harm.

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};

use wire::cluster::Cluster;
use wire::id::ClusterId;

use super::limits::STEP_IDS_MAX;

/// What a client has of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// This version of the hub's.
    Version(u64),
    /// It was away, and holds the tile as it was at this journal number.
    Cursor(u64),
    /// It was away from this journal number on, and nothing happened in the tile until this version of the hub's. The
    /// hub may know it under a later number, if it made it anew meanwhile.
    Unchanged {
        /// As in `Version`.
        version: u64,
        /// As in `Cursor`.
        cursor: u64,
    },
}

impl Held {
    /// The version of the hub's that it is, if it is one.
    pub(super) fn version(self) -> Option<u64> {
        match self {
            Self::Version(version) | Self::Unchanged { version, .. } => Some(version),
            Self::Cursor(_) => None,
        }
    }
}

#[derive(Debug)]
struct Step {
    /// The flush that took it.
    version: u64,
    /// The journal number that caused it; time may cause several under one number.
    seq: u64,
    /// The journal number of the tile before.
    from: u64,
    ids: Vec<ClusterId>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Steps {
    /// The least version from which nothing is forgotten.
    base_version: u64,
    /// The least cursor from which nothing is forgotten.
    base_seq: u64,
    taken: VecDeque<Step>,
    n_ids: usize,
}

/// The difference to what a client holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) from: u64,
    pub(super) ids: BTreeSet<ClusterId>,
    /// It is the last step alone, from the number the hub knows: what nearly every client lacks.
    pub(super) is_last_step: bool,
}

impl Steps {
    /// From here on every step will be told.
    pub(super) fn start(version: u64, seq: u64) -> Self {
        Self { base_version: version, base_seq: seq, taken: VecDeque::new(), n_ids: 0 }
    }

    /// The tile went from number `from` to `seq` in this flush.
    pub(super) fn push(&mut self, version: u64, from: u64, seq: u64, ids: Vec<ClusterId>) {
        self.n_ids += ids.len();
        self.taken.push_back(Step { version, seq, from, ids });
        while self.n_ids > STEP_IDS_MAX
            && let Some(oldest) = self.taken.pop_front()
        {
            self.n_ids -= oldest.ids.len();
            self.base_version = oldest.version;
            // Another step may have the same number, so that number is not complete any more.
            self.base_seq = oldest.seq + 1;
        }
    }

    /// What a client lacks that has `held`; `None` if some of it is forgotten.
    pub(super) fn since(&self, held: Held) -> Option<Difference> {
        let missed = match held {
            Held::Version(version) | Held::Unchanged { version, .. }
                if version >= self.base_version =>
            {
                self.taken.partition_point(|step| step.version <= version)
            }
            // It may have gone between two steps of one number, so that number comes again.
            Held::Cursor(seq) if seq >= self.base_seq => {
                self.taken.partition_point(|step| step.seq < seq)
            }
            Held::Version(_) | Held::Unchanged { .. } | Held::Cursor(_) => return None,
        };
        let ids = self.taken.range(missed..).flat_map(|step| step.ids.iter().copied()).collect();
        let known = self.taken.get(missed).map_or(0, |step| step.from);
        let from = match held {
            // What the client holds under its cursor is what the hub knows under a later number.
            Held::Unchanged { cursor, .. } => known.min(cursor),
            Held::Version(_) | Held::Cursor(_) => known,
        };
        let is_last_step = missed + 1 == self.taken.len() && from == known;
        Some(Difference { from, ids, is_last_step })
    }
}

/// The ids of the clusters that differ; both lists are ordered by id.
pub(super) fn differing(before: &[Cluster], now: &[Cluster]) -> Vec<ClusterId> {
    let (mut before, mut now) = (before.iter().peekable(), now.iter().peekable());
    let mut ids = Vec::new();
    loop {
        let order = match (before.peek(), now.peek()) {
            (None, None) => return ids,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.id.cmp(&new.id),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { now.next() } else { None };
        if old != new {
            ids.extend(new.or(old).map(|cluster| cluster.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(key: u64) -> ClusterId {
        ClusterId::new(12, key)
    }

    fn ids(steps: &Steps, held: Held) -> Option<Vec<u64>> {
        steps.since(held).map(|lacks| lacks.ids.into_iter().map(ClusterId::key).collect())
    }

    #[test]
    fn a_version_lacks_the_steps_after_it_and_a_cursor_those_of_its_own_number_too() {
        let mut steps = Steps::start(3, 10);
        steps.push(4, 10, 12, vec![id(1)]);
        steps.push(6, 12, 12, vec![id(2)]);
        steps.push(7, 12, 15, vec![id(1), id(3)]);
        assert_eq!(ids(&steps, Held::Version(2)), None);
        assert_eq!(ids(&steps, Held::Version(3)), Some(vec![1, 2, 3]));
        assert_eq!(ids(&steps, Held::Version(6)), Some(vec![1, 3]));
        assert_eq!(ids(&steps, Held::Cursor(9)), None);
        assert_eq!(ids(&steps, Held::Cursor(12)), Some(vec![1, 2, 3]));
        assert_eq!(ids(&steps, Held::Cursor(13)), Some(vec![1, 3]));
        assert_eq!(ids(&steps, Held::Cursor(16)), Some(vec![]));
        assert_eq!(steps.since(Held::Version(6)).map(|lacks| lacks.from), Some(12));
        assert!(steps.since(Held::Version(6)).is_some_and(|lacks| lacks.is_last_step));
        assert!(steps.since(Held::Version(4)).is_some_and(|lacks| !lacks.is_last_step));
    }

    #[test]
    fn what_did_not_change_since_a_cursor_is_told_from_there() {
        let mut steps = Steps::start(3, 10);
        steps.push(4, 10, 12, vec![id(1)]);
        let from = |held| steps.since(held).map(|lacks| (lacks.from, lacks.is_last_step));
        assert_eq!(from(Held::Version(3)), Some((10, true)));
        assert_eq!(from(Held::Unchanged { version: 3, cursor: 7 }), Some((7, false)));
        assert_eq!(from(Held::Unchanged { version: 3, cursor: 11 }), Some((10, true)));
        assert_eq!(from(Held::Unchanged { version: 2, cursor: 11 }), None);
    }

    #[test]
    fn what_is_forgotten_is_not_served_from() {
        let mut steps = Steps::start(0, 0);
        for step in 1..=10 {
            steps.push(step, step - 1, step, (0..STEP_IDS_MAX as u64 / 4).map(id).collect());
        }
        assert!(steps.since(Held::Version(5)).is_none());
        assert!(steps.since(Held::Version(6)).is_some());
        assert!(steps.since(Held::Cursor(6)).is_none());
        assert!(steps.since(Held::Cursor(7)).is_some());
    }
}
