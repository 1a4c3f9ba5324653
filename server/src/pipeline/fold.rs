//! The fold: what a group of submissions becomes. Which items are entries, which are known already, and how each
//! source's account stands after it. Nothing here touches the disk.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use engine::advisory::{AdvisoryEntry, AdvisoryId, AdvisoryVerdict, Lane};
use engine::entry::{Body, Entry, SourceKey};
use engine::observation::{ObservationEntry, ObservationResult, Quality, WorksEntry};
use engine::report::ReportEntry;
use engine::unit::Bridge;
use engine::world::{Verdict, World};
use wire::advisory::AdvisoryStatus;
use wire::geo::Bbox;
use wire::id::ReportId;
use wire::source::Ledger;
use wire::time::Timestamp;
use wire::view::Mode;

use super::repeats::{Repeats, Word};
use super::{
    Cursor, Refused, SAME_NAME_OTHER_WORDS, Submission, TOO_MANY_ADVISORIES, TOO_MANY_DATASTREAMS,
    TOO_MANY_WORKS, WRONG_MODE,
};
use crate::normalise::OUTSIDE_KEY_AREA;
use crate::store::{HourRow, RegistryChange, SourceRow};

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
    /// Whether its entities are written.
    pub(super) has_entities: bool,
}

/// A group under way: entries to append, and the accounts as they stand after it.
#[derive(Debug)]
pub(super) struct Group {
    /// What was taken and not yet handed on to be sealed.
    pub(super) entries: Vec<(SourceKey, Entry)>,
    pub(super) ledgers: BTreeMap<SourceKey, SourceRow>,
    /// What the group adds to the hour of each source.
    pub(super) hours: BTreeMap<SourceKey, HourRow>,
    pub(super) recorded_at: Timestamp,
    /// The number of the last entry taken.
    pub(super) head: u64,
    /// What this group holds that the World does not know yet.
    pub(super) unapplied: Unapplied,
    /// The same of the group before it, while that one is on its way to disk.
    before: Option<Arc<Unapplied>>,
    /// What is written to the registry with it.
    pub(super) entities: Option<Box<RegistryChange>>,
    /// Where sources go on after it, the last word of each.
    pub(super) cursors: BTreeMap<String, String>,
}

/// What a group holds that no World knows before it is on disk, as far as it decides about what comes after.
#[derive(Debug, Default)]
pub(super) struct Unapplied {
    /// Reports by id: `updated_at` and content of the newest version.
    pending: HashMap<(Mode, ReportId), (Timestamp, u128)>,
    /// The units of datastreams that speak for the first time.
    introduced: HashMap<(SourceKey, String), String>,
    /// Observations that stand already, of those that may, and those of the group.
    pub(super) repeats: Repeats,
    /// Advisories by what they are called: their number, and what they say.
    advisories: HashMap<AdvisoryName, (u64, u128)>,
    /// Whose entries it holds.
    sources: BTreeSet<SourceKey>,
}

impl Group {
    /// A group after entry `head`, recorded at this moment. `before` is the one before it, if that is not applied yet.
    pub(super) fn new(
        head: u64,
        recorded_at: Timestamp,
        repeats: Repeats,
        before: Option<Arc<Unapplied>>,
    ) -> Self {
        Self {
            entries: Vec::new(),
            ledgers: BTreeMap::new(),
            hours: BTreeMap::new(),
            recorded_at,
            head,
            unapplied: Unapplied { repeats, ..Unapplied::default() },
            before,
            entities: None,
            cursors: BTreeMap::new(),
        }
    }

    /// What is not applied yet, the newest first.
    fn layers(&self) -> impl Iterator<Item = &Unapplied> {
        std::iter::once(&self.unapplied).chain(self.before.as_deref())
    }

