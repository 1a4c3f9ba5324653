//! The latest of all: every datastream with its newest value, how old and how sound it is, in one walk.

use wire::geo::{Bbox, LngLat};
use wire::sensor::{DatastreamView, LatestSensor, Normalised, StoodAt};
use wire::time::Timestamp;

use super::World;
use super::eyes::health;
use crate::entry::SourceKey;
use crate::observation::ObservationResult;
use crate::sensors::Datastream;
use crate::unit;

impl World {
    /// Up to `limit` datastreams from number `from` on (in the box, if there is one), and the number to go on with.
    pub fn latest(
        &self,
        bbox: Option<&Bbox>,
        source: Option<SourceKey>,
        from: u32,
        limit: usize,
        now: Timestamp,
    ) -> (Vec<LatestSensor>, Option<u32>) {
        let mut page = Vec::new();
        let streams = (0u32..).zip(self.sensors.streams()).skip(from as usize);
        let inside = |stream: &Datastream| {
            source.is_none_or(|source| stream.source == source)
                && bbox.is_none_or(|bbox| stream.place.is_some_and(|place| bbox.contains(place)))
        };
        for (index, stream) in streams.filter(|(_, stream)| inside(stream)) {
            if page.len() == limit {
                return (page, Some(index));
            }
            page.extend(self.latest_of(index, stream, now));
        }
        (page, None)
    }

    /// One datastream by its name, with the places where it stood.
    pub fn datastream(
        &self,
        source: SourceKey,
        datastream: &str,
        now: Timestamp,
    ) -> Option<DatastreamView> {
        let (index, stream) = self.sensors.find(source, datastream)?;
        let stood =
            |place: &crate::sensors::Stood| StoodAt { geometry: place.at, since: place.since };
        Some(DatastreamView {
            latest: self.latest_of(index, stream, now)?,
            places: stream.places.iter().map(stood).collect(),
        })
    }

    /// Where the sensor of a datastream stands: where it said last, or where it was put up.
    pub fn stands_at(&self, source: SourceKey, datastream: &str) -> Option<LngLat> {
        let held = self.sensors.find(source, datastream).and_then(|(_, stream)| stream.place);
        held.or_else(|| self.passport(source, datastream)?.place)
    }

    /// The unit in which a datastream is judged and drawn: its passport's, or the first in which it spoke.
    pub fn unit_of(&self, source: SourceKey, datastream: &str) -> Option<&str> {
        let held = self.sensors.find(source, datastream).map(|(_, stream)| stream);
        let passport = self.sensors.passport_of(source, datastream);
        let said = passport.and_then(|passport| passport.unit.as_deref());
        said.or_else(|| held.and_then(|stream| stream.base_unit.as_deref()))
    }

    /// How far the times of a source lie before receipt, in the middle of its last fresh values; below zero its clock is ahead.
    pub fn clock_offset_ms(&self, source: SourceKey) -> Option<i64> {
        self.sensors.offsets().median_ms(source)
    }

    fn latest_of(&self, index: u32, stream: &Datastream, now: Timestamp) -> Option<LatestSensor> {
        let known = stream.unit.as_deref().map(unit::read);
        let normalised = match (known.flatten(), &stream.result) {
            (Some(unit), ObservationResult::Number(number)) => Some(Normalised {
                value: unit.to(unit.canonical(), *number),
                unit: unit.canonical().code.to_owned(),
                quantity: unit.quantity.word().to_owned(),
            }),
            _ => None,
        };
        Some(LatestSensor {
            sensor: self.sensor(index)?,
            age_ms: u64::try_from(now.ms_since(stream.phenomenon_time)).unwrap_or_default(),
            status: health(stream, now),
            quality: stream.quality.word().map(str::to_owned),
            unit_known: known.map(|known| known.is_some()),
            normalised,
        })
    }
}
