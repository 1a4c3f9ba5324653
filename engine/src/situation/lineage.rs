//! Lineage: which situation a group goes on, when groups grow, split and join.
//!
//! A group goes on the situation it shares most members with, and each situation goes on in one group at most; what is left
//! over was split off, or was merged.

use std::collections::{BTreeMap, BTreeSet};

use super::SituationId;

/// What becomes of the groups and of the situations whose members they are made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Lineage {
    /// For each group the situation that it goes on.
    pub(super) goes_on: Vec<Option<SituationId>>,
    /// For each group the situation that most of its members come from, if that goes on elsewhere.
    pub(super) split_from: Vec<Option<SituationId>>,
    /// Situations that go on in none, and the group that took most of their members.
    pub(super) merged: BTreeMap<SituationId, usize>,
}

/// See the module. `was_in` says in which situation a member is.
pub(super) fn lineage<T>(groups: &[Vec<T>], was_in: impl Fn(&T) -> Option<SituationId>) -> Lineage {
    let mut shared: BTreeMap<(SituationId, usize), u32> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        for situation in group.iter().filter_map(&was_in) {
            *shared.entry((situation, at)).or_default() += 1;
        }
    }
    let mut ranked: Vec<(u32, SituationId, usize)> =
        shared.into_iter().map(|((situation, at), n)| (n, situation, at)).collect();
    // Most first; among equals the older situation, and the group that began first.
    ranked.sort_unstable_by_key(|(n, situation, at)| (std::cmp::Reverse(*n), *situation, *at));
    let mut lineage = Lineage {
        goes_on: vec![None; groups.len()],
        split_from: vec![None; groups.len()],
        merged: BTreeMap::new(),
    };
    let mut going_on: BTreeSet<SituationId> = BTreeSet::new();
    for (_, situation, at) in &ranked {
        if lineage.goes_on[*at].is_none() && !going_on.contains(situation) {
            lineage.goes_on[*at] = Some(*situation);
            going_on.insert(*situation);
        }
    }
    for (_, situation, at) in ranked {
        if !going_on.contains(&situation) {
            lineage.merged.entry(situation).or_insert(at);
        } else if lineage.goes_on[at].is_none() {
            lineage.split_from[at].get_or_insert(situation);
        }
    }
    lineage
}

#[cfg(test)]
mod tests {
    use wire::id::ReportId;

    use super::*;

    fn lineage_of(was: &[&[u128]], is: &[&[u128]]) -> Lineage {
        let was_in = |id: &ReportId| {
            let at = was.iter().position(|members| members.contains(&id.0))?;
            Some(SituationId(at as u64 + 1))
        };
        let groups: Vec<Vec<ReportId>> =
            is.iter().map(|group| group.iter().map(|id| ReportId(*id)).collect()).collect();
        lineage(&groups, was_in)
    }

    const FIRST: Option<SituationId> = Some(SituationId(1));
    const SECOND: Option<SituationId> = Some(SituationId(2));

    #[test]
    fn what_grows_goes_on() {
        let grown = lineage_of(&[&[1, 2, 3]], &[&[1, 2, 3, 4], &[7, 8, 9]]);
        assert_eq!(grown.goes_on, [FIRST, None]);
        assert_eq!(grown.split_from, [None, None]);
        assert!(grown.merged.is_empty());
    }

    #[test]
    fn what_splits_goes_on_in_the_larger_part_and_the_other_knows_where_it_came_from() {
        let split = lineage_of(&[&[1, 2, 3, 4, 5]], &[&[1, 2, 6, 7, 8], &[3, 4, 5]]);
        assert_eq!(split.goes_on, [None, FIRST]);
        assert_eq!(split.split_from, [FIRST, None]);
    }

    #[test]
    fn what_merges_goes_on_as_the_one_with_most_and_the_other_is_told_where_it_went() {
        let merged = lineage_of(&[&[1, 2], &[3, 4, 5]], &[&[1, 2, 3, 4, 5]]);
        assert_eq!(merged.goes_on, [SECOND]);
        assert_eq!(merged.merged, BTreeMap::from([(SituationId(1), 0)]));
    }

    #[test]
    fn among_equals_the_older_goes_on() {
        let merged = lineage_of(&[&[1, 2], &[3, 4]], &[&[1, 2, 3, 4]]);
        assert_eq!(merged.goes_on, [FIRST]);
        let split = lineage_of(&[&[1, 2, 3, 4]], &[&[3, 4], &[1, 2]]);
        assert_eq!(split.goes_on, [FIRST, None]);
        assert_eq!(split.split_from, [None, FIRST]);
    }

    #[test]
    fn two_that_exchange_members_both_go_on() {
        let exchanged = lineage_of(&[&[1, 2, 3], &[4, 5, 6]], &[&[1, 2, 4], &[3, 5, 6]]);
        assert_eq!(exchanged.goes_on, [FIRST, SECOND]);
        assert!(exchanged.merged.is_empty());
        assert_eq!(exchanged.split_from, [None, None]);
    }
}
