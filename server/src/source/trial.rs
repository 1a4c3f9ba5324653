//! A try: a source is asked once and what came is shown to who asked. Nothing of it is stored, and nothing shown in the room.
//!
//! It is asked as for the first time, by the same program, through the same guard and in its turn at the host; what it says is read,
//! judged and placed as ever, and its reports are put into a World of their own that ends with the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::entry::{Body, Entry};
use engine::view::Clearance;
use engine::world::World;
use serde::Serialize;
use serde_json::Value;
use wire::advisory::AdvisoryFeature;
use wire::report::ReportFeature;
use wire::time::Timestamp;
use wire::view::Mode;

use super::supervisor::{BACKOFF_MAX, InWorld, judge, upstream};
use super::{FetchError, Fetched, SourceConfig, messages, said};
use crate::auth::too_many;
use crate::http::problem::Fault;
use crate::letters::Kind;
use crate::pipeline::{Submission, Tied};
use crate::state::App;
use crate::store::SourceRow;
use crate::why::RefusedItem;

/// A try takes no longer: somebody waits before a screen. A source may take a minute when the supervisor asks.
const TRY_MAX: Duration = Duration::from_secs(20);
/// A host that asked for more time than this is left alone, and who tries is told.
const TURN_MAX: Duration = Duration::from_secs(5);
/// Reports, observations and refused items that are shown: enough to see what a feed says.
const SHOWN_MAX: usize = 20;
/// A try of the same source that is under way ends within it, as a rule.
const WAIT_S: u32 = 5;

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ended {
    /// What it sent was read.
    Read,
    /// It can be reached, and has nothing to say.
    Nothing,
    /// It cannot be reached, or answers with an error, or not in time.
    Failed,
    /// Our own guard does not let us ask.
    Forbidden,
    /// What it sends is not what it should be.
    Garbled,
}

/// What a try showed.
#[derive(Debug, Serialize)]
pub(crate) struct Tried {
    source: String,
    mode: Mode,
    at: Timestamp,
    duration_ms: u64,
    ended: Ended,
    /// Why nothing was read, in a sentence.
    why: Option<String>,
    n_bytes: u64,
    /// The newest date inside it, its own stamp included.
    content_at: Option<Timestamp>,
    /// Reports that it would become, and the first of them.
    n_reports: usize,
    reports: Vec<ReportFeature>,
    /// Values of sensors that would be taken; and the first that it sent, as they were read.
    n_observations: usize,
    observations: Vec<Value>,
    /// Official messages that would be taken, and the first of them.
    n_advisories: usize,
    advisories: Vec<AdvisoryFeature>,
    rejected: BTreeMap<String, u64>,
    refused: Vec<Refused>,
}

/// An item that would be refused.
#[derive(Debug, Serialize)]
struct Refused {
    device: Option<String>,
    reason: String,
    pointer: String,
    detail: String,
    payload: Option<String>,
}

impl From<RefusedItem> for Refused {
    fn from(item: RefusedItem) -> Self {
        let RefusedItem { device, reason, pointer, detail, payload } = item;
        Self { device, reason, pointer, detail, payload }
    }
}

/// The sources that are being tried.
#[derive(Debug, Default)]
pub(super) struct Trying(Mutex<BTreeSet<String>>);

/// One of them, for as long as this lives.
struct Turn<'a>(&'a Trying, &'a str);

impl Trying {
    fn begin<'a>(&'a self, id: &'a str) -> Option<Turn<'a>> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        is_new.then_some(Turn(self, id))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.1);
    }
}

