//! The append: one group of entries with its payloads, keys and ledgers, in one transaction, in bulk.

use std::collections::BTreeMap;

use engine::entry::SourceKey;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::hours::write_hours;
use super::observations::write_observations;
use super::registry::write_registry;
use super::{HourRow, ObservationRow, RegistryChange, SourceRow, Store, StoreError};

/// An entry as it goes to disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub seq: u64,
    /// When it was taken.
    pub recorded_at: Timestamp,
    /// Live or exercise.
    pub mode: Mode,
    /// Who sent it.
    pub source: SourceKey,
    /// `report`, `observation`, `erased`, `canary`.
    pub kind: String,
    /// The report it speaks of.
    pub report: Option<ReportId>,
    /// The half with nothing personal.
    pub row: Vec<u8>,
    /// SHA-256 over all of the above.
    pub row_sha256: [u8; 32],
    /// The personal half, if it has one.
    pub sealed: Option<Sealed>,
}

/// A personal half, sealed, and its key, wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Nonce and ciphertext of the payload.
    pub payload: Vec<u8>,
    /// Nonce and ciphertext of its key.
    pub key: Vec<u8>,
}

/// What is written with a group of entries and is none: it stands there with them, or not at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Entities of the registry.
    pub entities: Option<&'a RegistryChange>,
    /// Where sources go on, by the names of the values.
    pub cursors: Option<&'a BTreeMap<String, String>>,
}

/// Why a group is not in the journal, or may not be.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// It is not: the transaction never came to its commit.
    #[error(transparent)]
    Before(StoreError),
    /// The commit itself failed, so nobody knows: the process must stop and look again at its next start.
    #[error("the commit failed: {0}")]
    Commit(StoreError),
}

/// Rows of one statement: below the bind limits of both (32,766 on SQLite, 65,535 on PostgreSQL) at thirteen columns.
pub(super) const ROWS_PER_STATEMENT: usize = 2_000;

pub(super) const JOURNAL: &str = "INSERT INTO journal \
     (seq, recorded_at, mode, source_key, kind, report_id, row_bytes, row_sha256) ";
pub(super) const PAYLOAD: &str = "INSERT INTO payload (seq, sealed) ";
pub(super) const PAYLOAD_KEY: &str = "INSERT INTO payload_key (seq, report_id, wrapped) ";
pub(super) const LEDGER: &str = "UPDATE source SET received = $2, accepted = $3, folded = $4, newest = $5, \
     received_at = $6 WHERE source_key = $1";
pub(super) const REJECTED: &str = "INSERT INTO source_rejected (source_key, reason, n) VALUES ($1, $2, $3) \
     ON CONFLICT (source_key, reason) DO UPDATE SET n = excluded.n";

