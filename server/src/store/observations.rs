//! Observations as rows: written beside their journal entries, and asked for by datastream and time.

use engine::entry::SourceKey;
use engine::observation::Quality;
use wire::time::Timestamp;
use wire::view::Mode;

use super::append::grouped;
use super::rows::{mode_of, source_key};
use super::{AppendError, Store, StoreError, StoredEntry, big, journal, reading, unsigned};

/// One observation as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservationRow {
    /// The number of its entry.
    pub seq: u64,
    /// Who sent it.
    pub source: SourceKey,
    /// Live or exercise.
    pub mode: Mode,
    /// The datastream as its partner names it.
    pub datastream: String,
    /// When the value was true, or began to be.
    pub phenomenon_at: Timestamp,
    /// When it ceased to be, of an interval.
    pub phenomenon_end: Option<Timestamp>,
    /// When the result was made, if that was said.
    pub result_at: Option<Timestamp>,
    /// When it came in.
    pub recorded_at: Timestamp,
    /// The number, as sent.
    pub number: Option<f64>,
    /// The words, where it is no number.
    pub text: Option<String>,
    /// The unit, as sent with this value.
    pub unit: Option<String>,
    /// What the sender says of its worth.
    pub quality: Quality,
    /// The item as it came, where its dialect keeps it.
    pub raw: Option<String>,
}

/// Where a page of a history ended: the moment and the number of its last value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// The last value's moment.
    pub phenomenon_at: Timestamp,
    /// Its number, which tells values of one moment apart.
    pub seq: u64,
}

/// A moment of a datastream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Whose.
    pub source: SourceKey,
    /// The datastream.
    pub datastream: String,
    /// When the value was true.
    pub phenomenon_at: Timestamp,
}

/// Which values of which datastream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<'a> {
    /// Whose.
    pub source: SourceKey,
    /// The datastream.
    pub datastream: &'a str,
    /// From this moment on.
    pub from: Timestamp,
    /// And before this one.
    pub to: Timestamp,
}

/// What the values of one unit were in one stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketRow {
    /// Where the stretch begins: a multiple of its length since 1970.
    pub at: Timestamp,
    /// The unit as sent; none where the values came without.
    pub unit: Option<String>,
    /// Numbers that count: not those of bad quality.
    pub n: u64,
    /// All values: words and those of bad quality too.
    pub n_all: u64,
    /// The least; none without a number.
    pub min: Option<f64>,
    /// The mean of the numbers.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

/// Buckets, as far as one question may read.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    /// In the order of time; of one stretch a row for each unit.
    pub rows: Vec<BucketRow>,
    /// Where to go on, if there is more: the beginning of a stretch.
    pub next: Option<Timestamp>,
}

/// Values of one page of a history at most, whatever is asked: a page without raw items stays far below a megabyte.
pub const HISTORY_PAGE_MAX: u32 = 1_000;

/// Values read for one page of buckets at most: a day of one a second, and less than a second's work for a database.
pub const BUCKET_VALUES_MAX: u32 = 100_000;

/// Stretches of one page at most, one for each unit: more than a screen has columns.
const BUCKETS_MAX: usize = 2_000;

pub(super) const INSERT: &str = "INSERT INTO observation (seq, source_key, mode, datastream, \
     phenomenon_at, phenomenon_end, result_at, recorded_at, number, text, unit, quality, raw) ";

// Of the same moment the later row counts: a correction, or what was sent again because an answer was lost.
const PAGE: &str = "SELECT seq, source_key, mode, datastream, phenomenon_at, phenomenon_end, result_at, \
     recorded_at, number, text, unit, quality, raw FROM observation AS one \
     WHERE source_key = $1 AND datastream = $2 AND phenomenon_at >= $3 AND phenomenon_at < $4 \
     AND (phenomenon_at, seq) > ($5, $6) \
     AND NOT EXISTS (SELECT 1 FROM observation AS later \
     WHERE later.source_key = one.source_key AND later.datastream = one.datastream \
     AND later.phenomenon_at = one.phenomenon_at AND later.seq > one.seq) \
     ORDER BY phenomenon_at, seq LIMIT $7";

