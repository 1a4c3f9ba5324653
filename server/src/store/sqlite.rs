//! SQLite: one writer connection with group commit, some readers, and the checks a safe file needs.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::{OpenError, StoreError};

/// Readers at once: enough for lists and checks while the Worlds answer everything hot.
const READERS_MAX: u32 = 4;

/// A writer waits this long for another process (a backup, the command line) before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages in the write-ahead log before a commit folds it into the file: 16 MiB, so that a storm is not slowed by
/// folding every few groups.
const WAL_PAGES: &str = "4096";

/// What the writer holds of the file in memory, in KiB and negative as SQLite wants it: the leaves to which a city's datastreams
/// append are a page each, and whoever has to fetch them again for every value waits for that alone.
const WRITER_CACHE: &str = "-65536";

/// Bytes the write-ahead log keeps when it restarts.
const WAL_BYTES_KEPT: &str = "67108864";

/// Older ones can lose commits when the write-ahead log restarts.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);

/// Findings of a check that are worth reading.
const FINDINGS_MAX: usize = 10;

/// The SQLite side of [`super::Store`].
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

impl SqliteStore {
    /// Opens or makes the file, checks the linked library and migrates.
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous())
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // What is deleted is overwritten: erased keys must not linger in free pages.
            .pragma("secure_delete", "ON")
            .pragma("wal_autocheckpoint", WAL_PAGES)
            .pragma("journal_size_limit", WAL_BYTES_KEPT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone().pragma("cache_size", WRITER_CACHE))
            .await?;
        let version: String =
            sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
        if parse_version(&version) < VERSION_MIN {
            return Err(OpenError::OldSqlite(version));
        }
        sqlx::migrate!("../migrations/sqlite").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    /// `PRAGMA quick_check`: structure and constraints of every page, without the indexes' contents.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let findings: Vec<String> =
            sqlx::query_scalar("PRAGMA quick_check(10)").fetch_all(&self.readers).await?;
        match findings.as_slice() {
            [only] if only == "ok" => Ok(()),
            all => Err(StoreError::Corrupt(
                all.iter().take(FINDINGS_MAX).cloned().collect::<Vec<_>>().join("; "),
            )),
        }
    }

    /// Folds the write-ahead log into the file and empties it, so that nothing erased lingers there.
    /// False if a reader kept it from that.
    pub(crate) async fn fold_log(&self) -> Result<bool, StoreError> {
        let (is_busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.writer).await?;
        Ok(is_busy == 0)
    }
}

/// FULL, always. `TALAIA_TEST_SYNCHRONOUS=normal` exists for one purpose: the negative control of the durability
/// proof, which must catch a server that acknowledges before the disk has it.
fn synchronous() -> SqliteSynchronous {
    match std::env::var("TALAIA_TEST_SYNCHRONOUS").as_deref() {
        Ok("normal") => {
            tracing::warn!(
                "commits are not synced (TALAIA_TEST_SYNCHRONOUS): reports will be lost"
            );
            SqliteSynchronous::Normal
        }
        _ => SqliteSynchronous::Full,
    }
}

/// `3.51.3` as numbers; what is not a number counts as 0, so that an unknown version is refused.
fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_damaged_page_is_found_by_the_check() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("talaia.db");
        let store = SqliteStore::open(&path).await.expect("opens");
        let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
             INSERT INTO session SELECT 'session-' || i, 'record', i FROM n";
        sqlx::query(fill).execute(&store.writer).await.expect("filled");
        store.check().await.expect("sound");
        store.fold_log().await.expect("folded");
        store.readers.close().await;
        store.writer.close().await;
        let mut bytes = std::fs::read(&path).expect("reads");
        let end = bytes.len();
        bytes[end - 8 * 4096..end - 4 * 4096].fill(0xa5);
        std::fs::write(&path, bytes).expect("writes");
        let store = SqliteStore::open(&path).await.expect("the schema is whole");
        assert!(matches!(store.check().await, Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn a_sqlite_that_can_lose_commits_is_refused() {
        assert!(parse_version("3.51.2") < VERSION_MIN);
        assert!(parse_version("3.51.3") >= VERSION_MIN);
        assert!(parse_version("3.60") >= VERSION_MIN);
        assert!(parse_version("nonsense") < VERSION_MIN);
    }
}