/// A report's id as stored: big-endian, so that bytes sort as numbers.
pub(super) fn id_bytes(id: ReportId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

/// The statements of one group, for either database.
macro_rules! write_group {
    ($tx:ident, $db:ty, $rows:expr, $ledgers:expr) => {{
        for rows in $rows.chunks($crate::store::append::ROWS_PER_STATEMENT) {
            let mut journal = sqlx::QueryBuilder::<$db>::new($crate::store::append::JOURNAL);
            journal.push_values(rows, |mut tuple, row: &$crate::store::Appended| {
                tuple
                    .push_bind($crate::store::big(row.seq))
                    .push_bind(row.recorded_at.0)
                    .push_bind($crate::store::rows::mode_word(row.mode))
                    .push_bind(i64::from(row.source.0))
                    .push_bind(row.kind.as_str())
                    .push_bind(row.report.map($crate::store::append::id_bytes))
                    .push_bind(row.row.as_slice())
                    .push_bind(row.row_sha256.as_slice());
            });
            journal.build().execute(&mut *$tx).await?;
            let personal: Vec<_> = rows
                .iter()
                .filter_map(|row| Some((row, row.sealed.as_ref()?, row.report?)))
                .collect();
            if personal.is_empty() {
                continue;
            }
            let mut payload = sqlx::QueryBuilder::<$db>::new($crate::store::append::PAYLOAD);
            payload.push_values(&personal, |mut tuple, (row, sealed, _)| {
                tuple.push_bind($crate::store::big(row.seq)).push_bind(sealed.payload.as_slice());
            });
            payload.build().execute(&mut *$tx).await?;
            let mut keys = sqlx::QueryBuilder::<$db>::new($crate::store::append::PAYLOAD_KEY);
            keys.push_values(&personal, |mut tuple, (row, sealed, report)| {
                tuple
                    .push_bind($crate::store::big(row.seq))
                    .push_bind($crate::store::append::id_bytes(*report))
                    .push_bind(sealed.key.as_slice());
            });
            keys.build().execute(&mut *$tx).await?;
        }
        for source in $ledgers {
            let key = i64::from(source.key.0);
            sqlx::query($crate::store::append::LEDGER)
                .bind(key)
                .bind($crate::store::big(source.ledger.received))
                .bind($crate::store::big(source.ledger.accepted))
                .bind($crate::store::big(source.ledger.folded))
                .bind(source.newest.map(|at| at.0))
                .bind(source.received.map(|at| at.0))
                .execute(&mut *$tx)
                .await?;
            for (reason, n) in &source.ledger.rejected {
                sqlx::query($crate::store::append::REJECTED)
                    .bind(key)
                    .bind(reason)
                    .bind($crate::store::big(*n))
                    .execute(&mut *$tx)
                    .await?;
            }
        }
    }};
}
pub(super) use write_group;

/// One group's transaction on either database: `grouped!(store, tx, Db => { statements })`. Tells apart what surely did
/// not happen from what may have.
macro_rules! grouped {
    ($store:expr, $tx:ident, $db:ident => $body:block) => {{
        let before = |error: sqlx::Error| $crate::store::AppendError::Before(error.into());
        let commit = |error: sqlx::Error| $crate::store::AppendError::Commit(error.into());
        match $store {
            $crate::store::Store::Sqlite(sqlite) => {
                type $db = sqlx::Sqlite;
                let mut connection = sqlite.writer.acquire().await.map_err(before)?;
                let done = async {
                    let begun = sqlx::Connection::begin_with(&mut *connection, "BEGIN IMMEDIATE");
                    let mut $tx = begun.await.map_err(before)?;
                    let written: Result<(), sqlx::Error> = async {
                        $body
                        Ok(())
                    }
                    .await;
                    written.map_err(before)?;
                    $tx.commit().await.map_err(commit)
                }
                .await;
                if done.is_err() {
                    // On a full disk SQLite ends the transaction by itself, and the connection's own count of open
                    // transactions is wrong from then on. A fresh connection begins with a clean state.
                    if let Err(error) = connection.close().await {
                        tracing::warn!(%error, "the writer's connection did not close well");
                    }
                }
                done
            }
            $crate::store::Store::Postgres(postgres) => {
                type $db = sqlx::Postgres;
                let mut $tx = postgres.pool.begin().await.map_err(before)?;
                let written: Result<(), sqlx::Error> = async {
                    $body
                    Ok(())
                }
                .await;
                written.map_err(before)?;
                $tx.commit().await.map_err(commit)
            }
        }
    }};
}
pub(super) use grouped;

impl Store {
    /// Appends a group: entries, payloads, keys, the rows of its observations, the ledgers as they stand after it, and what it
    /// adds to the hours of their sources.
    /// All or nothing; durable on `Ok`.
    pub async fn append(
        &self,
        rows: &[Appended],
        observations: &[ObservationRow],
        ledgers: &[SourceRow],
        hours: &[HourRow],
    ) -> Result<(), AppendError> {
        self.append_with(rows, observations, ledgers, hours, Beside::default()).await
    }

    /// The same with what else belongs to it, in the one transaction.
    pub async fn append_with(
        &self,
        rows: &[Appended],
        observations: &[ObservationRow],
        ledgers: &[SourceRow],
        hours: &[HourRow],
        beside: Beside<'_>,
    ) -> Result<(), AppendError> {
        grouped!(self, tx, Db => {
            if let Some(change) = beside.entities {
                write_registry!(tx, Db, change);
            }
            for (name, value) in beside.cursors.into_iter().flatten() {
                sqlx::query(super::meta::SET).bind(name).bind(value).execute(&mut *tx).await?;
            }
            write_group!(tx, Db, rows, ledgers);
            write_hours!(tx, Db, hours);
            write_observations!(tx, Db, observations);
        })
    }
}
