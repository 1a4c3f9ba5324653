//! Rules in the World: what moves, what has values, and what a decision that sets something leaves on disk.

use wire::alarm::{AlarmCause, AlarmState};
use wire::decision::{DecisionKind, DecisionSubject};
use wire::grade::{Hazard, Kind};
use wire::rule::RuleThing;
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::World;
use super::room::{decided, set, square, value_of};
use super::{MINUTE, MORNING, entry, place, report};
use crate::change::Change;
use crate::decision::Setting;
use crate::entry::{Body, Entry};
use crate::report::ReportEntry;
use crate::rule::{Beyond, Count, Direction, Grade, Move, Of, Path, Rule, When};
use crate::view::Clearance;
use crate::zone::ZoneId;

/// A World with the zone of the first street, to which entries are given minute by minute.
pub(super) struct Town {
    pub(super) world: World,
    seq: u64,
    pub(super) now: Timestamp,
    pub(super) changes: Vec<Change>,
}

impl Town {
    pub(super) fn new() -> Self {
        let (world, seq, now) = (World::new(Mode::Live), 0, MORNING);
        let mut town = Self { world, seq, now, changes: Vec::new() };
        town.says(|now| set(DecisionKind::Zone, None, Setting::Zone(square(0)), now));
        town
    }

    pub(super) fn says(&mut self, body: impl Fn(Timestamp) -> Body) {
        self.seq += 1;
        self.now = self.now.plus_ms(MINUTE);
        let body = body(self.now);
        let entry = Entry { seq: self.seq, recorded_at: self.now, mode: Mode::Live, body };
        self.world.apply(&entry, &mut self.changes);
        // The second is over.
        self.world.tick(self.now.plus_ms(1_000), &mut self.changes);
    }

    pub(super) fn arm(&mut self, when: When) {
        let rule = Rule { name: "rule".to_owned(), grade: Grade::Orange, when };
        self.says(|now| set(DecisionKind::Rule, None, Setting::Rule(rule.clone()), now));
    }

    pub(super) fn drives(&mut self, n: u128, east: f64) {
        let unit = |now| ReportEntry {
            place: Some(place(2.17 + east, 41.4)),
            kind: Kind::Unit,
            observed_at: now,
            ..report(n)
        };
        self.says(|now| entry(0, now, unit(now)).body);
    }

    pub(super) fn alarms(&self) -> Vec<wire::alarm::AlarmView> {
        self.world.alarms(Clearance::Desk)
    }
}

#[test]
fn a_unit_that_drives_in_is_told_and_what_stood_there_before_is_not() {
    let mut town = Town::new();
    town.says(|now| value_of(0, 5.0, now));
    town.drives(1, 0.002);
    town.arm(When::Crossing(Path { zone: ZoneId(1), thing: None, moves: Move::Enters }));
    town.says(|now| value_of(0, 6.0, now));
    town.drives(1, 0.003);
    town.drives(2, 0.02);
    assert_eq!(town.alarms(), [], "gauge and unit were there, the other is elsewhere");
    town.drives(2, 0.003);
    let alarms = town.alarms();
    let [one] = alarms.as_slice() else { panic!("{alarms:?}") };
    let rule = one.rule.as_ref().expect("what it found");
    assert_eq!((one.cause, rule.zone), (AlarmCause::Rule, Some(1)));
    assert_eq!(rule.thing, Some(RuleThing::Report(report(2).id)));
    town.drives(2, 0.02);
    assert!(town.alarms()[0].eased_at.is_some(), "it left");
}

#[test]
fn what_stands_where_a_second_zone_is_drawn_does_not_come_in() {
    let mut town = Town::new();
    town.says(|now| value_of(0, 5.0, now));
    town.drives(1, 0.002);
    town.says(|now| set(DecisionKind::Zone, None, Setting::Zone(square(0)), now));
    town.arm(When::Crossing(Path { zone: ZoneId(2), thing: None, moves: Move::Enters }));
    town.says(|now| value_of(0, 6.0, now));
    town.drives(1, 0.003);
    assert_eq!(town.alarms(), []);
    town.drives(1, 0.02);
    town.drives(1, 0.003);
    assert_eq!(town.alarms().len(), 1, "it went out and came in again");
}

/// One source of anything within ten minutes.
fn anybody() -> When {
    When::Sources(Count { n_min: 1, hazard: None, zone: None, within_ms: 10 * MINUTE })
}

fn told(town: &mut Town, n: u128, version: u128) {
    let said =
        |now| ReportEntry { updated_at: now, observed_at: now, content: version, ..report(n) };
    town.says(|now| entry(0, now, said(now)).body);
}

#[test]
fn a_report_that_was_refuted_before_a_rule_was_armed_does_not_count_for_it() {
    let mut town = Town::new();
    told(&mut town, 1, 1);
    let about = DecisionSubject::Report(report(1).id);
    town.says(|now| decided(DecisionKind::Refute, about.clone(), now));
    town.arm(anybody());
    told(&mut town, 1, 2);
    assert_eq!(town.alarms(), []);
    told(&mut town, 2, 1);
    assert_eq!(town.alarms().len(), 1);
}

