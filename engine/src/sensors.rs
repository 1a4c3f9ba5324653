//! Datastreams: each with its newest value and the usual time between values.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use wire::geo::{Bbox, LngLat, Mercator};
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::limits::{DATASTREAMS_MAX, INTERVALS};
use crate::observation::{ObservationEntry, ObservationResult};

/// One datastream as the World holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Datastream {
    pub(crate) source: SourceKey,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) place: Option<LngLat>,
    pub(crate) result: ObservationResult,
    pub(crate) phenomenon_time: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) seq: u64,
    /// The last few times between values, oldest first.
    intervals: VecDeque<u64>,
}

impl Datastream {
    /// The median of the last intervals, once there are three: two may be an accident of starting up.
    pub(crate) fn cadence_ms(&self) -> Option<u64> {
        if self.intervals.len() < 3 {
            return None;
        }
        let mut sorted: Vec<u64> = self.intervals.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() - 1) / 2).copied()
    }
}

/// What an observation did.
pub(crate) struct Observed {
    /// The datastream's number.
    pub(crate) index: u32,
    /// Where it stood before, when it moved.
    pub(crate) moved_from: Option<Mercator>,
    /// Where it stands.
    pub(crate) at: Option<Mercator>,
}

/// Every datastream, numbered in the order in which they first spoke.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sensors {
    streams: Vec<Datastream>,
    by_name: BTreeMap<(SourceKey, String), u32>,
    newest: Option<Timestamp>,
}

impl Sensors {
    /// From the streams of a checkpoint; `None` when two have one name.
    pub(crate) fn restore(streams: Vec<Datastream>) -> Option<Self> {
        let mut by_name = BTreeMap::new();
        for (index, stream) in (0u32..).zip(&streams) {
            let name = (stream.source, stream.id.clone());
            if by_name.insert(name, index).is_some() {
                return None;
            }
        }
        let newest = streams.iter().map(|stream| stream.phenomenon_time).max();
        Some(Self { streams, by_name, newest })
    }

    pub(crate) fn streams(&self) -> &[Datastream] {
        &self.streams
    }

    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Whether an observation of this datastream has a place here: it is known, or there is room.
    pub(crate) fn has_room(&self, source: SourceKey, datastream: &str) -> bool {
        self.streams.len() < DATASTREAMS_MAX
            || self.by_name.contains_key(&(source, datastream.to_owned()))
    }

    /// Takes one observation; `None` when it changes nothing: it is not newer, or there is no room for its datastream.
    pub(crate) fn observe(
        &mut self,
        seq: u64,
        recorded_at: Timestamp,
        observation: &ObservationEntry,
    ) -> Option<Observed> {
        let name = (observation.source, observation.datastream.clone());
        let Some(index) = self.by_name.get(&name).copied() else {
            return self.first(name, seq, recorded_at, observation);
        };
        let stream = self.streams.get_mut(index as usize)?;
        if observation.phenomenon_time < stream.phenomenon_time {
            return None;
        }
        let interval = observation.phenomenon_time.ms_since(stream.phenomenon_time);
        if interval > 0 {
            if stream.intervals.len() == INTERVALS {
                stream.intervals.pop_front();
            }
            stream.intervals.push_back(interval.unsigned_abs());
        }
        let before = stream.place;
        stream.result = observation.result.clone();
        stream.phenomenon_time = observation.phenomenon_time;
        stream.recorded_at = recorded_at;
        stream.seq = seq;
        // What a later message leaves out stays as it was.
        if let Some(name) = &observation.name {
            stream.name = Some(name.clone());
        }
        if let Some(unit) = &observation.unit {
            stream.unit = Some(unit.clone());
        }
        stream.place = observation.place.or(stream.place);
        self.newest = self.newest.max(Some(observation.phenomenon_time));
        let at = stream.place.map(LngLat::mercator);
        let moved_from = before.map(LngLat::mercator).filter(|before| Some(*before) != at);
        Some(Observed { index, moved_from, at })
    }

    fn first(
        &mut self,
        name: (SourceKey, String),
        seq: u64,
        recorded_at: Timestamp,
        observation: &ObservationEntry,
    ) -> Option<Observed> {
        if self.streams.len() >= DATASTREAMS_MAX {
            return None;
        }
        let index = self.streams.len() as u32;
        self.streams.push(Datastream {
            source: observation.source,
            id: observation.datastream.clone(),
            name: observation.name.clone(),
            unit: observation.unit.clone(),
            place: observation.place,
            result: observation.result.clone(),
            phenomenon_time: observation.phenomenon_time,
            recorded_at,
            seq,
            intervals: VecDeque::new(),
        });
        self.by_name.insert(name, index);
        self.newest = self.newest.max(Some(observation.phenomenon_time));
        Some(Observed { index, moved_from: None, at: observation.place.map(LngLat::mercator) })
    }

    pub(crate) fn in_box(&self, bbox: &Bbox) -> Vec<u32> {
        (0u32..)
            .zip(&self.streams)
            .filter(|(_, stream)| stream.place.is_some_and(|place| bbox.contains(place)))
            .map(|(index, _)| index)
            .collect()
    }
}
