//! Whose turn it is at a host: several sources may stand at one, and it is asked as by one polite reader.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Questions to one host are at least so far apart, whoever of us asks.
const APART: Duration = Duration::from_millis(500);

/// When each host may be asked next.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<BTreeMap<String, Instant>>);

impl Hosts {
    /// Takes the next turn at a host, and says how long it is until then. Who comes later waits behind it.
    pub(super) fn turn(&self, host: &str, now: Instant) -> Duration {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.get(host).copied().unwrap_or(now).max(now);
        next.insert(host.to_owned(), at + APART);
        at - now
    }

    /// The same for somebody who does not wait longer than `most`: then no turn is taken, and how long it would be is the error.
    pub(super) fn turn_within(
        &self,
        host: &str,
        now: Instant,
        most: Duration,
    ) -> Result<Duration, Duration> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.get(host).copied().unwrap_or(now).max(now);
        if at - now > most {
            return Err(at - now);
        }
        next.insert(host.to_owned(), at + APART);
        Ok(at - now)
    }

    /// A host that asks for time gets it from all of us.
    pub(super) fn hold(&self, host: &str, until: Instant) {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.entry(host.to_owned()).or_insert(until);
        *at = (*at).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_at_one_host_take_turns_and_those_elsewhere_wait_for_nobody() {
        let hosts = Hosts::default();
        let now = Instant::now();
        assert_eq!(hosts.turn("a.example", now), Duration::ZERO);
        assert_eq!(hosts.turn("a.example", now), APART);
        assert_eq!(hosts.turn("a.example", now), 2 * APART);
        assert_eq!(hosts.turn("b.example", now), Duration::ZERO);
        assert_eq!(hosts.turn("a.example", now + Duration::from_mins(1)), Duration::ZERO);
        hosts.hold("b.example", now + Duration::from_secs(30));
        assert_eq!(
            hosts.turn("b.example", now),
            Duration::from_secs(30),
            "a host that asks for time gets it"
        );
        hosts.hold("b.example", now);
        assert_eq!(
            hosts.turn("b.example", now),
            Duration::from_secs(30) + APART,
            "and nobody takes it back"
        );
        let held = Duration::from_secs(30) + 2 * APART;
        for _ in 0..2 {
            let turn = hosts.turn_within("b.example", now, APART);
            assert_eq!(turn, Err(held), "who does not wait takes no turn");
        }
        assert_eq!(hosts.turn_within("b.example", now, held), Ok(held));
        assert_eq!(hosts.turn("b.example", now), held + APART);
    }
}
