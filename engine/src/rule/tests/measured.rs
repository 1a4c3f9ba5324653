//! Values beyond a level for a time.

use super::*;

/// At 100 cm or more for five minutes, cleared at 90.
fn over(of: Of, hold_ms: i64) -> When {
    When::Value(Beyond { of, direction: Direction::Rising, level: 100.0, clear: 90.0, hold_ms })
}

fn gauge() -> Of {
    Of::Stream(stream("gauge"))
}

fn in_zone() -> Of {
    Of::Zone { zone: ZoneId(1), unit: "cm".to_owned() }
}

fn values(pairs: &[(i64, f64)]) -> Vec<Event> {
    pairs.iter().map(|(minute, number)| value(minute * MINUTE, "gauge", *number)).collect()
}

#[test]
fn a_value_that_holds_fires_when_it_is_due_and_ends_when_it_has_cleared() {
    let mut rules = armed(over(gauge(), 5 * MINUTE));
    let path = [(1, 50.0), (2, 100.0), (4, 130.0), (9, 95.0), (10, 101.0), (11, 90.0)];
    let told = play(&mut rules, values(&path), HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 7 * MINUTE), (Turn::Ended, 11 * MINUTE)]);
    let numbers = Numbers::Value {
        value: 130.0,
        level: 100.0,
        clear: 90.0,
        beyond_since: at(2 * MINUTE),
        hold_ms: 5 * MINUTE,
    };
    assert_eq!(told[0].firing.numbers, numbers);
    assert_eq!(told[0].firing.thing, Some(Thing::Stream(stream("gauge"))));
}

#[test]
fn a_value_that_does_not_hold_fires_nothing() {
    let path = [(1, 120.0), (4, 80.0), (5, 120.0), (9, 80.0)];
    assert_eq!(play(&mut armed(over(gauge(), 5 * MINUTE)), values(&path), HOUR), []);
    // It has not cleared, but it is not beyond when it is due.
    let between = [(1, 120.0), (4, 95.0), (8, 95.0), (9, 100.0), (10, 80.0)];
    let told = play(&mut armed(over(gauge(), 5 * MINUTE)), values(&between), HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 9 * MINUTE), (Turn::Ended, 10 * MINUTE)]);
}

#[test]
fn a_value_that_nobody_repeats_stands_for_two_hours() {
    let long = |hold_ms| play(&mut armed(over(gauge(), hold_ms)), values(&[(1, 120.0)]), 9 * HOUR);
    assert_eq!(turns(&long(2 * HOUR)), [(Turn::Begun, MINUTE + 2 * HOUR)]);
    assert_eq!(long(2 * HOUR + 1), []);
}

#[test]
fn a_level_may_fall() {
    let when = When::Value(Beyond {
        of: gauge(),
        direction: Direction::Falling,
        level: 10.0,
        clear: 20.0,
        hold_ms: 0,
    });
    let told = play(&mut armed(when), values(&[(1, 15.0), (2, 10.0), (3, 19.0), (4, 20.0)]), HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, 2 * MINUTE), (Turn::Ended, 4 * MINUTE)]);
}

#[test]
fn each_datastream_of_a_zone_fires_on_its_own_and_only_in_the_unit_of_the_rule() {
    let mut rules = armed(over(in_zone(), 0));
    let elsewhere = Event { zones: vec![ZoneId(2)], ..value(2 * MINUTE, "c", 500.0) };
    let other = Event {
        said: Said::Value { stream: stream("d"), value: 500.0, unit: Some("m".to_owned()) },
        ..value(3 * MINUTE, "d", 0.0)
    };
    let events = [
        value(0, "a", 120.0),
        value(MINUTE, "b", 130.0),
        elsewhere,
        other,
        value(4 * MINUTE, "a", 1.0),
    ];
    let told = play(&mut rules, events, 5 * MINUTE);
    let expected = [(Turn::Begun, 0), (Turn::Begun, MINUTE), (Turn::Ended, 4 * MINUTE)];
    assert_eq!(turns(&told), expected);
    assert_eq!(rules.standing()[0].thing, Some(Thing::Stream(stream("b"))));
    // A sensor that is carried out of the zone is none of its any more.
    let away = Event { zones: vec![], ..value(6 * MINUTE, "b", 140.0) };
    assert_eq!(turns(&play(&mut rules, [away], HOUR)), [(Turn::Ended, 6 * MINUTE)]);
}

#[test]
fn what_is_late_or_older_than_the_newest_or_no_number_turns_nothing() {
    let late = Event { late: true, ..value(MINUTE, "gauge", 500.0) };
    let older = Event { at: at(-5), ..value(3 * MINUTE, "gauge", 500.0) };
    let old = Event { at: at(-3 * HOUR), ..value(4 * MINUTE, "gauge", 500.0) };
    let broken = value(5 * MINUTE, "gauge", f64::NAN);
    let events = [value(0, "gauge", 120.0), value(1, "gauge", 10.0), late, older, old, broken];
    assert_eq!(play(&mut armed(over(gauge(), MINUTE)), events, HOUR), []);
}

#[test]
fn a_datastream_that_is_silent_for_a_day_is_forgotten_unless_it_stands() {
    let mut rules = armed(over(in_zone(), 0));
    let calm = (0..100).map(|i| value(i, &format!("calm {i}"), 1.0));
    play(&mut rules, calm.chain([value(100, "high", 120.0)]), MINUTE);
    let bytes = |rules: &Rules| postcard::to_stdvec(rules).expect("bytes").len();
    let full = bytes(&rules);
    rules.tick(at(26 * HOUR));
    assert!(bytes(&rules) < full / 5, "{} of {full}", bytes(&rules));
    assert_eq!(rules.standing().len(), 1);
}
