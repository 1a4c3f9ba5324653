//! The hub: turns changes into frames, each encoded once, for sessions that pull.
//!
//! The pipeline [`Hub::publish`]es changes; the flush makes frames of the topics somebody looks at; a [`Session`] is a
//! cursor that takes what it lacks when it is woken. There is no queue per session: a slow one is simply further behind,
//! and gets each tile once, as it is by then. `docs/live.md` is the contract.
//!
//! Locks, always in this order: a World, `gathered`, `published`, `interest`. None is held across an await.

mod encoded;
mod flush;
mod interest;
mod joins;
pub mod limits;
mod published;
mod ring;
mod roster;
mod session;
mod shared;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use engine::change::Change;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wire::frame::{ServerFrame, Source};
use wire::source::SourceStatus;
use wire::time::Timestamp;
use wire::view::Mode;

pub use encoded::{Encoded, Encoding, header_bytes, put_binary_header};
pub use flush::run;
pub use limits::LiveLimits;
pub use roster::Seat;
pub use session::{Refusal, Resume, Session};

use interest::Interest;
use joins::Joins;
use published::Published;
use ring::{Record, Ring};
use roster::Roster;
use shared::Shared;

/// Changes since the last flush.
#[derive(Debug)]
struct Gathered {
    ring: Ring,
    head: u64,
    /// When the newest canary was said.
    canary: Option<Timestamp>,
}

/// Everything of one mode.
#[derive(Debug)]
struct Side {
    gathered: Mutex<Gathered>,
    published: RwLock<Published>,
    interest: Arc<Interest>,
    shared: Mutex<Shared>,
    /// Rises whenever a session of this mode may have something to take.
    version: watch::Sender<u64>,
    /// There is something to flush.
    wake: Notify,
    /// And it should not wait.
    urgent: Notify,
}

impl Side {
    fn new(limits: &LiveLimits) -> Self {
        Self {
            gathered: Mutex::new(Gathered { ring: Ring::within(limits), head: 0, canary: None }),
            published: RwLock::new(Published::new(Ring::within(limits))),
            interest: Arc::new(Interest::new(limits.linger)),
            shared: Mutex::default(),
            version: watch::Sender::new(0),
            wake: Notify::new(),
            urgent: Notify::new(),
        }
    }

    // A poisoned lock: a flush died half-way and was logged; the next one makes everything consistent again.

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn published(&self) -> RwLockReadGuard<'_, Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn published_to_write(&self) -> RwLockWriteGuard<'_, Published> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a flush soon.
    fn flush_soon(&self) {
        self.urgent.notify_one();
        self.wake.notify_one();
    }
}

/// A source as last told.
#[derive(Debug)]
struct SourceSlot {
    version: u64,
    /// When it was told: its age grows from then on.
    told_at: Instant,
    mode: Mode,
    frame: Arc<Encoded>,
}

/// An age told longer ago than this is told anew: what is late must not look fresh.
const AGE_HOLDS: Duration = Duration::from_secs(1);

impl SourceSlot {
    /// The frame with the age as it is now.
    fn frame_now(&self) -> Arc<Encoded> {
        let since = self.told_at.elapsed();
        let ServerFrame::Source(told) = self.frame.frame() else { return Arc::clone(&self.frame) };
        if since < AGE_HOLDS || told.source.content_age_ms.is_none() {
            return Arc::clone(&self.frame);
        }
        let mut now = told.clone();
        let since_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        now.source.content_age_ms =
            told.source.content_age_ms.map(|age| age.saturating_add(since_ms));
        Arc::new(Encoded::new(ServerFrame::Source(now)))
    }
}

/// The sources as last told.
type Sources = BTreeMap<String, SourceSlot>;

/// Why there is no place for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSeat {
    /// All are taken.
    Full,
    /// Too many come at once; this one's turn is then.
    Busy {
        /// In whole seconds.
        retry_after_s: u32,
    },
}

/// The shared hub of both modes.
#[derive(Debug)]
pub struct Hub {
    limits: LiveLimits,
    live: Side,
    exercise: Side,
    sources: Mutex<Sources>,
    /// Rises with each change of a source.
    sources_version: AtomicU64,
    roster: Arc<Roster>,
    /// How often somebody lost a right.
    revocations: AtomicU64,
    joins: Joins,
    stopping: CancellationToken,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(LiveLimits::default())
    }
}

impl Hub {
    /// A hub with these limits.
    pub fn new(limits: LiveLimits) -> Self {
        Self {
            limits,
            live: Side::new(&limits),
            exercise: Side::new(&limits),
            sources: Mutex::default(),
            sources_version: AtomicU64::new(0),
            roster: Arc::default(),
            revocations: AtomicU64::new(0),
            joins: Joins::new(limits.joins_per_s, Instant::now()),
            stopping: CancellationToken::new(),
        }
    }

