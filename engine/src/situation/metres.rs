//! Metres: a flat piece of the Earth, so that distances are whole numbers and the same on every machine.
//!
//! East and north are scaled by fixed numbers (an equirectangular projection on the sphere that [`crate::place`] measures
//! on). North-south is right everywhere. East-west is right on the reference parallel, the middle of a whole degree of
//! latitude, and away from it too long or too short by the ratio of the cosines: about tan(latitude) × the distance in
//! radians, 1.5 % a degree at 41°, so 0.8 % within the degree itself. A city fits a plane; a continent does not.

use wire::geo::LngLat;

/// A place on a plane. Whole centimetres are as fine as places are held, and make every comparison exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Spot {
    /// Centimetres eastward of the plane's meridian.
    pub x_cm: i32,
    /// Centimetres northward of the equator.
    pub y_cm: i32,
}

impl Spot {
    /// The square of the distance, in cm².
    pub fn distance2_cm2(self, other: Self) -> u64 {
        // A difference has 33 bits with its sign, so that its square fills 64 without one.
        let squared = |a: i32, b: i32| {
            let apart = i64::from(a) - i64::from(b);
            apart.wrapping_mul(apart) as u64
        };
        squared(self.x_cm, other.x_cm).saturating_add(squared(self.y_cm, other.y_cm))
    }
}

/// Units of 1e-7 degree in a degree.
const DEGREE: i64 = 10_000_000;

/// Half a turn.
const HALF: i64 = 180 * DEGREE;

/// Scales are counted in 2^-32: fine enough that a whole meridian is right to half a centimetre.
const FRACTION: u32 = 32;

/// The mean radius of the Earth in centimetres, that of `geo`'s `Haversine`.
const RADIUS_CM: f64 = 637_100_880.0;

/// A flat piece of the Earth. Its scales come from whole degrees alone, so two servers that watch the same degree have
/// the same centimetres, whatever they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plane {
    /// The meridian of x = 0, in 1e-7 degree.
    meridian: i64,
    /// Centimetres in 1e-7 degree of longitude, in 2^-32.
    east: i64,
    /// Centimetres in 1e-7 degree of latitude, in 2^-32.
    north: i64,
}

impl Plane {
    /// The plane of the whole degree around a place; best for what lies within a few degrees of it.
    pub fn about(place: LngLat) -> Self {
        let (lng, lat) = place.e7();
        let middle = |e7: i32, last: i64| {
            i64::from(e7).div_euclid(DEGREE).clamp(-last, last - 1) * DEGREE + DEGREE / 2
        };
        Self::of(middle(lng, 180), middle(lat, 90))
    }

    /// The plane of a whole degree of latitude, all around the Earth. It has its ends where the least land is, at 169.5° W.
    pub fn around(degree: i16) -> Self {
        Self::of(105 * DEGREE / 10, i64::from(degree.clamp(-90, 89)) * DEGREE + DEGREE / 2)
    }

    fn of(meridian: i64, parallel: i64) -> Self {
        let parallel = parallel as f64 / DEGREE as f64;
        let north = RADIUS_CM.to_radians() / DEGREE as f64 * 2.0_f64.powi(FRACTION as i32);
        // Rounded, so that libraries whose cosines differ in the last bit give one scale.
        let east = (north * parallel.to_radians().cos()).round();
        Self { meridian, east: east as i64, north: north.round() as i64 }
    }

    /// Where a place lies on it. Places half a turn away lie at its ends, wherever the antimeridian is.
    pub fn spot(&self, place: LngLat) -> Spot {
        let (lng, lat) = place.e7();
        let turn = (i64::from(lng) - self.meridian + HALF).rem_euclid(2 * HALF) - HALF;
        Spot { x_cm: scaled(turn, self.east), y_cm: scaled(i64::from(lat), self.north) }
    }

    /// The place of a spot, to the nearest 1e-7 degree; none beyond a pole.
    pub fn place(&self, spot: Spot) -> Option<LngLat> {
        self.place_of(f64::from(spot.x_cm), f64::from(spot.y_cm))
    }

