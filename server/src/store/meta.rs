//! What the database says of itself: its epoch and the proof of its master key.

use super::{Store, StoreError, reading, writing};

const READ: &str = "SELECT value FROM meta WHERE name = $1";
const WRITE: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

pub(super) const SET: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The journal's identity.
const EPOCH: &str = "epoch";

impl Store {
    /// A named value.
    pub async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(reading!(self, db => sqlx::query_scalar(READ).bind(name).fetch_optional(db).await?))
    }

    /// Sets a named value once; says what stands there in the end.
    pub async fn meta_ensure(&self, name: &str, value: &str) -> Result<String, StoreError> {
        writing!(self, db => sqlx::query(WRITE).bind(name).bind(value).execute(db).await?.rows_affected());
        let stands: Option<String> =
            writing!(self, db => sqlx::query_scalar(READ).bind(name).fetch_optional(db).await?);
        stands.ok_or(StoreError::NotFound)
    }

    /// Sets a named value, new or again.
    pub async fn meta_set(&self, name: &str, value: &str) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(SET).bind(name).bind(value).execute(db).await?.rows_affected());
        Ok(())
    }

    /// The journal's identity, made at the first start.
    pub async fn epoch(&self) -> Result<String, StoreError> {
        self.meta_ensure(EPOCH, &uuid::Uuid::now_v7().simple().to_string()).await
    }
}
