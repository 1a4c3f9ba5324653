//! What chance makes by itself is no situation.

use super::*;

/// An ordinary afternoon: so many who speak of matters of one family, each a street apart, over a square of two kilometres.
fn afternoon(n: u128) -> impl Iterator<Item = Voice> {
    (0..n).map(|n| {
        let (east, north) = ((n % 5) as f64 * 350.0 + 400.0, (n / 5) as f64 * 350.0 + 400.0);
        Voice { place: place(east, north), ..voice(1_000 + n, n as i64 % 100, 0.0) }
    })
}

#[test]
fn three_within_two_hours_are_chance_where_many_speak_and_three_within_minutes_are_not() {
    let mut room = Room::default();
    room.hold(afternoon(2)).settle(100);
    room.hold([voice(1, 10, 0.0), voice(2, 60, 100.0), voice(3, 101, 200.0)]).settle(101);
    assert_eq!(room.open(), [], "one an hour");
    let mut room = Room::default();
    room.hold(afternoon(2)).settle(100);
    room.hold([voice(1, 98, 0.0), voice(2, 99, 100.0), voice(3, 101, 200.0)]).settle(101);
    assert_eq!(room.open(), [(1, vec![1, 2, 3])]);
}

#[test]
fn who_is_left_of_a_situation_takes_in_those_beside_him_when_what_stood_elsewhere_goes() {
    let mut room = Room::default();
    room.hold(afternoon(2)).settle(100);
    let unit = Voice { kind: Kind::Unit, severity: Severity::Severe, ..voice(9, 12, 5_000.0) };
    room.hold([unit, voice(8, 11, 5_010.0), voice(1, 10, 5_010.0)]).settle(100);
    assert_eq!(room.open(), [(1, vec![1, 8, 9])]);
    room.hold([voice(1, 10, 0.0), voice(2, 60, 100.0), voice(3, 101, 200.0)]).settle(101);
    assert_eq!(room.open(), [(1, vec![1, 8, 9])], "three in two hours are chance");
    room.release([8, 9]).settle(102);
    assert_eq!(room.open(), [(1, vec![1, 2, 3])]);
}

#[test]
fn one_of_another_matter_is_no_neighbour_and_what_a_situation_holds_is_not_usual() {
    let slow =
        || [voice(1, 50, 0.0), voice(2, 75, 100.0), voice(3, 101, 200.0), voice(4, 102, 50.0)];
    let jam = |one: Voice| Voice { hazard: Hazard::Transport, ..one };
    let mut room = Room::default();
    room.hold(afternoon(20)).settle(100);
    room.hold(slow()).settle(102);
    assert_eq!(room.open(), [], "four in an hour where as many are usual");
    let mut room = Room::default();
    room.hold(afternoon(20).map(jam)).settle(100);
    room.hold(slow()).settle(102);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4])]);
    let mut room = Room::default();
    let crowd = (0..20).map(|n| Voice { place: place(900.0, 900.0), ..voice(500 + n, 100, 0.0) });
    room.hold(crowd).settle(100);
    room.hold(slow()).settle(102);
    assert_eq!(room.open().len(), 2, "the crowd a street on is a situation");
}

#[test]
fn what_was_refused_is_not_found_by_a_restart_and_somebody_new_is_asked() {
    let mut room = Room::default();
    room.hold(afternoon(20)).settle(100);
    let slow = [voice(1, 10, 0.0), voice(2, 60, 100.0), voice(3, 101, 200.0), voice(4, 101, 50.0)];
    room.hold(slow).settle(101);
    assert_eq!(room.open(), []);
    // The others leave: what was chance by them is not asked again, whether the server starts anew or not.
    room.release(1_000..1_020).settle(102);
    let saved = room.situations.saved();
    let mut restarted =
        Room { situations: Situations::resume(saved, slow), copies: Copies::default() };
    restarted.settle(103);
    room.settle(103);
    assert_eq!((room.open(), restarted.open()), (vec![], vec![]));
    for room in [&mut room, &mut restarted] {
        room.hold([voice(5, 103, 20.0)]).settle(104);
        assert_eq!(room.open(), [(1, vec![1, 2, 3, 4, 5])]);
    }
}

