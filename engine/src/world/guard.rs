//! Guarding: what came is given to the rules with the zones that cover its place, and what they tell becomes alarms.
//!
//! Each entry is one moment for the rules, and so is each moment at which they have something to say by themselves, so that
//! what is told depends on entries and the moment alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::alarm::AlarmCause;
use wire::geo::LngLat;
use wire::grade::{Hazard, Kind};
use wire::id::ReportId;
use wire::time::Timestamp;

use super::World;
use super::before::Before;
use super::heed::voice_id;
use super::speak::Spoken;
use crate::change::{Change, Matter};
use crate::entry::Body;
use crate::observation::{ObservationEntry, ObservationResult};
use crate::record::Record;
use crate::report::ReportEntry;
use crate::room::{AlarmId, Cause, Figures, Raised};
use crate::rule::{Event, Firing, Numbers, Rules, Said, Stream, Thing, Transition, Turn};
use crate::zone::{Presence, Zone, ZoneId, Zones};

/// The zones and rules of a room, and what they remember.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Guarded {
    pub(super) zones: Zones,
    pub(super) rules: Rules,
    /// Where each thing is that may move, once there are zones.
    presences: BTreeMap<Thing, Presence>,
    /// What raised the alarms of rules.
    fired: BTreeMap<AlarmId, Firing>,
    /// For which source each report spoke.
    spoken: Spoken,
    /// Whether the words of what was heard last were read.
    reads: bool,
    pub(super) before: Before,
    /// The last numbers that were given.
    pub(super) last_zone: u32,
    pub(super) last_rule: u32,
}

impl Guarded {
    fn is_idle(&self) -> bool {
        self.zones.n_zones() == 0 && self.rules.n_rules() == 0
    }

    /// What raised an alarm of a rule.
    pub(super) fn fired(&self, alarm: AlarmId) -> Option<&Firing> {
        self.fired.get(&alarm)
    }

    /// A zone is gone. Where nothing is a zone any more, nothing is followed.
    pub(super) fn remove_zone(&mut self, id: ZoneId) -> Option<Zone> {
        let zone = self.zones.remove(id);
        if self.zones.n_zones() == 0 {
            self.presences.clear();
        }
        zone
    }

    /// A report is gone.
    pub(super) fn forget(&mut self, id: ReportId) {
        self.presences.remove(&Thing::Report(id));
        self.spoken.forget(id);
    }

    pub(super) fn covering(&self, place: Option<LngLat>) -> Vec<ZoneId> {
        let mut hits = Vec::new();
        if let Some(place) = place {
            self.zones.at(place, &mut hits);
        }
        hits
    }

    /// Notes where something is that nobody followed so far.
    fn seed(&mut self, thing: Thing, place: LngLat, at: Timestamp) {
        let zones = &self.zones;
        self.presences.entry(thing).or_insert_with(|| {
            let mut presence = Presence::default();
            presence.seen(zones, place, at);
            presence
        });
    }

    /// Follows a thing to a place; what rules are told of it.
    fn follow(&mut self, thing: Thing, place: LngLat, at: Timestamp) -> Said {
        let presence = self.presences.entry(thing.clone()).or_default();
        presence.seen(&self.zones, place, at);
        Said::Seen { thing, stays: presence.stays().to_vec() }
    }
}

/// What stands for one firing, among the causes of alarms.
fn cause(firing: &Firing) -> Cause {
    let name = firing.thing.as_ref().map(|thing| match thing {
        Thing::Report(id) => *id,
        Thing::Stream(stream) => voice_id(stream.source, &stream.name),
    });
    Cause::Rule(firing.rule, name)
}

fn figures(numbers: &Numbers) -> Figures {
    match numbers {
        Numbers::Sources { n, n_min, .. } => Figures {
            value: Some(f64::from(*n)),
            limit: Some(f64::from(*n_min)),
            ..Figures::default()
        },
        Numbers::Value { value, level, .. } => {
            Figures { value: Some(*value), limit: Some(*level), ..Figures::default() }
        }
        Numbers::Entered { .. } | Numbers::Left { .. } | Numbers::Stayed { .. } => {
            Figures::default()
        }
    }
}

fn stream(observation: &ObservationEntry) -> Stream {
    Stream { source: observation.source, name: observation.datastream.clone() }
}

