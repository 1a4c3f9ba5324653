//! Deletion upstream: what was taken back where it came from is forgotten here, everywhere, within two minutes.
//!
//! The one road for all: partners' own deletions, feeds that tell of theirs, operators. What it reaches: the World with its index, the
//! frames of open desks, the journal's payloads (their keys are destroyed), saved Worlds, the write-ahead log, refused items. Where a
//! legal hold says so the words are hidden at once and stay sealed; releasing it destroys them.

use std::time::Duration;

use engine::entry::SourceKey;
use engine::identity::report_id;
use wire::id::ReportId;
use wire::view::Mode;

use crate::pipeline::{Fate, IntakeError, Withdrawn};
use crate::state::App;
use crate::store::StoreError;

/// Reports that are taken back in one transaction: more than people delete at once, and the pipeline waits for it.
const AT_ONCE: usize = 200;

/// How often it is asked whether holds still keep what they keep: hours end by the hour.
const WEIGH_EVERY: Duration = Duration::from_hours(1);

/// Why it was not done; what was named may be tried again, and what is gone already stays gone.
#[derive(Debug, thiserror::Error)]
pub enum NotWithdrawn {
    /// The pipeline took it not, or nobody knows.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A source says that it deleted these posts of its own, by its own ids.
///
/// For sources behind the supervisor: hand in the key and public id of the source's row (`feed:NAME`) and the ids that its reports came
/// with (`properties.id`, for example the `at://` address of a post), as many as there are at hand; one call for many is cheaper than many calls. On
/// `Ok` it is on disk and the cursor may go on. Ids that were never seen cost one question of the database and change nothing; the same
/// deletion twice changes nothing. A create that comes again after it stays deleted; one that was handed in before must have been
/// answered before. On an error call it again before the cursor goes on.
pub async fn deleted_upstream(
    app: &App,
    source: SourceKey,
    source_id: &str,
    posts: &[String],
) -> Result<Withdrawn, NotWithdrawn> {
    let ids: Vec<ReportId> = posts.iter().map(|post| report_id(source_id, post)).collect();
    withdraw(app, Some(source), ids).await
}

/// A source says that an account is gone, with all it wrote: every report of this source whose own id begins with this (for example
/// `at://did:plc:abc/`). Asks the Worlds, so what is past retention is not found by it.
pub async fn deleted_account_upstream(
    app: &App,
    source: SourceKey,
    prefix: &str,
) -> Result<Withdrawn, NotWithdrawn> {
    let ids = Mode::ALL
        .into_iter()
        .flat_map(|mode| app.worlds.read(mode).ids_of_source(source, prefix))
        .collect();
    withdraw(app, Some(source), ids).await
}

/// Asks again of all that a hold keeps sealed: a hold was released, or its hours ended. What none keeps any more is destroyed.
pub(crate) async fn weigh_again(app: &App, mode: Mode) -> Result<Withdrawn, NotWithdrawn> {
    let ids: Vec<ReportId> = app.worlds.read(mode).withheld().collect();
    withdraw(app, None, ids).await
}

/// Asks again once after a start, since the last run may have ended between a release and what follows, and every hour, since hours of
/// holds end.
pub(crate) async fn run(app: App) {
    loop {
        for mode in Mode::ALL {
            if let Err(error) = weigh_again(&app, mode).await {
                tracing::warn!(%error, "what holds keep sealed was not looked through");
            }
        }
        tokio::time::sleep(WEIGH_EVERY).await;
    }
}

/// Takes reports back; with an owner, only those of that source. What was refused under these ids goes with them, so whoever names the
/// ids of others must have been asked before whose they are.
pub(crate) async fn withdraw(
    app: &App,
    owner: Option<SourceKey>,
    ids: Vec<ReportId>,
) -> Result<Withdrawn, NotWithdrawn> {
    if ids.is_empty() {
        return Ok(Withdrawn { fates: Vec::new(), seq: 0, n_letters: 0 });
    }
    // One that was refused is in no journal, and in no place where it might be found again.
    app.letters.flush(&app.store, app.config.limits.dead_letters_max).await;
    let mut all = Withdrawn { fates: Vec::new(), seq: 0, n_letters: 0 };
    for id in &ids {
        all.n_letters += app.store.letters_erase(*id).await?;
    }
    for part in ids.chunks(AT_ONCE) {
        let Withdrawn { fates, seq, .. } = app.intake.withdraw(owner, part.to_vec()).await?;
        all.fates.extend(fates);
        all.seq = seq;
    }
    if all.n_letters > 0 && all.count(Fate::Gone) == 0 {
        app.store.sweep().await?;
    }
    Ok(all)
}
