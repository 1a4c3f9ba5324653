//! Why reports are together: what of a situation lies nearest to each, in distance and time; whose words it repeats; and
//! whether a person decided it.

use wire::id::ReportId;
use wire::situation::Tie;

use super::World;
use super::heed::voice_id;
use crate::limits::TIES_MAX;
use crate::place::distance_m;
use crate::situation::{SituationId, Voice};

impl World {
    /// The ties of a situation, in the order of time.
    pub fn ties(&self, id: SituationId) -> Vec<Tie> {
        let situations = &self.thinking.situations;
        let mut voices = situations.voices(id);
        voices.truncate(TIES_MAX);
        let tie = |(voice, source): &(Voice, ReportId)| {
            let nearest = nearest(voice, &voices);
            Tie {
                report: Some(voice.id).filter(|_| !voice.is_sensor),
                datastream: self.datastream_of(voice),
                says: voice.says(),
                nearest: nearest.map(|(other, _)| other.id),
                distance_m: nearest.map(|(_, distance_m)| distance_m.round() as u32),
                apart_ms: nearest
                    .map(|(other, _)| other.observed_at.ms_since(voice.observed_at).unsigned_abs()),
                copy_of: Some(*source).filter(|source| *source != voice.id),
                decided: situations.is_decided(voice.id),
            }
        };
        voices.iter().map(tie).collect()
    }

    fn datastream_of(&self, voice: &Voice) -> Option<String> {
        let mut streams = self.sensors.streams().iter().filter(|_| voice.is_sensor);
        let stream = streams.find(|stream| voice_id(stream.source, &stream.id) == voice.id)?;
        Some(stream.id.clone())
    }
}

/// The nearest of the others, of those as near the nearest in time.
fn nearest<'a>(voice: &Voice, all: &'a [(Voice, ReportId)]) -> Option<(&'a Voice, f64)> {
    let others = all.iter().map(|(other, _)| other).filter(|other| other.id != voice.id);
    let ranked = others.map(|other| {
        let apart_ms = other.observed_at.ms_since(voice.observed_at).unsigned_abs();
        (other, distance_m(voice.place, other.place), apart_ms)
    });
    let least = ranked.min_by(|(one, near, soon), (two, far, late)| {
        near.total_cmp(far).then(soon.cmp(late)).then(one.id.cmp(&two.id))
    });
    least.map(|(other, distance_m, _)| (other, distance_m))
}