    /// The place at so many centimetres, which may lie between two spots; none beyond a pole.
    pub(crate) fn place_of(&self, x_cm: f64, y_cm: f64) -> Option<LngLat> {
        let unit = 2.0_f64.powi(FRACTION as i32);
        let turn = (x_cm * unit / self.east as f64).round() as i64;
        let lng = (turn + self.meridian + HALF).rem_euclid(2 * HALF) - HALF;
        let lat = (y_cm * unit / self.north as f64).round();
        LngLat::from_e7(lng as i32, lat as i32).ok()
    }
}

fn scaled(e7: i64, scale: i64) -> i32 {
    ((e7 * scale + (1 << (FRACTION - 1))) >> FRACTION) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::distance_m;

    fn at(lng: f64, lat: f64) -> LngLat {
        LngLat::new(lng, lat).expect("a place")
    }

    fn apart_m(plane: &Plane, a: LngLat, b: LngLat) -> f64 {
        (plane.spot(a).distance2_cm2(plane.spot(b)) as f64).sqrt() / 100.0
    }

    #[test]
    fn places_of_one_degree_share_a_plane() {
        assert_eq!(Plane::about(at(2.0, 41.0)), Plane::about(at(2.999_999, 41.999_999)));
        assert_ne!(Plane::about(at(2.0, 41.0)), Plane::about(at(2.0, 42.0)));
        // The last degree has no degree after it.
        assert_eq!(Plane::about(at(180.0, 90.0)), Plane::about(at(179.5, 89.5)));
    }

    #[test]
    fn the_scales_are_these_numbers_on_every_machine() {
        let plane = Plane::about(at(2.17, 41.4));
        assert_eq!((plane.east, plane.north), (3_576_856_987, 4_775_792_331));
        assert_eq!(plane.spot(at(2.17, 41.4)), Spot { x_cm: -2_748_246, y_cm: 460_347_632 });
    }

    #[test]
    fn distances_across_a_city_are_right_to_one_percent() {
        let plane = Plane::about(at(2.17, 41.4));
        for lat in [41.0, 41.25, 41.5, 41.75, 41.999] {
            for (lng, north) in [(2.3, 0.0), (2.17, 0.05), (2.3, 0.05), (1.9, -0.05)] {
                let (a, b) = (at(2.17, lat), at(lng, lat + north));
                let (ours, sphere) = (apart_m(&plane, a, b), distance_m(a, b));
                assert!((ours / sphere - 1.0).abs() < 0.01, "{ours} for {sphere} at {lat}");
            }
        }
    }

    #[test]
    fn a_degree_further_north_the_error_is_what_the_page_says() {
        let plane = Plane::about(at(2.5, 41.5));
        let (a, b) = (at(2.5, 42.5), at(2.6, 42.5));
        let error = apart_m(&plane, a, b) / distance_m(a, b) - 1.0;
        assert!((0.014..0.017).contains(&error), "{error}");
    }

    #[test]
    fn the_antimeridian_parts_nobody() {
        let plane = Plane::about(at(179.9, -17.5));
        let (a, b) = (at(179.9999, -17.5), at(-179.9999, -17.5));
        assert!((apart_m(&plane, a, b) - distance_m(a, b)).abs() < 0.1);
        assert_eq!(plane.spot(at(180.0, -17.5)), plane.spot(at(-180.0, -17.5)));
    }

    #[test]
    fn the_ends_of_the_plane_are_farther_apart_than_anything() {
        let spot = |x_cm, y_cm| Spot { x_cm, y_cm };
        let (west, east) = (spot(i32::MIN, 0), spot(i32::MAX, 0));
        assert_eq!(west.distance2_cm2(east), u64::from(u32::MAX).pow(2));
        assert_eq!(spot(i32::MIN, i32::MIN).distance2_cm2(spot(i32::MAX, i32::MAX)), u64::MAX);
        assert_eq!(spot(-3, 4).distance2_cm2(spot(0, 0)), 25);
    }

    #[test]
    fn a_spot_leads_back_to_its_place() {
        for (lng, lat) in
            [(2.17, 41.4), (-179.99, -17.0), (120.5, 89.9), (0.0, 0.0), (-0.1, -89.99)]
        {
            let plane = Plane::about(at(lng, lat));
            let back = plane.place(plane.spot(at(lng, lat))).expect("a place");
            assert!(distance_m(at(lng, lat), back) < 0.02, "{back:?}");
        }
        assert_eq!(Plane::about(at(0.0, 89.0)).place(Spot { x_cm: 0, y_cm: 1_001_000_000 }), None);
    }
}
