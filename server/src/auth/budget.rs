//! What one partner may spend: requests and items, in a second, at once and in a day.
//!
//! Seconds and bursts are token buckets of `governor`, and begin anew with the process; days are counted from midnight in UTC, and what
//! was received today goes on counting after a restart: it stands in the hourly ledger.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;
use wire::time::Timestamp;

use crate::config::Limits;
use crate::http::problem::Fault;
use crate::store::{DAY_MS, KeyTerms};

/// Bodies of one partner that are read and understood at once: a quarter of the server's, so that one that sends many and slowly
/// leaves places to the others.
const BODIES_AT_ONCE: usize = 16;

/// How long an answer is held back of one who goes on after being told to wait: most programs send the next when they have the
/// answer to the last, and so come no faster than this allows.
const HOLD: Duration = Duration::from_millis(500);
/// Answers of one partner that are held back at once: each holds a connection and no more.
const HELD_MAX: usize = 128;
/// Refusals within a second after which somebody goes on, where the second's own limit is smaller: a burst is no stubbornness.
const TOLD_MIN: u32 = 20;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

type Bucket = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, StateInformationMiddleware>;

/// The sizes of a partner's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rates {
    /// Requests a second.
    pub requests_per_s: u32,
    /// Requests at once after a rest.
    pub requests_burst: u32,
    /// Requests a day; 0: as many as the second allows.
    pub requests_per_day: u64,
    /// Reports and observations a second.
    pub items_per_s: u32,
    /// Reports and observations at once after a rest.
    pub items_burst: u32,
    /// Reports and observations a day; 0: as many as the second allows.
    pub items_per_day: u64,
}

impl Rates {
    /// The server's.
    pub fn of(limits: &Limits) -> Self {
        let largest = u32::try_from(limits.features_max).unwrap_or(u32::MAX);
        let burst = |set: u32, least: u32| if set == 0 { least } else { set.max(least) };
        Self {
            requests_per_s: limits.requests_per_s,
            requests_burst: burst(limits.requests_burst, limits.requests_per_s),
            requests_per_day: limits.requests_per_day,
            items_per_s: limits.reports_per_s,
            // One request with all its features must fit, or it could never be sent.
            items_burst: burst(limits.reports_burst, limits.reports_per_s.max(largest)),
            items_per_day: limits.reports_per_day,
        }
    }

    /// What a key says in place of them.
    #[must_use]
    pub fn with(mut self, terms: &KeyTerms) -> Self {
        if let Some(n) = terms.requests_per_s {
            (self.requests_per_s, self.requests_burst) = (n, n);
        }
        if let Some(n) = terms.items_per_s {
            (self.items_per_s, self.items_burst) = (n, n);
        }
        if let Some(n) = terms.items_per_day {
            self.items_per_day = n;
        }
        self
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Its stable word.
    pub limit: &'static str,
    /// Its size, in words.
    pub size: String,
    /// When it is free again; none: never, for so many at once.
    pub wait: Option<Duration>,
}

impl Spent {
    /// Seconds to wait, at least one.
    pub fn wait_s(&self) -> u32 {
        let ms = self.wait.unwrap_or_default().as_millis();
        u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
    }

