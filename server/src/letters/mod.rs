//! Dead letters: what a partner sent and was refused, kept sealed for a day, so that its cause can be seen, mended, and the items
//! sent down the same road again without anybody sending them.

mod replay;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::entry::SourceKey;
use engine::identity::report_id;
use engine::observation::ObservationResult;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use wire::api::Rejected;
use wire::id::ReportId;
use wire::letter::DeadLetter;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::normalise::{self, Form};
use crate::pipeline::Refused;
use crate::state::App;
use crate::store::{DAY_MS, LetterFilter, LetterRow, SourceRow, Store, StoreError};
use crate::vault::{BadSeal, Vault};

pub(crate) use replay::{Right, replay, silence};
pub(crate) use sweep::run;

/// How long a letter is kept: a working day, and the night after it.
pub(crate) const KEPT_MS: i64 = DAY_MS;
/// Letters that one replay takes: some seconds' work; who wants more asks again.
pub(crate) const REPLAY_MAX: usize = 1_000;
/// Bytes of letters that wait for the disk before they are written at once.
const WAITING_BYTES_MAX: usize = 4 << 20;
/// What a letter takes in memory beside what is sealed.
const ROW_BYTES: usize = 300;
/// Longest name and sentence that a letter keeps.
const WORDS_CHARS_MAX: usize = 500;

/// What a refused item was to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A report.
    Report,
    /// An observation.
    Observation,
    /// An official message.
    Advisory,
}

/// In which form it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// One JSON object of our own addresses.
    Json,
    /// A table's header and one row.
    Csv,
    /// An Observation of SensorThings.
    SensorThings,
    /// A message of the Common Alerting Protocol.
    Cap,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Observation => "observation",
            Self::Advisory => "advisory",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Report, Self::Observation, Self::Advisory]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

impl Written {
    const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::SensorThings, Self::Cap];

    fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::SensorThings => "sensorthings",
            Self::Cap => "cap",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }
}

/// A refused item.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) kind: Kind,
    pub(crate) form: Written,
    pub(crate) reason: String,
    pub(crate) detail: String,
    /// The partner's name of it: a report's id, an observation's datastream.
    pub(crate) item: Option<String>,
    /// The item as it came.
    pub(crate) payload: Option<String>,
}

/// The half of a letter that is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Inside {
    detail: String,
    item: Option<String>,
    payload: Option<String>,
}

#[derive(Debug, Default)]
struct Waiting {
    rows: Vec<LetterRow>,
    bytes: usize,
}

/// Shared by all handlers.
#[derive(Debug)]
pub struct Letters {
    vault: Arc<Vault>,
    next: AtomicU64,
    /// Sealed, and on their way to disk: they go there once a second, since one who sends nothing but refused items must not cost
    /// the others a sync for each.
    waiting: Mutex<Waiting>,
    /// Who writes holds it, so that whoever asks afterwards reads what was written.
    writing: tokio::sync::Mutex<()>,
    /// Who replays holds it: what two replayed at once would pass twice.
    turn: Semaphore,
}

impl Letters {
    /// Of this store.
    pub(crate) async fn open(store: &Store, vault: Arc<Vault>) -> Result<Self, StoreError> {
        let next = AtomicU64::new(store.letters_last().await? + 1);
        Ok(Self {
            vault,
            next,
            waiting: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            turn: Semaphore::new(1),
        })
    }

    /// Puts letters on their way; whether so many wait that they must be written now.
    fn post(&self, rows: Vec<LetterRow>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let sizes = rows.iter().map(|row| row.sealed.payload.len() + ROW_BYTES);
        waiting.bytes += sizes.sum::<usize>();
        waiting.rows.extend(rows);
        waiting.bytes > WAITING_BYTES_MAX
    }

