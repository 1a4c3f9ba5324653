//! Observations as SensorThings asks for them: those of registered Datastreams, within bounds, in an order, page by page.

use engine::entry::SourceKey;
use wire::time::Timestamp;
use wire::view::Mode;

use super::rows::{mode_of, mode_word, source_key};
use super::{Store, StoreError, big, unsigned};

const COLUMNS: &str = "SELECT o.seq, o.source_key, o.mode, o.datastream, o.phenomenon_at, o.phenomenon_end, \
     o.result_at, o.recorded_at, o.number, o.text, o.quality, o.raw AS rest ";
const FROM: &str = "FROM observation o JOIN sta_entity d ON d.source_key = o.source_key AND d.mode = o.mode \
     AND d.stream = o.datastream WHERE o.mode = ";

/// A column that bounds and orders may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The journal number.
    Seq,
    /// When it was true, or began to be.
    PhenomenonAt,
    /// When it ceased to be true; of a moment the moment itself.
    PhenomenonEnd,
    /// When the result was made.
    ResultAt,
    /// The value, if it is a number.
    Number,
}

impl Column {
    fn sql(self) -> &'static str {
        match self {
            Self::Seq => "o.seq",
            Self::PhenomenonAt => "o.phenomenon_at",
            Self::PhenomenonEnd => "COALESCE(o.phenomenon_end, o.phenomenon_at)",
            Self::ResultAt => "o.result_at",
            Self::Number => "o.number",
        }
    }
}

/// How a column stands to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Is,
    /// Another.
    IsNot,
    /// More.
    Above,
    /// More, or the same.
    AtLeast,
    /// Less.
    Below,
    /// Less, or the same.
    AtMost,
}

impl Comparison {
    fn sql(self) -> &'static str {
        match self {
            Self::Is => " = ",
            Self::IsNot => " <> ",
            Self::Above => " > ",
            Self::AtLeast => " >= ",
            Self::Below => " < ",
            Self::AtMost => " <= ",
        }
    }
}

/// What a column is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A count, or milliseconds.
    Whole(i64),
    /// A value.
    Real(f64),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ObservedQuery {
    /// Live or exercise.
    pub mode: Mode,
    /// The Datastreams by their names in the journal; `None` for all that are registered.
    pub streams: Option<Vec<(SourceKey, String)>>,
    /// What has to hold of each.
    pub bounds: Vec<(Column, Comparison, Number)>,
    /// The order, and whether the largest comes first; the journal number decides at the end.
    pub order: Vec<(Column, bool)>,
    /// How many at most.
    pub limit: usize,
    /// How many are passed over.
    pub offset: usize,
}

/// An Observation as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedRow {
    /// Its journal number.
    pub seq: u64,
    /// Who sent it.
    pub source: SourceKey,
    /// Live or exercise.
    pub mode: Mode,
    /// The Datastream's name in the journal.
    pub datastream: String,
    /// When it was true, or began to be.
    pub phenomenon_at: Timestamp,
    /// When it ceased to be true.
    pub phenomenon_end: Option<Timestamp>,
    /// When the result was made.
    pub result_at: Option<Timestamp>,
    /// When it came in.
    pub recorded_at: Timestamp,
    /// The value, if it is a number.
    pub number: Option<f64>,
    /// The value in words.
    pub text: Option<String>,
    /// What its sender says of its worth.
    pub quality: Option<String>,
    /// What of the item has no column.
    pub raw: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Raw {
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
    quality: Option<String>,
    rest: Option<String>,
}

fn row(raw: Raw) -> Result<ObservedRow, StoreError> {
    Ok(ObservedRow {
        seq: unsigned(raw.seq, "a journal number")?,
        source: source_key(raw.source_key)?,
        mode: mode_of(&raw.mode)?,
        datastream: raw.datastream,
        phenomenon_at: Timestamp(raw.phenomenon_at),
        phenomenon_end: raw.phenomenon_end.map(Timestamp),
        result_at: raw.result_at.map(Timestamp),
        recorded_at: Timestamp(raw.recorded_at),
        number: raw.number,
        text: raw.text,
        quality: raw.quality,
        raw: raw.rest,
    })
}

/// Lays what is asked over a statement, for either database. Columns and signs are ours, all else is bound.
macro_rules! where_it_holds {
    ($sql:ident, $query:ident) => {{
        $sql.push(FROM).push_bind(mode_word($query.mode));
        if let Some(streams) = &$query.streams {
            $sql.push(" AND (FALSE");
            for (source, name) in streams {
                $sql.push(" OR (o.source_key = ").push_bind(i64::from(source.0));
                $sql.push(" AND o.datastream = ").push_bind(name.as_str()).push(")");
            }
            $sql.push(")");
        }
        for (column, comparison, number) in &$query.bounds {
            $sql.push(" AND ").push(column.sql()).push(comparison.sql());
            match number {
                Number::Whole(whole) => $sql.push_bind(*whole),
                Number::Real(real) => $sql.push_bind(*real),
            };
        }
    }};
}

/// Runs a statement made for either database.
macro_rules! built {
    ($store:expr, $start:expr, $sql:ident, $pool:ident => $lay:block, $run:expr) => {
        match $store {
            Store::Sqlite(sqlite) => {
                let $pool = &sqlite.readers;
                let mut $sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new($start);
                $lay
                $run
            }
            Store::Postgres(postgres) => {
                let $pool = &postgres.pool;
                let mut $sql = sqlx::QueryBuilder::<sqlx::Postgres>::new($start);
                $lay
                $run
            }
        }
    };
}

impl Store {
    /// A page of Observations.
    pub async fn observed(&self, query: &ObservedQuery) -> Result<Vec<ObservedRow>, StoreError> {
        let rows: Vec<Raw> = built!(self, COLUMNS, sql, pool => {
            where_it_holds!(sql, query);
            sql.push(" ORDER BY ");
            for (column, is_down) in &query.order {
                let way = if *is_down { " DESC, " } else { ", " };
                if matches!(column, Column::ResultAt | Column::Number) {
                    // The two databases put what is absent at different ends.
                    sql.push("(").push(column.sql()).push(" IS NOT NULL)").push(way);
                }
                sql.push(column.sql()).push(way);
            }
            let is_down = query.order.first().is_some_and(|(_, is_down)| *is_down);
            sql.push(if is_down { "o.seq DESC" } else { "o.seq" });
            sql.push(" LIMIT ").push_bind(big(query.limit as u64));
            sql.push(" OFFSET ").push_bind(big(query.offset as u64));
        }, sql.build_query_as().fetch_all(pool).await?);
        rows.into_iter().map(row).collect()
    }

    /// How many there are; counting ends at `max`.
    pub async fn observed_count(&self, query: &ObservedQuery, max: u64) -> Result<u64, StoreError> {
        let n: i64 = built!(self, "SELECT COUNT(*) FROM (SELECT 1 AS one ", sql, pool => {
            where_it_holds!(sql, query);
            sql.push(" LIMIT ").push_bind(big(max)).push(") AS counted");
        }, sql.build_query_scalar().fetch_one(pool).await?);
        unsigned(n, "a count")
    }
}
