//! The board: what the supervisor knows of each source that its ledger cannot tell. Lost with the process, without harm.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use wire::source::{SourceHealth, SourceStatus};
use wire::time::Timestamp;

use crate::store::SourceRow;

/// A source whose cadence is not known is late after five minutes without news …
const LATE_MS: i64 = 5 * 60_000;
/// … and silent after an hour: quiet says nothing any more.
const SILENT_MS: i64 = 60 * 60_000;

/// What is known of one source beside its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// How often it gives something new at least, if it promises that.
    pub cadence_ms: Option<i64>,
    /// How old its content is by the dates inside it, when the upstream says so apart from its items: a feed may be
    /// fresh and hold nothing new.
    pub content_at: Option<Timestamp>,
    /// Why it is broken.
    pub broken: Option<String>,
}

/// All notes, by public source id.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<String, Note>>);

impl Board {
    /// Changes the note of a source.
    pub fn note(&self, id: &str, change: impl FnOnce(&mut Note)) {
        change(
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default(),
        );
    }

    /// The note of a source.
    pub fn of(&self, id: &str) -> Note {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }

    /// The status of a source: by the age of its content, or broken.
    pub fn status(&self, row: &SourceRow, now: Timestamp) -> SourceStatus {
        status(row, &self.of(&row.id), now)
    }
}

/// The status of a source from its row and its note. Before its first datum a source is silent, never green.
fn status(row: &SourceRow, note: &Note, now: Timestamp) -> SourceStatus {
    let newest = row.newest.max(note.content_at);
    let age_ms = newest.map(|newest| now.ms_since(newest).max(0));
    let late_ms = note.cadence_ms.map_or(LATE_MS, |cadence| (2 * cadence).max(LATE_MS));
    let health = match age_ms {
        _ if note.broken.is_some() => SourceHealth::Broken,
        Some(age) if age <= late_ms => SourceHealth::Live,
        Some(age) if age <= late_ms.max(SILENT_MS) => SourceHealth::Late,
        Some(_) | None => SourceHealth::Silent,
    };
    SourceStatus {
        id: row.id.clone(),
        name: row.name.clone(),
        mode: row.mode,
        status: health,
        content_age_ms: age_ms.and_then(|age| u64::try_from(age).ok()),
        reason: note
            .broken
            .clone()
            .or_else(|| age_ms.is_none().then(|| "nothing received yet".to_owned())),
        ledger: row.ledger.clone(),
    }
}

#[cfg(test)]
mod tests {
    use engine::entry::SourceKey;
    use wire::source::Ledger;
    use wire::view::Mode;

    use super::*;

    #[test]
    fn a_source_is_judged_by_the_age_of_its_content() {
        let board = Board::default();
        let mut row = SourceRow {
            key: SourceKey(1),
            id: "feed:x".to_owned(),
            name: "X".to_owned(),
            mode: Mode::Live,
            ledger: Ledger::default(),
            newest: None,
            received: Some(Timestamp(9_999_999)),
        };
        let health = |row: &SourceRow, now: i64| board.status(row, Timestamp(now)).status;
        assert_eq!(
            health(&row, 10_000_000),
            SourceHealth::Silent,
            "nothing yet is not green, whenever it was asked"
        );
        row.newest = Some(Timestamp(0));
        assert_eq!(health(&row, 60_000), SourceHealth::Live);
        assert_eq!(health(&row, 10 * 60_000), SourceHealth::Late);
        assert_eq!(health(&row, 61 * 60_000), SourceHealth::Silent);
        board.note("feed:x", |note| note.broken = Some("it answers 500".to_owned()));
        assert_eq!(health(&row, 60_000), SourceHealth::Broken);
        assert_eq!(board.status(&row, Timestamp(60_000)).reason.as_deref(), Some("it answers 500"));
    }
}
