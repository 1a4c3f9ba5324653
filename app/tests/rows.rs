//! The list under a burst: what is looked at does not move.

use std::collections::BTreeSet;

use app::model::{Rows, Stacks};
use proptest::prelude::*;
use wire::grade::{Basis, Hazard, Kind, Severity, Verification};
use wire::id::ReportId;
use wire::report::{FeatureTag, ReportFeature, ReportProperties};
use wire::time::Timestamp;
use wire::view::Mode;

fn report(id: u8, seq: u64) -> ReportFeature {
    let at = Timestamp(1_000);
    ReportFeature {
        tag: FeatureTag::Feature,
        id: ReportId(u128::from(id)),
        geometry: None,
        properties: ReportProperties {
            seq,
            mode: Mode::Live,
            source: "city".to_owned(),
            observed_at: at,
            updated_at: at,
            recorded_at: at,
            kind: Kind::Call,
            basis: Basis::Seen,
            status: None,
            hazard: Hazard::Flood,
            severity: Severity::Minor,
            verification: Verification::Unverified,
            radius_m: 0,
            clock_ahead: false,
            late: false,
            source_id: None,
            case_ref: None,
            text: None,
            lang: None,
            place: None,
            author: None,
            url: None,
            origin: None,
            hazard_original: None,
        },
    }
}

fn ids(rows: &Rows) -> Vec<u128> {
    rows.rows().iter().map(|row| row.report.id.0).collect()
}

proptest! {
    #[test]
    fn a_held_list_keeps_every_row_in_its_place_and_counts_what_waits(
        before in prop::collection::btree_set(0u8..60, 0..30),
        after in prop::collection::btree_set(0u8..60, 0..30),
    ) {
        let mut rows = Rows::default();
        let first: Vec<_> = before.iter().map(|id| report(*id, u64::from(*id) + 1)).collect();
        rows.sync(first.iter(), false);
        let shown = ids(&rows);
        let second: Vec<_> = after.iter().map(|id| report(*id, u64::from(*id) + 100)).collect();
        rows.sync(second.iter(), true);
        prop_assert_eq!(&ids(&rows), &shown);
        let new: BTreeSet<_> = after.difference(&before).collect();
        prop_assert_eq!(rows.waiting(), new.len());
        for row in rows.rows() {
            prop_assert_eq!(row.gone, !after.contains(&(row.report.id.0 as u8)));
        }
        // Let go, the list is what it would be if it had never been held.
        rows.sync(second.iter(), false);
        let mut fresh = Rows::default();
        fresh.sync(second.iter(), false);
        prop_assert_eq!(rows, fresh);
    }
}

#[test]
fn the_newest_is_on_top_and_the_keys_stop_at_both_ends() {
    let mut rows = Rows::default();
    rows.sync([report(1, 5), report(2, 9), report(3, 7)].iter(), false);
    assert_eq!(ids(&rows), [2, 3, 1]);
    assert_eq!(rows.beside(None, 1), Some(ReportId(2)));
    assert_eq!(rows.beside(Some(ReportId(2)), -1), Some(ReportId(2)));
    assert_eq!(rows.beside(Some(ReportId(3)), 1), Some(ReportId(1)));
    assert_eq!(rows.beside(Some(ReportId(1)), 1), Some(ReportId(1)));
    assert_eq!(Rows::default().beside(None, 1), None);
}

/// The ids of each stack, from the top.
fn stacked(stacks: &Stacks) -> Vec<Vec<u128>> {
    let of = |moment| stacks.rows(moment).iter().map(|row| row.report.id.0).collect();
    stacks.moments().into_iter().map(of).collect()
}

#[test]
fn what_comes_in_together_is_one_stack_on_top_and_the_rest_keeps_its_stacks() {
    let (mut rows, mut stacks) = (Rows::default(), Stacks::default());
    let mut take = |reports: &[ReportFeature], held| {
        rows.sync(reports.iter(), held);
        stacks = stacks.next(rows.rows());
        stacks.clone()
    };
    let first = take(&[report(1, 1), report(2, 2)], false);
    assert_eq!(stacked(&first), [[2, 1]]);
    let more = [report(1, 1), report(2, 2), report(3, 3), report(4, 4), report(5, 5)];
    let second = take(&more, false);
    assert_eq!(stacked(&second), [vec![5, 4, 3], vec![2, 1]]);
    assert_eq!(second.moments()[1], first.moments()[0]);
    // A newer version in a held list stands where the old one stood, and in its stack.
    let newer = [report(1, 1), report(2, 2), report(3, 3), report(4, 9), report(5, 5)];
    let held = take(&newer, true);
    assert_eq!(stacked(&held), [vec![5, 4, 3], vec![2, 1]]);
    assert_eq!(held.moments(), second.moments());
    // A stack whose last row went is gone.
    let fewer = take(&[report(3, 3), report(4, 9), report(5, 5)], false);
    assert_eq!(stacked(&fewer).concat(), [4, 5, 3]);
    assert_eq!(fewer.rows(first.moments()[0]), []);
}

#[test]
fn a_burst_is_drawn_as_far_as_it_is_in_sight_and_then_whole() {
    let (mut rows, mut stacks) = (Rows::default(), Stacks::default());
    let reports = |n: u8| (1..=n).map(|id| report(id, u64::from(id))).collect::<Vec<_>>();
    rows.sync(reports(100).iter(), false);
    let depth = stacks.depth(rows.rows());
    assert_eq!(depth, 24);
    stacks = stacks.next(&rows.rows()[..depth]);
    assert_eq!((stacked(&stacks).concat(), stacks.drawn()), (ids(&rows)[..24].to_vec(), 24));
    // More of the burst: a hundred new ones are on top of what is drawn.
    rows.sync(reports(200).iter(), false);
    assert_eq!(stacks.depth(rows.rows()), 24);
    stacks = stacks.next(&rows.rows()[..24]);
    // It passes: what comes now joins what is drawn, and all of it is drawn again.
    rows.sync(reports(210).iter(), false);
    assert_eq!(stacks.depth(rows.rows()), 100);
    assert_eq!(stacked(&stacks.next(rows.rows())).concat(), ids(&rows));
}

proptest! {
    #[test]
    fn stacks_hold_every_row_once_and_in_order_whatever_comes_and_goes(
        steps in prop::collection::vec((prop::collection::btree_map(0u8..40, 0u64..200, 0..40), any::<bool>()), 1..12),
    ) {
        let (mut rows, mut stacks) = (Rows::default(), Stacks::default());
        for (reports, held) in steps {
            // No two reports share a number.
            let reports: Vec<_> =
                reports.iter().map(|(id, seq)| report(*id, seq * 40 + u64::from(*id) + 1)).collect();
            rows.sync(reports.iter(), held);
            stacks = stacks.next(rows.rows());
            prop_assert_eq!(stacked(&stacks).concat(), ids(&rows));
            let moments = stacks.moments();
            let apart: BTreeSet<_> = moments.iter().copied().collect();
            prop_assert_eq!(apart.len(), moments.len());
        }
    }
}
