//! The log as a desk reads it: what of it can be taken back.

use wire::decision::{DecisionKind, LogLine};

/// Whether a line can still be taken back. Zones and rules are set anew instead, and what takes back stands.
pub fn can_go_back(line: &LogLine) -> bool {
    let is_final =
        matches!(line.kind, DecisionKind::Undo | DecisionKind::Zone | DecisionKind::Rule);
    line.taken_back.is_none() && !is_final
}
