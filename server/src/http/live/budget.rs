//! How fast a client is listened to. A client that sends more than its share is not refused but read more slowly: what it
//! sent meanwhile waits in its own socket, and TCP tells it to wait. Only one that never rests is closed.

use std::time::Duration;

use tokio::time::Instant;

use crate::hub::limits::{CLIENT_FRAMES_BURST, CLIENT_FRAMES_PER_S};

/// The time one frame is worth.
const SHARE: Duration = Duration::from_nanos(1_000_000_000 / CLIENT_FRAMES_PER_S as u64);

/// The client has sent more than its share without a rest, for longer than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NeverRests;

/// A bucket of frames that fills again with time. It is kept as the moment at which it is full: no ticks, no fractions.
#[derive(Debug)]
pub(super) struct Budget {
    full_at: Instant,
    pressed_since: Option<Instant>,
    patience: Duration,
}

impl Budget {
    /// A full one; `patience` is how long a client may send more than its share without a rest.
    pub(super) fn new(now: Instant, patience: Duration) -> Self {
        Self { full_at: now, pressed_since: None, patience }
    }

    /// Until when the socket is left unread; `None` when the next frame may be read at once.
    pub(super) fn rests_until(&self, now: Instant) -> Option<Instant> {
        let room = now + SHARE * (CLIENT_FRAMES_BURST - 1);
        let over = self.full_at.saturating_duration_since(room);
        (!over.is_zero()).then(|| now + over)
    }

    /// One frame was read.
    pub(super) fn spend(&mut self, now: Instant) -> Result<(), NeverRests> {
        // A second without a frame ends the haste: the bucket is half full again.
        if self.full_at <= now + SHARE * (CLIENT_FRAMES_BURST / 2) {
            self.pressed_since = None;
        }
        self.full_at = self.full_at.max(now) + SHARE;
        if self.rests_until(now).is_none() {
            return Ok(());
        }
        let since = *self.pressed_since.get_or_insert(now);
        if now.duration_since(since) > self.patience { Err(NeverRests) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);

    /// Reads frames as fast as the budget lets it; how many within `time`, and whether it was closed.
    fn read(budget: &mut Budget, from: Instant, time: Duration) -> (u32, bool) {
        let (mut now, mut n) = (from, 0);
        loop {
            if let Some(until) = budget.rests_until(now) {
                now = until;
            }
            if now.duration_since(from) > time {
                return (n, false);
            }
            if budget.spend(now).is_err() {
                return (n, true);
            }
            n += 1;
        }
    }

    #[test]
    fn a_burst_is_read_at_once_and_the_rest_at_the_rate() {
        let start = Instant::now();
        let mut budget = Budget::new(start, PATIENCE);
        assert_eq!(read(&mut budget, start, Duration::ZERO), (CLIENT_FRAMES_BURST, false));
        let mut budget = Budget::new(start, PATIENCE);
        let (n, closed) = read(&mut budget, start, Duration::from_secs(8));
        assert_eq!((n, closed), (CLIENT_FRAMES_BURST + 8 * CLIENT_FRAMES_PER_S, false));
    }

    #[test]
    fn a_client_that_keeps_to_its_share_is_never_held_back() {
        let start = Instant::now();
        let mut budget = Budget::new(start, PATIENCE);
        for n in 0..10_000 {
            let now = start + SHARE * n;
            assert_eq!(budget.rests_until(now), None, "frame {n}");
            assert_eq!(budget.spend(now), Ok(()), "frame {n}");
        }
    }

    #[test]
    fn a_client_that_never_rests_is_closed_when_patience_ends() {
        let start = Instant::now();
        let mut budget = Budget::new(start, PATIENCE);
        let (n, closed) = read(&mut budget, start, PATIENCE * 2);
        assert!(closed);
        assert_eq!(n, CLIENT_FRAMES_BURST + 60 * CLIENT_FRAMES_PER_S);
    }

    #[test]
    fn a_second_of_rest_is_enough() {
        let mut now = Instant::now();
        let mut budget = Budget::new(now, PATIENCE);
        for round in 0..10 {
            let (_n, closed) = read(&mut budget, now, Duration::from_secs(50));
            assert!(!closed, "round {round}");
            now += Duration::from_millis(51_100);
        }
    }
}
