//! Datastreams: each with its newest value and the usual time between values.

mod admit;
mod wills;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wire::geo::{Bbox, LngLat, Mercator};
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::limits::{DATASTREAMS_MAX, INTERVALS, MOVED_M, PLACES_KEPT};
use crate::observation::{ObservationEntry, ObservationResult, PassportEntry, Quality, WorksEntry};
use crate::offsets::Offsets;
use crate::place::distance_m;
use crate::signal::{Passport, Transition, Watch, Works};
use crate::unit::Bridge;
use crate::will::Will;
use crate::works::Planned;

pub(crate) use admit::Admitted;
pub(crate) use wills::Willed;

/// A place where a sensor stood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stood {
    pub(crate) at: LngLat,
    /// When it was first said to stand there.
    pub(crate) since: Timestamp,
}

/// One datastream as the World holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Datastream {
    pub(crate) source: SourceKey,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// The unit of its newest value, as sent.
    pub(crate) unit: Option<String>,
    /// The first unit in which it spoke: what it is judged in where its passport names none.
    pub(crate) base_unit: Option<String>,
    pub(crate) place: Option<LngLat>,
    /// The last places, oldest first.
    pub(crate) places: VecDeque<Stood>,
    pub(crate) result: ObservationResult,
    pub(crate) quality: Quality,
    pub(crate) phenomenon_time: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) seq: u64,
    /// The last few times between values, oldest first.
    intervals: VecDeque<u64>,
    /// What is known about it, planned works included. Kept by name in [`Sensors`], and here so that a value need not look for it.
    #[serde(skip)]
    pub(crate) passport: Option<Arc<Passport>>,
    /// What its values and their absence say, once it has a passport.
    pub(crate) watch: Option<Box<Watch>>,
    /// The newest moment at which it spoke for a situation.
    pub(crate) voiced_at: Option<Timestamp>,
    /// The last will that spoke for it.
    will: Option<Will>,
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

    /// The unit in which it is judged.
    pub(crate) fn reference(&self) -> Option<&str> {
        let said = self.passport.as_ref().and_then(|passport| passport.unit.as_deref());
        said.or(self.base_unit.as_deref())
    }

    /// A number that came in this unit (without one: in that of its newest value), in the unit in which it is judged; `None`
    /// where nobody knows the way from one to the other.
    pub(crate) fn judged(&self, number: f64, unit: Option<&str>) -> Option<f64> {
        match (unit.or(self.unit.as_deref()), self.reference()) {
            (Some(given), Some(wanted)) => {
                Bridge::between(given, wanted).unwrap_or(Bridge::Unknown).carry(number)
            }
            _ => Some(number),
        }
    }

    /// Notes where it stands, if that is another place than before.
    fn stands(&mut self, place: Option<LngLat>, since: Timestamp) {
        let Some(at) = place else { return };
        if self.places.back().is_some_and(|last| distance_m(last.at, at) < MOVED_M) {
            return;
        }
        if self.places.len() == PLACES_KEPT {
            self.places.pop_front();
        }
        self.places.push_back(Stood { at, since });
    }
}

/// What an observation did.
pub(crate) struct Observed {
    /// The datastream's number.
    pub(crate) index: u32,
    /// It is the newest value of the datastream.
    pub(crate) is_newest: bool,
    /// What turned.
    pub(crate) told: Vec<Transition>,
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
    passports: BTreeMap<(SourceKey, String), Arc<Passport>>,
    /// When each that is watched has something to say if nothing comes before.
    due: BTreeSet<(Timestamp, u32)>,
    offsets: Offsets,
    works: Planned,
}

impl Sensors {
    /// From the streams of a checkpoint; `None` when two have one name.
    pub(crate) fn restore(
        streams: Vec<Datastream>,
        passports: Vec<PassportEntry>,
        offsets: Offsets,
        works: Planned,
    ) -> Option<Self> {
        let mut by_name = BTreeMap::new();
        for (index, stream) in (0u32..).zip(&streams) {
            let name = (stream.source, stream.id.clone());
            if by_name.insert(name, index).is_some() {
                return None;
            }
        }
        let newest = streams.iter().map(|stream| stream.phenomenon_time).max();
        let passports = passports
            .into_iter()
            .map(|entry| ((entry.source, entry.datastream), Arc::new(entry.passport)))
            .collect();
        let due = BTreeSet::new();
        let mut sensors = Self { streams, by_name, newest, passports, due, offsets, works };
        for index in 0..sensors.streams.len() as u32 {
            sensors.hand_over(index);
            sensors.schedule(index);
        }
        Some(sensors)
    }

    /// How the clocks of the sources go.
    pub(crate) fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    /// All passports, to be written down.
    pub(crate) fn passports(&self) -> Vec<PassportEntry> {
        let entry = |((source, datastream), passport): (&(SourceKey, String), &Arc<Passport>)| {
            PassportEntry {
                source: *source,
                datastream: datastream.clone(),
                passport: (**passport).clone(),
            }
        };
        self.passports.iter().map(entry).collect()
    }

