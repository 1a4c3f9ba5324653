//! The checkpointer: saves both Worlds at one number from time to time, keeps the newest few and some for ever, and
//! loads them at the start.
//!
//! Checkpoints are a convenience: the journal is the truth, and one that does not open is passed over. Their bytes hold
//! what is personal, so they lie sealed.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use engine::world::World;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use tokio::task::JoinHandle;
use wire::time::Timestamp;
use wire::view::Mode;

use super::Worlds;
use crate::config::Limits;
use crate::store::{CheckpointRow, PartRow, Store, StoreError};
use crate::vault::Vault;

/// Bytes of one part: small enough that a group commit between two of them hardly waits.
const PART_BYTES: usize = 1 << 20;

/// Checkpoints are at least this far apart, so that among the newest few one is old enough to start from.
const APART_MS_MIN: i64 = 60_000;

/// How many of the newest are kept: the one a start takes, its follower, and two in case they do not open.
const NEWEST_KEPT: usize = 4;

/// A World larger than this is not loaded from a checkpoint: memory for a journal of damage is not to be had.
const WORLD_BYTES_MAX: u64 = 8 << 30;

/// When the next checkpoint is due, and the one on its way.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    entries_max: u64,
    age_ms_max: i64,
    keep_entries: u64,
    n_since: u64,
    taken_at: Timestamp,
    writing: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// After a start at `now` that replayed `n_replayed` entries.
    pub(crate) fn new(limits: &Limits, now: Timestamp, n_replayed: u64) -> Self {
        Self {
            entries_max: limits.checkpoint_entries,
            age_ms_max: limits.checkpoint_ms,
            keep_entries: limits.checkpoint_keep_entries,
            n_since: n_replayed,
            taken_at: now,
            writing: None,
        }
    }

    /// Entries were appended.
    pub(crate) fn count(&mut self, n: u64) {
        self.n_since += n;
    }

    /// Saved Worlds were deleted: the next one is due as soon as may be.
    pub(crate) fn spoilt(&mut self) {
        self.n_since = self.n_since.max(self.entries_max);
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let age_ms = now.ms_since(self.taken_at);
        self.n_since > 0
            && age_ms >= APART_MS_MIN
            && (self.n_since >= self.entries_max || age_ms >= self.age_ms_max)
    }

    /// Takes a checkpoint if one is due. The Worlds are read here, where no entry can come in between; sealing and
    /// writing go on beside the pipeline.
    pub(crate) async fn step(
        &mut self,
        store: &Store,
        vault: &Arc<Vault>,
        worlds: &Arc<Worlds>,
        now: Timestamp,
    ) {
        let busy = self.writing.as_ref().is_some_and(|writing| !writing.is_finished());
        if busy || !self.is_due(now) {
            return;
        }
        self.n_since = 0;
        self.taken_at = now;
        let worlds = Arc::clone(worlds);
        let read = tokio::task::spawn_blocking(move || {
            Mode::ALL.map(|mode| {
                let world = worlds.read(mode);
                (mode, world.head(), world.checkpoint())
            })
        });
        let Ok(saved) = read.await else { return };
        let (store, vault, keep_entries) = (store.clone(), Arc::clone(vault), self.keep_entries);
        self.writing = Some(tokio::spawn(async move {
            if let Err(error) = save(&store, vault, saved, now, keep_entries).await {
                tracing::warn!(%error, "a checkpoint could not be saved; the next start replays more");
            }
        }));
    }

    /// Waits for the one on its way.
    pub(crate) async fn finish(&mut self) {
        if let Some(writing) = self.writing.take() {
            // It has said in the log what went wrong.
            let _ = writing.await;
        }
    }
}

