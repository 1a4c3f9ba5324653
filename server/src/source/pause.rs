//! Pauses: a source that nobody asks, until when, and why.
//!
//! A pause is a named value of the database, written in the transaction of the line that tells of it in the room's log: a crash loses
//! both or neither. Who did it stands in that line, sealed; the pause knows the role alone.

use engine::view::Clearance;
use serde::{Deserialize, Serialize};
use wire::source::PauseTold;
use wire::time::Timestamp;

use super::{Board, SourceConfig};
use crate::http::problem::Fault;
use crate::log_line;
use crate::pipeline::Cursor;
use crate::state::App;
use crate::store::{SourceRow, Store, StoreError};

/// A source that nobody asks until somebody says so, or until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// The role of who stopped it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// When it goes on by itself.
    pub until: Option<Timestamp>,
    /// Why, in their words.
    pub reason: String,
}

impl Paused {
    /// Whether it is so at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }

    /// In a sentence that everybody may read: it goes to every screen.
    pub(super) fn said(&self) -> String {
        match self.until {
            Some(until) => format!("paused by the role {}, until {}", self.by, minute(until)),
            None => format!("paused by the role {} since {}", self.by, minute(self.since)),
        }
    }

    /// As one with this clearance may know it: words as in the room's log.
    pub(crate) fn told(self, clearance: Clearance) -> PauseTold {
        let Self { by, since, until, reason } = self;
        PauseTold { since, until, by, reason: (clearance >= Clearance::Desk).then_some(reason) }
    }
}

/// A moment as people read it, to the minute: `2026-11-27 22:32 UTC`.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or_default())
}

/// Its name among the database's named values.
fn name(id: &str) -> String {
    format!("paused:{id}")
}

/// Puts on the board what was stopped before the server was.
pub(crate) async fn load(
    store: &Store,
    sources: &[SourceConfig],
    board: &Board,
) -> Result<(), StoreError> {
    for config in sources {
        let id = format!("feed:{}", config.short_name());
        let Some(value) = store.meta(&name(&id)).await? else { continue };
        match serde_json::from_str(&value) {
            Ok(paused) => board.pause(&id, paused),
            Err(cause) => {
                tracing::error!(source = id, %cause, "its pause cannot be read: it goes on");
            }
        }
    }
    Ok(())
}

/// Stops a source, or lets it go on, in the name of an operator. Done once it is on disk.
pub(crate) async fn set(
    app: &App,
    row: &SourceRow,
    paused: Option<Paused>,
    by: String,
) -> Result<(), Fault> {
    let _turn = app.sources.pausing.lock().await;
    let now = app.clock.now();
    if paused.is_none() && app.sources.paused(&row.id, now).is_none() {
        // It goes on already.
        return Ok(());
    }
    let id = &row.id;
    let text = match &paused {
        Some(Paused { until: Some(until), reason, .. }) => {
            format!("{id} paused until {}: {reason}", minute(*until))
        }
        Some(Paused { until: None, reason, .. }) => format!("{id} paused: {reason}"),
        None => format!("{id} goes on"),
    };
    let value = serde_json::to_string(&paused).map_err(Fault::internal)?;
    let kept = Cursor { name: name(id), value };
    log_line::write(app, row.mode, by, text, Some(kept)).await?;
    app.sources.pause(id, paused);
    Ok(())
}
