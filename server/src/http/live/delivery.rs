//! The delivery: when something was published, goes through all open lines and has each send what it lacks; and in between
//! has those that are due say their heartbeat.
//!
//! One round through a thousand lines wakes nobody; a task woken for each of them would cost more than what it writes.
//! The lines are shared out among as many rounds as there are cores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::view::Mode;

use super::beats::Beats;
use super::line::Line;
use crate::state::App;

/// Lines served before others have a turn on this thread: under a millisecond.
const LINES_A_TURN: usize = 64;

#[derive(Debug, Default)]
struct Part {
    /// In the order of coming: lines, their sockets and what the kernel keeps of them lie about in that order in memory, and
    /// a round waits for memory most.
    open: BTreeMap<u64, Arc<Line>>,
    /// The same for a round to go through. Made anew only when one came or went: to take hold of a thousand lines costs a
    /// good part of what it costs to write to them.
    round: Option<Arc<[Arc<Line>]>>,
}

impl Part {
    fn round(&mut self) -> Arc<[Arc<Line>]> {
        Arc::clone(self.round.get_or_insert_with(|| self.open.values().cloned().collect()))
    }
}

/// The open lines.
#[derive(Debug)]
pub struct Lines {
    parts: Vec<Mutex<Part>>,
    next: AtomicU64,
}

impl Default for Lines {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { parts: (0..cores).map(|_| Mutex::default()).collect(), next: AtomicU64::new(0) }
    }
}

fn hold(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    // It is whole after every call, even one that panicked.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    fn part(&self, number: u64) -> &Mutex<Part> {
        &self.parts[(number % self.parts.len() as u64) as usize]
    }

    /// Serves a line until the entry is dropped.
    pub(super) fn enter(self: &Arc<Self>, line: Arc<Line>) -> Served {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut part = hold(self.part(number));
        part.open.insert(number, line);
        part.round = None;
        drop(part);
        Served { lines: Arc::clone(self), number }
    }
}

/// A line in the delivery.
#[derive(Debug)]
pub(super) struct Served {
    lines: Arc<Lines>,
    number: u64,
}

impl Drop for Served {
    fn drop(&mut self) {
        let mut part = hold(self.lines.part(self.number));
        part.open.remove(&self.number);
        // What is remembered for rounds would keep its socket open.
        part.round = None;
    }
}

/// Delivers until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let mut rounds = JoinSet::new();
    for part in 0..app.lines.parts.len() {
        rounds.spawn(stop.clone().run_until_cancelled_owned(round(app.clone(), part)));
    }
    while rounds.join_next().await.is_some() {}
}

async fn round(app: App, part: usize) {
    let (mut live, mut exercise) = (app.hub.versions(Mode::Live), app.hub.versions(Mode::Exercise));
    let mut beats = Beats::new(app.hub.limits().heartbeat, Instant::now(), app.clock.now());
    let mut look = interval(beats.look_every());
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let published = tokio::select! {
            changed = live.changed() => changed.map(|()| true),
            changed = exercise.changed() => changed.map(|()| true),
            _ = look.tick() => Ok(false),
        };
        let Ok(published) = published else { return };
        beats.turn(Instant::now(), app.clock.now());
        let lines = hold(&app.lines.parts[part]).round();
        for some in lines.chunks(LINES_A_TURN) {
            for line in some {
                if published {
                    line.deliver(&app.worlds, &mut beats);
                } else {
                    line.beat(&mut beats);
                }
            }
            yield_now().await;
        }
    }
}
