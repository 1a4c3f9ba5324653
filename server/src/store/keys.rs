//! Partners' keys: the secret only as a hash.

use wire::time::Timestamp;

use super::operators::found;
use super::rows::{mode_of, mode_word, source_key};
use super::{KeyRow, Store, StoreError, reading, writing};

const ADD: &str = "INSERT INTO partner_key \
     (id, secret_sha256, source_key, partner, scopes, mode, created_at, revoked_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const ONE: &str = "SELECT id, secret_sha256, source_key, partner, scopes, mode, created_at, revoked_at \
     FROM partner_key WHERE id = $1";
const ALL: &str = "SELECT id, secret_sha256, source_key, partner, scopes, mode, created_at, revoked_at \
     FROM partner_key";
const REVOKE: &str = "UPDATE partner_key SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1";

type Raw = (String, Vec<u8>, i64, String, String, String, i64, Option<i64>);

fn row(raw: Raw) -> Result<KeyRow, StoreError> {
    let (id, secret_sha256, source, partner, scopes, mode, created_at, revoked_at) = raw;
    if secret_sha256.len() != 32 {
        return Err(StoreError::Corrupt(format!("the hash of key {id} is not 32 bytes")));
    }
    Ok(KeyRow {
        id,
        secret_sha256,
        source: source_key(source)?,
        partner,
        scopes,
        mode: mode_of(&mode)?,
        created_at: Timestamp(created_at),
        revoked_at: revoked_at.map(Timestamp),
    })
}

impl Store {
    /// Adds a key; `Conflict` when its id is taken.
    pub async fn key_add(&self, key: &KeyRow) -> Result<(), StoreError> {
        let added = writing!(self, db => sqlx::query(ADD)
            .bind(&key.id)
            .bind(&key.secret_sha256)
            .bind(i64::from(key.source.0))
            .bind(&key.partner)
            .bind(&key.scopes)
            .bind(mode_word(key.mode))
            .bind(key.created_at.0)
            .bind(key.revoked_at.map(|at| at.0))
            .execute(db)
            .await
            .map(|_done| ()));
        added.map_err(|error| match error.into() {
            StoreError::Conflict(_) => StoreError::Conflict("a key of this id"),
            other => other,
        })
    }

    /// One key by its public id, revoked or not.
    pub async fn key(&self, id: &str) -> Result<Option<KeyRow>, StoreError> {
        let found: Option<Raw> =
            reading!(self, db => sqlx::query_as(ONE).bind(id).fetch_optional(db).await?);
        found.map(row).transpose()
    }

    /// All keys, by partner and age.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let all: Vec<Raw> = reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
        let mut all = all.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|a, b| {
            (&a.partner, a.created_at, &a.id).cmp(&(&b.partner, b.created_at, &b.id))
        });
        Ok(all)
    }

    /// Revokes a key; `NotFound`. A key revoked before keeps its first time.
    pub async fn key_revoke(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let n = writing!(self, db => sqlx::query(REVOKE)
            .bind(id).bind(at.0).execute(db).await?.rows_affected());
        found(n)
    }
}