    /// The answer: 429 with the limit, its size, and when it is free again.
    pub fn fault(&self, now: Timestamp) -> Fault {
        let size = &self.size;
        if self.wait.is_none() {
            let detail = format!("{size}; nothing was stored: send fewer in one request.");
            return Fault::new(
                axum::http::StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "Too much in one request",
                detail.clone(),
            )
            .at(None, "", self.limit, &detail);
        }
        let wait_s = self.wait_s();
        let free = now.plus_ms(i64::from(wait_s) * 1_000);
        let told = format!("{size}: it is free again in {wait_s} s, at {free}");
        super::too_many(&size.clone(), wait_s).at(None, "", self.limit, &told)
    }
}

#[derive(Debug, Default)]
struct Day {
    number: i64,
    requests: u64,
    items: u64,
}

/// One partner's.
#[derive(Debug)]
pub struct Budget {
    rates: Rates,
    requests: Bucket,
    items: Bucket,
    requests_left: AtomicU32,
    items_left: AtomicU32,
    day: Mutex<Day>,
    /// Requests refused since this moment, which is less than a second ago.
    told: Mutex<Option<(Instant, u32)>>,
    held: Semaphore,
    /// Its bodies that are read and understood.
    pub(crate) places: Semaphore,
}

fn bucket(per_s: u32, burst: u32) -> Bucket {
    let per_s = NonZeroU32::new(per_s).unwrap_or(NonZeroU32::MIN);
    let burst = NonZeroU32::new(burst).unwrap_or(per_s).max(per_s);
    RateLimiter::direct(Quota::per_second(per_s).allow_burst(burst))
        .with_middleware::<StateInformationMiddleware>()
}

impl Budget {
    /// A full one.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            requests: bucket(rates.requests_per_s, rates.requests_burst),
            items: bucket(rates.items_per_s, rates.items_burst),
            requests_left: AtomicU32::new(rates.requests_burst),
            items_left: AtomicU32::new(rates.items_burst),
            day: Mutex::default(),
            told: Mutex::default(),
            held: Semaphore::new(HELD_MAX),
            places: Semaphore::new(BODIES_AT_ONCE),
        }
    }

    /// The same of which so many items were spent on the day of `now`, before this process began.
    pub fn begun(rates: Rates, now: Timestamp, items: u64) -> Self {
        let day = Day { number: now.0.div_euclid(DAY_MS), requests: 0, items };
        Self { day: Mutex::new(day), ..Self::new(rates) }
    }

    /// Whether the day still allows so many; it is not spent yet.
    fn day_allows(&self, requests: u64, items: u64, now: Timestamp) -> Result<(), Spent> {
        let number = now.0.div_euclid(DAY_MS);
        let midnight = Timestamp((number + 1) * DAY_MS);
        let wait = Duration::from_millis(u64::try_from(midnight.ms_since(now)).unwrap_or_default());
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if day.number != number {
            *day = Day { number, ..Day::default() };
        }
        let over = |have: u64, more: u64, max: u64| max > 0 && have.saturating_add(more) > max;
        let Rates { requests_per_day, items_per_day, .. } = self.rates;
        if over(day.requests, requests, requests_per_day) {
            let size = format!("{requests_per_day} requests a day are taken from this partner");
            return Err(Spent { limit: "requests_per_day", size, wait: Some(wait) });
        }
        if over(day.items, items, items_per_day) {
            let size = format!("{items_per_day} items a day are taken from this partner");
            let wait = (items <= items_per_day).then_some(wait);
            return Err(Spent { limit: "items_per_day", size, wait });
        }
        Ok(())
    }

    fn spend_day(&self, requests: u64, items: u64) {
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        day.requests = day.requests.saturating_add(requests);
        day.items = day.items.saturating_add(items);
    }

    /// Spends one request.
    pub fn spend_request(&self, now: Timestamp) -> Result<(), Spent> {
        self.day_allows(1, 0, now)?;
        match self.requests.check() {
            Ok(state) => {
                self.requests_left.store(state.remaining_burst_capacity(), Ordering::Relaxed);
                self.spend_day(1, 0);
                Ok(())
            }
            Err(full) => {
                self.requests_left.store(0, Ordering::Relaxed);
                let Rates { requests_per_s, requests_burst, .. } = self.rates;
                let size = format!(
                    "{requests_per_s} requests a second are taken from this partner, {requests_burst} at once"
                );
                let wait = Some(full.wait_time_from(MonotonicClock.now()));
                Err(Spent { limit: "requests_per_second", size, wait })
            }
        }
    }

    /// Whether one that was refused just now goes on and on: it sends more than twice what it may.
    fn goes_on(&self, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, n) = match *told {
            Some((since, n)) if now.duration_since(since) < Duration::from_secs(1) => {
                (since, n + 1)
            }
            _ => (now, 1),
        };
        *told = Some((since, n));
        n > self.rates.requests_per_s.max(TOLD_MIN)
    }

    /// Holds the answer back of one that goes on, so that refusing costs the others less.
    pub(super) async fn hold_back(&self) {
        if self.goes_on(Instant::now())
            && let Ok(_held) = self.held.try_acquire()
        {
            tokio::time::sleep(HOLD).await;
        }
    }

    /// Spends so many items, all or none.
    pub fn spend_items(&self, n: usize, now: Timestamp) -> Result<(), Spent> {
        let Some(items) = u32::try_from(n).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        let Rates { items_per_s, items_burst, .. } = self.rates;
        let size = || {
            format!(
                "{items_per_s} items a second are taken from this partner, {items_burst} at once"
            )
        };
        // Waiting would not help: it is more than is ever free.
        if items.get() > items_burst {
            return Err(Spent { limit: "items_per_second", size: size(), wait: None });
        }
        self.day_allows(0, u64::from(items.get()), now)?;
        match self.items.check_n(items) {
            Ok(Ok(state)) => {
                self.items_left.store(state.remaining_burst_capacity(), Ordering::Relaxed);
                self.spend_day(0, u64::from(items.get()));
                Ok(())
            }
            Ok(Err(full)) => {
                let wait = Some(full.wait_time_from(MonotonicClock.now()));
                Err(Spent { limit: "items_per_second", size: size(), wait })
            }
            // As large as the bucket: looked at above.
            Err(_never) => Err(Spent { limit: "items_per_second", size: size(), wait: None }),
        }
    }

    /// Spends items of what cannot be refused, in parts that fit: gives how long to wait before it goes on.
    pub fn pace(&self, n: usize, now: Timestamp) -> Option<Duration> {
        let burst = usize::try_from(self.rates.items_burst).unwrap_or(usize::MAX).max(1);
        match self.spend_items(n.min(burst), now) {
            Ok(()) => None,
            // A source that is read is slowed down and never dropped, also by the day.
            Err(spent) => Some(spent.wait.unwrap_or(Duration::from_secs(1))),
        }
    }

    /// Writes what may be spent and what is left into an answer, as the IETF's draft of the `RateLimit` fields has it.
    pub fn stamp(&self, answer: &mut Response, now: Timestamp) {
        use std::fmt::Write as _;
        let Rates { requests_per_s, requests_burst, items_per_s, items_burst, .. } = self.rates;
        let window = |burst: u32, per_s: u32| burst.div_ceil(per_s.max(1)).max(1);
        let mut policy = format!(
            "\"requests\";q={requests_burst};w={}, \"items\";q={items_burst};w={};qu=\"items\"",
            window(requests_burst, requests_per_s),
            window(items_burst, items_per_s),
        );
        let requests_left = self.requests_left.load(Ordering::Relaxed);
        let items_left = self.items_left.load(Ordering::Relaxed);
        let full_in =
            |left: u32, burst: u32, per_s: u32| burst.saturating_sub(left).div_ceil(per_s.max(1));
        let mut standing = format!(
            "\"requests\";r={requests_left};t={}, \"items\";r={items_left};t={}",
            full_in(requests_left, requests_burst, requests_per_s),
            full_in(items_left, items_burst, items_per_s),
        );
        let number = now.0.div_euclid(DAY_MS);
        let midnight_s = Timestamp((number + 1) * DAY_MS).ms_since(now) / 1_000;
        let (mut requests, mut items) = (0, 0);
        {
            let day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
            if day.number == number {
                (requests, items) = (day.requests, day.items);
            }
        }
        let days = [
            ("requests-day", self.rates.requests_per_day, requests, ""),
            ("items-day", self.rates.items_per_day, items, ";qu=\"items\""),
        ];
        for (name, max, spent, unit) in days {
            if max > 0 {
                let left = max.saturating_sub(spent);
                let _ = write!(policy, ", \"{name}\";q={max};w=86400{unit}");
                let _ = write!(standing, ", \"{name}\";r={left};t={midnight_s}");
            }
        }
        for (name, text) in [(POLICY, policy), (STANDING, standing)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                answer.headers_mut().insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_600_000_000);

    fn rates() -> Rates {
        Rates::of(&Limits::default())
    }

    #[test]
    fn the_fifty_first_request_of_a_second_waits() {
        let budget = Budget::new(rates());
        let spent = (0..60).filter(|_| budget.spend_request(NOON).is_ok()).count();
        assert!((50..=53).contains(&spent), "{spent}");
        assert_eq!(budget.spend_items(20_000, NOON), Ok(()));
        let full = budget.spend_items(10_000, NOON).expect_err("spent");
        assert_eq!((full.limit, full.wait_s()), ("items_per_second", 1));
    }

    #[test]
    fn a_key_with_rates_of_its_own_has_those_and_says_what_never_fits() {
        let terms = KeyTerms {
            requests_per_s: Some(2),
            items_per_s: Some(3),
            items_per_day: Some(5),
            ..KeyTerms::default()
        };
        let budget = Budget::new(rates().with(&terms));
        assert_eq!(budget.spend_items(4, NOON).map_err(|spent| spent.wait), Err(None));
        assert_eq!(budget.spend_items(3, NOON), Ok(()));
        let day = budget.spend_items(3, NOON).expect_err("six a day");
        assert_eq!(day.limit, "items_per_day");
        let tomorrow = Timestamp((NOON.0.div_euclid(DAY_MS) + 1) * DAY_MS);
        assert_eq!(i64::from(day.wait_s()), tomorrow.ms_since(NOON).div_euclid(1_000));
        // The day is free again at midnight; the second's bucket is another matter.
        assert_ne!(
            budget.spend_items(1, tomorrow).map_err(|spent| spent.limit),
            Err("items_per_day")
        );
    }

    #[test]
    fn who_goes_on_after_being_told_is_known_for_a_second() {
        let budget = Budget::new(rates());
        let begun = Instant::now();
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert!((0..50).all(|ms| !budget.goes_on(at(ms))), "a burst");
        assert!(budget.goes_on(at(50)));
        assert!(!budget.goes_on(at(1_500)), "a second later it is forgotten");
    }

    #[test]
    fn what_is_left_stands_in_the_answer() {
        let budget = Budget::new(rates());
        budget.spend_request(NOON).expect("spent");
        budget.spend_items(1_000, NOON).expect("spent");
        let mut answer = Response::default();
        budget.stamp(&mut answer, NOON);
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(
            header("ratelimit-policy"),
            "\"requests\";q=50;w=1, \"items\";q=20000;w=1;qu=\"items\", \"items-day\";q=50000000;w=86400;qu=\"items\""
        );
        let standing = header("ratelimit");
        assert!(
            standing.starts_with("\"requests\";r=49;t=1, \"items\";r=19000;t=1, "),
            "{standing}"
        );
        assert!(standing.contains("\"items-day\";r=49999000;t="), "{standing}");
    }
}
