//! What people decide and what gauges say: the same however often the clock looked, and the same from a checkpoint.

use proptest::prelude::*;
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState};
use wire::decision::{DecisionBasis, DecisionKind, DecisionSubject};
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::situation::Trend;
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::World;
use super::{HOUR, MINUTE, MORNING, entry, place, report};
use crate::change::{Change, Matter};
use crate::decision::{DecisionEntry, Setting, Signed};
use crate::entry::{Body, Entry, SourceKey};
use crate::observation::{ObservationEntry, ObservationResult, PassportEntry, Quality};
use crate::report::ReportEntry;
use crate::rule::{Beyond, Count, Move, Of, Path, Rule, Stream, When};
use crate::signal::{Cadence, Direction, Footprint, Grade, Level, Passport};
use crate::view::Clearance;
use crate::zone::{Part, Zone, ZoneId};

/// What happens, and how long after what came before.
#[derive(Debug, Clone)]
enum Act {
    Report(u128, f64, Severity),
    Value(u8, f64),
    Decide(DecisionKind, DecisionSubject),
    /// A square of this street and the next is drawn, in place of that with the number if there is one.
    Draw(u32, u8),
    /// A rule is armed, new or in place of that with the number.
    Arm(u32, u8),
    /// A person says where a report belongs.
    Place(u128, u8),
    /// A unit is somewhere.
    Unit(u128, f64),
    Canary,
    Wait,
}

fn acts() -> impl Strategy<Value = Vec<(Act, i64)>> {
    let severity = (0..5u8).prop_map(|index| Severity::from_index(index).expect("five"));
    let report = (0..40u128, 0..6u8, severity)
        .prop_map(|(n, street, severity)| Act::Report(n, f64::from(street) * 0.004, severity));
    let value = (0..2u8, prop_oneof![Just(5.0), Just(80.0), Just(200.0), 0.0..300.0])
        .prop_map(|(gauge, value)| Act::Value(gauge, value));
    let subject = prop_oneof![
        4 => (1..5u64).prop_map(DecisionSubject::Situation),
        2 => (1..4u64).prop_map(DecisionSubject::Alarm),
        2 => (0..40u128).prop_map(|n| DecisionSubject::Report(super::report(n).id)),
        2 => (1..60u64).prop_map(DecisionSubject::Decision),
        1 => (1..3u32).prop_map(DecisionSubject::Zone),
        1 => (1..4u32).prop_map(DecisionSubject::Rule),
    ];
    let kind = (0..DecisionKind::ALL.len() as u8)
        .prop_map(|index| DecisionKind::from_index(index).expect("a kind"));
    let decide = (kind, subject).prop_map(|(kind, subject)| Act::Decide(kind, subject));
    let draw = (0..3u32, 0..6u8).prop_map(|(id, street)| Act::Draw(id, street));
    let arm = (0..5u32, 0..6u8).prop_map(|(id, which)| Act::Arm(id, which));
    let put = (0..40u128, 0..6u8).prop_map(|(n, street)| Act::Place(n, street));
    let unit = (900..903u128, 0..6u8).prop_map(|(n, at)| Act::Unit(n, f64::from(at) * 0.004));
    let act = prop_oneof![
        5 => report, 4 => value, 4 => decide, 3 => Just(Act::Canary), 1 => Just(Act::Wait), 1 => draw, 1 => arm, 2 => unit, 1 => put
    ];
    let pause = prop_oneof![6 => 0..2_000i64, 4 => 0..3 * MINUTE, 1 => 0..3 * HOUR];
    proptest::collection::vec((act, pause), 1..80).prop_map(|acts| {
        let armed = (0..6).map(|which| (Act::Arm(0, which), 1));
        [(Act::Draw(0, 0), 1), (Act::Draw(0, 2), 1)].into_iter().chain(armed).chain(acts).collect()
    })
}

