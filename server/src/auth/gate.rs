//! What sign-in and keys must remember between requests: budgets and recent answers. Bounded, and lost without harm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::entry::SourceKey;
use tokio::sync::Semaphore;
use wire::time::Timestamp;

use super::budget::{Budget, Rates};
use crate::config::Limits;
use crate::store::{KeyRow, KeyTerms};

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

#[derive(Debug)]
struct KnownKey {
    at: Instant,
    revocations: u64,
    row: Arc<KeyRow>,
}

/// Shared by all handlers through `App::gate`.
#[derive(Debug)]
pub struct Gate {
    rates: Rates,
    /// What had been sent on the day on which this process began.
    begun: Option<(Timestamp, HashMap<SourceKey, u64>)>,
    /// One a partner, and one more for each way in which its keys are bound otherwise.
    budgets: Mutex<HashMap<(SourceKey, Rates), Arc<Budget>>>,
    failures: Mutex<HashMap<String, Failures>>,
    answers: Mutex<HashMap<String, (Instant, bool)>>,
    /// Keys that opened something a moment ago: one that floods must not ask the database each time.
    keys: Mutex<HashMap<String, KnownKey>>,
    /// Bodies being read and understood.
    pub(crate) bodies: Semaphore,
    /// Password checks under way.
    pub(crate) checks: Semaphore,
}

impl Gate {
    /// A gate with the budgets of the settings.
    pub fn new(limits: &Limits) -> Self {
        Self {
            rates: Rates::of(limits),
            begun: None,
            budgets: Mutex::default(),
            failures: Mutex::default(),
            answers: Mutex::default(),
            keys: Mutex::default(),
            bodies: Semaphore::new(BODIES_AT_ONCE),
            checks: Semaphore::new(CHECKS_AT_ONCE),
        }
    }

    /// Goes on counting the day of `now`, of which each source has sent so many items already.
    #[must_use]
    pub fn begun(mut self, now: Timestamp, items: HashMap<SourceKey, u64>) -> Self {
        self.begun = Some((now, items));
        self
    }

    /// A budget as it is when its partner first comes.
    fn fresh(&self, partner: SourceKey, rates: Rates) -> Budget {
        match &self.begun {
            Some((at, items)) => {
                Budget::begun(rates, *at, items.get(&partner).copied().unwrap_or_default())
            }
            None => Budget::new(rates),
        }
    }

    /// The budget of a partner with such a key.
    pub fn budget(&self, partner: SourceKey, terms: &KeyTerms) -> Arc<Budget> {
        let rates = self.rates.with(terms);
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= REMEMBERED_MAX {
            // Those that somebody spends of right now stay.
            budgets.retain(|_, budget| Arc::strong_count(budget) > 1);
        }
        let budget =
            budgets.entry((partner, rates)).or_insert_with(|| Arc::new(self.fresh(partner, rates)));
        Arc::clone(budget)
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

    /// A key as it was read within half a second, unless somebody lost a right since. Its secret is not looked at.
    pub(super) fn key(&self, id: &str, revocations: u64) -> Option<Arc<KeyRow>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let known = keys.get(id)?;
        let is_fresh = known.at.elapsed() < ANSWER_AGE_MAX && known.revocations == revocations;
        is_fresh.then(|| Arc::clone(&known.row))
    }

    /// Remembers a key whose secret was right; `revocations` as they were before it was read.
    pub(super) fn remember_key(&self, row: &Arc<KeyRow>, revocations: u64) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= REMEMBERED_MAX {
            keys.clear();
        }
        let known = KnownKey { at: Instant::now(), revocations, row: Arc::clone(row) };
        keys.insert(row.id.clone(), known);
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
    fn what_one_partner_spends_another_has_and_two_equal_keys_share() {
        let gate = Gate::new(&Limits::default());
        let now = wire::time::Timestamp(0);
        let terms = KeyTerms { requests_per_s: Some(1), ..KeyTerms::default() };
        gate.budget(SourceKey(1), &terms).spend_request(now).expect("the first");
        gate.budget(SourceKey(1), &terms).spend_request(now).expect_err("the second");
        gate.budget(SourceKey(2), &terms).spend_request(now).expect("another's");
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
