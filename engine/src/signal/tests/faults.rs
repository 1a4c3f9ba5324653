//! Silent, lost, broken, late, in works: when a datastream cannot be trusted to be calm.

use super::*;
use crate::signal::{Ground, PlausibleRange, RateLimit, Works};

#[test]
fn three_periods_without_a_value_are_silence_from_the_moment_it_was_due() {
    let mut stream = Stream::of(meter());
    stream.value(0, 10.0);
    assert_eq!(stream.tick(15 * MINUTE), [], "due, and not yet past");
    let told = stream.tick(3 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Silent, Grade::Yellow)]);
    assert_eq!(told[0].at, at(15 * MINUTE));
    assert_eq!(told[0].signal.since, at(15 * MINUTE));
    assert_eq!(stream.tick(4 * HOUR), [], "told once");
}

#[test]
fn a_value_after_silence_says_how_long_it_was_away() {
    let mut stream = Stream::of(meter());
    stream.value(0, 10.0);
    stream.tick(HOUR);
    let told = stream.value(2 * HOUR, 11.0);
    assert_eq!(turns(&told), [(Turn::Ended, Test::Silent, Grade::Yellow)]);
    let Numbers::Absence { away_ms, held, .. } = &told[0].signal.numbers else {
        panic!("numbers of an absence")
    };
    assert_eq!(*away_ms, Some(2 * HOUR));
    assert_eq!(held.map(|held| held.value), Some(10.0), "the last value held");
    assert!(stream.watch.standing().is_empty());
}

#[test]
fn silence_that_nobody_ticked_for_is_told_by_the_value_that_ends_it() {
    let mut stream = Stream::of(meter());
    stream.value(0, 10.0);
    let told = stream.value(2 * HOUR, 11.0);
    assert_eq!(
        turns(&told),
        [(Turn::Begun, Test::Silent, Grade::Yellow), (Turn::Ended, Test::Silent, Grade::Yellow)]
    );
    assert_eq!(told[0].at, at(15 * MINUTE));
}

#[test]
fn a_gauge_lost_above_a_level_is_the_top_signal_by_the_cadence_of_an_alarm() {
    let mut stream = Stream::of(gauge());
    stream.value(0, 28.7);
    stream.value(5 * MINUTE, 264.0);
    let told = stream.tick(HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Lost, Grade::Red)]);
    assert_eq!(told[0].at, at(8 * MINUTE), "three periods of an alarm");
    let Numbers::Absence { held, ground, .. } = &told[0].signal.numbers else {
        panic!("numbers of an absence")
    };
    assert_eq!(held.map(|held| (held.value, held.at)), Some((264.0, at(5 * MINUTE))));
    assert_eq!(*ground, Some(Ground::Beyond { level: 150.0, grade: Grade::Red }));
    let standing: Vec<Test> = stream.watch.standing().iter().map(|signal| signal.test).collect();
    assert_eq!(standing, [Test::Lost, Test::Level], "silence is not calm: the level stays");
    let told = stream.value(5 * HOUR, 30.0);
    assert_eq!(
        turns(&told),
        [(Turn::Ended, Test::Level, Grade::Red), (Turn::Ended, Test::Lost, Grade::Red)]
    );
}

#[test]
fn a_value_that_has_not_cleared_its_level_is_lost_by_the_calm_cadence() {
    let mut stream = Stream::of(gauge());
    stream.value(0, 155.0);
    stream.value(MINUTE, 48.0);
    assert_eq!(turns(&stream.told).last(), Some(&(Turn::Eased, Test::Level, Grade::Yellow)));
    let told = stream.tick(HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Lost, Grade::Red)]);
    assert_eq!(told[0].at, at(16 * MINUTE));
}

#[test]
fn a_gauge_lost_while_it_rises_towards_a_level_is_the_top_signal() {
    let mut stream = Stream::of(gauge());
    for step in 0..20 {
        stream.value(step * 5 * MINUTE, 10.0 + bell(step) * 0.2);
    }
    for (step, value) in [(20, 14.0), (21, 20.0), (22, 29.0), (23, 41.0)] {
        stream.value(step * 5 * MINUTE, value);
    }
    let told = stream.tick(5 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Lost, Grade::Red)]);
    assert_eq!(told[0].at, at(23 * 5 * MINUTE + 15 * MINUTE));
    let Numbers::Absence { ground: Some(Ground::Towards { grade, per_hour, .. }), .. } =
        told[0].signal.numbers
    else {
        panic!("rising is the ground: {told:?}")
    };
    assert_eq!(grade, Grade::Orange, "41 and 108 an hour: 149 an hour later");
    assert!((per_hour - 108.0).abs() < 1e-6, "{per_hour}");
}

