//! Who looks at what: topics and counter lines with the number of sessions that want them.
//!
//! A [`Lease`] is a session's share; dropping it gives it back, and after a linger the topic is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wire::grade::HazardSet;
use wire::tile::{TileCover, TileId};
use wire::view::Window;

use super::limits::LINGERING_MAX;

/// The tiles of one filter at one zoom: they change together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct GroupKey {
    pub(super) window: Window,
    pub(super) hazards: HazardSet,
    pub(super) z: u8,
}

/// One counter line: a filter and the tiles it counts as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CountKey {
    pub(super) window: Window,
    pub(super) hazards: HazardSet,
    pub(super) cover: TileCover,
}

impl CountKey {
    pub(super) fn group(&self) -> GroupKey {
        GroupKey { window: self.window, hazards: self.hazards, z: self.cover.z }
    }
}

#[derive(Debug, Default)]
struct Want {
    n_sessions: u32,
    idle_since: Option<Instant>,
}

impl Want {
    fn more(&mut self) {
        self.n_sessions += 1;
        self.idle_since = None;
    }

    fn less(&mut self) -> bool {
        self.n_sessions = self.n_sessions.saturating_sub(1);
        if self.n_sessions == 0 {
            self.idle_since = Some(Instant::now());
        }
        self.n_sessions == 0
    }
}

#[derive(Debug, Default)]
struct Wants {
    groups: BTreeMap<GroupKey, HashMap<TileId, Want>>,
    counts: HashMap<CountKey, Want>,
    n_lingering: usize,
}

/// What the next flush must have ready, and what it may forget.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Wanted tiles that are not there yet.
    pub(super) tiles: Vec<(GroupKey, TileId)>,
    /// Wanted counter lines.
    pub(super) counts: Vec<CountKey>,
    /// Tiles nobody wants any more.
    pub(super) forgotten: Vec<(GroupKey, TileId)>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Interest {
    wants: Mutex<Wants>,
    linger: Duration,
}

impl Interest {
    /// Topics that nobody wants any more are kept for `linger`.
    pub(super) fn new(linger: Duration) -> Self {
        Self { wants: Mutex::default(), linger }
    }

    fn wants(&self) -> MutexGuard<'_, Wants> {
        // Counting cannot panic half-way in a way that matters: at worst a tile is kept for nobody.
        self.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session looks at this from now on.
    pub(super) fn lease(self: &Arc<Self>, key: CountKey) -> Lease {
        let mut wants = self.wants();
        let mut revived = 0;
        let group = wants.groups.entry(key.group()).or_default();
        for tile in key.cover.tiles() {
            let want = group.entry(tile).or_default();
            revived += usize::from(want.idle_since.is_some());
            want.more();
        }
        wants.n_lingering = wants.n_lingering.saturating_sub(revived);
        wants.counts.entry(key).or_default().more();
        Lease { interest: Arc::clone(self), key }
    }

    fn release(&self, key: CountKey) {
        let mut wants = self.wants();
        let mut idle = 0;
        if let Some(group) = wants.groups.get_mut(&key.group()) {
            for tile in key.cover.tiles() {
                idle += usize::from(group.get_mut(&tile).is_some_and(Want::less));
            }
        }
        wants.n_lingering += idle;
        if wants.counts.get_mut(&key).is_some_and(Want::less) {
            wants.counts.remove(&key);
        }
    }

    /// What is wanted now. `there` says which tiles exist already.
    pub(super) fn round(&self, mut there: impl FnMut(&GroupKey, &TileId) -> bool) -> Round {
        let mut wants = self.wants();
        let linger = if wants.n_lingering > LINGERING_MAX { Duration::ZERO } else { self.linger };
        let mut round =
            Round { counts: wants.counts.keys().copied().collect(), ..Round::default() };
        for (key, group) in &mut wants.groups {
            group.retain(|tile, want| {
                let keep = want.idle_since.is_none_or(|since| since.elapsed() < linger);
                if !keep {
                    round.forgotten.push((*key, *tile));
                } else if !there(key, tile) {
                    round.tiles.push((*key, *tile));
                }
                keep
            });
        }
        wants.groups.retain(|_, group| !group.is_empty());
        wants.n_lingering = wants.n_lingering.saturating_sub(round.forgotten.len());
        round
    }
}

/// A session's share in the topics of one view.
#[derive(Debug)]
pub(super) struct Lease {
    interest: Arc<Interest>,
    key: CountKey,
}

impl Lease {
    pub(super) fn key(&self) -> &CountKey {
        &self.key
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.interest.release(self.key);
    }
}

#[cfg(test)]
mod tests {
    use wire::geo::Bbox;

    use super::*;

    #[test]
    fn a_tile_is_wanted_once_however_many_look_and_lingers_when_they_left() {
        let interest = Arc::new(Interest::new(Duration::from_secs(40)));
        let cover = TileCover::of(&Bbox::WORLD, 1);
        let key = CountKey { window: Window::All, hazards: HazardSet::ALL, cover };
        let first = interest.lease(key);
        let second = interest.lease(key);
        let round = interest.round(|_, _| false);
        assert_eq!((round.tiles.len(), round.counts.len()), (4, 1));
        drop(first);
        assert_eq!(interest.round(|_, _| true).counts.len(), 1);
        drop(second);
        let round = interest.round(|_, _| true);
        assert_eq!(
            (round.counts.len(), round.forgotten.len()),
            (0, 0),
            "tiles linger, counts do not"
        );
        assert_eq!(interest.wants().n_lingering, 4);
        let _again = interest.lease(key);
        assert_eq!(interest.wants().n_lingering, 0);
    }
}