    /// Takes a submission in. `row` is its source's account before this group.
    pub(super) fn take(
        &mut self,
        world: &World,
        submission: Submission,
        row: impl FnOnce() -> SourceRow,
    ) -> Share {
        let Submission { source, mode, mut bodies, rejected, area, sent, bytes: _, tied } =
            submission;
        let mut share = Share::default();
        let at = self.recorded_at;
        let mut account = self.ledgers.remove(&source).unwrap_or_else(row);
        let mut hour = self.hours.remove(&source).unwrap_or_else(|| HourRow::new(source, at));
        hour.bytes += sent.n_bytes;
        for (reason, n) in rejected {
            hour.reject(&reason, n, at, sent.detail(&reason));
            reject(&mut account.ledger, reason, n);
        }
        if tied.is_whole
            && let Some((at, reason, detail)) = self.flaw(world, mode, area, &bodies)
        {
            let all = std::mem::take(&mut bodies);
            for (index, body) in all.into_iter().enumerate() {
                let detail = if index == at { detail.clone() } else { with_another(&detail) };
                hour.reject(reason, 1, self.recorded_at, Some(&detail));
                reject(&mut account.ledger, reason.to_owned(), 1);
                let shown = shown(&body).filter(|_| index < SHOWN_MAX);
                share.refused.push(Refused { index, observation: None, reason, detail, shown });
            }
            account.received = Some(self.recorded_at);
            // The one that is wrong is the first that its sender hears of.
            share.refused.rotate_left(at);
        }
        for (index, body) in bodies.into_iter().enumerate() {
            let newest = content_time(&body).map(|at| at.min(self.recorded_at));
            account.newest = account.newest.max(newest);
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
        if share.accepted + share.folded > 0 && tied.entities.is_some() {
            self.entities = tied.entities;
            share.has_entities = true;
        }
        if let Some(Cursor { name, value }) = tied.cursor {
            self.cursors.insert(name, value);
        }
        share
    }

    /// Takes in what no source said: canaries, decisions and passports. No account changes.
    pub(super) fn take_own(&mut self, world: &World, submission: Submission) -> Share {
        let Submission { mode, bodies, tied, .. } = submission;
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
                Body::Reread(reread) => (!world.is_rereadable(reread)).then_some("placed_since"),
                Body::Report(_)
                | Body::Observation(_)
                | Body::Erased(_)
                | Body::Withdrawn(_)
                | Body::Will(_)
                | Body::Advisory(_) => Some("of_a_source"),
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
        if let Some(Cursor { name, value }) = tied.cursor.filter(|_| share.accepted > 0) {
            self.cursors.insert(name, value);
        }
        share
    }

    /// Gives the number under which it will stand.
    fn append(&mut self, source: SourceKey, mode: Mode, body: Body) -> u64 {
        if let Body::Report(report) = &body {
            let newest = (report.updated_at, report.content);
            self.unapplied.pending.insert((mode, report.id), newest);
        }
        self.head += 1;
        let seq = self.head;
        if let Body::Observation(observation) = &body {
            self.unapplied.repeats.hear(observation, seq);
        }
        if let Body::Advisory(entry) = &body {
            let name = advisory_name(mode, entry);
            self.unapplied.advisories.insert(name, (seq, entry.advisory.content()));
        }
        self.unapplied.sources.insert(source);
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
            Body::Observation(observation) => match self.stands_at(observation) {
                Some(seq) => Weight::Fold(Some(seq)),
                None if is_outside(world, area, observation) => Weight::Refuse(
                    OUTSIDE_KEY_AREA,
                    "its sensor stands outside the area of this key: send it with a key that reaches there".to_owned(),
                ),
                None => self.weigh_observation(world, observation),
            },
            // What is not applied yet of the source may have changed what a will says.
            Body::Will(will) => {
                let is_held = self.layers().any(|layer| layer.sources.contains(&will.source));
                if is_held || world.would_heed(will, self.recorded_at) {
                    Weight::Append { replaces: false }
                } else {
                    Weight::Fold(None)
                }
            }
            Body::Advisory(entry) => self.weigh_advisory(world, mode, entry),
            // Only the server itself appends these; a source has no such right.
            Body::Erased(_)
            | Body::Withdrawn(_)
            | Body::Canary(_)
            | Body::Decision(_)
            | Body::Passport(_)
            | Body::Works(_)
            | Body::Reread(_) => Weight::Refuse("not_a_report", String::new()),
        }
    }

