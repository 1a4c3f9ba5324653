//! PostgreSQL: one pool.

use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};

use super::{OpenError, StoreError};

/// Connections at once: one for the pipeline, the rest for sign-in, keys and lists.
const CONNECTIONS_MAX: u32 = 8;

/// Waiting for a connection longer than this is an outage worth saying.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

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

    /// Clears the rows that were deleted, so that erased keys leave their pages.
    pub(crate) async fn vacuum_keys(&self) -> Result<(), StoreError> {
        sqlx::query("VACUUM payload_key").execute(&self.pool).await?;
        sqlx::query("VACUUM payload").execute(&self.pool).await?;
        sqlx::query("VACUUM dead_letter").execute(&self.pool).await?;
        Ok(())
    }
}