#[test]
fn three_on_a_chain_of_strangers_are_no_crowd() {
    let jam = |n: u128, east_m: f64| Voice { hazard: Hazard::Transport, ..voice(n, 1, east_m) };
    let mut room = Room::default();
    // Space joins them all; of the flood three lie 250 m from the next stranger, and 500 m from each other.
    room.hold([voice(1, 0, 0.0), voice(2, 0, 500.0), voice(3, 0, 1_000.0)]);
    room.hold([jam(11, 250.0), jam(12, 750.0)]).settle(2);
    assert_eq!(room.open(), []);
}

#[test]
fn who_names_nothing_bears_nobody_out() {
    let vague = |n, kind| Voice { kind, hazard: Hazard::Other, ..voice(n, 11, 40.0) };
    let mut room = Room::default();
    room.hold([voice(1, 10, 0.0), voice(2, 10, 50.0), vague(3, Kind::Call)]).settle(12);
    assert_eq!(room.open(), [], "two, and one who does not say what");
    room.hold([voice(4, 12, 60.0)]).settle(13);
    assert_eq!(room.open(), [(1, vec![1, 2, 3, 4])]);
    // Where nobody names anything, three who called are three; posts are talk.
    let calls = || (1..4).map(|n| vague(n, Kind::Call));
    let mut room = Room::default();
    room.hold(calls()).settle(12);
    assert_eq!(room.open(), [(1, vec![1, 2, 3])]);
    let mut room = Room::default();
    room.hold((1..9).map(|n| vague(n, Kind::Post))).settle(12);
    assert_eq!(room.open(), []);
}

#[test]
fn two_who_say_at_once_that_it_is_grave_are_enough_where_few_do() {
    let grave = |n, at| Voice { severity: Severity::Severe, ..voice(n, at, n as f64 * 40.0) };
    let mut room = Room::default();
    room.hold([grave(1, 10), grave(2, 12)]).settle(13);
    assert_eq!(room.open(), [(1, vec![1, 2])]);
    let not_enough = [
        ("ten minutes apart", [grave(1, 2), grave(2, 12)]),
        ("one is not", [grave(1, 10), voice(2, 12, 40.0)]),
        ("from hearsay", [1, 2].map(|n| Voice { basis: Basis::Heard, ..grave(n, 12) })),
        ("posts", [1, 2].map(|n| Voice { kind: Kind::Post, ..grave(n, 12) })),
    ];
    for (why, voices) in not_enough {
        let mut room = Room::default();
        room.hold(voices).settle(13);
        assert_eq!(room.open(), [], "{why}");
    }
    // Where many say so, each a street apart and over an hour, two are what chance makes.
    let mut room = Room::default();
    let many = afternoon(20).map(|one| Voice { severity: Severity::Severe, ..one });
    room.hold(many).settle(100);
    room.hold([grave(1, 101), grave(2, 102)]).settle(103);
    assert_eq!(room.open(), []);
}

#[test]
fn smoke_is_told_of_from_the_next_village_and_a_flooded_street_is_not() {
    let far = |n: u128| Voice { place: place(n as f64 * 900.0, 0.0), ..voice(n, 10, 0.0) };
    let of = |hazard| (1..4).map(move |n| Voice { hazard, ..far(n) });
    for (hazard, n) in [(Hazard::Wildfire, 1), (Hazard::Earthquake, 1), (Hazard::Flood, 0)] {
        let mut room = Room::default();
        room.hold(of(hazard)).settle(12);
        assert_eq!(room.open().len(), n, "{hazard:?}");
    }
    // What fell is a matter of its street, also while everybody tells that the ground shook.
    let mut room = Room::default();
    room.hold(of(Hazard::Earthquake)).settle(12);
    let fell = (11..14).map(|n| Voice { hazard: Hazard::Building, ..voice(n, 12, 900.0) });
    room.hold(fell).settle(13);
    assert_eq!(room.open(), [(1, vec![1, 2, 3]), (2, vec![11, 12, 13])]);
}

#[test]
fn a_word_that_is_read_otherwise_moves_a_report_to_what_it_speaks_of() {
    let mut room = Room::default();
    let far = |n: u128| Voice {
        place: place(n as f64 * 900.0, 0.0),
        hazard: Hazard::Other,
        kind: Kind::Call,
        ..voice(n, 10, 0.0)
    };
    room.hold((1..4).map(far)).settle(12);
    assert_eq!(room.open(), []);
    (1..4).for_each(|n| room.situations.reword(ReportId(n), Some(Hazard::Wildfire)));
    room.settle(13);
    assert_eq!(room.open(), [(1, vec![1, 2, 3])]);
}