    /// Writes what waits. That it cannot be kept is no reason to refuse anything: it is logged.
    pub(crate) async fn flush(&self, store: &Store, max: usize) {
        let _one = self.writing.lock().await;
        let rows = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting).rows
        };
        let mut by_source: BTreeMap<SourceKey, Vec<LetterRow>> = BTreeMap::new();
        for row in rows {
            by_source.entry(row.source).or_default().push(row);
        }
        for (source, mut rows) in by_source {
            // The oldest leave first, also among those that never got there.
            rows.drain(..rows.len().saturating_sub(max));
            if let Err(cause) = store.letters_add(source, &rows, max).await {
                tracing::warn!(%cause, "refused items are not kept");
            }
        }
    }

    /// A letter, opened.
    fn open_one(&self, row: &LetterRow) -> Result<Inside, BadSeal> {
        let bytes = self.vault.open_letter(row.id, &row.sealed)?;
        serde_json::from_slice(&bytes).map_err(|_damage| BadSeal)
    }
}

/// The letters of a body's refused items.
pub(crate) fn of_body(
    bytes: &[u8],
    form: Form,
    kind: Kind,
    rejected: &[Rejected],
    max: usize,
) -> Vec<Letter> {
    // The oldest leave first, also within one body.
    let kept = &rejected[rejected.len().saturating_sub(max)..];
    let wanted: BTreeSet<u64> = kept.iter().map(|one| one.index).collect();
    let mut found: BTreeMap<u64, String> = normalise::raw_items(bytes, form, &wanted);
    let form = match form {
        Form::Table => Written::Csv,
        Form::Message => Written::Cap,
        Form::Document | Form::Lines | Form::Sequence => Written::Json,
    };
    kept.iter()
        .map(|one| Letter {
            kind,
            form,
            reason: one.reason.clone(),
            detail: one.detail.clone(),
            item: one.id.clone(),
            payload: found.remove(&one.index),
        })
        .collect()
}

/// The letters of values that a source of ours read and the pipeline refused: written as a partner would have sent them.
pub(crate) fn of_refused(refused: Vec<Refused>) -> Vec<Letter> {
    let letter = |one: Refused| {
        let value = one.observation?;
        let time = match value.phenomenon_end {
            Some(end) => format!("{}/{end}", value.phenomenon_time),
            None => value.phenomenon_time.to_string(),
        };
        let mut said = serde_json::Map::new();
        said.insert("datastream".to_owned(), value.datastream.clone().into());
        said.insert("phenomenon_time".to_owned(), time.into());
        said.insert(
            "result".to_owned(),
            match value.result {
                ObservationResult::Number(number) => number.into(),
                ObservationResult::Text(text) => text.into(),
            },
        );
        let mut put = |name: &str, text: Option<String>| {
            if let Some(text) = text {
                said.insert(name.to_owned(), text.into());
            }
        };
        put("name", value.name);
        put("unit", value.unit);
        put("result_time", value.result_at.map(|at| at.to_string()));
        put("quality", value.quality.word().map(str::to_owned));
        if let Some(place) = value.place {
            let at = [place.lng(), place.lat()];
            let point = serde_json::json!({"type": "Point", "coordinates": at});
            said.insert("geometry".to_owned(), point);
        }
        Some(Letter {
            kind: Kind::Observation,
            form: Written::Json,
            reason: one.reason.to_owned(),
            detail: one.detail,
            item: Some(value.datastream),
            payload: Some(serde_json::Value::Object(said).to_string()),
        })
    };
    refused.into_iter().filter_map(letter).collect()
}

/// The letter of an official message that a source of ours fetched, or could not: then it has no bytes.
pub(crate) fn of_message(reason: String, detail: String, name: &str, bytes: &[u8]) -> Letter {
    let payload = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty());
    Letter {
        kind: Kind::Advisory,
        form: Written::Cap,
        reason,
        detail,
        item: Some(name.to_owned()),
        payload: payload.map(str::to_owned),
    }
}

