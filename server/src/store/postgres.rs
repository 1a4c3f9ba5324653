//! PostgreSQL: one pool.

use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};

use super::{OpenError, StoreError};

/// Connections at once: one for the pipeline, the rest for sign-in, keys and lists.
const CONNECTIONS_MAX: u32 = 8;

/// Waiting for a connection longer than this is an outage worth saying.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A table of keys up to this size (16 MiB, some 100,000 reports) is written anew when keys were destroyed: nobody can append meanwhile, and
/// that takes a fraction of a second.
const REWRITTEN_BYTES_MAX: i64 = 16 << 20;

/// The PostgreSQL side of [`super::Store`].
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pub(crate) pool: PgPool,
}

impl PostgresStore {
    /// Connects and migrates. Every session asks for a synchronous commit, whatever the server's default.
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::query("SET synchronous_commit = on").execute(connection).await?;
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        sqlx::migrate!("../migrations/postgres").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Clears the rows that were deleted. A small table of keys is written anew, so that no byte of an erased key stays in its pages;
    /// of a large one the pages are only freed, and overwritten as they are used again. Then the write-ahead log goes on in a new
    /// file, and the old ones are let go; a role that may not do that leaves it to the server's own pace.
    pub(crate) async fn sweep_keys(&self) -> Result<(), StoreError> {
        for (size, whole, freed) in [
            (
                "SELECT pg_total_relation_size('payload_key')",
                "VACUUM FULL payload_key",
                "VACUUM payload_key",
            ),
            (
                "SELECT pg_total_relation_size('dead_letter')",
                "VACUUM FULL dead_letter",
                "VACUUM dead_letter",
            ),
        ] {
            let bytes: i64 = sqlx::query_scalar(size).fetch_one(&self.pool).await?;
            let sweep = if bytes <= REWRITTEN_BYTES_MAX { whole } else { freed };
            sqlx::query(sweep).execute(&self.pool).await?;
        }
        sqlx::query("VACUUM payload").execute(&self.pool).await?;
        for ask in ["SELECT pg_switch_wal()::text", "CHECKPOINT"] {
            if let Err(error) = sqlx::query(ask).execute(&self.pool).await {
                tracing::debug!(%error, "the write-ahead log of the database is let go at its own pace");
                break;
            }
        }
        Ok(())
    }
}
