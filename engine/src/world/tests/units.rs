//! Units and qualities in the World: in which unit a value is judged, and what is not to be believed.

use wire::source::SourceHealth;
use wire::time::Timestamp;

use super::MINUTE;
use super::guard::Town;
use super::room::value_of;
use crate::entry::{Body, SourceKey};
use crate::observation::{ObservationEntry, ObservationResult, PassportEntry, Quality};
use crate::rule::{Beyond, Direction, Of, Stream, When};
use crate::signal::{Cadence, Grade, Level, Passport};
use crate::world::{Unfit, World};

const US: SourceKey = SourceKey(9);

fn said(value: f64, unit: Option<&str>, now: Timestamp) -> Box<ObservationEntry> {
    let Body::Observation(mut one) = value_of(0, value, now) else { unreachable!("a value") };
    one.unit = unit.map(str::to_owned);
    one
}

fn bad(value: f64, now: Timestamp) -> Body {
    Body::Observation(Box::new(ObservationEntry {
        quality: Quality::Bad,
        ..*said(value, Some("m"), now)
    }))
}

fn passport(unit: &str) -> Body {
    let cadence = Some(Cadence { by_day_ms: MINUTE, in_alarm_ms: None });
    let passport = Passport { unit: Some(unit.to_owned()), cadence, ..Passport::default() };
    Body::Passport(Box::new(PassportEntry {
        source: US,
        datastream: "gauge-0".to_owned(),
        passport,
    }))
}

#[test]
fn a_rule_hears_a_datastream_in_the_unit_in_which_it_spoke_first() {
    let mut town = Town::new();
    town.says(|now| Body::Observation(said(1.0, Some("m"), now)));
    town.arm(When::Value(Beyond {
        of: Of::Stream(Stream { source: US, name: "gauge-0".to_owned() }),
        direction: Direction::Rising,
        level: 2.5,
        clear: 2.0,
        hold_ms: 0,
    }));
    town.says(|now| Body::Observation(said(40.0, Some("cm"), now)));
    town.says(|now| Body::Observation(said(99.0, Some("furlongs"), now)));
    assert_eq!(town.alarms(), [], "neither 40 m nor 99 of what nobody knows");
    town.says(|now| Body::Observation(said(264.0, Some("cm"), now)));
    // Without a unit it is the one of the message before.
    town.says(|now| Body::Observation(said(270.0, None, now)));
    let alarms = town.alarms();
    let [one] = alarms.as_slice() else { panic!("{alarms:?}") };
    assert_eq!((one.value, one.unit.as_deref()), (Some(2.64), Some("m")));
}

#[test]
fn what_does_not_fit_is_told_before_it_is_taken() {
    let mut town = Town::new();
    let fits = |world: &World, unit: Option<&str>, now| world.fits(&said(1.0, unit, now));
    let now = town.now;
    for unit in [Some("m"), Some("m3/s"), Some("bananas"), None] {
        assert_eq!(fits(&town.world, unit, now), Ok(()), "nobody knows it yet");
    }
    town.says(|now| Body::Observation(said(1.0, Some("m"), now)));
    for unit in [Some("m"), Some("cm"), Some("bananas"), None] {
        assert_eq!(fits(&town.world, unit, now), Ok(()), "{unit:?}");
    }
    let told = fits(&town.world, Some("m3/s"), now).expect_err("another quantity");
    assert_eq!(told.reason(), "unit_mismatch");
    assert!(told.to_string().starts_with("m3/s is flow, but m is length: "), "{told}");
    let words = |quality| ObservationEntry {
        result: ObservationResult::Text("high".to_owned()),
        quality,
        ..*said(0.0, None, now)
    };
    assert_eq!(town.world.fits(&words(Quality::Unstated)), Err(Unfit::TextForNumber));
    assert_eq!(town.world.fits(&words(Quality::Bad)), Ok(()), "it says why there is no number");
    // The passport's unit counts before what was sent.
    town.says(|_now| passport("m3/s"));
    assert_eq!(fits(&town.world, Some("l/s"), now), Ok(()));
    for unit in [Some("m"), None] {
        let told = fits(&town.world, unit, now).expect_err("it still speaks in metres");
        assert!(told.to_string().starts_with("m is length, but m3/s is flow"), "{told}");
    }
}

#[test]
fn what_is_not_to_be_believed_is_no_datastream_no_newest_value_and_no_word() {
    let mut town = Town::new();
    town.says(|now| bad(7.0, now));
    assert_eq!(town.world.n_sensors(), 0);
    town.says(|_now| passport("m"));
    for _ in 0..5 {
        town.says(|now| Body::Observation(said(1.0, Some("m"), now)));
    }
    let status = |town: &Town| {
        let told = town.world.datastream(US, "gauge-0", town.now).expect("known");
        (told.latest.status, told.latest.sensor.result)
    };
    assert_eq!(status(&town), (SourceHealth::Live, Some(1.0)));
    for _ in 0..5 {
        town.says(|now| bad(8.0, now));
    }
    assert_eq!(status(&town), (SourceHealth::Silent, Some(1.0)), "it breaks no silence");
    town.says(|now| Body::Observation(said(2.0, Some("m"), now)));
    assert_eq!(status(&town), (SourceHealth::Live, Some(2.0)));
}

#[test]
fn a_passport_in_another_unit_begins_anew_and_in_another_spelling_does_not() {
    let mut town = Town::new();
    let with_level = |unit: &str, value: f64| {
        let level = Level {
            grade: Grade::Red,
            direction: crate::signal::Direction::Rising,
            value,
            clear: None,
            unit: unit.to_owned(),
            owner: "ACA".to_owned(),
            document: "Pla".to_owned(),
            date: "2024-01-01".to_owned(),
        };
        let Body::Passport(mut one) = passport(unit) else { unreachable!("a passport") };
        one.passport.levels = vec![level];
        Body::Passport(one)
    };
    town.says(|now| Body::Observation(said(1.0, Some("m"), now)));
    town.says(|_now| with_level("m", 2.5));
    town.says(|now| Body::Observation(said(3.0, Some("m"), now)));
    assert_eq!(town.alarms().len(), 1);
    town.says(|_now| with_level("metres", 2.5));
    assert_eq!(town.alarms()[0].eased_at, None, "the same unit");
    // Three is far below 250: what stood in metres does not go on in centimetres.
    town.says(|_now| with_level("cm", 250.0));
    assert!(town.alarms()[0].eased_at.is_some());
    town.says(|now| Body::Observation(said(3.0, Some("m"), now)));
    let alarms = town.alarms();
    let standing = alarms.iter().find(|alarm| alarm.eased_at.is_none()).expect("beyond it still");
    assert_eq!((standing.value, standing.limit), (Some(300.0), Some(250.0)));
    assert_eq!(standing.unit.as_deref(), Some("cm"));
}
