//! What became of the last that each device sent, whether it was taken or not.
//!
//! Two generations are held: when the younger is full it becomes the older, and the older goes. So what is forgotten is what was
//! not heard of for longest, and neither number nor bytes grow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::entry::{Body, SourceKey};
use engine::observation::Quality;
use wire::desk::TickName;
use wire::time::Timestamp;

use super::door::{Door, KeyTrouble};
use super::limits::{BYTES_MAX, DETAIL_BYTES_MAX, DEVICES_MAX, REFUSED_MAX};
use super::sent::{Items, cut};
use crate::clock::Clock;
use crate::pipeline::{IntakeError, Outcome, Submission};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It is on its way to disk.
    UnderWay,
    /// It stands under this number.
    Taken(u64),
    /// It stood already.
    Known(Option<u64>),
    /// It was refused.
    Refused {
        /// At which step.
        tick: TickName,
        /// A stable word.
        reason: String,
        /// What is wrong, and the remedy.
        detail: String,
        /// The field that is wrong.
        pointer: String,
        /// What came.
        payload: Option<String>,
    },
}

/// The last that a device sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it came.
    pub at: Timestamp,
    /// In which dialect.
    pub dialect: &'static str,
    /// Bytes of the request it came with.
    pub n_bytes: u64,
    /// How it ended.
    pub ending: Ending,
    /// When the value was true, as the sender says.
    pub stated_at: Option<Timestamp>,
    /// Whether the sender itself calls it bad.
    pub is_bad: bool,
}

impl Attempt {
    fn n_bytes_held(&self) -> usize {
        match &self.ending {
            Ending::Refused { reason, detail, pointer, payload, .. } => {
                let payload = payload.as_ref().map_or(0, String::len);
                reason.len() + detail.len() + pointer.len() + payload
            }
            _ => 0,
        }
    }
}

/// The dialect of what the server sends down the road again by itself.
pub(crate) const AGAIN: &str = "again";

/// A request of a source that was turned away as a whole, read or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedAway {
    /// When.
    pub at: Timestamp,
    /// In which dialect.
    pub dialect: &'static str,
    /// At which step.
    pub tick: TickName,
    /// A stable word.
    pub reason: String,
    /// What is wrong, and the remedy.
    pub detail: String,
    /// What came.
    pub payload: Option<String>,
}

type Names = HashMap<Arc<str>, Attempt>;

/// One generation.
#[derive(Debug, Default)]
struct Generation {
    by_source: HashMap<SourceKey, Names>,
    n: usize,
    n_bytes: usize,
    since: Timestamp,
}

#[derive(Debug)]
struct Held {
    young: Generation,
    old: Generation,
    bodies: HashMap<SourceKey, TurnedAway>,
    dialects: HashMap<SourceKey, &'static str>,
    door: Door,
}

/// See the module.
#[derive(Debug)]
pub struct Attempts {
    clock: Clock,
    held: Mutex<Held>,
}

/// An observation whose end is waited for.
#[derive(Debug)]
struct Awaited {
    body: usize,
    device: Arc<str>,
}

/// A submission whose end is waited for.
#[derive(Debug)]
pub struct Noted {
    source: SourceKey,
    awaited: Vec<Awaited>,
}

