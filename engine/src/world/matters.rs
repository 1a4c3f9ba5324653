//! What the room deals with: alarms and lines of the log as a reader may see them, what keeps a situation from ending by itself,
//! and what is noted whenever situations are settled.

use std::collections::BTreeSet;

use wire::alarm::AlarmView;
use wire::decision::{DecisionKind, DecisionSubject, LogLine};
use wire::geo::LngLat;
use wire::grade::Severity;
use wire::id::ReportId;

use super::World;
use crate::change::{Change, Matter};
use crate::limits::{LINES_AT_FIRST, SENSOR_NEAR_M};
use crate::place::distance_m;
use crate::room::{AlarmId, Cause, Decided, Hand, LastSeen};
use crate::rule::Thing;
use crate::situation::evidence::weigh;
use crate::situation::{Family, SituationId};
use crate::view::Clearance;

impl World {
    /// Everything there is, for a reader who has nothing yet; of the log the newest lines.
    pub fn matters(&self) -> impl Iterator<Item = Matter> {
        let lines = self.room.log.all().rev().take(LINES_AT_FIRST);
        let lines: Vec<Matter> = lines.map(|(seq, _)| Matter::Line(seq)).collect();
        let alarms = self.room.alarms.all().map(|(id, _)| Matter::Alarm(id));
        let advisories = self.advisories_in_force().map(Matter::Advisory);
        self.situation_ids().map(Matter::Situation).chain(alarms).chain(lines).chain(advisories)
    }

    /// All alarms, the gravest first, of those as grave the newest; what is over for a day more.
    pub fn alarms(&self, clearance: Clearance) -> Vec<AlarmView> {
        let mut alarms: Vec<AlarmView> =
            self.room.alarms.all().filter_map(|(id, _)| self.alarm(id, clearance)).collect();
        alarms.sort_by_key(|one| (one.level, std::cmp::Reverse((one.since, one.id))));
        alarms
    }

    /// One alarm.
    pub fn alarm(&self, id: AlarmId, clearance: Clearance) -> Option<AlarmView> {
        let alarm = self.room.alarms.find(id)?;
        let stream = match alarm.cause {
            Cause::Stream(index, _) => Some((index, self.sensors.streams().get(index as usize)?)),
            Cause::Look(_) | Cause::Rule(..) | Cause::Dark(_) | Cause::Notice(_) => None,
        };
        let fired = self.guarded.fired(id);
        let thing = fired.and_then(|firing| firing.thing.as_ref());
        let stream = stream.or_else(|| {
            let Thing::Stream(name) = thing? else { return None };
            self.sensors.find(name.source, &name.name)
        });
        let passport = stream.and_then(|(index, _)| self.sensors.passport(index));
        let stream = stream.map(|(_, stream)| stream);
        let notice = self.place_of_notice(alarm.cause);
        let name = match fired {
            Some(firing) => Some(firing.name.clone()),
            None => {
                stream.map(|one| one.name.clone().unwrap_or_else(|| one.id.clone())).or_else(|| {
                    // Words from outside: the wall reads none.
                    self.name_of_notice(alarm.cause).filter(|_| clearance > Clearance::Wall)
                })
            }
        };
        let situation = alarm.situation.map(|id| self.thinking.situations.whole(id));
        let says = fired.and_then(|firing| firing.hazard).or(notice.map(|(_, hazard)| hazard));
        Some(AlarmView {
            id: id.0,
            mode: self.mode,
            seq: self.head,
            level: alarm.level,
            state: alarm.state(),
            cause: alarm.word,
            hazard: says.or_else(|| passport.and_then(|passport| passport.hazard)),
            situation: situation.map(|id| id.0),
            datastream: stream.map(|stream| stream.id.clone()),
            source: stream.map(|stream| self.source_name(stream.source)),
            name: name.unwrap_or_default(),
            geometry: match (stream, notice) {
                (Some(stream), _) => stream.place,
                (None, Some((place, _))) => place,
                (None, None) => Self::place_of_cause(alarm.cause),
            },
            value: alarm.figures.value,
            value_at: alarm.figures.value_at,
            limit: alarm.figures.limit,
            unit: stream.and_then(|stream| stream.reference().map(str::to_owned)),
            since: alarm.since,
            eased_at: alarm.eased_at,
            answered_at: alarm.answered.as_ref().map(|answer| answer.at),
            answered_by: alarm
                .answered
                .as_ref()
                .and_then(|answer| answer.by.clone())
                .filter(|_| clearance >= Clearance::Desk),
            shelved_until: alarm.shelved_until,
            sounds: alarm.sounds,
            climbed: alarm.climbed,
            #[cfg(not(target_arch = "wasm32"))]
            rule: fired.map(|firing| self.firing_view(firing)),
        })
    }

