//! The fold: what a group of submissions becomes. Which items are entries, which are known already, and how each
//! source's account stands after it. Nothing here touches the disk.

use std::collections::{BTreeMap, HashMap};

use engine::entry::{Body, Entry, SourceKey};
use engine::observation::{ObservationEntry, ObservationResult, Quality, WorksEntry};
use engine::report::ReportEntry;
use engine::unit::Bridge;
use engine::world::{Verdict, World};
use wire::geo::Bbox;
use wire::id::ReportId;
use wire::source::Ledger;
use wire::time::Timestamp;
use wire::view::Mode;

use super::repeats::Repeats;
use super::{Refused, Submission, TOO_MANY_DATASTREAMS, TOO_MANY_WORKS};
use crate::normalise::OUTSIDE_KEY_AREA;
use crate::store::{HourRow, SourceRow};

/// What became of one submission of the group.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Share {
    /// The number of the first entry appended.
    pub(super) first: Option<u64>,
    pub(super) accepted: u64,
    pub(super) folded: u64,
    pub(super) refused: Vec<Refused>,
    /// Where each item stands: one that was taken, and an observation that was known.
    pub(super) numbers: Vec<Option<u64>>,
}

/// A group under way: entries to append, and the accounts as they stand after it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) entries: Vec<(SourceKey, Entry)>,
    pub(super) ledgers: BTreeMap<SourceKey, SourceRow>,
    /// What the group adds to the hour of each source.
    pub(super) hours: BTreeMap<SourceKey, HourRow>,
    recorded_at: Timestamp,
    head: u64,
    /// Reports of this group by id: `updated_at` and content of the newest version.
    pending: HashMap<(Mode, ReportId), (Timestamp, u128)>,
    /// The units of datastreams that speak in this group for the first time.
    introduced: HashMap<(SourceKey, String), String>,
    /// Observations that stand already, of those that may, and those of this group.
    pub(super) repeats: Repeats,
}

impl Group {
    /// A group after entry `head`, recorded at this moment.
    pub(super) fn new(head: u64, recorded_at: Timestamp, repeats: Repeats) -> Self {
        Self {
            entries: Vec::new(),
            ledgers: BTreeMap::new(),
            hours: BTreeMap::new(),
            recorded_at,
            head,
            pending: HashMap::new(),
            introduced: HashMap::new(),
            repeats,
        }
    }

    /// Takes a submission in. `row` is its source's account before this group.
    pub(super) fn take(
        &mut self,
        world: &World,
        submission: Submission,
        row: impl FnOnce() -> SourceRow,
    ) -> Share {
        let Submission { source, mode, bodies, rejected, area, sent, bytes: _ } = submission;
        let mut share = Share::default();
        let at = self.recorded_at;
        let mut account = self.ledgers.remove(&source).unwrap_or_else(row);
        let mut hour = self.hours.remove(&source).unwrap_or_else(|| HourRow::new(source, at));
        hour.bytes += sent.n_bytes;
        for (reason, n) in rejected {
            hour.reject(&reason, n, at, sent.detail(&reason));
            reject(&mut account.ledger, reason, n);
        }
        for (index, body) in bodies.into_iter().enumerate() {
            account.newest = account.newest.max(content_time(&body));
            account.received = Some(self.recorded_at);
            let weight = self.weigh(world, mode, area, &body);
            let is_refused = matches!(weight, Weight::Refuse(..));
            let refused = is_refused.then(|| shown(&body)).flatten();
            match weight {
                Weight::Append { replaces } => {
                    account.ledger.received += 1;
                    if replaces {
                        // The new version is accepted, the old one moves to folded.
                        account.ledger.folded += 1;
                        hour.folded += 1;
                    } else {
                        account.ledger.accepted += 1;
                        hour.accepted += 1;
                    }
                    share.accepted += 1;
                    self.introduce(world, &body);
                    let seq = self.append(source, mode, body);
                    share.first.get_or_insert(seq);
                    share.numbers.push(Some(seq));
                }
                Weight::Fold(seq) => {
                    share.numbers.push(seq);
                    account.ledger.received += 1;
                    account.ledger.folded += 1;
                    hour.folded += 1;
                    share.folded += 1;
                }
                Weight::Refuse(reason, detail) => {
                    share.numbers.push(None);
                    hour.reject(reason, 1, at, Some(&detail));
                    reject(&mut account.ledger, reason.to_owned(), 1);
                    let shown = refused.filter(|_| share.refused.len() < SHOWN_MAX);
                    let observation = match body {
                        Body::Observation(one) => Some(one),
                        _ => None,
                    };
                    share.refused.push(Refused { index, observation, reason, detail, shown });
                }
            }
        }
        self.ledgers.insert(source, account);
        self.hours.insert(source, hour);
        share
    }

