//! The pipeline: the one writer. It folds, numbers, appends, applies, publishes and acknowledges, in that order.
//!
//! `fold` decides what a group is, `task` carries it through, `checkpointer` saves the Worlds, `ledgers` keeps the
//! account of each source. Callers know [`Intake`] and read [`Worlds`].

mod checkpointer;
mod fold;
mod ledgers;
mod repeats;
mod task;
mod worlds;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::entry::{Body, SourceKey};
use tokio::sync::{mpsc, oneshot};
use wire::id::ReportId;
use wire::view::Mode;

use crate::why::{Attempts, Sent};

pub(crate) use checkpointer::{Checkpointer, load};
pub(crate) use ledgers::Ledgers;
pub(crate) use task::Pipeline;
pub use task::Stopped;
pub use worlds::Worlds;

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
    /// How it came, for whoever asks why a sensor is not on the map.
    pub sent: Arc<Sent>,
}

impl Submission {
    /// What the server itself says, and what operators decide: no source sent it, so no account changes.
    pub fn own(mode: Mode, bodies: Vec<Body>) -> Self {
        Self {
            source: SourceKey::SERVER,
            mode,
            bodies,
            rejected: BTreeMap::new(),
            sent: Arc::default(),
        }
    }
}

/// What became of a submission; given out only once it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The journal's identity.
    pub epoch: Arc<str>,
    /// The head that includes it.
    pub seq: u64,
    /// The number of the first entry appended for it; none if there is none.
    pub first: Option<u64>,
    /// Entries appended.
    pub accepted: u64,
    /// Items already known.
    pub folded: u64,
    /// Items the World has no room for; counted as rejected.
    pub refused: Vec<Refused>,
    /// Where each item of `bodies` stands: one that was taken, and an observation that was known.
    pub numbers: Vec<Option<u64>>,
}

/// One item that only the pipeline could refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its position in `bodies`.
    pub index: usize,
    /// A stable word.
    pub reason: &'static str,
    /// What is wrong, and the remedy.
    pub detail: String,
    /// An observation in the form of `POST /api/v1/observations`: of the first few, for whoever asks what came.
    pub shown: Option<String>,
}

/// The reason of an observation whose datastream would be one too many.
pub const TOO_MANY_DATASTREAMS: &str = "too_many_datastreams";

/// The reason of works that would be one announcement too many.
pub const TOO_MANY_WORKS: &str = "too_many_works";

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
    /// The database cannot be reached, or another process holds it: 503 with `Retry-After`.
    #[error("the database does not answer")]
    Unavailable,
    /// The server is stopping, or its journal failed: 503.
    #[error("the server takes nothing now")]
    Stopped,
}

/// What waits in the queue.
#[derive(Debug)]
pub(crate) enum Ask {
    /// A batch, and where its outcome goes.
    Batch(Submission, oneshot::Sender<Result<Outcome, IntakeError>>),
    /// A report to erase, and where the answer goes.
    Erase(ReportId, oneshot::Sender<Result<Option<Outcome>, IntakeError>>),
}

/// The door to the pipeline.
#[derive(Debug, Clone)]
pub struct Intake {
    pub(crate) queue: mpsc::Sender<Ask>,
    /// What became of the last that each device sent: all roads meet here.
    pub(crate) attempts: Arc<Attempts>,
}

impl Intake {
    /// Hands a batch in and waits until it is on disk and applied.
    pub async fn submit(&self, submission: Submission) -> Result<Outcome, IntakeError> {
        let noted = self.attempts.note(&submission);
        let outcome = self.carried(submission).await;
        self.attempts.settle(noted, &outcome);
        outcome
    }

    async fn carried(&self, submission: Submission) -> Result<Outcome, IntakeError> {
        let (answer, outcome) = oneshot::channel();
        self.enqueue(Ask::Batch(submission, answer))?;
        outcome.await.map_err(|_gone| IntakeError::Stopped)?
    }

    /// Erases what is personal in a report, in all its versions; `None` if there is nothing to erase.
    /// On `Some` the keys are destroyed on disk and the World has forgotten.
    pub async fn erase(&self, id: ReportId) -> Result<Option<Outcome>, IntakeError> {
        let (answer, outcome) = oneshot::channel();
        self.enqueue(Ask::Erase(id, answer))?;
        outcome.await.map_err(|_gone| IntakeError::Stopped)?
    }

    fn enqueue(&self, ask: Ask) -> Result<(), IntakeError> {
        self.queue.try_send(ask).map_err(|full| match full {
            mpsc::error::TrySendError::Full(_) => IntakeError::Busy { retry_after_s: 1 },
            mpsc::error::TrySendError::Closed(_) => IntakeError::Stopped,
        })
    }
}
