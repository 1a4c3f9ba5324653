//! Any order within a minute, a checkpoint anywhere, minutes closed one by one or at once: the same numbers.

use proptest::prelude::*;
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;

use super::city::{City, MONDAY};
use crate::baseline::{Turn, Unusual};

/// A report, or with no hazard a message of a sensor.
#[derive(Debug, Clone)]
struct Said {
    cell: u32,
    hazard: Option<usize>,
    kind: usize,
    /// Seconds into the minute that is open, or before it.
    at_s: i64,
    weight: u32,
}

fn said() -> impl Strategy<Value = Said> {
    let hazard = proptest::option::weighted(0.8, 0..3_usize);
    (0..40_u32, hazard, 0..Kind::ALL.len(), -5_400..60_i64, 0..2_u32)
        .prop_map(|(cell, hazard, kind, at_s, weight)| Said { cell, hazard, kind, at_s, weight })
}

fn add(unusual: &mut Unusual, minute: i64, said: &Said) {
    let place = City::place(said.cell, 0.3, 0.6);
    let at = Timestamp(minute * 60_000 + said.at_s * 1_000);
    match said.hazard {
        Some(hazard) => {
            unusual.add(place, Hazard::ALL[hazard], Kind::ALL[said.kind], at, said.weight);
        }
        None => unusual.add_sensor_message(place, at),
    }
}

fn bytes(unusual: &Unusual) -> Vec<u8> {
    postcard::to_allocvec(unusual).unwrap()
}

/// Numbers that have learned for two weeks, the same for every case.
fn learned() -> &'static Unusual {
    static LEARNED: std::sync::OnceLock<Unusual> = std::sync::OnceLock::new();
    LEARNED.get_or_init(|| {
        let mut unusual = Unusual::default();
        let mut city = City::new(51);
        city.play(&mut unusual, MONDAY..NOW);
        unusual
    })
}

const NOW: i64 = MONDAY + 15 * 1_440 + 14 * 60 + 30;

fn play(unusual: &mut Unusual, minutes: &[Vec<Said>], each: bool) -> Vec<Turn> {
    let mut turns = Vec::new();
    for (minute, reports) in (NOW..).zip(minutes) {
        for said in reports {
            add(unusual, minute, said);
        }
        if each {
            turns.extend(unusual.close(Timestamp((minute + 1) * 60_000)));
        }
    }
    let end = NOW + minutes.len() as i64;
    turns.extend(unusual.close(Timestamp(end * 60_000)));
    turns
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_within_a_minute_gives_the_same_bytes(
        minutes in proptest::collection::vec(proptest::collection::vec(said(), 0..24), 1..50),
        turn in any::<u64>(),
    ) {
        let mut shuffled = minutes.clone();
        for reports in &mut shuffled {
            reports.sort_by_key(|said| crate::mix::number(turn ^ said.at_s as u64 ^ u64::from(said.cell) << 20));
        }
        let (mut one, mut two) = (learned().clone(), learned().clone());
        prop_assert_eq!(play(&mut one, &minutes, true), play(&mut two, &shuffled, true));
        prop_assert_eq!(bytes(&one), bytes(&two));
    }

    #[test]
    fn a_checkpoint_anywhere_changes_nothing(
        minutes in proptest::collection::vec(proptest::collection::vec(said(), 0..24), 2..80),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(minutes.len());
        let mut whole = learned().clone();
        let mut told = Vec::new();
        let mut saved = learned().clone();
        let mut told_saved = Vec::new();
        for (at, reports) in minutes.iter().enumerate() {
            let minute = NOW + at as i64;
            if at == cut {
                saved = postcard::from_bytes(&bytes(&saved)).unwrap();
            }
            for (unusual, told) in [(&mut whole, &mut told), (&mut saved, &mut told_saved)] {
                for said in reports {
                    add(unusual, minute, said);
                }
                told.extend(unusual.close(Timestamp((minute + 1) * 60_000)));
            }
        }
        prop_assert_eq!(told, told_saved);
        prop_assert_eq!(bytes(&whole), bytes(&saved));
        prop_assert!(whole == saved);
    }

    #[test]
    fn minutes_closed_at_once_are_the_minutes_closed_one_by_one(
        minutes in proptest::collection::vec(proptest::collection::vec(said(), 0..12), 1..50),
    ) {
        // Only what is observed in its own minute: late is what comes after the close.
        let prompt: Vec<Vec<Said>> = minutes
            .into_iter()
            .map(|reports| reports.into_iter().map(|said| Said { at_s: said.at_s.rem_euclid(60), ..said }).collect())
            .collect();
        let (mut one, mut two) = (learned().clone(), learned().clone());
        prop_assert_eq!(play(&mut one, &prompt, true), play(&mut two, &prompt, false));
        prop_assert_eq!(bytes(&one), bytes(&two));
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let mut unusual = Unusual::with_limit(100);
    for minute in 0..3 * 60 {
        for n in 0..30 {
            let at = Timestamp((MONDAY + minute) * 60_000);
            let cell = (minute as u32 * 30 + n) % 900;
            unusual.add(City::place(cell, 0.5, 0.5), Hazard::Flood, Kind::Call, at, 1);
        }
        unusual.close(Timestamp((MONDAY + minute + 1) * 60_000));
    }
    assert!(unusual.n_left_out() > 0);
    let bounded = bytes(&unusual).len();
    for minute in 0..60 {
        unusual.close(Timestamp((MONDAY + 180 + minute + 1) * 60_000));
    }
    assert!(bytes(&unusual).len() < bounded, "what is over is forgotten");
}

#[test]
fn a_clock_that_jumps_years_or_goes_back_is_no_trouble() {
    let mut unusual = Unusual::default();
    let place = City::place(1, 0.5, 0.5);
    unusual.add(place, Hazard::Flood, Kind::Call, Timestamp(i64::MIN), 1);
    unusual.add(place, Hazard::Flood, Kind::Call, Timestamp(i64::MAX), 1);
    assert!(unusual.close(Timestamp(MONDAY * 60_000)).is_empty());
    assert!(unusual.close(Timestamp(0)).is_empty());
    assert!(unusual.close(Timestamp((MONDAY + 500 * 10_080) * 60_000)).is_empty());
    assert_eq!(unusual.n_late(), 2);
}
