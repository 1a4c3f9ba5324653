//! Sensors of a scenario: their passports, and the values they send.

use engine::entry::{Body, SourceKey};
use engine::observation::{ObservationEntry, ObservationResult, PassportEntry, Quality};
use engine::signal::{Cadence, Direction, Footprint, Level, Passport, PlausibleRange, RateLimit};
use wire::geo::LngLat;
use wire::time::Timestamp;

use super::book::Ready;
use super::chance::dice_of;
use super::file::{FaultKind, Must, Sensor};
use super::write::{Happening, Line, MINUTE_MS};

/// The partner of all sensors.
const SENSORS: SourceKey = SourceKey(100);
/// What a sensor that was torn away sends.
const NONSENSE: f64 = -9_999.0;

/// A sensor as the room knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// The datastream.
    pub datastream: String,
    /// The name it has in the file.
    pub name: String,
    /// Where it stands.
    pub place: LngLat,
    /// What its owner says of it.
    pub passport: Passport,
    /// The first moment at which it is beyond a level of its owner, or sends nothing that can be used.
    pub speaks_from: Option<Timestamp>,
}

impl Instrument {
    /// Its passport comes in.
    pub(super) fn admitted(&self, at: Timestamp) -> Line {
        let (datastream, passport) = (self.datastream.clone(), self.passport.clone());
        let entry = PassportEntry { source: SENSORS, datastream, passport };
        Line { at, body: Body::Passport(Box::new(entry)) }
    }

    /// What is true where it is beyond a level, or lost: a matter of its own, of which people need not have spoken.
    pub(super) fn matter(&self, ends: Timestamp) -> Option<Happening> {
        let (begins, hazard) = self.speaks_from.zip(self.passport.hazard)?;
        Some(Happening {
            name: format!("sensor {}", self.datastream),
            hazards: vec![hazard],
            path: vec![(begins, self.place)],
            radius_m: 0.0,
            begins,
            ends,
            situation: None,
            supported: Must::May,
            first_heard: None,
        })
    }
}

/// The value of a curve: straight between its pairs, held outside.
pub(super) fn along(curve: &[[f64; 2]], at: f64) -> f64 {
    let after = curve.iter().position(|pair| pair[0] > at);
    let (from, to) = match after {
        Some(0) => return curve.first().map_or(0.0, |pair| pair[1]),
        Some(n) => (curve[n - 1], curve[n]),
        None => return curve.last().map_or(0.0, |pair| pair[1]),
    };
    from[1] + (to[1] - from[1]) * (at - from[0]) / (to[0] - from[0])
}

/// The passport of a sensor that stands at a place.
pub(super) fn passport(sensor: &Sensor, place: LngLat) -> Passport {
    let ms = |min: f64| (min * MINUTE_MS) as i64;
    let level = |of: &super::file::LevelOf| Level {
        grade: of.grade,
        direction: of.direction,
        value: of.value,
        clear: of.clear,
        unit: sensor.unit.clone(),
        owner: "the scenario".to_owned(),
        document: "its file".to_owned(),
        date: "2026-11-26".to_owned(),
    };
    Passport {
        hazard: sensor.hazard,
        unit: Some(sensor.unit.clone()),
        levels: sensor.levels.iter().map(level).collect(),
        cadence: Some(Cadence {
            by_day_ms: ms(sensor.every_min),
            in_alarm_ms: sensor.every_in_alarm_min.map(ms),
        }),
        rate: sensor
            .rate_per_hour
            .map(|per_hour| RateLimit { per_hour, direction: Some(Direction::Rising) }),
        plausible: sensor.plausible.map(|[min, max]| PlausibleRange { min, max }),
        works: Vec::new(),
        footprint: sensor.footprint_m.map(|radius_m| Footprint::Circle { centre: place, radius_m }),
        downstream: Vec::new(),
        ..Passport::default()
    }
}

/// Writes what each sensor of an entry of the file sends.
pub(super) fn write(
    sensor: &Sensor,
    ready: &Ready,
    seed: u64,
    from: Timestamp,
    ends: Timestamp,
    mut told: impl FnMut(Instrument, Vec<Line>),
) {
    for number in 0..sensor.count {
        let datastream = if sensor.count == 1 {
            sensor.name.clone()
        } else {
            format!("{}-{number}", sensor.name)
        };
        let mut dice = dice_of(seed, &format!("sensor {datastream}"));
        let (lng, lat) = dice.around(sensor.at[0], sensor.at[1], sensor.spread_m);
        let Ok(place) = LngLat::new(lng, lat) else { continue };
        let zero = ready.scenario.begins;
        let mut sent = Vec::new();
        let mut at = from.plus_ms((dice.real(0.0, sensor.every_min) * MINUTE_MS) as i64);
        let mut shown = 0.0;
        let mut speaks_from = None;
        while at < ends {
            let min = at.ms_since(zero) as f64 / MINUTE_MS;
            let fault = sensor
                .faults
                .iter()
                .find(|fault| fault.from_min <= min && fault.to_min.is_none_or(|to| min < to));
            let usual = along(&sensor.curve, min)
                + by_day(sensor, ready, at)
                + dice.real(-sensor.noise, sensor.noise);
            // As a display shows it, to the hundredth.
            let usual = (usual * 100.0).round() / 100.0;
            let value = match fault.map(|fault| fault.kind) {
                None => usual,
                Some(FaultKind::Frozen) => shown,
                Some(FaultKind::Broken) => NONSENSE,
                Some(FaultKind::Silent) => f64::NAN,
            };
            let late_ms = dice.between(1_000, 8_000);
            if !value.is_nan() {
                shown = value;
                sent.push(Line {
                    at: at.plus_ms(late_ms),
                    body: observation(&datastream, sensor, place, at, value),
                });
            }
            let in_alarm = sensor.levels.iter().any(|level| match level.direction {
                Direction::Rising => usual >= level.value,
                Direction::Falling => usual <= level.value,
            });
            let fails =
                matches!(fault.map(|one| one.kind), Some(FaultKind::Silent | FaultKind::Broken));
            speaks_from = speaks_from.or((in_alarm || fails).then_some(at));
            let every_min =
                sensor.every_in_alarm_min.filter(|_| in_alarm).unwrap_or(sensor.every_min);
            at = at.plus_ms((every_min * MINUTE_MS) as i64);
        }
        told(
            Instrument {
                datastream,
                name: sensor.name.clone(),
                place,
                passport: passport(sensor, place),
                speaks_from,
            },
            sent,
        );
    }
}

fn by_day(sensor: &Sensor, ready: &Ready, at: Timestamp) -> f64 {
    let Some([swing, hour]) = sensor.daily else { return 0.0 };
    let local_h = at.0 as f64 / 3_600_000.0 + f64::from(ready.city.clock_ahead_h);
    swing * ((local_h - hour) / 24.0 * std::f64::consts::TAU).cos()
}

fn observation(
    datastream: &str,
    sensor: &Sensor,
    place: LngLat,
    at: Timestamp,
    value: f64,
) -> Body {
    Body::Observation(Box::new(ObservationEntry {
        source: SENSORS,
        datastream: datastream.to_owned(),
        phenomenon_time: at,
        result: ObservationResult::Number(value),
        name: None,
        unit: Some(sensor.unit.clone()),
        place: Some(place),
        clock_ahead: false,
        stated_time: None,
        phenomenon_end: None,
        result_at: None,
        quality: Quality::Unstated,
        raw: None,
        late: false,
    }))
}
