//! Sources and their ledgers.

use std::collections::BTreeMap;

use engine::entry::SourceKey;
use wire::source::Ledger;
use wire::time::Timestamp;
use wire::view::Mode;

use super::rows::{mode_of, mode_word, source_key};
use super::{SourceRow, Store, StoreError, reading, unsigned, writing};

const ENSURE: &str = "INSERT INTO source \
     (source_key, id, name, mode, received, accepted, folded, newest, received_at) \
     SELECT COALESCE(MAX(source_key), 0) + 1, $1, $2, $3, 0, 0, 0, NULL, NULL FROM source \
     HAVING NOT EXISTS (SELECT 1 FROM source WHERE id = $1)";
// One statement, so that a ledger and its reasons are of one moment.
const ALL: &str = "SELECT s.source_key, s.id, s.name, s.mode, s.received, s.accepted, s.folded, \
     s.newest, s.received_at, r.reason, r.n \
     FROM source s LEFT JOIN source_rejected r ON r.source_key = s.source_key \
     ORDER BY s.source_key";

/// Another process may take the same number at the same moment; the next number is free.
const ENSURE_TRIES: usize = 5;

/// One line of [`ALL`]: a source, and one of its reasons if it has any.
#[derive(sqlx::FromRow)]
struct Line {
    source_key: i64,
    id: String,
    name: String,
    mode: String,
    received: i64,
    accepted: i64,
    folded: i64,
    newest: Option<i64>,
    received_at: Option<i64>,
    reason: Option<String>,
    n: Option<i64>,
}

fn row(line: Line, rejected: BTreeMap<String, u64>) -> Result<SourceRow, StoreError> {
    let Line { source_key: key, id, name, mode, newest, received_at, .. } = line;
    let ledger = Ledger {
        received: unsigned(line.received, "a ledger")?,
        accepted: unsigned(line.accepted, "a ledger")?,
        folded: unsigned(line.folded, "a ledger")?,
        rejected,
    };
    let sum = ledger.accepted + ledger.folded + ledger.rejected.values().sum::<u64>();
    if ledger.received != sum {
        return Err(StoreError::Corrupt(format!(
            "the ledger of {id} says {} received, but its parts add up to {sum}",
            ledger.received
        )));
    }
    Ok(SourceRow {
        key: source_key(key)?,
        id,
        name,
        mode: mode_of(&mode)?,
        ledger,
        newest: newest.map(Timestamp),
        received: received_at.map(Timestamp),
    })
}

impl Store {
    /// The source with this public id, made if it is new; its mode is fixed by the first call.
    pub async fn source_ensure(
        &self,
        id: &str,
        name: &str,
        mode: Mode,
    ) -> Result<SourceRow, StoreError> {
        for _ in 0..ENSURE_TRIES {
            let tried: Result<(), StoreError> = writing!(self, db => sqlx::query(ENSURE)
                .bind(id).bind(name).bind(mode_word(mode)).execute(db).await
                .map(|_done| ()).map_err(StoreError::from));
            match tried {
                Ok(()) => break,
                Err(StoreError::Conflict(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let all = self.sources().await?;
        all.into_iter().find(|source| source.id == id).ok_or(StoreError::NotFound)
    }

    /// One source by its number.
    pub async fn source(&self, key: SourceKey) -> Result<Option<SourceRow>, StoreError> {
        Ok(self.sources().await?.into_iter().find(|source| source.key == key))
    }

    /// All sources by key.
    pub async fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        let lines: Vec<Line> = reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
        let mut all: BTreeMap<i64, (Line, BTreeMap<String, u64>)> = BTreeMap::new();
        for mut line in lines {
            let reason = line.reason.take().zip(line.n);
            let (_, rejected) =
                all.entry(line.source_key).or_insert_with(|| (line, BTreeMap::new()));
            if let Some((reason, n)) = reason {
                rejected.insert(reason, unsigned(n, "a ledger")?);
            }
        }
        all.into_values().map(|(line, rejected)| row(line, rejected)).collect()
    }
}
