//! Quiet weeks: how often a city is told something that is nothing, and how soon it is told what is something.

use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;

use super::city::*;
use crate::baseline::Unusual;

/// Findings that began in two weeks, after two weeks in which nothing may be said.
fn found_in_two_weeks(seed: u64, brings: f64, days: f64) -> usize {
    let mut city = City::new(seed);
    (city.brings, city.days) = (brings, days);
    let mut unusual = Unusual::default();
    let learned = city.play(&mut unusual, MONDAY..MONDAY + 2 * WEEK);
    assert!(learned.is_empty(), "nothing is said before it is earned: {learned:?}");
    let turns = city.play(&mut unusual, MONDAY + 2 * WEEK..MONDAY + 4 * WEEK);
    let found = begun(&turns);
    println!("seed {seed}: {} findings in 14 days", found.len());
    for finding in &found {
        println!("  {:?} {:?}", finding.hazard, finding.first);
    }
    found.len()
}

#[test]
fn a_quiet_week_has_at_most_one_false_finding_a_day() {
    // One report in seven brings another, days differ by a tenth.
    let n_findings: usize = (1..=10).map(|seed| found_in_two_weeks(seed, 0.15, 0.1)).sum();
    println!("{n_findings} in 140 days");
    assert!(n_findings <= 140, "{n_findings}");
}

#[test]
fn so_has_a_rough_one() {
    // Every other report brings another, and a day may be half as much again as the day before.
    let n_findings: usize = (61..=66).map(|seed| found_in_two_weeks(seed, 0.5, 0.3)).sum();
    println!("{n_findings} in 84 days");
    assert!(n_findings <= 84, "{n_findings}");
}

#[test]
fn a_clock_that_is_changed_moves_the_hours_with_it() {
    println!("seed 7");
    let mut city = City::new(7);
    let mut unusual = Unusual::default();
    city.play(&mut unusual, MONDAY..MONDAY + 3 * WEEK);
    let place = City::place(431, 0.5, 0.5);
    let at = |hour: i64| Timestamp((MONDAY + 3 * WEEK + hour * 60) * 60_000);
    let (nine, ten) =
        [9, 10].map(|hour| unusual.expected_an_hour(place, Hazard::Flood, at(hour))).into();
    assert!(nine < ten, "the morning comes: {nine} {ten}");
    unusual.set_clock(1);
    let moved = unusual.expected_an_hour(place, Hazard::Flood, at(9));
    assert!((moved - ten).abs() < 1e-9, "{moved} {ten}");
}

#[test]
fn an_hour_that_was_seen_in_part_teaches_nothing() {
    println!("seed 8");
    let begin = MONDAY + 150;
    let learned = |straggler: bool| {
        let mut unusual = Unusual::default();
        if straggler {
            let at = Timestamp((begin - 55) * 60_000);
            unusual.add(City::place(431, 0.5, 0.5), Hazard::Flood, Kind::Call, at, 1);
        }
        City::new(8).play(&mut unusual, begin..begin + WEEK);
        let place = City::place(431, 0.5, 0.5);
        (1..4)
            .map(|hour| {
                let at = Timestamp((MONDAY + WEEK + hour * 60) * 60_000);
                unusual.expected_an_hour(place, Hazard::Flood, at)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(learned(true), learned(false));
}
