//! Partners' keys: the secret only as a hash.

use wire::time::Timestamp;

use super::operators::found;
use super::rows::{mode_of, mode_word, source_key};
use super::{KeyKind, KeyRow, KeyTerms, Store, StoreError, reading, unsigned, writing};

const ADD: &str = "INSERT INTO partner_key \
     (id, secret_sha256, source_key, partner, scopes, mode, created_at, revoked_at, \
     kind, area, requests_per_s, items_per_s, items_per_day, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const ONE: &str = "SELECT id, secret_sha256, source_key, partner, scopes, mode, created_at, revoked_at, \
     kind, area, requests_per_s, items_per_s, items_per_day, expires_at \
     FROM partner_key WHERE id = $1";
const ALL: &str = "SELECT id, secret_sha256, source_key, partner, scopes, mode, created_at, revoked_at, \
     kind, area, requests_per_s, items_per_s, items_per_day, expires_at \
     FROM partner_key";
const REVOKE: &str = "UPDATE partner_key SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1";
// A key never lives longer by being replaced.
const EXPIRE: &str = "UPDATE partner_key SET expires_at = $2 \
     WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)";

#[derive(sqlx::FromRow)]
struct Line {
    id: String,
    secret_sha256: Vec<u8>,
    source_key: i64,
    partner: String,
    scopes: String,
    mode: String,
    created_at: i64,
    revoked_at: Option<i64>,
    kind: String,
    area: Option<String>,
    requests_per_s: Option<i64>,
    items_per_s: Option<i64>,
    items_per_day: Option<i64>,
    expires_at: Option<i64>,
}

fn row(line: Line) -> Result<KeyRow, StoreError> {
    let id = line.id;
    if line.secret_sha256.len() != 32 {
        return Err(StoreError::Corrupt(format!("the hash of key {id} is not 32 bytes")));
    }
    let kind = match line.kind.as_str() {
        "full" => KeyKind::Full,
        "test" => KeyKind::Test,
        other => return Err(StoreError::Corrupt(format!("the kind of key {id} is {other:?}"))),
    };
    // An area that does not read must not be read as none: the key would reach further than it may.
    let area = match line.area.map(|text| text.parse()) {
        None => None,
        Some(Ok(area)) => Some(area),
        Some(Err(cause)) => {
            return Err(StoreError::Corrupt(format!("the area of key {id}: {cause}")));
        }
    };
    let small = |n: Option<i64>, what: &str| {
        let n = n.map(|n| unsigned(n, what)).transpose()?;
        Ok::<_, StoreError>(n.map(|n| u32::try_from(n).unwrap_or(u32::MAX)))
    };
    Ok(KeyRow {
        secret_sha256: line.secret_sha256,
        source: source_key(line.source_key)?,
        partner: line.partner,
        scopes: line.scopes,
        mode: mode_of(&line.mode)?,
        created_at: Timestamp(line.created_at),
        revoked_at: line.revoked_at.map(Timestamp),
        terms: KeyTerms {
            kind,
            area,
            requests_per_s: small(line.requests_per_s, "a rate")?,
            items_per_s: small(line.items_per_s, "a rate")?,
            items_per_day: line.items_per_day.map(|n| unsigned(n, "a rate")).transpose()?,
            expires_at: line.expires_at.map(Timestamp),
        },
        id,
    })
}

impl Store {
    /// Adds a key; `Conflict` when its id is taken.
    pub async fn key_add(&self, key: &KeyRow) -> Result<(), StoreError> {
        let terms = &key.terms;
        let added = writing!(self, db => sqlx::query(ADD)
            .bind(&key.id)
            .bind(&key.secret_sha256)
            .bind(i64::from(key.source.0))
            .bind(&key.partner)
            .bind(&key.scopes)
            .bind(mode_word(key.mode))
            .bind(key.created_at.0)
            .bind(key.revoked_at.map(|at| at.0))
            .bind(terms.kind.word())
            .bind(terms.area.map(box_text))
            .bind(terms.requests_per_s.map(i64::from))
            .bind(terms.items_per_s.map(i64::from))
            .bind(terms.items_per_day.map(super::big))
            .bind(terms.expires_at.map(|at| at.0))
            .execute(db)
            .await
            .map(|_done| ()));
        added.map_err(|error| match error.into() {
            StoreError::Conflict(_) => StoreError::Conflict("a key of this id"),
            other => other,
        })
    }

    /// One key by its public id, in force or not.
    pub async fn key(&self, id: &str) -> Result<Option<KeyRow>, StoreError> {
        let found: Option<Line> =
            reading!(self, db => sqlx::query_as(ONE).bind(id).fetch_optional(db).await?);
        found.map(row).transpose()
    }

    /// All keys, by partner and age.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let all: Vec<Line> = reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
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

    /// Lets a key end at this moment, if it does not end sooner.
    pub async fn key_expire(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(EXPIRE)
            .bind(id).bind(at.0).execute(db).await.map(|_done| ())?);
        Ok(())
    }
}

/// A box as it is written in a flag.
pub(crate) fn box_text(area: wire::geo::Bbox) -> String {
    format!("{},{},{},{}", area.west(), area.south(), area.east(), area.north())
}
