//! What operators decided belongs together or apart: it holds over what distance, time and hazard say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wire::id::ReportId;

/// Pairs of reports; each pair with the smaller id first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Links {
    together: BTreeSet<(ReportId, ReportId)>,
    apart: BTreeSet<(ReportId, ReportId)>,
}

fn pair(a: ReportId, b: ReportId) -> (ReportId, ReportId) {
    (a.min(b), a.max(b))
}

impl Links {
    /// These two belong together from now on; a decision before that parted them no longer holds.
    pub(super) fn join(&mut self, a: ReportId, b: ReportId) {
        if a != b {
            self.apart.remove(&pair(a, b));
            self.together.insert(pair(a, b));
        }
    }

    /// These two do not belong together from now on; a decision before that joined them no longer holds.
    pub(super) fn part(&mut self, a: ReportId, b: ReportId) {
        if a != b {
            self.together.remove(&pair(a, b));
            self.apart.insert(pair(a, b));
        }
    }

    /// Nothing is said of this report any more.
    pub(super) fn forget(&mut self, id: ReportId) {
        for pairs in [&mut self.together, &mut self.apart] {
            pairs.retain(|(a, b)| *a != id && *b != id);
        }
    }

    /// Pairs that belong together.
    pub(super) fn together(&self) -> impl Iterator<Item = (ReportId, ReportId)> {
        self.together.iter().copied()
    }

    /// Pairs that do not.
    pub(super) fn apart(&self) -> impl Iterator<Item = (ReportId, ReportId)> {
        self.apart.iter().copied()
    }

    /// All of whom anything was decided, some of them more than once.
    pub(super) fn named(&self) -> impl Iterator<Item = ReportId> {
        self.together.iter().chain(&self.apart).flat_map(|(a, b)| [*a, *b])
    }

    /// Whether nothing was decided.
    pub(super) fn is_empty(&self) -> bool {
        self.together.is_empty() && self.apart.is_empty()
    }
}
