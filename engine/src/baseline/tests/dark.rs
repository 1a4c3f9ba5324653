//! Silence: of an area, of the whole city, of one channel alone.

use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;
use wire::unusual::Channel;

use super::city::{City, Dice, MONDAY, WEEK};
use crate::baseline::{DarkArea, Turn, Unusual};

/// Four wide cells side by side; the first may fall silent.
const AREAS: [u32; 4] = [4 * 30 + 4, 4 * 30 + 12, 12 * 30 + 4, 12 * 30 + 12];

/// Messages an hour of each area and channel.
const CALLS: f64 = 14.0;
const POSTS: f64 = 20.0;
const SENSORS: f64 = 120.0;

struct Silent {
    areas: &'static [usize],
    channels: &'static [Channel],
}

const NOTHING: Silent = Silent { areas: &[], channels: &[] };

fn play(
    dice: &mut Dice,
    unusual: &mut Unusual,
    minutes: std::ops::Range<i64>,
    silent: &Silent,
) -> Vec<Turn> {
    let mut turns = Vec::new();
    for minute in minutes {
        let at = Timestamp(minute * 60_000);
        for (index, area) in AREAS.iter().enumerate() {
            let place = City::place(*area, 0.5, 0.5);
            for (channel, an_hour) in
                [(Channel::Calls, CALLS), (Channel::Posts, POSTS), (Channel::Sensors, SENSORS)]
            {
                let rhythm = if channel == Channel::Sensors { 1.0 } else { City::rhythm(minute) };
                let n = dice.poisson(an_hour / 60.0 * rhythm);
                if silent.areas.contains(&index) && silent.channels.contains(&channel) {
                    continue;
                }
                for _ in 0..n {
                    match channel {
                        Channel::Calls => unusual.add(place, Hazard::Other, Kind::Call, at, 1),
                        Channel::Posts => unusual.add(place, Hazard::Other, Kind::Post, at, 1),
                        Channel::Sensors => unusual.add_sensor_message(place, at),
                    }
                }
            }
        }
        turns.extend(unusual.close(Timestamp((minute + 1) * 60_000)));
    }
    turns
}

/// Two weeks and a half learned; an afternoon begins.
fn learned(seed: u64) -> (Dice, Unusual, i64) {
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let mut unusual = Unusual::default();
    let now = MONDAY + 2 * WEEK + 3 * 1_440 + 14 * 60;
    let turns = play(&mut dice, &mut unusual, MONDAY..now, &NOTHING);
    assert!(dark(&turns).is_empty(), "{turns:?}");
    (dice, unusual, now)
}

fn dark(turns: &[Turn]) -> Vec<&DarkArea> {
    turns
        .iter()
        .filter_map(|turn| match turn {
            Turn::Dark(area) => Some(area),
            _ => None,
        })
        .collect()
}

#[test]
fn an_area_that_falls_silent_by_every_channel_is_dark_once_and_lit_when_it_speaks() {
    for seed in 31..=34 {
        let (mut dice, mut unusual, now) = learned(seed);
        let silence = Silent { areas: &[0], channels: Channel::ALL };
        let turns = play(&mut dice, &mut unusual, now..now + 120, &silence);
        let [area] = dark(&turns)[..] else { panic!("{turns:?}") };
        let delay_min = area.began.0 / 60_000 - now;
        println!("dark after {delay_min} minutes: {:?}", area.channels);
        assert!(delay_min <= 60);
        assert!(area.block.bbox().contains(City::place(AREAS[0], 0.5, 0.5)));
        assert_eq!(area.channels.len(), 3);
        assert!(
            area.channels
                .iter()
                .all(|one| one.expected >= 8.0 && one.n as f64 <= one.expected / 4.0)
        );
        assert_eq!(unusual.dark_areas().len(), 1);
        assert!(unusual.blind().is_empty());
        let turns = play(&mut dice, &mut unusual, now + 120..now + 180, &NOTHING);
        assert!(matches!(turns[..], [Turn::Lit(_)]), "{turns:?}");
        assert!(unusual.dark_areas().is_empty());
    }
}

#[test]
fn a_city_that_falls_silent_at_once_is_our_own_eyes_and_no_area() {
    let (mut dice, mut unusual, now) = learned(35);
    let silence = Silent { areas: &[0, 1, 2, 3], channels: Channel::ALL };
    let turns = play(&mut dice, &mut unusual, now..now + 180, &silence);
    let blind: Vec<_> = turns.iter().filter(|turn| matches!(turn, Turn::Blind(_))).collect();
    assert_eq!((dark(&turns).len(), blind.len()), (0, 3), "{turns:?}");
    let turns = play(&mut dice, &mut unusual, now + 180..now + 240, &NOTHING);
    let seeing = turns.iter().filter(|turn| matches!(turn, Turn::Seeing(_))).count();
    assert_eq!((dark(&turns).len(), seeing), (0, 3), "{turns:?}");
}

#[test]
fn while_our_eyes_are_shut_nothing_is_learned() {
    let (mut dice, mut unusual, now) = learned(36);
    let place = City::place(AREAS[0], 0.5, 0.5);
    let later = Timestamp((now + 2 * 1_440) * 60_000);
    let before = unusual.expected_an_hour(place, Hazard::Other, later);
    let silence = Silent { areas: &[0, 1, 2, 3], channels: Channel::ALL };
    play(&mut dice, &mut unusual, now..now + 1_440, &silence);
    let after = unusual.expected_an_hour(place, Hazard::Other, later);
    println!("{before:.2} an hour before a blind day, {after:.2} after it");
    // A day of zeros in sixteen would take a sixteenth.
    assert!((after / before - 1.0).abs() < 0.03, "{before} {after}");
}

#[test]
fn a_silence_of_weeks_is_learned_after_all() {
    let (mut dice, mut unusual, now) = learned(38);
    let place = City::place(AREAS[0], 0.5, 0.5);
    let later = Timestamp((now + 40 * 1_440) * 60_000);
    let before = unusual.expected_an_hour(place, Hazard::Other, later);
    let silence = Silent { areas: &[0, 1, 2, 3], channels: Channel::ALL };
    play(&mut dice, &mut unusual, now..now + 5 * WEEK, &silence);
    let after = unusual.expected_an_hour(place, Hazard::Other, later);
    println!("{before:.2} an hour before five silent weeks, {after:.2} after them");
    assert!(after < before * 0.7, "{before} {after}");
}

#[test]
fn one_channel_alone_or_two_of_three_make_no_area_dark() {
    let sets: [&'static [Channel]; 3] =
        [&[Channel::Calls], &[Channel::Sensors], &[Channel::Calls, Channel::Posts]];
    for channels in sets {
        let (mut dice, mut unusual, now) = learned(37);
        let silence = Silent { areas: &[0], channels };
        let turns = play(&mut dice, &mut unusual, now..now + 120, &silence);
        assert!(turns.is_empty(), "{channels:?}: {turns:?}");
    }
}

#[test]
fn quiet_weeks_have_no_dark_area() {
    let mut n_dark = 0;
    for seed in 41..=44 {
        let (mut dice, mut unusual, now) = learned(seed);
        n_dark += dark(&play(&mut dice, &mut unusual, now..now + 2 * WEEK, &NOTHING)).len();
    }
    println!("{n_dark} dark areas in 56 days");
    assert!(n_dark <= 2, "{n_dark}");
}
