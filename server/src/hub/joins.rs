//! How many are let in a second. After a break everybody comes at once; so many a second get in, and each of the others is
//! told a moment of its own to come again, as if it stood in a queue. Nothing is kept for those who wait but the queue's end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many seconds' worth gets in at once after a quiet time: two thousand screens come back after a break of the network
/// on the memory of a few seconds, and a room notices nothing.
const BURST_S: u32 = 5;

/// So long after a start it is half a second's worth: everybody who was here before comes back, some after a long pause, and
/// what would gather meanwhile must not let them in all at once.
const AFTER_START: Duration = Duration::from_mins(1);

/// The longest anybody is asked to wait: promised is that all are back within a minute.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// The state is two moments: no ticks, no fractions, no list.
#[derive(Debug, Clone, Copy)]
struct Queue {
    /// When the full burst is there again.
    full_at: Instant,
    /// Until when the burst is small.
    small_until: Instant,
    /// When the last of those who were told to wait has its turn.
    ends_at: Instant,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Joins {
    /// The time one join is worth.
    share: Duration,
    /// What gets in at once after a start, and after a quiet time.
    small_burst: Duration,
    burst: Duration,
    queue: Mutex<Queue>,
}

impl Joins {
    /// Lets in `per_s` a second from `now` on.
    pub(super) fn new(per_s: u32, now: Instant) -> Self {
        let per_s = per_s.max(1);
        let share = Duration::from_secs(1) / per_s;
        let small_burst = share * (per_s / 2).max(1);
        let burst = share * per_s.saturating_mul(BURST_S);
        let queue = Queue { full_at: now, small_until: now + AFTER_START, ends_at: now };
        Self { share, small_burst, burst, queue: Mutex::new(queue) }
    }

    /// The door is opened now: a start may have taken its time.
    pub(super) fn open(&self, now: Instant) {
        self.queue().small_until = now + AFTER_START;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Two moments: whole after every call, even one that panicked.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One comes in, or is told in how many seconds to try again. `chance` is uniform in 0 to 1: it spreads those whose
    /// turn falls into one second over both ends of it.
    pub(super) fn join(&self, now: Instant, chance: f64) -> Result<(), u32> {
        let mut queue = self.queue();
        let burst = if now < queue.small_until { self.small_burst } else { self.burst };
        let full_at = queue.full_at.max(now + (self.burst.saturating_sub(burst))) + self.share;
        let short = full_at.saturating_duration_since(now + self.burst);
        if short.is_zero() {
            queue.full_at = full_at;
            return Ok(());
        }
        let turn = (queue.ends_at + self.share).max(now + short);
        let wait = turn - now;
        if wait > WAIT_MAX {
            // More than a minute's worth waits: the rest is spread over the second half of it.
            return Err(seconds(WAIT_MAX.mul_f64(0.5 + chance / 2.0), chance));
        }
        queue.ends_at = turn;
        Err(seconds(wait, chance))
    }

    /// In how many seconds somebody should try who cannot be told its own turn; `None` while nobody waits.
    pub(super) fn wait_s(&self, now: Instant, chance: f64) -> Option<u32> {
        let wait = self.queue().ends_at.saturating_duration_since(now);
        (!wait.is_zero()).then(|| seconds(wait.mul_f64(chance), 1.0 - chance))
    }
}

/// Whole seconds, at least one, that are `wait` on average.
fn seconds(wait: Duration, chance: f64) -> u32 {
    ((wait.as_secs_f64() + chance) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_gets_in_at_once_after_a_quiet_time_and_then_so_many_a_second() {
        let start = Instant::now();
        let joins = Joins::new(100, start);
        let now = start + 60 * SECOND;
        let n = (0..2_000).filter(|_| joins.join(now, 0.5).is_ok()).count();
        assert_eq!(n, 500);
        let n = (0..2_000).filter(|_| joins.join(now + SECOND, 0.5).is_ok()).count();
        assert_eq!(n, 100);
    }

    #[test]
    fn a_start_lets_in_half_a_seconds_worth_at_once_however_late_they_come() {
        let start = Instant::now();
        for (per_s, late_s) in [(1, 0), (2, 0), (80, 0), (80, 30), (80, 59)] {
            let joins = Joins::new(per_s, start);
            joins.open(start + 600 * SECOND);
            let now = start + (600 + late_s) * SECOND;
            let n = (0..1_000).filter(|_| joins.join(now, 0.5).is_ok()).count();
            assert_eq!(n, (per_s as usize / 2).max(1), "{per_s} a second, after {late_s} s");
        }
    }

    #[test]
    fn who_waits_is_told_a_turn_after_the_one_before_and_a_minute_at_most() {
        let start = Instant::now();
        let joins = Joins::new(10, start);
        let told: Vec<u32> = (0..5_000).filter_map(|_| joins.join(start, 0.0).err()).collect();
        assert_eq!(told[..12], [1; 12], "the first second is one second");
        assert_eq!((told[99], told[199]), (10, 20), "ten a second");
        assert!(told.iter().all(|wait| (1..=60).contains(wait)));
        assert_eq!(joins.wait_s(start, 1.0), Some(60));
        assert_eq!(joins.wait_s(start + 60 * SECOND, 1.0), None, "nobody waits any more");
    }

    /// A herd as the documents ask for it: each comes at its turn and a moment of its own later. `obeys` is the control.
    fn herd(obeys: bool, seed: u64) -> Vec<u32> {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let start = Instant::now();
        let joins = Joins::new(80, start);
        let mut due: Vec<f64> = (0..2_000).map(|_| dice.random_range(0.0..0.5)).collect();
        let mut bins = vec![0; 600];
        while !due.is_empty() {
            due.sort_by(f64::total_cmp);
            let at = due.remove(0);
            match joins.join(start + SECOND.mul_f64(at), dice.random()) {
                Ok(()) => bins[at as usize] += 1,
                Err(wait) if obeys => due.push(at + f64::from(wait) + dice.random::<f64>()),
                Err(_) => due.push(at + 0.5),
            }
        }
        let end = bins.iter().rposition(|n| *n > 0).unwrap_or(0);
        bins.truncate(end + 1);
        bins
    }

    #[test]
    fn a_herd_that_does_as_told_is_spread_and_inside_within_forty_seconds() {
        let seed = rand::random();
        println!("seed {seed}");
        let bins = herd(true, seed);
        assert!(bins.len() <= 40, "{bins:?}");
        assert!(bins.iter().all(|n| *n <= 200), "more than a tenth in one second: {bins:?}");
        // Who does not listen gains nothing: the rate holds for them too.
        assert!(herd(false, seed).iter().all(|n| *n <= 200));
    }
}
