//! The task: one group after another, from the queue to the acknowledgement. While a group is on its way to disk the
//! next one gathers, so a slow disk makes larger groups and not longer waits.

use std::sync::Arc;

use engine::entry::{Body, Entry, SourceKey};
use tokio_util::sync::CancellationToken;
use wire::time::Timestamp;
use wire::view::Mode;

use super::fold::{Group, Share};
use super::repeats::Repeats;
use super::withdraw::Sweep;
use super::writing::{Answer, Gathering, Writing};
use super::{Ask, Checkpointer, IntakeError, Ledgers, Outcome, Submission, Taker, Worlds};
use crate::clock::Clock;
use crate::config::Limits;
use crate::hub::Hub;
use crate::store::{AppendError, Moment, SourceRow, Store, StoreError};
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
    /// What deletions left behind and is still to be swept.
    pub(crate) sweep: Sweep,
}

/// What is not applied yet.
#[derive(Debug, Default)]
struct UnderWay {
    writing: Option<Writing>,
    /// Only while another is being written.
    gathering: Option<Gathering>,
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
        let mut under_way = UnderWay::default();
        loop {
            let UnderWay { writing, gathering } = &mut under_way;
            // Beside a group that gathers already, what does not fit waits for the next; alone, any size is taken.
            let room = gathering.as_ref().map(|open| self.room(open));
            let is_writing = writing.is_some();
            tokio::select! {
                () = stop.cancelled() => break,
                _ = tick.tick() => {
                    let now = self.pass_time(under_way.writing.as_ref());
                    if now.ms_since(told_at) >= SOURCES_EVERY_MS {
                        told_at = now;
                        self.tell_sources(now).await;
                    }
                    self.sweep(under_way.writing.is_some()).await;
                    self.checkpointer.step(&self.store, &self.vault, &self.worlds, now).await;
                }
                done = landed(writing), if is_writing => self.land(done, &mut under_way, &mut queue).await?,
                ask = queue.next(room), if room != Some(0) => match ask {
                    Some(ask) => self.take(ask, &mut queue, &mut under_way).await?,
                    None => break,
                },
            }
        }
        // What was queued in time is still taken; what comes later hears that the server stops.
        queue.close();
        while let Some(ask) = queue.try_next(None) {
            self.take(ask, &mut queue, &mut under_way).await?;
            self.settle(&mut under_way, &mut queue).await?;
        }
        self.settle(&mut under_way, &mut queue).await?;
        self.checkpointer.finish().await;
        Ok(())
    }

    /// How many rows a group that gathers may still take in.
    fn room(&self, gathering: &Gathering) -> usize {
        self.limits.group_rows_max.saturating_sub(gathering.n_rows)
    }

    /// Takes from the queue what is there, and sends it to disk unless another group is on its way.
    async fn take(
        &mut self,
        ask: Ask,
        queue: &mut Taker,
        under_way: &mut UnderWay,
    ) -> Result<(), Stopped> {
        let mut next = Some(ask);
        // Gathering may stop at a question that is not a batch: it is answered right after.
        while let Some(ask) = next.take() {
            match ask {
                Ask::Batch(submission, answer) => {
                    // What the server itself says is judged by the World as it is, and nothing may be between. What brings
                    // entities may fail by itself, and nothing may have been numbered behind it.
                    let brings_entities = brings_entities(&submission);
                    if submission.source == SourceKey::SERVER || brings_entities {
                        self.settle(under_way, queue).await?;
                    }
                    next = self.gather((submission, answer), queue, under_way).await;
                    if under_way.writing.is_none() {
                        self.write(under_way);
                    }
                    if brings_entities {
                        self.settle(under_way, queue).await?;
                    }
                }
                Ask::Withdraw(withdrawal, answer) => {
                    self.settle(under_way, queue).await?;
                    let n_rows = withdrawal.ids.len() as u64;
                    let rows = withdrawal.owner.map(|owner| (owner, n_rows)).into_iter().collect();
                    self.withdraw(withdrawal, answer).await?;
                    queue.landed(&rows);
                }
            }
        }
        Ok(())
    }

    /// Waits until all that was taken is on disk and applied.
    async fn settle(&mut self, under_way: &mut UnderWay, queue: &mut Taker) -> Result<(), Stopped> {
        while under_way.writing.is_some() {
            let done = landed(&mut under_way.writing).await;
            self.land(done, under_way, queue).await?;
        }
        Ok(())
    }

    /// Time passes in both Worlds: up to what is on its way to disk, which comes to them later and is of an earlier moment.
    fn pass_time(&mut self, writing: Option<&Writing>) -> Timestamp {
        let mut now = self.clock.now().max(self.recorded_at);
        if let Some(writing) = writing {
            now = now.min(writing.recorded_at);
        }
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

    /// Takes a batch and those that wait behind it into the group that gathers. Gives back what was taken from the queue but
    /// is not a batch of a source.
    async fn gather(
        &mut self,
        first: (Submission, Answer),
        queue: &mut Taker,
        under_way: &mut UnderWay,
    ) -> Option<Ask> {
        let mut gathering = match under_way.gathering.take() {
            Some(gathering) => gathering,
            None => self.open(under_way.writing.as_ref()),
        };
        gathering.count(first.0.source, first.0.bodies.len());
        let mut batches = vec![first];
        let mut other = None;
        // One that brings entities has a transaction to itself: what the database says of them is its own affair.
        while !brings_entities(&batches[0].0) && self.room(&gathering) > 0 {
            // A large one waits for a group of its own, so that the small ones before it are answered first.
            match queue.try_next(Some(self.room(&gathering))) {
                Some(Ask::Batch(submission, answer))
                    if submission.source != SourceKey::SERVER && !brings_entities(&submission) =>
                {
                    gathering.count(submission.source, submission.bodies.len());
                    batches.push((submission, answer));
                }
                Some(ask) => {
                    other = Some(ask);
                    break;
                }
                None => break,
            }
        }
        self.fold(batches, &mut gathering, under_way.writing.as_ref()).await;
        gathering.seal_early();
        under_way.gathering = Some(gathering);
        other
    }

    /// A new group, after the one that is being written.
    fn open(&self, writing: Option<&Writing>) -> Gathering {
        let now = self.clock.now();
        let group = match writing {
            Some(before) => Group::new(
                before.head,
                now.max(before.recorded_at),
                Repeats::default(),
                Some(Arc::clone(&before.unapplied)),
            ),
            None => Group::new(self.head, now.max(self.recorded_at), Repeats::default(), None),
        };
        Gathering::new(group, Arc::clone(&self.vault))
    }

    /// Sends the group that gathered to disk.
    fn write(&self, under_way: &mut UnderWay) {
        let Some(gathering) = under_way.gathering.take() else { return };
        under_way.writing = Some(gathering.write(self.store.clone(), &self.ledgers));
    }

    /// A group is on disk, or is not: the next one goes there, this one into the Worlds, then to the hub, and whoever waits for
    /// it hears.
    async fn land(
        &mut self,
        done: Result<Vec<Entry>, AppendError>,
        under_way: &mut UnderWay,
        queue: &mut Taker,
    ) -> Result<(), Stopped> {
        let Some(landed) = under_way.writing.take() else { return Ok(()) };
        queue.landed(&landed.rows);
        match done {
            Ok(entries) => {
                let ledgers = landed.ledgers.into_values();
                let changed: Vec<SourceRow> =
                    ledgers.filter(|row| self.ledgers.row(row.key) != Some(row)).collect();
                self.ledgers.put(changed);
                self.write(under_way);
                self.apply(&entries);
                for (answer, share) in landed.answers {
                    // Whoever no longer waits has it on disk all the same.
                    let _ = answer.send(Ok(self.outcome(share)));
                }
                Ok(())
            }
            Err(error) => {
                let (error, fatal) = self.refuse(error, landed.has_entities).await;
                // What gathered behind it was numbered as if it stood: it is not written either.
                let behind = under_way.gathering.take();
                if let Some(open) = &behind {
                    queue.landed(&open.rows);
                }
                let behind = behind.into_iter().flat_map(|open| open.answers);
                for (answer, _) in landed.answers.into_iter().chain(behind) {
                    let _ = answer.send(Err(error.clone()));
                }
                fatal.map_or(Ok(()), |cause| Err(Stopped(cause)))
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
        gathering: &mut Gathering,
        writing: Option<&Writing>,
    ) {
        let Gathering { group, answers, .. } = gathering;
        group.unapplied.repeats.join(self.repeats(&batches).await);
        for (submission, answer) in batches {
            if submission.source == SourceKey::SERVER {
                let world = self.worlds.read(submission.mode);
                let share = group.take_own(&world, submission);
                answers.push((answer, share));
                continue;
            }
            let under_way = writing.and_then(|writing| writing.ledgers.get(&submission.source));
            let row = match under_way {
                Some(row) => Some(row.clone()),
                None => self.account(submission.source).await,
            };
            let Some(row) = row else {
                tracing::error!(source = submission.source.0, "a batch of an unknown source");
                let _ = answer.send(Err(IntakeError::Stopped));
                continue;
            };
            let world = self.worlds.read(submission.mode);
            let share = group.take(&world, submission, || row);
            answers.push((answer, share));
        }
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

    /// What a failed append means: a refusal to answer, and perhaps the end.
    pub(super) async fn refuse(
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

    pub(super) fn apply(&mut self, entries: &[Entry]) {
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
}

fn brings_entities(submission: &Submission) -> bool {
    submission.tied.entities.is_some()
}

/// The end of what is on its way to disk; for ever pending if nothing is.
async fn landed(writing: &mut Option<Writing>) -> Result<Vec<Entry>, AppendError> {
    match writing {
        Some(writing) => writing.done().await,
        None => std::future::pending().await,
    }
}
