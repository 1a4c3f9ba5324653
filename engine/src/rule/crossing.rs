//! Things that come into a zone, leave it, or stay.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::event::{Event, Said, Thing};
use super::guard::Voice;
use super::limits::LEFT_MS;
use super::told::{Firing, Numbers, Transition, Turn};
use super::when::{Move, Path};
use crate::limits::STALE_MS;

/// What is known of one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    /// The time of its last position.
    newest: Timestamp,
    /// Since when it is in the zone.
    inside_since: Option<Timestamp>,
    standing: Option<Firing>,
}

/// The things that were seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Crossings {
    things: BTreeMap<Thing, Known>,
    /// When those fire that are in the zone and have not stayed for long enough, or end that left it.
    waiting: BTreeMap<Thing, Timestamp>,
}

impl Crossings {
    /// Lets time pass up to and with `to`.
    pub(super) fn advance(
        &mut self,
        path: &Path,
        to: Timestamp,
        voice: &Voice<'_>,
        told: &mut Vec<Transition>,
    ) {
        let due = self.waiting.iter().filter(|(_, due)| **due <= to);
        let mut due: Vec<(Timestamp, Thing)> =
            due.map(|(thing, due)| (*due, thing.clone())).collect();
        due.sort_unstable();
        for (at, thing) in due {
            self.waiting.remove(&thing);
            let Some(known) = self.things.get_mut(&thing) else { continue };
            if let Some(firing) = known.standing.take() {
                told.push(Transition { turn: Turn::Ended, at, firing });
            } else if let (Some(entered_at), Move::Stays(longer_ms)) =
                (known.inside_since, path.moves)
            {
                // It is where it was seen, but not for longer than anything is fresh.
                if at.ms_since(known.newest) <= STALE_MS {
                    let (zone, seen_at) = (path.zone, known.newest);
                    let numbers = Numbers::Stayed { zone, entered_at, longer_ms, seen_at };
                    let reports = reports(&thing);
                    known.standing = Some(voice.begun(Some(thing), at, numbers, reports, told));
                }
            }
        }
    }

    pub(super) fn take(
        &mut self,
        path: &Path,
        event: &Event,
        voice: &Voice<'_>,
        told: &mut Vec<Transition>,
    ) {
        match &event.said {
            Said::Seen { thing, stays } => {
                let stay = stays.iter().find(|stay| stay.zone == path.zone);
                self.seen(path, event, thing, stay.map(|stay| stay.since), voice, told);
            }
            Said::Refuted { report } => {
                let firing = self.things.get_mut(&Thing::Report(*report));
                if let Some(firing) = firing.and_then(|known| known.standing.as_mut())
                    && firing.doubt(*report)
                {
                    let firing = firing.clone();
                    told.push(Transition { turn: Turn::Doubted, at: event.recorded_at, firing });
                }
            }
            Said::Report { .. } | Said::Value { .. } => {}
        }
    }

    fn seen(
        &mut self,
        &Path { zone, moves, .. }: &Path,
        event: &Event,
        thing: &Thing,
        inside_since: Option<Timestamp>,
        voice: &Voice<'_>,
        told: &mut Vec<Transition>,
    ) {
        let (time, at) = (event.time(), event.recorded_at);
        let before = self.things.get(thing);
        if before.is_some_and(|known| time < known.newest)
            || (before.is_none() && inside_since.is_none())
        {
            return;
        }
        let known = self.things.entry(thing.clone()).or_insert(Known {
            newest: time,
            // What was there before the rule was set did not come in.
            inside_since: inside_since.filter(|since| *since < voice.armed_at),
            standing: None,
        });
        known.newest = time;
        let was = std::mem::replace(&mut known.inside_since, inside_since);
        let mut begin = |known: &mut Known, numbers| {
            let reports = reports(thing);
            known.standing = Some(voice.begun(Some(thing.clone()), at, numbers, reports, told));
        };
        match (was, inside_since, moves) {
            (None, Some(entered_at), Move::Enters) => {
                begin(known, Numbers::Entered { zone, entered_at });
            }
            (Some(entered_at), None, Move::Leaves) if known.standing.is_none() => {
                begin(known, Numbers::Left { zone, entered_at, left_at: time });
                self.waiting.insert(thing.clone(), at.plus_ms(LEFT_MS));
            }
            (_, Some(entered_at), Move::Stays(longer_ms)) if known.standing.is_none() => {
                self.waiting.insert(thing.clone(), entered_at.plus_ms(longer_ms).max(at));
            }
            (Some(_), None, Move::Enters | Move::Stays(_)) | (None, Some(_), Move::Leaves) => {
                self.waiting.remove(thing);
                if let Some(firing) = known.standing.take() {
                    told.push(Transition { turn: Turn::Ended, at, firing });
                }
            }
            _ => {}
        }
    }

    /// Forgets what was not seen since `before` and makes nothing fire.
    pub(super) fn forget(&mut self, before: Timestamp) {
        let waiting = &self.waiting;
        self.things.retain(|thing, known| {
            known.newest >= before || known.standing.is_some() || waiting.contains_key(thing)
        });
    }

    pub(super) fn standing(&self) -> impl Iterator<Item = &Firing> {
        self.things.values().filter_map(|known| known.standing.as_ref())
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        let turns = self.waiting.iter().filter(|(thing, due)| {
            let known = self.things.get(*thing);
            known.is_some_and(|known| {
                known.standing.is_some() || due.ms_since(known.newest) <= STALE_MS
            })
        });
        turns.map(|(_, due)| *due).min()
    }

    pub(super) fn end(self) -> impl Iterator<Item = Firing> {
        self.things.into_values().filter_map(|known| known.standing)
    }
}

fn reports(thing: &Thing) -> Vec<wire::id::ReportId> {
    match thing {
        Thing::Report(id) => vec![*id],
        Thing::Stream(_) => Vec::new(),
    }
}
