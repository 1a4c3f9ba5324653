//! Which live reports lie about a place, by squares of some two kilometres: asked for each new crowd, so not by looking at all.

use std::collections::BTreeMap;

use wire::geo::LngLat;
use wire::id::ReportId;

use crate::limits::AROUND_M;

/// The side of a square in degrees of latitude: a little more than [`AROUND_M`], so that one more on each side is enough.
const SIDE: f64 = AROUND_M / 110_000.0;

/// Columns looked at on each side, at most: near a pole they are narrow, and nobody lives there.
const COLUMNS_MAX: i32 = 60;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    squares: BTreeMap<(i32, i32), Vec<ReportId>>,
}

fn square(place: LngLat) -> (i32, i32) {
    ((place.lat() / SIDE).floor() as i32, (place.lng() / SIDE).floor() as i32)
}

impl Nearby {
    pub(super) fn insert(&mut self, id: ReportId, place: LngLat) {
        self.squares.entry(square(place)).or_default().push(id);
    }

    pub(super) fn remove(&mut self, id: ReportId, place: LngLat) {
        let at = square(place);
        let Some(ids) = self.squares.get_mut(&at) else { return };
        if let Some(index) = ids.iter().position(|other| *other == id) {
            ids.swap_remove(index);
        }
        if ids.is_empty() {
            self.squares.remove(&at);
        }
    }

    /// All within [`AROUND_M`] of a place, and more that lie in the same squares; in no order.
    pub(super) fn about(&self, place: LngLat) -> impl Iterator<Item = ReportId> {
        let (row, column) = square(place);
        let narrow = 1.0 / place.lat().to_radians().cos().max(0.01);
        let columns = (narrow.ceil() as i32).min(COLUMNS_MAX);
        let rows = (row - 1..=row + 1).flat_map(move |row| {
            self.squares.range((row, column - columns)..=(row, column + columns))
        });
        rows.flat_map(|(_, ids)| ids.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::distance_m;

    #[test]
    fn whoever_is_near_is_asked_and_who_went_is_not() {
        for lat in [0.0, 41.4, -65.0, 70.0] {
            let mut nearby = Nearby::default();
            let middle = LngLat::new(2.17, lat).expect("a place");
            let mut placed = Vec::new();
            for n in 0..400u128 {
                let (east, north) = (n % 20, n / 20);
                let (lng, lat) = (2.07 + east as f64 * 0.01, lat - 0.05 + north as f64 * 0.005);
                let place = LngLat::new(lng, lat).expect("a place");
                nearby.insert(ReportId(n), place);
                placed.push((ReportId(n), place));
            }
            nearby.remove(ReportId(0), placed[0].1);
            let about: Vec<ReportId> = nearby.about(middle).collect();
            let near = |place| distance_m(middle, place) <= AROUND_M;
            for (id, _) in placed.iter().skip(1).filter(|(_, place)| near(*place)) {
                assert!(about.contains(id), "{lat}");
            }
            assert!(about.len() < 399 && !about.contains(&ReportId(0)), "{lat}");
        }
    }
}
