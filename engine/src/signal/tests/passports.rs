//! Passports: what is wrong is named with its remedy, and a valid one survives JSON.

use super::*;
use crate::signal::{Footprint, PlausibleRange, RateLimit, Reach, Works};
use wire::geo::LngLat;

fn place(lng: f64, lat: f64) -> LngLat {
    LngLat::new(lng, lat).expect("a place")
}

fn full() -> Passport {
    let mut passport = gauge();
    passport.levels.push(level(Grade::Yellow, Direction::Falling, 1.0));
    passport.levels[0].clear = Some(45.0);
    Passport {
        rate: Some(RateLimit { per_hour: 30.0, direction: Some(Direction::Rising) }),
        plausible: Some(PlausibleRange { min: 0.0, max: 5_000.0 }),
        works: vec![Works {
            from: at(0),
            to: at(HOUR),
            why: "cleaning".to_owned(),
            who: "S. Prats".to_owned(),
        }],
        footprint: Some(Footprint::Circle { centre: place(-0.46, 39.47), radius_m: 400.0 }),
        downstream: vec![Reach { datastream: "paiporta".to_owned(), minutes: 45 }],
        ..passport
    }
}

#[test]
fn a_passport_survives_json() {
    let passport = full();
    assert_eq!(passport.check(), Ok(()));
    let text = serde_json::to_string(&passport).expect("JSON");
    assert_eq!(serde_json::from_str::<Passport>(&text).expect("a passport"), passport);
    assert_eq!(serde_json::from_str::<Passport>("{}").expect("an empty one"), Passport::default());
}

/// Changes a valid passport, and gives the fields that are then complained of.
fn flaws(change: impl FnOnce(&mut Passport)) -> Vec<String> {
    let mut passport = full();
    change(&mut passport);
    let flaws = passport.check().err().unwrap_or_default();
    assert!(flaws.iter().all(|flaw| flaw.remedy.len() > 10), "{flaws:?}");
    flaws.into_iter().map(|flaw| flaw.field).collect()
}

#[test]
fn each_flaw_names_its_field() {
    assert_eq!(flaws(|_| ()), Vec::<String>::new());
    assert_eq!(flaws(|p| p.levels[1].value = f64::INFINITY)[0], "levels[1].value");
    assert_eq!(flaws(|p| p.levels[2].value = 6_000.0), ["levels[2].value"]);
    assert_eq!(flaws(|p| p.levels[2].value = 90.0), ["levels[2].value"]);
    assert_eq!(flaws(|p| p.levels[3].value = 70.0), ["levels[3].value"]);
    assert_eq!(flaws(|p| p.levels[1].grade = Grade::Yellow), ["levels[1].grade"]);
    assert_eq!(flaws(|p| p.levels[0].unit = "m".to_owned()), ["levels[0].unit"]);
    assert_eq!(flaws(|p| p.unit = None).len(), 4);
    assert_eq!(flaws(|p| p.unit = Some(String::new()))[0], "unit");
    assert_eq!(flaws(|p| p.levels[0].clear = Some(50.0)), ["levels[0].clear"]);
    assert_eq!(flaws(|p| p.levels[3].clear = Some(0.5)), ["levels[3].clear"]);
    assert_eq!(flaws(|p| p.levels[3].value = 0.0), ["levels[3].clear"]);
    assert_eq!(flaws(|p| p.levels[0].owner.clear()), ["levels[0].owner"]);
    assert_eq!(flaws(|p| p.levels[0].document.clear()), ["levels[0].document"]);
    assert_eq!(flaws(|p| p.levels[0].date = " ".to_owned()), ["levels[0].date"]);
    assert_eq!(
        flaws(|p| p.cadence = Some(Cadence { by_day_ms: 0, in_alarm_ms: None })),
        ["cadence.by_day_ms"]
    );
    assert_eq!(
        flaws(|p| p.cadence = Some(Cadence { by_day_ms: MINUTE, in_alarm_ms: Some(HOUR) })),
        ["cadence.in_alarm_ms"]
    );
    assert_eq!(
        flaws(|p| p.rate = Some(RateLimit { per_hour: 0.0, direction: None })),
        ["rate.per_hour"]
    );
    assert_eq!(
        flaws(|p| p.plausible = Some(PlausibleRange { min: 0.0, max: f64::INFINITY })),
        ["plausible.max"]
    );
    assert_eq!(
        flaws(|p| p.plausible = Some(PlausibleRange { min: f64::NAN, max: 1.0 }))
            .into_iter()
            .filter(|field| field == "plausible.min")
            .count(),
        1
    );
    assert_eq!(flaws(|p| p.works[0].to = at(0)), ["works[0].to"]);
    assert_eq!(flaws(|p| p.works[0].why.clear()), ["works[0].why"]);
    assert_eq!(flaws(|p| p.works[0].who = "x".repeat(1_001)), ["works[0].who"]);
    assert_eq!(
        flaws(|p| p.footprint = Some(Footprint::Circle { centre: place(0.0, 0.0), radius_m: 0.0 })),
        ["footprint.circle.radius_m"]
    );
    assert_eq!(
        flaws(|p| p.footprint = Some(Footprint::Ring(vec![place(0.0, 0.0); 2]))),
        ["footprint.ring"]
    );
    assert_eq!(flaws(|p| p.downstream[0].datastream.clear()), ["downstream[0].datastream"]);
}

#[test]
fn a_passport_has_limits() {
    assert_eq!(flaws(|p| p.works = vec![p.works[0].clone(); 65]), ["works"]);
    assert_eq!(flaws(|p| p.downstream = vec![p.downstream[0].clone(); 65]), ["downstream"]);
    let many = |p: &mut Passport| {
        let again = p.levels[0].clone();
        p.levels.extend([again.clone(), again.clone(), again]);
    };
    assert_eq!(flaws(many)[0], "levels");
}
