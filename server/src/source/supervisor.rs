//! The supervisor: asks each source at its pace, submits what it understood, and backs off when it fails.
//!
//! A cursor moves in the transaction of the entries it stands for: a crash loses both or neither.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::identity::report_id;
use engine::limits::CLOCK_AHEAD_MS;
use engine::view::Clearance;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng as _};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wire::report::ReportFeature;
use wire::time::Timestamp;
use wire::view::Mode;

use super::{
    Board, FetchError, Fetched, Held, Profile, Source, SourceConfig, cad, cap, cursor, datex, emsc,
    gdacs, gtfs, mail, messages, mqtt, nws, rss, said, sensorthings, social, usgs, wake,
};
use crate::letters::{self, Kind};
use crate::pipeline::{IntakeError, Submission, Tied};
use crate::state::App;
use crate::store::{KeyTerms, SourceRow, StoreError};
use crate::why::{RefusedItem, Sent};

/// Entries submitted at once: so few that whoever waits behind those of one that floods does not feel it.
const SUBMIT_MAX: usize = 200;
/// The longest pause after failures: a source that comes back is seen within ten minutes.
pub(super) const BACKOFF_MAX: Duration = Duration::from_mins(10);
/// The longest a source that is slowed down waits before it looks again: limits may have changed with the day.
const PACE_MAX: Duration = Duration::from_secs(5);
/// An upstream that knocks is asked this often at most: at once for people, and a page or two a second for it.
const KNOCKS_APART: Duration = Duration::from_millis(500);
/// Failures in a row before a source is called broken: one lost request is not news.
const BROKEN_AFTER: u32 = 2;

/// What a source with these settings would be; why there can be none.
pub(crate) fn profile(config: &SourceConfig, board: &Arc<Board>) -> Result<Profile, String> {
    if config.kind == "mqtt" {
        config.check()?;
        return Ok(config.profile(mqtt::NAME));
    }
    if let Some(name) = social::name_of(&config.kind) {
        config.check()?;
        return Ok(config.profile(name));
    }
    upstream(config, board).map(|source| source.profile())
}

/// The program that reads an upstream.
pub(super) fn upstream(
    config: &SourceConfig,
    board: &Arc<Board>,
) -> Result<Box<dyn Source>, String> {
    Ok(match config.kind.as_str() {
        "cap" => Box::new(cap::Cap::new(config, Arc::clone(board))?),
        "sensorthings" => Box::new(sensorthings::SensorThings::new(config)?),
        "gdacs" => Box::new(gdacs::Gdacs::new(config)?),
        "cad" => Box::new(cad::Cad::new(config)?),
        "datex" => Box::new(datex::Datex::new(config)?),
        "emsc" => Box::new(emsc::Emsc::new(config)?),
        "gtfs" => Box::new(gtfs::Gtfs::new(config)?),
        "nws" => Box::new(nws::Nws::new(config)?),
        "rss" => Box::new(rss::Rss::new(config)?),
        "mail" => Box::new(mail::Mail::new(config)?),
        _ => Box::new(usgs::Usgs::new(config)?),
    })
}