    /// The limits in force.
    pub fn limits(&self) -> &LiveLimits {
        &self.limits
    }

    fn side(&self, mode: Mode) -> &Side {
        match mode {
            Mode::Live => &self.live,
            Mode::Exercise => &self.exercise,
        }
    }

    /// The World of this mode stands at `head` and every change after it will be published: this fixes how far back a
    /// client may resume. Publishing nothing says the same, so a replay may begin with that.
    pub fn start_at(&self, mode: Mode, head: u64) {
        let mut gathered = self.side(mode).gathered();
        gathered.ring.start_at(head);
        gathered.head = gathered.head.max(head);
    }

    /// Takes note of the changes of one applied group. Called by the pipeline after apply, in order, while it still
    /// holds the World's write lock, so that frames and counts cannot drift apart; never blocks on a session.
    pub fn publish(&self, mode: Mode, head: u64, changes: &[Change]) {
        let side = self.side(mode);
        let mut gathered = side.gathered();
        if changes.is_empty() {
            gathered.ring.start_at(head);
        }
        for change in changes {
            gathered.ring.push(Record::of(change));
        }
        let moved = head > gathered.head;
        gathered.head = gathered.head.max(head);
        drop(gathered);
        if changes.iter().any(ring::is_urgent) {
            side.flush_soon();
        } else if moved || !changes.is_empty() {
            side.wake.notify_one();
        }
    }

    /// Sends the newest canary of a mode on the way of the changes: through the next flush, and by each session's delivery
    /// into its heartbeats. Called by the pipeline like [`Hub::publish`], after it.
    pub fn pass_on(&self, mode: Mode, canary: Option<Timestamp>) {
        let side = self.side(mode);
        let mut gathered = side.gathered();
        // Not the latest but the last: a clock set back must not silence the canaries that follow.
        let news = canary != gathered.canary;
        gathered.canary = canary;
        drop(gathered);
        if news {
            side.wake.notify_one();
        }
    }

    /// When the newest canary was said that is published in this mode.
    pub fn canary(&self, mode: Mode) -> Option<Timestamp> {
        self.side(mode).published().canary
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the newest change of a source: asked by every session at each flush, so without the lock.
    fn sources_version(&self) -> u64 {
        self.sources_version.load(Ordering::Acquire)
    }

    /// A source's status changed.
    pub fn source_changed(&self, status: SourceStatus) {
        let mode = status.mode;
        let seq = self.head(mode);
        let mut sources = self.sources();
        let version = self.sources_version() + 1;
        let id = status.id.clone();
        let frame = Arc::new(Encoded::new(ServerFrame::Source(Source { seq, source: status })));
        sources.insert(id, SourceSlot { version, told_at: Instant::now(), mode, frame });
        // Under the lock: nobody sees the number before the source.
        self.sources_version.store(version, Ordering::Release);
        drop(sources);
        self.side(mode).version.send_modify(|version| *version += 1);
    }

    /// Closes every session of a revoked key or ended login within a second. `principal` is as in `auth`.
    pub fn revoke(&self, principal: &str) {
        self.revocations.fetch_add(1, Ordering::AcqRel);
        self.roster.revoke(principal);
    }

    /// How often somebody lost a right: what was known of keys before the last time is asked for anew.
    pub fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Acquire)
    }

    /// Everyone who is connected, each once: the principal, and of an operator the login.
    pub fn principals(&self) -> BTreeSet<(String, Option<String>)> {
        self.roster.principals()
    }

    /// A place for one more connection, unless all are taken or too many come at once.
    pub fn enter(&self, principal: &str, login: Option<&str>) -> Result<Seat, NoSeat> {
        if let Err(retry_after_s) = self.joins.join(Instant::now(), rand::random()) {
            return Err(NoSeat::Busy { retry_after_s });
        }
        self.roster.enter(self.limits.sessions_max, principal, login).ok_or(NoSeat::Full)
    }

    /// While some wait for their turn to enter: after how many seconds one should try who was not told its own.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.joins.wait_s(Instant::now(), rand::random())
    }

    /// How many are connected.
    pub fn n_sessions(&self) -> usize {
        self.roster.len()
    }

    /// Rises whenever a session of this mode may have something to take.
    pub fn versions(&self, mode: Mode) -> watch::Receiver<u64> {
        self.side(mode).version.subscribe()
    }

    /// The head of the journal as far as it is published in this mode.
    pub fn head(&self, mode: Mode) -> u64 {
        self.side(mode).published().head
    }

    /// Tells every session that the server goes away.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Resolves when the server goes away.
    pub fn stopped(&self) -> impl Future<Output = ()> + use<> {
        self.stopping.clone().cancelled_owned()
    }
}
