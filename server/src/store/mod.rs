//! The store: SQLite or PostgreSQL behind one set of queries.
//!
//! SQL stands in constants with `$1` placeholders, which both speak; the macros of this file expand one body for both
//! pools. Dialect differences live in the migrations, in `sqlite.rs` and in `postgres.rs`, nowhere else.
//! Transactions never leave a store function. Numbers and times are BIGINT and come from Rust.

mod append;
mod checkpoints;
mod contacts;
mod erase;
mod error;
mod gazetteer;
mod geocodes;
mod holds;
mod hours;
mod journal;
mod keys;
mod letters;
mod meta;
mod observations;
mod observed;
mod operators;
mod postgres;
mod registry;
mod rows;
mod sessions;
mod sources;
mod sqlite;

use std::path::Path;

pub use append::{AppendError, Appended, Beside, Sealed};
pub use checkpoints::{CheckpointRow, PartRow};
pub use contacts::{ContactRow, ToldRow};
pub use erase::Erasable;
pub use error::{OpenError, StoreError};
pub use holds::HoldRow;
pub use hours::{DayRow, HOUR_MS, HourRow, HourTotal, ReasonRow, Refusals, hour_of};
pub use journal::StoredEntry;
pub(crate) use keys::box_text;
pub use letters::{LetterFilter, LetterRow};
pub use observations::{
    BUCKET_VALUES_MAX, BucketRow, Buckets, HISTORY_PAGE_MAX, HistoryCursor, Moment, ObservationRow,
    Span,
};
pub use observed::{Column, Comparison, Number, ObservedQuery, ObservedRow};
pub use postgres::PostgresStore;
pub use registry::{EntityRow, LinkRow, RegistryChange};
pub(crate) use rows::DAY_MS;
pub use rows::{KeyKind, KeyRow, KeyTerms, OperatorRow, SessionRow, SourceRow, TEST_LANE};
pub use sqlite::SqliteStore;

/// The database; the URL's scheme decides.
#[derive(Debug, Clone)]
pub enum Store {
    /// SQLite: one writer connection, some readers.
    Sqlite(SqliteStore),
    /// PostgreSQL.
    Postgres(PostgresStore),
}

/// Runs one body on a connection that reads: `reading!(store, db => expression)`.
macro_rules! reading {
    ($store:expr, $db:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite(sqlite) => {
                let $db = &sqlite.readers;
                $body
            }
            $crate::store::Store::Postgres(postgres) => {
                let $db = &postgres.pool;
                $body
            }
        }
    };
}

/// Runs one body on a connection that writes, without a transaction of its own: one statement.
macro_rules! writing {
    ($store:expr, $db:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite(sqlite) => {
                let $db = &sqlite.writer;
                $body
            }
            $crate::store::Store::Postgres(postgres) => {
                let $db = &postgres.pool;
                $body
            }
        }
    };
}

/// Runs one body inside a write transaction and commits: `in_transaction!(store, tx, Db => { … value })`.
///
/// On SQLite it begins IMMEDIATE: a deferred transaction that reads and then writes is refused at once when another
/// writes, whatever the busy timeout.
macro_rules! in_transaction {
    ($store:expr, $tx:ident, $db:ident => $body:block) => {
        match $store {
            $crate::store::Store::Sqlite(sqlite) => {
                type $db = sqlx::Sqlite;
                let mut $tx = sqlite.writer.begin_with("BEGIN IMMEDIATE").await?;
                let value = $body;
                $tx.commit().await?;
                value
            }
            $crate::store::Store::Postgres(postgres) => {
                type $db = sqlx::Postgres;
                let mut $tx = postgres.pool.begin().await?;
                let value = $body;
                $tx.commit().await?;
                value
            }
        }
    };
}

pub(crate) use {in_transaction, reading, writing};

impl Store {
    /// Opens the database that `url` names (`sqlite:PATH` or `postgres://…`), and brings its schema up to date.
    pub async fn open(url: &str, data_dir: &Path) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return PostgresStore::open(url).await.map(Self::Postgres);
        }
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            let path = if path.is_empty() { data_dir.join("talaia.db") } else { path.into() };
            return SqliteStore::open(&path).await.map(Self::Sqlite);
        }
        Err(OpenError::BadUrl)
    }

    /// Whether the database answers: for `/readyz`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        reading!(self, db => sqlx::query_scalar::<_, i64>("SELECT CAST(1 AS BIGINT)").fetch_one(db).await?);
        Ok(())
    }

    /// Looks for damage in the file, for at most `limit` findings. PostgreSQL checks its own pages.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.check().await,
            Self::Postgres(_) => self.ping().await,
        }
    }

    /// Closes all connections; on SQLite the write-ahead log is folded into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => {
                sqlite.readers.close().await;
                sqlite.writer.close().await;
            }
            Self::Postgres(postgres) => postgres.pool.close().await,
        }
    }
}

#[cfg(test)]
impl Store {
    /// Damages what is stored, as no function of ours would.
    pub(crate) async fn execute_for_test(&self, sql: &'static str) {
        let done = writing!(self, db => sqlx::query(sql).execute(db).await.map(|_done| ()));
        done.expect("the damage is done");
    }
}

/// A count or number of ours as the databases keep it. Ours stay far below 2⁶³.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A stored count or number; negative ones are damage.
pub(crate) fn unsigned(value: i64, what: &str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_negative| StoreError::Corrupt(format!("{what} is {value}")))
}