fn passport(lng: f64) -> Passport {
    let level = |(grade, value)| Level {
        grade,
        direction: Direction::Rising,
        value,
        clear: None,
        unit: "m3/s".to_owned(),
        owner: "CHJ".to_owned(),
        document: "plan".to_owned(),
        date: "2023-05-04".to_owned(),
    };
    Passport {
        hazard: Some(Hazard::Flood),
        unit: Some("m3/s".to_owned()),
        levels: [(Grade::Orange, 70.0), (Grade::Red, 150.0)].into_iter().map(level).collect(),
        cadence: Some(Cadence { by_day_ms: MINUTE, in_alarm_ms: None }),
        footprint: Some(Footprint::Circle { centre: place(lng, 41.4), radius_m: 500.0 }),
        ..Passport::default()
    }
}

fn gauge(gauge: u8) -> (String, f64) {
    (format!("gauge-{gauge}"), 2.17 + f64::from(gauge) * 0.02)
}

/// The acts as a journal, the passports first.
fn journal(acts: &[(Act, i64)]) -> Vec<(Timestamp, Option<Entry>)> {
    let mut now = MORNING;
    let mut steps: Vec<(Timestamp, Option<Entry>)> = Vec::new();
    let mut seq = 0;
    let mut said = |now: Timestamp, body: Body| {
        seq += 1;
        (now, Some(Entry { seq, recorded_at: now, mode: Mode::Live, body }))
    };
    for number in 0..2 {
        let (datastream, lng) = gauge(number);
        let entry = PassportEntry { source: SourceKey(9), datastream, passport: passport(lng) };
        steps.push(said(now, Body::Passport(Box::new(entry))));
    }
    for (act, pause_ms) in acts {
        now = now.plus_ms(*pause_ms);
        steps.push(match act {
            Act::Report(n, east, severity) => {
                let report = ReportEntry {
                    place: Some(place(2.17 + east, 41.4)),
                    severity: *severity,
                    hazard: Hazard::Flood,
                    kind: Kind::Citizen,
                    basis: Basis::Seen,
                    observed_at: now,
                    content: now.0 as u128,
                    ..report(*n)
                };
                said(now, entry(0, now, report).body)
            }
            Act::Value(number, value) => said(now, value_of(*number, *value, now)),
            Act::Decide(kind, subject) => said(now, decided(*kind, subject.clone(), now)),
            Act::Draw(id, street) => {
                let subject = (*id > 0).then_some(DecisionSubject::Zone(*id));
                said(now, set(DecisionKind::Zone, subject, Setting::Zone(square(*street)), now))
            }
            Act::Arm(id, which) => {
                let subject = (*id > 0).then_some(DecisionSubject::Rule(*id));
                said(now, set(DecisionKind::Rule, subject, Setting::Rule(rule(*which)), now))
            }
            Act::Place(n, street) => {
                let there = place(2.17 + f64::from(*street) * 0.004, 41.4);
                let subject = Some(DecisionSubject::Report(report(*n).id));
                said(now, set(DecisionKind::Place, subject, Setting::Place(there, 20), now))
            }
            Act::Unit(n, east) => {
                let unit = ReportEntry {
                    place: Some(place(2.17 + east, 41.4)),
                    kind: Kind::Unit,
                    observed_at: now,
                    content: now.0 as u128,
                    ..report(*n)
                };
                said(now, entry(0, now, unit).body)
            }
            Act::Canary => said(now, Body::Canary(now)),
            Act::Wait => (now, None),
        });
    }
    steps
}

/// A zone of a street and the next.
pub(super) fn square(street: u8) -> Zone {
    let (west, east) = (2.168 + f64::from(street) * 0.004, 2.175 + f64::from(street) * 0.004);
    let corners = [(west, 41.39), (east, 41.39), (east, 41.41), (west, 41.41), (west, 41.39)];
    let outer = corners.into_iter().map(|(lng, lat)| place(lng, lat)).collect();
    Zone { name: format!("street {street}"), parts: vec![Part { outer, holes: Vec::new() }] }
}

