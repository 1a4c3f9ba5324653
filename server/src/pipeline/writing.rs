//! A group on its way to disk, and the one that gathers behind it: while the disk works, the next group is weighed, numbered and
//! sealed, so that nobody waits for work that needs no disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::entry::{Entry, SourceKey};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wire::time::Timestamp;

use super::fold::{Group, Share, Unapplied};
use super::{IntakeError, Ledgers, Outcome};
use crate::journal::{encode, observed};
use crate::store::{
    AppendError, Appended, Beside, HourRow, ObservationRow, RegistryChange, SourceRow, Store,
    StoreError,
};
use crate::vault::Vault;

pub(super) type Answer = oneshot::Sender<Result<Outcome, IntakeError>>;

/// So many entries are worth a thread of their own while others are still gathered; fewer are sealed together at the end.
const SEALED_EARLY: usize = 256;

/// A group that still takes submissions in.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) group: Group,
    pub(super) answers: Vec<(Answer, Share)>,
    pub(super) n_rows: usize,
    /// The same by source.
    pub(super) rows: BTreeMap<SourceKey, u64>,
    vault: Arc<Vault>,
    sealing: Vec<Sealing>,
}

type Sealing = JoinHandle<Result<Sealed, StoreError>>;

impl Gathering {
    pub(super) fn new(group: Group, vault: Arc<Vault>) -> Self {
        Self {
            group,
            answers: Vec::new(),
            n_rows: 0,
            rows: BTreeMap::new(),
            vault,
            sealing: Vec::new(),
        }
    }

    /// So many rows of this source are in it.
    pub(super) fn count(&mut self, source: SourceKey, n_rows: usize) {
        self.n_rows += n_rows;
        *self.rows.entry(source).or_default() += n_rows as u64;
    }

    /// Seals what was taken so far, where it is much.
    pub(super) fn seal_early(&mut self) {
        if self.group.entries.len() >= SEALED_EARLY {
            self.seal();
        }
    }

    fn seal(&mut self) {
        let entries = std::mem::take(&mut self.group.entries);
        let vault = Arc::clone(&self.vault);
        self.sealing.push(tokio::task::spawn_blocking(move || seal(&vault, entries)));
    }

    /// Sends it to disk. `known` are the accounts as they stood before it.
    pub(super) fn write(mut self, store: Store, known: &Ledgers) -> Writing {
        if !self.group.entries.is_empty() {
            self.seal();
        }
        let Group { ledgers, hours, recorded_at, head, unapplied, entities, cursors, .. } =
            self.group;
        let changed: Vec<SourceRow> =
            ledgers.values().filter(|row| known.row(row.key) != Some(*row)).cloned().collect();
        let hours: Vec<HourRow> =
            hours.into_values().filter(|hour| hour.received() > 0 || hour.bytes > 0).collect();
        let (sealing, has_entities) = (self.sealing, entities.is_some());
        let rest = Rest { ledgers: changed, hours, entities, cursors };
        let under_way = tokio::spawn(async move { written(&store, sealing, &rest).await });
        Writing {
            answers: self.answers,
            rows: self.rows,
            ledgers,
            recorded_at,
            head,
            unapplied: Arc::new(unapplied),
            has_entities,
            under_way,
        }
    }
}

/// A group on its way to disk.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) answers: Vec<(Answer, Share)>,
    /// How many rows it has of each source.
    pub(super) rows: BTreeMap<SourceKey, u64>,
    /// The accounts as they stand when it is on disk.
    pub(super) ledgers: BTreeMap<SourceKey, SourceRow>,
    pub(super) recorded_at: Timestamp,
    /// The number of its last entry, or of the last before it.
    pub(super) head: u64,
    pub(super) unapplied: Arc<Unapplied>,
    /// Whether the registry changes with it.
    pub(super) has_entities: bool,
    under_way: JoinHandle<Result<Vec<Entry>, AppendError>>,
}

impl Writing {
    /// Its entries once they are on disk, or why they are not.
    pub(super) async fn done(&mut self) -> Result<Vec<Entry>, AppendError> {
        match (&mut self.under_way).await {
            Ok(done) => done,
            // Whether it came to its commit nobody knows.
            Err(died) => Err(AppendError::Commit(StoreError::Backend(died.to_string()))),
        }
    }
}

/// What goes to disk with the entries of a group.
struct Rest {
    ledgers: Vec<SourceRow>,
    hours: Vec<HourRow>,
    entities: Option<Box<RegistryChange>>,
    cursors: BTreeMap<String, String>,
}

async fn written(
    store: &Store,
    sealing: Vec<Sealing>,
    rest: &Rest,
) -> Result<Vec<Entry>, AppendError> {
    let mut all = Sealed::default();
    for part in sealing {
        let part = part
            .await
            .unwrap_or_else(|died| Err(StoreError::Backend(died.to_string())))
            .map_err(AppendError::Before)?;
        all.take(part);
    }
    let Sealed { entries, rows, observations } = all;
    let Rest { ledgers, hours, entities, cursors } = rest;
    let any = !rows.is_empty()
        || !ledgers.is_empty()
        || !hours.is_empty()
        || !cursors.is_empty()
        || entities.is_some();
    if any {
        let beside = Beside { entities: entities.as_deref(), cursors: Some(cursors) };
        store.append_with(&rows, &observations, ledgers, hours, beside).await?;
    }
    Ok(entries)
}

/// Entries as they go to disk.
#[derive(Debug, Default)]
struct Sealed {
    entries: Vec<Entry>,
    rows: Vec<Appended>,
    observations: Vec<ObservationRow>,
}

impl Sealed {
    fn take(&mut self, mut other: Self) {
        if self.rows.is_empty() {
            *self = other;
            return;
        }
        self.entries.append(&mut other.entries);
        self.rows.append(&mut other.rows);
        self.observations.append(&mut other.observations);
    }
}

/// Encodes and encrypts: work for a core, not for the runtime.
fn seal(vault: &Vault, entries: Vec<(SourceKey, Entry)>) -> Result<Sealed, StoreError> {
    let mut sealed = Sealed::default();
    for (source, entry) in entries {
        sealed.rows.push(encode(vault, source, &entry)?);
        sealed.observations.extend(observed(&entry));
        sealed.entries.push(entry);
    }
    Ok(sealed)
}
