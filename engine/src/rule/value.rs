//! Values that are beyond a number for a time, datastream by datastream.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::event::{Event, Said, Stream, Thing};
use super::guard::Voice;
use super::told::{Firing, Numbers, Transition, Turn};
use super::when::{Beyond, Of};
use crate::limits::STALE_MS;

/// What is known of one datastream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    /// The time of its newest value.
    newest: Timestamp,
    value: f64,
    /// The time of the first value beyond the level that has not cleared since.
    beyond_since: Option<Timestamp>,
    standing: Option<Firing>,
}

/// The datastreams that spoke.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Values {
    streams: BTreeMap<Stream, Known>,
    /// When those fire that are beyond the level and have not fired.
    holding: BTreeMap<Stream, Timestamp>,
}

impl Values {
    /// Lets time pass up to and with `to`.
    pub(super) fn advance(
        &mut self,
        beyond: &Beyond,
        to: Timestamp,
        voice: &Voice<'_>,
        told: &mut Vec<Transition>,
    ) {
        let due = self.holding.iter().filter(|(_, due)| **due <= to);
        let mut due: Vec<(Timestamp, Stream)> =
            due.map(|(stream, due)| (*due, stream.clone())).collect();
        due.sort_unstable();
        for (at, stream) in due {
            self.holding.remove(&stream);
            let Some(known) = self.streams.get_mut(&stream) else { continue };
            // A value stands until another is said, but not for longer than anything is fresh.
            if at.ms_since(known.newest) > STALE_MS {
                continue;
            }
            if let Some(beyond_since) = known.beyond_since {
                let Beyond { level, clear, hold_ms, .. } = *beyond;
                let value = known.value;
                let numbers = Numbers::Value { value, level, clear, beyond_since, hold_ms };
                let thing = Some(Thing::Stream(stream));
                known.standing = Some(voice.begun(thing, at, numbers, Vec::new(), told));
            }
        }
    }

    pub(super) fn take(&mut self, beyond: &Beyond, event: &Event, told: &mut Vec<Transition>) {
        let Said::Value { stream, value, .. } = &event.said else { return };
        let (time, value) = (event.time(), *value);
        if !value.is_finite() || self.streams.get(stream).is_some_and(|known| time < known.newest) {
            return;
        }
        let elsewhere = matches!(&beyond.of, Of::Zone { zone, .. } if !event.is_in(Some(*zone)));
        if elsewhere && !self.streams.contains_key(stream) {
            return;
        }
        let known = self.streams.entry(stream.clone()).or_insert(Known {
            newest: time,
            value,
            beyond_since: None,
            standing: None,
        });
        known.newest = time;
        known.value = value;
        self.holding.remove(stream);
        let reaches = beyond.direction.reaches(value, beyond.level);
        if elsewhere || !beyond.direction.passes(value, beyond.clear) {
            known.beyond_since = None;
            if let Some(firing) = known.standing.take() {
                told.push(Transition { turn: Turn::Ended, at: event.recorded_at, firing });
            }
        } else if reaches {
            let since = *known.beyond_since.get_or_insert(time);
            if known.standing.is_none() {
                let due = since.plus_ms(beyond.hold_ms).max(event.recorded_at);
                self.holding.insert(stream.clone(), due);
            }
        }
    }

    /// Forgets what said nothing since `before` and makes nothing fire. What is older than anything fresh could only be told
    /// from what is late, and that is passed over anyway.
    pub(super) fn forget(&mut self, before: Timestamp) {
        let holding = &self.holding;
        self.streams.retain(|stream, known| {
            known.newest >= before || known.standing.is_some() || holding.contains_key(stream)
        });
    }

    pub(super) fn standing(&self) -> impl Iterator<Item = &Firing> {
        self.streams.values().filter_map(|known| known.standing.as_ref())
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        let fires = self.holding.iter().filter(|(stream, due)| {
            self.streams.get(*stream).is_some_and(|known| due.ms_since(known.newest) <= STALE_MS)
        });
        fires.map(|(_, due)| *due).min()
    }

    pub(super) fn end(self) -> impl Iterator<Item = Firing> {
        self.streams.into_values().filter_map(|known| known.standing)
    }
}
