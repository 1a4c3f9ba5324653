//! What becomes situations, and what becomes of them.

mod chance;
mod decided;
mod property;
mod story;

use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity};

use super::*;
use crate::dedupe::Item;
use crate::plain::Plain;

/// Metres in a degree of latitude, near enough for places of a test.
const DEGREE_M: f64 = 111_195.0;

fn minute(minute: i64) -> Timestamp {
    Timestamp(1_700_000_000_000 + minute * 60_000)
}

/// A place so many metres east and north of a square in a city.
fn place(east_m: f64, north_m: f64) -> LngLat {
    let lat = 41.4 + north_m / DEGREE_M;
    let lng = 2.17 + east_m / DEGREE_M / 41.4f64.to_radians().cos();
    LngLat::new(lng, lat).expect("a place")
}

/// A citizen's report of a flood.
fn voice(n: u128, at: i64, east_m: f64) -> Voice {
    Voice {
        id: ReportId(n),
        observed_at: minute(at),
        place: place(east_m, 0.0),
        radius_m: 30,
        is_sensor: false,
        kind: Kind::Citizen,
        basis: Basis::Seen,
        hazard: Hazard::Flood,
        heard: None,
        severity: Severity::Moderate,
    }
}

/// Situations and the copies beside them.
#[derive(Default)]
struct Room {
    situations: Situations,
    copies: Copies,
}

impl Room {
    fn hold(&mut self, voices: impl IntoIterator<Item = Voice>) -> &mut Self {
        voices.into_iter().for_each(|voice| self.situations.hold(voice));
        self
    }

    /// The same words from all of them.
    fn copied(&mut self, voices: impl IntoIterator<Item = Voice>) -> &mut Self {
        let text = Plain::of("the water is up to the first floor in our street");
        for voice in voices {
            let (id, at) = (voice.id, voice.observed_at);
            self.copies.insert(&[Item {
                id,
                at,
                text: Some(&text),
                post: None,
                origin: None,
                url: None,
            }]);
            self.situations.hold(voice);
        }
        self
    }

    fn release(&mut self, ids: impl IntoIterator<Item = u128>) -> &mut Self {
        ids.into_iter().for_each(|id| _ = self.situations.release(ReportId(id)));
        self
    }

    fn settle(&mut self, at: i64) -> BTreeSet<SituationId> {
        let mut changed = self.situations.settle(minute(at), &self.copies);
        // Nothing keeps any of them here.
        let bare: Vec<SituationId> = self.situations.bare().collect();
        changed.extend(&bare);
        self.situations.end(&bare, minute(at));
        changed
    }

    /// Each that has not ended: its number and its reports.
    fn open(&self) -> Vec<(u64, Vec<u128>)> {
        let open = self.situations.all().filter(|one| one.ended_at.is_none());
        open.map(|one| (one.id.0, one.members.iter().map(|id| id.0).collect())).collect()
    }
}
