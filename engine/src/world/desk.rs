//! What the partner desk knows of sensors: how each source's are, and why those that do not speak are silent.

use std::collections::BTreeMap;

use wire::alarm::AlarmCause;
use wire::desk::Sentence;
use wire::geo::LngLat;
use wire::source::SourceHealth;
use wire::time::Timestamp;

use super::World;
use super::eyes::health;
use crate::causes::{Fallen, causes};
use crate::entry::SourceKey;
use crate::observation::PlannedWorks;
use crate::place::distance_m;
use crate::room::Cause;
use crate::sensors::Datastream;
use crate::signal::limits::LATE_PERIODS;
use crate::signal::{Passport, Test, Works};

/// A sensor farther than this from all others, which would be nearer the other way round, has its numbers swapped: 200 km is
/// farther than a region, and nearer than any city of Europe comes to its mirror.
const SWAPPED_M: f64 = 200_000.0;

/// Others that must stand somewhere before anybody says where a sensor should.
const OTHERS_MIN: usize = 3;

/// What is asked of the desk.
pub struct DeskQuery<'a> {
    /// Only this source; all of them without it.
    pub source: Option<SourceKey>,
    /// The gateway of a datastream, where something else than its passport names one.
    pub gateway: &'a dyn Fn(SourceKey, &str) -> Option<String>,
}

/// The sensors of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSensors {
    /// Datastreams that spoke.
    pub n: u32,
    /// Of them: in works.
    pub n_in_works: u32,
    /// Of those that are not: as fresh as they promise.
    pub n_speaking: u32,
    /// Of those that are not: late.
    pub n_late: u32,
    /// When the newest value was true.
    pub newest_at: Option<Timestamp>,
    /// The middle of their rhythms.
    pub cadence_ms: Option<i64>,
    /// The first telephone that a passport names.
    pub phone: Option<String>,
    /// When the first alarm rang because one of them is silent.
    pub room_told_at: Option<Timestamp>,
}

impl SourceSensors {
    /// How the source is by its sensors; `None` where it has none. It is late where fewer than half of them speak, and silent
    /// where none is even late: one that still speaks says nothing of fifty that do not.
    pub fn status(&self) -> Option<SourceHealth> {
        let n = self.n - self.n_in_works;
        Some(match (self.n, n) {
            (0, _) => return None,
            (_, 0) => SourceHealth::Live,
            _ if self.n_speaking + self.n_late == 0 => SourceHealth::Silent,
            _ if 2 * self.n_speaking < n => SourceHealth::Late,
            _ => SourceHealth::Live,
        })
    }
}

/// The desk at a moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desk {
    /// All of it in one line.
    pub sentence: Sentence,
    /// By source.
    pub sources: BTreeMap<SourceKey, SourceSensors>,
}

/// How one datastream is, to its partner.
struct How {
    health: SourceHealth,
    is_lost: bool,
    /// When it was said to be gone, or else when the first value that is missing should have come.
    due_at: Timestamp,
    period_ms: Option<i64>,
}

fn how(stream: &Datastream, now: Timestamp) -> How {
    let standing = stream.watch.iter().flat_map(|watch| watch.standing());
    let is_lost = standing.into_iter().any(|signal| signal.test == Test::Lost);
    let held = stream.watch.as_ref().and_then(|watch| watch.held()).map(|held| held.value);
    let said = stream.passport.as_ref().and_then(|passport| passport.period_ms(held));
    let period_ms = said.or_else(|| stream.period_ms());
    let mut health = health(stream, now);
    // What is promised is late after two of its periods however short they are: its partner hears of it before the room, which is
    // told after three.
    let promised_ms = said.map(|said| said.saturating_mul(LATE_PERIODS));
    let age_ms = now.ms_since(stream.phenomenon_time);
    if health == SourceHealth::Live && promised_ms.is_some_and(|late_ms| age_ms > late_ms) {
        health = SourceHealth::Late;
    }
    let missing_at = stream.phenomenon_time.plus_ms(period_ms.unwrap_or_default());
    // Those of one gateway are gone together, wherever each was in its rhythm.
    let due_at = stream.gone_at().unwrap_or(missing_at);
    How { health, is_lost, due_at, period_ms }
}

