//! The delivery: when something was published, goes through all open lines and has each send what it lacks.
//!
//! One round through a thousand lines wakes nobody; a task woken for each of them would cost more than what it writes.
//! The lines are shared out among as many rounds as there are cores.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{JoinSet, yield_now};
use tokio_util::sync::CancellationToken;
use wire::view::Mode;

use super::line::Line;
use crate::state::App;

/// Lines served before others have a turn on this thread: under a millisecond.
const LINES_A_TURN: usize = 64;

type Part = Mutex<HashMap<u64, Arc<Line>>>;

/// The open lines.
#[derive(Debug)]
pub struct Lines {
    parts: Vec<Part>,
    next: AtomicU64,
}

impl Default for Lines {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { parts: (0..cores).map(|_| Part::default()).collect(), next: AtomicU64::new(0) }
    }
}

fn open(part: &Part) -> MutexGuard<'_, HashMap<u64, Arc<Line>>> {
    // The map is whole after every call, even one that panicked.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    fn part(&self, number: u64) -> &Part {
        &self.parts[(number % self.parts.len() as u64) as usize]
    }

    /// Serves a line until the entry is dropped.
    pub(super) fn enter(self: &Arc<Self>, line: Arc<Line>) -> Served {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        open(self.part(number)).insert(number, line);
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
        open(self.lines.part(self.number)).remove(&self.number);
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
    loop {
        let changed = tokio::select! {
            changed = live.changed() => changed,
            changed = exercise.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
        let lines: Vec<Arc<Line>> = open(&app.lines.parts[part]).values().cloned().collect();
        for some in lines.chunks(LINES_A_TURN) {
            for line in some {
                line.deliver(&app.worlds);
            }
            yield_now().await;
        }
    }
}
