//! One rule with what it remembers.

use serde::{Deserialize, Serialize};
use wire::id::ReportId;
use wire::time::Timestamp;

use super::crossing::Crossings;
use super::event::{Event, Said, Thing};
use super::limits::FORGET_MS;
use super::sources::Sources;
use super::told::{Firing, Numbers, Transition, Turn};
use super::value::Values;
use super::when::{Rule, RuleId, When};

/// Who speaks when a rule fires.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice<'a> {
    id: RuleId,
    rule: &'a Rule,
    pub(super) armed_at: Timestamp,
}

impl Voice<'_> {
    /// Tells that the rule fires, and gives what stands now.
    pub(super) fn begun(
        &self,
        thing: Option<Thing>,
        at: Timestamp,
        numbers: Numbers,
        reports: Vec<ReportId>,
        told: &mut Vec<Transition>,
    ) -> Firing {
        let firing = Firing {
            rule: self.id,
            name: self.rule.name.clone(),
            grade: self.rule.grade,
            hazard: self.rule.when.hazard(),
            zone: self.rule.when.zone(),
            thing,
            since: at,
            numbers,
            reports,
            refuted: Vec::new(),
        };
        told.push(Transition { turn: Turn::Begun, at, firing: firing.clone() });
        firing
    }
}

/// A rule with what it remembers; each kind of rule uses its own part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Guard {
    pub(super) id: RuleId,
    pub(super) rule: Rule,
    armed_at: Timestamp,
    sources: Sources,
    values: Values,
    crossings: Crossings,
    /// The hour in which things were last forgotten, counted from 1970.
    hour: i64,
}

/// Hours are when things are forgotten: at the same moments, whenever somebody ticks.
const HOUR_MS: i64 = 3_600_000;

impl Guard {
    pub(super) fn new(id: RuleId, rule: Rule, armed_at: Timestamp) -> Self {
        Self {
            id,
            rule,
            armed_at,
            sources: Sources::default(),
            values: Values::default(),
            crossings: Crossings::default(),
            hour: armed_at.0.div_euclid(HOUR_MS),
        }
    }

    /// Whether an event may change anything for it.
    pub(super) fn hears(&self, event: &Event) -> bool {
        // That a report which counts is a copy is heard however late it turns out.
        let turned_out = || match event.said {
            Said::Report { id, source, .. } => self.sources.speaks_for_another(id, source),
            _ => false,
        };
        event.recorded_at >= self.armed_at
            && (!event.is_late() || turned_out())
            && self.rule.when.hears(event)
    }

    /// Lets time pass up to and with `to`.
    pub(super) fn advance(&mut self, to: Timestamp, told: &mut Vec<Transition>) {
        let voice = Voice { id: self.id, rule: &self.rule, armed_at: self.armed_at };
        match &self.rule.when {
            When::Sources(count) => self.sources.advance(*count, to, told),
            When::Value(beyond) => self.values.advance(beyond, to, &voice, told),
            When::Crossing(path) => self.crossings.advance(path, to, &voice, told),
        }
        let hour = to.0.div_euclid(HOUR_MS);
        if hour > self.hour {
            self.hour = hour;
            let before = Timestamp(hour.saturating_mul(HOUR_MS)).plus_ms(-FORGET_MS);
            self.values.forget(before);
            self.crossings.forget(before);
        }
    }

    /// Takes an event, after time has passed up to its receipt; one that it does not hear is nothing to it.
    pub(super) fn take(&mut self, event: &Event, told: &mut Vec<Transition>) {
        if self.hears(event) {
            self.heed(event, told);
        }
    }

    /// Takes an event that it hears.
    pub(super) fn heed(&mut self, event: &Event, told: &mut Vec<Transition>) {
        self.advance(event.recorded_at, told);
        let voice = Voice { id: self.id, rule: &self.rule, armed_at: self.armed_at };
        match &self.rule.when {
            When::Sources(count) => self.sources.take(*count, event, &voice, told),
            When::Value(beyond) => self.values.take(beyond, event, told),
            When::Crossing(path) => self.crossings.take(path, event, &voice, told),
        }
    }

    pub(super) fn standing(&self) -> impl Iterator<Item = &Firing> {
        let counted = self.sources.standing();
        counted.chain(self.values.standing()).chain(self.crossings.standing())
    }

    /// The next moment at which it turns if nothing more comes.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let counted = match &self.rule.when {
            When::Sources(count) => self.sources.due(*count),
            When::Value(_) | When::Crossing(_) => None,
        };
        [counted, self.values.due(), self.crossings.due()].into_iter().flatten().min()
    }

    /// What stood, ended.
    pub(super) fn end(self, at: Timestamp, told: &mut Vec<Transition>) {
        let standing = self.sources.end().chain(self.values.end()).chain(self.crossings.end());
        told.extend(standing.map(|firing| Transition { turn: Turn::Ended, at, firing }));
    }
}