impl World {
    /// The desk at a moment.
    pub fn desk(&self, query: &DeskQuery<'_>, now: Timestamp) -> Desk {
        let rang = self.rang();
        let mut desk = Desk::default();
        let mut rhythms: BTreeMap<SourceKey, Vec<i64>> = BTreeMap::new();
        let mut gateways: BTreeMap<(SourceKey, String), u32> = BTreeMap::new();
        let mut fallen = Vec::new();
        let streams = (0u32..).zip(self.sensors.streams());
        for (index, stream) in
            streams.filter(|(_, one)| query.source.is_none_or(|source| one.source == source))
        {
            let How { health, is_lost, due_at, period_ms } = how(stream, now);
            let source = desk.sources.entry(stream.source).or_default();
            source.n += 1;
            source.newest_at = source.newest_at.max(Some(stream.phenomenon_time));
            let passport = stream.passport.as_deref();
            if source.phone.is_none() {
                source.phone = passport.and_then(|passport| passport.phone.clone());
            }
            if let Some(period) = period_ms {
                rhythms.entry(stream.source).or_default().push(period);
            }
            let sentence = &mut desk.sentence;
            sentence.sensors += 1;
            if self.sensors.works_at(stream, now).is_some() {
                sentence.in_works += 1;
                source.n_in_works += 1;
                continue;
            }
            let gateway = passport.and_then(|passport| passport.gateway.clone());
            let gateway = gateway.or_else(|| (query.gateway)(stream.source, &stream.id));
            if let Some(gateway) = &gateway {
                *gateways.entry((stream.source, gateway.clone())).or_default() += 1;
            }
            match health {
                SourceHealth::Live | SourceHealth::Paused | SourceHealth::Broken => {
                    sentence.speaking += 1;
                    sentence.broken += u32::from(health == SourceHealth::Broken);
                    source.n_speaking += 1;
                    continue;
                }
                SourceHealth::Late => {
                    sentence.late += 1;
                    source.n_late += 1;
                }
                SourceHealth::Silent if is_lost => sentence.lost += 1,
                SourceHealth::Silent => sentence.silent += 1,
            }
            let room_told_at = rang.get(&index).copied();
            source.room_told_at = match (source.room_told_at, room_told_at) {
                (Some(first), Some(other)) => Some(first.min(other)),
                (first, other) => first.or(other),
            };
            fallen.push(Fallen {
                source: stream.source,
                source_name: self.source_name(stream.source),
                datastream: stream.id.clone(),
                name: stream.name.clone().unwrap_or_else(|| stream.id.clone()),
                gateway,
                status: health,
                is_lost,
                since: due_at,
                period_ms: period_ms.unwrap_or_default(),
                room_told_at,
            });
        }
        for (source, mut rhythms) in rhythms {
            rhythms.sort_unstable();
            let middle = rhythms.get((rhythms.len() - 1) / 2).copied();
            if let Some(source) = desk.sources.get_mut(&source) {
                source.cadence_ms = middle;
            }
        }
        (desk.sentence.causes, desk.sentence.causes_left_off) = causes(fallen, &gateways);
        desk
    }

    /// Since when an alarm asks because a datastream is silent, by its number.
    fn rang(&self) -> BTreeMap<u32, Timestamp> {
        let alarms = self.room.alarms.all();
        let silent = alarms.filter_map(|(_, alarm)| match alarm.cause {
            Cause::Stream(index, AlarmCause::Silent) if alarm.eased_at.is_none() => {
                Some((index, alarm.since))
            }
            _ => None,
        });
        silent.collect()
    }

    /// The works that go on at a datastream that spoke.
    pub fn works_at(&self, source: SourceKey, datastream: &str, at: Timestamp) -> Option<&Works> {
        let (_, stream) = self.sensors.find(source, datastream)?;
        self.sensors.works_at(stream, at)
    }

    /// Names of the datastreams of some sources.
    pub fn datastream_names(&self, is_asked: &dyn Fn(SourceKey) -> bool) -> Vec<String> {
        let streams = self.sensors.streams().iter().filter(|one| is_asked(one.source));
        streams.map(|one| one.id.clone()).collect()
    }

    /// A place the other way round, where that lies among what else speaks here and the place as it stands does not.
    pub fn swapped(&self, place: LngLat) -> Option<LngLat> {
        let middle = self.middle(place)?;
        let swapped = LngLat::new(place.lat(), place.lng()).ok()?;
        let is_far = |at: LngLat| distance_m(at, middle) > SWAPPED_M;
        (is_far(place) && !is_far(swapped)).then_some(swapped)
    }

    /// The middle of where all others stand, once there are some.
    fn middle(&self, but: LngLat) -> Option<LngLat> {
        let places = self.sensors.streams().iter().filter_map(|stream| stream.place);
        let places: Vec<LngLat> = places.filter(|place| *place != but).collect();
        if places.len() < OTHERS_MIN {
            return None;
        }
        let middle = |of: fn(&LngLat) -> f64| {
            let mut all: Vec<f64> = places.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        LngLat::new(middle(|place| place.lng()), middle(|place| place.lat())).ok()
    }

    /// Whether the works of this number are planned, and whose.
    pub fn planned(&self, number: u64) -> Option<&PlannedWorks> {
        self.sensors.works().all().get(&number)
    }

    /// All works that are planned, by number, with how many sensors that spoke they concern.
    pub fn all_planned(&self) -> Vec<(u64, PlannedWorks, u32)> {
        let streams = self.sensors.streams();
        let of = |(number, works): (&u64, &PlannedWorks)| {
            let theirs = streams.iter().filter(|one| works.concerns(one.source, &one.id));
            (*number, works.clone(), theirs.count() as u32)
        };
        self.sensors.works().all().iter().map(of).collect()
    }

    /// Whether one more announcement of works is held.
    pub fn has_room_for_works(&self) -> bool {
        self.sensors.works().has_room(self.now)
    }
}

impl Passport {
    /// The time between two values that holds now: beyond a level the one in alarm.
    fn period_ms(&self, held: Option<f64>) -> Option<i64> {
        let cadence = self.cadence?;
        let in_alarm = held.is_some_and(|value| self.is_reached(value));
        Some(cadence.in_alarm_ms.filter(|_| in_alarm).unwrap_or(cadence.by_day_ms))
    }
}
