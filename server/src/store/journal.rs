//! Reading the journal, in bounded pages.

use wire::id::ReportId;
use wire::time::Timestamp;

use super::rows::{mode_of, source_key};
use super::{Appended, Sealed, Store, StoreError, big, reading, unsigned};

/// Rows of one page at most, whatever is asked: a page of the largest reports stays below 100 MB.
const PAGE_MAX: u32 = 1_000;

const AFTER: &str = "SELECT j.seq, j.recorded_at, j.mode, j.source_key, j.kind, j.report_id, \
     j.row_bytes, j.row_sha256, p.sealed, k.wrapped FROM journal j \
     LEFT JOIN payload p ON p.seq = j.seq LEFT JOIN payload_key k ON k.seq = j.seq \
     WHERE j.seq > $1 ORDER BY j.seq LIMIT $2";
/// The same of observations alone, which have no payload: an id that is none stands for both halves of it, in its type.
pub(super) const OBSERVATIONS_AFTER: &str = "SELECT seq, recorded_at, mode, source_key, kind, report_id, \
     row_bytes, row_sha256, report_id AS sealed, report_id AS wrapped FROM journal \
     WHERE seq > $1 AND report_id IS NULL AND kind = 'observation' ORDER BY seq LIMIT $2";
const HEAD: &str = "SELECT seq, recorded_at FROM journal ORDER BY seq DESC LIMIT 1";

#[derive(sqlx::FromRow)]
struct Line {
    seq: i64,
    recorded_at: i64,
    mode: String,
    source_key: i64,
    kind: String,
    report_id: Option<Vec<u8>>,
    row_bytes: Vec<u8>,
    row_sha256: Vec<u8>,
    sealed: Option<Vec<u8>>,
    wrapped: Option<Vec<u8>>,
}

/// An entry as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredEntry {
    /// With all its halves.
    Whole(Appended),
    /// Its key is gone: it was erased.
    Erased(Appended),
}

impl StoredEntry {
    /// The row, either way.
    pub fn row(&self) -> &Appended {
        match self {
            Self::Whole(row) | Self::Erased(row) => row,
        }
    }
}

fn entry(line: Line) -> Result<StoredEntry, StoreError> {
    let seq = unsigned(line.seq, "a journal number")?;
    let corrupt = |what: &str| StoreError::Corrupt(format!("journal entry {seq}: {what}"));
    let report = line
        .report_id
        .map(|bytes| <[u8; 16]>::try_from(bytes.as_slice()))
        .transpose()
        .map_err(|_cause| corrupt("the report's id is not 16 bytes"))?
        .map(|bytes| ReportId(u128::from_be_bytes(bytes)));
    let mut row = Appended {
        seq,
        recorded_at: Timestamp(line.recorded_at),
        mode: mode_of(&line.mode)?,
        source: source_key(line.source_key)?,
        kind: line.kind,
        report,
        row: line.row_bytes,
        row_sha256: line
            .row_sha256
            .as_slice()
            .try_into()
            .map_err(|_cause| corrupt("its hash is not 32 bytes"))?,
        sealed: None,
    };
    match (line.sealed, line.wrapped) {
        (Some(payload), Some(key)) => {
            row.sealed = Some(Sealed { payload, key });
            Ok(StoredEntry::Whole(row))
        }
        (None, Some(_)) => Err(corrupt("its payload is missing though its key is there")),
        // The key alone decides: whether the ciphertext is still there does not matter.
        (_, None) if row.kind == "report" => Ok(StoredEntry::Erased(row)),
        (_, None) => Ok(StoredEntry::Whole(row)),
    }
}

/// Up to `limit` entries after `seq`, as one of the two questions above gives them.
pub(super) async fn page(
    store: &Store,
    question: &'static str,
    seq: u64,
    limit: u32,
) -> Result<Vec<StoredEntry>, StoreError> {
    let lines: Vec<Line> = reading!(store, db => sqlx::query_as(question)
        .bind(big(seq))
        .bind(i64::from(limit.min(PAGE_MAX)))
        .fetch_all(db)
        .await?);
    lines.into_iter().map(entry).collect()
}

impl Store {
    /// Up to `limit` entries after `seq`, in order.
    pub async fn read_after(&self, seq: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        page(self, AFTER, seq, limit).await
    }

    /// The last entry's number and time; `(0, 0)` before the first.
    pub async fn head(&self) -> Result<(u64, Timestamp), StoreError> {
        let head: Option<(i64, i64)> =
            reading!(self, db => sqlx::query_as(HEAD).fetch_optional(db).await?);
        head.map_or(Ok((0, Timestamp(0))), |(seq, at)| {
            Ok((unsigned(seq, "a journal number")?, Timestamp(at)))
        })
    }
}
