//! The supervisor: asks each source at its pace, submits what it understood, and backs off when it fails.
//!
//! A cursor moves only after the entries it stands for are on disk: a crash between the two fetches again and folds.

use std::sync::Arc;
use std::time::Duration;

use engine::identity::report_id;
use engine::view::Clearance;
use futures_util::future::join_all;
use rand::Rng as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wire::report::ReportFeature;
use wire::view::Mode;

use super::{
    FetchError, Fetched, Held, Profile, Source, SourceConfig, cursor, mqtt, said, sensorthings,
    usgs, wake,
};
use crate::letters;
use crate::pipeline::{IntakeError, Submission, Tied};
use crate::state::App;
use crate::store::{KeyTerms, SourceRow, StoreError};
use crate::why::Sent;

/// Entries submitted at once: the size of a usual group commit.
const SUBMIT_MAX: usize = 2_000;
/// The longest pause after failures: a source that comes back is seen within ten minutes.
const BACKOFF_MAX: Duration = Duration::from_mins(10);
/// The longest a source that is slowed down waits before it looks again: limits may have changed with the day.
const PACE_MAX: Duration = Duration::from_secs(5);
/// An upstream that knocks is asked this often at most: at once for people, and a page or two a second for it.
const KNOCKS_APART: Duration = Duration::from_millis(500);
/// Failures in a row before a source is called broken: one lost request is not news.
const BROKEN_AFTER: u32 = 2;

/// Runs every configured source until `stop`. A source that cannot start is reported and the others run.
pub async fn run(app: App, stop: CancellationToken) {
    let mut tasks = Vec::new();
    let (brokers, upstreams): (Vec<_>, Vec<_>) =
        app.config.sources.iter().partition(|config| config.kind == "mqtt");
    let listening =
        brokers.into_iter().map(|config| mqtt::run(app.clone(), config.clone(), stop.clone()));
    for config in upstreams {
        match upstream(config) {
            Ok(source) => tasks.push(upstream_runs(app.clone(), source, config, stop.clone())),
            Err(why) => tracing::error!(source = config.short_name(), why, "a source cannot start"),
        }
    }
    tokio::join!(join_all(tasks), join_all(listening));
}

/// The program that reads an upstream.
fn upstream(config: &SourceConfig) -> Result<Box<dyn Source>, String> {
    Ok(match config.kind.as_str() {
        "sensorthings" => Box::new(sensorthings::SensorThings::new(config)?),
        _ => Box::new(usgs::Usgs::new(config)?),
    })
}

/// Runs one upstream until `stop`, with the broker beside it that says when there is something new.
async fn upstream_runs(
    app: App,
    source: Box<dyn Source>,
    config: &SourceConfig,
    stop: CancellationToken,
) {
    let knock = Arc::new(Notify::new());
    tokio::join!(
        supervise(app, source, Arc::clone(&knock), stop.clone()),
        wake::run(config, &knock, &stop)
    );
}

/// Runs one source until `stop`.
async fn supervise(
    app: App,
    mut source: Box<dyn Source>,
    knock: Arc<Notify>,
    stop: CancellationToken,
) {
    let profile = source.profile();
    let Some(row) = account(&app, &profile, &stop).await else { return };
    let held = InWorld { app: app.clone(), source: row.id.clone(), mode: profile.mode };
    let mut cursor = match cursor::load(&app, &row.id).await {
        Ok(cursor) => cursor,
        Err(cause) => {
            tracing::warn!(source = profile.id, %cause, "a source begins anew: its cursor cannot be read");
            String::new()
        }
    };
    let interval = profile.interval;
    let mut pauses = Pauses::new(&app, profile);
    loop {
        let round = tokio::select! {
            () = stop.cancelled() => return,
            round = round(&app, source.as_mut(), &row, &cursor, &held) => round,
        };
        let is_over = match round {
            Ok(next) => {
                if let Some(next) = next {
                    cursor = next;
                }
                pauses.well();
                let knocked = async {
                    // Whatever comes within it is one question.
                    tokio::time::sleep(KNOCKS_APART.min(interval)).await;
                    knock.notified().await;
                };
                tokio::select! {
                    is_over = rest(&stop, interval) => is_over,
                    () = knocked => false,
                }
            }
            // One that fails is left alone, whoever knocks.
            Err(Failure { why, retry_after }) => {
                let pause =
                    pauses.failed(why).max(retry_after.unwrap_or_default().min(BACKOFF_MAX));
                rest(&stop, pause).await
            }
        };
        if is_over {
            return;
        }
    }
}

/// The account of a source, made on its first day; `None` when it is time to stop.
pub(super) async fn account(
    app: &App,
    profile: &Profile,
    stop: &CancellationToken,
) -> Option<SourceRow> {
    loop {
        match app.store.source_ensure(&profile.id, &profile.name, profile.mode).await {
            Ok(row) => return Some(row),
            Err(cause) => {
                tracing::warn!(source = profile.id, %cause, "a source waits for the database");
                if rest(stop, profile.interval).await {
                    return None;
                }
            }
        }
    }
}