/// Rules of every kind, about the first two zones.
fn rule(which: u8) -> Rule {
    let zone = ZoneId(u32::from(which % 2) + 1);
    let sources = |n_min, zone| {
        When::Sources(Count { n_min, hazard: Some(Hazard::Flood), zone, within_ms: 30 * MINUTE })
    };
    let crossing = |moves| When::Crossing(Path { zone, thing: None, moves });
    let when = match which {
        0 => sources(3, Some(zone)),
        1 => sources(1, None),
        2 => crossing(Move::Enters),
        3 => crossing(Move::Leaves),
        4 => crossing(Move::Stays(10 * MINUTE)),
        _ => When::Value(Beyond {
            of: Of::Stream(Stream { source: SourceKey(9), name: gauge(0).0 }),
            direction: Direction::Rising,
            level: 100.0,
            clear: 50.0,
            hold_ms: MINUTE,
        }),
    };
    let grade = [Grade::Yellow, Grade::Orange, Grade::Red][usize::from(which % 3)];
    Rule { name: format!("rule {which}"), grade, when }
}

pub(super) fn set(
    kind: DecisionKind,
    subject: Option<DecisionSubject>,
    sets: Setting,
    now: Timestamp,
) -> Body {
    let Body::Decision(mut entry) = decided(kind, DecisionSubject::Zone(0), now) else {
        unreachable!("a decision")
    };
    entry.subject = subject;
    entry.sets = Some(Box::new(sets));
    Body::Decision(entry)
}

pub(super) fn value_of(number: u8, value: f64, now: Timestamp) -> Body {
    let (datastream, lng) = gauge(number);
    Body::Observation(Box::new(ObservationEntry {
        source: SourceKey(9),
        datastream,
        phenomenon_time: now,
        result: ObservationResult::Number(value),
        name: None,
        unit: None,
        place: Some(place(lng, 41.4)),
        clock_ahead: false,
        stated_time: None,
        phenomenon_end: None,
        result_at: None,
        quality: Quality::Unstated,
        raw: None,
        late: false,
    }))
}

pub(super) fn decided(kind: DecisionKind, subject: DecisionSubject, now: Timestamp) -> Body {
    let is_alone = matches!(kind, DecisionKind::Log | DecisionKind::Phase);
    let with = match subject {
        DecisionSubject::Situation(id) => vec![id % 3 + 1],
        _ => Vec::new(),
    };
    Body::Decision(Box::new(DecisionEntry {
        kind,
        subject: Some(subject).filter(|_| !is_alone),
        basis: Some(DecisionBasis::OnScene),
        occurred_at: now,
        known_seq: 1,
        with,
        reports: vec![report(1).id, report(2).id],
        until: Some(now.plus_ms(10 * MINUTE)),
        every_min: Some(15),
        sets: None,
        signed: Signed { by: Some("montse".to_owned()), text: Some("why".to_owned()) },
    }))
}

fn take(world: &mut World, (now, entry): &(Timestamp, Option<Entry>)) -> Vec<Change> {
    let mut changes = Vec::new();
    match entry {
        Some(entry) => world.apply(entry, &mut changes),
        None => world.tick(*now, &mut changes),
    }
    changes
}

/// Everything that a desk may see of the room, but for when it was last told how situations go.
fn seen(world: &World) -> String {
    let mut situations = world.situations(Clearance::Desk);
    for one in &mut situations {
        (one.at, one.seq, one.trend) = (Timestamp(0), 0, Trend::Same);
        (one.n_last, one.n_before, one.oldest_at, one.newest_at) = (0, 0, None, None);
    }
    let (alarms, log) = (world.alarms(Clearance::Desk), world.log(None, 1_000, Clearance::Desk));
    let (zones, rules) = (world.zones(), world.rules());
    format!("{situations:#?}\n{alarms:#?}\n{log:#?}\n{zones:#?}\n{rules:#?}")
}

