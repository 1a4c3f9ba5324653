//! What holds for every history: neither ticks nor the order within a second change what is told, a saved set goes on as if it had not
//! been, and no stretch fires twice.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What comes, how long after the one before and how old.
#[derive(Debug, Clone)]
struct Coming {
    after_ms: i64,
    age_ms: i64,
    late: bool,
    zones: Vec<u32>,
    kind: u8,
    who: u8,
    number: u8,
}

fn comings() -> impl Strategy<Value = Vec<Coming>> {
    let after = prop_oneof![
        6 => 0..900i64,
        4 => 0..3 * MINUTE,
        1 => 0..2 * HOUR,
        1 => 0..40 * HOUR,
    ];
    let age = prop_oneof![6 => Just(0i64), 2 => -MINUTE..10 * MINUTE, 1 => 0..4 * HOUR];
    let zones = proptest::collection::vec(1..4u32, 0..3);
    let coming = (after, age, prop::bool::weighted(0.05), zones, 0..8u8, 0..5u8, 80..112u8);
    let coming = coming.prop_map(|(after_ms, age_ms, late, zones, kind, who, number)| Coming {
        after_ms,
        age_ms,
        late,
        zones,
        kind,
        who,
        number,
    });
    proptest::collection::vec(coming, 1..120)
}

/// The events, in the order of receipt. Where things are is kept as a presence keeps it.
fn events(comings: &[Coming]) -> Vec<Event> {
    let mut now_ms = 0;
    let mut inside: BTreeMap<(Thing, u32), i64> = BTreeMap::new();
    let mut events = Vec::new();
    for (index, coming) in comings.iter().enumerate() {
        now_ms += coming.after_ms;
        let said_ms = now_ms - coming.age_ms;
        let who = u128::from(coming.who);
        let name = format!("stream {who}");
        let said = match coming.kind {
            0..=2 => Said::Report {
                id: ReportId(index as u128 / 2),
                source: ReportId(who),
                hazard: if coming.number % 3 == 0 { Hazard::Fire } else { Hazard::Flood },
            },
            3 => Said::Refuted { report: ReportId(index as u128 / 4) },
            4 | 5 => Said::Value {
                stream: stream(&name),
                value: f64::from(coming.number),
                unit: Some("cm".to_owned()),
            },
            _ => {
                let thing = if coming.number % 2 == 0 {
                    Thing::Stream(stream(&name))
                } else {
                    Thing::Report(ReportId(who))
                };
                let stays = (1..4u32).filter_map(|zone| {
                    let key = (thing.clone(), zone);
                    if !coming.zones.contains(&zone) {
                        inside.remove(&key);
                        return None;
                    }
                    let since = *inside.entry(key).or_insert(said_ms);
                    Some(Stay { zone: ZoneId(zone), since: at(since) })
                });
                Said::Seen { stays: stays.collect(), thing }
            }
        };
        events.push(Event {
            recorded_at: at(now_ms),
            at: at(said_ms),
            late: coming.late,
            zones: coming.zones.iter().map(|zone| ZoneId(*zone)).collect(),
            said,
        });
    }
    events
}

/// One rule of each kind.
fn room() -> Rules {
    let zone = ZoneId(1);
    let of = Of::Zone { zone, unit: "cm".to_owned() };
    let value = |of, hold_ms| {
        When::Value(Beyond { of, direction: Direction::Rising, level: 100.0, clear: 90.0, hold_ms })
    };
    let crossing = |moves| When::Crossing(Path { zone, thing: None, moves });
    let sources =
        |n_min, hazard, zone| When::Sources(Count { n_min, hazard, zone, within_ms: 10 * MINUTE });
    let all = [
        sources(3, Some(Hazard::Flood), Some(zone)),
        sources(2, None, None),
        sources(1, Some(Hazard::Fire), None),
        value(of.clone(), 0),
        value(of, 2 * MINUTE),
        value(Of::Stream(stream("stream 1")), MINUTE),
        crossing(Move::Enters),
        crossing(Move::Leaves),
        crossing(Move::Stays(5 * MINUTE)),
    ];
    let mut rules = Rules::default();
    for (id, when) in (1..).zip(all) {
        rules.set(RuleId(id), rule(when), at(0)).expect("a rule");
    }
    rules
}

/// How far the last time goes.
const END: i64 = 60 * 60 * HOUR;