async fn save(
    store: &Store,
    vault: Arc<Vault>,
    saved: [(Mode, u64, Vec<u8>); 2],
    taken_at: Timestamp,
    keep_entries: u64,
) -> Result<(), StoreError> {
    let before = store.checkpoints().await?;
    let last_kept = before.iter().rev().find(|row| row.keep).map(|row| row.seq);
    let mut rows = Vec::new();
    for (mode, seq, bytes) in saved {
        let vault = Arc::clone(&vault);
        let parts = tokio::task::spawn_blocking(move || pack(&vault, seq, mode, &bytes))
            .await
            .map_err(|died| StoreError::Backend(died.to_string()))??;
        let keep = last_kept.is_none_or(|kept| seq >= kept + keep_entries);
        rows.push(CheckpointRow { seq, mode, taken_at, n_parts: parts.len() as u64, keep });
        for part in &parts {
            store.checkpoint_part_save(part).await?;
        }
    }
    store.checkpoint_save(&rows).await?;
    prune(store).await
}

/// Compresses, cuts and seals.
fn pack(vault: &Vault, seq: u64, mode: Mode, bytes: &[u8]) -> Result<Vec<PartRow>, StoreError> {
    let failed = |cause: String| StoreError::Backend(format!("a checkpoint: {cause}"));
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).map_err(|cause| failed(cause.to_string()))?;
    let packed = packed.finish().map_err(|cause| failed(cause.to_string()))?;
    packed
        .chunks(PART_BYTES)
        .zip(0_u64..)
        .map(|(chunk, part)| {
            let sealed = vault
                .seal_part(seq, mode, part, chunk)
                .map_err(|cause| failed(cause.to_string()))?;
            Ok(PartRow { seq, mode, part, sealed })
        })
        .collect()
}

/// Deletes all but the newest few and those kept for ever.
async fn prune(store: &Store) -> Result<(), StoreError> {
    let mut keep_at: BTreeMap<u64, bool> = BTreeMap::new();
    for row in store.checkpoints().await? {
        let keep = keep_at.entry(row.seq).or_default();
        *keep |= row.keep;
    }
    let old = keep_at.len().saturating_sub(NEWEST_KEPT);
    for (seq, _) in keep_at.into_iter().take(old).filter(|(_, keep)| !keep) {
        store.checkpoint_delete(seq).await?;
    }
    Ok(())
}

/// The newest pair of Worlds saved at or before `until`, if one opens.
pub(crate) async fn load(
    store: &Store,
    vault: &Arc<Vault>,
    until: Timestamp,
) -> Result<Option<(World, World)>, StoreError> {
    let mut pairs: BTreeMap<u64, [Option<CheckpointRow>; 2]> = BTreeMap::new();
    for row in store.checkpoints().await?.into_iter().filter(|row| row.taken_at <= until) {
        let pair = pairs.entry(row.seq).or_default();
        let place = usize::from(row.mode == Mode::Exercise);
        pair[place] = Some(row);
    }
    for (seq, pair) in pairs.into_iter().rev() {
        let [Some(live), Some(exercise)] = pair else { continue };
        let both = (unpack(store, vault, live).await, unpack(store, vault, exercise).await);
        match both {
            (Ok(live), Ok(exercise)) if live.head() == seq && exercise.head() == seq => {
                return Ok(Some((live, exercise)));
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::warn!(seq, %error, "a checkpoint does not open; an older one is tried");
            }
            _ => tracing::warn!(seq, "a checkpoint is of another moment; an older one is tried"),
        }
    }
    Ok(None)
}

async fn unpack(
    store: &Store,
    vault: &Arc<Vault>,
    row: CheckpointRow,
) -> Result<World, StoreError> {
    let mut packed = Vec::new();
    for part in 0..row.n_parts {
        let sealed = store.checkpoint_part(row.seq, row.mode, part).await?;
        let opened = vault
            .open_part(row.seq, row.mode, part, &sealed)
            .map_err(|seal| StoreError::Corrupt(seal.to_string()))?;
        packed.extend_from_slice(&opened);
    }
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        DeflateDecoder::new(packed.as_slice())
            .take(WORLD_BYTES_MAX)
            .read_to_end(&mut bytes)
            .map_err(|cause| StoreError::Corrupt(cause.to_string()))?;
        World::restore(&bytes).map_err(|cause| StoreError::Corrupt(cause.to_string()))
    })
    .await
    .map_err(|died| StoreError::Backend(died.to_string()))?
}
