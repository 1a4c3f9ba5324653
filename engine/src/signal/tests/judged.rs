//! Levels, the usual, and the rate of change: what a number says.

use super::*;
use crate::signal::{Basis, RateLimit};

#[test]
fn each_level_is_told_once_and_the_way_down_too() {
    let mut stream = Stream::of(gauge());
    for (step, value) in
        [20.0, 55.0, 60.0, 105.0, 160.0, 170.0, 140.0, 80.0, 40.0].into_iter().enumerate()
    {
        stream.value(step as i64 * MINUTE, value);
    }
    assert_eq!(
        turns(&stream.told),
        [
            (Turn::Begun, Test::Level, Grade::Yellow),
            (Turn::Worse, Test::Level, Grade::Orange),
            (Turn::Worse, Test::Level, Grade::Red),
            (Turn::Eased, Test::Level, Grade::Orange),
            (Turn::Eased, Test::Level, Grade::Yellow),
            (Turn::Ended, Test::Level, Grade::Yellow),
        ]
    );
    assert!(stream.told.iter().all(|turn| turn.signal.since == at(MINUTE)));
    let Numbers::Level { value, level, clear, reached, .. } = stream.told[2].signal.numbers else {
        panic!("numbers of a level")
    };
    assert_eq!((value, level, clear, reached), (160.0, 150.0, 142.5, at(4 * MINUTE)));
}

#[test]
fn jitter_around_a_level_is_one_signal() {
    let mut stream = Stream::of(steady());
    stream.live(0, DAY, |ms| 75.0 + chance(ms) * 16.0);
    stream.told.clear();
    stream.live(DAY, 3 * DAY, |ms| 92.0 + chance(ms) * 16.0);
    assert_eq!(turns(&stream.told), [(Turn::Worse, Test::Level, Grade::Orange)]);
    stream.value(3 * DAY, 10.0);
    assert_eq!(turns(&stream.told[1..]), [(Turn::Ended, Test::Level, Grade::Orange)]);
}

#[test]
fn an_owner_who_says_where_a_level_is_cleared_is_obeyed() {
    let mut passport = gauge();
    passport.levels.truncate(1);
    passport.levels[0].clear = Some(30.0);
    let mut stream = Stream::of(passport);
    stream.value(0, 50.0);
    assert_eq!(stream.value(MINUTE, 30.1), []);
    assert_eq!(turns(&stream.value(2 * MINUTE, 30.0)), [(Turn::Ended, Test::Level, Grade::Yellow)]);
}

#[test]
fn a_level_near_the_usual_is_cleared_where_it_is_usual() {
    // Jitters by two around 46; four times that below 50 is 42, where it seldom is.
    let mut stream = Stream::of(steady());
    stream.live(0, 4 * DAY, |ms| 46.0 + chance(ms) * 6.0 - 3.0);
    assert_eq!(stream.told, []);
    stream.value(4 * DAY, 51.0);
    assert_eq!(stream.value(4 * DAY + 5 * MINUTE, 48.2), []);
    assert_eq!(
        turns(&stream.value(4 * DAY + 10 * MINUTE, 47.4)),
        [(Turn::Ended, Test::Level, Grade::Yellow)]
    );
}

#[test]
fn a_falling_level_is_reached_from_above() {
    let mut passport = gauge();
    passport.levels.push(level(Grade::Orange, Direction::Falling, 5.0));
    let mut stream = Stream::of(passport);
    assert_eq!(stream.value(0, 5.1), []);
    assert_eq!(turns(&stream.value(MINUTE, 4.9)), [(Turn::Begun, Test::Level, Grade::Orange)]);
    assert_eq!(stream.value(2 * MINUTE, 5.1), []);
    assert_eq!(
        turns(&stream.value(3 * MINUTE, 60.0)),
        [(Turn::Ended, Test::Level, Grade::Orange), (Turn::Begun, Test::Level, Grade::Yellow)],
        "from one danger to the other"
    );
}

#[test]
fn far_from_the_usual_for_three_values_is_said_with_its_numbers() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, |ms| 20.0 + bell(ms / MINUTE));
    assert_eq!(stream.told, []);
    stream.value(5 * DAY, 60.0);
    stream.value(5 * DAY + 5 * MINUTE, 60.5);
    let told = stream.value(5 * DAY + 10 * MINUTE, 61.0);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Baseline, Grade::Yellow)]);
    assert_eq!(told[0].signal.since, at(5 * DAY));
    let Numbers::Baseline { median, mad, limit, n, n_days, basis, .. } = told[0].signal.numbers
    else {
        panic!("numbers of a baseline")
    };
    assert!((median - 20.0).abs() < 0.5 && (mad - 0.67).abs() < 0.2, "{median} {mad}");
    assert!(limit < 60.0 && limit > 24.0, "{limit}");
    assert_eq!((n_days, basis), (5, Basis::Overall), "five days tell no time of day");
    assert_eq!(n, 5 * 48 - 43, "less than the last 22 hours");
    stream.live(5 * DAY + 15 * MINUTE, 5 * DAY + 30 * MINUTE, |_| 20.1);
    assert_eq!(turns(&stream.told).last(), Some(&(Turn::Ended, Test::Baseline, Grade::Yellow)));
}