#[test]
fn jitter_below_a_level_is_hardly_ever_a_rise() {
    let lost = |usual: f64| {
        let mut stream = Stream::of(steady());
        let mut n_lost = 0;
        for step in 0..500 {
            stream.value(step * 5 * MINUTE, usual + bell(step));
            let mut fork = Stream { watch: stream.watch.clone(), ..Stream::of(steady()) };
            let told = fork.tick((step + 9) * 5 * MINUTE);
            n_lost += told.iter().filter(|turn| turn.signal.test == Test::Lost).count();
        }
        println!("around {usual}: {n_lost} of 500");
        n_lost
    };
    assert_eq!(lost(20.0), 0, "far below");
    assert!(lost(45.0) <= 10, "four in order that go far are one in a hundred");
}

#[test]
fn a_rise_that_reaches_no_level_soon_is_no_ground() {
    let mut stream = Stream::of(gauge());
    for step in 0..40 {
        stream.value(step * 5 * MINUTE, 10.0 + step as f64 * 0.5);
    }
    let told = stream.tick(9 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Silent, Grade::Yellow)], "29.5 and 6 an hour");
}

#[test]
fn a_steady_rise_is_one_however_long_it_lasts() {
    let mut stream = Stream::of(gauge());
    for step in 0..36 {
        stream.value(step * 5 * MINUTE, 10.0 + step as f64);
    }
    let told = stream.tick(9 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Lost, Grade::Red)], "45 and 12 an hour");
}

#[test]
fn a_datastream_lost_while_it_changes_too_fast_is_lost() {
    let rate = RateLimit { per_hour: 60.0, direction: None };
    let mut stream = Stream::of(Passport { rate: Some(rate), ..meter() });
    for (step, value) in [10.0, 20.0, 30.0].into_iter().enumerate() {
        stream.value(step as i64 * 5 * MINUTE, value);
    }
    let told = stream.tick(HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Lost, Grade::Red)]);
    let Numbers::Absence { ground, .. } = &told[0].signal.numbers else {
        panic!("numbers of an absence")
    };
    assert_eq!(*ground, Some(Ground::Rate { per_hour: 120.0 }));
}

#[test]
fn a_gauge_that_only_tells_nonsense_above_a_level_is_lost_too() {
    let range = PlausibleRange { min: 0.0, max: 10_000.0 };
    let mut stream = Stream::of(Passport { plausible: Some(range), ..gauge() });
    stream.value(0, 264.0);
    for minute in 1..10 {
        stream.value(minute * MINUTE, -9_999.0);
    }
    let tests: Vec<Test> = stream.watch.standing().iter().map(|signal| signal.test).collect();
    assert_eq!(tests, [Test::Lost, Test::Level, Test::Broken]);
    assert_eq!(stream.watch.held().map(|held| held.value), Some(264.0));
    stream.value(10 * MINUTE, 20.0);
    assert!(stream.watch.standing().is_empty());
}

#[test]
fn a_broken_value_is_said_once_and_is_never_a_level() {
    let range = PlausibleRange { min: 0.0, max: 1_000.0 };
    let mut stream = Stream::of(Passport { plausible: Some(range), ..gauge() });
    stream.value(0, 10.0);
    let told = stream.value(5 * MINUTE, 65_535.0);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Broken, Grade::Yellow)]);
    assert_eq!(stream.value(10 * MINUTE, f64::NAN), []);
    let told = stream.value(15 * MINUTE, 10.0);
    assert_eq!(turns(&told), [(Turn::Ended, Test::Broken, Grade::Yellow)]);
}

#[test]
fn words_are_not_judged_and_count_against_silence() {
    let mut stream = Stream::of(meter());
    stream.text(0, "closed");
    stream.text(10 * MINUTE, "open");
    assert_eq!(stream.tick(20 * MINUTE), []);
    assert_eq!(turns(&stream.tick(HOUR)), [(Turn::Begun, Test::Silent, Grade::Yellow)]);
    assert_eq!(
        turns(&stream.text(2 * HOUR, "closed")),
        [(Turn::Ended, Test::Silent, Grade::Yellow)]
    );
}

