//! The hub told through its own face: a World, random changes, sessions that come and go, and a model that must end equal
//! to a fresh snapshot.

mod canary;
mod client;
mod proof;
mod resume;
mod topics;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::change::Change;
use engine::entry::{Body, Entry, SourceKey};
use engine::report::{ReportEntry, Words};
use engine::view::Clearance;
use engine::world::World;
use wire::geo::{Bbox, LngLat};
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::{Mode, View, Window};

use super::{Hub, LiveLimits, Resume, Session};
use crate::pipeline::Worlds;

/// Noon of some day.
const NOON: Timestamp = Timestamp(1_790_000_000_000);

/// The journal of these tests.
const EPOCH: &str = "epoch-of-tests";

/// A hub around a live and an exercise World, and the one who writes them.
struct Rig {
    hub: Arc<Hub>,
    worlds: Worlds,
    seq: AtomicU64,
    now: AtomicU64,
    /// Negative control: what time causes is kept from the hub.
    forgets_time: bool,
}

impl Rig {
    fn new() -> Self {
        Self::with(LiveLimits::default())
    }

    fn with(limits: LiveLimits) -> Self {
        let hub = Arc::new(Hub::new(limits));
        for mode in Mode::ALL {
            hub.start_at(mode, 0);
        }
        let worlds = Worlds::new(World::new(Mode::Live), World::new(Mode::Exercise));
        Self {
            hub,
            worlds,
            seq: AtomicU64::new(0),
            now: AtomicU64::new(NOON.0 as u64),
            forgets_time: false,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst) as i64)
    }

    /// Appends, applies and publishes, as the pipeline does.
    fn enter(&self, mode: Mode, body: Body) -> u64 {
        let seq = self.seq.fetch_add(1, Ordering::SeqCst) + 1;
        let entry = Entry { seq, recorded_at: self.now(), mode, body };
        for each in Mode::ALL {
            let mut changes = Vec::new();
            let mut world = self.worlds.write(each);
            world.apply(&entry, &mut changes);
            self.publish(each, world.head(), changes);
        }
        seq
    }

    fn publish(&self, mode: Mode, head: u64, mut changes: Vec<Change>) {
        if self.forgets_time {
            changes.retain(|change| !matches!(change, Change::Report { by_time: true, .. }));
        }
        self.hub.publish(mode, head, &changes);
    }

    fn report(&self, id: u128, at: (f64, f64), hazard: Hazard, age_ms: i64) -> u64 {
        self.enter(Mode::Live, Body::Report(Box::new(report(id, at, hazard, self.now(), age_ms))))
    }

    fn pass(&self, ms: u64) {
        let now = Timestamp((self.now.fetch_add(ms, Ordering::SeqCst) + ms) as i64);
        for mode in Mode::ALL {
            let mut changes = Vec::new();
            let mut world = self.worlds.write(mode);
            world.tick(now, &mut changes);
            self.publish(mode, world.head(), changes);
        }
    }

    fn flush(&self) {
        for mode in Mode::ALL {
            self.hub.flush(mode, &self.worlds);
        }
    }

    fn session(&self, resume: Option<(&str, u64)>) -> Session {
        let resume = resume.map(|(epoch, seq)| Resume { epoch: epoch.to_owned(), seq });
        let modes = Mode::ALL.to_vec();
        Session::new(Arc::clone(&self.hub), EPOCH.into(), Clearance::Desk, modes, resume)
    }
}

fn report(id: u128, at: (f64, f64), hazard: Hazard, now: Timestamp, age_ms: i64) -> ReportEntry {
    ReportEntry {
        id: ReportId(id),
        source: SourceKey(1),
        content: u128::from(now.0 as u64) << 64 | id,
        observed_at: now.plus_ms(-age_ms),
        updated_at: now,
        kind: Kind::Post,
        basis: Basis::Unknown,
        status: None,
        hazard,
        severity: Severity::Minor,
        radius_m: 0,
        clock_ahead: false,
        late: false,
        erased: false,
        place: LngLat::new(at.0, at.1).ok(),
        private: Words { text: Some(format!("report {id}")), ..Words::default() }.into(),
    }
}

fn view(zoom: f64, window: Window) -> View {
    View {
        bbox: Bbox::new(2.05, 41.32, 2.23, 41.47).expect("a box"),
        zoom,
        mode: Mode::Live,
        window,
        hazards: None,
        newest: 0,
    }
}