/// Plays events; between two of them it ticks at each of these shares of the time between.
fn told(rules: &mut Rules, events: &[Event], shares: &[f64]) -> Vec<Transition> {
    let mut told = Vec::new();
    let mut before = at(0);
    for event in events {
        for share in shares {
            let after_ms = event.recorded_at.ms_since(before) as f64 * share;
            told.extend(rules.tick(before.plus_ms(after_ms as i64)));
        }
        before = event.recorded_at;
        told.extend(rules.take(event.clone()));
    }
    for share in shares {
        told.extend(rules.tick(before.plus_ms((8.0 * HOUR as f64 * share) as i64)));
    }
    told.extend(rules.tick(at(END)));
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn ticks_in_between_change_nothing_that_is_told(
        comings in comings(),
        shares in proptest::collection::vec(0.0..1.0f64, 1..5),
    ) {
        let mut shares = shares;
        shares.sort_by(f64::total_cmp);
        let events = events(&comings);
        let (mut with, mut without) = (room(), room());
        prop_assert_eq!(told(&mut with, &events, &shares), told(&mut without, &events, &[]));
        prop_assert_eq!(with, without);
    }

    #[test]
    fn the_order_in_which_a_second_arrives_changes_nothing_that_is_told(
        comings in comings(),
        keys in proptest::collection::vec(any::<u32>(), 120),
    ) {
        let events = events(&comings);
        let mut shuffled: Vec<(u32, Event)> = keys.into_iter().zip(events.clone()).collect();
        // All of one second, and within it by chance. Their own times stay what they are.
        shuffled.sort_by_key(|(key, event)| (event.recorded_at.0.div_euclid(1_000), *key));
        let (mut one, mut other) = (room(), room());
        let mut by_chance = Vec::new();
        for (_, event) in shuffled {
            by_chance.extend(other.take(event));
        }
        by_chance.extend(other.tick(at(END)));
        prop_assert_eq!(by_chance, told(&mut one, &events, &[]));
    }

    #[test]
    fn a_set_that_was_saved_goes_on_as_if_it_had_not_been(
        comings in comings(),
        after in 0..120usize,
    ) {
        let events = events(&comings);
        let (mut rules, mut saved) = (room(), room());
        for (index, event) in events.iter().enumerate() {
            prop_assert_eq!(saved.take(event.clone()), rules.take(event.clone()));
            if index == after % events.len() {
                let bytes = postcard::to_stdvec(&saved).expect("bytes");
                saved = postcard::from_bytes(&bytes).expect("rules");
            }
        }
        prop_assert_eq!(&saved, &rules);
        prop_assert_eq!(saved.tick(at(END)), rules.tick(at(END)));
    }

    #[test]
    fn turns_come_in_the_order_of_time_and_no_stretch_fires_twice(comings in comings()) {
        let mut rules = room();
        let told = told(&mut rules, &events(&comings), &[0.5]);
        prop_assert!(told.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let mut list: BTreeMap<_, Firing> = BTreeMap::new();
        for Transition { turn, firing, .. } in told {
            let key = (firing.rule, firing.thing.clone());
            match turn {
                Turn::Begun => prop_assert_eq!(list.insert(key, firing), None),
                Turn::Doubted => prop_assert!(list.insert(key, firing).is_some()),
                Turn::Ended => prop_assert_eq!(list.remove(&key), Some(firing)),
            }
        }
        let mut stands: Vec<Firing> = rules.standing().into_iter().cloned().collect();
        stands.sort_by_key(|firing| (firing.rule, firing.thing.clone()));
        prop_assert_eq!(stands, list.into_values().collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_told_before_it_is_due(comings in comings()) {
        let mut rules = room();
        for event in events(&comings) {
            let waits = event.recorded_at;
            rules.take(event);
            prop_assert!(rules.due().is_none_or(|due| due > waits));
            let mut settled = rules.clone();
            settled.tick(waits.plus_ms(1_000));
            let Some(due) = settled.due() else { continue };
            prop_assert_eq!(settled.tick(due.plus_ms(-1)), []);
            prop_assert!(!settled.tick(due).is_empty());
        }
    }

    #[test]
    fn a_count_that_trembles_fires_once_until_it_has_cleared(
        n_min in 2..9u32,
        trembles in proptest::collection::vec((0..2u32, 1..50i64), 1..40),
    ) {
        // Sources come and go around the number that is asked for, never down to half of it.
        let when = When::Sources(Count { n_min, hazard: None, zone: None, within_ms: HOUR });
        let mut rules = armed(when);
        let mut told = Vec::new();
        let mut now_ms = 0;
        for source in 0..n_min {
            told.extend(rules.take(report(0, u128::from(source), u128::from(source))));
        }
        for (more, after_ms) in trembles {
            now_ms += after_ms * MINUTE;
            // All but some speak again.
            for source in 0..n_min / 2 + 1 + more.min(n_min - n_min / 2 - 1) {
                let id = now_ms as u128 * 100 + u128::from(source);
                told.extend(rules.take(report(now_ms, id, u128::from(source))));
            }
        }
        told.extend(rules.tick(at(now_ms + 1_000)));
        prop_assert_eq!(turns(&told), [(Turn::Begun, 0)]);
    }

    #[test]
    fn a_value_that_trembles_at_its_level_fires_once(
        trembles in proptest::collection::vec((1..20i64, 90.01..110.0f64), 1..60),
    ) {
        let when = When::Value(Beyond {
            of: Of::Stream(stream("gauge")),
            direction: Direction::Rising,
            level: 100.0,
            clear: 90.0,
            hold_ms: 0,
        });
        let mut now_ms = 0;
        let events = trembles.iter().map(|(after, number)| {
            now_ms += after * MINUTE;
            value(now_ms, "gauge", *number)
        });
        let told = play(&mut armed(when), events.collect::<Vec<_>>(), 100 * HOUR);
        let n_beyond = trembles.iter().filter(|(_, number)| *number >= 100.0).count();
        prop_assert_eq!(told.len(), n_beyond.min(1));
    }
}