    /// Takes in what no source said: canaries, decisions and passports. No account changes.
    pub(super) fn take_own(&mut self, world: &World, mode: Mode, bodies: Vec<Body>) -> Share {
        let mut share = Share::default();
        for (index, body) in bodies.into_iter().enumerate() {
            let refusal = match &body {
                Body::Canary(_) => None,
                Body::Decision(decision) => world.decidable(decision).err().map(|flaw| flaw.reason),
                Body::Passport(passport) => {
                    let (source, datastream) = (passport.source, &passport.datastream);
                    let has_room = world.has_room_for_passport(source, datastream);
                    (!has_room).then_some(TOO_MANY_DATASTREAMS)
                }
                Body::Works(works) => match **works {
                    WorksEntry::Announced(_) => {
                        (!world.has_room_for_works()).then_some(TOO_MANY_WORKS)
                    }
                    WorksEntry::CalledOff(number) => {
                        world.planned(number).is_none().then_some("unknown_works")
                    }
                },
                Body::Report(_) | Body::Observation(_) | Body::Erased(_) | Body::Will(_) => {
                    Some("of_a_source")
                }
            };
            if let Some(reason) = refusal {
                share.refused.push(Refused {
                    index,
                    observation: None,
                    reason,
                    detail: String::new(),
                    shown: None,
                });
                continue;
            }
            share.accepted += 1;
            let seq = self.append(SourceKey::SERVER, mode, body);
            share.first.get_or_insert(seq);
        }
        share
    }

    /// Gives the number under which it will stand.
    fn append(&mut self, source: SourceKey, mode: Mode, body: Body) -> u64 {
        if let Body::Report(report) = &body {
            self.pending.insert((mode, report.id), (report.updated_at, report.content));
        }
        let seq = self.head + 1 + self.entries.len() as u64;
        if let Body::Observation(observation) = &body {
            self.repeats.hear(observation, seq);
        }
        self.entries.push((source, Entry { seq, recorded_at: self.recorded_at, mode, body }));
        seq
    }

    fn weigh(&self, world: &World, mode: Mode, area: Option<Bbox>, body: &Body) -> Weight {
        match body {
            Body::Report(report) => match self.verdict(world, mode, report) {
                Verdict::New => Weight::Append { replaces: false },
                Verdict::Replaces => Weight::Append { replaces: true },
                Verdict::Same | Verdict::Older => Weight::Fold(None),
            },
            Body::Observation(observation) => match self.repeats.number(observation) {
                Some(seq) => Weight::Fold(Some(seq)),
                None if is_outside(world, area, observation) => Weight::Refuse(
                    OUTSIDE_KEY_AREA,
                    "its sensor stands outside the area of this key: send it with a key that reaches there".to_owned(),
                ),
                None => self.weigh_observation(world, observation),
            },
            // What this group holds of the source may have changed what a will says.
            Body::Will(will) => {
                let is_held = self.entries.iter().any(|(source, _)| *source == will.source);
                if is_held || world.would_heed(will, self.recorded_at) {
                    Weight::Append { replaces: false }
                } else {
                    Weight::Fold(None)
                }
            }
            // Only the server itself appends these; a source has no such right.
            Body::Erased(_)
            | Body::Canary(_)
            | Body::Decision(_)
            | Body::Passport(_)
            | Body::Works(_) => Weight::Refuse("not_a_report", String::new()),
        }
    }

