//! Things that come, go and stay.

use super::*;

fn crossing(moves: Move) -> When {
    When::Crossing(Path { zone: ZoneId(1), thing: None, moves })
}

#[test]
fn coming_in_fires_once_and_holds_until_it_is_out() {
    let mut rules = armed(crossing(Move::Enters));
    let events = [
        seen(MINUTE, "van", None),
        seen(2 * MINUTE, "van", Some(2 * MINUTE)),
        seen(3 * MINUTE, "van", Some(2 * MINUTE)),
        seen(9 * MINUTE, "van", None),
    ];
    let told = play(&mut rules, events, HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 2 * MINUTE), (Turn::Ended, 9 * MINUTE)]);
    let entered = Numbers::Entered { zone: ZoneId(1), entered_at: at(2 * MINUTE) };
    assert_eq!(told[0].firing.numbers, entered);
}

#[test]
fn what_was_inside_before_the_rule_was_set_did_not_come_in() {
    let mut rules = armed(crossing(Move::Enters));
    let told = play(
        &mut rules,
        [
            seen(MINUTE, "van", Some(-5)),
            seen(2 * MINUTE, "van", None),
            seen(HOUR, "van", Some(HOUR)),
        ],
        2 * HOUR,
    );
    assert_eq!(turns(&told), [(Turn::Begun, HOUR)]);
}

#[test]
fn going_out_fires_and_is_told_until_it_is_back_or_an_hour_has_passed() {
    let inside = |ms| seen(ms, "van", Some(-5));
    let mut rules = armed(crossing(Move::Leaves));
    let told = play(&mut rules, [inside(0), seen(MINUTE, "van", None), inside(9 * MINUTE)], HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, MINUTE), (Turn::Ended, 9 * MINUTE)]);
    let left = Numbers::Left { zone: ZoneId(1), entered_at: at(-5), left_at: at(MINUTE) };
    assert_eq!(told[0].firing.numbers, left);
    let mut rules = armed(crossing(Move::Leaves));
    let away = (1..9).map(|i| seen(i * MINUTE, "van", None));
    let told = play(&mut rules, [inside(0)].into_iter().chain(away), 3 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, MINUTE), (Turn::Ended, MINUTE + HOUR)]);
}

#[test]
fn staying_fires_when_it_is_due_and_holds_until_it_is_out() {
    let mut rules = armed(crossing(Move::Stays(30 * MINUTE)));
    let events = [
        seen(0, "van", Some(-10 * MINUTE)),
        seen(5 * MINUTE, "van", Some(-10 * MINUTE)),
        seen(25 * MINUTE, "van", Some(-10 * MINUTE)),
        seen(40 * MINUTE, "van", None),
    ];
    let told = play(&mut rules, events, HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 20 * MINUTE), (Turn::Ended, 40 * MINUTE)]);
    let stayed = Numbers::Stayed {
        zone: ZoneId(1),
        entered_at: at(-10 * MINUTE),
        longer_ms: 30 * MINUTE,
        seen_at: at(5 * MINUTE),
    };
    assert_eq!(told[0].firing.numbers, stayed);
}

#[test]
fn a_thing_of_which_nothing_was_heard_for_two_hours_is_not_said_to_stay() {
    let mut rules = armed(crossing(Move::Stays(3 * HOUR)));
    assert_eq!(play(&mut rules, [seen(0, "van", Some(0))], 4 * HOUR), []);
    let told = play(&mut rules, [seen(5 * HOUR, "van", Some(0))], 6 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 5 * HOUR)]);
}

#[test]
fn a_rule_for_one_thing_is_deaf_to_others() {
    let when = When::Crossing(Path {
        zone: ZoneId(1),
        thing: Some(Thing::Stream(stream("boat"))),
        moves: Move::Enters,
    });
    let events = [seen(0, "van", Some(0)), seen(1, "boat", Some(1))];
    let told = play(&mut armed(when), events, HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 1)]);
}

#[test]
fn a_refuted_report_that_moved_flags_its_firing() {
    let stays = vec![Stay { zone: ZoneId(1), since: at(0) }];
    let moved = event(0, Said::Seen { thing: Thing::Report(ReportId(7)), stays });
    let refuted = event(MINUTE, Said::Refuted { report: ReportId(7) });
    let told = play(&mut armed(crossing(Move::Enters)), [moved, refuted], HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 0), (Turn::Doubted, MINUTE)]);
    assert_eq!(told[1].firing.refuted, [ReportId(7)]);
}

#[test]
fn a_late_or_older_position_turns_nothing() {
    let mut rules = armed(crossing(Move::Enters));
    let late = Event { late: true, ..seen(1, "van", Some(1)) };
    let old = Event { at: at(-1), ..seen(3, "van", Some(-1)) };
    assert_eq!(play(&mut rules, [late, seen(2, "van", None)], MINUTE), []);
    assert_eq!(turns(&play(&mut rules, [seen(MINUTE, "van", Some(5))], HOUR)).len(), 1);
    let gone = Event { at: at(-1), ..seen(HOUR, "van", None) };
    assert_eq!(play(&mut rules, [old, gone], 2 * HOUR), []);
}
