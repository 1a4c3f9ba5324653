//! The accounts of all sources as they stand on disk, and which of them the hub has not heard of yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::entry::SourceKey;
use wire::source::{SourceHealth, SourceStatus};
use wire::time::Timestamp;

use crate::source::Board;
use crate::store::SourceRow;

/// Owned by the pipeline. The store is the truth for everyone else, since a group and its accounts are one transaction.
#[derive(Debug)]
pub(crate) struct Ledgers {
    rows: BTreeMap<SourceKey, SourceRow>,
    board: Arc<Board>,
    /// What the hub was last told, without the age, which grows all the time.
    told: BTreeMap<SourceKey, (SourceHealth, Option<String>)>,
    /// Accounts that changed since the hub was told.
    dirty: BTreeSet<SourceKey>,
}

impl Ledgers {
    /// Of these sources; `board` judges their health.
    pub(crate) fn new(rows: Vec<SourceRow>, board: Arc<Board>) -> Self {
        // The room hears nothing of those who only try.
        let rows = rows.into_iter().filter(|row| !row.is_test_lane());
        let rows = rows.map(|row| (row.key, row)).collect();
        Self { rows, board, told: BTreeMap::new(), dirty: BTreeSet::new() }
    }

    /// A source's account.
    pub(super) fn row(&self, key: SourceKey) -> Option<&SourceRow> {
        self.rows.get(&key)
    }

    /// Takes rows as they stand on disk now.
    pub(super) fn put(&mut self, rows: Vec<SourceRow>) {
        for row in rows {
            self.dirty.insert(row.key);
            self.rows.insert(row.key, row);
        }
    }

    /// Sources to tell the hub of: their account or their health changed since the last call.
    pub(super) fn news(&mut self, now: Timestamp) -> Vec<SourceStatus> {
        let mut news = Vec::new();
        for (key, row) in &self.rows {
            let status = self.board.status(row, now);
            let mark = (status.status, status.reason.clone());
            if self.told.get(key) != Some(&mark) || self.dirty.contains(key) {
                self.told.insert(*key, mark);
                news.push(status);
            }
        }
        self.dirty.clear();
        news
    }
}

#[cfg(test)]
mod tests {
    use wire::view::Mode;

    use super::*;

    fn row(newest: i64) -> SourceRow {
        SourceRow {
            key: SourceKey(1),
            id: "partner:a".to_owned(),
            name: "A".to_owned(),
            mode: Mode::Live,
            ledger: wire::source::Ledger::default(),
            newest: Some(Timestamp(newest)),
            received: None,
        }
    }

    #[test]
    fn the_hub_is_told_once_of_each_change() {
        let board = Arc::new(Board::default());
        let mut ledgers = Ledgers::new(vec![row(0)], Arc::clone(&board));
        let n_news = |ledgers: &mut Ledgers, now| ledgers.news(Timestamp(now)).len();
        assert_eq!(n_news(&mut ledgers, 0), 1, "the first look");
        assert_eq!(n_news(&mut ledgers, 1), 0, "nothing changed");
        assert_eq!(n_news(&mut ledgers, 400_000), 1, "it became late");
        ledgers.put(vec![row(400_000)]);
        assert_eq!(n_news(&mut ledgers, 400_000), 1, "its account changed");
        board.note("partner:a", |note| note.broken = Some("it answers 500".to_owned()));
        assert_eq!(n_news(&mut ledgers, 400_001), 1, "it broke");
        assert_eq!(n_news(&mut ledgers, 400_002), 0, "and stays so");
    }
}
