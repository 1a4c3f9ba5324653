//! The gazetteer as it was imported last.

use wire::time::Timestamp;

use super::{Store, StoreError, reading, writing};

const READ: &str = "SELECT version, body FROM gazetteer WHERE slot = 1";
const WRITE: &str = "INSERT INTO gazetteer (slot, version, imported_at, body) VALUES (1, $1, $2, $3) \
     ON CONFLICT (slot) DO UPDATE SET version = excluded.version, imported_at = excluded.imported_at, body = excluded.body";

impl Store {
    /// The version and the file of the last import.
    pub async fn gazetteer(&self) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        Ok(reading!(self, db => sqlx::query_as(READ).fetch_optional(db).await?))
    }

    /// Keeps an import in place of what was there.
    pub async fn gazetteer_set(
        &self,
        version: &str,
        at: Timestamp,
        body: &[u8],
    ) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(WRITE).bind(version).bind(at.0).bind(body).execute(db).await?.rows_affected());
        Ok(())
    }
}
