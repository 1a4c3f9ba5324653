//! The replay: from the right checkpoint through the tail, so that the Worlds, and the hub's ring, are as they were.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::change::Change;
use engine::classify::Classifier;
use engine::entry::Body;
use engine::world::World;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::decode;
use crate::hub::Hub;
use crate::pipeline::load;
use crate::store::{SourceRow, Store, StoreError, StoredEntry};
use crate::vault::Vault;

/// A start replays at least this much, so that a client away for half a minute, and a restart that takes as long,
/// finds all it missed in the hub's ring.
const TAIL_MS_MIN: i64 = 60_000;

/// Entries read ahead of applying them.
const PAGE: u32 = 1_000;

/// What a replay needs.
#[derive(Debug)]
pub(crate) struct Replay<'a> {
    /// From where.
    pub(crate) store: &'a Store,
    /// What opens it.
    pub(crate) vault: Arc<Vault>,
    /// Who is told of the changes.
    pub(crate) hub: Arc<Hub>,
    /// What reads words, where the room wants that.
    pub(crate) advice: Option<Arc<Classifier>>,
    /// The names of the sources.
    pub(crate) sources: &'a [SourceRow],
}

/// The Worlds at the journal's head.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    /// The live one.
    pub(crate) live: World,
    /// The exercise.
    pub(crate) exercise: World,
    /// The last entry's number, canaries included.
    pub(crate) head: u64,
    /// The last entry's time.
    pub(crate) recorded_at: Timestamp,
    /// How many entries were replayed that a checkpoint would save from replaying: canaries hardly cost anything.
    pub(crate) n_replayed: u64,
}

impl Replay<'_> {
    /// Rebuilds both Worlds. They stand at the last entry's moment: the caller ticks them on.
    pub(crate) async fn run(self, now: Timestamp) -> Result<Rebuilt, StoreError> {
        let (live, exercise) = load(self.store, &self.vault, now.plus_ms(-TAIL_MS_MIN))
            .await?
            .unwrap_or_else(|| (World::new(Mode::Live), World::new(Mode::Exercise)));
        let advised = |world: World| match &self.advice {
            Some(advice) => world.advised(Arc::clone(advice)),
            None => world,
        };
        let (live, exercise) = (advised(live), advised(exercise));
        let head = live.head();
        let recorded_at = live.now().max(exercise.now());
        let mut state = State {
            rebuilt: Rebuilt { live, exercise, head, recorded_at, n_replayed: 0 },
            keyless: BTreeSet::new(),
        };
        for source in self.sources {
            let world = match source.mode {
                Mode::Live => &mut state.rebuilt.live,
                Mode::Exercise => &mut state.rebuilt.exercise,
            };
            world.name_source(source.key, source.id.clone());
        }
        // The ring begins here: what lies before can only be had as a snapshot.
        for mode in Mode::ALL {
            self.hub.start_at(mode, head);
        }
        let mut page = self.store.read_after(head, PAGE).await?;
        while let Some(last) = page.last().map(|entry| entry.row().seq) {
            let (vault, hub) = (Arc::clone(&self.vault), Arc::clone(&self.hub));
            // The next page is read while this one is decoded and applied.
            let applied = tokio::task::spawn_blocking(move || state.page(&page, &vault, &hub));
            let (next, applied) = tokio::join!(self.store.read_after(last, PAGE), applied);
            state = applied.map_err(|died| StoreError::Backend(died.to_string()))??;
            page = next?;
        }
        if let Some(id) = state.keyless.first() {
            return Err(StoreError::Corrupt(format!(
                "the key of report {id} is gone, though nobody erased it: restore a backup"
            )));
        }
        Ok(state.rebuilt)
    }
}

struct State {
    rebuilt: Rebuilt,
    /// Reports without a key whose erasure has not come yet.
    keyless: BTreeSet<ReportId>,
}

impl State {
    fn page(mut self, page: &[StoredEntry], vault: &Vault, hub: &Hub) -> Result<Self, StoreError> {
        let mut changes: [Vec<Change>; 2] = [Vec::new(), Vec::new()];
        for stored in page {
            let rebuilt = &mut self.rebuilt;
            let seq = stored.row().seq;
            if seq != rebuilt.head + 1 {
                return Err(StoreError::Corrupt(format!(
                    "the journal jumps from entry {} to {seq}: restore a backup",
                    rebuilt.head
                )));
            }
            let entry = decode(vault, stored)?;
            match (&entry.body, stored) {
                (Body::Report(report), StoredEntry::Erased(_)) => {
                    self.keyless.insert(report.id);
                }
                (Body::Erased(id), _) => {
                    self.keyless.remove(id);
                }
                _ => {}
            }
            rebuilt.live.apply(&entry, &mut changes[0]);
            rebuilt.exercise.apply(&entry, &mut changes[1]);
            rebuilt.head = entry.seq;
            rebuilt.recorded_at = rebuilt.recorded_at.max(entry.recorded_at);
            rebuilt.n_replayed += u64::from(!matches!(entry.body, Body::Canary(_)));
        }
        hub.publish(Mode::Live, self.rebuilt.live.head(), &changes[0]);
        hub.publish(Mode::Exercise, self.rebuilt.exercise.head(), &changes[1]);
        Ok(self)
    }
}
