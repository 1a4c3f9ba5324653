//! Minutes, hours of the week and parts of the week, counted from 1970; whose clock they are on is the caller's to say.

/// Milliseconds in a minute.
pub(super) const MINUTE_MS: i64 = 60_000;

/// Minutes in an hour.
pub(super) const HOUR: i64 = 60;

/// Minutes in a day.
pub(super) const DAY: i64 = 24 * HOUR;

/// Hours in a week: the seasons of the baseline.
pub(super) const HOURS: usize = 168;

/// Parts of the week: night, morning, afternoon and evening, of working days and of weekends.
pub(super) const PARTS: usize = 8;

/// The hour of the week of a minute. Weeks begin on Thursday, like 1970.
pub(super) fn hour_of_week(minute: i64) -> usize {
    minute.div_euclid(HOUR).rem_euclid(HOURS as i64) as usize
}

/// The part of the week of an hour of the week.
pub(super) fn part(hour: usize) -> usize {
    // Thursday is day 0, so Saturday and Sunday are 2 and 3.
    let weekend = matches!(hour / 24, 2 | 3);
    hour % 24 / 6 + if weekend { 4 } else { 0 }
}

/// The hours of the week that a period touches, and how many of its minutes lie in each: `length` minutes up to and with
/// the minute `last`.
pub(super) fn pieces(last: i64, length: i64) -> impl Iterator<Item = (usize, f64)> {
    let (begin, end) = (last + 1 - length, last + 1);
    (begin.div_euclid(HOUR)..=last.div_euclid(HOUR)).map(move |hour| {
        let from = begin.max(hour * HOUR);
        let to = end.min((hour + 1) * HOUR);
        (hour_of_week(hour * HOUR), (to - from) as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saturday_is_weekend_and_the_pieces_of_a_period_are_its_minutes() {
        // 1970-01-03 was a Saturday, 1970-01-05 a Monday.
        assert_eq!(part(hour_of_week(2 * DAY + 13 * HOUR)), 6);
        assert_eq!(part(hour_of_week(4 * DAY + 13 * HOUR)), 2);
        let about_midnight: Vec<_> = pieces(7 * DAY + 19, 60).collect();
        assert_eq!(about_midnight, [(167, 40.0), (0, 20.0)]);
        let whole: Vec<_> = pieces(2 * HOUR - 1, 60).collect();
        assert_eq!(whole, [(1, 60.0)]);
    }
}