impl World {
    /// Before an entry is folded in: what moves and was followed by nobody yet was where it was.
    pub(super) fn seed(&mut self, body: &Body) {
        if self.guarded.zones.n_zones() == 0 {
            return;
        }
        let seed = match body {
            Body::Report(report) if report.kind == Kind::Unit => {
                let known = self.ids.find(report.id, &self.records);
                let record = known.map(|slot| &self.records[slot as usize]);
                record
                    .filter(|record| !record.erased)
                    .and_then(|record| Some((record.place?, record.observed_at)))
                    .map(|(place, at)| (Thing::Report(report.id), place, at))
            }
            Body::Observation(observation) => self
                .sensors
                .find(observation.source, &observation.datastream)
                .and_then(|(_, held)| Some((held.place?, held.phenomenon_time)))
                .map(|(place, at)| (Thing::Stream(stream(observation)), place, at)),
            _ => None,
        };
        if let Some((thing, place, at)) = seed {
            self.guarded.seed(thing, place, at);
        }
    }

    /// After an entry was folded in: rules hear what it says.
    pub(super) fn guard(&mut self, seq: u64, body: &Body, out: &mut Vec<Change>) {
        if self.guarded.is_idle() {
            return;
        }
        match body {
            Body::Report(report) => self.guard_report(seq, report, out),
            Body::Observation(observation) => self.guard_value(seq, observation, out),
            _ => {}
        }
    }

    fn guard_report(&mut self, seq: u64, report: &ReportEntry, out: &mut Vec<Change>) {
        let Some(slot) = self.ids.find(report.id, &self.records) else { return };
        let record = &self.records[slot as usize];
        if record.seq != seq || record.erased {
            return;
        }
        let (id, place, at, late) = (record.id, record.place, record.observed_at, record.late);
        let kind = record.kind;
        let (source, anew) = {
            let group = self.thinking.group_of(id).filter(|group| group.n_reports > 1);
            let heard = group.map(|group| self.guarded.spoken.hear(id, &group));
            heard.unwrap_or_else(|| {
                // It is no copy any more.
                self.guarded.spoken.forget(id);
                (id, Vec::new())
            })
        };
        for id in anew.into_iter().chain([id]) {
            self.guard_spoken(id, source, out);
        }
        if let Some(place) = place.filter(|_| kind == Kind::Unit)
            && self.guarded.zones.n_zones() > 0
        {
            let said = self.guarded.follow(Thing::Report(id), place, at);
            self.hear_rules(at, late, Some(place), said, out);
        }
    }

    /// Rules hear of a report anew, because a person placed it.
    pub(super) fn guard_placed(&mut self, id: ReportId, out: &mut Vec<Change>) {
        let Some(slot) = self.ids.find(id, &self.records) else { return };
        if !self.guarded.is_idle() && !self.records[slot as usize].erased {
            self.guard_spoken(id, self.guarded.spoken.source(id), out);
        }
    }

    /// Rules hear that a report speaks for a source.
    fn guard_spoken(&mut self, id: ReportId, source: ReportId, out: &mut Vec<Change>) {
        // Also one that was refuted before the rule was armed.
        if self.is_refuted(id) {
            return;
        }
        let Some(slot) = self.ids.find(id, &self.records) else { return };
        let record = &self.records[slot as usize];
        let (at, late, place) = (record.observed_at, record.late, record.place);
        let said = Said::Report { id, source, hazard: self.thinking.hazard(record) };
        self.guarded.reads = self.thinking.reads();
        self.hear_rules(at, late, place, said, out);
    }

    /// Words are read from now on: rules hear of what is held and names its matter in words alone, as if they had been read when
    /// it came. What they heard with its words already they do not hear again.
    pub(super) fn guard_words(&mut self) {
        if std::mem::replace(&mut self.guarded.reads, true) || self.guarded.rules.n_rules() == 0 {
            return;
        }
        let unread = self.by_seq.values().map(|slot| &self.records[*slot as usize]);
        let unread = unread.filter(|record| record.hazard == Hazard::Other && !record.erased);
        let heard = unread.filter_map(|record| {
            let hazard = self.thinking.hazard(record);
            (hazard != Hazard::Other && !self.is_refuted(record.id))
                .then(|| self.said_then(record, self.guarded.spoken.source(record.id), hazard))
        });
        let heard: Vec<Event> = heard.collect();
        let told = self.guarded.rules.take_unread(&heard, self.now);
        // Nobody follows yet: whoever comes is given the alarms as they are.
        self.heed_rules(told, &mut Vec::new());
    }

    /// A report that is held, as rules hear it as of its receipt.
    pub(super) fn said_then(&self, record: &Record, source: ReportId, hazard: Hazard) -> Event {
        Event {
            recorded_at: record.recorded_at,
            at: record.observed_at,
            late: record.late,
            zones: self.guarded.covering(record.place),
            said: Said::Report { id: record.id, source, hazard },
        }
    }

