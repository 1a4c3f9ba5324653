//! What holds for every history: when somebody looks changes nothing, and a saved watch goes on as if it had not been.

use proptest::prelude::*;

use super::*;
use crate::signal::{PlausibleRange, RateLimit, Works};

/// A value as it arrives: how long after the one before, how old it is then, and what it says.
#[derive(Debug, Clone)]
struct Arrival {
    after_ms: i64,
    age_ms: i64,
    result: ObservationResult,
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let after = prop_oneof![
        8 => (0..6i64).prop_map(|minutes| minutes * MINUTE),
        2 => 0..20 * MINUTE,
        1 => 0..12 * HOUR,
    ];
    let age = prop_oneof![6 => Just(0), 2 => -5 * MINUTE..30 * MINUTE, 1 => 0..5 * HOUR];
    let number = prop_oneof![
        3 => (0..200u8).prop_map(f64::from),
        3 => (40..60u8).prop_map(f64::from),
        1 => Just(-9_999.0),
    ];
    let result = prop_oneof![
        12 => number.prop_map(ObservationResult::Number),
        1 => Just(ObservationResult::Text("open".to_owned())),
    ];
    let arrival = (after, age, result).prop_map(|(after_ms, age_ms, result)| Arrival {
        after_ms,
        age_ms,
        result,
    });
    proptest::collection::vec(arrival, 1..80)
}

fn passports() -> impl Strategy<Value = Passport> {
    let works = (0..24 * HOUR, 1..8 * HOUR).prop_map(|(from, length)| Works {
        from: at(from),
        to: at(from + length),
        why: "works".to_owned(),
        who: "crew".to_owned(),
    });
    let works = proptest::collection::vec(works, 0..4);
    (any::<bool>(), any::<bool>(), any::<bool>(), works).prop_map(|(levels, rate, alarm, works)| {
        Passport {
            levels: if levels { gauge().levels } else { Vec::new() },
            rate: rate.then_some(RateLimit { per_hour: 200.0, direction: None }),
            plausible: Some(PlausibleRange { min: 0.0, max: 1_000.0 }),
            cadence: Some(Cadence { by_day_ms: 5 * MINUTE, in_alarm_ms: alarm.then_some(MINUTE) }),
            works,
            ..gauge()
        }
    })
}

/// Plays arrivals; between two of them it ticks at each of these shares of the time between.
fn play(passport: &Passport, arrivals: &[Arrival], shares: &[f64]) -> (Vec<Transition>, Watch) {
    let mut watch = Watch::default();
    let mut told = Vec::new();
    let mut now_ms = 0;
    for arrival in arrivals {
        for share in shares {
            told.extend(
                watch.tick(passport, at(now_ms + (arrival.after_ms as f64 * share) as i64)),
            );
        }
        now_ms += arrival.after_ms;
        let time = at(now_ms - arrival.age_ms);
        told.extend(watch.observe(passport, &arrival.result, time, at(now_ms)));
    }
    for share in shares {
        told.extend(watch.tick(passport, at(now_ms + (DAY as f64 * share) as i64)));
    }
    told.extend(watch.tick(passport, at(now_ms + DAY)));
    (told, watch)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ticks_in_between_change_nothing_that_is_told(
        passport in passports(),
        arrivals in arrivals(),
        shares in proptest::collection::vec(0.0..1.0f64, 0..6),
    ) {
        prop_assert_eq!(passport.check(), Ok(()));
        let mut shares = shares;
        shares.sort_by(f64::total_cmp);
        let without = play(&passport, &arrivals, &[]);
        prop_assert_eq!(play(&passport, &arrivals, &shares), without);
    }

    #[test]
    fn turns_come_in_the_order_of_time_and_a_list_kept_by_them_is_what_stands(
        passport in passports(),
        arrivals in arrivals(),
    ) {
        let (told, watch) = play(&passport, &arrivals, &[0.3, 0.9]);
        prop_assert!(told.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let place = |test: Test| if test == Test::Lost { Test::Silent } else { test };
        let mut list = std::collections::BTreeMap::new();
        for turn in told {
            let before = match turn.turn {
                Turn::Ended => list.remove(&place(turn.signal.test)),
                _ => list.insert(place(turn.signal.test), turn.signal.clone()),
            };
            let grade = before.map(|signal| signal.grade);
            match turn.turn {
                Turn::Begun => prop_assert_eq!(grade, None),
                Turn::Worse => prop_assert!(grade.is_some_and(|grade| grade < turn.signal.grade)),
                Turn::Eased => prop_assert!(grade.is_some_and(|grade| grade > turn.signal.grade)),
                Turn::Ended => prop_assert_eq!(grade, Some(turn.signal.grade)),
            }
        }
        let mut stands: Vec<Test> = watch.standing().iter().map(|signal| signal.test).collect();
        let mut kept: Vec<Test> = list.values().map(|signal| signal.test).collect();
        stands.sort();
        kept.sort();
        prop_assert_eq!(stands, kept);
    }

    #[test]
    fn a_watch_that_was_saved_goes_on_as_if_it_had_not_been(
        passport in passports(),
        arrivals in arrivals(),
        after in 0..80usize,
    ) {
        let mut watch = Watch::default();
        let mut saved = Watch::default();
        let mut now_ms = 0;
        for (index, arrival) in arrivals.iter().enumerate() {
            now_ms += arrival.after_ms;
            let time = at(now_ms - arrival.age_ms);
            let told = watch.observe(&passport, &arrival.result, time, at(now_ms));
            prop_assert_eq!(saved.observe(&passport, &arrival.result, time, at(now_ms)), told);
            if index == after % arrivals.len() {
                let bytes = postcard::to_stdvec(&saved).expect("bytes");
                saved = postcard::from_bytes(&bytes).expect("a watch");
            }
        }
        prop_assert_eq!(saved, watch);
    }

    #[test]
    fn nothing_begins_or_gets_worse_during_works(
        passport in passports(),
        arrivals in arrivals(),
    ) {
        let (told, _) = play(&passport, &arrivals, &[0.5]);
        for turn in told.iter().filter(|turn| matches!(turn.turn, Turn::Begun | Turn::Worse)) {
            let in_works = passport.works.iter().any(|works| works.from <= turn.at && turn.at < works.to);
            prop_assert!(!in_works, "{turn:?}");
        }
    }

    #[test]
    fn what_arrives_late_turns_nothing(
        passport in passports(),
        arrivals in arrivals(),
    ) {
        let mut watch = Watch::default();
        let mut newest: Option<Timestamp> = None;
        let mut now_ms = 0;
        for arrival in &arrivals {
            now_ms += arrival.after_ms;
            let time = at(now_ms - arrival.age_ms).min(at(now_ms));
            watch.tick(&passport, at(now_ms));
            let told = watch.observe(&passport, &arrival.result, time, at(now_ms));
            if newest.is_some_and(|newest| time < newest) {
                prop_assert_eq!(told, []);
            }
            newest = newest.max(Some(time));
        }
    }
}
