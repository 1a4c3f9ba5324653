//! The pipeline: the one writer. It folds, numbers, appends, applies, publishes and acknowledges, in that order.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use engine::entry::{Body, SourceKey};
use engine::world::World;
use tokio::sync::{mpsc, oneshot};
use wire::view::Mode;

/// A batch from one source, already normalised.
#[derive(Debug)]
pub struct Submission {
    /// Who sends it.
    pub source: SourceKey,
    /// The mode of the key or source.
    pub mode: Mode,
    /// What was understood: reports and observations.
    pub bodies: Vec<Body>,
    /// What was refused, by reason, for the ledger.
    pub rejected: BTreeMap<String, u64>,
}

/// What became of a submission; given out only once it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The journal's identity.
    pub epoch: Arc<str>,
    /// The head that includes it.
    pub seq: u64,
    /// Entries appended.
    pub accepted: u64,
    /// Items already known.
    pub folded: u64,
}

/// Why a submission was not taken. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// The queue is full: 503 with `Retry-After`.
    #[error("the intake is full, try again in {retry_after_s} s")]
    Busy {
        /// When to try again.
        retry_after_s: u32,
    },
    /// No space left: 507.
    #[error("the server has no disk space left")]
    DiskFull,
    /// The server is stopping, or its journal failed: 503.
    #[error("the server takes nothing now")]
    Stopped,
}

/// The door to the pipeline.
#[derive(Debug, Clone)]
pub struct Intake {
    pub(crate) queue: mpsc::Sender<(Submission, oneshot::Sender<Result<Outcome, IntakeError>>)>,
}

impl Intake {
    /// Hands a batch in and waits until it is on disk and applied.
    pub async fn submit(&self, submission: Submission) -> Result<Outcome, IntakeError> {
        let (answer, outcome) = oneshot::channel();
        self.queue.try_send((submission, answer)).map_err(|full| match full {
            mpsc::error::TrySendError::Full(_) => IntakeError::Busy { retry_after_s: 1 },
            mpsc::error::TrySendError::Closed(_) => IntakeError::Stopped,
        })?;
        outcome.await.map_err(|_gone| IntakeError::Stopped)?
    }
}

/// The two Worlds. The pipeline writes; everyone else reads briefly and never across an await.
#[derive(Debug)]
pub struct Worlds {
    live: RwLock<World>,
    exercise: RwLock<World>,
}

impl Worlds {
    /// Around two Worlds rebuilt from the journal.
    pub fn new(live: World, exercise: World) -> Self {
        Self { live: RwLock::new(live), exercise: RwLock::new(exercise) }
    }

    fn of(&self, mode: Mode) -> &RwLock<World> {
        match mode {
            Mode::Live => &self.live,
            Mode::Exercise => &self.exercise,
        }
    }

    /// To read. A poisoned lock means the pipeline died mid-apply, and the process is stopping anyway.
    pub fn read(&self, mode: Mode) -> RwLockReadGuard<'_, World> {
        self.of(mode).read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To write: the pipeline only.
    pub(crate) fn write(&self, mode: Mode) -> RwLockWriteGuard<'_, World> {
        self.of(mode).write().unwrap_or_else(PoisonError::into_inner)
    }
}
