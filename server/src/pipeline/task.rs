//! The task: one group after another, from the queue to the acknowledgement. While a group is on its way to disk the
//! next one gathers in the queue, so a slow disk makes larger groups and not longer waits.

use std::sync::Arc;

use engine::entry::{Body, Entry, SourceKey};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::fold::{Group, Share};
use super::repeats::Repeats;
use super::{Ask, Checkpointer, IntakeError, Ledgers, Outcome, Submission, Taker, Worlds};
use crate::clock::Clock;
use crate::config::Limits;
use crate::hub::Hub;
use crate::journal::{encode, observed};
use crate::store::{
    AppendError, Appended, HourRow, Moment, ObservationRow, SourceRow, Store, StoreError,
};
use crate::vault::Vault;

/// Why the pipeline ended before it was asked to. The process must stop: what the disk holds is known only at the
/// next start, and nothing may be acknowledged until then.
#[derive(Debug, thiserror::Error)]
#[error(
    "the journal failed, nothing more is taken: {0}; mend the disk or database and start again"
)]
pub struct Stopped(#[from] StoreError);

/// How often the hub hears of sources: their counters may change with every group.
const SOURCES_EVERY_MS: i64 = 1_000;

type Answer = oneshot::Sender<Result<Outcome, IntakeError>>;

/// All the pipeline owns.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) worlds: Arc<Worlds>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) ledgers: Ledgers,
    pub(crate) clock: Clock,
    pub(crate) epoch: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) checkpointer: Checkpointer,
    /// The last entry on disk, canaries included.
    pub(crate) head: u64,
    /// Its moment; time on disk never runs backwards, whatever the clock does.
    pub(crate) recorded_at: Timestamp,
}