/// Runs one upstream until `stop`, with the broker beside it that says when there is something new.
pub(super) async fn upstream_runs(
    app: App,
    source: Box<dyn Source>,
    config: &SourceConfig,
    stop: CancellationToken,
) {
    let knock = Arc::new(Notify::new());
    tokio::join!(
        supervise(app.clone(), source, Arc::clone(&knock), stop.clone()),
        wake::run(&app, config, &knock, &stop)
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
    let mut cursor = match cursor::load(&app, &profile).await {
        Ok(cursor) => cursor,
        Err(cause) => {
            tracing::warn!(source = profile.id, %cause, "a source begins anew: its cursor cannot be read");
            String::new()
        }
    };
    let Profile { interval, cadence, host, .. } = profile.clone();
    let promised_ms = cadence.and_then(|cadence| i64::try_from(cadence.as_millis()).ok());
    app.sources.note(&row.id, |note| note.promised_ms = promised_ms);
    let mut pauses = Pauses::new(&app, profile);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.sources.until(&app.clock, &row.id, false) => {}
        }
        // Whoever else of us asks there, it is one reader to them.
        let turn = app.sources.hosts.turn(&host, Instant::now());
        if !turn.is_zero() && rest(&stop, turn).await {
            return;
        }
        let round = tokio::select! {
            () = stop.cancelled() => return,
            round = round(&app, source.as_mut(), &row, &cursor, &held) => round,
        };
        let is_over = match round {
            Ok(Round { next, has_more }) => {
                if let Some(next) = next {
                    cursor = next;
                }
                pauses.well();
                // What is left of an index is asked for in its turns, and not a turn an interval.
                let interval = if has_more { KNOCKS_APART.min(interval) } else { interval };
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
            Err(Failure { why, retry_after, is_lasting }) => {
                let asked_for = retry_after.unwrap_or_default().min(BACKOFF_MAX);
                if !asked_for.is_zero() {
                    app.sources.hosts.hold(&host, Instant::now() + asked_for);
                }
                rest(&stop, pauses.failed(why, is_lasting).max(asked_for)).await
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
    dice: StdRng,
}

impl Pauses {
    pub(super) fn new(app: &App, profile: Profile) -> Self {
        Self { app: app.clone(), profile, failures: 0, dice: StdRng::from_os_rng() }
    }

    /// It works.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        self.app.sources.note(&self.profile.id, |note| note.broken = None);
    }

    /// It does not: so long a pause. What will not pass by itself is told at once.
    pub(super) fn failed(&mut self, why: String, is_lasting: bool) -> Duration {
        self.failures += 1;
        let failures = self.failures;
        tracing::warn!(source = self.profile.id, why, failures, "a source failed");
        if is_lasting || failures >= BROKEN_AFTER {
            self.app.sources.note(&self.profile.id, |note| note.broken = Some(why));
        }
        backoff(self.profile.interval, failures, &mut self.dice)
    }
}

struct Failure {
    why: String,
    retry_after: Option<Duration>,
    /// It is told at once, not after a second time.
    is_lasting: bool,
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Passing { why, retry_after } => {
                Self { why, retry_after, is_lasting: false }
            }
            FetchError::Garbled(why) => Self { why, retry_after: None, is_lasting: false },
            FetchError::Forbidden(why) => Self { why, retry_after: None, is_lasting: true },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { why: error.to_string(), retry_after: None, is_lasting: false }
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
        Self { why: error.to_string(), retry_after, is_lasting: false }
    }
}

/// What a fetch left.
#[derive(Default)]
struct Round {
    /// The new cursor, which is on disk.
    next: Option<String>,
    has_more: bool,
}

/// One fetch, through to disk.
async fn round(
    app: &App,
    source: &mut dyn Source,
    row: &SourceRow,
    cursor: &str,
    held: &dyn Held,
) -> Result<Round, Failure> {
    let Some(mut fetched) = source.fetch(cursor, held, app.clock.now()).await? else {
        return Ok(Round::default());
    };
    let now = app.clock.now();
    judge(&mut fetched, now);
    let Fetched { drafts, observations, reports, messages, has_more, mut rejected, rings, .. } =
        fetched;
    let Fetched { cursor: next, content_at, refused, n_bytes, .. } = fetched;
    let (mut understood, mut origins) =
        messages::understood(app, row, messages, now, &mut rejected);
    let doubt = doubt(&rejected);
    for items in [(Kind::Observation, &*observations), (Kind::Report, &*reports)] {
        understood.add(said::understood(app, row, items, now, &mut rejected));
    }
    // Messages first: by their places they are found again.
    let mut bodies = understood.bodies;
    bodies.extend(drafts.into_iter().map(|draft| draft.ringing(&rings, row, &app.id_key, now)));
    let mut dead = understood.dead;
    let refused = refused.into_iter().chain(understood.refused).collect();
    let is_nothing = bodies.is_empty() && dead.is_empty() && rejected.is_empty();
    if is_nothing && next == cursor {
        app.sources.note(&row.id, |note| {
            note.doubt = None;
            note.content_at = content_at.or(note.content_at);
        });
        return Ok(Round { next: None, has_more });
    }
    let dialect = source.dialect();
    let mut sent = Arc::new(Sent { dialect, n_bytes, refused });
    let mut rejected = Some(rejected);
    let mut at = Some(cursor::at(&source.profile(), &next));
    loop {
        let n = bodies.len().min(SUBMIT_MAX);
        let rest = bodies.split_off(n);
        let own: Vec<_> = origins.drain(..n.min(origins.len())).collect();
        let is_last = rest.is_empty();
        let submission = Submission {
            source: row.key,
            mode: row.mode,
            bodies: std::mem::replace(&mut bodies, rest),
            rejected: rejected.take().unwrap_or_default(),
            bytes: 0,
            area: None,
            sent: std::mem::replace(&mut sent, Arc::new(Sent { dialect, ..Sent::default() })),
            tied: Tied { cursor: at.take_if(|_| is_last), ..Tied::default() },
        };
        paced(app, row, submission.bodies.len()).await;
        let outcome = app.intake.submit(submission).await?;
        dead.extend(messages::letters(&outcome.refused, &own));
        dead.extend(letters::of_refused(outcome.refused));
        if is_last {
            break;
        }
    }
    letters::keep(app, (row.key, &row.id, row.mode), dead).await;
    app.sources.note(&row.id, |note| {
        note.doubt = doubt;
        if content_at.is_some() {
            note.content_at = content_at;
        }
    });
    Ok(Round { next: Some(next), has_more })
}

/// The word for what is dated after now.
pub(super) const FUTURE: &str = "future_date";
/// Of those, so many of one fetch are told one by one.
const FUTURE_TOLD_MAX: usize = 20;

/// Refuses what cannot be: a report of what has not happened yet makes a feed look fresh that is not, and one changed tomorrow
/// would stand against every change of today.
pub(super) fn judge(fetched: &mut Fetched, now: Timestamp) {
    let Fetched { drafts, rejected, refused, content_at, .. } = fetched;
    drafts.retain_mut(|draft| {
        let ahead = draft.observed_at.ms_since(now) > CLOCK_AHEAD_MS;
        if ahead {
            *rejected.entry(FUTURE.to_owned()).or_default() += 1;
            if refused.len() < FUTURE_TOLD_MAX {
                refused.push(RefusedItem {
                    device: draft.words.source_id.clone(),
                    reason: FUTURE.to_owned(),
                    pointer: "/observed_at".to_owned(),
                    detail: format!(
                        "It is dated {}, after now: its clock must be set.",
                        draft.observed_at
                    ),
                    payload: None,
                });
            }
        }
        draft.updated_at = draft.updated_at.map(|at| at.min(now));
        !ahead
    });
    *content_at = content_at.filter(|at| at.ms_since(now) <= CLOCK_AHEAD_MS);
}

/// What is to be said of a source that can be read and sends what is refused.
fn doubt(rejected: &BTreeMap<String, u64>) -> Option<String> {
    let (reason, n) = rejected.iter().max_by_key(|(_, n)| **n)?;
    Some(format!("of what it sent last, {n} refused: {reason}"))
}

/// Waits until a source that is read may go on within the limits of a partner: it is slowed down, and nothing of it refused.
pub(super) async fn paced(app: &App, row: &SourceRow, n: usize) {
    let budget = app.gate.budget(row.key, &KeyTerms::default());
    while let Some(wait) = budget.pace(n, app.clock.now()) {
        tokio::time::sleep(wait.min(PACE_MAX)).await;
    }
}

/// Full jitter under a doubling ceiling that begins at the interval, never less than a tenth of it: a source that fails twice
/// within twice its interval is called broken within that.
pub(super) fn backoff(interval: Duration, failures: u32, dice: &mut impl Rng) -> Duration {
    let doubled = interval.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let ceiling = doubled.min(BACKOFF_MAX).max(interval / 5);
    let ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(dice.random_range(ms / 10..=ms))
}

/// Waits; true when it is time to stop.
pub(super) async fn rest(stop: &CancellationToken, pause: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => true,
        () = tokio::time::sleep(pause) => false,
    }
}

