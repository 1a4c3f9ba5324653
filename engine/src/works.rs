//! Planned works: announced for some or all sensors of a source, in force from their beginning to their end.
//!
//! A sensor with a passport is judged by a passport that holds them too, so that whoever watches knows of no other works than
//! those of a passport. A sensor without one is judged by nobody: of it they are only told.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::limits::{WORKS_HELD_MAX, WORKS_KEPT_MS};
use crate::observation::{PlannedWorks, WorksEntry};
use crate::signal::{Passport, Works};

/// By the number under which they were announced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Planned(BTreeMap<u64, PlannedWorks>);

impl Planned {
    /// Takes an entry; gives those whose works are others from now on.
    pub(crate) fn take(
        &mut self,
        seq: u64,
        entry: &WorksEntry,
        now: Timestamp,
    ) -> Vec<PlannedWorks> {
        let (mut changed, mut kept) = (Vec::new(), BTreeMap::new());
        for (number, works) in std::mem::take(&mut self.0) {
            let is_old = works.works.to.plus_ms(WORKS_KEPT_MS) < now;
            if is_old || *entry == WorksEntry::CalledOff(number) {
                changed.push(works);
            } else {
                kept.insert(number, works);
            }
        }
        if let WorksEntry::Announced(works) = entry {
            changed.push(works.clone());
            kept.insert(seq, works.clone());
        }
        self.0 = kept;
        changed
    }

    /// Whether there is room for more.
    pub(crate) fn has_room(&self, now: Timestamp) -> bool {
        let old = |works: &&PlannedWorks| works.works.to.plus_ms(WORKS_KEPT_MS) < now;
        self.0.len() - self.0.values().filter(old).count() < WORKS_HELD_MAX
    }

    /// All of them, by number.
    pub(crate) fn all(&self) -> &BTreeMap<u64, PlannedWorks> {
        &self.0
    }

    /// Those that go on at a datastream; of several the one that ends last.
    pub(crate) fn at(&self, source: SourceKey, datastream: &str, at: Timestamp) -> Option<&Works> {
        let theirs = self.0.values().filter(|works| works.works.holds(at));
        let theirs = theirs.filter(|works| works.concerns(source, datastream));
        theirs.map(|works| &works.works).max_by_key(|works| works.to)
    }

    /// A passport with the works that are planned beside it.
    pub(crate) fn with(
        &self,
        source: SourceKey,
        datastream: &str,
        passport: &Arc<Passport>,
    ) -> Arc<Passport> {
        let mut both = Cow::Borrowed(&**passport);
        for works in self.0.values().filter(|works| works.concerns(source, datastream)) {
            both.to_mut().works.push(works.works.clone());
        }
        match both {
            Cow::Borrowed(_) => Arc::clone(passport),
            Cow::Owned(both) => Arc::new(both),
        }
    }
}
