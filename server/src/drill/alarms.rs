//! What rings beside the picture: the signals of each sensor, and areas that fall silent.
//!
//! The World does not call its unusual numbers yet, and a scenario gives it no passports, so a drill keeps both beside it; this
//! file goes when it does. An alarm that rang stands until a person closes it, whatever the value does (law 1 of the room); nobody
//! closes one in a drill.

use std::collections::BTreeMap;

use engine::baseline::{Turn as CityTurn, Unusual};
use engine::entry::Body;
use engine::signal::{Footprint, Grade, Passport, Test, Transition, Turn, Watch};
use wire::geo::{Bbox, LngLat};
use wire::time::Timestamp;

use super::instruments::Instrument;
use super::write::Line;

/// A turn of a sensor's signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// The sensor's name in the file.
    pub sensor: String,
    /// Which test spoke.
    pub test: Test,
    /// How grave it is.
    pub grade: Grade,
    /// Begun, worse, eased or ended.
    pub turn: Turn,
    /// When that was known.
    pub at: Timestamp,
}

struct Kept {
    instrument: Instrument,
    watch: Watch,
}

/// See the module.
#[derive(Default)]
pub struct Alarms {
    kept: BTreeMap<String, Kept>,
    /// Where a red alarm stands, and whether for a place.
    red: BTreeMap<String, Timestamp>,
    unusual: Option<Unusual>,
    /// Every turn of a signal, in order.
    pub rung: Vec<Rung>,
    /// Every area that was called dark: when, and where.
    pub dark: Vec<(Timestamp, Bbox)>,
    /// Alarms that were closed without a person, by sensor. This file closes none.
    pub closed: Vec<(String, Timestamp)>,
}

impl Alarms {
    /// Of these sensors. Silent areas are looked for where there is history enough to know what is usual.
    pub fn new(instruments: &[Instrument], clock_ahead_h: i8, looks_for_silence: bool) -> Self {
        let kept = instruments.iter().map(|instrument| {
            (
                instrument.datastream.clone(),
                Kept { instrument: instrument.clone(), watch: Watch::default() },
            )
        });
        let unusual = looks_for_silence.then(|| {
            let mut unusual = Unusual::default();
            unusual.set_clock(clock_ahead_h);
            unusual
        });
        Self { kept: kept.collect(), unusual, ..Self::default() }
    }

    /// An entry came.
    pub fn take(&mut self, line: &Line) {
        match &line.body {
            Body::Observation(value) => {
                let Some(kept) = self.kept.get_mut(&value.datastream) else { return };
                let passport = &kept.instrument.passport;
                let told =
                    kept.watch.observe(passport, &value.result, value.phenomenon_time, line.at);
                note(&mut self.rung, &mut self.red, &kept.instrument, told);
                if let Some(unusual) = &mut self.unusual {
                    unusual.add_sensor_message(kept.instrument.place, value.phenomenon_time);
                }
            }
            Body::Report(report) => {
                let is_first = report.updated_at == line.at
                    && report.status != Some(wire::grade::Status::Closed);
                if let Some((unusual, place)) =
                    self.unusual.as_mut().zip(report.place).filter(|_| is_first)
                {
                    unusual.add(place, report.hazard, report.kind, report.observed_at, 1);
                }
            }
            Body::Erased(_) | Body::Canary(_) | Body::Decision(_) | Body::Passport(_) => {}
        }
    }

    /// A minute passed.
    pub fn tick(&mut self, now: Timestamp) {
        for kept in self.kept.values_mut() {
            let passport: &Passport = &kept.instrument.passport;
            if kept.watch.due(passport).is_some_and(|due| due <= now) {
                let told = kept.watch.tick(passport, now);
                note(&mut self.rung, &mut self.red, &kept.instrument, told);
            }
        }
        for turn in self.unusual.as_mut().map(|unusual| unusual.close(now)).unwrap_or_default() {
            if let CityTurn::Dark(area) = turn {
                self.dark.push((now, area.block.bbox()));
            }
        }
    }

    /// Whether a red alarm stands of a sensor that speaks for this place.
    pub fn is_red_at(&self, place: LngLat) -> bool {
        self.red.keys().any(|datastream| {
            let footprint = self
                .kept
                .get(datastream)
                .and_then(|kept| kept.instrument.passport.footprint.as_ref());
            footprint.is_some_and(|footprint| match footprint {
                Footprint::Circle { centre, radius_m } => {
                    engine::place::distance_m(*centre, place) <= *radius_m
                }
                // The files of drills draw circles only.
                Footprint::Ring(_) => false,
            })
        })
    }
}

fn note(
    rung: &mut Vec<Rung>,
    red: &mut BTreeMap<String, Timestamp>,
    of: &Instrument,
    told: Vec<Transition>,
) {
    for Transition { turn, at, signal } in told {
        if signal.grade == Grade::Red && turn != Turn::Ended {
            red.entry(of.datastream.clone()).or_insert(at);
        }
        rung.push(Rung {
            sensor: of.name.clone(),
            test: signal.test,
            grade: signal.grade,
            turn,
            at,
        });
    }
}