    /// What is called alike and says the same is known. What says something else is another message under a name that is taken.
    fn weigh_advisory(&self, world: &World, mode: Mode, entry: &AdvisoryEntry) -> Weight {
        let (source, advisory) = (entry.source, &entry.advisory);
        // Whoever brought it: what is part of an exercise never stands beside what is not.
        if mode == Mode::Live && advisory.status == AdvisoryStatus::Exercise {
            return Weight::Refuse(
                WRONG_MODE,
                "/alert/status: the message is part of an exercise (Exercise) and this way leads into the live room: send it with a key of the mode exercise".to_owned(),
            );
        }
        let name = advisory_name(mode, entry);
        let verdict = match self.layers().find_map(|layer| layer.advisories.get(&name)) {
            None => world.advisory_verdict(source, advisory),
            Some((seq, content)) if *content == advisory.content() => AdvisoryVerdict::Same(*seq),
            Some((seq, _)) => AdvisoryVerdict::Other(*seq),
        };
        let n_waiting = self.layers().map(|layer| layer.advisories.len()).sum();
        match verdict {
            AdvisoryVerdict::Same(seq) => Weight::Fold(Some(seq)),
            AdvisoryVerdict::Other(seq) => Weight::Refuse(
                SAME_NAME_OTHER_WORDS,
                format!(
                    "/alert/identifier: {:?} of this sender and moment stands already as number {seq} and says something else: a message that changes another has an identifier and a sent of its own, and names it in references",
                    advisory.id.identifier
                ),
            ),
            AdvisoryVerdict::New => match world.room_for_advisory(source, advisory, n_waiting) {
                Ok(()) => Weight::Append { replaces: false },
                Err(no_room) => Weight::Refuse(TOO_MANY_ADVISORIES, no_room.to_string()),
            },
        }
    }

    /// Under which number it stands already.
    fn stands_at(&self, observation: &ObservationEntry) -> Option<u64> {
        let word = Word::of(observation);
        self.layers().find_map(|layer| layer.repeats.number(&word))
    }

    /// The first of these that would be refused, were they taken one after the other.
    fn flaw(
        &mut self,
        world: &World,
        mode: Mode,
        area: Option<Bbox>,
        bodies: &[Body],
    ) -> Option<(usize, &'static str, String)> {
        let before = self.unapplied.introduced.clone();
        let found = bodies.iter().enumerate().find_map(|(index, body)| {
            match self.weigh(world, mode, area, body) {
                Weight::Refuse(reason, detail) => return Some((index, reason, detail)),
                Weight::Append { .. } => self.introduce(world, body),
                Weight::Fold(_) => {}
            }
            None
        });
        self.unapplied.introduced = before;
        found
    }

    /// Whether it fits what is known of its datastream, by the World or by what this group holds already.
    fn weigh_observation(&self, world: &World, observation: &ObservationEntry) -> Weight {
        let fits = world.fits(observation).and_then(|()| match &observation.unit {
            Some(unit) if self.layers().any(|layer| !layer.introduced.is_empty()) => {
                let name = (observation.source, observation.datastream.clone());
                // The older word counts: it will be the World's.
                let first = self.layers().filter_map(|layer| layer.introduced.get(&name)).last();
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
        self.unapplied
            .introduced
            .entry((source, datastream.clone()))
            .or_insert_with(|| unit.clone());
    }

    /// The World's verdict, with what this group holds already laid over it by the same rule.
    fn verdict(&self, world: &World, mode: Mode, report: &ReportEntry) -> Verdict {
        let name = (mode, report.id);
        match self.layers().find_map(|layer| layer.pending.get(&name)) {
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

/// What an advisory is found by while it is not applied.
type AdvisoryName = (Mode, SourceKey, Lane, AdvisoryId);

fn advisory_name(mode: Mode, entry: &AdvisoryEntry) -> AdvisoryName {
    (mode, entry.source, entry.advisory.lane(), entry.advisory.id.clone())
}

/// What is said of one that was refused for another's sake.
fn with_another(detail: &str) -> String {
    format!("another of the same request was refused, and they stand or fall together: {detail}")
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
        Body::Advisory(entry) => Some(entry.advisory.id.sent),
        Body::Erased(_)
        | Body::Withdrawn(_)
        | Body::Canary(_)
        | Body::Decision(_)
        | Body::Passport(_)
        | Body::Works(_)
        | Body::Will(_)
        | Body::Reread(_) => None,
    }
}