impl Attempts {
    /// Nothing is remembered yet.
    pub fn new(clock: Clock) -> Self {
        let now = clock.now();
        let fresh = || Generation { since: now, ..Generation::default() };
        let held = Held {
            young: fresh(),
            old: fresh(),
            bodies: HashMap::new(),
            dialects: HashMap::new(),
            door: Door::default(),
        };
        Self { clock, held: Mutex::new(held) }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when everything is remembered.
    pub fn since(&self) -> Timestamp {
        self.held().old.since
    }

    /// The last that a device sent.
    pub fn last(&self, source: SourceKey, device: &str) -> Option<Attempt> {
        let held = self.held();
        let of = |generation: &Generation| generation.by_source.get(&source)?.get(device).cloned();
        of(&held.young).or_else(|| of(&held.old))
    }

    /// Sources of which a device of this name sent something.
    pub fn sources_of(&self, device: &str) -> Vec<SourceKey> {
        let held = self.held();
        let both = held.young.by_source.iter().chain(&held.old.by_source);
        let mut sources: Vec<SourceKey> =
            both.filter(|(_, names)| names.contains_key(device)).map(|(key, _)| *key).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// Names of devices of a source that were heard of.
    pub fn names(&self, source: SourceKey) -> Vec<Arc<str>> {
        let held = self.held();
        let of = |generation: &Generation| {
            let names = generation.by_source.get(&source);
            names.map(|names| names.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
        };
        let mut names = of(&held.young);
        names.extend(of(&held.old));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The last request of a source that was turned away as a whole.
    pub fn turned_away(&self, source: SourceKey) -> Option<TurnedAway> {
        self.held().bodies.get(&source).cloned()
    }

    /// What a source spoke last.
    pub fn dialect(&self, source: SourceKey) -> Option<&'static str> {
        self.held().dialects.get(&source).copied()
    }

    /// The door, to be asked.
    pub fn door<T>(&self, ask: impl FnOnce(&Door) -> T) -> T {
        ask(&self.held().door)
    }

    /// A request was turned away because of its key. Nobody read what was in it.
    pub fn at_door(&self, source: Option<SourceKey>, trouble: &KeyTrouble) {
        let now = self.clock.now();
        self.held().door.note(source, trouble, now);
    }

    /// A request of a source was turned away as a whole. Where it names devices, each of them is told.
    pub fn body(&self, source: SourceKey, dialect: &'static str, refusal: BodyRefusal<'_>) {
        let BodyRefusal { tick, reason, detail, items } = refusal;
        let at = self.clock.now();
        let turned = TurnedAway {
            at,
            dialect,
            tick,
            reason: cut(reason, DETAIL_BYTES_MAX),
            detail: cut(detail, DETAIL_BYTES_MAX),
            payload: items.beginning(),
        };
        let mut held = self.held();
        held.door.count(Some(source), &turned.reason, &turned.detail, at);
        held.dialects.insert(source, dialect);
        held.bodies.insert(source, turned);
    }

    /// One item of a device was refused outside a submission.
    pub fn refused(&self, source: SourceKey, device: &str, attempt: Attempt) {
        let mut held = self.held();
        held.put(source, device, attempt, self.clock.now());
    }

    /// Remembers what was refused already, and that the rest is under way.
    pub(crate) fn note(&self, submission: &Submission) -> Option<Noted> {
        let Submission { source, bodies, sent, .. } = submission;
        if sent.dialect.is_empty() {
            return None;
        }
        let (at, dialect, n_bytes) = (self.clock.now(), sent.dialect, sent.n_bytes);
        // What takes time is done before anybody waits for the lock.
        let refused: Vec<(&str, Attempt)> = sent
            .refused
            .iter()
            .take(REFUSED_MAX)
            .filter_map(|item| {
                let ending = Ending::Refused {
                    tick: tick_of(&item.reason, &item.pointer),
                    reason: item.reason.clone(),
                    detail: cut(&item.detail, DETAIL_BYTES_MAX),
                    pointer: item.pointer.clone(),
                    payload: item.payload.clone(),
                };
                let device = item.device.as_deref()?;
                let attempt =
                    Attempt { at, dialect, n_bytes, ending, stated_at: None, is_bad: false };
                Some((device, attempt))
            })
            .collect();
        let nameless = sent.refused.iter().find(|item| item.device.is_none());
        let nameless = nameless.map(|item| TurnedAway {
            at,
            dialect,
            tick: tick_of(&item.reason, &item.pointer),
            reason: item.reason.clone(),
            detail: cut(&item.detail, DETAIL_BYTES_MAX),
            payload: item.payload.clone(),
        });
        let mut awaited: Vec<Awaited> = Vec::new();
        let mut held = self.held();
        // What comes again was spoken once already: it is no dialect of its partner's.
        if dialect != AGAIN {
            held.dialects.insert(*source, dialect);
        }
        if let Some(nameless) = nameless {
            held.bodies.insert(*source, nameless);
        }
        for (body, one) in bodies.iter().enumerate() {
            let Body::Observation(one) = one else { continue };
            let attempt = Attempt {
                at,
                dialect,
                n_bytes,
                ending: Ending::UnderWay,
                stated_at: one.stated_time.or(one.phenomenon_end).or(Some(one.phenomenon_time)),
                is_bad: one.quality == Quality::Bad,
            };
            let device = held.put(*source, &one.datastream, attempt, at);
            awaited.push(Awaited { body, device });
        }
        for (device, attempt) in refused {
            held.put(*source, device, attempt, at);
        }
        drop(held);
        Some(Noted { source: *source, awaited })
    }

    /// Remembers how it ended.
    pub(crate) fn settle(&self, noted: Option<Noted>, outcome: &Result<Outcome, IntakeError>) {
        let Some(Noted { source, awaited }) = noted else { return };
        let mut refusals: HashMap<usize, Ending> = HashMap::new();
        if let Ok(outcome) = outcome {
            for one in &outcome.refused {
                let ending = Ending::Refused {
                    tick: tick_of(one.reason, ""),
                    reason: one.reason.to_owned(),
                    detail: cut(&one.detail, DETAIL_BYTES_MAX),
                    pointer: String::new(),
                    payload: one.shown.clone(),
                };
                refusals.insert(one.index, ending);
            }
        }
        let first = outcome.as_ref().ok().and_then(|outcome| outcome.first);
        let now = self.clock.now();
        let mut held = self.held();
        let mut taken = std::collections::HashSet::new();
        for Awaited { body, device } in awaited {
            let ending = match outcome {
                Err(error) => Ending::Refused {
                    tick: TickName::Disk,
                    reason: word_of(error).to_owned(),
                    detail: error.to_string(),
                    pointer: String::new(),
                    payload: None,
                },
                Ok(outcome) => match refusals.remove(&body) {
                    Some(refusal) => refusal,
                    // A number that was given before this batch, or to an earlier item of it.
                    None => match outcome.numbers.get(body).copied().flatten() {
                        Some(seq)
                            if first.is_some_and(|first| seq >= first) && taken.insert(seq) =>
                        {
                            Ending::Taken(seq)
                        }
                        other => Ending::Known(other),
                    },
                },
            };
            held.end(source, &device, ending, now);
        }
    }
}

/// Why a whole request was turned away.
#[derive(Debug, Clone, Copy)]
pub struct BodyRefusal<'a> {
    /// At which step.
    pub tick: TickName,
    /// A stable word.
    pub reason: &'a str,
    /// What is wrong, and the remedy.
    pub detail: &'a str,
    /// What came.
    pub items: &'a Items,
}

impl Held {
    fn put(
        &mut self,
        source: SourceKey,
        device: &str,
        attempt: Attempt,
        now: Timestamp,
    ) -> Arc<str> {
        if self.young.n >= DEVICES_MAX || self.young.n_bytes >= BYTES_MAX {
            let fresh = Generation { since: now, ..Generation::default() };
            self.old = std::mem::replace(&mut self.young, fresh);
        }
        let young = &mut self.young;
        let names = young.by_source.entry(source).or_default();
        let n_bytes = attempt.n_bytes_held();
        let kept = names.get_key_value(device).map(|(name, _)| Arc::clone(name));
        let name = kept.unwrap_or_else(|| {
            young.n += 1;
            young.n_bytes += device.len();
            Arc::from(device)
        });
        if let Some(before) = names.insert(Arc::clone(&name), attempt) {
            young.n_bytes = young.n_bytes.saturating_sub(before.n_bytes_held());
        }
        young.n_bytes += n_bytes;
        name
    }

    /// How it ended; what was noted since by another request stays.
    fn end(&mut self, source: SourceKey, device: &str, ending: Ending, now: Timestamp) {
        // Of several items of one batch the last counts, a refusal before it included.
        if let Some(names) = self.young.by_source.get_mut(&source)
            && let Some(attempt) = names.get_mut(device)
        {
            let before = attempt.n_bytes_held();
            attempt.ending = ending;
            let n_bytes = self.young.n_bytes + attempt.n_bytes_held();
            self.young.n_bytes = n_bytes.saturating_sub(before);
            return;
        }
        let old = self.old.by_source.get(&source).and_then(|names| names.get(device)).cloned();
        if let Some(before) = old {
            self.put(source, device, Attempt { ending, ..before }, now);
        }
    }
}

/// The step at which an item is refused, by the word for it and the field that is wrong.
fn tick_of(reason: &str, pointer: &str) -> TickName {
    match reason {
        "unit_mismatch" => TickName::Unit,
        "too_many_datastreams"
        | "unknown_topic"
        | "unknown_datastream"
        | "unknown_feature"
        | "not-found" => TickName::Device,
        "outside_area"
        | "outside_key_area"
        | "longitude_out_of_range"
        | "latitude_out_of_range"
        | "bad_geometry"
        | "unknown_geometry" => TickName::Place,
        "wrong_mode" | "wrong-mode" => TickName::Key,
        _ if pointer.starts_with("/geometry") => TickName::Place,
        _ if pointer.starts_with("/unit") => TickName::Unit,
        _ if pointer.starts_with("/lng") || pointer.starts_with("/lat") => TickName::Place,
        _ if pointer.starts_with("/Datastream") || pointer == "/datastream" => TickName::Device,
        _ => TickName::Parsed,
    }
}

fn word_of(error: &IntakeError) -> &'static str {
    match error {
        IntakeError::Busy { .. } => "busy",
        IntakeError::DiskFull => "disk-full",
        IntakeError::Unavailable => "unavailable",
        IntakeError::Stopped => "stopping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(payload: usize) -> Attempt {
        let ending = Ending::Refused {
            tick: TickName::Parsed,
            reason: "bad_time".to_owned(),
            detail: String::new(),
            pointer: String::new(),
            payload: Some("x".repeat(payload)),
        };
        Attempt {
            at: Timestamp(1),
            dialect: "rest",
            n_bytes: 1,
            ending,
            stated_at: None,
            is_bad: false,
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_in_number_and_bytes_and_says_since_when() {
        let clock = Clock::manual(Timestamp(1_000));
        let attempts = Attempts::new(clock.clone());
        for n in 0..2 * DEVICES_MAX + 10 {
            clock.advance_ms(1);
            attempts.refused(SourceKey(1), &format!("d{n}"), attempt(0));
        }
        assert_eq!(attempts.last(SourceKey(1), "d0"), None, "the first are forgotten");
        assert!(attempts.last(SourceKey(1), &format!("d{}", DEVICES_MAX + 1)).is_some());
        assert_eq!(attempts.since(), Timestamp(1_000 + DEVICES_MAX as i64 + 1));
        let n = attempts.names(SourceKey(1)).len();
        assert!(n <= 2 * DEVICES_MAX, "{n}");
        for n in 0..3 * (BYTES_MAX / 10_000) {
            attempts.refused(SourceKey(2), &format!("d{n}"), attempt(10_000));
        }
        let held = attempts.held();
        assert!(held.young.n_bytes + held.old.n_bytes <= 2 * (BYTES_MAX + 20_000));
    }

    #[test]
    fn the_last_that_a_device_sent_replaces_what_it_sent_before() {
        let attempts = Attempts::new(Clock::manual(Timestamp(0)));
        for _ in 0..100 {
            attempts.refused(SourceKey(1), "one", attempt(1_000));
        }
        assert_eq!(attempts.names(SourceKey(1)).len(), 1);
        assert!(attempts.held().young.n_bytes < 2_000);
        assert_eq!(attempts.sources_of("one"), [SourceKey(1)]);
        assert_eq!(attempts.last(SourceKey(2), "one"), None);
    }
}
