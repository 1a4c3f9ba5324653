//! What is something: how soon it is told, once, with its numbers, and when it is over.

use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;

use super::city::*;
use crate::baseline::{Turn, Unusual};

/// Two weeks learned and a day judged.
pub(super) fn learned(seed: u64) -> (City, Unusual, i64) {
    let mut city = City::new(seed);
    let mut unusual = Unusual::default();
    let now = MONDAY + 2 * WEEK + 1_440 + 14 * 60;
    city.play(&mut unusual, MONDAY..now);
    (city, unusual, now)
}

/// Plays some minutes with a report more at each of `at`; all that was told, with the minute in which.
fn with_more(
    (city, unusual, now): &mut (City, Unusual, i64),
    minutes: i64,
    weight: u32,
    mut at: impl FnMut(i64) -> Option<(u32, f64, f64)>,
) -> Vec<(i64, Turn)> {
    let mut told = Vec::new();
    for minute in 0..minutes {
        if let Some((cell, dx, dy)) = at(minute) {
            let place = City::place(cell, dx, dy);
            unusual.add(place, Hazard::Flood, Kind::Call, Timestamp(*now * 60_000), weight);
        }
        let turns = city.play(unusual, *now..*now + 1);
        told.extend(turns.into_iter().map(|turn| (minute, turn)));
        *now += 1;
    }
    told
}

fn delay(told: &[(i64, Turn)]) -> Option<i64> {
    told.iter().find(|(_, turn)| matches!(turn, Turn::Began(_))).map(|(minute, _)| minute + 1)
}

#[test]
fn a_call_a_minute_is_told_within_a_quarter_of_an_hour_wherever_it_lies() {
    let mut delays = Vec::new();
    for seed in 11..=15 {
        for (name, dx, dy) in [("in a cell", 0.5, 0.5), ("at a corner of four", 0.0, 0.0)] {
            let mut room = learned(seed);
            let cell = 400 + (room.0.dice.unit() * 60.0) as u32;
            let told = with_more(&mut room, 30, 1, |minute| {
                // About the place, within two tenths of a cell: at a corner all four cells get some.
                let turn = minute as f64 * 2.4;
                let (dx, dy) = (dx + 0.2 * turn.cos(), dy + 0.2 * turn.sin());
                Some((cell, dx, dy))
            });
            let delay = delay(&told);
            println!("seed {seed}, cell {cell}, {name}: {delay:?} minutes");
            delays.push(delay.unwrap_or(i64::MAX));
        }
    }
    delays.sort_unstable();
    println!("delays in minutes: {delays:?}");
    assert!(delays.last().is_some_and(|worst| *worst <= 15), "{delays:?}");
}

#[test]
fn an_event_is_one_finding_that_begins_grows_and_ends() {
    println!("seed 21");
    let mut room = learned(21);
    let told = with_more(&mut room, 180, 1, |minute| (minute < 40).then_some((431, 0.5, 0.5)));
    let words: Vec<_> = told
        .iter()
        .map(|(minute, turn)| match turn {
            Turn::Began(one) => (*minute, "began", one.number, one.now.n),
            Turn::Grew(one) => (*minute, "grew", one.number, one.now.n),
            Turn::Ended(one) => (*minute, "ended", one.number, one.now.n),
            other => panic!("{other:?}"),
        })
        .collect();
    println!("{words:?}");
    assert_eq!(words.iter().filter(|word| word.1 == "began").count(), 1, "{words:?}");
    assert!(words.iter().all(|word| word.2 == 1));
    assert!(words.len() <= 6, "never one a minute: {words:?}");
    let ended = words.last().unwrap();
    assert_eq!(ended.1, "ended");
    assert!((40..40 + 15 + 15 + 15).contains(&ended.0), "{words:?}");
    assert!(room.1.findings().is_empty());
}

