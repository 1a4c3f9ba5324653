//! Dead letters down the same road again, after their cause was mended: each at most once, and silent.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::entry::{Body, SourceKey};
use wire::geo::Bbox;
use wire::letter::{Replayed, StillDead};

use super::{Inside, KEPT_MS, Kind, Letters, REPLAY_MAX, Written};
use crate::auth::Sender;
use crate::http::problem::Fault;
use crate::normalise::{self, Context, Form};
use crate::pipeline::{Submission, Tied};
use crate::state::App;
use crate::store::{KeyKind, KeyTerms, LetterFilter, LetterRow, SourceRow};
use crate::why::{AGAIN, Sent};

/// The reason of a letter whose item was too long to be kept.
const NOT_KEPT: &str = "not_kept";

/// What the one who asks may send again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right {
    pub(crate) reports: bool,
    pub(crate) observations: bool,
    pub(crate) advisories: bool,
    /// Where the places of the key must lie.
    pub(crate) area: Option<Bbox>,
}

/// A letter with what it holds.
struct Opened {
    row: LetterRow,
    inside: Inside,
}

/// Why one stays.
struct Again {
    reason: String,
    detail: String,
}

/// Sends what is asked for down the road again. What passes is taken out; what does not stays with its new reason.
pub(crate) async fn replay(
    app: &App,
    mut filter: LetterFilter,
    right: Right,
) -> Result<Replayed, Fault> {
    let _turn = app.letters.turn.acquire().await.map_err(Fault::internal)?;
    filter.since = app.clock.now().plus_ms(-KEPT_MS);
    filter.limit = REPLAY_MAX;
    // In the order in which they came, as they would have stood.
    filter.oldest_first = true;
    let mut by_source: BTreeMap<SourceKey, Vec<Opened>> = BTreeMap::new();
    app.letters.flush(&app.store, app.config.limits.dead_letters_max).await;
    for row in app.store.letters(&filter).await? {
        let may = match Kind::of(&row.kind) {
            Some(Kind::Report) => right.reports,
            Some(Kind::Observation) => right.observations,
            Some(Kind::Advisory) => right.advisories,
            None => false,
        };
        if may {
            let inside = app.letters.open_one(&row).map_err(Fault::internal)?;
            by_source.entry(row.source).or_default().push(Opened { row, inside });
        }
    }
    let mut told = Replayed::default();
    if by_source.is_empty() {
        return Ok(told);
    }
    let sources: HashMap<SourceKey, SourceRow> =
        app.store.sources().await?.into_iter().map(|row| (row.key, row)).collect();
    for (key, letters) in by_source {
        let Some(source) = sources.get(&key) else { continue };
        let app = if source.is_test_lane() { app.clone().on_lane(key) } else { app.clone() };
        one_source(&app, source, right.area, letters, &mut told).await?;
    }
    Ok(told)
}

