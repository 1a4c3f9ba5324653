//! Who is connected: counted, so that there is a limit, and found by principal, so that revoked means closed.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The end of the rights behind a seat: to be asked, which every delivery does, and to be waited for.
#[derive(Debug, Clone, Default)]
struct Revoked {
    // The token has a lock, too dear to be asked a thousand times in a round.
    asked: Arc<AtomicBool>,
    awaited: CancellationToken,
}

impl Revoked {
    fn set(&self) {
        self.asked.store(true, Ordering::Release);
        self.awaited.cancel();
    }
}

#[derive(Debug)]
struct Entry {
    principal: String,
    login: Option<String>,
    revoked: Revoked,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    seats: HashMap<u64, Entry>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Roster {
    inner: Mutex<Inner>,
    /// How often rights were ended. All ask it at every delivery, and so few ever have to look at their own.
    revocations: AtomicU64,
}

impl Roster {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // The map is whole after every call, even one that panicked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat, unless `max` are taken.
    pub(super) fn enter(
        self: &Arc<Self>,
        max: usize,
        principal: &str,
        login: Option<&str>,
    ) -> Option<Seat> {
        let mut inner = self.inner();
        if inner.seats.len() >= max {
            return None;
        }
        let number = inner.next;
        inner.next += 1;
        let revoked = Revoked::default();
        inner.seats.insert(
            number,
            Entry {
                principal: principal.to_owned(),
                login: login.map(str::to_owned),
                revoked: revoked.clone(),
            },
        );
        metrics::gauge!("talaia_live_sessions").set(inner.seats.len() as f64);
        let held_at = AtomicU64::new(self.revocations.load(Ordering::Acquire));
        Some(Seat { roster: Arc::clone(self), number, revoked, held_at })
    }

    /// Ends every seat of this principal or login.
    pub(super) fn revoke(&self, who: &str) {
        let inner = self.inner();
        for entry in inner.seats.values() {
            if entry.principal == who || entry.login.as_deref() == Some(who) {
                entry.revoked.set();
            }
        }
        // After the flags, and before anybody can take a seat again.
        self.revocations.fetch_add(1, Ordering::Release);
        drop(inner);
    }

    /// Everyone who is connected, each once: the principal, and of an operator the login.
    pub(super) fn principals(&self) -> BTreeSet<(String, Option<String>)> {
        let inner = self.inner();
        inner.seats.values().map(|seat| (seat.principal.clone(), seat.login.clone())).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.inner().seats.len()
    }
}

/// One connection's place; dropping it frees it.
#[derive(Debug)]
pub struct Seat {
    roster: Arc<Roster>,
    number: u64,
    revoked: Revoked,
    /// The revocations after which this seat was seen to be held still.
    held_at: AtomicU64,
}

impl Seat {
    /// Resolves when the principal or the login behind this connection ended. It borrows nothing, so that a connection
    /// registers once and not at every turn.
    pub fn revoked(&self) -> impl Future<Output = ()> + use<> {
        self.revoked.awaited.clone().cancelled_owned()
    }

    /// Whether it ended.
    pub fn is_revoked(&self) -> bool {
        let made = self.roster.revocations.load(Ordering::Acquire);
        if self.held_at.load(Ordering::Relaxed) == made {
            return false;
        }
        let revoked = self.revoked.asked.load(Ordering::Acquire);
        if !revoked {
            self.held_at.store(made, Ordering::Relaxed);
        }
        revoked
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.roster.inner();
        inner.seats.remove(&self.number);
        metrics::gauge!("talaia_live_sessions").set(inner.seats.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_revoked_once_its_own_rights_end_and_not_by_the_end_of_others() {
        let roster = Arc::new(Roster::default());
        let enter = |who: &str, login| roster.enter(9, who, login).expect("a place");
        let (key, person) = (enter("key:a", None), enter("operator:b", Some("login:1")));
        roster.revoke("key:of-nobody");
        assert!(!key.is_revoked() && !person.is_revoked());
        roster.revoke("key:a");
        for _ in 0..2 {
            assert!(key.is_revoked() && !person.is_revoked());
        }
        let late = enter("key:a", None);
        assert!(!late.is_revoked(), "it came with rights of its own");
        roster.revoke("login:1");
        assert!(key.is_revoked() && person.is_revoked() && !late.is_revoked());
        roster.revoke("key:a");
        assert!(late.is_revoked());
    }
}