/// The same, among changes.
fn lasting(changes: Vec<Change>) -> Vec<Change> {
    let is_pace =
        |change: &Change| matches!(change, Change::Matter { matter: Matter::Situation(_), .. });
    changes.into_iter().filter(|change| !is_pace(change)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn how_often_the_clock_looks_changes_nothing(acts in acts(), every_ms in 500..90_000i64) {
        let steps = journal(&acts);
        let (mut plain, mut watched) = (World::new(Mode::Live), World::new(Mode::Live));
        for step in &steps {
            let mut now = watched.now().max(MORNING);
            while now.plus_ms(every_ms) < step.0 {
                now = now.plus_ms(every_ms);
                watched.tick(now, &mut Vec::new());
            }
            take(&mut plain, step);
            take(&mut watched, step);
        }
        prop_assert_eq!(plain.checkpoint(), watched.checkpoint());
    }

    #[test]
    fn a_room_that_was_saved_goes_on_as_if_it_had_not_been(acts in acts(), at in 0..100usize) {
        let steps = journal(&acts);
        let at = at.min(steps.len());
        let mut plain = World::new(Mode::Live);
        for step in &steps[..at] {
            take(&mut plain, step);
        }
        let mut saved = World::restore(&plain.checkpoint()).expect("restores");
        prop_assert_eq!(seen(&plain), seen(&saved));
        for step in &steps[at..] {
            let (a, b) = (take(&mut plain, step), take(&mut saved, step));
            prop_assert_eq!(lasting(a), lasting(b));
        }
        let end = plain.now().plus_ms(3 * HOUR);
        plain.tick(end, &mut Vec::new());
        saved.tick(end, &mut Vec::new());
        prop_assert_eq!(seen(&plain), seen(&saved));
        prop_assert_eq!(plain.checkpoint(), saved.checkpoint());
    }
}

/// A World with the two gauges, and a minute more for each value.
fn played(values: &[(u8, f64)]) -> (World, Vec<Change>) {
    let acts: Vec<(Act, i64)> =
        values.iter().map(|(gauge, value)| (Act::Value(*gauge, *value), MINUTE)).collect();
    let mut world = World::new(Mode::Live);
    let changes = journal(&acts).iter().flat_map(|step| take(&mut world, step)).collect();
    (world, changes)
}

#[test]
fn an_orange_alarm_sounds_once_in_ten_minutes_and_a_red_one_always() {
    let (world, _) = played(&[(0, 80.0), (1, 80.0), (1, 200.0)]);
    let alarms = world.alarms(Clearance::Desk);
    let told: Vec<_> = alarms.iter().map(|alarm| (alarm.level, alarm.sounds)).collect();
    assert_eq!(told, [(AlarmLevel::Red, true), (AlarmLevel::Orange, true)]);
    let (world, _) = played(&[(0, 80.0), (1, 80.0)]);
    let sounds: Vec<bool> = world.alarms(Clearance::Desk).iter().map(|one| one.sounds).collect();
    assert_eq!(sounds, [false, true], "the newest first: the budget is spent");
}

#[test]
fn a_lost_gauge_is_red_climbs_twice_and_holds_its_last_value() {
    let (mut world, _) = played(&[(0, 200.0)]);
    world.tick(world.now().plus_ms(10 * MINUTE), &mut Vec::new());
    let alarms = world.alarms(Clearance::Desk);
    let lost = alarms.iter().find(|alarm| alarm.cause == AlarmCause::Lost).expect("lost");
    assert_eq!((lost.level, lost.state, lost.climbed), (AlarmLevel::Red, AlarmState::Climbing, 2));
    assert_eq!((lost.value, lost.limit), (Some(200.0), Some(150.0)));
    assert_eq!(lost.since.ms_since(MORNING), 4 * MINUTE, "three periods after its last value");
}

#[test]
fn a_merge_that_is_taken_back_parts_the_two_and_nobody_who_came_since() {
    let said = |n: u128, east| (Act::Report(n, east, Severity::Minor), 1_000);
    let wait = || (Act::Wait, 2_000);
    let mut acts: Vec<_> = (1..4).map(|n| said(n, 0.0)).collect();
    acts.extend((11..14).map(|n| said(n, 0.02)));
    acts.extend([wait(), (Act::Decide(DecisionKind::Merge, DecisionSubject::Situation(1)), 1_000)]);
    acts.extend([wait(), said(4, 0.0), wait()]);
    let open = |acts: &[(Act, i64)]| {
        let mut world = World::new(Mode::Live);
        for step in journal(acts) {
            take(&mut world, &step);
        }
        let open = world.situations(Clearance::Desk).into_iter();
        let mut n: Vec<u32> =
            open.filter(|one| one.ended_at.is_none()).map(|one| one.n_reports).collect();
        n.sort_unstable();
        n
    };
    assert_eq!(open(&acts), [7], "one over two kilometres");
    // Two passports and six reports stand before the merge.
    acts.push((Act::Decide(DecisionKind::Undo, DecisionSubject::Decision(9)), 1_000));
    acts.push(wait());
    assert_eq!(open(&acts), [3, 4]);
}

#[test]
fn what_somebody_watches_rings_if_nobody_looked_and_once_only() {
    let crowd = (1..4u128).map(|n| (Act::Report(n, 0.0, Severity::Minor), 1_000));
    let wait = (Act::Wait, 2_000);
    let look = |kind| (Act::Decide(kind, DecisionSubject::Situation(1)), 1_000);
    let play = |acts: &[(Act, i64)]| {
        let mut world = World::new(Mode::Live);
        for step in journal(acts) {
            take(&mut world, &step);
        }
        world
    };
    let mut acts: Vec<_> = crowd.chain([wait, look(DecisionKind::Watch)]).collect();
    acts.push((Act::Wait, 14 * MINUTE));
    assert_eq!(play(&acts).alarms(Clearance::Desk), []);
    acts.push((Act::Wait, 60 * MINUTE));
    let alarms = play(&acts).alarms(Clearance::Desk);
    let [one] = alarms.as_slice() else { panic!("{alarms:?}") };
    assert_eq!((one.cause, one.situation, one.sounds), (AlarmCause::Watch, Some(1), true));
    acts.push(look(DecisionKind::Note));
    let world = play(&acts);
    assert_eq!(world.alarms(Clearance::Desk)[0].state, AlarmState::Over);
    let next = world.situations(Clearance::Desk)[0].look_at.expect("watched still");
    assert_eq!(next.ms_since(world.now()), 15 * MINUTE);
}

#[test]
fn nothing_ends_while_water_is_on_its_way_from_upstream() {
    let crowd = (1..4u128).map(|n| (Act::Report(n, 0.02, Severity::Minor), 1_000));
    let mut acts = vec![(Act::Value(1, 5.0), 1_000)];
    acts.extend(crowd);
    let ended = |acts: &[(Act, i64)], links: bool| {
        let mut world = World::new(Mode::Live);
        for mut step in journal(acts) {
            if let Some(Entry { body: Body::Passport(entry), .. }) = &mut step.1
                && links
                && entry.datastream == "gauge-0"
            {
                entry.passport.downstream =
                    vec![crate::signal::Reach { datastream: "gauge-1".to_owned(), minutes: 45 }];
            }
            take(&mut world, &step);
        }
        world.tick(world.now().plus_ms(4 * HOUR), &mut Vec::new());
        world.situations(Clearance::Desk)[0].ended_at.is_some()
    };
    assert!(ended(&acts, true), "nothing is on its way");
    acts.push((Act::Value(0, 200.0), 1_000));
    assert!(ended(&acts, false), "what is on its way goes elsewhere");
    assert!(!ended(&acts, true));
}

#[test]
fn a_normal_gauge_outside_its_footprint_changes_nothing_and_inside_says_that_it_is_normal() {
    use wire::situation::SensorWord;
    let near = |east: f64| {
        let reports = (1..4u128).map(|n| (Act::Report(n, east, Severity::Moderate), 1_000));
        let acts: Vec<_> = [(Act::Value(0, 5.0), MINUTE)].into_iter().chain(reports).collect();
        let mut world = World::new(Mode::Live);
        for step in journal(&acts) {
            take(&mut world, &step);
        }
        world.tick(world.now().plus_ms(2_000), &mut Vec::new());
        world.situations(Clearance::Desk).remove(0)
    };
    let (inside, outside) = (near(0.0), near(0.008));
    assert_eq!(inside.sensors[0].says, SensorWord::Normal);
    assert_eq!(outside.sensors[0].says, SensorWord::NotSeen);
    let said = |one: &wire::situation::SituationView| {
        (one.severity, one.verification, one.n_sources, one.sources.clone(), one.unknown.clone())
    };
    assert_eq!(said(&inside), said(&outside), "neither speaks against it");
}
