//! Offsets: how far a source's times lie from the moment of receipt, by its last fresh values.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::limits::{OFFSETS, STALE_MS};
use crate::observation::ObservationEntry;

/// Of each source the last few, oldest first, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Offsets(BTreeMap<SourceKey, VecDeque<i64>>);

impl Offsets {
    /// A value that is the newest of its datastream. What is filled in afterwards says nothing about a clock.
    pub(crate) fn note(&mut self, observation: &ObservationEntry, recorded_at: Timestamp) {
        let said = observation
            .stated_time
            .or(observation.phenomenon_end)
            .unwrap_or(observation.phenomenon_time);
        let offset_ms = recorded_at.ms_since(said);
        if offset_ms > STALE_MS {
            return;
        }
        let ring = self.0.entry(observation.source).or_default();
        if ring.len() == OFFSETS {
            ring.pop_front();
        }
        ring.push_back(offset_ms);
    }

    /// The median: below zero the source's clock is ahead.
    pub(crate) fn median_ms(&self, source: SourceKey) -> Option<i64> {
        let mut sorted: Vec<i64> = self.0.get(&source)?.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }
}
