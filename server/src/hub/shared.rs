//! Frames of reports, sensors and matters of the room made once and shared: by clearance where words are in them.
//!
//! Bounded by two generations: when the young one is full it becomes the old one, and what was not asked for since is
//! gone. A frame made from an older World than the flush that changed it is never kept.

use std::collections::HashMap;
use std::sync::Arc;

use engine::change::Matter;
use engine::view::Clearance;
use wire::id::ReportId;

use super::encoded::Encoded;
use super::limits::SHARED_FRAMES_MAX;
use super::ring::{Ring, What};

/// What a shared frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Report(ReportId, Clearance),
    Sensor(u32),
    Matter(Matter, Clearance),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shared {
    young: HashMap<Subject, Arc<Encoded>>,
    old: HashMap<Subject, Arc<Encoded>>,
    /// Rises with each flush that changed something.
    round: u64,
}

impl Shared {
    pub(super) fn round(&self) -> u64 {
        self.round
    }

    pub(super) fn find(&mut self, subject: Subject) -> Option<Arc<Encoded>> {
        if let Some(frame) = self.young.get(&subject) {
            return Some(Arc::clone(frame));
        }
        let frame = self.old.remove(&subject)?;
        self.insert(subject, &frame);
        Some(frame)
    }

    /// Keeps a frame whose content was read in `round`; one read before a flush that may have changed it is not kept.
    pub(super) fn keep(&mut self, round: u64, subject: Subject, frame: &Arc<Encoded>) {
        if round == self.round {
            self.insert(subject, frame);
        }
    }

    fn insert(&mut self, subject: Subject, frame: &Arc<Encoded>) {
        if self.young.len() >= SHARED_FRAMES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(subject, Arc::clone(frame));
    }

    pub(super) fn forget_changed(&mut self, ring: &Ring) {
        if ring.len() == 0 && !ring.has_gap() {
            return;
        }
        self.round += 1;
        if ring.has_gap() {
            self.young.clear();
            self.old.clear();
            return;
        }
        for record in ring.iter() {
            match record.what {
                What::Report { id, .. } => {
                    for clearance in Clearance::ALL {
                        self.forget(Subject::Report(id, clearance));
                    }
                }
                What::Sensor(index) => self.forget(Subject::Sensor(index)),
                What::Matter(matter) => {
                    for clearance in Clearance::ALL {
                        self.forget(Subject::Matter(matter, clearance));
                    }
                }
            }
        }
    }

    fn forget(&mut self, subject: Subject) {
        self.young.remove(&subject);
        self.old.remove(&subject);
    }
}
