//! Operations: posts of social networks are kept under one alone, with purpose, authority, basis, area, words and an end. Outside of
//! them nothing is stored.
//!
//! All of them are one named value of the database, written in the transaction of the line that tells of an act in the room's log: a
//! crash loses both or neither. Who did it stands in that line, sealed.

pub(crate) mod lapse;
mod limits;
mod operation;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};

use axum::http::StatusCode;
use engine::advisory::shape::Wanted;
use engine::entry::SourceKey;
use engine::identity::derived_id;
use engine::plain::Plain;
use engine::report::ReportEntry;
use engine::view::Clearance;
use engine::world::AdvisoryFilter;
use serde::Deserialize;
use wire::geo::Bbox;
use wire::grade::Severity;
use wire::time::Timestamp;
use wire::view::Mode;

use self::limits::{
    AREA_DEGREES_MAX, LINE_CHARS_MAX, OPERATION_MS_MAX, OPERATIONS_MAX, RUNS_MAX, STANDING_MS_MAX,
    WORD_CHARS_MAX, WORD_CHARS_MIN, WORDS_MAX,
};
use crate::http::problem::Fault;
use crate::log_line;
use crate::pipeline::Cursor;
use crate::state::App;
use crate::store::{Store, StoreError};

pub use operation::{Act, Operation, OperationKind, OperationState, Refusal, Run, TakenBack};

/// Its name among the database's named values.
const NAME: &str = "operations";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    #[serde(default)]
    pub(crate) mode: Option<Mode>,
    pub(crate) kind: OperationKind,
    pub(crate) purpose: String,
    pub(crate) authority: String,
    pub(crate) basis: String,
    pub(crate) area: Bbox,
    pub(crate) words: Vec<String>,
    #[serde(default)]
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Timestamp,
}

/// What is done with one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Approve,
    Start,
    Ratify,
    End,
}

/// Why a post is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outside {
    /// No operation runs.
    None,
    /// None that runs covers its place and moment; one without a place is nowhere.
    Place,
    /// None that covers them looks for its words.
    Words,
}

impl Outside {
    /// The reason in the account of the source.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "no_operation",
            Self::Place => "outside_operation",
            Self::Words => "other_words",
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Operations {
    held: RwLock<BTreeMap<u64, Operation>>,
    /// Who brings posts.
    sources: RwLock<BTreeSet<SourceKey>>,
    /// Whose turn it is: what was looked at must not change before it is stored.
    turn: tokio::sync::Mutex<()>,
}

/// Who acts.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) role: String,
}

impl Operations {
    /// What the database has.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let operations = Self::default();
        if let Some(value) = store.meta(NAME).await? {
            let held: Vec<Operation> = serde_json::from_str(&value)
                .map_err(|cause| StoreError::Corrupt(format!("operations: {cause}")))?;
            operations.put(held);
        }
        let sources = RwLock::new(lapse::sources::load(store).await?);
        Ok(Self { sources, ..operations })
    }

    /// Remembers that a source brings posts.
    pub(crate) async fn heard_from(
        &self,
        store: &Store,
        source: SourceKey,
    ) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let all = {
            let mut all = self.sources.write().unwrap_or_else(PoisonError::into_inner);
            if !all.insert(source) {
                return Ok(());
            }
            all.clone()
        };
        lapse::sources::keep(store, &all).await
    }

    fn sources(&self) -> BTreeSet<SourceKey> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what nobody has to be told of.
    async fn keep(&self, store: &Store, all: Vec<Operation>) -> Result<(), Fault> {
        let value = serde_json::to_string(&all).map_err(Fault::internal)?;
        store.meta_set(NAME, &value).await?;
        self.put(all);
        Ok(())
    }

    fn put(&self, all: Vec<Operation>) {
        let by_id = all.into_iter().map(|one| (one.id, one)).collect();
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = by_id;
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> Vec<Operation> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.values().rev().cloned().collect()
    }

    /// Those that run.
    fn running(&self, mode: Mode, now: Timestamp) -> Vec<Operation> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let runs = |one: &&Operation| one.mode == mode && one.running_since(now).is_some();
        held.values().filter(runs).cloned().collect()
    }

    /// Whether any runs.
    pub(crate) fn is_any_running(&self, mode: Mode, now: Timestamp) -> bool {
        !self.running(mode, now).is_empty()
    }

    /// Since when any that runs does.
    pub(crate) fn running_since(&self, mode: Mode, now: Timestamp) -> Option<Timestamp> {
        self.running(mode, now).iter().filter_map(|one| one.running_since(now)).min()
    }

    /// What may be kept at a moment.
    pub(crate) fn gate(&self, mode: Mode, now: Timestamp) -> Gate {
        let phrases = |one: Operation| {
            let phrases = one.words.iter().map(|word| Plain::of(word)).collect();
            (one, phrases)
        };
        Gate { running: self.running(mode, now).into_iter().map(phrases).collect(), now }
    }
}

