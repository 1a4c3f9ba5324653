//! The server's side: a hub and its Worlds over a journal that outlives them. It is killed and started again, and
//! restored from a backup as another epoch.

use std::sync::Arc;

use engine::change::Change;
use engine::entry::{Body, Entry};
use engine::view::Clearance;
use engine::world::World;
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::NOON;
use super::Fault;
use crate::hub::{Hub, LiveLimits, Resume, Session};
use crate::pipeline::Worlds;

/// A start replays the last minute, as `journal::replay` does.
const TAIL_MS: i64 = 60_000;

/// The moment of a flush: the number it includes, and the clock of the World.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) head: u64,
    pub(super) now: Timestamp,
}

/// See the module.
pub(super) struct Room {
    pub(super) hub: Arc<Hub>,
    pub(super) worlds: Worlds,
    pub(super) now: Timestamp,
    /// The journal of each era, the last one in use; a restore begins an era.
    pub(super) journals: Vec<Vec<Entry>>,
    /// What the last flush published.
    pub(super) flushed: Moment,
    /// From here on the memory of this start reaches.
    pub(super) remembers_from: u64,
    limits: LiveLimits,
    fault: Fault,
    n_published: u64,
}

impl Room {
    pub(super) fn new(limits: LiveLimits, fault: Fault) -> Self {
        let mut room = Self {
            hub: Arc::new(Hub::new(limits)),
            worlds: Worlds::new(World::new(Mode::Live), World::new(Mode::Exercise)),
            now: NOON,
            journals: vec![Vec::new()],
            flushed: Moment { head: 0, now: Timestamp(0) },
            remembers_from: 0,
            limits,
            fault,
            n_published: 0,
        };
        room.start(0);
        room
    }

    pub(super) fn era(&self) -> usize {
        self.journals.len() - 1
    }

    /// The identity of the journal in use.
    pub(super) fn epoch(&self) -> String {
        let era = if self.fault == Fault::RestoreKeepsEpoch { 0 } else { self.era() };
        format!("epoch-{era}")
    }

    pub(super) fn journal(&self) -> &[Entry] {
        &self.journals[self.era()]
    }

    pub(super) fn head(&self) -> u64 {
        self.journal().last().map_or(0, |entry| entry.seq)
    }

    /// How much the hub remembers.
    pub(super) fn records_max(&self) -> usize {
        self.limits.records_max
    }

    /// Appends, applies and publishes.
    pub(super) fn enter(&mut self, mode: Mode, body: Body) {
        let entry = Entry { seq: self.head() + 1, recorded_at: self.now, mode, body };
        let era = self.era();
        self.journals[era].push(entry.clone());
        for each in Mode::ALL {
            let mut changes = Vec::new();
            self.worlds.write(each).apply(&entry, &mut changes);
            self.publish(each, entry.seq, changes);
        }
    }

    fn publish(&mut self, mode: Mode, head: u64, mut changes: Vec<Change>) {
        self.n_published += 1;
        if self.fault == Fault::HubLosesChange && self.n_published.is_multiple_of(7) {
            changes.pop();
        }
        self.hub.publish(mode, head, &changes);
    }

    /// Time passes.
    pub(super) fn pass(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.tick();
    }

    fn tick(&mut self) {
        for mode in Mode::ALL {
            let mut changes = Vec::new();
            self.worlds.write(mode).tick(self.now, &mut changes);
            let head = self.head();
            self.publish(mode, head, changes);
        }
    }

    pub(super) fn flush(&mut self) {
        for mode in Mode::ALL {
            self.hub.flush(mode, &self.worlds);
        }
        self.note_flush();
    }

    fn note_flush(&mut self) {
        let world = self.worlds.read(Mode::Live);
        self.flushed = Moment { head: world.head(), now: world.now() };
    }

    /// Starts a new process on the journal: up to `checkpoint` from a saved World, the rest by replay.
    pub(super) fn start(&mut self, checkpoint: u64) {
        self.hub = Arc::new(Hub::new(self.limits));
        self.worlds = Worlds::new(World::new(Mode::Live), World::new(Mode::Exercise));
        self.remembers_from = checkpoint;
        let entries = self.journal().to_vec();
        let (saved, tail) = entries.split_at(checkpoint as usize);
        for mode in Mode::ALL {
            let (mut unheard, mut changes) = (Vec::new(), Vec::new());
            for entry in saved {
                self.worlds.write(mode).apply(entry, &mut unheard);
            }
            self.hub.start_at(mode, checkpoint);
            for entry in tail {
                self.worlds.write(mode).apply(entry, &mut changes);
            }
            let head = self.head();
            self.hub.publish(mode, head, &changes);
        }
        self.tick();
        self.hub.open(&self.worlds);
        self.note_flush();
    }

    /// The newest entry that a checkpoint may hold: one that leaves a minute to the replay.
    pub(super) fn newest_checkpoint(&self) -> u64 {
        let before = self.now.plus_ms(-TAIL_MS);
        self.journal().iter().take_while(|entry| entry.recorded_at <= before).count() as u64
    }

    /// Puts a backup of the first `n` entries in place and starts on it.
    pub(super) fn restore(&mut self, n: u64) {
        let kept = self.journal()[..n as usize].to_vec();
        self.journals.push(kept);
        self.start(0);
    }

    /// A session as `/live` opens it for a client with this cursor; its view is still to come.
    pub(super) fn session(&self, resume: Option<(String, u64)>, compact: bool) -> Session {
        let resume = resume.map(|(epoch, seq)| match self.fault {
            // A server that goes on from where it can and does not say so.
            Fault::ServerClampsCursor => Resume { epoch: self.epoch(), seq: self.head() },
            _ => Resume { epoch, seq },
        });
        let (hub, modes) = (Arc::clone(&self.hub), Mode::ALL.to_vec());
        let session = Session::new(hub, self.epoch().into(), Clearance::Desk, modes, resume);
        session.compact(compact)
    }
}
