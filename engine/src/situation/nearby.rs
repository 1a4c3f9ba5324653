//! What is usual about a place, by squares of some two kilometres: asked for each new crowd, so kept as it changes and not
//! counted anew.

use std::collections::BTreeMap;

use wire::geo::LngLat;
use wire::id::ReportId;

use super::group::Family;
use crate::limits::AROUND_M;

/// The side of a square in degrees of latitude: a little more than [`AROUND_M`], so that one more on each side is enough.
pub(super) const SIDE: f64 = AROUND_M / 110_000.0;

/// Columns looked at on each side, at most: near a pole they are narrow, and nobody lives there.
const COLUMNS_MAX: i32 = 60;

/// What is said of one family in a square; of none, of what names nothing.
#[derive(Debug, Default)]
struct Said {
    /// Where each stands, and whether it says that it is grave.
    by: BTreeMap<ReportId, (LngLat, bool)>,
    n_grave: u32,
}

/// A square in which somebody speaks.
#[derive(Debug, Default)]
struct Square {
    /// All who do, usual or not.
    n_held: u32,
    said: BTreeMap<Option<Family>, Said>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    squares: BTreeMap<(i32, i32), Square>,
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
    /// Somebody speaks here.
    pub(super) fn insert(&mut self, place: LngLat) {
        self.squares.entry(square(place)).or_default().n_held += 1;
    }

    /// And speaks no more.
    pub(super) fn remove(&mut self, place: LngLat) {
        let at = square(place);
        let Some(here) = self.squares.get_mut(&at) else { return };
        here.n_held = here.n_held.saturating_sub(1);
        if here.n_held == 0 {
            self.squares.remove(&at);
        }
    }

    /// What a report says is usual.
    pub(super) fn count(
        &mut self,
        id: ReportId,
        place: LngLat,
        family: Option<Family>,
        is_grave: bool,
    ) {
        let here = self.squares.entry(square(place)).or_default();
        let said = here.said.entry(family).or_default();
        let before = said.by.insert(id, (place, is_grave));
        said.n_grave += u32::from(is_grave);
        said.n_grave -= u32::from(before.is_some_and(|(_, was_grave)| was_grave));
    }

    /// It is not, or not any more.
    pub(super) fn discount(&mut self, id: ReportId, place: LngLat, family: Option<Family>) {
        let Some(here) = self.squares.get_mut(&square(place)) else { return };
        let Some(said) = here.said.get_mut(&family) else { return };
        let before = said.by.remove(&id);
        said.n_grave -= u32::from(before.is_some_and(|(_, was_grave)| was_grave));
        if said.by.is_empty() {
            here.said.remove(&family);
        }
    }

    /// How many say what is usual of a family in a square, or that it is grave; `None` where nobody speaks of anything.
    pub(super) fn n_said(
        &self,
        at: (i32, i32),
        family: Option<Family>,
        is_grave: bool,
    ) -> Option<u32> {
        let here = self.squares.get(&at)?;
        let n = |said: &Said| if is_grave { said.n_grave } else { said.by.len() as u32 };
        Some(here.said.get(&family).map_or(0, n))
    }

    /// Where they stand within so many times [`AROUND_M`] of a place, and more that lie in the same squares; in no order.
    pub(super) fn about(
        &self,
        place: LngLat,
        n: i32,
        family: Option<Family>,
        is_grave: bool,
    ) -> impl Iterator<Item = LngLat> {
        let (row, column) = square(place);
        let columns = n * columns(place);
        let rows = (row - n..=row + n).flat_map(move |row| {
            self.squares.range((row, column - columns)..=(row, column + columns))
        });
        let said = rows.filter_map(move |(_, here)| here.said.get(&family));
        let all = said.flat_map(|said| said.by.values());
        all.filter(move |(_, grave)| *grave || !is_grave).map(|(place, _)| *place)
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
                nearby.insert(place);
                nearby.count(ReportId(n), place, None, n % 2 == 0);
                placed.push(place);
            }
            nearby.discount(ReportId(0), placed[0], None);
            let about: Vec<LngLat> = nearby.about(middle, 1, None, false).collect();
            let near = |place: LngLat| distance_m(middle, place) <= AROUND_M;
            for place in placed.iter().skip(1).filter(|place| near(**place)) {
                assert!(about.contains(place), "{lat}");
            }
            assert!(about.len() < 399 && !about.contains(&placed[0]), "{lat}");
            let grave = nearby.about(middle, 1, None, true).count();
            assert!(grave > 0 && grave < about.len(), "{grave} of {}", about.len());
            assert_eq!(nearby.about(middle, 1, Some(Family::Fire), false).count(), 0);
        }
    }

    #[test]
    fn a_square_tells_how_many_speak_of_what_and_whether_anybody_does() {
        let mut nearby = Nearby::default();
        let here = LngLat::new(2.17, 41.4).expect("a place");
        let at = square(here);
        assert_eq!(nearby.n_said(at, None, false), None);
        nearby.insert(here);
        assert_eq!(nearby.n_said(at, None, false), Some(0));
        for (n, is_grave) in [(1, true), (1, true), (2, false), (2, true), (2, false)] {
            nearby.count(ReportId(n), here, Some(Family::Fire), is_grave);
        }
        let said = |nearby: &Nearby, grave| nearby.n_said(at, Some(Family::Fire), grave);
        assert_eq!((said(&nearby, false), said(&nearby, true)), (Some(2), Some(1)));
        nearby.discount(ReportId(1), here, Some(Family::Fire));
        nearby.discount(ReportId(1), here, Some(Family::Fire));
        assert_eq!((said(&nearby, false), said(&nearby, true)), (Some(1), Some(0)));
        nearby.remove(here);
        assert_eq!(said(&nearby, false), None);
    }
}