    /// Whether it fits what is known of its datastream, by the World or by what this group holds already.
    fn weigh_observation(&self, world: &World, observation: &ObservationEntry) -> Weight {
        let fits = world.fits(observation).and_then(|()| match &observation.unit {
            Some(unit) if !self.introduced.is_empty() => {
                let name = (observation.source, observation.datastream.clone());
                let first = self.introduced.get(&name);
                first.map_or(Ok(()), |first| Ok(Bridge::between(unit, first).map(|_bridge| ())?))
            }
            _ => Ok(()),
        });
        match fits {
            Ok(()) => Weight::Append { replaces: false },
            Err(unfit) => Weight::Refuse(unfit.reason(), unfit.to_string()),
        }
    }

    /// Remembers in which unit a datastream spoke first, where only this group knows.
    fn introduce(&mut self, world: &World, body: &Body) {
        let Body::Observation(observation) = body else { return };
        let Some(unit) = &observation.unit else { return };
        let (source, datastream) = (observation.source, &observation.datastream);
        if observation.quality == Quality::Bad || world.unit_of(source, datastream).is_some() {
            return;
        }
        self.introduced.entry((source, datastream.clone())).or_insert_with(|| unit.clone());
    }

    /// The World's verdict, with what this group holds already laid over it by the same rule.
    fn verdict(&self, world: &World, mode: Mode, report: &ReportEntry) -> Verdict {
        match self.pending.get(&(mode, report.id)) {
            None => world.verdict(report),
            Some((_, content)) if *content == report.content => Verdict::Same,
            Some((updated_at, _)) if report.updated_at > *updated_at => Verdict::Replaces,
            Some(_) => Verdict::Older,
        }
    }
}

/// Whether a value of a sensor that says no place comes from one that stands outside the area of its key.
fn is_outside(world: &World, area: Option<Bbox>, observation: &ObservationEntry) -> bool {
    let Some(area) = area else { return false };
    let place =
        observation.place.or_else(|| world.stands_at(observation.source, &observation.datastream));
    place.is_some_and(|place| !area.contains(place))
}

/// Refused items of one submission that are shown: the first few say which they are.
const SHOWN_MAX: usize = 200;

/// An observation in the form of `POST /api/v1/observations`.
fn shown(body: &Body) -> Option<String> {
    let Body::Observation(one) = body else { return None };
    let result = match &one.result {
        ObservationResult::Number(number) => serde_json::json!(number),
        ObservationResult::Text(text) => serde_json::json!(text),
    };
    let value = serde_json::json!({
        "datastream": one.datastream, "phenomenon_time": one.phenomenon_time, "result": result,
        "unit": one.unit,
    });
    Some(value.to_string())
}

enum Weight {
    Append {
        replaces: bool,
    },
    /// Known, and where it stands, as far as anybody asks that.
    Fold(Option<u64>),
    Refuse(&'static str, String),
}

fn reject(ledger: &mut Ledger, reason: String, n: u64) {
    ledger.received += n;
    *ledger.rejected.entry(reason).or_default() += n;
}

/// The moment a body speaks of.
fn content_time(body: &Body) -> Option<Timestamp> {
    match body {
        Body::Report(report) => Some(report.observed_at),
        Body::Observation(observation) => Some(observation.phenomenon_time),
        Body::Erased(_)
        | Body::Canary(_)
        | Body::Decision(_)
        | Body::Passport(_)
        | Body::Works(_)
        | Body::Will(_) => None,
    }
}
