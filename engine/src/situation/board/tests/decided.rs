//! What operators decided holds, whatever comes after.

use super::*;

fn crowd(from: u128, east_m: f64) -> impl Iterator<Item = Voice> {
    (from..from + 4).map(move |n| voice(n, 0, east_m))
}

/// Reports that come later, all over the place.
fn later(n: u128) -> impl Iterator<Item = Voice> {
    (0..n).map(|n| voice(10_000 + n, 1, (n * 37 % 3_000) as f64))
}

#[test]
fn what_was_joined_is_one_over_any_distance_and_after_a_thousand_more() {
    let mut room = Room::default();
    room.hold(crowd(1, 0.0)).hold(crowd(11, 20_000.0)).settle(0);
    assert_eq!(room.open().len(), 2);
    room.situations.join(ReportId(1), ReportId(11));
    room.settle(1);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4, 11, 12, 13, 14])]);
    room.hold(later(1_000)).settle(2);
    assert_eq!(room.situations.of(ReportId(1)), room.situations.of(ReportId(14)));
    assert_eq!(room.situations.of(ReportId(1)), Some(SituationId(1)));
}

#[test]
fn what_was_parted_is_two_at_one_place_and_after_a_thousand_more() {
    let mut room = Room::default();
    room.hold(crowd(1, 0.0)).hold(crowd(11, 150.0)).settle(0);
    assert_eq!(room.open().len(), 1);
    for out in 11..=14 {
        room.situations.part(ReportId(1), ReportId(out));
        room.situations.join(ReportId(11), ReportId(out));
    }
    room.settle(1);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4]), (2, vec![11, 12, 13, 14])]);
    let parted = room.situations.find(SituationId(2)).expect("it is there");
    assert_eq!(parted.split_from, Some(SituationId(1)));
    // Who comes later goes with the nearest who is named.
    room.hold([voice(21, 1, 10.0), voice(22, 1, 140.0)]).settle(2);
    assert_eq!(room.situations.of(ReportId(21)), Some(SituationId(1)));
    assert_eq!(room.situations.of(ReportId(22)), Some(SituationId(2)));
    room.hold(later(1_000)).settle(3);
    assert_eq!(room.situations.of(ReportId(1)), Some(SituationId(1)));
    assert_eq!(room.situations.of(ReportId(14)), Some(SituationId(2)));
}

#[test]
fn one_report_alone_can_be_parted_from_a_crowd() {
    let mut room = Room::default();
    room.hold(crowd(1, 0.0)).settle(0);
    room.situations.part(ReportId(1), ReportId(4));
    room.settle(1);
    assert_eq!(room.open().len(), 2);
    assert_ne!(room.situations.of(ReportId(1)), room.situations.of(ReportId(4)));
}

#[test]
fn the_later_decision_of_two_holds() {
    let mut room = Room::default();
    room.hold(crowd(1, 0.0)).hold(crowd(11, 20_000.0)).settle(0);
    room.situations.join(ReportId(1), ReportId(11));
    room.settle(1);
    room.situations.part(ReportId(1), ReportId(11));
    room.settle(2);
    assert_eq!(room.open().len(), 2);
}

#[test]
fn a_decision_about_a_report_that_is_gone_is_forgotten() {
    let mut room = Room::default();
    room.hold(crowd(1, 0.0)).hold(crowd(11, 20_000.0));
    room.situations.join(ReportId(1), ReportId(11));
    room.settle(0);
    assert_eq!(room.open().len(), 1);
    room.release([1]).settle(1);
    assert!(room.situations.links.is_empty());
    assert_eq!(room.open().len(), 2, "what only it held together comes apart");
}