#[test]
fn one_glitch_is_not_unusual() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, |ms| 20.0 + bell(ms / MINUTE));
    stream.value(5 * DAY, 60.0);
    stream.value(5 * DAY + 5 * MINUTE, 60.0);
    stream.value(5 * DAY + 10 * MINUTE, 20.0);
    assert_eq!(stream.told, []);
}

#[test]
fn a_jam_that_comes_each_day_is_no_news_and_a_worse_one_is() {
    let road = |ms: i64| {
        let jam = (8 * HOUR..9 * HOUR).contains(&(ms % DAY));
        (if jam { 30.0 } else { 65.0 }) + bell(ms / MINUTE)
    };
    let mut stream = Stream::of(meter());
    stream.live(0, 6 * DAY, road);
    assert_eq!(stream.told, []);
    stream.live(6 * DAY, 6 * DAY + HOUR, |ms| 10.0 + bell(ms / MINUTE));
    assert_eq!(turns(&stream.told), [(Turn::Begun, Test::Baseline, Grade::Yellow)]);
}

#[test]
fn after_a_week_the_time_of_day_counts() {
    // Ten at night, fifty by day: fifty is usual, but not at three in the morning.
    let town = |ms: i64| {
        let by_day = (7 * HOUR..22 * HOUR).contains(&(ms % DAY));
        (if by_day { 50.0 } else { 10.0 }) + bell(ms / MINUTE)
    };
    let night = |days: i64| {
        let mut stream = Stream::of(meter());
        stream.live(0, days * DAY + 3 * HOUR, town);
        stream.live(days * DAY + 3 * HOUR, days * DAY + 4 * HOUR, |ms| 50.0 + bell(ms / MINUTE));
        stream.told
    };
    assert_eq!(night(5), []);
    let told = night(8);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Baseline, Grade::Yellow)]);
    let Numbers::Baseline { basis, n_days, .. } = told[0].signal.numbers else {
        panic!("numbers of a baseline")
    };
    assert_eq!((basis, n_days), (Basis::TimeOfDay, 8));
}

#[test]
fn a_new_usual_is_taken_for_it_after_a_day() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, |ms| 20.0 + bell(ms / MINUTE));
    stream.live(5 * DAY, 7 * DAY, |ms| 60.0 + bell(ms / MINUTE));
    let told = stream.of_test(Test::Baseline);
    assert_eq!(told.iter().map(|turn| turn.turn).collect::<Vec<_>>(), [Turn::Begun, Turn::Ended]);
    assert!(told[1].at.ms_since(told[0].at) > 21 * HOUR);
}

#[test]
fn where_a_level_speaks_the_usual_does_not_say_it_again() {
    let mut stream = Stream::of(steady());
    stream.live(0, 5 * DAY, |ms| 20.0 + bell(ms / MINUTE));
    stream.live(5 * DAY, 5 * DAY + HOUR, |ms| 120.0 + chance(ms));
    assert_eq!(turns(&stream.told), [(Turn::Begun, Test::Level, Grade::Orange)]);
}

#[test]
fn what_is_mostly_one_value_has_no_usual_spread() {
    let mut stream = Stream::of(meter());
    stream.live(0, 6 * DAY, |ms| f64::from(u8::from(ms % (7 * HOUR) == 0)));
    stream.live(6 * DAY, 7 * DAY, |_| 9.0);
    assert_eq!(stream.told, []);
}

#[test]
fn a_rate_beyond_its_limit_twice_is_told_and_once_is_not() {
    let rate = RateLimit { per_hour: 60.0, direction: Some(Direction::Rising) };
    let mut stream = Stream::of(Passport { rate: Some(rate), ..meter() });
    for (step, value) in [10.0, 16.0, 16.0, 10.0, 4.0, 12.0].into_iter().enumerate() {
        assert_eq!(stream.value(step as i64 * 5 * MINUTE, value), []);
    }
    let told = stream.value(6 * 5 * MINUTE, 20.0);
    assert_eq!(turns(&told), [(Turn::Begun, Test::Rate, Grade::Orange)]);
    assert_eq!(told[0].signal.since, at(4 * 5 * MINUTE));
    let Numbers::Rate { per_hour, limit, over_ms, .. } = told[0].signal.numbers else {
        panic!("numbers of a rate")
    };
    assert_eq!((per_hour, limit, over_ms), (96.0, 60.0, 5 * MINUTE));
    assert_eq!(stream.value(7 * 5 * MINUTE, 20.0), []);
    assert_eq!(
        turns(&stream.value(8 * 5 * MINUTE, 20.0)),
        [(Turn::Ended, Test::Rate, Grade::Orange)]
    );
}

#[test]
fn jitter_of_a_sensor_that_speaks_each_second_is_no_rate() {
    let rate = RateLimit { per_hour: 60.0, direction: None };
    let mut stream = Stream::of(Passport { rate: Some(rate), ..meter() });
    for second in 0..7_200 {
        stream.value(second * 1_000, 10.0 + bell(second) * 0.5);
    }
    assert_eq!(stream.told, []);
}
