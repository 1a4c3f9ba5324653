//! The pipeline: the one writer. It folds, numbers, appends, applies, publishes and acknowledges, in that order.
//!
//! `fold` decides what a group is, `task` carries it through, `writing` is one on its way to disk, `checkpointer` saves the Worlds, `ledgers` keeps the
//! account of each source. Callers know [`Intake`] and read [`Worlds`].

mod checkpointer;
mod fold;
mod lane;
mod ledgers;
mod queue;
mod repeats;
mod task;
mod withdraw;
mod worlds;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::entry::{Body, SourceKey};
use engine::observation::ObservationEntry;
use tokio::sync::oneshot;
use wire::geo::Bbox;
use wire::id::ReportId;
use wire::view::Mode;

use crate::gazette::Gazette;
use crate::store::RegistryChange;
use crate::why::{Attempts, Sent};

pub(crate) use checkpointer::{Checkpointer, load};
pub(crate) use lane::NewLane;
pub use lane::{Lane, Lanes, Try};
pub(crate) use ledgers::Ledgers;
pub(crate) use queue::{Queue, Taker};
pub(crate) use task::Pipeline;
pub use task::Stopped;
pub(crate) use withdraw::Sweep;
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
    /// What its words take in memory, as far as the sender's bytes say: what waits is bounded by it.
    pub bytes: usize,
    /// Where the places of its key must lie, those included that are known of its datastreams already.
    pub area: Option<Bbox>,
    /// How it came, for whoever asks why a sensor is not on the map.
    pub sent: Arc<Sent>,
    /// What it does to the registry, and whether its items stand or fall together.
    pub tied: Tied,
}

/// What binds the items of a batch together.
#[derive(Debug, Default)]
pub struct Tied {
    /// Entities that are written in the transaction of the entries: both are there, or neither. Where no item is taken they are not written.
    pub entities: Option<Box<RegistryChange>>,
    /// One item that is refused refuses them all.
    pub is_whole: bool,
    /// Where its source goes on, or whether it does: stands there with the entries, or not at all. With what the server itself says only
    /// where an item of it is taken.
    pub cursor: Option<Cursor>,
}

/// Where a source goes on, as a named value of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its name.
    pub name: String,
    /// Opaque to all but the source.
    pub value: String,
}

impl Submission {
    /// What the server itself says, and what operators decide: no source sent it, so no account changes.
    pub fn own(mode: Mode, bodies: Vec<Body>) -> Self {
        Self {
            source: SourceKey::SERVER,
            mode,
            bodies,
            rejected: BTreeMap::new(),
            bytes: 0,
            area: None,
            sent: Arc::default(),
            tied: Tied::default(),
        }
    }
}

/// What became of a submission; given out only once it is on disk.
#[derive(Debug, Clone, PartialEq)]
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
    /// Whether its entities were written.
    pub has_entities: bool,
}

/// One item that only the pipeline could refuse.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Its position in `bodies`.
    pub index: usize,
    /// The item itself, where it is an observation.
    pub observation: Option<Box<ObservationEntry>>,
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

/// The reason of an advisory for which there is no room.
pub const TOO_MANY_ADVISORIES: &str = "too_many_advisories";

/// The reason of an advisory that is called as another and says something else.
pub const SAME_NAME_OTHER_WORDS: &str = "same_name_other_words";

/// The reason of an advisory that is part of an exercise and would stand in the live room.
pub const WRONG_MODE: &str = "wrong_mode";

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
    /// Reports to take back, and where the answer goes.
    Withdraw(Withdrawal, oneshot::Sender<Result<Withdrawn, IntakeError>>),
}

/// Reports to take back.
#[derive(Debug)]
pub(crate) struct Withdrawal {
    /// Only what this source sent.
    pub(crate) owner: Option<SourceKey>,
    /// Which.
    pub(crate) ids: Vec<ReportId>,
}

/// What became of a report that was to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its words are destroyed; its count stays.
    Gone,
    /// Its words are hidden, and a legal hold keeps them sealed until it is released.
    Held,
    /// Another source sent it.
    NotYours,
    /// There is none, or nothing of it is left.
    Unknown,
}

/// What became of each, in the order in which they were named; given out once it is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn {
    /// Of each.
    pub fates: Vec<Fate>,
    /// The head of the journal that includes it.
    pub seq: u64,
    /// Refused items that were destroyed with them.
    pub n_letters: u64,
}

impl Withdrawn {
    /// How many became this.
    pub fn count(&self, fate: Fate) -> u64 {
        self.fates.iter().filter(|one| **one == fate).count() as u64
    }
}

/// The door to the pipeline, or to the lane of a test key.
#[derive(Debug, Clone)]
pub struct Intake {
    pub(crate) door: Door,
    /// What became of the last that each device sent: all roads meet here.
    pub(crate) attempts: Arc<Attempts>,
    /// Reads the places of reports that came without one.
    pub(crate) gazette: Arc<Gazette>,
}

/// Where it leads.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// To the journal and the room.
    Room(Arc<Queue>),
    /// To a World of its own.
    Lane(Arc<Lane>),
}

impl Intake {
    /// Hands a batch in and waits until it is on disk and applied.
    pub async fn submit(&self, submission: Submission) -> Result<Outcome, IntakeError> {
        let noted = self.attempts.note(&submission);
        let outcome = self.carried(submission).await;
        self.attempts.settle(noted, &outcome);
        outcome
    }

    async fn carried(&self, mut submission: Submission) -> Result<Outcome, IntakeError> {
        self.gazette.read_places(&mut submission).await;
        let queue = match &self.door {
            Door::Room(queue) => queue,
            Door::Lane(lane) => return lane.submit(submission).await,
        };
        let (answer, outcome) = oneshot::channel();
        queue.put(submission.source, Ask::Batch(submission, answer))?;
        outcome.await.map_err(|_gone| IntakeError::Stopped)?
    }

    /// How many items of each source were understood and are not on disk yet; none of a lane, which has no disk.
    pub(crate) fn waiting(&self) -> BTreeMap<SourceKey, u64> {
        match &self.door {
            Door::Room(queue) => queue.waiting(),
            Door::Lane(_) => BTreeMap::new(),
        }
    }

    /// Whether nothing is taken any more.
    pub(crate) fn is_closed(&self) -> bool {
        match &self.door {
            Door::Room(queue) => queue.is_closed(),
            Door::Lane(_) => false,
        }
    }

    /// Takes reports back, in all their versions: their keys are destroyed on disk and the World has forgotten, or a legal hold keeps
    /// them sealed and the World has forgotten all the same. With an owner, only reports of that source. See [`crate::withdraw`] for
    /// what else there is to forget.
    pub(crate) async fn withdraw(
        &self,
        owner: Option<SourceKey>,
        ids: Vec<ReportId>,
    ) -> Result<Withdrawn, IntakeError> {
        let Door::Room(queue) = &self.door else {
            // The lane of a test key has no disk, and ends with the day.
            let fates = vec![Fate::Unknown; ids.len()];
            return Ok(Withdrawn { fates, seq: 0, n_letters: 0 });
        };
        let (answer, outcome) = oneshot::channel();
        // Behind what its owner handed in before, and in its turn.
        let line = owner.unwrap_or(SourceKey::SERVER);
        queue.put(line, Ask::Withdraw(Withdrawal { owner, ids }, answer))?;
        outcome.await.map_err(|_gone| IntakeError::Stopped)?
    }
}
