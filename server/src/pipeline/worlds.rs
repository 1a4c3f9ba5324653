//! The two Worlds, one a mode: written by the pipeline, read by everyone.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use engine::world::World;
use wire::view::Mode;

/// The two Worlds. The pipeline writes; everyone else reads briefly and never across an await.
#[derive(Debug)]
pub struct Worlds {
    live: RwLock<World>,
    exercise: RwLock<World>,
}

impl Worlds {
    /// Around two Worlds rebuilt from the journal.
    pub fn new(live: World, exercise: World) -> Self {
        Self { live: RwLock::new(live), exercise: RwLock::new(exercise) }
    }

    fn of(&self, mode: Mode) -> &RwLock<World> {
        match mode {
            Mode::Live => &self.live,
            Mode::Exercise => &self.exercise,
        }
    }

    /// To read. A poisoned lock means the pipeline died mid-apply, and the process is stopping anyway.
    pub fn read(&self, mode: Mode) -> RwLockReadGuard<'_, World> {
        self.of(mode).read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To write: the pipeline only.
    pub(crate) fn write(&self, mode: Mode) -> RwLockWriteGuard<'_, World> {
        self.of(mode).write().unwrap_or_else(PoisonError::into_inner)
    }
}
