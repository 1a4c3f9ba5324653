//! All rules of a room, and what they make of what comes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::Flaw;
use super::event::Event;
use super::guard::Guard;
use super::limits::{MOMENT_EVENTS_MAX, MOMENT_MS, RULES_MAX};
use super::told::{Firing, Transition};
use super::when::{Rule, RuleId};

/// The rules by number, each with what it remembers.
///
/// Calls come in the order of time; a step back of the clock is taken as no step. Events are judged when their second is over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    guards: BTreeMap<RuleId, Guard>,
    /// Events of one second that was not over when they came.
    moment: Vec<Event>,
    /// Up to where time has passed.
    now: Option<Timestamp>,
}

/// The second of a moment, counted from 1970.
fn second(at: Timestamp) -> i64 {
    at.0.div_euclid(MOMENT_MS)
}

/// The last millisecond before a second.
fn before(second: i64) -> Timestamp {
    Timestamp(second.saturating_mul(MOMENT_MS)).plus_ms(-1)
}

impl Rules {
    /// Sets a rule from this moment on, in place of the one with this number, whose firings end; otherwise says all that is wrong
    /// with it, and changes nothing.
    pub fn set(
        &mut self,
        id: RuleId,
        rule: Rule,
        now: Timestamp,
    ) -> Result<Vec<Transition>, Vec<Flaw>> {
        rule.check()?;
        if !self.guards.contains_key(&id) && self.guards.len() >= RULES_MAX {
            let remedy = format!("there are {RULES_MAX} rules already: remove one first");
            return Err(vec![Flaw { field: "id".to_owned(), remedy }]);
        }
        let told = self.remove(id, now);
        self.guards.insert(id, Guard::new(id, rule, self.now.unwrap_or(now)));
        Ok(told)
    }

    /// Removes a rule; its firings end.
    pub fn remove(&mut self, id: RuleId, now: Timestamp) -> Vec<Transition> {
        let mut told = self.tick(now);
        let now = self.now.unwrap_or(now);
        if let Some(mut guard) = self.guards.remove(&id) {
            // What came before within this second still counts for it.
            self.moment.sort_by_cached_key(Event::order);
            for event in &self.moment {
                guard.take(event, &mut told);
            }
            guard.advance(now, &mut told);
            guard.end(now, &mut told);
        }
        told
    }

    /// Takes what came, and says what turned before its second.
    pub fn take(&mut self, event: Event) -> Vec<Transition> {
        let mut told = self.tick(event.recorded_at);
        // Within a second the order of arrival says nothing; seconds that were told are over.
        let start = before(self.now.map_or(i64::MIN, second)).plus_ms(1);
        let event = Event { recorded_at: event.recorded_at.max(start), ..event };
        if self.guards.values().any(|guard| guard.hears(&event)) {
            self.moment.push(event);
            if self.moment.len() >= MOMENT_EVENTS_MAX {
                self.judge(&mut told);
            }
        }
        told
    }

    /// Takes reports that came before, of which only now is known what happens by them: they count from now on, for each rule that
    /// names a hazard and would have heard them when they came.
    pub fn take_unread(&mut self, events: &[Event], now: Timestamp) -> Vec<Transition> {
        let mut told = self.tick(now);
        let start = before(second(self.now.unwrap_or(now))).plus_ms(1);
        for event in events {
            let as_now = Event { recorded_at: start, ..event.clone() };
            let named = self.guards.values_mut().filter(|guard| guard.rule.when.hazard().is_some());
            for guard in named.filter(|guard| guard.hears(event)) {
                guard.heed(&as_now, &mut told);
            }
        }
        told
    }

    /// Lets time pass, and says what turned in the seconds that are over. How often it is called changes nothing that is told,
    /// only how soon.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Transition> {
        let mut told = Vec::new();
        let earlier = self.now;
        let now = earlier.map_or(now, |earlier| earlier.max(now));
        self.now = Some(now);
        if earlier.is_some_and(|earlier| second(earlier) == second(now)) {
            return told;
        }
        self.judge(&mut told);
        for guard in self.guards.values_mut() {
            guard.advance(before(second(now)), &mut told);
        }
        told.sort_by_key(|turn| (turn.at, turn.firing.rule));
        told
    }

    /// Judges the events that wait.
    fn judge(&mut self, told: &mut Vec<Transition>) {
        let mut moment = std::mem::take(&mut self.moment);
        moment.sort_by_cached_key(Event::order);
        for event in &moment {
            for guard in self.guards.values_mut() {
                guard.take(event, told);
            }
        }
    }

    /// What stands, the gravest first, then by rule and thing.
    pub fn standing(&self) -> Vec<&Firing> {
        let mut standing: Vec<&Firing> = self.guards.values().flat_map(Guard::standing).collect();
        standing.sort_by_key(|firing| std::cmp::Reverse(firing.grade));
        standing
    }

    /// All rules, by number.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.guards.values().map(|guard| (guard.id, &guard.rule))
    }

    /// A rule.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.guards.get(&id).map(|guard| &guard.rule)
    }

    /// How many rules there are.
    pub fn n_rules(&self) -> usize {
        self.guards.len()
    }

    /// The moment from which on a tick has something to say, if nothing comes before.
    pub fn due(&self) -> Option<Timestamp> {
        let waiting = self.moment.first().map(|event| event.recorded_at);
        let due = self.guards.values().filter_map(Guard::due).chain(waiting).min()?;
        Some(before(second(due) + 1).plus_ms(1))
    }
}

/// What a rule would have told had it been set at `from`, of past events in the order of their receipt, up to `to`: so a room sees
/// what a rule does before it arms it.
pub fn try_rule(
    rule: &Rule,
    from: Timestamp,
    to: Timestamp,
    events: impl IntoIterator<Item = Event>,
) -> Result<Vec<Transition>, Vec<Flaw>> {
    let mut rules = Rules::default();
    let mut told = rules.set(RuleId(0), rule.clone(), from)?;
    let past = events.into_iter().filter(|event| (from..=to).contains(&event.recorded_at));
    for event in past {
        told.extend(rules.take(event));
    }
    told.extend(rules.tick(before(second(to) + 1).plus_ms(1)));
    told.retain(|turn| turn.at <= to);
    Ok(told)
}
