//! The list under a burst: what is looked at does not move.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::model::Rows;
use app::model::burst::{depth, is_burst};
use proptest::prelude::*;
use wire::grade::{Basis, Hazard, Kind, Severity, Verification};
use wire::id::ReportId;
use wire::report::{FeatureTag, ReportFeature, ReportProperties};
use wire::time::Timestamp;
use wire::view::Mode;

fn report(id: u8, seq: u64) -> Arc<ReportFeature> {
    let at = Timestamp(1_000);
    Arc::new(ReportFeature {
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
            withdrawn: None,
            placed_by: None,
            placing: None,
        },
    })
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

#[test]
fn a_burst_is_drawn_as_far_as_it_is_in_sight_and_then_whole() {
    let mut rows = Rows::default();
    let reports = |n: u8| (1..=n).map(|id| report(id, u64::from(id))).collect::<Vec<_>>();
    rows.sync(reports(100).iter(), false);
    assert_eq!(depth(&[], rows.rows(), 9), 9);
    let drawn = rows.rows()[..9].to_vec();
    // More of the burst: a hundred new ones are on top of what is drawn.
    rows.sync(reports(200).iter(), false);
    assert_eq!(depth(&drawn, rows.rows(), 9), 9);
    let drawn = rows.rows()[..9].to_vec();
    // It passes: what comes now joins what is drawn, and all of it is drawn again.
    rows.sync(reports(210).iter(), false);
    assert_eq!(depth(&drawn, rows.rows(), 9), 100);
}

#[test]
fn a_burst_is_when_what_was_on_top_is_out_of_reach() {
    let mut rows = Rows::default();
    let reports = |n: u8| (1..=n).map(|id| report(id, u64::from(id))).collect::<Vec<_>>();
    rows.sync(reports(100).iter(), false);
    assert!(!is_burst(None, rows.rows()), "a list that was empty only begins");
    for (on_top, expected) in [(100, false), (52, false), (51, true), (200, true)] {
        assert_eq!(is_burst(Some(ReportId(on_top)), rows.rows()), expected, "{on_top}");
    }
}

#[test]
fn a_newer_version_stands_where_the_old_one_stood_while_the_list_is_held_and_on_top_after() {
    let mut rows = Rows::default();
    rows.sync([report(1, 1), report(2, 2), report(3, 3)].iter(), false);
    let newer = [report(1, 4), report(2, 2), report(3, 3)];
    rows.sync(newer.iter(), true);
    assert_eq!(ids(&rows), [3, 2, 1]);
    assert_eq!(rows.rows()[2].report.properties.seq, 4);
    assert_eq!(rows.waiting(), 0);
    rows.sync(newer.iter(), false);
    assert_eq!(ids(&rows), [1, 3, 2]);
}

#[test]
fn what_is_taken_away_while_the_list_is_held_keeps_its_place_and_no_word() {
    let mut rows = Rows::default();
    let said = |id| {
        let mut said = report(id, 1);
        Arc::make_mut(&mut said).properties.text = Some("knee deep".to_owned());
        said
    };
    rows.sync([said(1), said(2), said(3)].iter(), false);
    // The first was taken back; the second left because the map shows another quarter.
    rows.sync([said(3)].iter(), true);
    rows.empty(|id| id == ReportId(1) || id == ReportId(3));
    let mut left: Vec<(u128, bool, Option<&str>)> = rows
        .rows()
        .iter()
        .map(|row| (row.report.id.0, row.gone, row.report.properties.text.as_deref()))
        .collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [(1, true, None), (2, true, Some("knee deep")), (3, false, Some("knee deep"))]
    );
}