/// The operations that run at a moment.
pub(crate) struct Gate {
    running: Vec<(Operation, Vec<Plain>)>,
    now: Timestamp,
}

impl Gate {
    /// Whether any that runs looks for these words: asked before anything else is read out of them.
    pub(crate) fn hears(&self, report: &ReportEntry) -> Result<(), Outside> {
        let mut running = self.running.iter();
        if running.len() == 0 {
            return Err(Outside::None);
        }
        let hears = running.any(|(_, phrases)| report.says_any(phrases));
        hears.then_some(()).ok_or(Outside::Words)
    }

    /// Whether a post may be kept.
    pub(crate) fn passes(&self, report: &ReportEntry) -> Result<(), Outside> {
        if self.running.is_empty() {
            return Err(Outside::None);
        }
        let place = report.spot().ok_or(Outside::Place)?;
        let covers =
            |(one, _): &&(Operation, Vec<Plain>)| one.covers(report.observed_at, place, self.now);
        let mut covering = self.running.iter().filter(covers).peekable();
        if covering.peek().is_none() {
            return Err(Outside::Place);
        }
        covering.any(|(_, phrases)| report.says_any(phrases)).then_some(()).ok_or(Outside::Words)
    }
}

/// Asks for one. Answered once it is on disk.
pub(crate) async fn ask(app: &App, wish: Wish, person: Person) -> Result<Operation, Fault> {
    let _turn = app.operations.turn.lock().await;
    let now = app.clock.now();
    let mut all = app.operations.all();
    all.reverse();
    let id = all.last().map_or(1, |last| last.id + 1);
    let asked = checked(wish, id, act(app, &person, now))?;
    let text = format!(
        "operation {id} asked for: {}, {}, {}; area {:?}; words {}; until {}",
        asked.purpose,
        asked.authority,
        asked.basis,
        [asked.area.west(), asked.area.south(), asked.area.east(), asked.area.north()],
        asked.words.join(", "),
        asked.to
    );
    if all.len() >= OPERATIONS_MAX {
        let over =
            all.iter().position(|one| one.state(now) == OperationState::Ended && !one.owes());
        let Some(over) = over else {
            let detail =
                format!("A room holds {OPERATIONS_MAX} operations: end one that is not needed.");
            return Err(Fault::new(
                StatusCode::CONFLICT,
                "conflict",
                "Too many operations",
                detail,
            ));
        };
        all.remove(over);
    }
    all.push(asked.clone());
    store(app, all, asked.mode, Some(person.name), text).await?;
    Ok(asked)
}

/// Does something with one. Answered once it is on disk.
pub(crate) async fn act_on(
    app: &App,
    id: u64,
    doing: Doing,
    person: Person,
) -> Result<Operation, Fault> {
    let _turn = app.operations.turn.lock().await;
    let now = app.clock.now();
    let mut all = app.operations.all();
    all.reverse();
    let Some(one) = all.iter_mut().find(|one| one.id == id) else {
        let detail = "There is no such operation: GET /api/v1/operations names them.";
        return Err(Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail));
    };
    let act = act(app, &person, now);
    let (done, verb) = match doing {
        Doing::Approve => (one.approve(act), "approved".to_owned()),
        Doing::Start => {
            let armed_by = armed_by(app, one);
            let verb = format!("started, armed by {}", armed_by.as_deref().unwrap_or("nothing"));
            (one.start(act, armed_by), verb)
        }
        Doing::Ratify => (one.ratify(act), "ratified".to_owned()),
        Doing::End => (one.end(act), "ended".to_owned()),
    };
    done.map_err(|Refusal(reason, detail)| {
        Fault::new(StatusCode::CONFLICT, "conflict", "The operation does not allow this", detail)
            .at(None, "", reason, detail)
    })?;
    let forgotten = one.runs.len().saturating_sub(RUNS_MAX);
    one.runs.drain(..forgotten);
    let done = one.clone();
    let text = format!("operation {id} {verb}: {}, {}", done.purpose, done.basis);
    store(app, all, done.mode, Some(person.name), text).await?;
    Ok(done)
}

