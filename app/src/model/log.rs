//! The log as a desk reads it: what of it can be taken back.

use wire::decision::{DecisionKind, LogLine};

/// Whether a line can still be taken back; what takes back stands.
fn can_go_back(line: &LogLine) -> bool {
    line.taken_back.is_none() && line.kind != DecisionKind::Undo
}

/// The newest line of somebody that the server takes back, of lines of which the newest comes first: a zone or rule that was set
/// again later is not as that line left it.
pub fn newest_to_go_back<'a>(lines: impl Iterator<Item = &'a LogLine>, name: &str) -> Option<u64> {
    let mut set_later = Vec::new();
    for line in lines.filter(|line| can_go_back(line)) {
        let is_set = matches!(line.kind, DecisionKind::Zone | DecisionKind::Rule);
        let was_set_later = is_set && set_later.contains(&&line.subject);
        if line.by.as_deref() == Some(name) && !was_set_later {
            return Some(line.seq);
        }
        if is_set {
            set_later.push(&line.subject);
        }
    }
    None
}