async fn one_source(
    app: &App,
    source: &SourceRow,
    area: Option<Bbox>,
    letters: Vec<Opened>,
    told: &mut Replayed,
) -> Result<(), Fault> {
    let now = app.clock.now();
    let context = Context {
        source: source.key,
        source_id: &source.id,
        id_key: &app.id_key,
        mode: source.mode,
        now,
        area: app.config.area,
        key_area: area,
        limits: &app.config.limits,
    };
    let (mut bodies, mut sent, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
    for letter in letters {
        told.tried += 1;
        if Written::of(&letter.row.form) == Some(Written::SensorThings) {
            rest.push(letter);
            continue;
        }
        match understood(&letter, &context) {
            Ok(body) => {
                bodies.push(body);
                sent.push(letter);
            }
            Err(again) => {
                // Not a passage: there was nothing to send.
                if again.reason != NOT_KEPT {
                    *rejected.entry(again.reason.clone()).or_default() += 1;
                }
                stays(app, &letter, again, told).await?;
            }
        }
    }
    if !bodies.is_empty() || !rejected.is_empty() {
        let bytes =
            sent.iter().filter_map(|one| one.inside.payload.as_ref()).map(String::len).sum();
        let submission = Submission {
            source: source.key,
            mode: source.mode,
            bytes,
            bodies,
            rejected,
            area,
            sent: Arc::new(Sent { dialect: AGAIN, n_bytes: bytes as u64, ..Sent::default() }),
            tied: Tied::default(),
        };
        let outcome = app.intake.submit(submission).await?;
        let mut refused: HashMap<usize, Again> = outcome
            .refused
            .into_iter()
            .map(|one| (one.index, Again { reason: one.reason.to_owned(), detail: one.detail }))
            .collect();
        told.accepted += outcome.accepted;
        told.folded += outcome.folded;
        for (index, letter) in sent.into_iter().enumerate() {
            match refused.remove(&index) {
                Some(again) => stays(app, &letter, again, told).await?,
                None => {
                    app.store.letter_remove(letter.row.id).await?;
                }
            }
        }
    }
    let sender = as_sent(app, source, area);
    for letter in rest {
        let payload = letter.inside.payload.clone();
        match crate::sta::replay(app, &sender, payload.as_deref()).await {
            Ok(is_new) => {
                told.accepted += u64::from(is_new);
                told.folded += u64::from(!is_new);
                app.store.letter_remove(letter.row.id).await?;
            }
            // What is not of the item stops the whole.
            Err(fault) if fault.problem.status >= 500 || fault.problem.status == 429 => {
                return Err(fault);
            }
            Err(fault) => {
                let reason = fault.problem.errors.first().map(|one| one.reason.clone());
                let again = Again {
                    reason: reason.unwrap_or_else(|| fault.problem.kind.clone()),
                    detail: fault.problem.detail.clone(),
                };
                stays(app, &letter, again, told).await?;
            }
        }
    }
    Ok(())
}

/// The item as an entry that is silent.
fn understood(letter: &Opened, context: &Context<'_>) -> Result<Body, Again> {
    let Some(payload) = &letter.inside.payload else {
        return Err(Again {
            reason: NOT_KEPT.to_owned(),
            detail: "the item was too long to be kept: send it again yourself".to_owned(),
        });
    };
    let form = match Written::of(&letter.row.form) {
        Some(Written::Csv) => Form::Table,
        Some(Written::Cap) => Form::Message,
        _ => Form::Document,
    };
    let batch = match Kind::of(&letter.row.kind) {
        Some(Kind::Report) => normalise::reports(payload.as_bytes(), form, context),
        Some(Kind::Advisory) => normalise::advisory(payload.as_bytes(), form, context),
        _ => normalise::observations(payload.as_bytes(), form, context),
    };
    let batch = batch.map_err(|bad| {
        let fault = Fault::from(bad);
        let reason = fault.problem.errors.first().map(|one| one.reason.clone());
        Again {
            reason: reason.unwrap_or_else(|| fault.problem.kind.clone()),
            detail: fault.problem.detail,
        }
    })?;
    if let Some(one) = batch.rejected.into_iter().next() {
        return Err(Again { reason: one.reason, detail: one.detail });
    }
    let mut body = batch.bodies.into_iter().next().ok_or_else(|| Again {
        reason: "empty".to_owned(),
        detail: "the item holds nothing".to_owned(),
    })?;
    silence(&mut body);
    Ok(body)
}

/// What comes again is late, however young it is: the room was not told then, and is not woken by it now.
pub(crate) fn silence(body: &mut Body) {
    match body {
        Body::Report(report) => report.late = true,
        Body::Observation(observation) => observation.late = true,
        Body::Erased(_)
        | Body::Withdrawn(_)
        | Body::Canary(_)
        | Body::Decision(_)
        | Body::Passport(_)
        | Body::Works(_)
        | Body::Will(_)
        | Body::Advisory(_)
        | Body::Reread(_) => {}
    }
}

async fn stays(app: &App, letter: &Opened, again: Again, told: &mut Replayed) -> Result<(), Fault> {
    let Again { reason, detail } = again;
    // An item that was not kept keeps the reason for which it was refused.
    if reason != NOT_KEPT {
        let inside = Inside { detail: detail.clone(), ..letter.inside.clone() };
        let sealed = again_sealed(&app.letters, letter.row.id, &inside)?;
        app.store.letter_again(letter.row.id, &reason, &sealed).await?;
    }
    told.rejected.push(StillDead { id: letter.row.id.to_string(), reason, detail });
    Ok(())
}

fn again_sealed(
    letters: &Arc<Letters>,
    id: u64,
    inside: &Inside,
) -> Result<crate::store::Sealed, Fault> {
    let plain = serde_json::to_vec(inside).map_err(Fault::internal)?;
    letters.vault.seal_letter(id, &plain).map_err(Fault::internal)
}

/// The source as one that sends.
fn as_sent(app: &App, source: &SourceRow, area: Option<Bbox>) -> Sender {
    Sender {
        source: source.key,
        source_id: source.id.clone(),
        mode: source.mode,
        scopes: crate::auth::Scopes::default(),
        area,
        kind: if source.is_test_lane() { KeyKind::Test } else { KeyKind::Full },
        expires_at: None,
        budget: app.gate.budget(source.key, &KeyTerms::default()),
        key_id: String::new(),
        attempts: Arc::clone(&app.attempts),
    }
}
