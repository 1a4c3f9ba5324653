//! What was turned away before it became items: by source and cause, with how often, first and last. In memory, for a day: the
//! ledger counts items, and these never were any.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use engine::entry::SourceKey;
use wire::time::Timestamp;

use crate::store::DAY_MS;

/// Causes of one source that are remembered: there are some dozen.
const CAUSES_MAX: usize = 64;
/// Longest sentence that is remembered.
const DETAIL_CHARS_MAX: usize = 300;

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The problem's `type`, or the reason within it.
    pub reason: String,
    /// How often, since `first`.
    pub n: u64,
    /// When it began.
    pub first: Timestamp,
    /// When it was last.
    pub last: Timestamp,
    /// What the sender was told last.
    pub detail: String,
}

/// Shared by all handlers.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<SourceKey, BTreeMap<String, Refusal>>>);

impl Refusals {
    /// Notes a request of a source that was turned away.
    pub fn note(&self, source: SourceKey, reason: &str, detail: &str, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let causes = all.entry(source).or_default();
        causes.retain(|_, known| now.ms_since(known.last) < DAY_MS);
        if causes.len() >= CAUSES_MAX && !causes.contains_key(reason) {
            return;
        }
        let known = causes.entry(reason.to_owned()).or_insert_with(|| Refusal {
            reason: reason.to_owned(),
            n: 0,
            first: now,
            last: now,
            detail: String::new(),
        });
        known.n += 1;
        known.last = now;
        known.detail = detail.chars().take(DETAIL_CHARS_MAX).collect();
    }

    /// Those of a source in the last day, the newest first.
    pub fn of(&self, source: SourceKey, now: Timestamp) -> Vec<Refusal> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut causes: Vec<Refusal> = all
            .get(&source)
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|known| now.ms_since(known.last) < DAY_MS)
            .cloned()
            .collect();
        causes.sort_by_key(|known| std::cmp::Reverse(known.last));
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_counted_with_first_and_last_and_forgotten_after_a_day() {
        let refusals = Refusals::default();
        refusals.note(SourceKey(1), "missing-scope", "one", Timestamp(10));
        refusals.note(SourceKey(1), "missing-scope", "two", Timestamp(20));
        let of = refusals.of(SourceKey(1), Timestamp(30));
        assert_eq!(of.len(), 1);
        assert_eq!((of[0].n, of[0].first, of[0].last), (2, Timestamp(10), Timestamp(20)));
        assert_eq!(of[0].detail, "two");
        assert!(refusals.of(SourceKey(2), Timestamp(30)).is_empty());
        assert!(refusals.of(SourceKey(1), Timestamp(20 + DAY_MS)).is_empty());
    }
}
