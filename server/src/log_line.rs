//! A line that the server writes into the room's log for who did something; with it, in one transaction, what the database keeps of that.

use engine::decision::{DecisionEntry, Signed};
use engine::entry::Body;
use wire::decision::DecisionKind;
use wire::view::Mode;

use crate::http::problem::Fault;
use crate::pipeline::{Cursor, Submission, Tied};
use crate::state::App;

/// Writes it, signed by who did it, or by nobody where the server did so by itself; its number. Without the line nothing is kept, and nothing may be done.
pub(crate) async fn write(
    app: &App,
    mode: Mode,
    by: impl Into<Option<String>>,
    text: String,
    kept: Option<Cursor>,
) -> Result<u64, Fault> {
    let line = DecisionEntry {
        kind: DecisionKind::Log,
        subject: None,
        basis: None,
        occurred_at: app.clock.now(),
        known_seq: app.worlds.read(mode).head(),
        with: Vec::new(),
        reports: Vec::new(),
        until: None,
        every_min: None,
        sets: None,
        signed: Signed { by: by.into(), text: Some(text) },
    };
    let tied = Tied { cursor: kept, ..Tied::default() };
    let own = Submission::own(mode, vec![Body::Decision(Box::new(line))]);
    let outcome = app.intake.submit(Submission { tied, ..own }).await?;
    outcome.first.ok_or_else(|| Fault::internal("a line of the room's log was refused"))
}
