//! Zones and rules that are taken back: what stood before stands again.

use wire::decision::{DecisionKind, DecisionSubject};
use wire::time::Timestamp;
use wire::zone::ZoneFeature;

use super::super::World;
use super::guard::Town;
use super::room::{decided, set, square};
use super::{MINUTE, entry, report};
use crate::decision::{DecisionEntry, Setting};
use crate::entry::Body;
use crate::report::ReportEntry;
use crate::rule::{Count, Grade, Move, Path, Rule, When};
use crate::zone::ZoneId;

const ZONE: DecisionSubject = DecisionSubject::Zone(1);
const RULE: DecisionSubject = DecisionSubject::Rule(1);

impl Town {
    fn draws(&mut self, street: u8) -> u64 {
        self.says(|now| set(DecisionKind::Zone, Some(ZONE), Setting::Zone(square(street)), now));
        self.world.head()
    }

    fn arms(&mut self, n_min: u32) -> u64 {
        let when = When::Sources(Count {
            n_min,
            hazard: None,
            zone: Some(ZoneId(1)),
            within_ms: 10 * MINUTE,
        });
        let rule = Rule { name: format!("{n_min}"), grade: Grade::Red, when };
        self.says(|now| set(DecisionKind::Rule, Some(RULE), Setting::Rule(rule.clone()), now));
        self.world.head()
    }

    fn decides(&mut self, kind: DecisionKind, subject: &DecisionSubject) -> u64 {
        self.says(|now| decided(kind, subject.clone(), now));
        self.world.head()
    }

    /// Takes a decision back; why not, if it cannot be.
    fn undoes(&mut self, seq: u64) -> Result<(), &'static str> {
        let undo =
            |now: Timestamp| decided(DecisionKind::Undo, DecisionSubject::Decision(seq), now);
        let Body::Decision(asked) = undo(self.now) else { unreachable!("a decision") };
        let asked: DecisionEntry = *asked;
        self.world.decidable(&asked).map_err(|flaw| {
            assert_eq!(flaw.pointer, "/subject", "the only field there is");
            flaw.reason
        })?;
        self.says(undo);
        Ok(())
    }

    fn drawn(&self) -> Vec<ZoneFeature> {
        self.world.zones()
    }

    fn armed(&self) -> Vec<String> {
        self.world.rules().into_iter().map(|rule| rule.rule.name).collect()
    }

    /// Goes on from a checkpoint.
    fn restarts(&mut self) {
        self.world = World::restore(&self.world.checkpoint()).expect("restores");
    }
}

/// The first zone, with the first rule about it.
fn town() -> Town {
    let mut town = Town::new();
    town.arm(When::Crossing(Path { zone: ZoneId(1), thing: None, moves: Move::Enters }));
    town
}

#[test]
fn a_zone_or_rule_that_was_new_is_gone_and_its_number_is_not_given_again() {
    let mut town = town();
    assert_eq!(town.undoes(1), Err("zone_in_use"), "the rule speaks of it");
    assert_eq!(town.undoes(2), Ok(()));
    assert_eq!(town.undoes(2), Err("taken_back"));
    assert_eq!(town.undoes(1), Ok(()));
    assert_eq!((town.drawn(), town.armed()), (vec![], vec![]));
    town.says(|now| set(DecisionKind::Zone, None, Setting::Zone(square(0)), now));
    assert_eq!(town.drawn()[0].id, 2);
}

#[test]
fn what_was_set_anew_is_as_it_was_one_step_after_the_other_and_over_a_restart() {
    let mut town = town();
    let (first, rule) = (town.drawn(), town.armed());
    let (drawn, armed) = (town.draws(1), town.arms(2));
    let (second, two) = (town.drawn(), town.armed());
    let (drawn_again, armed_again) = (town.draws(2), town.arms(3));
    assert_eq!(town.undoes(drawn), Err("changed_since"));
    assert_eq!(town.undoes(armed), Err("changed_since"));
    town.restarts();
    assert_eq!((town.undoes(drawn_again), town.undoes(armed_again)), (Ok(()), Ok(())));
    assert_eq!((town.drawn(), town.armed()), (second, two));
    assert_eq!((town.undoes(drawn), town.undoes(armed)), (Ok(()), Ok(())));
    assert_eq!((town.drawn(), town.armed()), (first, rule));
}

#[test]
fn what_was_removed_is_back_under_its_number() {
    let mut town = town();
    let before = (town.drawn(), town.armed());
    let rule_gone = town.decides(DecisionKind::Rule, &RULE);
    let zone_gone = town.decides(DecisionKind::Zone, &ZONE);
    assert_eq!((town.drawn(), town.armed()), (vec![], vec![]));
    assert_eq!(town.undoes(rule_gone), Err("unknown_zone"), "it speaks of the zone");
    assert_eq!((town.undoes(zone_gone), town.undoes(rule_gone)), (Ok(()), Ok(())));
    assert_eq!((town.drawn(), town.armed()), before);
}

#[test]
fn a_decision_that_did_nothing_stands_in_no_ones_way() {
    let mut town = town();
    let drawn = town.draws(1);
    // The rule speaks of the zone: it is not removed, and says so only in the log.
    town.decides(DecisionKind::Zone, &ZONE);
    assert_eq!(town.undoes(drawn), Ok(()));
}

#[test]
fn a_rule_that_is_taken_back_ends_and_one_that_is_back_counts_from_then_on() {
    let mut town = town();
    let said = |town: &mut Town, n| {
        let one = |now| ReportEntry { observed_at: now, ..report(n) };
        town.says(|now| entry(0, now, one(now)).body);
    };
    let armed = town.arms(2);
    said(&mut town, 1);
    said(&mut town, 2);
    assert_eq!(town.alarms()[0].eased_at, None);
    let gone = town.decides(DecisionKind::Rule, &RULE);
    assert!(town.alarms()[0].eased_at.is_some());
    assert_eq!(town.undoes(gone), Ok(()));
    said(&mut town, 3);
    assert_eq!(town.world.rules()[0].standing, [], "one since it is back");
    said(&mut town, 4);
    assert_eq!(town.world.rules()[0].standing.len(), 1);
    assert_eq!(town.undoes(armed), Ok(()));
    assert!(town.alarms()[0].eased_at.is_some());
    assert_eq!(town.armed(), ["rule"]);
}

#[test]
fn what_stands_in_a_zone_that_is_back_does_not_come_in() {
    let mut town = Town::new();
    town.says(|now| set(DecisionKind::Zone, None, Setting::Zone(square(5)), now));
    town.drives(1, 0.02);
    town.drives(1, 0.001);
    let gone = town.decides(DecisionKind::Zone, &ZONE);
    town.drives(1, 0.002);
    assert_eq!(town.undoes(gone), Ok(()));
    town.arm(When::Crossing(Path { zone: ZoneId(1), thing: None, moves: Move::Enters }));
    town.drives(1, 0.003);
    assert_eq!(town.alarms(), []);
}