/// What arms a standing operation now: an official warning, orange or red, in force in its area, or a plan phase.
pub(crate) fn armed_by(app: &App, operation: &Operation) -> Option<String> {
    let world = app.worlds.read(operation.mode);
    if world.is_in_phase() {
        return Some("phase".to_owned());
    }
    let mut filter = AdvisoryFilter {
        area: Some(Wanted::of_bbox(&operation.area)),
        limit: usize::MAX,
        ..AdvisoryFilter::default()
    };
    let atlas = app.geocodes.now();
    loop {
        let (found, next) = world.advisories(&filter, Clearance::Desk, &atlas);
        let grave = found.iter().find(|one| one.properties.severity <= Severity::Severe);
        if let Some(one) = grave {
            return Some(format!("advisory {}", one.id));
        }
        filter.before_seq = Some(next?);
    }
}

fn act(app: &App, person: &Person, now: Timestamp) -> Act {
    let person_id = derived_id(&app.id_key, &format!("operator {}", person.name), 0);
    Act { at: now, role: person.role.clone(), person: person_id.to_string() }
}

fn checked(wish: Wish, id: u64, asked: Act) -> Result<Operation, Fault> {
    let Wish { mode, kind, purpose, authority, basis, area, words, from, to } = wish;
    let line = |pointer: &str, text: String| {
        let text = text.trim().to_owned();
        if text.is_empty() {
            let detail = "say it in words: whoever looks at the log must understand it";
            return Err(Fault::field(pointer, "missing", detail));
        }
        if text.chars().count() > LINE_CHARS_MAX {
            let detail = format!("may have {LINE_CHARS_MAX} characters: shorten it");
            return Err(Fault::field(pointer, "too_long", detail));
        }
        Ok(text)
    };
    let (purpose, authority, basis) =
        (line("/purpose", purpose)?, line("/authority", authority)?, line("/basis", basis)?);
    let from = from.unwrap_or(asked.at);
    let max = match kind {
        OperationKind::Once => OPERATION_MS_MAX,
        OperationKind::Standing => STANDING_MS_MAX,
    };
    if to <= asked.at || to <= from {
        return Err(Fault::field("/to", "over", "it must lie ahead, and after from"));
    }
    if to.ms_since(from) > max {
        let detail = format!("it holds for {} days at most: ask anew after that", max / 86_400_000);
        return Err(Fault::field("/to", "too_long", detail));
    }
    let (width, height) = (area.east() - area.west(), area.north() - area.south());
    if !(0.0..=AREA_DEGREES_MAX).contains(&width) || height > AREA_DEGREES_MAX {
        let detail = format!(
            "an area is [west, south, east, north] and at most {AREA_DEGREES_MAX} degrees wide and high"
        );
        return Err(Fault::field("/area", "too_large", detail));
    }
    let words: Vec<String> = words.iter().map(|word| word.trim().to_lowercase()).collect();
    if words.is_empty() || words.len() > WORDS_MAX {
        let detail = format!("name 1 to {WORDS_MAX} words that are looked for");
        return Err(Fault::field("/words", "missing", detail));
    }
    for (n, word) in words.iter().enumerate() {
        let is_word = (WORD_CHARS_MIN..=WORD_CHARS_MAX).contains(&word.chars().count())
            && word.chars().any(char::is_alphabetic);
        if !is_word {
            let detail = format!(
                "has letters, and {WORD_CHARS_MIN} to {WORD_CHARS_MAX} characters: less is in every text"
            );
            return Err(Fault::field(&format!("/words/{n}"), "bad_word", detail));
        }
    }
    Ok(Operation {
        id,
        mode: mode.unwrap_or(Mode::Live),
        kind,
        purpose,
        authority,
        basis,
        area,
        words,
        from,
        to,
        asked,
        approved: None,
        ended: None,
        runs: Vec::new(),
    })
}

async fn store(
    app: &App,
    all: Vec<Operation>,
    mode: Mode,
    by: Option<String>,
    text: String,
) -> Result<(), Fault> {
    let value = serde_json::to_string(&all).map_err(Fault::internal)?;
    let kept = Cursor { name: NAME.to_owned(), value };
    log_line::write(app, mode, by, text, Some(kept)).await?;
    app.operations.put(all);
    Ok(())
}