#[test]
fn what_speaks_only_on_change_is_never_silent() {
    let mut stream = Stream::of(Passport { cadence: None, ..gauge() });
    stream.value(0, 10.0);
    assert_eq!(stream.tick(30 * DAY), []);
    assert_eq!(stream.watch.due(&stream.passport), None);
}

#[test]
fn the_moment_after_which_a_tick_speaks_is_known_before() {
    let mut stream = Stream::of(meter());
    assert_eq!(stream.watch.due(&stream.passport), None, "it never spoke");
    stream.value(0, 10.0);
    let due = stream.watch.due(&stream.passport);
    assert_eq!(due, Some(at(15 * MINUTE)));
    assert_eq!(stream.tick(15 * MINUTE), []);
    assert_eq!(stream.tick(15 * MINUTE + 1).len(), 1);
    assert_eq!(stream.watch.due(&stream.passport), None, "told already");
}

/// A gauge that is in works from one o'clock to four.
fn in_works() -> Stream {
    let works = Works {
        from: at(HOUR),
        to: at(4 * HOUR),
        why: "new probe".to_owned(),
        who: "S. Prats".to_owned(),
    };
    Stream::of(Passport { works: vec![works], ..gauge() })
}

#[test]
fn planned_works_raise_nothing_and_after_them_there_is_time_to_start() {
    let mut stream = in_works();
    stream.live(0, HOUR, |_| 20.0);
    assert_eq!(stream.value(90 * MINUTE, 900.0), [], "a probe on a bench");
    assert_eq!(stream.tick(4 * HOUR + 10 * MINUTE), []);
    let told = stream.tick(5 * HOUR);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Silent, Grade::Yellow)]);
    assert_eq!(told[0].at, at(4 * HOUR + 15 * MINUTE));
}

#[test]
fn what_stands_when_works_begin_stays() {
    let mut stream = in_works();
    stream.value(0, 120.0);
    stream.tick(30 * MINUTE);
    stream.value(2 * HOUR, 0.0);
    let tests: Vec<Test> = stream.watch.standing().iter().map(|signal| signal.test).collect();
    assert_eq!(tests, [Test::Lost, Test::Level]);
    stream.value(4 * HOUR, 20.0);
    assert!(stream.watch.standing().is_empty());
}

#[test]
fn a_late_value_turns_nothing() {
    let mut stream = Stream::of(gauge());
    stream.value(30 * MINUTE, 20.0);
    assert_eq!(stream.received(10 * MINUTE, 31 * MINUTE, 900.0), []);
    stream.tick(HOUR);
    assert_eq!(stream.received(29 * MINUTE, HOUR, 900.0), [], "and it ends no silence");
    assert_eq!(stream.watch.standing().len(), 1);
    assert_eq!(stream.watch.held().map(|held| held.value), Some(20.0));
}

#[test]
fn a_value_older_than_its_stale_time_raises_no_level() {
    let mut stream = Stream::of(gauge());
    stream.value(0, 20.0);
    stream.tick(HOUR);
    assert_eq!(stream.received(HOUR, 4 * HOUR, 900.0), []);
    let told = stream.received(3 * HOUR, 4 * HOUR, 900.0);
    assert_eq!(
        turns(&told),
        [(Turn::Begun, Test::Level, Grade::Red), (Turn::Worse, Test::Lost, Grade::Red)],
        "of an hour ago: beyond its level, and nothing since"
    );
}

#[test]
fn a_clock_ahead_is_placed_at_receipt() {
    let mut stream = Stream::of(gauge());
    stream.received(2 * HOUR, HOUR, 60.0);
    let told = stream.received(2 * HOUR, HOUR, 160.0);
    assert_eq!(turns(&told), [(Turn::Worse, Test::Level, Grade::Red)], "not late by its own clock");
    assert_eq!(stream.watch.held().map(|held| held.at), Some(at(HOUR)));
}

#[test]
fn a_value_that_is_said_to_be_late_turns_nothing_however_young_it_is() {
    let mut stream = Stream::of(gauge());
    stream.value(0, 1.0);
    let result = ObservationResult::Number(900.0);
    let told = stream.watch.observe_late(&stream.passport, &result, at(MINUTE), at(MINUTE));
    assert_eq!(turns(&told), []);
    // The control: the same by the front door.
    assert_ne!(turns(&stream.value(2 * MINUTE, 900.0)), []);
}
