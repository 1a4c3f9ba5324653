//! Erasing a report: its keys and ciphertexts go, the count stays, and the journal says that it happened.

use engine::entry::SourceKey;
use wire::id::ReportId;
use wire::view::Mode;

use super::append::{grouped, id_bytes, write_group};
use super::rows::{mode_of, source_key};
use super::{AppendError, Appended, SourceRow, Store, StoreError, big, reading};

const VERSIONS: &str = "SELECT j.mode, j.source_key, k.seq FROM payload_key k \
     JOIN journal j ON j.seq = k.seq WHERE k.report_id = $1 ORDER BY k.seq";
const SEQS: &str = "SELECT seq FROM payload_key WHERE report_id = $1 ORDER BY seq";
const DELETE_PAYLOADS: &str = "DELETE FROM payload WHERE seq IN \
     (SELECT seq FROM payload_key WHERE report_id = $1)";
const DELETE_KEYS: &str = "DELETE FROM payload_key WHERE report_id = $1";
// A saved World that saw the report holds its words; the journal can make it again without them.
const DELETE_PARTS: &str = "DELETE FROM checkpoint_part WHERE seq >= $1";
const DELETE_CHECKPOINTS: &str = "DELETE FROM checkpoint WHERE seq >= $1";

/// What a report to erase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasable {
    /// Its mode.
    pub mode: Mode,
    /// Who sent it.
    pub source: SourceKey,
    /// Its first version.
    pub first_seq: u64,
}

impl Store {
    /// What there is to erase of a report; `None` if nothing is held, or all is erased already.
    pub async fn erasable(&self, id: ReportId) -> Result<Option<Erasable>, StoreError> {
        let versions: Option<(String, i64, i64)> = reading!(self, db => sqlx::query_as(VERSIONS)
            .bind(id_bytes(id)).fetch_optional(db).await?);
        versions
            .map(|(mode, source, seq)| {
                Ok(Erasable {
                    mode: mode_of(&mode)?,
                    source: source_key(source)?,
                    first_seq: super::unsigned(seq, "a journal number")?,
                })
            })
            .transpose()
    }

    /// The journal numbers of all that is sealed under the name of a report.
    pub async fn versions(&self, id: ReportId) -> Result<Vec<u64>, StoreError> {
        let seqs: Vec<i64> = reading!(self, db => sqlx::query_scalar(SEQS)
            .bind(id_bytes(id)).fetch_all(db).await?);
        seqs.into_iter().map(|seq| super::unsigned(seq, "a journal number")).collect()
    }

    /// Deletes the keys and payloads of all versions of these reports, and the saved Worlds from `first_seq` on, and appends
    /// the entries that say so; in one transaction.
    pub async fn erase(
        &self,
        destroyed: &[ReportId],
        first_seq: u64,
        rows: &[Appended],
    ) -> Result<(), AppendError> {
        let ledgers: &[SourceRow] = &[];
        grouped!(self, tx, Db => {
            for id in destroyed {
                let bytes = id_bytes(*id);
                sqlx::query(DELETE_PAYLOADS).bind(&bytes).execute(&mut *tx).await?;
                sqlx::query(DELETE_KEYS).bind(&bytes).execute(&mut *tx).await?;
            }
            sqlx::query(DELETE_PARTS).bind(big(first_seq)).execute(&mut *tx).await?;
            sqlx::query(DELETE_CHECKPOINTS).bind(big(first_seq)).execute(&mut *tx).await?;
            write_group!(tx, Db, rows, ledgers);
        })
    }

    /// Sweeps what a deletion leaves behind in the write-ahead log and in dead rows; false if something still reads the old, and it has
    /// to be done again.
    pub async fn sweep(&self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.fold_log().await,
            Self::Postgres(postgres) => postgres.sweep_keys().await.map(|()| true),
        }
    }
}
