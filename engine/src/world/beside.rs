//! What the sensors beside a situation say (laws 2 and 3 of the room): for or against it only from within their footprint, and
//! a lost one never "normal".

use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::id::ReportId;
use wire::situation::{SensorSays, SensorWord};

use super::World;
use super::heed::{speaks, voice_id};
use crate::limits::{SENSOR_NEAR_M, SENSORS_BESIDE_MAX};
use crate::place::distance_m;
use crate::sensors::Datastream;
use crate::signal::Test;
use crate::situation::{Family, Voice};

/// See the module.
pub(super) struct Beside {
    /// What each says, the weightiest word first, of those the nearest.
    pub(super) sensors: Vec<SensorSays>,
    /// Voices of those that speak for the situation and do not stand in it.
    pub(super) speaking: Vec<Voice>,
}

impl World {
    pub(super) fn beside(
        &self,
        at: Option<LngLat>,
        hazard: Hazard,
        voices: &[(Voice, ReportId)],
    ) -> Beside {
        let mut beside = Beside { sensors: Vec::new(), speaking: Vec::new() };
        let Some(at) = at else { return beside };
        for (index, stream, passport) in self.sensors.watched() {
            let Some(place) = stream.place else { continue };
            if !passport.hazard.is_some_and(|of| tells_of(of, hazard)) {
                continue;
            }
            let id = voice_id(stream.source, &stream.id);
            let is_member = voices.iter().any(|(voice, _)| voice.id == id);
            let sees = is_member || passport.covers(at);
            let distance_m = distance_m(at, place);
            if !sees && distance_m > SENSOR_NEAR_M {
                continue;
            }
            let says = word(stream, sees);
            if sees && !is_member && says <= SensorWord::Lost {
                beside.speaking.extend(self.voice_of(index));
            }
            let held = stream.watch.as_ref().and_then(|watch| watch.held());
            beside.sensors.push(SensorSays {
                datastream: stream.id.clone(),
                source: self.source_name(stream.source),
                name: stream.name.clone().unwrap_or_else(|| stream.id.clone()),
                says,
                distance_m: distance_m.round() as u32,
                value: held.map(|held| held.value),
                unit: stream.reference().map(str::to_owned),
                value_at: held.map(|held| held.at),
            });
        }
        beside.sensors.sort_by(|a, b| {
            (a.says, a.distance_m, &a.datastream).cmp(&(b.says, b.distance_m, &b.datastream))
        });
        beside.sensors.truncate(SENSORS_BESIDE_MAX);
        beside
    }
}

/// Whether a sensor for one thing tells of another: a wind gauge says nothing about a flood, and both do about a storm.
fn tells_of(sensor: Hazard, hazard: Hazard) -> bool {
    let is_storm = hazard == Hazard::Storm || sensor == Hazard::Storm;
    sensor == hazard || is_storm && Family::of(sensor) == Family::of(hazard)
}

fn word(stream: &Datastream, sees: bool) -> SensorWord {
    match speaks(stream).map(|signal| signal.test) {
        _ if !sees => SensorWord::NotSeen,
        Some(Test::Lost) => SensorWord::Lost,
        Some(_) => SensorWord::Supports,
        None => SensorWord::Normal,
    }
}
