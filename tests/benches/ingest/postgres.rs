//! PostgreSQL as a peer: the same rows into the same schema by COPY, one transaction a batch, fsync on.

use std::path::Path;
use std::time::Instant;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use support::postgres::Postgres;

use crate::rows::{Cell, Written};

/// A cluster with an empty database.
#[derive(Debug)]
pub(crate) struct Server {
    pool: PgPool,
    cluster: Postgres,
}

impl Server {
    /// Starts it, or says why there is none.
    pub(crate) async fn start() -> Result<Self, String> {
        let cluster = Postgres::start()?;
        let url = cluster.fresh_database()?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect(&url)
            .await
            .map_err(|cause| cause.to_string())?;
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        Ok(Self { pool, cluster })
    }

    /// `PostgreSQL 15.18`.
    pub(crate) fn version(&self) -> String {
        self.cluster.version()
    }

    /// Copies a round in; the seconds it took. The text that COPY reads is made before the clock runs.
    pub(crate) async fn copy(&self, written: &Written, size: usize) -> f64 {
        let batches: Vec<Vec<(String, String)>> = (0..written.n().div_ceil(size))
            .map(|at| {
                let tables = written.batch(size, at).filter(|(_, rows)| !rows.is_empty());
                tables
                    .map(|(table, rows)| {
                        let copy = format!(
                            "COPY {} ({}) FROM STDIN",
                            table.name,
                            table.columns.join(", ")
                        );
                        (copy, rows.iter().map(|row| line(row)).collect())
                    })
                    .collect()
            })
            .collect();
        let started = Instant::now();
        for batch in &batches {
            let mut transaction = self.pool.begin().await.unwrap();
            for (copy, text) in batch {
                let mut sink = transaction.copy_in_raw(copy).await.unwrap();
                sink.send(text.as_bytes()).await.unwrap();
                sink.finish().await.unwrap();
            }
            transaction.commit().await.unwrap();
        }
        started.elapsed().as_secs_f64()
    }
}

/// A row in COPY's text form.
fn line(row: &[Cell]) -> String {
    use std::fmt::Write as _;
    let mut line = String::new();
    for (at, cell) in row.iter().enumerate() {
        if at > 0 {
            line.push('\t');
        }
        match cell {
            Cell::Null => line.push_str("\\N"),
            Cell::Integer(value) => write!(line, "{value}").unwrap(),
            Cell::Real(value) => write!(line, "{value}").unwrap(),
            Cell::Text(text) => {
                line.push_str(
                    &text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
                );
            }
            Cell::Bytes(bytes) => {
                line.push_str("\\\\x");
                for byte in bytes {
                    write!(line, "{byte:02x}").unwrap();
                }
            }
        }
    }
    line.push('\n');
    line
}
