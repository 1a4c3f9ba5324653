//! Where something is, from the shapes that feeds draw: a point, or the middle of a shape with a radius that covers it.

use wire::geo::LngLat;

/// Points of one shape: a border of a region has some thousands, and one feed holds many.
const POINTS_MAX: usize = 20_000;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// Half the Earth's circumference: no doubt is wider.
const RADIUS_MAX_M: f64 = 20_037_508.0;

/// A place with its doubt in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) place: LngLat,
    pub(super) radius_m: u32,
}

/// Pairs of "lat lon lat lon …", between blanks or commas. None where it is not that, or not on Earth: a sender that writes the
/// longitude first is noticed as soon as it goes beyond ninety degrees.
pub(super) fn lat_lng_pairs(text: &str) -> Option<Vec<LngLat>> {
    let numbers =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
    let numbers: Vec<f64> =
        numbers.take(2 * POINTS_MAX + 1).map(str::parse).collect::<Result<_, _>>().ok()?;
    if numbers.is_empty() || !numbers.len().is_multiple_of(2) {
        return None;
    }
    numbers.chunks(2).map(|pair| LngLat::new(pair[1], pair[0]).ok()).collect()
}

/// The middle of some points, with a radius that reaches all of them.
pub(super) fn around(points: &[LngLat]) -> Option<Spot> {
    let (mut west, mut east, mut south, mut north) = (180.0_f64, -180.0_f64, 90.0_f64, -90.0_f64);
    for point in points {
        west = west.min(point.lng());
        east = east.max(point.lng());
        south = south.min(point.lat());
        north = north.max(point.lat());
    }
    if points.is_empty() {
        return None;
    }
    let (lng, lat) = (west.midpoint(east), south.midpoint(north));
    let reach = points.iter().map(|point| {
        let east_m = (point.lng() - lng) * DEGREE_M * lat.to_radians().cos();
        let north_m = (point.lat() - lat) * DEGREE_M;
        east_m.hypot(north_m)
    });
    let radius_m = reach.fold(0.0, f64::max).min(RADIUS_MAX_M).ceil() as u32;
    Some(Spot { place: LngLat::new(lng, lat).ok()?, radius_m })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_its_middle_with_a_radius_that_covers_it() {
        let points = lat_lng_pairs("41.0 2.0, 41.0 2.2 41.2 2.2 41.2 2.0").expect("pairs");
        let spot = around(&points).expect("a spot");
        assert!((spot.place.lng() - 2.1).abs() < 1e-9 && (spot.place.lat() - 41.1).abs() < 1e-9);
        assert!((13_000..15_000).contains(&spot.radius_m), "{}", spot.radius_m);
        let point = around(&lat_lng_pairs("41.0 2.0").expect("a pair")).expect("a spot");
        assert_eq!(point.radius_m, 0);
        for wrong in ["", "41.0", "41 2 3", "119.5 31.2", "x y", "NaN 2"] {
            assert_eq!(lat_lng_pairs(wrong), None, "{wrong}");
        }
    }
}
