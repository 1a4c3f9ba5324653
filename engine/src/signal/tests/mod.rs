//! Signals through the public face: values and time in, turns out.

mod bounds;
mod faults;
mod judged;
mod passports;
mod property;
mod stuck;
mod wills;

use wire::time::Timestamp;

use super::{Cadence, Direction, Grade, Level, Numbers, Passport, Test, Transition, Turn, Watch};
use crate::observation::ObservationResult;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A Monday at midnight.
const START: i64 = 1_763_942_400_000;

fn at(ms: i64) -> Timestamp {
    Timestamp(START + ms)
}

fn level(grade: Grade, direction: Direction, value: f64) -> Level {
    Level {
        grade,
        direction,
        value,
        clear: None,
        unit: "m3/s".to_owned(),
        owner: "CHJ".to_owned(),
        document: "SAIH limits".to_owned(),
        date: "2024-09-01".to_owned(),
    }
}

/// A gauge that speaks each five minutes, each minute in alarm, with levels at 50, 100 and 150.
fn gauge() -> Passport {
    let rising = |grade, value| level(grade, Direction::Rising, value);
    Passport {
        unit: Some("m3/s".to_owned()),
        levels: vec![
            rising(Grade::Yellow, 50.0),
            rising(Grade::Orange, 100.0),
            rising(Grade::Red, 150.0),
        ],
        cadence: Some(Cadence { by_day_ms: 5 * MINUTE, in_alarm_ms: Some(MINUTE) }),
        ..Passport::default()
    }
}

/// The same, each five minutes always.
fn steady() -> Passport {
    Passport { cadence: Some(Cadence { by_day_ms: 5 * MINUTE, in_alarm_ms: None }), ..gauge() }
}

/// Without levels, each five minutes.
fn meter() -> Passport {
    Passport { levels: Vec::new(), ..gauge() }
}

/// A watch, its passport, and all it told.
struct Stream {
    passport: Passport,
    watch: Watch,
    told: Vec<Transition>,
}

impl Stream {
    fn of(passport: Passport) -> Self {
        assert_eq!(passport.check(), Ok(()));
        Self { passport, watch: Watch::default(), told: Vec::new() }
    }

    /// A value received when it was true.
    fn value(&mut self, ms: i64, value: f64) -> Vec<Transition> {
        self.received(ms, ms, value)
    }

    fn received(&mut self, ms: i64, received_ms: i64, value: f64) -> Vec<Transition> {
        let result = ObservationResult::Number(value);
        let told = self.watch.observe(&self.passport, &result, at(ms), at(received_ms));
        self.told.extend(told.iter().cloned());
        told
    }

    fn text(&mut self, ms: i64, text: &str) -> Vec<Transition> {
        let result = ObservationResult::Text(text.to_owned());
        self.watch.observe(&self.passport, &result, at(ms), at(ms))
    }

    fn tick(&mut self, ms: i64) -> Vec<Transition> {
        let told = self.watch.tick(&self.passport, at(ms));
        self.told.extend(told.iter().cloned());
        told
    }

    /// Values each five minutes of so many days, from `from_ms` on; ends before the last moment.
    fn live(&mut self, from_ms: i64, to_ms: i64, value: impl Fn(i64) -> f64) {
        let mut ms = from_ms;
        while ms < to_ms {
            self.value(ms, value(ms));
            ms += 5 * MINUTE;
        }
    }

    fn of_test(&self, test: Test) -> Vec<&Transition> {
        self.told.iter().filter(|turn| turn.signal.test == test).collect()
    }
}

/// What turned, in short.
fn turns(told: &[Transition]) -> Vec<(Turn, Test, Grade)> {
    told.iter().map(|turn| (turn.turn, turn.signal.test, turn.signal.grade)).collect()
}

/// A number from 0 to 1 that looks like chance and is the same each time.
fn chance(seed: i64) -> f64 {
    let mixed = crate::mix::number(seed as u64);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// About a bell curve: the sum of chances.
fn bell(seed: i64) -> f64 {
    (0..12).map(|part| chance(seed.wrapping_mul(12) + part)).sum::<f64>() - 6.0
}
