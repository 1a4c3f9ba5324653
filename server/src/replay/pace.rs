//! The rhythm of a recording.

use std::time::{Duration, Instant};

use wire::time::Timestamp;

use super::Speed;

/// Rows due within this of each other travel together: below what an eye tells apart.
const TOGETHER: Duration = Duration::from_millis(100);

/// When each row is due.
#[derive(Debug)]
pub(super) struct Pace {
    speed: Speed,
    start: Option<(Instant, Timestamp)>,
}

impl Pace {
    pub(super) fn new(speed: Speed) -> Self {
        Self { speed, start: None }
    }

    /// The moment to wait for before this row; `None` when it is due now. The first row with a time starts the clock;
    /// rows without one, and rows older than those before, are due at once.
    pub(super) fn due(&mut self, time: Option<Timestamp>) -> Option<Instant> {
        let (Speed::Times(speed), Some(time)) = (self.speed, time) else { return None };
        let (began, first) = *self.start.get_or_insert((Instant::now(), time));
        let after_ms = time.ms_since(first) as f64 / speed;
        let due = began + Duration::from_millis(after_ms.max(0.0) as u64);
        (due.saturating_duration_since(Instant::now()) > TOGETHER).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_ten_minutes_later_is_due_a_minute_later_at_ten_times_the_speed() {
        let mut pace = Pace::new(Speed::Times(10.0));
        let first = Timestamp(1_500_000_000_000);
        assert_eq!(pace.due(Some(first)), None);
        let wait = pace.due(Some(first.plus_ms(600_000))).expect("later") - Instant::now();
        assert!((59.0..=60.0).contains(&wait.as_secs_f64()), "{wait:?}");
        assert_eq!(pace.due(Some(first.plus_ms(-5_000))), None, "an older row does not wait");
        assert_eq!(pace.due(None), None, "a row without a time does not wait");
    }

    #[test]
    fn nothing_waits_at_full_speed() {
        let mut pace = Pace::new(Speed::Max);
        pace.due(Some(Timestamp(0)));
        assert_eq!(pace.due(Some(Timestamp(i64::MAX))), None);
    }
}
