//! A passport arrives: where the sensor stands from now on, what it is called, and what ends by that.

use std::sync::Arc;

use wire::geo::{LngLat, Mercator};
use wire::time::Timestamp;

use super::Sensors;
use crate::entry::SourceKey;
use crate::limits::DATASTREAMS_MAX;
use crate::observation::PassportEntry;
use crate::signal::{Signal, Transition, Turn};
use crate::unit::Bridge;

/// What a passport did to a datastream that spoke already.
pub(crate) struct Admitted {
    /// Its number.
    pub(crate) index: u32,
    /// What ended.
    pub(crate) told: Vec<Transition>,
    /// The places where it is to be drawn anew; none where it looks as before.
    pub(crate) shown: Vec<Option<Mercator>>,
}

impl Sensors {
    /// A datastream has this passport from now on; says what that did, if it spoke already. In another unit nothing that was
    /// learned holds, and a level that stood is judged anew by the next value. A place is where it was put up: it moves there
    /// when the passport says so for the first time, and messages may move it on.
    pub(crate) fn admit(&mut self, entry: &PassportEntry, now: Timestamp) -> Option<Admitted> {
        let name = (entry.source, entry.datastream.clone());
        let index = self.by_name.get(&name).copied();
        self.unschedule(index);
        let earlier = self.passports.insert(name, Arc::new(entry.passport.clone()));
        let index = index?;
        let unit = |sensors: &Self| {
            sensors.streams.get(index as usize).and_then(|one| one.reference().map(str::to_owned))
        };
        let before = unit(self);
        self.hand_over(index);
        let is_other = before.zip(unit(self)).is_some_and(|(before, after)| {
            !matches!(Bridge::between(&before, &after), Ok(Bridge::Same))
        });
        let stream = self.streams.get_mut(index as usize)?;
        let watch = if is_other { stream.watch.take() } else { None };
        let ended =
            |signal: &Signal| Transition { turn: Turn::Ended, at: now, signal: signal.clone() };
        let told = watch.iter().flat_map(|watch| watch.standing()).map(ended).collect();
        let (before, called) = (stream.place, stream.name.clone());
        let said = entry.passport.place;
        if said != earlier.as_ref().and_then(|earlier| earlier.place) {
            stream.stands(said, now);
            stream.place = said.or(stream.place);
        }
        stream.name = entry.passport.name.clone().or(stream.name.take());
        let mut shown = Vec::new();
        if stream.place != before {
            shown.extend(before.map(|before| Some(before.mercator())));
        }
        if stream.place != before || stream.name != called {
            shown.push(stream.place.map(LngLat::mercator));
        }
        self.schedule(index);
        Some(Admitted { index, told, shown })
    }

    /// Whether a passport of this datastream has a place here.
    pub(crate) fn has_room_for_passport(&self, source: SourceKey, datastream: &str) -> bool {
        self.passports.len() < DATASTREAMS_MAX
            || self.passports.contains_key(&(source, datastream.to_owned()))
    }

    /// How many more passports of datastreams that have none there is room for.
    pub(crate) fn room_for_passports(&self) -> usize {
        DATASTREAMS_MAX.saturating_sub(self.passports.len())
    }
}
