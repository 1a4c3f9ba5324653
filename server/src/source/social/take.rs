//! Takes events, in their order: what an operation covers goes to disk with the place to go on from, what is withdrawn is erased.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::entry::Body;
use engine::identity::report_id;
use wire::id::ReportId;

use super::Event;
use crate::pipeline::{Cursor, IntakeError, Submission, Tied};
use crate::source::Draft;
use crate::source::supervisor::paced;
use crate::state::App;
use crate::store::SourceRow;
use crate::why::Sent;
use crate::withdraw::{NotWithdrawn, withdraw};

/// A pipeline that takes nothing now is asked again after it; nothing is lost meanwhile, since nobody went on.
const AGAIN: Duration = Duration::from_secs(1);

/// A group of events with what is to be remembered once all of it is done.
pub(super) struct Group {
    pub(super) dialect: &'static str,
    pub(super) events: Vec<Event>,
    pub(super) n_bytes: u64,
    /// Where to go on once all of it is on disk.
    pub(super) cursor: Option<Cursor>,
}

/// Takes a group. Gives why it could not.
pub(super) async fn take(app: &App, row: &SourceRow, group: Group) -> Result<(), IntakeError> {
    let Group { dialect, events, mut n_bytes, cursor } = group;
    let (mut drafts, mut rejected) = (Vec::new(), BTreeMap::new());
    let mut accounts = Vec::new();
    for event in events {
        match event {
            Event::Said(draft) => drafts.push(*draft),
            Event::Refused(reason) => *rejected.entry(reason.to_owned()).or_default() += 1,
            Event::Other => {}
            Event::Withdrawn(name) => {
                let id = report_id(&row.id, &name);
                let is_among =
                    drafts.iter().any(|one| one.words.source_id.as_deref() == Some(&name));
                if is_among {
                    // What was said before it stands before it. Where it goes on is not said yet: the withdrawal is not done.
                    let said = (std::mem::take(&mut drafts), std::mem::take(&mut rejected));
                    submit(app, row, dialect, said, std::mem::take(&mut n_bytes), None).await?;
                }
                take_back(app, row, vec![id]).await?;
            }
            Event::AllWithdrawn(beginning, until) => accounts.push((beginning, until)),
        }
    }
    if accounts.is_empty() {
        return submit(app, row, dialect, (drafts, rejected), n_bytes, cursor).await;
    }
    submit(app, row, dialect, (drafts, rejected), n_bytes, None).await?;
    let theirs = app.worlds.read(row.mode).named_under(row.key, &accounts);
    take_back(app, row, theirs).await?;
    submit(app, row, dialect, (Vec::new(), BTreeMap::new()), 0, cursor).await
}

/// Takes back those that are held, by the one road that knows of holds.
async fn take_back(app: &App, row: &SourceRow, ids: Vec<ReportId>) -> Result<(), IntakeError> {
    let held: Vec<ReportId> = {
        let world = app.worlds.read(row.mode);
        ids.into_iter().filter(|id| world.has_words_of(*id)).collect()
    };
    if held.is_empty() {
        return Ok(());
    }
    loop {
        match withdraw(app, Some(row.key), held.clone()).await {
            Ok(_) => return Ok(()),
            Err(NotWithdrawn::Intake(IntakeError::Stopped)) => return Err(IntakeError::Stopped),
            Err(cause) => {
                tracing::warn!(source = row.id, %cause, "withdrawn posts wait to be forgotten");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Submits what an operation covers; of all else no more than its number is left.
async fn submit(
    app: &App,
    row: &SourceRow,
    dialect: &'static str,
    (drafts, mut rejected): (Vec<Draft>, BTreeMap<String, u64>),
    n_bytes: u64,
    cursor: Option<Cursor>,
) -> Result<(), IntakeError> {
    if drafts.is_empty() && rejected.is_empty() && cursor.is_none() {
        return Ok(());
    }
    let now = app.clock.now();
    let gate = app.operations.gate(row.mode, now);
    let bodies = drafts.into_iter().map(|draft| draft.body(row, &app.id_key, now));
    let mut submission = Submission {
        source: row.key,
        mode: row.mode,
        bodies: bodies.collect(),
        rejected: BTreeMap::new(),
        bytes: 0,
        area: None,
        sent: Arc::new(Sent { dialect, n_bytes, ..Sent::default() }),
        tied: Tied { cursor, ..Tied::default() },
    };
    let mut refuse = |outside: crate::operations::Outside| {
        *rejected.entry(outside.word().to_owned()).or_default() += 1;
        false
    };
    submission.bodies.retain(|body| match body {
        Body::Report(report) => gate.hears(report).map_or_else(&mut refuse, |()| true),
        _ => false,
    });
    app.gazette.read_places(&mut submission).await;
    submission.bodies.retain(|body| match body {
        Body::Report(report) => gate.passes(report).map_or_else(&mut refuse, |()| true),
        _ => false,
    });
    submission.rejected = rejected;
    paced(app, row, submission.bodies.len()).await;
    app.intake.submit(submission).await.map(|_| ())
}
