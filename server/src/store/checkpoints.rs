//! Saved Worlds: sealed parts first, then the row that makes them whole.

use wire::time::Timestamp;
use wire::view::Mode;

use super::rows::{mode_of, mode_word};
use super::{Store, StoreError, big, in_transaction, reading, unsigned, writing};

/// A whole checkpoint of one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// The last entry it includes.
    pub seq: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// The World's moment.
    pub taken_at: Timestamp,
    /// How many parts it has.
    pub n_parts: u64,
    /// Kept for ever, for time travel.
    pub keep: bool,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRow {
    /// The checkpoint's number.
    pub seq: u64,
    /// Its mode.
    pub mode: Mode,
    /// The part's place, from 0.
    pub part: u64,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
}

const SAVE_PART: &str = "INSERT INTO checkpoint_part (seq, mode, part, sealed) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (seq, mode, part) DO UPDATE SET sealed = excluded.sealed";
const SAVE: &str = "INSERT INTO checkpoint (seq, mode, taken_at, n_parts, keep) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (seq, mode) DO UPDATE SET \
     taken_at = excluded.taken_at, n_parts = excluded.n_parts, keep = excluded.keep";
const ALL: &str = "SELECT seq, mode, taken_at, n_parts, keep FROM checkpoint ORDER BY seq, mode";
const PART: &str = "SELECT sealed FROM checkpoint_part WHERE seq = $1 AND mode = $2 AND part = $3";
const DELETE: &str = "DELETE FROM checkpoint WHERE seq = $1";
const DELETE_PARTS: &str = "DELETE FROM checkpoint_part WHERE seq = $1";
const DELETE_LOOSE: &str = "DELETE FROM checkpoint_part WHERE NOT EXISTS (SELECT 1 FROM checkpoint c \
     WHERE c.seq = checkpoint_part.seq AND c.mode = checkpoint_part.mode)";

impl Store {
    /// Saves one part; until [`Store::checkpoint_save`] it counts for nothing.
    pub async fn checkpoint_part_save(&self, part: &PartRow) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(SAVE_PART)
            .bind(big(part.seq))
            .bind(mode_word(part.mode))
            .bind(big(part.part))
            .bind(part.sealed.as_slice())
            .execute(db)
            .await?
            .rows_affected());
        Ok(())
    }

    /// Makes the parts of all modes at one number whole, together.
    pub async fn checkpoint_save(&self, checkpoints: &[CheckpointRow]) -> Result<(), StoreError> {
        in_transaction!(self, tx, Db => {
            for row in checkpoints {
                sqlx::query::<Db>(SAVE)
                    .bind(big(row.seq))
                    .bind(mode_word(row.mode))
                    .bind(row.taken_at.0)
                    .bind(big(row.n_parts))
                    .bind(i64::from(row.keep))
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// All whole checkpoints, oldest first.
    pub async fn checkpoints(&self) -> Result<Vec<CheckpointRow>, StoreError> {
        let all: Vec<(i64, String, i64, i64, i64)> =
            reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
        all.into_iter()
            .map(|(seq, mode, taken_at, n_parts, keep)| {
                Ok(CheckpointRow {
                    seq: unsigned(seq, "a checkpoint's number")?,
                    mode: mode_of(&mode)?,
                    taken_at: Timestamp(taken_at),
                    n_parts: unsigned(n_parts, "a checkpoint's count of parts")?,
                    keep: keep != 0,
                })
            })
            .collect()
    }

    /// One part's sealed bytes; `NotFound`.
    pub async fn checkpoint_part(
        &self,
        seq: u64,
        mode: Mode,
        part: u64,
    ) -> Result<Vec<u8>, StoreError> {
        Ok(reading!(self, db => sqlx::query_scalar(PART)
            .bind(big(seq)).bind(mode_word(mode)).bind(big(part)).fetch_one(db).await?))
    }

    /// Deletes the checkpoints of all modes at one number.
    pub async fn checkpoint_delete(&self, seq: u64) -> Result<(), StoreError> {
        in_transaction!(self, tx, Db => {
            sqlx::query::<Db>(DELETE).bind(big(seq)).execute(&mut *tx).await?;
            sqlx::query::<Db>(DELETE_PARTS).bind(big(seq)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Deletes parts that never became whole; says how many.
    pub async fn checkpoint_parts_delete_loose(&self) -> Result<u64, StoreError> {
        Ok(writing!(self, db => sqlx::query(DELETE_LOOSE).execute(db).await?.rows_affected()))
    }
}