    /// Lines of the log before a number, the newest first, and the number to ask before for more.
    pub fn log(
        &self,
        before: Option<u64>,
        limit: usize,
        clearance: Clearance,
    ) -> (Vec<LogLine>, Option<u64>) {
        let mut lines = self.room.log.before(before.unwrap_or(u64::MAX));
        let page: Vec<LogLine> = lines
            .by_ref()
            .take(limit)
            .map(|(seq, decided)| self.line(seq, decided, clearance))
            .collect();
        let next = lines.next().and(page.last()).map(|last| last.seq);
        (page, next)
    }

    /// One line of the log.
    pub fn log_line(&self, seq: u64, clearance: Clearance) -> Option<LogLine> {
        let decided = self.room.log.find(seq)?;
        Some(self.line(seq, decided, clearance))
    }

    /// What a decision is about: of a zone or rule that was new, with the number that it was given.
    pub fn decided_on(&self, seq: u64) -> Option<DecisionSubject> {
        self.room.log.find(seq)?.entry.subject.clone()
    }

    /// Whether any decision of this kind about it stands.
    pub fn is_decided(&self, kind: DecisionKind, subject: &DecisionSubject) -> bool {
        self.room.log.about(subject).any(|(_, decided)| decided.entry.kind == kind)
    }

    /// What a decision was.
    pub fn decided_kind(&self, seq: u64) -> Option<DecisionKind> {
        self.room.log.find(seq).map(|decided| decided.entry.kind)
    }

    /// Names and words are for the desks.
    fn line(&self, seq: u64, decided: &Decided, clearance: Clearance) -> LogLine {
        let Decided { entry, entered_at, taken_back, used, .. } = decided;
        let desk = |word: &Option<String>| word.clone().filter(|_| clearance >= Clearance::Desk);
        LogLine {
            seq,
            mode: self.mode,
            entered_at: *entered_at,
            occurred_at: entry.occurred_at,
            known_seq: entry.known_seq,
            kind: entry.kind,
            subject: entry.subject.clone(),
            basis: entry.basis,
            text: desk(&entry.signed.text),
            by: desk(&entry.signed.by),
            taken_back: *taken_back,
            // A refutation rests on nothing that it refutes.
            refuted: used
                .iter()
                .filter(|id| entry.kind != DecisionKind::Refute && self.is_refuted(**id))
                .copied()
                .collect(),
        }
    }

    /// Whether a decision that holds says that a report is not true.
    pub(super) fn is_refuted(&self, id: ReportId) -> bool {
        let mut about = self.room.log.about(&DecisionSubject::Report(id));
        about.any(|(_, decided)| decided.entry.kind == DecisionKind::Refute)
    }

    /// Reports that spoke for decisions about a situation, and were refuted.
    pub(super) fn n_refuted(&self, id: SituationId) -> u32 {
        let about = self.room.log.about(&DecisionSubject::Situation(id.0));
        let used: BTreeSet<ReportId> =
            about.flat_map(|(_, decided)| decided.used.iter().copied()).collect();
        used.into_iter().filter(|id| self.is_refuted(*id)).count() as u32
    }

    /// The hand that people have on a situation, by the decisions about it and about what became a part of it.
    pub(super) fn hand(&self, id: SituationId) -> Hand {
        let situations = &self.thinking.situations;
        let is_part = |subject: &&DecisionSubject| match subject {
            DecisionSubject::Situation(part) => situations.whole(SituationId(*part)) == id,
            _ => false,
        };
        let parts = self.room.log.subjects().filter(is_part);
        let mut decided: Vec<(u64, &Decided)> =
            parts.flat_map(|part| self.room.log.about(part)).collect();
        decided.sort_unstable_by_key(|(seq, _)| *seq);
        Hand::of(decided.into_iter())
    }