    /// The passport of a datastream.
    pub(crate) fn passport(&self, index: u32) -> Option<&Passport> {
        self.streams.get(index as usize)?.passport.as_deref()
    }

    /// The passport of a datastream by its name.
    pub(crate) fn passport_of(&self, source: SourceKey, datastream: &str) -> Option<&Passport> {
        self.passports.get(&(source, datastream.to_owned())).map(Arc::as_ref)
    }

    /// What lies downstream of a datastream, all the way down, with its passport.
    pub(crate) fn downstream(&self, index: u32) -> Vec<(&Datastream, &Passport)> {
        let mut reached: BTreeSet<u32> = BTreeSet::new();
        let mut from = vec![index];
        while let Some(index) = from.pop() {
            let Some(stream) = self.streams.get(index as usize) else { continue };
            for reach in self.passport(index).into_iter().flat_map(|passport| &passport.downstream)
            {
                let name = (stream.source, reach.datastream.clone());
                let next = self.by_name.get(&name).copied();
                from.extend(next.filter(|next| reached.insert(*next)));
            }
        }
        let both = |index: u32| Some((self.streams.get(index as usize)?, self.passport(index)?));
        reached.into_iter().filter_map(both).collect()
    }

    /// A datastream by its name, with its number.
    pub(crate) fn find(&self, source: SourceKey, datastream: &str) -> Option<(u32, &Datastream)> {
        let index = self.by_name.get(&(source, datastream.to_owned())).copied()?;
        Some((index, self.streams.get(index as usize)?))
    }

    /// Datastreams that have a passport.
    pub(crate) fn watched(&self) -> impl Iterator<Item = (u32, &Datastream, &Passport)> {
        (0u32..)
            .zip(&self.streams)
            .filter_map(|(index, stream)| Some((index, stream, stream.passport.as_deref()?)))
    }

    /// Gives a datastream its passport, if it has one.
    fn hand_over(&mut self, index: u32) {
        if let Some(stream) = self.streams.get_mut(index as usize) {
            let said = self.passports.get(&(stream.source, stream.id.clone()));
            stream.passport = said.map(|said| self.works.with(stream.source, &stream.id, said));
        }
    }

    /// Works are planned, or called off.
    pub(crate) fn plan(&mut self, seq: u64, entry: &WorksEntry, now: Timestamp) {
        let changed = self.works.take(seq, entry, now);
        let concerned = |stream: &Datastream| {
            changed.iter().any(|works| works.concerns(stream.source, &stream.id))
        };
        let streams = (0u32..).zip(&self.streams);
        let theirs: Vec<u32> =
            streams.filter(|(_, one)| concerned(one)).map(|(index, _)| index).collect();
        for index in theirs {
            self.unschedule(Some(index));
            self.hand_over(index);
            self.schedule(index);
        }
    }

    /// Planned works.
    pub(crate) fn works(&self) -> &Planned {
        &self.works
    }