/// The World as a source may ask it.
pub(super) struct InWorld {
    pub(super) app: App,
    pub(super) source: String,
    pub(super) mode: Mode,
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
    fn pauses_grow_are_spread_and_stay_bounded_and_a_seed_repeats_them() {
        let interval = Duration::from_mins(1);
        for failures in 1..40 {
            let dice = || (0..50).map(StdRng::seed_from_u64);
            let pauses: Vec<_> =
                dice().map(|mut dice| backoff(interval, failures, &mut dice)).collect();
            let again: Vec<_> =
                dice().map(|mut dice| backoff(interval, failures, &mut dice)).collect();
            assert_eq!(pauses, again);
            let ceiling = (interval * (1 << (failures - 1).min(10))).min(BACKOFF_MAX);
            assert!(pauses.iter().all(|pause| *pause <= ceiling && *pause >= interval / 10));
            let spread = pauses.iter().max().zip(pauses.iter().min());
            assert!(
                spread.is_some_and(|(most, least)| *most > *least + ceiling / 2),
                "without jitter all would come back at once"
            );
        }
        assert!(
            backoff(interval, 1, &mut StdRng::seed_from_u64(1)) <= interval,
            "the first is short"
        );
    }

    #[test]
    fn what_is_dated_after_now_is_refused_and_a_change_of_tomorrow_is_of_now() {
        let now = Timestamp(1_700_000_000_000);
        let draft = |observed_ms: i64, updated_ms: i64| super::super::Draft {
            observed_at: now.plus_ms(observed_ms),
            updated_at: Some(now.plus_ms(updated_ms)),
            kind: wire::grade::Kind::Official,
            basis: wire::grade::Basis::Seen,
            status: None,
            hazard: wire::grade::Hazard::Other,
            severity: wire::grade::Severity::Unknown,
            radius_m: 0,
            place: None,
            words: engine::report::Words::default(),
        };
        let mut fetched = Fetched {
            drafts: vec![
                draft(-1_000, 86_400_000),
                draft(CLOCK_AHEAD_MS, 0),
                draft(CLOCK_AHEAD_MS + 1, 0),
            ],
            content_at: Some(now.plus_ms(CLOCK_AHEAD_MS + 1)),
            ..Fetched::default()
        };
        judge(&mut fetched, now);
        assert_eq!(fetched.drafts.len(), 2, "a clock may be a little ahead");
        assert_eq!(fetched.drafts[0].updated_at, Some(now));
        assert_eq!((fetched.rejected[FUTURE], fetched.refused.len()), (1, 1));
        assert_eq!(fetched.content_at, None, "and a feed that says it is of tomorrow is not fresh");
        assert_eq!(
            doubt(&fetched.rejected).as_deref(),
            Some("of what it sent last, 1 refused: future_date")
        );
    }
}