// The inner question bounds what is read; the outer adds it up.
const BUCKETS: &str = "SELECT phenomenon_at - phenomenon_at % $5 AS bucket, unit, \
     COUNT(CASE WHEN quality = 'bad' THEN NULL ELSE number END) AS n, COUNT(*) AS n_all, \
     MIN(CASE WHEN quality = 'bad' THEN NULL ELSE number END) AS least, \
     AVG(CASE WHEN quality = 'bad' THEN NULL ELSE number END) AS mean, \
     MAX(CASE WHEN quality = 'bad' THEN NULL ELSE number END) AS greatest \
     FROM (SELECT phenomenon_at, unit, number, quality FROM observation AS one \
     WHERE source_key = $1 AND datastream = $2 AND phenomenon_at >= $3 AND phenomenon_at < $4 \
     AND NOT EXISTS (SELECT 1 FROM observation AS later \
     WHERE later.source_key = one.source_key AND later.datastream = one.datastream \
     AND later.phenomenon_at = one.phenomenon_at AND later.seq > one.seq) \
     ORDER BY phenomenon_at, seq LIMIT $6) AS held \
     GROUP BY bucket, unit ORDER BY bucket LIMIT $7";

/// Moments of one question: three binds each, below the limits of both databases.
const MOMENTS: usize = 2_000;

/// Values of one question at most: one of a moment, and some that were corrected many times.
const MOMENT_VALUES_MAX: i64 = 20_000;

const AT: &str = ") SELECT o.seq, o.source_key, o.mode, o.datastream, o.phenomenon_at, o.phenomenon_end, \
     o.result_at, o.recorded_at, o.number, o.text, o.unit, o.quality, o.raw \
     FROM asked CROSS JOIN observation o WHERE o.source_key = asked.source_key \
     AND o.datastream = asked.datastream AND o.phenomenon_at = asked.at ORDER BY o.seq LIMIT ";

const LAST: &str = "SELECT seq FROM observation ORDER BY seq DESC LIMIT 1";

#[derive(sqlx::FromRow)]
struct Line {
    seq: i64,
    source_key: i64,
    mode: String,
    datastream: String,
    phenomenon_at: i64,
    phenomenon_end: Option<i64>,
    result_at: Option<i64>,
    recorded_at: i64,
    number: Option<f64>,
    text: Option<String>,
    unit: Option<String>,
    quality: Option<String>,
    raw: Option<String>,
}

#[derive(sqlx::FromRow)]
struct BucketLine {
    bucket: i64,
    unit: Option<String>,
    n: i64,
    n_all: i64,
    least: Option<f64>,
    mean: Option<f64>,
    greatest: Option<f64>,
}

fn quality_of(word: Option<&str>) -> Result<Quality, StoreError> {
    let Some(word) = word else { return Ok(Quality::Unstated) };
    let known = Quality::STATED.into_iter().find(|quality| quality.word() == Some(word));
    known.ok_or_else(|| StoreError::Corrupt(format!("a quality is {word:?}")))
}

fn row(line: Line) -> Result<ObservationRow, StoreError> {
    Ok(ObservationRow {
        seq: unsigned(line.seq, "an observation's number")?,
        source: source_key(line.source_key)?,
        mode: mode_of(&line.mode)?,
        datastream: line.datastream,
        phenomenon_at: Timestamp(line.phenomenon_at),
        phenomenon_end: line.phenomenon_end.map(Timestamp),
        result_at: line.result_at.map(Timestamp),
        recorded_at: Timestamp(line.recorded_at),
        number: line.number,
        text: line.text,
        unit: line.unit,
        quality: quality_of(line.quality.as_deref())?,
        raw: line.raw,
    })
}

fn bucket(line: BucketLine) -> Result<BucketRow, StoreError> {
    Ok(BucketRow {
        at: Timestamp(line.bucket),
        unit: line.unit,
        n: unsigned(line.n, "a count of values")?,
        n_all: unsigned(line.n_all, "a count of values")?,
        min: line.least,
        mean: line.mean,
        max: line.greatest,
    })
}

/// The statements that write observations, for either database.
macro_rules! write_observations {
    ($tx:ident, $db:ty, $rows:expr) => {{
        for rows in $rows.chunks($crate::store::append::ROWS_PER_STATEMENT) {
            let mut insert = sqlx::QueryBuilder::<$db>::new($crate::store::observations::INSERT);
            insert.push_values(rows, |mut tuple, row: &$crate::store::ObservationRow| {
                tuple
                    .push_bind($crate::store::big(row.seq))
                    .push_bind(i64::from(row.source.0))
                    .push_bind($crate::store::rows::mode_word(row.mode))
                    .push_bind(row.datastream.as_str())
                    .push_bind(row.phenomenon_at.0)
                    .push_bind(row.phenomenon_end.map(|at| at.0))
                    .push_bind(row.result_at.map(|at| at.0))
                    .push_bind(row.recorded_at.0)
                    .push_bind(row.number)
                    .push_bind(row.text.as_deref())
                    .push_bind(row.unit.as_deref())
                    .push_bind(row.quality.word())
                    .push_bind(row.raw.as_deref());
            });
            insert.build().execute(&mut *$tx).await?;
        }
    }};
}
pub(super) use write_observations;

