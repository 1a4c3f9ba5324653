//! Units as cities send them, and numbers that become others.

use super::table::UNITS;
use super::{Bridge, Quantity, read};

#[test]
fn the_spellings_of_cities_are_read() {
    for (text, code) in [
        ("m", "m"),
        ("  M ", "m"),
        ("metres", "m"),
        ("l/m²", "mm"),
        ("m3/s", "m3/s"),
        ("m³/s", "m3/s"),
        ("m³·s⁻¹", "m3/s"),
        ("m^3/s", "m3/s"),
        ("M3/S", "m3/s"),
        ("m3 s-1", "m3/s"),
        ("ºC", "Cel"),
        ("°C", "Cel"),
        ("° C", "Cel"),
        ("Cel", "Cel"),
        ("degrees Celsius", "Cel"),
        ("µg/m3", "ug/m3"),
        ("μg/m³", "ug/m3"),
        ("ug / m3", "ug/m3"),
        ("µg m-3", "ug/m3"),
        ("dB(A)", "dB(A)"),
        ("dB (A)", "dB(A)"),
        ("dBA", "dB(A)"),
        ("km/h", "km/h"),
        ("KM/H", "km/h"),
        ("%", "%"),
        ("percent", "%"),
        ("mm/h", "mm/h"),
        ("mm h-1", "mm/h"),
        ("hPa", "hPa"),
        ("HPA", "hPa"),
        ("kWh", "kW.h"),
        ("W/m²", "W/m2"),
        ("veh/h", "/h"),
        ("{vehicles}", "1"),
        ("{cars passing}", "1"),
        ("[ppm]", "[ppm]"),
        ("PPM", "[ppm]"),
        ("mV", "mV"),
    ] {
        assert_eq!(read(text).map(|unit| unit.code), Some(code), "{text}");
    }
}

#[test]
fn what_nobody_knows_or_may_be_two_things_is_unknown() {
    for text in ["", "furlong", "bananas", "mw", "{}", &"m".repeat(81)] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read("MW").map(|unit| unit.code), Some("MW"), "its case says which");
}

#[test]
fn every_spelling_leads_to_its_own_unit() {
    for unit in UNITS {
        assert!(unit.factor.is_finite() && unit.factor > 0.0 && unit.offset.is_finite());
        for spelling in std::iter::once(&unit.code).chain(unit.spellings) {
            assert_eq!(read(spelling).map(|found| found.code), Some(unit.code), "{spelling}");
        }
        let canonical = unit.canonical();
        assert_eq!(canonical.quantity, unit.quantity);
        assert!((canonical.factor - 1.0).abs() < f64::EPSILON, "{}", canonical.code);
    }
}

#[test]
fn numbers_are_carried_to_twelve_digits_and_back() {
    let carry = |number, given, wanted| {
        Bridge::between(given, wanted).expect("one quantity").carry(number).expect("known")
    };
    for (number, given, wanted, there) in [
        (0.29, "m", "cm", 29.0),
        (150.0, "cm", "m", 1.5),
        (264.0, "m3/s", "l/s", 264_000.0),
        (36.0, "km/h", "m/s", 10.0),
        (0.0, "°C", "K", 273.15),
        (32.0, "°F", "ºC", 0.0),
        (212.0, "°F", "°C", 100.0),
        (1.0, "bar", "hPa", 1_000.0),
        (0.4, "mg/m3", "µg/m³", 400.0),
        (420.0, "ppm", "%", 0.042),
        (2.5, "m", "metres", 2.5),
    ] {
        assert_eq!(carry(number, given, wanted).to_bits(), f64::to_bits(there), "{number} {given}");
    }
    for unit in UNITS {
        let there = unit.to(unit.canonical(), 12.5);
        let back = unit.canonical().to(unit, there);
        assert!((back - 12.5).abs() < 1e-6, "{}: {back}", unit.code);
    }
}

#[test]
fn units_of_two_quantities_are_told_apart_by_name() {
    let told = Bridge::between("m", "m3/s").expect_err("a level is no flow");
    assert_eq!(told.to_string(), "m is length, but m3/s is flow");
    assert!(Bridge::between("mm/h", "m/s").is_err(), "rain is no wind");
    assert!(Bridge::between("dB", "dB(A)").is_err(), "another weighting");
    assert_eq!(Bridge::between("bananas", "m"), Ok(Bridge::Unknown));
    assert_eq!(Bridge::between("Bananas ", "Bananas"), Ok(Bridge::Same), "unknown, and the same");
    assert_eq!(Bridge::Unknown.carry(1.0), None);
    assert_eq!(read("hm3").map(|unit| unit.quantity), Some(Quantity::Volume));
}
