//! A run that nobody ratified in time keeps nothing: its posts are taken back, by the road of all that is, legal holds included.
//!
//! The line in the log comes first, with the mark that it is begun; done is noted once all of it is. What a crash cuts off is begun again.

use std::time::Duration;

use engine::plain::Plain;
use engine::report::ReportEntry;
use wire::id::ReportId;
use wire::time::Timestamp;

use super::{Operation, Run, TakenBack, store};
use crate::http::problem::Fault;
use crate::state::App;
use crate::store::{Store, StoreError};
use crate::withdraw::withdraw;

/// How often it is looked whether a day is over.
const LOOK: Duration = Duration::from_secs(1);
/// After a failure, such as a disk that is full, it is tried again.
const AGAIN: Duration = Duration::from_secs(30);
/// A post that was let in when the run ended may have waited so long for the disk.
const ON_ITS_WAY_MS: i64 = 10 * 60_000;
/// Reports that are looked at under one lock.
const LOOKED_AT_ONCE: usize = 10_000;

/// Looks until the server stops.
pub(crate) async fn run(app: App) {
    loop {
        let rest = match forget(&app).await {
            Ok(()) => LOOK,
            Err(cause) => {
                tracing::warn!(
                    ?cause,
                    "what a run kept that nobody ratified is not taken back yet"
                );
                AGAIN
            }
        };
        tokio::time::sleep(rest).await;
    }
}

/// What is to be taken back now: an operation and the start of its run.
fn due(app: &App) -> Vec<(u64, Timestamp)> {
    let now = app.clock.now();
    let all = app.operations.all();
    let runs = all.iter().flat_map(|one| one.runs.iter().map(move |run| (one.id, run)));
    let due = runs.filter(|(_, run)| run.keeps_unratified() && run.is_lapsed(now));
    due.map(|(id, run)| (id, run.started.at)).collect()
}

async fn forget(app: &App) -> Result<(), Fault> {
    for (id, started_at) in due(app) {
        let Some(ids) = begin(app, id, started_at).await? else { continue };
        for (source, ids) in ids {
            withdraw(app, Some(source), ids).await.map_err(Fault::internal)?;
        }
        let _turn = app.operations.turn.lock().await;
        let all = marked(app, id, started_at, TakenBack::Done);
        app.operations.keep(&app.store, all).await?;
    }
    Ok(())
}

type BySource = Vec<(engine::entry::SourceKey, Vec<ReportId>)>;

/// Writes the line, where it does not stand yet; the posts.
async fn begin(app: &App, id: u64, started_at: Timestamp) -> Result<Option<BySource>, Fault> {
    let _turn = app.operations.turn.lock().await;
    let all = app.operations.all();
    let Some(one) = all.iter().find(|one| one.id == id) else { return Ok(None) };
    let Some(run) = one.runs.iter().find(|run| run.started.at == started_at) else {
        return Ok(None);
    };
    let kept = kept_under(app, &all, one, run).await;
    if run.taken_back.is_none() {
        let n: usize = kept.iter().map(|(_, ids)| ids.len()).sum();
        let text = format!(
            "operation {id}: nobody ratified its run of {started_at}, what it kept is taken back ({n} posts): {}, {}",
            one.purpose, one.basis
        );
        let all = marked(app, id, started_at, TakenBack::Begun);
        store(app, all, one.mode, None, text).await?;
    }
    Ok(Some(kept))
}

/// All operations, the oldest first, with this run marked.
fn marked(app: &App, id: u64, started_at: Timestamp, mark: TakenBack) -> Vec<Operation> {
    let mut all = app.operations.all();
    all.reverse();
    let runs = all.iter_mut().filter(|one| one.id == id).flat_map(|one| one.runs.iter_mut());
    runs.filter(|run| run.started.at == started_at).for_each(|run| run.taken_back = Some(mark));
    all
}

/// The posts that stand by this run alone.
async fn kept_under(app: &App, all: &[Operation], one: &Operation, run: &Run) -> BySource {
    let now = app.clock.now();
    let phrases = |one: &Operation| one.words.iter().map(|word| Plain::of(word)).collect();
    let others: Vec<(&Operation, Vec<Plain>)> = all
        .iter()
        .filter(|other| other.mode == one.mode)
        .map(|other| (other, phrases(other)))
        .collect();
    let stays = |at: Timestamp, post: &ReportEntry| {
        post.spot().is_some_and(|place| {
            let covers = |other: &Operation| other.kept(post.observed_at, place, at, now);
            others.iter().any(|(other, phrases)| covers(other) && post.says_any(phrases))
        })
    };
    let span = run.started.at..run.until().plus_ms(ON_ITS_WAY_MS);
    let mut kept = Vec::new();
    for source in app.operations.sources() {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = {
                let world = app.worlds.read(one.mode);
                world.taken_between(source, span.clone(), after, LOOKED_AT_ONCE)
            };
            let (posts, next) = page;
            ids.extend(posts.iter().filter(|(at, post)| !stays(*at, post)).map(|(_, one)| one.id));
            after = next;
            if after.is_none() {
                break;
            }
            tokio::task::yield_now().await;
        }
        kept.push((source, ids));
    }
    kept
}

/// Which sources bring posts under operations: remembered, since one may be removed before its posts are.
pub(super) mod sources {
    use std::collections::BTreeSet;

    use engine::entry::SourceKey;

    use super::{Store, StoreError};

    /// Their name among the database's named values.
    const NAME: &str = "operation_sources";

    /// What the database has.
    pub(in crate::operations) async fn load(
        store: &Store,
    ) -> Result<BTreeSet<SourceKey>, StoreError> {
        let Some(value) = store.meta(NAME).await? else { return Ok(BTreeSet::new()) };
        serde_json::from_str(&value)
            .map_err(|cause| StoreError::Corrupt(format!("sources of operations: {cause}")))
    }

    /// Keeps them.
    pub(in crate::operations) async fn keep(
        store: &Store,
        all: &BTreeSet<SourceKey>,
    ) -> Result<(), StoreError> {
        let value = serde_json::to_string(all)
            .map_err(|cause| StoreError::Backend(format!("sources of operations: {cause}")))?;
        store.meta_set(NAME, &value).await
    }
}