/// Asks a source once.
pub(crate) async fn run(app: &App, row: &SourceRow, config: &SourceConfig) -> Result<Tried, Fault> {
    let Some(_turn) = app.sources.trying.begin(&row.id) else {
        return Err(too_many("a source is tried by one at a time", WAIT_S));
    };
    let at = app.clock.now();
    let mut tried = Tried {
        source: row.id.clone(),
        mode: row.mode,
        at,
        duration_ms: 0,
        ended: Ended::Failed,
        why: None,
        n_bytes: 0,
        content_at: None,
        n_reports: 0,
        reports: Vec::new(),
        n_observations: 0,
        observations: Vec::new(),
        n_advisories: 0,
        advisories: Vec::new(),
        rejected: BTreeMap::new(),
        refused: Vec::new(),
    };
    let mut source = match upstream(config, &app.sources) {
        Ok(source) => source,
        Err(why) => {
            tried.why = Some(why);
            return Ok(tried);
        }
    };
    let host = source.profile().host;
    match app.sources.hosts.turn_within(&host, Instant::now(), TURN_MAX) {
        Ok(wait) => tokio::time::sleep(wait).await,
        Err(wait) => {
            let wait_s = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            return Err(too_many("its host asked for time", wait_s));
        }
    }
    let held = InWorld { app: app.clone(), source: row.id.clone(), mode: row.mode };
    let begun = Instant::now();
    // As for the first time: what is known already is shown, too.
    let asked = tokio::time::timeout(TRY_MAX, source.fetch("", &held, at)).await;
    tried.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match asked {
        Ok(Ok(Some(fetched))) => shown(app, row, fetched, &mut tried).await,
        Ok(Ok(None)) => tried.ended = Ended::Nothing,
        Ok(Err(error)) => {
            tried.why = Some(error.to_string());
            tried.ended = match error {
                FetchError::Passing { retry_after, .. } => {
                    if let Some(asked_for) = retry_after {
                        let until = Instant::now() + asked_for.min(BACKOFF_MAX);
                        app.sources.hosts.hold(&host, until);
                    }
                    Ended::Failed
                }
                FetchError::Forbidden(_) => Ended::Forbidden,
                FetchError::Garbled(_) => Ended::Garbled,
            };
        }
        Err(_late) => tried.why = Some(format!("it takes longer than {} s", TRY_MAX.as_secs())),
    }
    Ok(tried)
}

/// What was fetched, as it would stand here.
async fn shown(app: &App, row: &SourceRow, mut fetched: Fetched, tried: &mut Tried) {
    let now = app.clock.now();
    judge(&mut fetched, now);
    let Fetched { drafts, observations, reports, messages, mut rejected, refused, .. } = fetched;
    let (official, _) = messages::understood(app, row, messages, now, &mut rejected);
    let mut called = said::understood(app, row, (Kind::Report, &reports), now, &mut rejected);
    let values = (Kind::Observation, &*observations);
    let understood = said::understood(app, row, values, now, &mut rejected);
    tried.ended = Ended::Read;
    tried.n_bytes = fetched.n_bytes;
    tried.content_at = fetched.content_at;
    tried.n_reports = drafts.len() + called.bodies.len();
    tried.n_observations = understood.bodies.len();
    tried.n_advisories = official.bodies.len();
    tried.observations = observations.into_iter().take(SHOWN_MAX).collect();
    tried.rejected = rejected;
    let refused = refused.into_iter().chain(official.refused).chain(called.refused);
    let refused = refused.chain(understood.refused);
    tried.refused = refused.take(SHOWN_MAX).map(Refused::from).collect();
    called.bodies.extend(drafts.into_iter().map(|draft| draft.body(row, &app.id_key, now)));
    called.bodies.truncate(SHOWN_MAX);
    let mut submission = Submission {
        source: row.key,
        mode: row.mode,
        bodies: called.bodies,
        rejected: BTreeMap::new(),
        bytes: 0,
        area: None,
        sent: std::sync::Arc::default(),
        tied: Tied::default(),
    };
    app.gazette.read_places(&mut submission).await;
    let mut world = World::new(row.mode);
    world.name_source(row.key, row.id.clone());
    let mut changes = Vec::new();
    world.tick(now, &mut changes);
    let official = official.bodies.into_iter().take(SHOWN_MAX);
    let atlas = app.geocodes.now();
    for (seq, body) in (1..).zip(submission.bodies.into_iter().chain(official)) {
        let id = if let Body::Report(report) = &body { Some(report.id) } else { None };
        world.apply(&Entry { seq, recorded_at: now, mode: row.mode, body }, &mut changes);
        match id {
            Some(id) => tried.reports.extend(world.report(id, Clearance::Desk)),
            None => tried.advisories.extend(world.advisory(seq, &[], Clearance::Desk, &atlas)),
        }
    }
}
