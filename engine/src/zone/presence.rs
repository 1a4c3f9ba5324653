//! Where a moving thing is: what it enters, stays in and leaves.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::time::Timestamp;

use super::limits::LEAVE_CM;
use super::{Zone, ZoneId, Zones};

/// A zone that something is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stay {
    /// Which.
    pub zone: ZoneId,
    /// The time of the position that showed it there first.
    pub since: Timestamp,
}

/// What a position showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// It came into the zone.
    Entered(ZoneId),
    /// It left the zone in which it had been.
    Left(Stay),
}

impl Crossing {
    /// The zone.
    pub fn zone(self) -> ZoneId {
        match self {
            Self::Entered(zone) | Self::Left(Stay { zone, .. }) => zone,
        }
    }
}

/// The zones in which one thing is: a datastream whose sensor moves, or a report that is said again from elsewhere.
///
/// It enters with the first position that the zone covers, and leaves with the first that is farther outside than
/// [`LEAVE_CM`]: a place that trembles at an edge enters once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    stays: Vec<Stay>,
    seen_at: Option<Timestamp>,
}

impl Presence {
    /// Takes a position of this time and says what it showed, by zone. One that is not newer than the last shows nothing: where it is
    /// now is known better. A zone that was removed or redrawn is left or entered with the next position.
    pub fn seen(&mut self, zones: &Zones, place: LngLat, at: Timestamp) -> Vec<Crossing> {
        if self.seen_at.is_some_and(|seen_at| at <= seen_at) {
            return Vec::new();
        }
        self.seen_at = Some(at);
        let mut covering = Vec::new();
        zones.at(place, &mut covering);
        let mut crossings = Vec::new();
        self.stays.retain(|stay| {
            let stays = covering.binary_search(&stay.zone).is_ok()
                || zones.zone(stay.zone).is_some_and(|zone| zone.edge_within(place, LEAVE_CM));
            if !stays {
                crossings.push(Crossing::Left(*stay));
            }
            stays
        });
        for zone in covering {
            if let Err(index) = self.stays.binary_search_by_key(&zone, |stay| stay.zone) {
                self.stays.insert(index, Stay { zone, since: at });
                crossings.push(Crossing::Entered(zone));
            }
        }
        crossings.sort_unstable_by_key(|crossing| crossing.zone());
        crossings
    }

    /// A zone was drawn around where it was seen last: it did not come in.
    pub fn stood_in(&mut self, zone: ZoneId) {
        if let Some(since) = self.seen_at
            && let Err(index) = self.stays.binary_search_by_key(&zone, |stay| stay.zone)
        {
            self.stays.insert(index, Stay { zone, since });
        }
    }

    /// Where it is, by zone.
    pub fn stays(&self) -> &[Stay] {
        &self.stays
    }

    /// The time of its last position.
    pub fn seen_at(&self) -> Option<Timestamp> {
        self.seen_at
    }
}

/// Centimetres in 1e-7 degree of a meridian.
const CM_PER_E7: f64 = 1.111_95;

impl Zone {
    /// Whether an edge comes this near to a place, on the plane that touches the sphere there.
    fn edge_within(&self, place: LngLat, far_cm: u32) -> bool {
        let (x, y) = place.e7();
        let (tall, wide) = (CM_PER_E7, CM_PER_E7 * place.lat().to_radians().cos());
        let from_place = |corner: LngLat| {
            let (cx, cy) = corner.e7();
            let (dx, dy) = (i64::from(cx) - i64::from(x), i64::from(cy) - i64::from(y));
            (dx as f64 * wide, dy as f64 * tall)
        };
        let far2 = f64::from(far_cm).powi(2);
        self.rings()
            .flat_map(|(_, ring)| ring.windows(2))
            .any(|ends| nearest2(from_place(ends[0]), from_place(ends[1])) <= far2)
    }
}

/// The square of the distance from the origin to the nearest point between two ends.
fn nearest2((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length2 = dx * dx + dy * dy;
    let along = if length2 > 0.0 { -(ax * dx + ay * dy) / length2 } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (ax + along * dx).powi(2) + (ay + along * dy).powi(2)
}
