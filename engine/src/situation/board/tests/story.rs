//! One thing at a time.

use super::*;

#[test]
fn three_strangers_near_each_other_are_one_and_two_are_none() {
    let mut room = Room::default();
    assert!(room.hold([voice(1, 0, 0.0), voice(2, 1, 100.0)]).settle(1).is_empty());
    assert_eq!(room.open(), []);
    assert_eq!(room.hold([voice(3, 2, 200.0)]).settle(2).len(), 1);
    assert_eq!(room.open(), [(1, vec![1, 2, 3])]);
    assert_eq!(room.settle(3).len(), 0, "nothing changed");
}

#[test]
fn however_many_copies_are_one_source_and_make_none() {
    let mut room = Room::default();
    room.copied((1..=300).map(|n| voice(n, 0, n as f64 / 10.0))).settle(1);
    assert_eq!(room.open(), []);
    room.hold([voice(1_001, 1, 0.0), voice(1_002, 1, 10.0)]).settle(2);
    assert_eq!(room.open().len(), 1, "three sources with two strangers");
    let members = room.open().remove(0).1;
    assert_eq!(members.len(), 302, "the copies stand in it all the same");
}

#[test]
fn when_the_first_of_copies_is_erased_the_next_one_counts() {
    let mut room = Room::default();
    room.copied([voice(1, 0, 0.0), voice(2, 1, 10.0), voice(3, 2, 10.0)]);
    room.hold([voice(4, 1, 0.0)]).settle(2);
    assert_eq!(room.open(), []);
    // The first leaves the window, and is known as the first for a day; the second is erased.
    room.release([1]).settle(3);
    room.copies.remove(&[ReportId(2)]);
    room.release([2]).settle(4);
    room.hold([voice(5, 3, 0.0)]).settle(5);
    assert_eq!(room.open(), [(1, vec![3, 4, 5])]);
}

#[test]
fn a_unit_that_says_it_is_grave_needs_nobody_beside_it_and_who_is_near_belongs_to_it() {
    let mut room = Room::default();
    let unit = |severity| Voice { kind: Kind::Unit, severity, ..voice(1, 0, 0.0) };
    room.hold([unit(Severity::Minor)]).settle(0);
    assert_eq!(room.open(), []);
    room.hold([unit(Severity::Severe), voice(2, 0, 200.0), voice(3, 0, 900.0)]).settle(1);
    assert_eq!(room.open(), [(1, vec![1, 2])]);
    // A post that claims the same is a claim.
    room.hold([Voice { kind: Kind::Post, severity: Severity::Extreme, ..voice(4, 1, 5_000.0) }])
        .settle(2);
    assert_eq!(room.open().len(), 1);
}

#[test]
fn a_flood_and_the_jam_beside_it_are_two_and_who_does_not_say_what_goes_with_most() {
    let mut room = Room::default();
    let jam = |n| Voice { hazard: Hazard::Transport, ..voice(n, 1, n as f64) };
    let unsaid = Voice { hazard: Hazard::Other, ..voice(20, 1, 5.0) };
    let by_words = Voice { heard: Some(Hazard::Transport), id: ReportId(21), ..unsaid };
    room.hold((1..=4).map(|n| voice(n, 0, n as f64))).hold((11..=13).map(jam));
    room.hold([unsaid, by_words]).settle(1);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4, 20]), (2, vec![11, 12, 13, 21])]);
}

#[test]
fn what_is_said_after_an_hour_of_silence_is_another_matter() {
    let mut room = Room::default();
    room.hold((1..=3).map(|n| voice(n, 0, 0.0)))
        .hold((4..=6).map(|n| voice(n, 61, 0.0)))
        .settle(61);
    assert_eq!(room.open(), [(1, vec![1, 2, 3]), (2, vec![4, 5, 6])]);
    room.hold([voice(7, 30, 0.0)]).settle(62);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4, 5, 6, 7])], "a late word joins them");
    let merged = room.situations.find(SituationId(2)).expect("is told for a day");
    assert_eq!((merged.merged_into, merged.ended_at), (Some(SituationId(1)), Some(minute(62))));
}

#[test]
fn one_that_grows_keeps_its_number_and_one_that_comes_apart_knows_where_it_came_from() {
    let mut room = Room::default();
    let along = |n: u128| voice(n, 0, n as f64 * 150.0);
    room.hold((1..=12).map(along)).settle(0);
    assert_eq!(room.open(), [(1, (1..=12).collect())]);
    // The middle goes: two crowds half a kilometre apart.
    room.release([5, 6, 7]).settle(1);
    assert_eq!(room.open(), [(1, vec![8, 9, 10, 11, 12]), (2, vec![1, 2, 3, 4])]);
    let split = room.situations.find(SituationId(2)).expect("it began");
    assert_eq!(split.split_from, Some(SituationId(1)));
    // And comes back.
    room.hold([5, 6, 7].map(along)).settle(2);
    assert_eq!(room.open(), [(1, (1..=12).collect())]);
}

#[test]
fn one_that_thins_out_holds_who_is_left_until_the_last_goes_and_is_told_for_a_day() {
    let mut room = Room::default();
    room.hold((1..=3).map(|n| voice(n, 0, 0.0))).settle(0);
    room.release([1, 2]).settle(5);
    assert_eq!(room.open(), [(1, vec![3])], "nothing fades while somebody still says so");
    assert_eq!(room.release([3]).settle(9), BTreeSet::from([SituationId(1)]));
    assert_eq!(room.open(), []);
    assert_eq!(room.situations.find(SituationId(1)).and_then(|one| one.ended_at), Some(minute(9)));
    room.hold((4..=6).map(|n| voice(n, 10, 0.0))).settle(10);
    assert_eq!(room.open(), [(2, vec![4, 5, 6])], "what ended is not woken");
    room.settle(9 + 24 * 60);
    assert_eq!(room.situations.find(SituationId(1)), None);
}

#[test]
fn a_report_whose_place_is_unsure_lies_nowhere() {
    let mut room = Room::default();
    let city = |n| Voice { radius_m: 1_000, ..voice(n, 0, 0.0) };
    room.hold((1..=9).map(city)).settle(0);
    assert_eq!(room.open(), []);
    room.hold((1..=3).map(|n| voice(n, 0, 0.0))).settle(1);
    room.hold([city(2)]).settle(2);
    assert_eq!(room.open(), [(1, vec![1, 3])], "a place that became unsure is no place any more");
}

#[test]
fn a_new_version_stays_where_it_was_and_one_that_moved_goes() {
    let mut room = Room::default();
    room.hold((1..=4).map(|n| voice(n, 0, 0.0))).settle(0);
    room.hold([Voice { severity: Severity::Extreme, ..voice(1, 0, 10.0) }]).settle(1);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4])]);
    room.hold((11..=13).map(|n| voice(n, 2, 3_000.0))).settle(2);
    room.hold([voice(1, 0, 3_000.0)]).settle(3);
    assert_eq!(room.open(), [(1, vec![2, 3, 4]), (2, vec![1, 11, 12, 13])]);
}

#[test]
fn a_city_on_a_parallel_is_one_city() {
    let mut room = Room::default();
    // From 300 m south of the 42nd parallel to 300 m north of it.
    let north = |n: u128| (42.0 - 41.4) * DEGREE_M + (n as f64 - 4.0) * 100.0;
    room.hold((1..=7).map(|n| Voice { place: place(0.0, north(n)), ..voice(n, 0, 0.0) })).settle(0);
    assert_eq!(room.open(), [(1, (1..=7).collect())]);
}
