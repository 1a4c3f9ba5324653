//! The board: what the supervisor knows of each source that its ledger cannot tell. Lost with the process, without harm.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use wire::source::{SourceHealth, SourceStatus};
use wire::time::Timestamp;

use super::hosts::Hosts;
use super::pause::Paused;
use super::trial::Trying;
use crate::clock::Clock;
use crate::store::SourceRow;

/// A source whose cadence is not known is late after five minutes without news …
const LATE_MS: i64 = 5 * 60_000;
/// … and silent after an hour: quiet says nothing any more.
const SILENT_MS: i64 = 60 * 60_000;

/// How often a pause with an end is looked at: a source goes on within a second of it.
const LOOK: Duration = Duration::from_secs(1);

/// What is known of one source beside its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// How often it gives something new at least, if it promises that.
    pub cadence_ms: Option<i64>,
    /// The same where its owner set it for this feed: it is held to it.
    pub promised_ms: Option<i64>,
    /// How old its content is by the dates inside it, when the upstream says so apart from its items: a feed may be
    /// fresh and hold nothing new.
    pub content_at: Option<Timestamp>,
    /// Why it is broken.
    pub broken: Option<String>,
    /// What is wrong with what it sends, while it can be reached and read.
    pub doubt: Option<String>,
    /// Who stopped it, and until when.
    pub paused: Option<Paused>,
    /// That it was removed at the desk, in a sentence.
    pub removed: Option<String>,
}

/// All notes, by public source id.
#[derive(Debug, Default)]
pub struct Board {
    notes: Mutex<BTreeMap<String, Note>>,
    /// Counts pauses and their ends, so that those who wait look again.
    turns: watch::Sender<u64>,
    /// Who stops a source or lets it go on holds it: what is on disk and what stands here are changed in the same order.
    pub(super) pausing: tokio::sync::Mutex<()>,
    /// Which are being tried.
    pub(super) trying: Trying,
    /// Whose turn it is at each host.
    pub(super) hosts: Hosts,
}

impl Board {
    /// Changes the note of a source.
    pub fn note(&self, id: &str, change: impl FnOnce(&mut Note)) {
        change(
            self.notes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id.to_owned())
                .or_default(),
        );
    }

    /// The note of a source.
    pub fn of(&self, id: &str) -> Note {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(id).cloned().unwrap_or_default()
    }

    /// Stops a source, or lets it go on.
    pub fn pause(&self, id: &str, paused: Option<Paused>) {
        self.note(id, |note| note.paused = paused);
        self.turns.send_modify(|turns| *turns = turns.wrapping_add(1));
    }

    /// The pause of a source, where it is stopped at a moment.
    pub fn paused(&self, id: &str, at: Timestamp) -> Option<Paused> {
        self.of(id).paused.filter(|paused| paused.holds(at))
    }

    /// Waits until a source is stopped, or goes on.
    pub(super) async fn until(&self, clock: &Clock, id: &str, is_paused: bool) {
        let mut turns = self.turns.subscribe();
        loop {
            let paused = self.paused(id, clock.now());
            if paused.is_some() == is_paused {
                return;
            }
            let has_end = paused.is_some_and(|paused| paused.until.is_some());
            // The sender lives as long as the board, so waiting for it does not fail.
            tokio::select! {
                _ = turns.changed() => {}
                () = tokio::time::sleep(LOOK), if has_end => {}
            }
        }
    }

    /// The status of a source: by the age of its content, or broken.
    pub fn status(&self, row: &SourceRow, now: Timestamp) -> SourceStatus {
        status(row, &self.of(&row.id), now)
    }
}

/// Until when a source is live, and until when late, by the age of its content.
fn bounds(note: &Note) -> (i64, i64) {
    // A feed that is held to a promise is late at half as much again, and at twice it is silent.
    if let Some(promised) = note.promised_ms {
        return (promised + promised / 2, 2 * promised);
    }
    let late_ms = note.cadence_ms.map_or(LATE_MS, |cadence| (2 * cadence).max(LATE_MS));
    (late_ms, late_ms.max(SILENT_MS))
}

/// The status of a source from its row and its note. Before its first datum a source is silent, never green.
fn status(row: &SourceRow, note: &Note, now: Timestamp) -> SourceStatus {
    let newest = row.newest.max(note.content_at);
    let age_ms = newest.map(|newest| now.ms_since(newest).max(0));
    let (live_ms, late_ms) = bounds(note);
    let paused = note.paused.as_ref().filter(|paused| paused.holds(now));
    let health = match age_ms {
        _ if paused.is_some() || note.removed.is_some() => SourceHealth::Paused,
        _ if note.broken.is_some() => SourceHealth::Broken,
        Some(age) if age <= live_ms => SourceHealth::Live,
        Some(age) if age <= late_ms => SourceHealth::Late,
        Some(_) | None => SourceHealth::Silent,
    };
    SourceStatus {
        id: row.id.clone(),
        name: row.name.clone(),
        mode: row.mode,
        status: health,
        content_age_ms: age_ms.and_then(|age| u64::try_from(age).ok()),
        reason: note
            .removed
            .clone()
            .or_else(|| paused.map(Paused::said))
            .or_else(|| note.broken.clone())
            .or_else(|| note.doubt.clone())
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

    fn row(newest: Option<Timestamp>) -> SourceRow {
        SourceRow {
            key: SourceKey(1),
            id: "feed:x".to_owned(),
            name: "X".to_owned(),
            mode: Mode::Live,
            ledger: Ledger::default(),
            newest,
            received: None,
        }
    }

    #[test]
    fn a_source_is_judged_by_the_age_of_its_content() {
        let board = Board::default();
        let mut row = row(None);
        row.received = Some(Timestamp(9_999_999));
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

    #[test]
    fn a_feed_that_is_held_to_a_promise_is_late_and_silent_within_twice_of_it() {
        use SourceHealth::{Late, Live, Silent};
        let board = Board::default();
        let row = row(Some(Timestamp(0)));
        board.note("feed:x", |note| note.promised_ms = Some(60_000));
        let health = |now: i64| board.status(&row, Timestamp(now)).status;
        let seen = [60_000, 90_000, 90_001, 120_000, 120_001].map(health);
        assert_eq!(seen, [Live, Live, Late, Late, Silent]);
    }

    #[tokio::test]
    async fn a_source_that_somebody_stopped_is_paused_whatever_it_was_and_until_its_end() {
        let board = Board::default();
        let row = row(None);
        board.note("feed:x", |note| note.broken = Some("it answers 500".to_owned()));
        let paused = Paused {
            by: "administrator".to_owned(),
            since: Timestamp(0),
            until: Some(Timestamp(60_000)),
            reason: "it repeats itself".to_owned(),
        };
        board.pause("feed:x", Some(paused));
        let told = board.status(&row, Timestamp(59_999));
        assert_eq!(told.status, SourceHealth::Paused);
        let said = "paused by the role administrator, until 1970-01-01 00:01 UTC";
        assert_eq!(told.reason.as_deref(), Some(said), "and not in the words of who did it");
        let told = board.status(&row, Timestamp(60_000));
        assert_eq!(told.status, SourceHealth::Broken, "as it was before");
        // Nobody is woken by a clock, and it goes on all the same.
        let clock = Clock::manual(Timestamp(59_999));
        let waits = tokio::time::timeout(LOOK / 10, board.until(&clock, "feed:x", false));
        assert!(waits.await.is_err(), "it is paused still");
        clock.advance_ms(1);
        board.until(&clock, "feed:x", false).await;
        board.pause("feed:x", None);
        assert_eq!(board.paused("feed:x", Timestamp(0)), None);
    }
}
