//! What sign-in and keys must remember between requests: budgets and recent answers. Bounded, and lost without harm.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::entry::SourceKey;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::config::Limits;

/// Names and addresses whose failures are remembered; beyond it the forgotten ones start anew.
const REMEMBERED_MAX: usize = 10_000;
/// Failures before waiting begins: a person mistypes twice, a keyboard layout three times.
const FREE_FAILURES: u32 = 5;
/// The longest wait: long enough against guessing, short enough that nobody is locked out of a crisis.
const WAIT_MAX_S: u32 = 60;
/// Password checks at once: each takes 19 MiB and a core for some tens of milliseconds.
const CHECKS_AT_ONCE: usize = 2;
/// How old a shared answer of `Reader::still_holds` may be: half of the second within which a revocation shows.
const ANSWER_AGE_MAX: Duration = Duration::from_millis(400);
/// Requests a server reads and understands at once: 64 bodies of 16 MiB bound its memory.
const BODIES_AT_ONCE: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Failures {
    n: u32,
    until: Instant,
}

/// Shared by all handlers through `App::gate`.
#[derive(Debug)]
pub struct Gate {
    requests: DefaultKeyedRateLimiter<SourceKey>,
    reports: DefaultKeyedRateLimiter<SourceKey>,
    failures: Mutex<HashMap<String, Failures>>,
    answers: Mutex<HashMap<String, (Instant, bool)>>,
    /// Bodies being read and understood.
    pub(crate) bodies: Semaphore,
    /// Password checks under way.
    pub(crate) checks: Semaphore,
}

fn per_second(n: u32, burst: u32) -> Quota {
    let n = NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(n).allow_burst(NonZeroU32::new(burst).unwrap_or(n).max(n))
}

impl Gate {
    /// A gate with the budgets of the settings.
    pub fn new(limits: &Limits) -> Self {
        let largest = u32::try_from(limits.features_max).unwrap_or(u32::MAX);
        Self {
            requests: RateLimiter::keyed(per_second(limits.requests_per_s, limits.requests_per_s)),
            // One request with all its features must fit, or it could never be sent.
            reports: RateLimiter::keyed(per_second(limits.reports_per_s, largest)),
            failures: Mutex::default(),
            answers: Mutex::default(),
            bodies: Semaphore::new(BODIES_AT_ONCE),
            checks: Semaphore::new(CHECKS_AT_ONCE),
        }
    }

    /// Spends one request of a partner; else the seconds to wait.
    pub fn spend_request(&self, partner: SourceKey) -> Result<(), u32> {
        self.requests
            .check_key(&partner)
            .map_err(|full| seconds(full.wait_time_from(DefaultClock::default().now())))
    }

    /// Spends items of a partner; else the seconds to wait.
    pub fn spend_items(&self, partner: SourceKey, n: usize) -> Result<(), u32> {
        let Some(n) = u32::try_from(n).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        match self.reports.check_key_n(&partner, n) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(full)) => Err(seconds(full.wait_time_from(DefaultClock::default().now()))),
            // Larger than any burst: cannot happen below `features_max`, and waiting would not help.
            Err(_never) => Ok(()),
        }
    }

    /// Seconds a name or address still has to wait before another sign-in is tried.
    pub fn wait_s(&self, who: &str) -> Option<u32> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let left = failures.get(who)?.until.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then(|| seconds(left))
    }

    /// Notes a failed sign-in: from the sixth on the wait doubles, up to a minute.
    pub fn failed(&self, who: &str) {
        let now = Instant::now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED_MAX {
            let forget = Duration::from_secs(u64::from(WAIT_MAX_S));
            failures.retain(|_, known| known.until + forget > now);
            if failures.len() >= REMEMBERED_MAX {
                failures.clear();
            }
        }
        let known = failures.entry(who.to_owned()).or_insert(Failures { n: 0, until: now });
        known.n = known.n.saturating_add(1);
        if known.n > FREE_FAILURES {
            let doubled = 1_u32 << (known.n - FREE_FAILURES).min(6);
            known.until = now + Duration::from_secs(u64::from(doubled.min(WAIT_MAX_S)));
        } else {
            known.until = now;
        }
    }

    /// Forgets the failures of a name or address after a good sign-in.
    pub fn succeeded(&self, who: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }

    /// A recent answer about a principal, if there is one.
    pub(super) fn answer(&self, who: &str) -> Option<bool> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(who).filter(|(at, _)| at.elapsed() < ANSWER_AGE_MAX).map(|(_, holds)| *holds)
    }

    /// Remembers an answer for others who ask soon.
    pub(super) fn remember(&self, who: &str, holds: bool) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= REMEMBERED_MAX {
            answers.clear();
        }
        answers.insert(who.to_owned(), (Instant::now(), holds));
    }
}

fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifty_first_request_of_a_second_waits_and_another_partner_does_not() {
        let gate = Gate::new(&Limits::default());
        let spent = (0..60).filter(|_| gate.spend_request(SourceKey(1)).is_ok()).count();
        assert!((50..=53).contains(&spent), "{spent}");
        assert!(gate.spend_request(SourceKey(2)).is_ok());
        assert_eq!(gate.spend_items(SourceKey(1), 20_000), Ok(()));
        assert!(gate.spend_items(SourceKey(1), 10_000).is_err());
    }

    #[test]
    fn the_sixth_failure_has_to_wait_and_a_success_forgets() {
        let gate = Gate::new(&Limits::default());
        for _ in 0..FREE_FAILURES {
            assert_eq!(gate.wait_s("name:anna"), None);
            gate.failed("name:anna");
        }
        assert_eq!(gate.wait_s("name:anna"), None);
        gate.failed("name:anna");
        assert!(gate.wait_s("name:anna").is_some_and(|wait| (1..=2).contains(&wait)));
        for _ in 0..20 {
            gate.failed("name:anna");
        }
        assert!(gate.wait_s("name:anna").is_some_and(|wait| wait <= WAIT_MAX_S));
        gate.succeeded("name:anna");
        assert_eq!(gate.wait_s("name:anna"), None);
    }
}
