//! Who is connected: counted, so that there is a limit, and found by principal, so that revoked means closed.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
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
        Some(Seat { roster: Arc::clone(self), number, revoked })
    }

    /// Ends every seat of this principal or login.
    pub(super) fn revoke(&self, who: &str) {
        for entry in self.inner().seats.values() {
            if entry.principal == who || entry.login.as_deref() == Some(who) {
                entry.revoked.set();
            }
        }
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
}

impl Seat {
    /// Resolves when the principal or the login behind this connection ended. It borrows nothing, so that a connection
    /// registers once and not at every turn.
    pub fn revoked(&self) -> impl Future<Output = ()> + use<> {
        self.revoked.awaited.clone().cancelled_owned()
    }

    /// Whether it ended.
    pub fn is_revoked(&self) -> bool {
        self.revoked.asked.load(Ordering::Acquire)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.roster.inner();
        inner.seats.remove(&self.number);
        metrics::gauge!("talaia_live_sessions").set(inner.seats.len() as f64);
    }
}
