//! Taking back: the keys of reports are destroyed, or, where a legal hold says so, their words are hidden and kept sealed.

use std::time::{Duration, Instant};

use engine::decision::Setting;
use engine::entry::{Body, Entry, SourceKey};
use tokio::sync::oneshot;
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::task::{Pipeline, Stopped};
use super::{Fate, IntakeError, Withdrawal, Withdrawn};
use crate::journal::{decode, encode};
use crate::store::{HoldRow, StoreError};

/// What deletions leave behind is swept at most this often: a sweep waits for readers and, in PostgreSQL, writes the keys anew.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// A sweep that was hindered for so long is told.
const SWEEP_LATE: Duration = Duration::from_mins(1);

/// What is still to be swept.
#[derive(Debug)]
pub(crate) struct Sweep {
    due_since: Option<Instant>,
    last: Option<Instant>,
}

impl Sweep {
    /// The last run may have ended before it swept.
    pub(crate) fn at_start() -> Self {
        Self { due_since: Some(Instant::now()), last: None }
    }
}

impl Pipeline {
    /// Takes reports back. Everything that was taken before is on disk and applied.
    pub(super) async fn withdraw(
        &mut self,
        withdrawal: Withdrawal,
        answer: oneshot::Sender<Result<Withdrawn, IntakeError>>,
    ) -> Result<(), Stopped> {
        let weighed = match self.weigh(&withdrawal).await {
            Ok(weighed) => weighed,
            Err(error) => {
                tracing::error!(%error, "reports could not be looked up to take them back");
                let _ = answer.send(Err(IntakeError::Unavailable));
                return Ok(());
            }
        };
        let mut entries = Vec::new();
        let mut rows = Vec::new();
        let mut destroyed = Vec::new();
        let recorded_at = self.clock.now().max(self.recorded_at);
        let new = weighed.iter().filter(|one| one.is_new);
        let first_seq = new.clone().map(|one| one.first_seq).min();
        for Weighed { id, mode, source, fate, .. } in new {
            let body = if *fate == Fate::Gone {
                destroyed.push(*id);
                Body::Erased(*id)
            } else {
                Body::Withdrawn(*id)
            };
            let seq = self.head + 1 + entries.len() as u64;
            let entry = Entry { seq, recorded_at, mode: *mode, body };
            rows.push(encode(&self.vault, *source, &entry)?);
            entries.push(entry);
        }
        if let Some(first_seq) = first_seq {
            // A checkpoint on its way may hold a report: let it land, so that it is deleted with the others.
            self.checkpointer.finish().await;
            if let Err(error) = self.store.erase(&destroyed, first_seq, &rows).await {
                let (error, fatal) = self.refuse(error, false).await;
                let _ = answer.send(Err(error));
                return fatal.map_or(Ok(()), |cause| Err(cause.into()));
            }
            self.checkpointer.spoilt();
            self.apply(&entries);
            self.sweep.due_since.get_or_insert_with(Instant::now);
            self.sweep(false).await;
        }
        let fates = weighed.into_iter().map(|one| one.fate).collect();
        let seq = self.worlds.read(Mode::Live).head();
        let _ = answer.send(Ok(Withdrawn { fates, seq, n_letters: 0 }));
        Ok(())
    }

    /// Sweeps, if something is to be swept and it was not done a moment ago.
    pub(super) async fn sweep(&mut self, is_writing: bool) {
        let Some(due_since) = self.sweep.due_since else { return };
        if is_writing || self.sweep.last.is_some_and(|last| last.elapsed() < SWEEP_EVERY) {
            return;
        }
        self.sweep.last = Some(Instant::now());
        match self.store.sweep().await {
            Ok(true) => self.sweep.due_since = None,
            Ok(false) if due_since.elapsed() < SWEEP_LATE => {}
            Ok(false) => {
                tracing::warn!("what a deletion left behind is still being read and stays so long");
            }
            Err(error) => tracing::warn!(%error, "what a deletion left behind was not swept yet"),
        }
    }

    /// What becomes of each.
    async fn weigh(&self, withdrawal: &Withdrawal) -> Result<Vec<Weighed>, StoreError> {
        let holds = self.store.holds_in_force().await?;
        let mut weighed: Vec<Weighed> = Vec::with_capacity(withdrawal.ids.len());
        for id in &withdrawal.ids {
            let mut one = Weighed {
                id: *id,
                mode: Mode::Live,
                source: SourceKey::SERVER,
                first_seq: 0,
                fate: Fate::Unknown,
                is_new: false,
            };
            // Named twice: decided once.
            let before = weighed.iter().find(|before| before.id == *id);
            if let Some(before) = before {
                one.fate = before.fate;
            } else if let Some(found) = self.store.erasable(*id).await? {
                (one.mode, one.source, one.first_seq) = (found.mode, found.source, found.first_seq);
                let is_withheld = self.worlds.read(found.mode).is_withheld(*id);
                if withdrawal.owner.is_some_and(|owner| owner != found.source) {
                    one.fate = Fate::NotYours;
                } else if self.is_held(*id, found.mode, &holds).await? {
                    (one.fate, one.is_new) = (Fate::Held, !is_withheld);
                } else {
                    (one.fate, one.is_new) = (Fate::Gone, true);
                }
            }
            weighed.push(one);
        }
        Ok(weighed)
    }

    /// Whether a hold keeps a report: any version of it that was observed in its hours, at any place where it was said to be. Asked of
    /// the journal, since the World may not know the place any more.
    async fn is_held(
        &self,
        id: ReportId,
        mode: Mode,
        holds: &[HoldRow],
    ) -> Result<bool, StoreError> {
        let holds: Vec<&HoldRow> = holds.iter().filter(|hold| hold.mode == mode).collect();
        if holds.is_empty() {
            return Ok(false);
        }
        let mut times: Vec<Timestamp> = Vec::new();
        let mut places: Vec<LngLat> = Vec::new();
        for seq in self.store.versions(id).await? {
            let stored = self.store.read_after(seq - 1, 1).await?;
            let Some(stored) = stored.first() else { continue };
            match decode(&self.vault, stored)?.body {
                Body::Report(report) => {
                    times.push(report.observed_at);
                    places.extend(report.place);
                }
                Body::Decision(decision) => {
                    if let Some(Setting::Place(place, _)) = decision.sets.as_deref() {
                        places.push(*place);
                    }
                }
                Body::Reread(reread) => places.extend(reread.place()),
                _ => {}
            }
        }
        Ok(holds.iter().any(|hold| {
            let is_then =
                |at: &Timestamp| *at >= hold.since && hold.until.is_none_or(|until| *at < until);
            // What lies nowhere may lie in the area: it is kept until that is known.
            let is_there = places.is_empty()
                || hold.area.is_none_or(|area| places.iter().any(|at| area.contains(*at)));
            is_there && times.iter().any(is_then)
        }))
    }
}

struct Weighed {
    id: ReportId,
    mode: Mode,
    source: SourceKey,
    first_seq: u64,
    fate: Fate,
    /// The journal does not say so yet.
    is_new: bool,
}