#[test]
fn a_finding_says_who_spoke_how_many_are_expected_and_in_which_period() {
    println!("seed 22");
    let mut room = learned(22);
    let told = with_more(&mut room, 20, 1, |_| Some((431, 0.5, 0.5)));
    let Some((_, Turn::Began(found))) = told.first() else { panic!("{told:?}") };
    assert_eq!(found.hazard, Hazard::Flood);
    assert!(found.first.n >= 3 && found.first.expected < 1.0 && found.first.p < 1e-4, "{found:?}");
    assert!([15, 60].contains(&found.first.period_min));
    assert_eq!(found.mix[0].0, Kind::Call);
    assert_eq!(found.mix.iter().map(|(_, n)| n).sum::<u64>(), found.first.n);
    assert!(found.first.block.bbox().contains(City::place(431, 0.5, 0.5)));
}

#[test]
fn a_thousand_copies_are_no_unusual_number() {
    println!("seed 23");
    let mut room = learned(23);
    let told = with_more(&mut room, 30, 0, |_| Some((431, 0.5, 0.5)));
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_voice_that_was_never_heard_before_is_not_counted_for_two_weeks() {
    println!("seed 24");
    let (mut city, mut unusual, now) = learned(24);
    for n in 0..20 {
        let place = City::place(431, 0.5, 0.5);
        unusual.add(place, Hazard::Flood, Kind::Press, Timestamp((now + n) * 60_000), 1);
    }
    let turns = city.play(&mut unusual, now..now + 25);
    assert!(begun(&turns).is_empty(), "{turns:?}");
}

#[test]
fn an_unusual_hour_teaches_little() {
    println!("seed 25");
    let mut room = learned(25);
    let place = City::place(431, 0.5, 0.5);
    // The same hours, a week later.
    let later = |now: i64| Timestamp((now + WEEK) * 60_000);
    let at = later(room.2 + 120);
    let before = room.1.expected_an_hour(place, Hazard::Flood, at);
    with_more(&mut room, 360, 1, |minute| (minute < 240).then_some((431, 0.5, 0.5)));
    let after = room.1.expected_an_hour(place, Hazard::Flood, at);
    println!("{before:.4} an hour before, {after:.4} after 240 reports in 4 hours");
    // Taught in full, nearly five an hour would be expected.
    assert!(after > before && after < 0.5, "{before} {after}");
}

#[test]
fn what_comes_two_hours_late_is_not_counted_and_what_comes_half_an_hour_late_is() {
    println!("seed 26");
    for (late, counted) in [(120, false), (30, true)] {
        let (mut city, mut unusual, now) = learned(26);
        for n in 0..12 {
            let place = City::place(431, 0.5, 0.5);
            let at = Timestamp((now - late + n) * 60_000);
            unusual.add(place, Hazard::Flood, Kind::Call, at, 1);
        }
        let turns = city.play(&mut unusual, now..now + 1);
        assert_eq!(!begun(&turns).is_empty(), counted, "{late}");
        // Each report is counted for its hazard, and as a call.
        assert_eq!(unusual.n_late(), if counted { 0 } else { 24 });
    }
}

#[test]
fn more_than_usual_everywhere_is_a_finding_of_the_city() {
    println!("seed 27");
    let (mut city, mut unusual, now) = learned(27);
    let mut turns = Vec::new();
    for minute in now..now + 60 {
        for n in 0..2 {
            let cell = ((minute - now) as u32 * 577 + n * 311) % (SIDE * SIDE);
            let place = City::place(cell, 0.5, 0.5);
            unusual.add(place, Hazard::Flood, Kind::Call, Timestamp(minute * 60_000), 1);
        }
        turns.extend(city.play(&mut unusual, minute..minute + 1));
    }
    let found = begun(&turns);
    assert!(found.iter().any(|one| one.first.block.is_everywhere()), "{found:?}");
}

#[test]
fn on_a_busy_day_the_city_is_found_and_not_each_of_its_quarters() {
    println!("seed 28");
    let (mut city, mut unusual, now) = learned(28);
    city.busy = 6.0;
    let morning = city.play(&mut unusual, now..now + 6 * 60);
    assert!(begun(&morning).iter().any(|one| one.first.block.is_everywhere()), "{morning:?}");
    // By then it is known what sort of a day it is.
    let turns = city.play(&mut unusual, now + 6 * 60..now + 36 * 60);
    let found = begun(&turns);
    let n_places = found.iter().filter(|one| !one.first.block.is_everywhere()).count();
    println!("{n_places} findings of places");
    assert!(n_places <= 2, "{found:?}");
}