impl Pipeline {
    /// Runs until `stop`, then takes what is still queued, and ends.
    pub(crate) async fn run(
        mut self,
        mut queue: Taker,
        stop: CancellationToken,
    ) -> Result<(), Stopped> {
        let every = std::time::Duration::from_millis(self.limits.tick_ms.max(1));
        let mut tick = tokio::time::interval(every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut told_at = Timestamp(i64::MIN);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = tick.tick() => {
                    let now = self.pass_time();
                    if now.ms_since(told_at) >= SOURCES_EVERY_MS {
                        told_at = now;
                        self.tell_sources(now).await;
                    }
                    self.checkpointer.step(&self.store, &self.vault, &self.worlds, now).await;
                }
                ask = queue.next() => match ask {
                    Some(ask) => self.answer(ask, &mut queue).await?,
                    None => break,
                },
            }
        }
        // What was queued in time is still taken; what comes later hears that the server stops.
        queue.close();
        while let Some(ask) = queue.try_next(None) {
            self.answer(ask, &mut queue).await?;
        }
        self.checkpointer.finish().await;
        Ok(())
    }

    async fn answer(&mut self, ask: Ask, queue: &mut Taker) -> Result<(), Stopped> {
        let mut next = Some(ask);
        // Gathering may stop at a question that is not a batch: it is answered right after.
        while let Some(ask) = next.take() {
            match ask {
                Ask::Batch(submission, answer) => {
                    next = self.group(submission, answer, queue).await?;
                }
                Ask::Erase(id, answer) => self.erase(id, answer).await?,
            }
        }
        Ok(())
    }

    /// Time passes in both Worlds.
    fn pass_time(&mut self) -> Timestamp {
        let now = self.clock.now().max(self.recorded_at);
        self.recorded_at = now;
        for mode in Mode::ALL {
            let mut changes = Vec::new();
            // The hub hears of it before anybody can read the World again, so that frames and counts agree.
            let mut world = self.worlds.write(mode);
            world.tick(now, &mut changes);
            if !changes.is_empty() {
                self.hub.publish(mode, world.head(), &changes);
            }
        }
        now
    }

    async fn tell_sources(&mut self, now: Timestamp) {
        // Sources made since the last look have no entries yet, so only the database knows of them.
        match self.store.sources().await {
            Ok(rows) => {
                let new: Vec<SourceRow> = rows
                    .into_iter()
                    // The room hears nothing of those who only try.
                    .filter(|row| !row.is_test_lane() && self.ledgers.row(row.key).is_none())
                    .collect();
                self.adopt(new);
            }
            Err(error) => tracing::warn!(%error, "the sources could not be read"),
        }
        for status in self.ledgers.news(now) {
            self.hub.source_changed(status);
        }
    }

    fn adopt(&mut self, rows: Vec<SourceRow>) {
        for row in &rows {
            self.worlds.write(row.mode).name_source(row.key, row.id.clone());
        }
        self.ledgers.put(rows);
    }

    /// One group commit. Gives back what was taken from the queue but is not a batch.
    async fn group(
        &mut self,
        first: Submission,
        answer: Answer,
        queue: &mut Taker,
    ) -> Result<Option<Ask>, Stopped> {
        let mut batches = vec![(first, answer)];
        let mut n_rows = batches[0].0.bodies.len();
        let mut other = None;
        // One that brings entities has a transaction to itself: what the database says of them is its own affair.
        while !brings_entities(&batches[0].0) && n_rows < self.limits.group_rows_max {
            // A large one waits for a group of its own, so that the small ones before it are answered first.
            match queue.try_next(Some(self.limits.group_rows_max - n_rows)) {
                Some(Ask::Batch(submission, answer)) if !brings_entities(&submission) => {
                    n_rows += submission.bodies.len();
                    batches.push((submission, answer));
                }
                Some(ask) => {
                    other = Some(ask);
                    break;
                }
                None => break,
            }
        }
        let mut answers = Vec::with_capacity(batches.len());
        let group = self.fold(batches, &mut answers).await;
        match self.commit(group).await {
            Ok(()) => {
                for (answer, share) in answers {
                    // Whoever no longer waits has it on disk all the same.
                    let _ = answer.send(Ok(self.outcome(share)));
                }
                Ok(other)
            }
            Err(refusal) => {
                let (error, fatal) = refusal;
                for (answer, _) in answers {
                    let _ = answer.send(Err(error.clone()));
                }
                match fatal {
                    Some(cause) => Err(Stopped(cause)),
                    None => Ok(other),
                }
            }
        }
    }

    fn outcome(&self, share: Share) -> Outcome {
        Outcome {
            epoch: Arc::clone(&self.epoch),
            seq: self.worlds.read(Mode::Live).head(),
            first: share.first,
            accepted: share.accepted,
            folded: share.folded,
            refused: share.refused,
            numbers: share.numbers,
            has_entities: share.has_entities,
        }
    }

    async fn fold(
        &mut self,
        batches: Vec<(Submission, Answer)>,
        answers: &mut Vec<(Answer, Share)>,
    ) -> Group {
        let now = self.clock.now().max(self.recorded_at);
        let mut group = Group::new(self.head, now, self.repeats(&batches).await);
        for (submission, answer) in batches {
            if submission.source == SourceKey::SERVER {
                let world = self.worlds.read(submission.mode);
                let share = group.take_own(&world, submission.mode, submission.bodies);
                answers.push((answer, share));
                continue;
            }
            let Some(row) = self.account(submission.source).await else {
                tracing::error!(source = submission.source.0, "a batch of an unknown source");
                let _ = answer.send(Err(IntakeError::Stopped));
                continue;
            };
            let world = self.worlds.read(submission.mode);
            let share = group.take(&world, submission, || row);
            answers.push((answer, share));
        }
        group
    }

    /// Which of the observations that may stand already do. Where the database does not say, none: a value twice is better than
    /// none, and the append after it fails too.
    async fn repeats(&self, batches: &[(Submission, Answer)]) -> Repeats {
        let mut asked = Vec::new();
        for (submission, _) in batches {
            let world = self.worlds.read(submission.mode);
            asked.extend(submission.bodies.iter().filter_map(|body| match body {
                Body::Observation(one) if world.is_behind(one) => Some(Moment {
                    source: one.source,
                    datastream: one.datastream.clone(),
                    phenomenon_at: one.phenomenon_time,
                }),
                _ => None,
            }));
        }
        if asked.is_empty() {
            return Repeats::default();
        }
        match self.store.observations_at(&asked).await {
            Ok(rows) => Repeats::of(rows),
            Err(error) => {
                tracing::warn!(%error, "nobody knows which observations stand already");
                Repeats::default()
            }
        }
    }

    /// A source's account as it stands on disk.
    async fn account(&mut self, key: SourceKey) -> Option<SourceRow> {
        if let Some(row) = self.ledgers.row(key) {
            return Some(row.clone());
        }
        let row = self.store.source(key).await.ok().flatten()?;
        self.adopt(vec![row.clone()]);
        Some(row)
    }

    /// To disk, then into the Worlds, then to the hub.
    async fn commit(&mut self, group: Group) -> Result<(), (IntakeError, Option<StoreError>)> {
        let Group { entries, ledgers, hours, entities, .. } = group;
        let vault = Arc::clone(&self.vault);
        let sealed = tokio::task::spawn_blocking(move || seal(&vault, entries)).await;
        let Sealed { entries, rows, observations } = match sealed {
            Ok(Ok(sealed)) => sealed,
            Ok(Err(error)) => return Err((IntakeError::Stopped, Some(error))),
            Err(died) => {
                let cause = StoreError::Backend(died.to_string());
                return Err((IntakeError::Stopped, Some(cause)));
            }
        };
        let ledgers: Vec<SourceRow> =
            ledgers.into_values().filter(|row| self.ledgers.row(row.key) != Some(row)).collect();
        let hours: Vec<HourRow> =
            hours.into_values().filter(|hour| hour.received() > 0 || hour.bytes > 0).collect();
        let any = !rows.is_empty() || !ledgers.is_empty() || !hours.is_empty();
        let entities = entities.as_deref();
        let store = &self.store;
        if (any || entities.is_some())
            && let Err(error) =
                store.append_with(&rows, &observations, &ledgers, &hours, entities).await
        {
            return Err(self.refuse(error, entities.is_some()).await);
        }
        self.apply(&entries);
        self.ledgers.put(ledgers);
        Ok(())
    }

    /// What a failed append means: a refusal to answer, and perhaps the end.
    async fn refuse(
        &self,
        error: AppendError,
        has_entities: bool,
    ) -> (IntakeError, Option<StoreError>) {
        match error {
            AppendError::Before(StoreError::DiskFull)
            | AppendError::Commit(StoreError::DiskFull) => {
                // The database says that it took nothing. It is believed only if its head agrees.
                match self.store.head().await {
                    Ok((head, _)) if head == self.head => {
                        tracing::error!("no disk space left: nothing is taken until there is");
                        (IntakeError::DiskFull, None)
                    }
                    Ok(_) => (IntakeError::Stopped, Some(StoreError::DiskFull)),
                    Err(cause) => (IntakeError::Stopped, Some(cause)),
                }
            }
            AppendError::Before(StoreError::Unavailable(cause)) => {
                tracing::error!(
                    cause,
                    "the database is unavailable: nothing is taken until it is back"
                );
                (IntakeError::Unavailable, None)
            }
            AppendError::Before(cause @ (StoreError::Conflict(_) | StoreError::Backend(_)))
                if has_entities =>
            {
                // They may be what the database did not like: nothing of them was written, and others' values go on.
                tracing::error!(%cause, "entities and their observations were not written");
                (IntakeError::Unavailable, None)
            }
            AppendError::Before(cause) | AppendError::Commit(cause) => {
                (IntakeError::Stopped, Some(cause))
            }
        }
    }

    fn apply(&mut self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        for mode in Mode::ALL {
            let mut changes = Vec::new();
            // The hub hears of it before anybody can read the World again, so that frames and counts agree.
            let mut world = self.worlds.write(mode);
            for entry in entries {
                world.apply(entry, &mut changes);
            }
            self.hub.publish(mode, world.head(), &changes);
            self.hub.pass_on(mode, world.canary());
        }
        self.head = last.seq;
        self.recorded_at = last.recorded_at;
        let n_canaries = entries.iter().filter(|entry| matches!(entry.body, Body::Canary(_)));
        self.checkpointer.count((entries.len() - n_canaries.count()) as u64);
    }

    async fn erase(
        &mut self,
        id: ReportId,
        answer: oneshot::Sender<Result<Option<Outcome>, IntakeError>>,
    ) -> Result<(), Stopped> {
        let found = match self.store.erasable(id).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "a report could not be looked up to erase it");
                let _ = answer.send(Err(IntakeError::Stopped));
                return Ok(());
            }
        };
        let Some(found) = found else {
            let _ = answer.send(Ok(None));
            return Ok(());
        };
        // A checkpoint on its way may hold the report: let it land, so that it is deleted with the others.
        self.checkpointer.finish().await;
        let entry = Entry {
            seq: self.head + 1,
            recorded_at: self.clock.now().max(self.recorded_at),
            mode: found.mode,
            body: Body::Erased(id),
        };
        let row = encode(&self.vault, found.source, &entry)?;
        if let Err(error) = self.store.erase(id, found.first_seq, &row).await {
            let (error, fatal) = self.refuse(error, false).await;
            let _ = answer.send(Err(error));
            return fatal.map_or(Ok(()), |cause| Err(Stopped(cause)));
        }
        self.apply(std::slice::from_ref(&entry));
        if let Err(error) = self.store.sweep().await {
            tracing::warn!(%error, "what an erasure left behind could not be swept yet");
        }
        let share = Share { accepted: 1, first: Some(self.head), ..Share::default() };
        let _ = answer.send(Ok(Some(self.outcome(share))));
        Ok(())
    }
}

fn brings_entities(submission: &Submission) -> bool {
    submission.tied.entities.is_some()
}

/// A group as it goes to disk.
#[derive(Default)]
struct Sealed {
    entries: Vec<Entry>,
    rows: Vec<Appended>,
    observations: Vec<ObservationRow>,
}

/// Encodes and encrypts a group: work for a core, not for the runtime.
fn seal(vault: &Vault, entries: Vec<(SourceKey, Entry)>) -> Result<Sealed, StoreError> {
    let mut sealed = Sealed::default();
    for (source, entry) in entries {
        sealed.rows.push(encode(vault, source, &entry)?);
        sealed.observations.extend(observed(&entry));
        sealed.entries.push(entry);
    }
    Ok(sealed)
}