#[test]
fn an_alarm_that_is_over_keeps_what_made_it() {
    let mut town = Town::new();
    town.arm(anybody());
    told(&mut town, 1, 1);
    town.says(|now| decided(DecisionKind::Ack, DecisionSubject::Alarm(1), now));
    town.world.tick(town.now.plus_ms(30 * MINUTE), &mut town.changes);
    town.now = town.now.plus_ms(30 * MINUTE);
    told(&mut town, 2, 1);
    let by: Vec<Vec<wire::id::ReportId>> = town
        .alarms()
        .iter()
        .map(|alarm| alarm.rule.as_ref().expect("a rule's").reports.clone())
        .collect();
    assert_eq!(by.len(), 2, "{by:?}");
    assert!(by.contains(&vec![report(1).id]) && by.contains(&vec![report(2).id]), "{by:?}");
}

#[test]
fn a_value_above_its_level_is_told_when_it_has_held_with_its_sensor() {
    let mut town = Town::new();
    town.says(|now| value_of(0, 5.0, now));
    town.says(|now| {
        let Body::Observation(mut value) = value_of(0, 5.0, now) else { unreachable!() };
        value.unit = Some("m3/s".to_owned());
        Body::Observation(value)
    });
    town.arm(When::Value(Beyond {
        of: Of::Zone { zone: ZoneId(1), unit: "m3/s".to_owned() },
        direction: Direction::Rising,
        level: 100.0,
        clear: 50.0,
        hold_ms: 5 * MINUTE,
    }));
    town.says(|now| value_of(0, 120.0, now));
    assert_eq!(town.alarms(), []);
    town.world.tick(town.now.plus_ms(6 * MINUTE), &mut town.changes);
    let alarms = town.alarms();
    let [one] = alarms.as_slice() else { panic!("{alarms:?}") };
    assert_eq!((one.value, one.limit), (Some(120.0), Some(100.0)));
    assert_eq!((one.datastream.as_deref(), one.unit.as_deref()), (Some("gauge-0"), Some("m3/s")));
    assert_eq!(one.since.ms_since(town.now), 5 * MINUTE);
    // A rule that is removed holds no longer; its alarm still waits for an answer.
    town.now = town.now.plus_ms(6 * MINUTE);
    town.says(|now| decided(DecisionKind::Rule, DecisionSubject::Rule(1), now));
    assert_eq!(town.world.rules(), []);
    let one = &town.alarms()[0];
    assert_eq!((one.state, one.eased_at), (AlarmState::Climbing, Some(town.now)));
}

#[test]
fn a_decision_that_sets_something_is_the_same_from_disk_and_a_place_is_sealed() {
    let rule = Rule {
        name: "rule".to_owned(),
        grade: Grade::Red,
        when: When::Crossing(Path { zone: ZoneId(1), thing: None, moves: Move::Stays(MINUTE) }),
    };
    let exact = place(2.123_456_7, 41.412_345_6);
    for sets in [Setting::Zone(square(1)), Setting::Rule(rule), Setting::Place(exact, 30)] {
        let body = set(DecisionKind::Zone, None, sets, MORNING);
        let halves = body.split();
        let again = Body::join(1, &halves.row, halves.payload.as_deref()).expect("joins");
        assert_eq!(again, body);
        let Ok(Body::Decision(bare)) = Body::join(1, &halves.row, None) else { panic!("joins") };
        assert_eq!(bare.signed.by, None);
        if let Some(Setting::Place(near, radius_m)) = bare.sets.as_deref() {
            assert_eq!((*near, *radius_m), (place(2.12, 41.41), 1_000));
        }
    }
}

#[test]
fn a_firing_of_the_second_in_which_its_rule_is_replaced_tells_what_that_rule_asked_for() {
    let mut town = Town::new();
    let armed = |hazard, zone| {
        let when = When::Sources(Count { n_min: 1, hazard, zone, within_ms: 10 * MINUTE });
        Setting::Rule(Rule { name: "rule".to_owned(), grade: Grade::Orange, when })
    };
    town.says(|now| {
        set(DecisionKind::Rule, None, armed(Some(Hazard::Flood), Some(ZoneId(1))), now)
    });
    let now = town.now.plus_ms(MINUTE);
    let said = ReportEntry { observed_at: now, ..report(1) };
    let rule = Some(DecisionSubject::Rule(1));
    let bodies = [
        entry(0, now, said).body,
        set(DecisionKind::Rule, rule, armed(Some(Hazard::Wildfire), None), now),
    ];
    for (seq, body) in (10..).zip(bodies) {
        let entry = Entry { seq, recorded_at: now, mode: Mode::Live, body };
        town.world.apply(&entry, &mut town.changes);
    }
    let alarms = town.alarms();
    let [one] = alarms.as_slice() else { panic!("{alarms:?}") };
    let zone = one.rule.as_ref().and_then(|rule| rule.zone);
    assert_eq!((one.hazard, zone), (Some(Hazard::Flood), Some(1)));
}
