//! The registry of sensors as SensorThings has it: entities and links, written together or not at all.

use engine::entry::SourceKey;
use wire::time::Timestamp;
use wire::view::Mode;

use super::rows::{mode_of, source_key};
use super::{Store, StoreError, in_transaction, reading};

/// Rows of one page: an entity has 64 KiB at most, and mostly half a kilobyte.
const PAGE: i64 = 2_000;
/// Rows of one statement: below the bind limit of SQLite (32,766) at nine columns.
pub(super) const ROWS_PER_STATEMENT: usize = 2_000;

const ENTITIES: &str = "SELECT id, kind, source_key, mode, external_id, stream, body, created_at, updated_at \
     FROM sta_entity WHERE id > $1 ORDER BY id LIMIT $2";
const LINKS: &str = "SELECT kind, a_id, b_id FROM sta_link \
     WHERE (kind, a_id, b_id) > ($1, $2, $3) ORDER BY kind, a_id, b_id LIMIT $4";
const NEXT: &str = "SELECT value FROM meta WHERE name = 'sta_next'";
pub(super) const SET_NEXT: &str = "INSERT INTO meta (name, value) VALUES ('sta_next', $1) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";
pub(super) const PUT: &str = "INSERT INTO sta_entity \
     (id, kind, source_key, mode, external_id, stream, body, created_at, updated_at) ";
pub(super) const OR_CHANGE: &str = " ON CONFLICT (id) DO UPDATE SET external_id = excluded.external_id, \
     body = excluded.body, updated_at = excluded.updated_at";
pub(super) const REMOVE: &str = "DELETE FROM sta_entity WHERE id = $1";
pub(super) const LINK: &str = "INSERT INTO sta_link (kind, a_id, b_id) ";
pub(super) const OR_KEEP: &str = " ON CONFLICT (kind, a_id, b_id) DO NOTHING";
pub(super) const UNLINK: &str = "DELETE FROM sta_link WHERE kind = $1 AND a_id = $2 AND b_id = $3";

/// An entity as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityRow {
    /// Its number, given once and never again.
    pub id: i64,
    /// The name of its set.
    pub kind: String,
    /// Whose it is.
    pub source: SourceKey,
    /// Live or exercise.
    pub mode: Mode,
    /// The partner's own id.
    pub external_id: Option<String>,
    /// Of a Datastream: its name in the journal.
    pub stream: Option<String>,
    /// Its properties, as a JSON object.
    pub body: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Two entities that are tied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// How.
    pub kind: String,
    /// The left one.
    pub a: i64,
    /// The right one.
    pub b: i64,
}

/// What one request does to the registry.
#[derive(Debug, Clone, Default)]
pub struct RegistryChange {
    /// New entities, and those that changed.
    pub puts: Vec<EntityRow>,
    /// Entities that are no more.
    pub gone: Vec<i64>,
    /// New ties.
    pub links: Vec<LinkRow>,
    /// Ties that are no more.
    pub unlinks: Vec<LinkRow>,
    /// The number that the next entity gets.
    pub next: i64,
}

type Raw = (i64, String, i64, String, Option<String>, Option<String>, String, i64, i64);

fn row(raw: Raw) -> Result<EntityRow, StoreError> {
    let (id, kind, source, mode, external_id, stream, body, created_at, updated_at) = raw;
    Ok(EntityRow {
        id,
        kind,
        source: source_key(source)?,
        mode: mode_of(&mode)?,
        external_id,
        stream,
        body,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(updated_at),
    })
}

/// The statements of one change, for either database.
macro_rules! write_registry {
    ($tx:ident, $db:ty, $change:expr) => {{
        use $crate::store::registry as words;
        let change: &$crate::store::RegistryChange = $change;
        for rows in change.puts.chunks(words::ROWS_PER_STATEMENT) {
            let mut put = sqlx::QueryBuilder::<$db>::new(words::PUT);
            put.push_values(rows, |mut tuple, row: &$crate::store::EntityRow| {
                tuple
                    .push_bind(row.id)
                    .push_bind(row.kind.as_str())
                    .push_bind(i64::from(row.source.0))
                    .push_bind($crate::store::rows::mode_word(row.mode))
                    .push_bind(row.external_id.as_deref())
                    .push_bind(row.stream.as_deref())
                    .push_bind(row.body.as_str())
                    .push_bind(row.created_at.0)
                    .push_bind(row.updated_at.0);
            });
            put.push(words::OR_CHANGE);
            put.build().execute(&mut *$tx).await?;
        }
        for link in &change.unlinks {
            sqlx::query(words::UNLINK)
                .bind(&link.kind)
                .bind(link.a)
                .bind(link.b)
                .execute(&mut *$tx)
                .await?;
        }
        for rows in change.links.chunks(words::ROWS_PER_STATEMENT) {
            let mut link = sqlx::QueryBuilder::<$db>::new(words::LINK);
            link.push_values(rows, |mut tuple, row: &$crate::store::LinkRow| {
                tuple.push_bind(row.kind.as_str()).push_bind(row.a).push_bind(row.b);
            });
            link.push(words::OR_KEEP);
            link.build().execute(&mut *$tx).await?;
        }
        for id in &change.gone {
            sqlx::query(words::REMOVE).bind(id).execute(&mut *$tx).await?;
        }
        sqlx::query(words::SET_NEXT).bind(change.next.to_string()).execute(&mut *$tx).await?;
    }};
}
pub(super) use write_registry;

impl Store {
    /// A page of entities after a number.
    pub async fn registry_entities(&self, after: i64) -> Result<Vec<EntityRow>, StoreError> {
        let rows: Vec<Raw> = reading!(self, db => sqlx::query_as(ENTITIES)
            .bind(after)
            .bind(PAGE)
            .fetch_all(db)
            .await?);
        rows.into_iter().map(row).collect()
    }

    /// A page of ties after one.
    pub async fn registry_links(&self, after: &LinkRow) -> Result<Vec<LinkRow>, StoreError> {
        let rows: Vec<(String, i64, i64)> = reading!(self, db => sqlx::query_as(LINKS)
            .bind(&after.kind)
            .bind(after.a)
            .bind(after.b)
            .bind(PAGE)
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(kind, a, b)| LinkRow { kind, a, b }).collect())
    }

    /// The number that the next entity gets.
    pub async fn registry_next(&self) -> Result<i64, StoreError> {
        let next: Option<String> =
            reading!(self, db => sqlx::query_scalar(NEXT).fetch_optional(db).await?);
        next.map_or(Ok(1), |next| {
            next.parse().map_err(|_bad| StoreError::Corrupt(format!("sta_next is {next:?}")))
        })
    }

    /// Writes a change, all or nothing.
    pub async fn registry_write(&self, change: &RegistryChange) -> Result<(), StoreError> {
        in_transaction!(self, tx, Db => {
            write_registry!(tx, Db, change);
        });
        Ok(())
    }
}
