//! Login sessions: only hashes of their tokens.

use wire::time::Timestamp;

use super::{SessionRow, Store, StoreError, reading, writing};

const SAVE: &str = "INSERT INTO session (id_sha256, record, expires_at) VALUES ($1, $2, $3) \
     ON CONFLICT (id_sha256) DO UPDATE SET record = excluded.record, expires_at = excluded.expires_at";
const ONE: &str = "SELECT id_sha256, record, expires_at FROM session WHERE id_sha256 = $1";
const DELETE: &str = "DELETE FROM session WHERE id_sha256 = $1";
const DELETE_EXPIRED: &str = "DELETE FROM session WHERE expires_at <= $1";

impl Store {
    /// Saves a login session, new or again.
    pub async fn session_save(&self, session: &SessionRow) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(SAVE)
            .bind(&session.id_sha256)
            .bind(&session.record)
            .bind(session.expires_at.0)
            .execute(db)
            .await?
            .rows_affected());
        Ok(())
    }

    /// One login session, expired or not.
    pub async fn session(&self, id_sha256: &str) -> Result<Option<SessionRow>, StoreError> {
        let found: Option<(String, String, i64)> =
            reading!(self, db => sqlx::query_as(ONE).bind(id_sha256).fetch_optional(db).await?);
        Ok(found.map(|(id_sha256, record, expires_at)| SessionRow {
            id_sha256,
            record,
            expires_at: Timestamp(expires_at),
        }))
    }

    /// Ends a login session; no error if there is none.
    pub async fn session_delete(&self, id_sha256: &str) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(DELETE).bind(id_sha256).execute(db).await?.rows_affected());
        Ok(())
    }

    /// Deletes what has expired; says how many.
    pub async fn sessions_delete_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(writing!(self, db => sqlx::query(DELETE_EXPIRED)
            .bind(now.0).execute(db).await?.rows_affected()))
    }
}
