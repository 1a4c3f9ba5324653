//! What a watch remembers stays small, and is no older than two weeks.

use super::*;

/// What a checkpoint may hold of one datastream, in bytes.
const STATE_BYTES_MAX: usize = 6 * 1_024;

#[test]
fn a_watch_stays_a_few_kilobytes_however_long_it_runs() {
    let mut stream = Stream::of(gauge());
    let mut largest = 0;
    for day in 0..40 {
        stream.live(day * DAY, (day + 1) * DAY, |ms| 60.0 + bell(ms / MINUTE).round() * 25.0);
        largest = largest.max(postcard::to_stdvec(&stream.watch).expect("bytes").len());
        stream.told.clear();
    }
    println!("at most {largest} bytes");
    assert!((2_500..STATE_BYTES_MAX).contains(&largest), "{largest} bytes");
}

#[test]
fn what_was_usual_a_month_ago_is_forgotten() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, |ms| 20.0 + bell(ms / MINUTE));
    stream.live(5 * DAY, 30 * DAY, |ms| 60.0 + bell(ms / MINUTE));
    stream.told.clear();
    stream.live(30 * DAY, 30 * DAY + HOUR, |ms| 20.0 + bell(ms / MINUTE));
    assert_eq!(turns(&stream.told), [(Turn::Begun, Test::Baseline, Grade::Yellow)]);
}

#[test]
fn a_gap_of_months_leaves_nothing_of_before() {
    let mut stream = Stream::of(meter());
    stream.live(0, 5 * DAY, |ms| 20.0 + bell(ms / MINUTE));
    stream.told.clear();
    stream.live(90 * DAY, 91 * DAY, |ms| 60.0 + bell(ms / MINUTE));
    assert_eq!(stream.of_test(Test::Baseline), Vec::<&Transition>::new());
}

#[test]
fn values_filled_in_late_are_part_of_what_is_usual() {
    let jitter = |ms: i64| 20.0 + bell(ms / MINUTE);
    let mut stream = Stream::of(meter());
    stream.live(4 * DAY, 5 * DAY, jitter);
    for ms in (0..4 * DAY).step_by(5 * 60_000) {
        assert_eq!(stream.received(ms, 5 * DAY, jitter(ms)), []);
    }
    stream.told.clear();
    stream.live(5 * DAY + 5 * MINUTE, 5 * DAY + HOUR, |ms| 60.0 + bell(ms / MINUTE));
    assert_eq!(stream.of_test(Test::Baseline).len(), 1);
}
