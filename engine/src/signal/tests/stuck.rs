//! Frozen values: what is told apart from a sensor that is only calm.

use super::*;

/// A sensor that jitters around 65.
fn jitter(ms: i64) -> f64 {
    65.0 + (bell(ms / MINUTE) * 8.0).round() / 4.0
}

#[test]
fn one_value_far_longer_than_any_run_before_is_frozen_since_it_first_came() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, jitter);
    assert_eq!(stream.of_test(Test::Frozen), Vec::<&Transition>::new());
    stream.live(5 * DAY, 5 * DAY + 4 * HOUR, |_| 65.125);
    let frozen = stream.of_test(Test::Frozen);
    assert_eq!(frozen.len(), 1);
    assert_eq!(frozen[0].signal.since, at(5 * DAY));
    let Numbers::Frozen { n, limit_ms, n_runs, .. } = frozen[0].signal.numbers else {
        panic!("numbers of a run")
    };
    assert!(n >= 12 && n_runs >= 50 && limit_ms < 4 * HOUR, "{n} {n_runs} {limit_ms}");
    let told = stream.value(5 * DAY + 4 * HOUR, 64.0);
    assert_eq!(turns(&told), [(Turn::Ended, Test::Frozen, Grade::Yellow)]);
}

#[test]
fn a_fault_that_was_told_is_no_measure_for_the_next() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, jitter);
    stream.live(5 * DAY, 6 * DAY, |_| 65.125);
    stream.live(6 * DAY, 7 * DAY, jitter);
    stream.live(7 * DAY, 7 * DAY + 4 * HOUR, |_| 65.125);
    let begun = stream.of_test(Test::Frozen).iter().filter(|turn| turn.turn == Turn::Begun).count();
    assert_eq!(begun, 2);
}

#[test]
fn what_is_constant_by_nature_is_never_frozen() {
    // No rain for weeks but for a shower of two hours each third day, and a door that is closed at night.
    let rain = |ms: i64| if ms % (3 * DAY) < 2 * HOUR { 0.2 + bell(ms).abs() } else { 0.0 };
    let door = |ms: i64| f64::from(u8::from((8 * HOUR..20 * HOUR).contains(&(ms % DAY))));
    let streams: [&dyn Fn(i64) -> f64; 2] = [&rain, &door];
    for value in streams {
        let mut stream = Stream::of(meter());
        stream.live(0, 20 * DAY, value);
        stream.live(20 * DAY, 50 * DAY, |_| 0.0);
        assert_eq!(stream.of_test(Test::Frozen), Vec::<&Transition>::new());
    }
}

#[test]
fn the_first_night_of_a_sensor_is_no_fault() {
    let light = |ms: i64| if ms % DAY < 12 * HOUR { 400.0 + bell(ms / MINUTE) } else { 0.0 };
    let mut stream = Stream::of(meter());
    stream.live(0, 10 * DAY, light);
    assert_eq!(stream.of_test(Test::Frozen), Vec::<&Transition>::new());
}

#[test]
fn a_detector_that_tops_out_may_stay_there_and_nowhere_else() {
    let night = |ms: i64| if ms % DAY < 4 * HOUR { 70.0 } else { jitter(ms) };
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, night);
    stream.live(5 * DAY, 5 * DAY + 8 * HOUR, |_| 70.0);
    assert_eq!(stream.of_test(Test::Frozen), Vec::<&Transition>::new());
    stream.live(5 * DAY + 8 * HOUR, 5 * DAY + 12 * HOUR, |_| 62.0);
    assert_eq!(stream.of_test(Test::Frozen).len(), 1);
}

#[test]
fn a_value_that_stays_at_night_is_frozen_by_day() {
    let night = |ms: i64| if ms % DAY < 4 * HOUR { 70.0 } else { jitter(ms) };
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, night);
    // Four hours of night and one around it, then more than four by day; as a whole it would be long after sixteen.
    stream.live(5 * DAY, 5 * DAY + 10 * HOUR, |_| 70.0);
    let frozen = stream.of_test(Test::Frozen);
    assert_eq!(frozen.len(), 1);
    let told_after = frozen[0].at.ms_since(at(5 * DAY));
    assert!((9 * HOUR..9 * HOUR + 30 * MINUTE).contains(&told_after), "{told_after}");
    let Numbers::Frozen { at_odd_hours_ms: Some(odd_ms), longest_ms, limit_ms, .. } =
        frozen[0].signal.numbers
    else {
        panic!("numbers of a run at odd hours")
    };
    assert_eq!((longest_ms, limit_ms), (HOUR, 4 * HOUR));
    assert!(odd_ms > limit_ms && odd_ms < limit_ms + 30 * MINUTE, "{odd_ms}");
}

#[test]
fn a_rest_of_every_night_is_known_when_the_longest_one_was_long_ago() {
    let night = |ms: i64| {
        let until = if ms < DAY { 6 * HOUR } else { 5 * HOUR };
        if ms % DAY < until { 70.0 } else { jitter(ms) }
    };
    let mut stream = Stream::of(meter());
    stream.live(0, 30 * DAY, night);
    assert_eq!(stream.of_test(Test::Frozen), Vec::<&Transition>::new());
}

#[test]
fn a_message_that_is_sent_again_is_no_second_value() {
    let mut stream = Stream::of(meter());
    // Never twice the same, so that any dozen in a row would be too long.
    stream.live(0, 5 * DAY, |ms| 65.0 + bell(ms / MINUTE));
    for ms in [5 * DAY, 5 * DAY + 5 * MINUTE] {
        for again in 0..20 {
            stream.received(ms, ms + again, 65.125);
        }
    }
    assert_eq!(stream.told, []);
}

#[test]
fn no_run_reaches_over_a_silence() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, jitter);
    stream.live(5 * DAY, 5 * DAY + 30 * MINUTE, |_| 65.125);
    stream.live(6 * DAY, 6 * DAY + 45 * MINUTE, |_| 65.125);
    assert_eq!(stream.of_test(Test::Frozen), Vec::<&Transition>::new());
}
