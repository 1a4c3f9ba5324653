//! Dead letters: items that were refused, sealed, for a day. No part of the journal: what is lost here is lost for nobody but
//! who wanted to send it again.

use std::collections::BTreeMap;

use engine::entry::SourceKey;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::append::id_bytes;
use super::rows::{mode_of, mode_word, source_key};
use super::{Sealed, Store, StoreError, big, in_transaction, reading, unsigned, writing};

/// Rows of one statement: below the bind limit of SQLite (32,766) at eleven columns.
const ROWS_PER_STATEMENT: usize = 1_000;

const ADD: &str = "INSERT INTO dead_letter \
     (id, source_key, mode, kind, form, reason, datastream, report_id, received_at, sealed, wrapped) ";
const COLUMNS: &str = "SELECT id, source_key, mode, kind, form, reason, datastream, received_at, sealed, wrapped \
     FROM dead_letter WHERE received_at > ";
const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM dead_letter";
const OLD: &str = "DELETE FROM dead_letter WHERE received_at <= $1";
// The oldest leave first: all before the one that is the first too many.
const CROWDED: &str = "DELETE FROM dead_letter WHERE source_key = $1 AND id <= \
     (SELECT id FROM dead_letter WHERE source_key = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
const OF_REPORT: &str = "DELETE FROM dead_letter WHERE report_id = $1";
const COUNTED: &str = "SELECT source_key, reason, COUNT(*) FROM dead_letter WHERE received_at > $1 GROUP BY source_key, reason";
const ONE: &str = "DELETE FROM dead_letter WHERE id = $1";
const AGAIN: &str = "UPDATE dead_letter SET reason = $2, sealed = $3, wrapped = $4 WHERE id = $1";

/// A refused item as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    /// Its number, greater than that of all before.
    pub id: u64,
    /// Who sent it.
    pub source: SourceKey,
    /// The mode it was for.
    pub mode: Mode,
    /// `report` or `observation`.
    pub kind: String,
    /// In which form it came.
    pub form: String,
    /// Why it was refused.
    pub reason: String,
    /// Of an observation that names it.
    pub datastream: Option<String>,
    /// Of a report that has an id; written and asked by, never read.
    pub report: Option<ReportId>,
    /// When it came.
    pub received_at: Timestamp,
    /// What it said, and what is wrong with it.
    pub sealed: Sealed,
}

/// Which letters are asked for.
#[derive(Debug, Clone, Default)]
pub struct LetterFilter {
    /// In these modes.
    pub modes: Vec<Mode>,
    /// Of this source.
    pub source: Option<SourceKey>,
    /// Refused for this.
    pub reason: Option<String>,
    /// Of this datastream.
    pub datastream: Option<String>,
    /// These alone.
    pub ids: Option<Vec<u64>>,
    /// Those before this one.
    pub before: Option<u64>,
    /// Those that came after this moment.
    pub since: Timestamp,
    /// So many at most.
    pub limit: usize,
    /// The oldest first, and not the newest.
    pub oldest_first: bool,
}

#[derive(sqlx::FromRow)]
struct Line {
    id: i64,
    source_key: i64,
    mode: String,
    kind: String,
    form: String,
    reason: String,
    datastream: Option<String>,
    received_at: i64,
    sealed: Vec<u8>,
    wrapped: Vec<u8>,
}

fn row(line: Line) -> Result<LetterRow, StoreError> {
    Ok(LetterRow {
        id: unsigned(line.id, "a letter")?,
        source: source_key(line.source_key)?,
        mode: mode_of(&line.mode)?,
        kind: line.kind,
        form: line.form,
        reason: line.reason,
        datastream: line.datastream,
        report: None,
        received_at: Timestamp(line.received_at),
        sealed: Sealed { payload: line.sealed, key: line.wrapped },
    })
}