impl Store {
    /// Up to `limit` values after `after`, in the order of their moments. Of one moment it is the last that was sent.
    pub async fn history(
        &self,
        span: Span<'_>,
        after: Option<HistoryCursor>,
        limit: u32,
    ) -> Result<Vec<ObservationRow>, StoreError> {
        let (at, seq) = after.map_or((i64::MIN, 0), |after| (after.phenomenon_at.0, after.seq));
        let lines: Vec<Line> = reading!(self, db => sqlx::query_as(PAGE)
            .bind(i64::from(span.source.0))
            .bind(span.datastream)
            // The index begins where the page before ended, however deep that is.
            .bind(span.from.0.max(at))
            .bind(span.to.0)
            .bind(at)
            .bind(big(seq))
            .bind(i64::from(limit.min(HISTORY_PAGE_MAX)))
            .fetch_all(db)
            .await?);
        lines.into_iter().map(row).collect()
    }

    /// How many, the least, the mean and the greatest of each stretch of `bucket_ms`. At most `values_max` values are
    /// read (and [`BUCKET_VALUES_MAX`] in any case); a stretch that was not read to its end is left to the next page.
    pub async fn buckets(
        &self,
        span: Span<'_>,
        bucket_ms: u64,
        values_max: u32,
    ) -> Result<Buckets, StoreError> {
        let values_max = values_max.clamp(1, BUCKET_VALUES_MAX);
        let lines: Vec<BucketLine> = reading!(self, db => sqlx::query_as(BUCKETS)
            .bind(i64::from(span.source.0))
            .bind(span.datastream)
            .bind(span.from.0)
            .bind(span.to.0)
            .bind(big(bucket_ms.max(1)))
            .bind(i64::from(values_max) + 1)
            .bind(BUCKETS_MAX as i64 + 1)
            .fetch_all(db)
            .await?);
        let mut rows = lines.into_iter().map(bucket).collect::<Result<Vec<_>, _>>()?;
        // The databases differ in where they put what has no unit.
        rows.sort_by(|a, b| (a.at, &a.unit).cmp(&(b.at, &b.unit)));
        let is_cut = rows.len() > BUCKETS_MAX;
        let n_read: u64 = rows.iter().map(|row| row.n_all).sum();
        let mut next = None;
        if (is_cut || n_read > u64::from(values_max))
            && let Some(last) = rows.last().map(|row| row.at)
        {
            rows.retain(|row| row.at < last);
            next = Some(last);
        }
        Ok(Buckets { rows, next })
    }

    /// All values of these moments, in the order of their numbers.
    pub async fn observations_at(
        &self,
        moments: &[Moment],
    ) -> Result<Vec<ObservationRow>, StoreError> {
        let mut rows = Vec::new();
        for moments in moments.chunks(MOMENTS) {
            let lines: Vec<Line> = reading!(self, db => {
                // The moments lead, each to its place in the index.
                let mut query = sqlx::QueryBuilder::new("WITH asked (source_key, datastream, at) AS (");
                query.push_values(moments, |mut tuple, one: &Moment| {
                    tuple
                        .push_bind(i64::from(one.source.0))
                        .push_bind(one.datastream.as_str())
                        .push_bind(one.phenomenon_at.0);
                });
                query.push(AT).push_bind(MOMENT_VALUES_MAX);
                query.build_query_as().fetch_all(db).await?
            });
            for line in lines {
                rows.push(row(line)?);
            }
        }
        Ok(rows)
    }

    /// The number of the last observation that stands as a row; 0 before the first.
    pub async fn last_observation(&self) -> Result<u64, StoreError> {
        let last: Option<i64> =
            reading!(self, db => sqlx::query_scalar(LAST).fetch_optional(db).await?);
        unsigned(last.unwrap_or_default(), "an observation's number")
    }

    /// Up to `limit` entries of the journal after `seq` that are observations, in order.
    pub async fn observations_after(
        &self,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        journal::page(self, journal::OBSERVATIONS_AFTER, seq, limit).await
    }

    /// Writes rows whose entries stand in the journal already; all or none.
    pub async fn observations_fill(&self, rows: &[ObservationRow]) -> Result<(), AppendError> {
        grouped!(self, tx, Db => { write_observations!(tx, Db, rows); })
    }
}