/// Keeps letters of a source for a day; within a second they are on disk.
pub(crate) async fn keep(
    app: &App,
    (source, source_id, mode): (SourceKey, &str, Mode),
    letters: Vec<Letter>,
) {
    if letters.is_empty() {
        return;
    }
    let now = app.clock.now();
    let max = app.config.limits.dead_letters_max;
    let bytes_max = app.config.limits.dead_letter_bytes_max;
    let source_id = source_id.to_owned();
    let shared = Arc::clone(&app.letters);
    let sealed = tokio::task::spawn_blocking(move || {
        let first = shared.next.fetch_add(letters.len() as u64, Ordering::Relaxed);
        let row = |(id, letter): (u64, Letter)| {
            seal(&shared.vault, (id, now), (source, mode), (&source_id, bytes_max), letter)
        };
        (first..).zip(letters).map(row).collect::<Result<Vec<_>, BadSeal>>()
    })
    .await;
    let rows = match sealed {
        Ok(Ok(rows)) => rows,
        Ok(Err(cause)) => return tracing::warn!(%cause, "refused items are not kept"),
        Err(cause) => return tracing::warn!(%cause, "refused items are not kept"),
    };
    if app.letters.post(rows) {
        app.letters.flush(&app.store, max).await;
    }
}

fn short(text: String) -> String {
    if text.chars().count() <= WORDS_CHARS_MAX {
        return text;
    }
    text.chars().take(WORDS_CHARS_MAX).collect()
}

fn seal(
    vault: &Vault,
    (id, now): (u64, Timestamp),
    (source, mode): (SourceKey, Mode),
    (source_id, bytes_max): (&str, usize),
    letter: Letter,
) -> Result<LetterRow, BadSeal> {
    let Letter { kind, form, reason, detail, item, payload } = letter;
    let item = item.map(short);
    // A report's id and words are its people's; a datastream is a thing.
    let datastream = item.clone().filter(|_| kind == Kind::Observation);
    let report: Option<ReportId> =
        item.as_deref().filter(|_| kind == Kind::Report).map(|id| report_id(source_id, id));
    let inside = Inside {
        detail: short(detail),
        item,
        payload: payload.filter(|text| text.len() <= bytes_max && !text.contains('\0')),
    };
    let plain = serde_json::to_vec(&inside).map_err(|_never| BadSeal)?;
    Ok(LetterRow {
        id,
        source,
        mode,
        kind: kind.word().to_owned(),
        form: form.word().to_owned(),
        reason,
        datastream: datastream.filter(|name| !name.contains('\0')),
        report,
        received_at: now,
        sealed: vault.seal_letter(id, &plain)?,
    })
}

/// The letters that are asked for, opened, and the cursor of the next page.
pub(crate) async fn list(
    app: &App,
    mut filter: LetterFilter,
    sources: &[SourceRow],
) -> Result<(Vec<DeadLetter>, Option<u64>), StoreError> {
    filter.since = app.clock.now().plus_ms(-KEPT_MS);
    app.letters.flush(&app.store, app.config.limits.dead_letters_max).await;
    let rows = app.store.letters(&filter).await?;
    let next = if rows.len() < filter.limit { None } else { rows.last().map(|row| row.id) };
    let shared = Arc::clone(&app.letters);
    let names: BTreeMap<SourceKey, String> =
        sources.iter().map(|row| (row.key, row.id.clone())).collect();
    let opened = tokio::task::spawn_blocking(move || {
        rows.into_iter().map(|row| told(&shared, &names, row)).collect::<Result<Vec<_>, _>>()
    })
    .await
    .map_err(|died| StoreError::Backend(died.to_string()))?;
    Ok((opened?, next))
}

fn told(
    letters: &Letters,
    names: &BTreeMap<SourceKey, String>,
    row: LetterRow,
) -> Result<DeadLetter, StoreError> {
    let inside = letters
        .open_one(&row)
        .map_err(|_seal| StoreError::Corrupt(format!("dead letter {} does not open", row.id)))?;
    Ok(DeadLetter {
        id: row.id.to_string(),
        source: names.get(&row.source).cloned().unwrap_or_default(),
        mode: row.mode,
        kind: row.kind,
        form: row.form,
        item: inside.item,
        reason: row.reason,
        detail: inside.detail,
        received_at: row.received_at,
        payload: inside.payload,
    })
}