    /// The works that go on at a datastream, whether its passport or an announcement says so.
    pub(crate) fn works_at<'a>(
        &'a self,
        stream: &'a Datastream,
        at: Timestamp,
    ) -> Option<&'a Works> {
        match &stream.passport {
            Some(passport) => passport.works_at(at),
            None => self.works.at(stream.source, &stream.id, at),
        }
    }

    fn due_of(&self, index: u32) -> Option<Timestamp> {
        let watch = self.streams.get(index as usize)?.watch.as_ref()?;
        watch.due(self.passport(index)?)
    }

    fn unschedule(&mut self, index: Option<u32>) {
        let at = index.and_then(|index| Some((self.due_of(index)?, index)));
        at.inspect(|at| _ = self.due.remove(at));
    }

    fn schedule(&mut self, index: u32) {
        self.due.extend(self.due_of(index).map(|at| (at, index)));
    }

    /// The next moment at which a silence says something: right after it was due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| at.plus_ms(1))
    }

    /// Lets time pass for those whose silence says something by now, and tells what.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Vec<(u32, Vec<Transition>)> {
        let mut told = Vec::new();
        while let Some((at, index)) = self.due.first().copied().filter(|(at, _)| *at < now) {
            self.due.remove(&(at, index));
            let stream = self.streams.get_mut(index as usize);
            if let Some(Datastream { watch: Some(watch), passport: Some(passport), .. }) = stream {
                told.push((index, watch.tick(passport, at.plus_ms(1))));
            }
            // What was due was said: only a later moment can be due now.
            self.due.extend(self.due_of(index).filter(|due| *due > at).map(|due| (due, index)));
        }
        told
    }

    /// Gives a value to the watch of a datastream that has a passport.
    fn watch(
        &mut self,
        index: u32,
        observation: &ObservationEntry,
        recorded_at: Timestamp,
    ) -> Vec<Transition> {
        if self.passport(index).is_none() {
            return Vec::new();
        }
        self.unschedule(Some(index));
        let Some(stream) = self.streams.get_mut(index as usize) else { return Vec::new() };
        let unit = observation.unit.as_deref();
        let result = match &observation.result {
            // A number of which nobody knows how large it is says that the sensor speaks, and no more.
            ObservationResult::Number(number) => match stream.judged(*number, unit) {
                Some(number) => ObservationResult::Number(number),
                None => ObservationResult::Text(String::new()),
            },
            words @ ObservationResult::Text(_) => words.clone(),
        };
        let Datastream { watch, passport: Some(passport), .. } = stream else { return Vec::new() };
        let watch = watch.get_or_insert_default();
        let time = observation.phenomenon_time;
        let told = if observation.late {
            watch.observe_late(passport, &result, time, recorded_at)
        } else {
            watch.observe(passport, &result, time, recorded_at)
        };
        self.schedule(index);
        told
    }

    /// A datastream, to be told that it spoke for a situation.
    pub(crate) fn stream_mut(&mut self, index: u32) -> Option<&mut Datastream> {
        self.streams.get_mut(index as usize)
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

    /// Takes one observation; `None` when there is no room for its datastream, and for a first value that is bad.
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
        // What is not to be believed is no word of the sensor: it breaks no silence either.
        if observation.quality == Quality::Bad {
            let at = self.streams.get(index as usize)?.place.map(LngLat::mercator);
            return Some(Observed {
                index,
                is_newest: false,
                told: Vec::new(),
                moved_from: None,
                at,
            });
        }
        let mut told = self.overrule_will(index, observation, recorded_at);
        told.extend(self.watch(index, observation, recorded_at));
        let stream = self.streams.get_mut(index as usize)?;
        if observation.phenomenon_time < stream.phenomenon_time {
            let at = stream.place.map(LngLat::mercator);
            return Some(Observed { index, is_newest: false, told, moved_from: None, at });
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
        stream.quality = observation.quality;
        stream.phenomenon_time = observation.phenomenon_time;
        stream.recorded_at = recorded_at;
        stream.seq = seq;
        // What a later message leaves out stays as it was.
        let is_named = stream.passport.as_ref().is_some_and(|passport| passport.name.is_some());
        if let Some(name) = observation.name.as_ref().filter(|_| !is_named) {
            stream.name = Some(name.clone());
        }
        if let Some(unit) = &observation.unit {
            stream.unit = Some(unit.clone());
            stream.base_unit.get_or_insert_with(|| unit.clone());
        }
        stream.stands(observation.place, observation.phenomenon_time);
        self.offsets.note(observation, recorded_at);
        stream.place = observation.place.or(stream.place);
        self.newest = self.newest.max(Some(observation.phenomenon_time));
        let at = stream.place.map(LngLat::mercator);
        let moved_from = before.map(LngLat::mercator).filter(|before| Some(*before) != at);
        Some(Observed { index, is_newest: true, told, moved_from, at })
    }

    fn first(
        &mut self,
        name: (SourceKey, String),
        seq: u64,
        recorded_at: Timestamp,
        observation: &ObservationEntry,
    ) -> Option<Observed> {
        if self.streams.len() >= DATASTREAMS_MAX || observation.quality == Quality::Bad {
            return None;
        }
        let index = self.streams.len() as u32;
        self.offsets.note(observation, recorded_at);
        let passport = self.passports.get(&name);
        let put_up = passport.and_then(|passport| passport.place);
        let named = passport.and_then(|passport| passport.name.clone());
        let place = observation.place.or(put_up);
        let mut stream = Datastream {
            source: observation.source,
            id: observation.datastream.clone(),
            name: named.or_else(|| observation.name.clone()),
            unit: observation.unit.clone(),
            base_unit: observation.unit.clone(),
            place,
            places: VecDeque::new(),
            result: observation.result.clone(),
            quality: observation.quality,
            phenomenon_time: observation.phenomenon_time,
            recorded_at,
            seq,
            intervals: VecDeque::new(),
            passport: None,
            watch: None,
            voiced_at: None,
            will: None,
        };
        stream.stands(place, observation.phenomenon_time);
        self.streams.push(stream);
        self.by_name.insert(name, index);
        self.hand_over(index);
        self.newest = self.newest.max(Some(observation.phenomenon_time));
        let told = self.watch(index, observation, recorded_at);
        let at = place.map(LngLat::mercator);
        Some(Observed { index, is_newest: true, told, moved_from: None, at })
    }

    pub(crate) fn in_box(&self, bbox: &Bbox) -> Vec<u32> {
        (0u32..)
            .zip(&self.streams)
            .filter(|(_, stream)| stream.place.is_some_and(|place| bbox.contains(place)))
            .map(|(index, _)| index)
            .collect()
    }
}
