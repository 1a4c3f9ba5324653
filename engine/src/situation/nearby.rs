//! Which live reports lie about a place, by squares of some two kilometres: asked for each new crowd, so not by looking at all.

use std::collections::BTreeMap;

use wire::geo::LngLat;
use wire::id::ReportId;

use crate::limits::AROUND_M;

/// The side of a square in degrees of latitude: a little more than [`AROUND_M`], so that one more on each side is enough.
pub(super) const SIDE: f64 = AROUND_M / 110_000.0;

/// Columns looked at on each side, at most: near a pole they are narrow, and nobody lives there.
const COLUMNS_MAX: i32 = 60;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    squares: BTreeMap<(i32, i32), Vec<ReportId>>,
}

pub(super) fn square(place: LngLat) -> (i32, i32) {
    ((place.lat() / SIDE).floor() as i32, (place.lng() / SIDE).floor() as i32)
}

/// The area of a square.
pub(super) fn square_km2((row, _): (i32, i32)) -> f64 {
    let side_km = AROUND_M / 1_000.0;
    side_km * side_km * (f64::from(row) * SIDE).to_radians().cos().max(0.01)
}

/// How many columns are as wide as a square is high.
fn columns(place: LngLat) -> i32 {
    ((1.0 / place.lat().to_radians().cos().max(0.01)).ceil() as i32).min(COLUMNS_MAX)
}

/// The squares around those that are so near a place's own, as many times as many to each side.
pub(super) fn squares_about(
    place: LngLat,
    near: i32,
    times: i32,
) -> impl Iterator<Item = (i32, i32)> {
    let (row, column) = square(place);
    let own = columns(place);
    let n = near * times;
    let rows = row - n..=row + n;
    let all =
        rows.flat_map(move |at| (column - n * own..=column + n * own).map(move |on| (at, on)));
    all.filter(move |(at, on)| (at - row).abs() > near || (on - column).abs() > near * own)
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

    /// All within so many times [`AROUND_M`] of a place, and more that lie in the same squares; in no order.
    pub(super) fn about(&self, place: LngLat, n: i32) -> impl Iterator<Item = ReportId> {
        let (row, column) = square(place);
        let columns = n * columns(place);
        let rows = (row - n..=row + n).flat_map(move |row| {
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
            let about: Vec<ReportId> = nearby.about(middle, 1).collect();
            let near = |place| distance_m(middle, place) <= AROUND_M;
            for (id, _) in placed.iter().skip(1).filter(|(_, place)| near(*place)) {
                assert!(about.contains(id), "{lat}");
            }
            assert!(about.len() < 399 && !about.contains(&ReportId(0)), "{lat}");
        }
    }
}