/// How long a source is left alone after failures, and what the board says of it.
pub(super) struct Pauses {
    app: App,
    profile: Profile,
    failures: u32,
}

impl Pauses {
    pub(super) fn new(app: &App, profile: Profile) -> Self {
        Self { app: app.clone(), profile, failures: 0 }
    }

    /// It works.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        self.app.sources.note(&self.profile.id, |note| note.broken = None);
    }

    /// It does not: so long a pause.
    pub(super) fn failed(&mut self, why: String) -> Duration {
        self.failures += 1;
        let failures = self.failures;
        tracing::warn!(source = self.profile.id, why, failures, "a source failed");
        if failures >= BROKEN_AFTER {
            self.app.sources.note(&self.profile.id, |note| note.broken = Some(why));
        }
        backoff(self.profile.interval, failures)
    }
}

struct Failure {
    why: String,
    retry_after: Option<Duration>,
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Passing { why, retry_after } => Self { why, retry_after },
            FetchError::Garbled(why) => Self { why, retry_after: None },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { why: error.to_string(), retry_after: None }
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Self {
        let retry_after = match &error {
            IntakeError::Busy { retry_after_s } => {
                Some(Duration::from_secs(u64::from(*retry_after_s)))
            }
            IntakeError::DiskFull | IntakeError::Unavailable | IntakeError::Stopped => None,
        };
        Self { why: error.to_string(), retry_after }
    }
}

/// One fetch, through to disk. Gives the new cursor, already stored.
async fn round(
    app: &App,
    source: &mut dyn Source,
    row: &SourceRow,
    cursor: &str,
    held: &dyn Held,
) -> Result<Option<String>, Failure> {
    let Some(Fetched {
        drafts,
        observations,
        mut rejected,
        cursor: next,
        content_at,
        refused,
        n_bytes,
    }) = source.fetch(cursor, held, app.clock.now()).await?
    else {
        return Ok(None);
    };
    let now = app.clock.now();
    let mut bodies: Vec<_> =
        drafts.into_iter().map(|draft| draft.body(row, &app.id_key, now)).collect();
    let understood = said::understood(app, row, &observations, now, &mut rejected);
    bodies.extend(understood.bodies);
    let mut dead = understood.dead;
    let refused = refused.into_iter().chain(understood.refused).collect();
    let dialect = source.dialect();
    let mut sent = Arc::new(Sent { dialect, n_bytes, refused });
    let mut rejected = Some(rejected);
    while !bodies.is_empty() || rejected.as_ref().is_some_and(|counts| !counts.is_empty()) {
        let rest = bodies.split_off(bodies.len().min(SUBMIT_MAX));
        let submission = Submission {
            source: row.key,
            mode: row.mode,
            bodies: std::mem::replace(&mut bodies, rest),
            rejected: rejected.take().unwrap_or_default(),
            bytes: 0,
            area: None,
            sent: std::mem::replace(&mut sent, Arc::new(Sent { dialect, ..Sent::default() })),
            tied: Tied::default(),
        };
        paced(app, row, submission.bodies.len()).await;
        let outcome = app.intake.submit(submission).await?;
        dead.extend(letters::of_refused(outcome.refused));
    }
    letters::keep(app, (row.key, &row.id, row.mode), dead).await;
    cursor::save(app, &row.id, &next).await?;
    if content_at.is_some() {
        app.sources.note(&row.id, |note| note.content_at = content_at);
    }
    Ok(Some(next))
}

/// Waits until a source that is read may go on within the limits of a partner: it is slowed down, and nothing of it refused.
pub(super) async fn paced(app: &App, row: &SourceRow, n: usize) {
    let budget = app.gate.budget(row.key, &KeyTerms::default());
    while let Some(wait) = budget.pace(n, app.clock.now()) {
        tokio::time::sleep(wait.min(PACE_MAX)).await;
    }
}

/// Full jitter under a doubling ceiling, never less than a tenth of the interval.
pub(super) fn backoff(interval: Duration, failures: u32) -> Duration {
    let ceiling = interval.saturating_mul(1 << failures.min(10)).min(BACKOFF_MAX).max(interval / 5);
    let ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rand::rng().random_range(ms / 10..=ms))
}

/// Waits; true when it is time to stop.
pub(super) async fn rest(stop: &CancellationToken, pause: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => true,
        () = tokio::time::sleep(pause) => false,
    }
}

/// The World as a source may ask it.
struct InWorld {
    app: App,
    source: String,
    mode: Mode,
}

impl Held for InWorld {
    fn report(&self, id: &str) -> Option<ReportFeature> {
        Arc::clone(&self.app.worlds)
            .read(self.mode)
            .report(report_id(&self.source, id), Clearance::Desk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_are_spread_and_stay_bounded() {
        for failures in 1..40 {
            let pauses: Vec<_> =
                (0..50).map(|_| backoff(Duration::from_mins(1), failures)).collect();
            assert!(
                pauses
                    .iter()
                    .all(|pause| *pause <= BACKOFF_MAX && *pause >= Duration::from_secs(6))
            );
            assert!(
                pauses.windows(2).any(|pair| pair[0] != pair[1]),
                "without jitter all would come back at once"
            );
        }
    }
}
