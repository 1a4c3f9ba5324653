//! Forty sensors that feel the storm.

use engine::signal::{Cadence, Direction, Footprint, Grade, Level, Passport};
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::time::Timestamp;

use super::dice::Dice;
use super::scenario::MINUTE_MS;
use super::storm;
use crate::source::Gauge;

/// The source's public id.
pub const SOURCE: &str = "exercise:sensors";
/// The source's readable name.
pub const NAME: &str = "City sensors (exercise)";
/// A value every so often while the exercise plays.
pub const EVERY_MS: i64 = 15_000;
/// And in the history before it: a few points a sensor are enough for a line.
pub const HISTORY_EVERY_MS: i64 = 5 * MINUTE_MS;

/// A sensor of the exercise may speak for what is so near, in metres.
const FOOTPRINT_M: f64 = 500.0;

/// What a sensor feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feels {
    Rain,
    Collector,
    Wind,
    Underpass,
    Noise,
}

/// One sensor.
struct Sensor {
    feels: Feels,
    name: &'static str,
    lng: f64,
    lat: f64,
}

const fn at(feels: Feels, name: &'static str, lng: f64, lat: f64) -> Sensor {
    Sensor { feels, name, lng, lat }
}

use Feels::{Collector, Noise, Rain, Underpass, Wind};

#[rustfmt::skip]
const SENSORS: [Sensor; 40] = [
    at(Rain, "Zona Franca", 2.1260, 41.3440),
    at(Rain, "Montjuïc", 2.1640, 41.3640),
    at(Rain, "Sants", 2.1350, 41.3770),
    at(Rain, "Les Corts", 2.1290, 41.3840),
    at(Rain, "Ciutadella", 2.1880, 41.3880),
    at(Rain, "Eixample", 2.1620, 41.3930),
    at(Rain, "Gràcia", 2.1570, 41.4030),
    at(Rain, "Sarrià", 2.1210, 41.4000),
    at(Rain, "Guinardó", 2.1690, 41.4180),
    at(Rain, "Poblenou", 2.2000, 41.4020),
    at(Rain, "Sant Andreu", 2.1900, 41.4350),
    at(Rain, "Nou Barris", 2.1760, 41.4410),
    at(Collector, "Riera Blanca", 2.1272, 41.3733),
    at(Collector, "Diagonal - Numància", 2.1360, 41.3900),
    at(Collector, "Paral·lel", 2.1640, 41.3755),
    at(Collector, "Urgell", 2.1575, 41.3835),
    at(Collector, "Bogatell", 2.1970, 41.3960),
    at(Collector, "Prim", 2.2120, 41.4140),
    at(Collector, "Bac de Roda", 2.1960, 41.4120),
    at(Collector, "Bon Pastor", 2.2040, 41.4360),
    at(Wind, "Port, bocana nord", 2.1990, 41.3680),
    at(Wind, "Castell de Montjuïc", 2.1663, 41.3634),
    at(Wind, "Tibidabo", 2.1190, 41.4222),
    at(Wind, "Turó de la Rovira", 2.1617, 41.4193),
    at(Wind, "Fòrum", 2.2220, 41.4110),
    at(Wind, "Trinitat", 2.1930, 41.4480),
    at(Underpass, "Rambla de Badal", 2.1290, 41.3742),
    at(Underpass, "Plaça Cerdà", 2.1405, 41.3650),
    at(Underpass, "Ronda Litoral, Morrot", 2.1690, 41.3600),
    at(Underpass, "Túnel de la Rovira", 2.1660, 41.4165),
    at(Underpass, "Glòries", 2.1871, 41.4034),
    at(Underpass, "Pont de Bac de Roda", 2.1930, 41.4185),
    at(Noise, "Plaça de Catalunya", 2.1705, 41.3874),
    at(Noise, "Plaça del Sol", 2.1566, 41.4012),
    at(Noise, "Port Olímpic", 2.2000, 41.3868),
    at(Noise, "Rambla del Raval", 2.1690, 41.3792),
    at(Collector, "Zona Franca", 2.1300, 41.3520),
    at(Underpass, "Ronda Litoral, Poblenou", 2.2080, 41.3975),
    at(Wind, "Zona Franca", 2.1240, 41.3450),
    at(Rain, "Vall d'Hebron", 2.1430, 41.4280),
];

/// This collector is lost while it rises: silence where it matters most.
const LOST: (&str, i64) = ("Riera Blanca", 19 * MINUTE_MS);

impl Feels {
    fn word(self) -> &'static str {
        match self {
            Self::Rain => "rain",
            Self::Collector => "collector",
            Self::Wind => "wind",
            Self::Underpass => "underpass",
            Self::Noise => "noise",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Rain => "mm/h",
            Self::Collector => "m",
            Self::Wind => "km/h",
            Self::Underpass => "cm",
            Self::Noise => "dB",
        }
    }
}

