//! What an import would change, in a sentence: "12 new, 3 moved > 50 m, 1 unit changed m → cm".

use wire::import::{ImportChanges, Reworded};

/// In English, for logs and scripts; screens make theirs of the numbers.
pub(crate) fn sentence(changes: &ImportChanges, n_rejected: usize) -> String {
    let mut parts = Vec::new();
    let mut count = |n: usize, words: &str| {
        if n > 0 {
            parts.push(format!("{n} {words}"));
        }
    };
    count(usize::try_from(changes.new).unwrap_or(usize::MAX), "new");
    count(changes.moved.len(), "moved > 50 m");
    count(changes.unit_changed.len(), &units(&changes.unit_changed));
    count(changes.renamed.len(), "renamed");
    count(changes.levels_changed.len(), "with other levels");
    count(changes.other_changed.len(), "changed otherwise");
    count(n_rejected, "rejected");
    if parts.is_empty() { "nothing would change".to_owned() } else { parts.join(", ") }
}

/// From which unit to which, where it is one change.
fn units(changed: &[Reworded]) -> String {
    let plural = if changed.len() == 1 { "unit changed" } else { "units changed" };
    match changed {
        [first, rest @ ..]
            if rest.iter().all(|one| one.from == first.from && one.to == first.to) =>
        {
            format!("{plural} {} → {}", first.from, first.to)
        }
        _ => plural.to_owned(),
    }
}