    /// Whether a situation does not end by itself (law 1 of the room): somebody has to do with it, it was grave, an alarm of it
    /// or of a sensor upstream of it is not over, or a plan phase is in force.
    pub(super) fn is_kept(&self, id: SituationId) -> bool {
        let was_grave = self.room.last.get(&id).is_some_and(|last| last.worst <= Severity::Severe);
        was_grave
            || self.hand(id).holds()
            || !self.alarms_of(id).is_empty()
            || self.is_in_phase()
            || self.is_below_a_rise(id)
    }

    /// Whether an alarm stands at a sensor upstream: what it says of has not come here yet.
    fn is_below_a_rise(&self, id: SituationId) -> bool {
        let last = self.room.last.get(&id);
        let Some((Some(at), hazard)) = last.map(|last| (last.place().0, last.hazard)) else {
            return false;
        };
        let standing = self.room.alarms.all().filter(|(_, alarm)| !alarm.is_over());
        let upstream = standing.filter_map(|(_, alarm)| match alarm.cause {
            Cause::Stream(index, _) => Some(index),
            Cause::Look(_) | Cause::Rule(..) | Cause::Dark(_) | Cause::Notice(_) => None,
        });
        let mut reached = upstream.flat_map(|index| self.sensors.downstream(index));
        reached.any(|(stream, passport)| {
            let is_kin = passport.hazard.map(Family::of) == Some(Family::of(hazard));
            let place = stream.place.filter(|_| is_kin);
            place.is_some_and(|place| distance_m(place, at) <= SENSOR_NEAR_M)
        })
    }

    /// Whether a plan phase is in force: a phase says so in words, and is over when it is taken back.
    pub fn is_in_phase(&self) -> bool {
        let mut phases = self.room.log.all().rev().filter(|(_, decided)| {
            let holds = decided.taken_back.is_none() && !decided.is_void;
            holds && decided.entry.kind == DecisionKind::Phase
        });
        phases.next().is_some()
    }

    /// The situations that end by themselves now: none of their reports is live, and nothing keeps them.
    pub(super) fn ending(&self) -> Vec<SituationId> {
        self.thinking.situations.bare().filter(|id| !self.is_kept(*id)).collect()
    }

    /// Notes what was last known of the situations that changed, and which situations alarms belong to.
    pub(super) fn note_settled(&mut self, changed: &BTreeSet<SituationId>, out: &mut Vec<Change>) {
        for id in changed {
            let voices = self.thinking.situations.voices(*id);
            let evidence = weigh(&voices);
            let Some((first, radius_m)) = super::situations::middle(&voices) else { continue };
            let seen = LastSeen::new(evidence.hazard, evidence.severity, first, radius_m);
            let last = self.room.last.entry(*id).or_insert(seen);
            *last = last.and(seen);
        }
        let watched: Vec<SituationId> =
            changed.iter().filter(|id| self.room.looks.contains_key(id)).copied().collect();
        for id in watched {
            self.watch_on(id);
        }
        let known = &self.thinking.situations;
        self.room.last.retain(|id, _| known.find(*id).is_some());
        let alarms: Vec<AlarmId> = self.room.alarms.all().map(|(id, _)| id).collect();
        let seq = self.head;
        for id in alarms {
            let before = self.room.alarms.find(id).and_then(|alarm| alarm.situation);
            self.situate(id);
            let after = self.room.alarms.find(id).and_then(|alarm| alarm.situation);
            if before != after {
                out.push(Change::Matter { matter: Matter::Alarm(id), seq });
            }
        }
    }

    /// Open situations near a place.
    pub(super) fn situations_near(&self, place: LngLat) -> impl Iterator<Item = SituationId> {
        let open = self.thinking.situations.all().filter(|one| one.ended_at.is_none());
        open.map(|one| one.id).filter(move |id| {
            let at = self.place_of(*id);
            at.is_some_and(|at| distance_m(at, place) <= SENSOR_NEAR_M)
        })
    }
}