fn value(sensor: &Sensor, at_ms: i64, dice: &mut Dice) -> f64 {
    let (lng, lat) = (sensor.lng, sensor.lat);
    let shake = dice.real(-1.0, 1.0);
    let value = match sensor.feels {
        Feels::Rain => storm::rain(at_ms, lng, lat) * (1.0 + 0.12 * shake),
        Feels::Collector => 0.32 + 3.1 * storm::water(at_ms, lng, lat, 14.0) + 0.02 * shake,
        Feels::Wind => storm::wind(at_ms, lng, lat) * (1.0 + 0.15 * shake),
        Feels::Underpass => (72.0 * storm::water(at_ms, lng, lat, 22.0) - 4.0) + shake,
        Feels::Noise => 58.0 + 17.0 * storm::strength(at_ms, lng, lat) + 3.0 * shake,
    };
    // A gauge shows a decimal or two, and no rain is 0, not a hundredth of a millimetre.
    let step = if sensor.feels == Feels::Collector { 100.0 } else { 10.0 };
    let shown = (value.max(0.0) * step).round() / step;
    if sensor.feels == Feels::Rain && shown < 0.3 { 0.0 } else { shown }
}

/// Every value at one moment of scenario time; `wall` is what the sensors' clocks say.
pub fn values(seed: u64, at_ms: i64, wall: Timestamp) -> Vec<Gauge> {
    let mut dice = Dice::new(seed ^ at_ms.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
    SENSORS
        .iter()
        .filter_map(|sensor| {
            let value = value(sensor, at_ms, &mut dice);
            let lost = sensor.feels == Feels::Collector && sensor.name == LOST.0 && at_ms >= LOST.1;
            let place = LngLat::new(sensor.lng, sensor.lat).ok().filter(|_| !lost)?;
            Some(Gauge {
                datastream: id(sensor),
                name: format!("{} {}", sensor.name, sensor.feels.word()),
                unit: sensor.feels.unit().to_owned(),
                place,
                at: wall,
                value,
            })
        })
        .collect()
}

/// The levels that the exercise gives its sensors: yellow, orange, red, in their units.
fn levels(feels: Feels) -> Option<(Hazard, [f64; 3])> {
    match feels {
        Feels::Collector => Some((Hazard::Flood, [1.2, 2.0, 2.8])),
        Feels::Underpass => Some((Hazard::Flood, [10.0, 25.0, 40.0])),
        Feels::Wind => Some((Hazard::Wind, [60.0, 80.0, 110.0])),
        Feels::Rain | Feels::Noise => None,
    }
}

/// What is known about the sensors that have levels, by their ids.
pub fn passports() -> Vec<(String, Passport)> {
    let of = |sensor: &Sensor| {
        let (hazard, levels) = levels(sensor.feels)?;
        let place = LngLat::new(sensor.lng, sensor.lat).ok()?;
        let level = |(grade, value): (Grade, f64)| Level {
            grade,
            direction: Direction::Rising,
            value,
            clear: None,
            unit: sensor.feels.unit().to_owned(),
            owner: NAME.to_owned(),
            document: "barcelona-storm".to_owned(),
            date: "2026-11-26".to_owned(),
        };
        let grades = [Grade::Yellow, Grade::Orange, Grade::Red];
        let passport = Passport {
            hazard: Some(hazard),
            unit: Some(sensor.feels.unit().to_owned()),
            levels: grades.into_iter().zip(levels).map(level).collect(),
            cadence: Some(Cadence { by_day_ms: EVERY_MS, in_alarm_ms: None }),
            footprint: Some(Footprint::Circle { centre: place, radius_m: FOOTPRINT_M }),
            ..Passport::default()
        };
        Some((id(sensor), passport))
    };
    SENSORS.iter().filter_map(of).collect()
}

fn id(sensor: &Sensor) -> String {
    format!("{}-{}", sensor.feels.word(), slug(sensor.name))
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        let plain = match letter {
            'à' => 'a',
            'è' | 'é' => 'e',
            'í' | 'ï' => 'i',
            'ò' | 'ó' => 'o',
            'ú' | 'ü' => 'u',
            'ç' => 'c',
            other => other,
        };
        if plain.is_ascii_alphanumeric() {
            slug.push(plain);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::scenario::{BEGIN_MS, SEED};
    use super::*;

    #[test]
    fn forty_sensors_have_names_of_their_own() {
        let values = values(SEED, 0, Timestamp(0));
        let names: BTreeSet<_> = values.iter().map(|gauge| gauge.datastream.clone()).collect();
        assert_eq!(names.len(), 40);
        assert!(names.contains("collector-riera-blanca"), "{names:?}");
    }

    #[test]
    fn gauges_rise_when_the_storm_passes_and_one_is_lost_while_it_rises() {
        let read = |name: &str, at_ms: i64| {
            values(SEED, at_ms, Timestamp(0))
                .into_iter()
                .find(|gauge| gauge.datastream == name)
                .map(|gauge| gauge.value)
        };
        let calm = read("rain-sants", -60 * MINUTE_MS).expect("a value");
        let storm = read("rain-sants", BEGIN_MS + 2 * MINUTE_MS).expect("a value");
        assert!(calm == 0.0 && storm > 30.0, "{calm} {storm}");
        let before = read("collector-riera-blanca", LOST.1 - 4 * MINUTE_MS).expect("still there");
        let last = read("collector-riera-blanca", LOST.1 - 1).expect("still there");
        assert!(last > before && last > 1.0, "{before} {last}");
        assert_eq!(read("collector-riera-blanca", LOST.1), None);
    }
}
