//! Trying a rule against the reports that are held: what it needs is taken out of the World, which is left alone while it is tried.

use wire::rule::{RuleTold, RuleTurn};
use wire::time::Timestamp;

use super::World;
use super::arm::{firing_view, unknown_zone};
use crate::flaw::Flaw;
use crate::rule::{Event, Rule, Turn, try_rule};
use crate::tree::Slot;

/// A rule with what it hears of the past.
#[derive(Debug)]
pub struct Trial {
    rule: Rule,
    from: Timestamp,
    to: Timestamp,
    heard: Vec<Event>,
    n_reports: u64,
}

impl Trial {
    /// What the rule would have told, and of how many reports.
    pub fn run(self) -> Result<(u64, Vec<RuleTold>), Vec<Flaw>> {
        let told = try_rule(&self.rule, self.from, self.to, self.heard)?;
        let told = told.into_iter().map(|turned| RuleTold {
            turn: match turned.turn {
                Turn::Begun => RuleTurn::Begun,
                Turn::Doubted => RuleTurn::Doubted,
                Turn::Ended => RuleTurn::Ended,
            },
            at: turned.at,
            // It counts sources, and of none that is refuted.
            firing: firing_view(&turned.firing, None, Vec::new()),
        });
        Ok((self.n_reports, told.collect()))
    }
}

impl World {
    /// A rule with the reports that are held and were received in this time, each in its newest version, none that is refuted.
    pub fn trial(&self, rule: Rule, from: Timestamp, to: Timestamp) -> Result<Trial, Vec<Flaw>> {
        let zone = rule.when.zone();
        if zone.is_some_and(|zone| self.guarded.zones.zone(zone).is_none()) {
            let unknown = unknown_zone(&rule.when);
            let field = unknown.pointer.trim_start_matches("/rule/").replace('/', ".");
            return Err(vec![Flaw { field, remedy: unknown.detail.to_owned() }]);
        }
        let received = self.by_recorded.range((from, 0)..=(to, Slot::MAX));
        let held = received.map(|(_, slot)| &self.records[*slot as usize]);
        let mut n_reports = 0;
        let mut heard = Vec::new();
        for record in held.filter(|one| !one.erased && !self.is_refuted(one.id)) {
            n_reports += 1;
            let group = self.thinking.group_of(record.id);
            let source = group.map_or(record.id, |group| group.first);
            let event = self.said_then(record, source, self.thinking.hazard(record));
            if rule.when.hears(&event) {
                heard.push(event);
            }
        }
        Ok(Trial { rule, from, to, heard, n_reports })
    }
}
