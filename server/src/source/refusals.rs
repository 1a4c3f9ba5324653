//! What a document holds and is not taken: counted all, and the first of it told one by one.

use std::collections::BTreeMap;

use super::{Fetched, words};
use crate::why::RefusedItem;

/// So many of one fetch are told one by one.
const TOLD_MAX: usize = 100;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    counts: BTreeMap<&'static str, u64>,
    told: Vec<RefusedItem>,
}

impl Refusals {
    /// One more, with its own name and why.
    pub(super) fn add(&mut self, reason: &'static str, id: Option<&str>, why: &str) {
        *self.counts.entry(reason).or_default() += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(RefusedItem {
                device: id.and_then(words::line),
                reason: reason.to_owned(),
                pointer: String::new(),
                detail: why.to_owned(),
                payload: None,
            });
        }
    }

    /// Lays it beside what was understood.
    pub(super) fn settle(self, fetched: &mut Fetched) {
        for (reason, n) in self.counts {
            *fetched.rejected.entry(reason.to_owned()).or_default() += n;
        }
        fetched.refused.extend(self.told);
    }
}