    fn guard_value(&mut self, seq: u64, observation: &ObservationEntry, out: &mut Vec<Change>) {
        let held = self.sensors.find(observation.source, &observation.datastream);
        // One that is not the newest says nothing.
        let Some((_, held)) = held.filter(|(_, held)| held.seq == seq) else { return };
        let (place, at) = (held.place, held.phenomenon_time);
        // Rules know a datastream in one unit, whatever its partner sends today.
        let unit = held.reference().map(str::to_owned);
        if let ObservationResult::Number(value) = observation.result
            && let Some(value) = held.judged(value, None)
        {
            let said = Said::Value { stream: stream(observation), value, unit };
            self.hear_rules(at, observation.late, place, said, out);
        }
        if let Some(place) = place.filter(|_| self.guarded.zones.n_zones() > 0) {
            let said = self.guarded.follow(Thing::Stream(stream(observation)), place, at);
            self.hear_rules(at, observation.late, Some(place), said, out);
        }
    }

    /// A zone is drawn: what stands in it did not come in.
    pub(super) fn drawn(&mut self, zone: ZoneId) {
        let followed: Vec<Thing> = self.guarded.presences.keys().cloned().collect();
        for thing in followed {
            let place = match &thing {
                Thing::Report(id) => {
                    let slot = self.ids.find(*id, &self.records);
                    slot.and_then(|slot| self.records[slot as usize].place)
                }
                Thing::Stream(one) => {
                    let held = self.sensors.find(one.source, &one.name);
                    held.and_then(|(_, held)| held.place)
                }
            };
            if self.guarded.covering(place).contains(&zone)
                && let Some(presence) = self.guarded.presences.get_mut(&thing)
            {
                presence.stood_in(zone);
            }
        }
    }

    /// Rules hear that a report is not true.
    pub(super) fn guard_refuted(&mut self, report: ReportId, out: &mut Vec<Change>) {
        if self.guarded.rules.n_rules() > 0 {
            self.hear_rules(self.now, false, None, Said::Refuted { report }, out);
        }
    }

    /// Alarms that rest on a report show whether it is refuted.
    pub(super) fn tell_fired(&self, report: ReportId, out: &mut Vec<Change>) {
        let flagged =
            self.guarded.fired.iter().filter(|(_, firing)| firing.reports.contains(&report));
        let seq = self.head;
        out.extend(flagged.map(|(id, _)| Change::Matter { matter: Matter::Alarm(*id), seq }));
    }

    fn hear_rules(
        &mut self,
        at: Timestamp,
        late: bool,
        place: Option<LngLat>,
        said: Said,
        out: &mut Vec<Change>,
    ) {
        if self.guarded.rules.n_rules() == 0 {
            return;
        }
        let zones = self.guarded.covering(place);
        let told = self.guarded.rules.take(Event { recorded_at: self.now, at, late, zones, said });
        self.heed_rules(told, out);
    }

    /// Time passed up to a moment at which rules have something to say.
    pub(super) fn tick_rules(&mut self, out: &mut Vec<Change>) {
        let told = self.guarded.rules.tick(self.now);
        self.heed_rules(told, out);
    }

    /// What turned becomes alarms: one for each rule and thing.
    pub(super) fn heed_rules(&mut self, told: Vec<Transition>, out: &mut Vec<Change>) {
        let seq = self.head;
        for Transition { turn, at, firing } in told {
            let cause = cause(&firing);
            let alarm = match turn {
                Turn::Begun => {
                    let raised = Raised {
                        word: AlarmCause::Rule,
                        level: firing.grade.level(),
                        figures: figures(&firing.numbers),
                    };
                    let id = self.room.alarms.raise(cause, raised, at);
                    self.guarded.fired.insert(id, firing);
                    Some(id)
                }
                // Which of its reports are refuted is asked of the log, and was told with the refutation.
                Turn::Doubted => None,
                Turn::Ended => self.room.alarms.ease(cause, at),
            };
            if let Some(id) = alarm {
                self.situate(id);
            }
            out.extend(alarm.map(|id| Change::Matter { matter: Matter::Alarm(id), seq }));
        }
    }

    /// The firings of which no alarm is left.
    pub(super) fn forget_fired(&mut self) {
        let alarms = &self.room.alarms;
        self.guarded.fired.retain(|id, _| alarms.find(*id).is_some());
    }

    /// Notes which situation an alarm of a rule belongs to: that of the first of its reports, or of its datastream.
    pub(super) fn situate_fired(&mut self, id: AlarmId, cause: Cause) {
        let Some(firing) = self.guarded.fired(id) else { return };
        if self.room.alarms.find(id).is_some_and(|alarm| alarm.situation.is_some()) {
            return;
        }
        let thing = match cause {
            Cause::Rule(_, name) => name,
            Cause::Stream(..) | Cause::Look(_) | Cause::Dark(_) | Cause::Notice(_) => None,
        };
        let mut names = firing.reports.iter().copied().chain(thing);
        let situation = names.find_map(|name| self.thinking.situations.of(name));
        if let Some(situation) = situation {
            self.room.alarms.belongs_to(id, situation);
        }
    }
}
