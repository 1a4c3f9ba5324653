//! Whom to tell when a source falls silent, and whether they were told.

use std::collections::BTreeMap;

use engine::entry::SourceKey;
use wire::time::Timestamp;

use super::rows::source_key;
use super::{Store, StoreError, reading, writing};

/// How a source's partner is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactRow {
    /// An address that is sent a `POST`.
    pub webhook: Option<String>,
    /// Who is called.
    pub phone: Option<String>,
}

/// A source that fell, and its partner's notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldRow {
    /// When it fell.
    pub since: Timestamp,
    /// When its partner took the notice; none while it was not taken.
    pub told_at: Option<Timestamp>,
}

const SET: &str = "INSERT INTO source_contact (source_id, webhook, phone) VALUES ($1, $2, $3) \
     ON CONFLICT (source_id) DO UPDATE SET webhook = excluded.webhook, phone = excluded.phone";
const ALL: &str = "SELECT source_id, webhook, phone FROM source_contact";
const TELL: &str = "INSERT INTO source_told (source_key, since, told_at) VALUES ($1, $2, $3) \
     ON CONFLICT (source_key) DO UPDATE SET since = excluded.since, told_at = excluded.told_at";
const TOLD: &str = "SELECT source_key, since, told_at FROM source_told";
const BACK: &str = "DELETE FROM source_told WHERE source_key = $1";

impl Store {
    /// How the partner of a source is reached from now on.
    pub async fn contact_set(&self, source_id: &str, row: &ContactRow) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(SET)
            .bind(source_id)
            .bind(row.webhook.as_deref())
            .bind(row.phone.as_deref())
            .execute(db)
            .await
            .map(|_done| ()))?;
        Ok(())
    }

    /// How partners are reached, by the public id of their source.
    pub async fn contacts(&self) -> Result<BTreeMap<String, ContactRow>, StoreError> {
        let all: Vec<(String, Option<String>, Option<String>)> =
            reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
        Ok(all
            .into_iter()
            .map(|(id, webhook, phone)| (id, ContactRow { webhook, phone }))
            .collect())
    }

    /// A source fell, or its partner was told.
    pub async fn told_set(&self, source: SourceKey, row: ToldRow) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(TELL)
            .bind(i64::from(source.0))
            .bind(row.since.0)
            .bind(row.told_at.map(|at| at.0))
            .execute(db)
            .await
            .map(|_done| ()))?;
        Ok(())
    }

    /// A source speaks again.
    pub async fn told_drop(&self, source: SourceKey) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(BACK)
            .bind(i64::from(source.0))
            .execute(db)
            .await
            .map(|_done| ()))?;
        Ok(())
    }

    /// Sources that fell.
    pub async fn told(&self) -> Result<BTreeMap<SourceKey, ToldRow>, StoreError> {
        let all: Vec<(i64, i64, Option<i64>)> =
            reading!(self, db => sqlx::query_as(TOLD).fetch_all(db).await?);
        all.into_iter()
            .map(|(key, since, told_at)| {
                let row = ToldRow { since: Timestamp(since), told_at: told_at.map(Timestamp) };
                Ok((source_key(key)?, row))
            })
            .collect()
    }
}
