//! For which source a report speaks to the rules: the one that its group was first heard as.
//!
//! The first of a group by time may come last, and a report may show that two groups are one. Rules that had heard of two
//! sources then hear anew of those that turned out to be copies, so that a copy never counts in whatever order it came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::id::ReportId;

/// The sources that rules have heard of, where a report is not its own.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Spoken {
    of: BTreeMap<ReportId, ReportId>,
    /// Of each source how many reports its group had.
    counted: BTreeMap<ReportId, u32>,
}

/// The group of a report when it came.
pub(super) struct Group<M> {
    /// The first of it.
    pub(super) first: ReportId,
    pub(super) n_reports: u32,
    /// All of it, the first of them first; asked for only where groups met or have a new first.
    pub(super) members: M,
}

impl Spoken {
    /// The source for which a report spoke: itself, unless it is known as a copy.
    pub(super) fn source(&self, id: ReportId) -> ReportId {
        self.of.get(&id).copied().unwrap_or(id)
    }

    /// The source for which a report of a group speaks, and the others of the group that were heard as another.
    pub(super) fn hear(
        &mut self,
        id: ReportId,
        group: &Group<impl Fn() -> Vec<ReportId>>,
    ) -> (ReportId, Vec<ReportId>) {
        let others = || (group.members)().into_iter().filter(|other| *other != id);
        let is_known = self.of.contains_key(&id) || self.counted.contains_key(&id);
        let heir = if group.first != id {
            group.first
        } else if is_known {
            id
        } else {
            others().next().unwrap_or(id)
        };
        let source = self.source(heir);
        let before = self.counted.insert(source, group.n_reports).unwrap_or(1);
        let mut anew = Vec::new();
        if group.n_reports > before.saturating_add(1) {
            anew.extend(others().filter(|other| self.source(*other) != source));
        }
        for other in anew.iter().copied().chain([id]) {
            self.counted.remove(&other);
            self.of.insert(other, source);
        }
        self.counted.insert(source, group.n_reports);
        (source, anew)
    }

    /// A report is gone.
    pub(super) fn forget(&mut self, id: ReportId) {
        self.of.remove(&id);
        self.counted.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(spoken: &mut Spoken, id: u128, group: &[u128]) -> (u128, Vec<u128>) {
        let members: Vec<ReportId> = group.iter().copied().map(ReportId).collect();
        let n_reports = members.len() as u32;
        let group = Group { first: members[0], n_reports, members: || members.clone() };
        let (source, anew) = spoken.hear(ReportId(id), &group);
        (source.0, anew.into_iter().map(|id| id.0).collect())
    }

    #[test]
    fn one_that_comes_late_and_was_said_first_speaks_for_the_source_that_was_heard() {
        let mut spoken = Spoken::default();
        assert_eq!(hear(&mut spoken, 2, &[1, 2]), (1, vec![]));
        assert_eq!(hear(&mut spoken, 0, &[0, 1, 2]), (1, vec![]));
        assert_eq!(hear(&mut spoken, 3, &[0, 1, 2, 3]), (1, vec![]));
    }

    #[test]
    fn one_that_is_no_copy_any_more_speaks_for_itself_and_so_do_its_copies() {
        let mut spoken = Spoken::default();
        assert_eq!(hear(&mut spoken, 2, &[1, 2]), (1, vec![]));
        spoken.forget(ReportId(2));
        assert_eq!(hear(&mut spoken, 3, &[2, 3]), (2, vec![]));
    }

    #[test]
    fn two_groups_that_meet_are_one_source_from_then_on() {
        let mut spoken = Spoken::default();
        hear(&mut spoken, 2, &[1, 2]);
        hear(&mut spoken, 12, &[11, 12]);
        assert_eq!(hear(&mut spoken, 5, &[1, 2, 5, 11, 12]), (1, vec![11, 12]));
        assert_eq!(hear(&mut spoken, 13, &[1, 2, 5, 11, 12, 13]), (1, vec![]), "and once");
    }
}