impl Store {
    /// Keeps letters of one source, and lets its oldest go beyond `max`.
    pub async fn letters_add(
        &self,
        source: SourceKey,
        letters: &[LetterRow],
        max: usize,
    ) -> Result<(), StoreError> {
        in_transaction!(self, tx, Db => {
            for rows in letters.chunks(ROWS_PER_STATEMENT) {
                let mut add = sqlx::QueryBuilder::<Db>::new(ADD);
                add.push_values(rows, |mut tuple, row: &LetterRow| {
                    tuple
                        .push_bind(big(row.id))
                        .push_bind(i64::from(row.source.0))
                        .push_bind(mode_word(row.mode))
                        .push_bind(row.kind.as_str())
                        .push_bind(row.form.as_str())
                        .push_bind(row.reason.as_str())
                        .push_bind(row.datastream.as_deref())
                        .push_bind(row.report.map(id_bytes))
                        .push_bind(row.received_at.0)
                        .push_bind(row.sealed.payload.as_slice())
                        .push_bind(row.sealed.key.as_slice());
                });
                add.build().execute(&mut *tx).await?;
            }
            sqlx::query(CROWDED)
                .bind(i64::from(source.0))
                .bind(big(max as u64))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The letters that are asked for.
    pub async fn letters(&self, filter: &LetterFilter) -> Result<Vec<LetterRow>, StoreError> {
        macro_rules! asked {
            ($db:ty, $pool:expr) => {{
                let mut ask = sqlx::QueryBuilder::<$db>::new(COLUMNS);
                ask.push_bind(filter.since.0);
                ask.push(" AND mode IN (");
                let mut words = ask.separated(", ");
                for mode in &filter.modes {
                    words.push_bind(mode_word(*mode));
                }
                ask.push(")");
                if let Some(source) = filter.source {
                    ask.push(" AND source_key = ").push_bind(i64::from(source.0));
                }
                if let Some(reason) = &filter.reason {
                    ask.push(" AND reason = ").push_bind(reason.as_str());
                }
                if let Some(datastream) = &filter.datastream {
                    ask.push(" AND datastream = ").push_bind(datastream.as_str());
                }
                if let Some(before) = filter.before {
                    ask.push(" AND id < ").push_bind(big(before));
                }
                if let Some(ids) = filter.ids.as_ref().filter(|ids| !ids.is_empty()) {
                    ask.push(" AND id IN (");
                    let mut numbers = ask.separated(", ");
                    for id in ids {
                        numbers.push_bind(big(*id));
                    }
                    ask.push(")");
                }
                ask.push(if filter.oldest_first { " ORDER BY id" } else { " ORDER BY id DESC" });
                ask.push(" LIMIT ").push_bind(big(filter.limit as u64));
                ask.build_query_as::<Line>().fetch_all($pool).await?
            }};
        }
        if filter.modes.is_empty() || filter.ids.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let lines: Vec<Line> = match self {
            Self::Sqlite(sqlite) => asked!(sqlx::Sqlite, &sqlite.readers),
            Self::Postgres(postgres) => asked!(sqlx::Postgres, &postgres.pool),
        };
        lines.into_iter().map(row).collect()
    }

    /// The greatest number that a letter has; 0 if there is none.
    pub async fn letters_last(&self) -> Result<u64, StoreError> {
        let last: i64 = reading!(self, db => sqlx::query_scalar(LAST).fetch_one(db).await?);
        unsigned(last, "a letter")
    }

    /// How many of each source were refused for each reason since a moment.
    pub async fn letters_counted(
        &self,
        since: Timestamp,
    ) -> Result<BTreeMap<(SourceKey, String), u64>, StoreError> {
        let rows: Vec<(i64, String, i64)> = reading!(self, db => sqlx::query_as(COUNTED)
            .bind(since.0).fetch_all(db).await?);
        let counted = rows.into_iter().map(|(source, reason, n)| {
            Ok(((source_key(source)?, reason), unsigned(n, "letters")?))
        });
        counted.collect()
    }

    /// Takes a letter out; whether it was there.
    pub async fn letter_remove(&self, id: u64) -> Result<bool, StoreError> {
        let n = writing!(self, db => sqlx::query(ONE)
            .bind(big(id)).execute(db).await?.rows_affected());
        Ok(n > 0)
    }

    /// Keeps a letter that was refused again with its new reason.
    pub async fn letter_again(
        &self,
        id: u64,
        reason: &str,
        sealed: &Sealed,
    ) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(AGAIN)
            .bind(big(id))
            .bind(reason)
            .bind(sealed.payload.as_slice())
            .bind(sealed.key.as_slice())
            .execute(db)
            .await
            .map(|_done| ())?);
        Ok(())
    }

    /// Lets letters go that came at this moment or before; how many.
    pub async fn letters_sweep(&self, until: Timestamp) -> Result<u64, StoreError> {
        Ok(writing!(self, db => sqlx::query(OLD)
            .bind(until.0).execute(db).await?.rows_affected()))
    }

    /// Destroys the letters of a report; how many.
    pub async fn letters_erase(&self, id: ReportId) -> Result<u64, StoreError> {
        Ok(writing!(self, db => sqlx::query(OF_REPORT)
            .bind(id_bytes(id)).execute(db).await?.rows_affected()))
    }
}
