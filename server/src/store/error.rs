//! What can go wrong below, in the few words the rest of the server acts on.

/// What can go wrong below.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row.
    #[error("not found")]
    NotFound,
    /// A name is taken.
    #[error("{0} already exists")]
    Conflict(&'static str),
    /// Our own data do not decode: the process stops.
    #[error("stored data are corrupt: {0}")]
    Corrupt(String),
    /// The disk is full.
    #[error("no disk space left")]
    DiskFull,
    /// The database cannot be reached, or another process holds it.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Anything else the database says.
    #[error("database: {0}")]
    Backend(String),
}

/// Why a database was not opened; each one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither scheme.
    #[error("the database is neither sqlite:PATH nor postgres://HOST/NAME: correct `database`")]
    BadUrl,
    /// SQLite before 3.51.3 can lose commits when the write-ahead log restarts.
    #[error(
        "this program is linked with SQLite {0}, which can lose commits: build it with SQLite 3.51.3 or newer"
    )]
    OldSqlite(String),
    /// Written by a newer program.
    #[error(
        "the database has schema {0}, newer than this program knows: run the newer program, or restore a backup made before it"
    )]
    NewerSchema(i64),
    /// A migration that was applied has another text now.
    #[error("the database was made by another build of schema {0}: run the program that made it")]
    OtherSchema(i64),
    /// Anything else.
    #[error("the database could not be opened: {0}")]
    Store(#[from] StoreError),
}

/// `SQLITE_FULL`, and PostgreSQL's `disk_full`.
const FULL: [&str; 2] = ["13", "53100"];

/// Another process holds what this one waited for: `SQLITE_BUSY` with its extensions (recovery, snapshot, timeout),
/// `SQLITE_LOCKED` with its own, and PostgreSQL's `lock_not_available`, `deadlock_detected`, `serialization_failure` and
/// `too_many_connections`. It passes by itself.
const HELD: [&str; 10] = ["5", "261", "517", "773", "6", "262", "55P03", "40P01", "40001", "53300"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Corrupt(error.to_string())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(cause) => {
                let code = cause.code().unwrap_or_default().into_owned();
                if FULL.contains(&code.as_str()) {
                    Self::DiskFull
                } else if cause.is_unique_violation() {
                    Self::Conflict("this name")
                } else if code == "11" || code == "26" || code == "XX001" || code == "XX002" {
                    // SQLITE_CORRUPT, SQLITE_NOTADB, data_corrupted, index_corrupted.
                    Self::Corrupt(cause.message().to_owned())
                } else if HELD.contains(&code.as_str())
                    || code.starts_with("57P")
                    || code.starts_with("08")
                {
                    // The server is going down, or the connection broke.
                    Self::Unavailable(cause.message().to_owned())
                } else {
                    Self::Backend(cause.message().to_owned())
                }
            }
            _ => Self::Backend(error.to_string()),
        }
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::migrate::MigrateError> for OpenError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError as M;
        match error {
            M::VersionMissing(version) | M::VersionTooNew(version, _) => Self::NewerSchema(version),
            M::VersionMismatch(version) => Self::OtherSchema(version),
            M::Execute(cause) | M::ExecuteMigration(cause, _) => Self::Store(cause.into()),
            other => Self::Store(StoreError::Backend(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_from_the_future_is_told_apart() {
        let error: OpenError = sqlx::migrate::MigrateError::VersionMissing(9).into();
        assert!(error.to_string().contains("schema 9, newer"));
    }

    #[test]
    fn a_broken_connection_is_unavailable_and_not_corruption() {
        let error: StoreError = sqlx::Error::PoolTimedOut.into();
        assert!(matches!(error, StoreError::Unavailable(_)));
    }
}
