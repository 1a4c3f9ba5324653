//! The lane of a test key: what it sends is understood, weighed and answered by the same code as the room's, in a World of its own
//! that nobody else sees, that no journal keeps and that a restart forgets. Its account alone goes to disk.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};

use engine::entry::SourceKey;
use engine::world::World;
use serde::Serialize;
use tokio::sync::Mutex;
use wire::time::Timestamp;
use wire::view::Mode;

use super::fold::Group;
use super::repeats::Repeats;
use super::{IntakeError, Outcome, Submission, Worlds};
use crate::clock::Clock;
use crate::sta::registry::Registry;
use crate::store::{AppendError, SourceRow, Store, StoreError};

/// Lanes at once: newcomers are few, and each may hold some tens of megabytes.
const LANES_MAX: usize = 16;
/// Entries after which a lane begins anew: a try, not a load.
const ENTRIES_MAX: u64 = 20_000;
/// Tries that are remembered, the newest: what somebody looks at after sending.
const TRIES_MAX: usize = 50;

/// One submission of a test key, as its desk shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Try {
    /// When.
    pub at: Timestamp,
    /// Items that would have been taken.
    pub accepted: u64,
    /// Items that were known.
    pub folded: u64,
    /// Items refused, by reason.
    pub rejected: std::collections::BTreeMap<String, u64>,
}

/// One lane.
#[derive(Debug)]
pub struct Lane {
    /// Its World, in both modes; its key is of one.
    pub worlds: Arc<Worlds>,
    /// What was said of sensors in it.
    pub registry: Arc<Registry>,
    inside: Mutex<Inside>,
    tries: Lock<VecDeque<Try>>,
    used: AtomicU64,
    store: Store,
    clock: Clock,
    epoch: Arc<str>,
}

#[derive(Debug, Default)]
struct Inside {
    account: Option<SourceRow>,
    head: u64,
    n_entries: u64,
    recorded_at: Timestamp,
    repeats: Repeats,
}

impl Lane {
    fn new(store: Store, clock: Clock, epoch: Arc<str>) -> Self {
        Self {
            worlds: Arc::new(Worlds::new(World::new(Mode::Live), World::new(Mode::Exercise))),
            registry: Arc::new(Registry::of_a_lane()),
            inside: Mutex::default(),
            tries: Lock::default(),
            used: AtomicU64::new(0),
            store,
            clock,
            epoch,
        }
    }

    /// What was tried last, the newest first.
    pub fn tries(&self) -> Vec<Try> {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.iter().rev().cloned().collect()
    }

    /// Weighs a batch as the pipeline would.
    pub(super) async fn submit(&self, submission: Submission) -> Result<Outcome, IntakeError> {
        let mut inside = self.inside.lock().await;
        let state = &mut *inside;
        let (source, mode) = (submission.source, submission.mode);
        let account = match state.account.take() {
            Some(account) => account,
            None => self.account(source).await?,
        };
        let now = self.clock.now().max(state.recorded_at);
        if state.n_entries > ENTRIES_MAX {
            *self.worlds.write(mode) = World::new(mode);
            (state.n_entries, state.repeats) = (0, Repeats::default());
        }
        let mut rejected = submission.rejected.clone();
        let mut group = Group::new(state.head, now, std::mem::take(&mut state.repeats), None);
        let share = {
            let world = self.worlds.read(mode);
            group.take(&world, submission, || account.clone())
        };
        let Group { entries, mut ledgers, hours, unapplied, .. } = group;
        let hours: Vec<_> = hours.into_values().collect();
        let account = ledgers.remove(&source).unwrap_or(account);
        let written = self.store.append(&[], &[], std::slice::from_ref(&account), &hours).await;
        state.repeats = unapplied.repeats;
        if let Err(error) = written {
            // Asked for anew: whether it stands is not known.
            return Err(refusal(&error));
        }
        state.account = Some(account);
        state.recorded_at = now;
        state.head += entries.len() as u64;
        state.n_entries += entries.len() as u64;
        let mut changes = Vec::new();
        let mut world = self.worlds.write(mode);
        world.tick(now, &mut changes);
        for (_, entry) in &entries {
            world.apply(entry, &mut changes);
        }
        drop(world);
        for one in &share.refused {
            *rejected.entry(one.reason.to_owned()).or_default() += 1;
        }
        let newest = Try { at: now, accepted: share.accepted, folded: share.folded, rejected };
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= TRIES_MAX {
            tries.pop_front();
        }
        tries.push_back(newest);
        Ok(Outcome {
            epoch: Arc::clone(&self.epoch),
            seq: state.head,
            first: share.first,
            accepted: share.accepted,
            folded: share.folded,
            refused: share.refused,
            numbers: share.numbers,
            has_entities: share.has_entities,
        })
    }

    async fn account(&self, source: SourceKey) -> Result<SourceRow, IntakeError> {
        let row = self.store.source(source).await.map_err(|_cause| IntakeError::Unavailable)?;
        let row = row.ok_or(IntakeError::Stopped)?;
        self.worlds.write(row.mode).name_source(row.key, row.id.clone());
        Ok(row)
    }
}

fn refusal(error: &AppendError) -> IntakeError {
    match error {
        AppendError::Before(StoreError::DiskFull) | AppendError::Commit(StoreError::DiskFull) => {
            IntakeError::DiskFull
        }
        _ => IntakeError::Unavailable,
    }
}

/// The lanes that are in use.
#[derive(Debug, Default)]
pub struct Lanes {
    by_source: Lock<HashMap<SourceKey, Arc<Lane>>>,
    clock: AtomicU64,
}

impl Lanes {
    /// The lane of a test key, made if it is new; the one that nobody used for longest makes room.
    pub(crate) fn of(&self, source: SourceKey, new: impl FnOnce() -> NewLane) -> Arc<Lane> {
        let turn = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut lanes = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        if !lanes.contains_key(&source) && lanes.len() >= LANES_MAX {
            let oldest = lanes.iter().min_by_key(|(_, lane)| lane.used.load(Ordering::Relaxed));
            if let Some(oldest) = oldest.map(|(source, _)| *source) {
                lanes.remove(&oldest);
            }
        }
        let lane = lanes.entry(source).or_insert_with(|| {
            let NewLane { store, clock, epoch } = new();
            Arc::new(Lane::new(store, clock, epoch))
        });
        lane.used.store(turn, Ordering::Relaxed);
        Arc::clone(lane)
    }

    /// The lane, if it is in use.
    pub fn known(&self, source: SourceKey) -> Option<Arc<Lane>> {
        let lanes = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.get(&source).cloned()
    }
}

/// What a new lane needs.
pub(crate) struct NewLane {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) epoch: Arc<str>,
}
