//! The ceiling: the same rows, ready made, in multi-row statements, one commit a batch, and nothing else.

use std::path::Path;
use std::time::Instant;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::rows::{Cell, Written};

/// Below SQLite's limit of 32,766 bound values at thirteen columns.
const ROWS_PER_STATEMENT: usize = 2_000;

/// A database with the product's schema and settings, written by one connection.
#[derive(Debug)]
pub(crate) struct Ceiling {
    pool: SqlitePool,
}

impl Ceiling {
    pub(crate) async fn open(place: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(place.join("ceiling.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "ON")
            .pragma("wal_autocheckpoint", "4096")
            .pragma("cache_size", "-65536")
            .pragma("journal_size_limit", "67108864");
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/sqlite");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        Self { pool }
    }

    /// Writes a round; the seconds it took.
    pub(crate) async fn write(&self, written: &Written, size: usize) -> f64 {
        let started = Instant::now();
        for at in 0..written.n().div_ceil(size) {
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            for (table, rows) in written.batch(size, at) {
                for rows in rows.chunks(ROWS_PER_STATEMENT) {
                    let mut insert = sqlx::QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO ");
                    insert.push(table.name).push(format!(" ({}) ", table.columns.join(", ")));
                    insert.push_values(rows, |mut tuple, row| {
                        for cell in row {
                            match cell {
                                Cell::Null => tuple.push_bind(None::<i64>),
                                Cell::Integer(value) => tuple.push_bind(*value),
                                Cell::Real(value) => tuple.push_bind(*value),
                                Cell::Text(value) => tuple.push_bind(value.as_str()),
                                Cell::Bytes(value) => tuple.push_bind(value.as_slice()),
                            };
                        }
                    });
                    insert.build().execute(&mut *transaction).await.unwrap();
                }
            }
            transaction.commit().await.unwrap();
        }
        started.elapsed().as_secs_f64()
    }
}
