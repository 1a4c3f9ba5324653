//! The outline of a component: the convex hull of its points, widened by their doubt.
//!
//! Convex, so that it is one simple ring whatever the points are; a crowd along a bent street is drawn wider than it is.

use geo::{Buffer, ConvexHull, Coord, Line, LineString, MultiPoint, MultiPolygon, Point, Polygon};
use wire::geo::LngLat;

use super::metres::{Plane, Spot};

/// An outline stands this far from its outermost points at least: a point and a line enclose nothing by themselves, and
/// rounding to 1e-7 degree (a centimetre) must leave no point outside.
pub const MARGIN_M: u32 = 1;

/// The ring around the spots, `radius_m` metres (at least [`MARGIN_M`]) away from them: closed, anticlockwise, every
/// spot inside. Empty for no spots. Corners are cut by straight pieces, so that there it is up to a tenth nearer.
///
/// Across the antimeridian its longitudes jump from 180 to -180; beyond a pole it has no corners.
pub fn outline(plane: &Plane, spots: &[Spot], radius_m: u32) -> Vec<LngLat> {
    let margin_cm = f64::from(radius_m.max(MARGIN_M)) * 100.0;
    let widened = widened(spots, margin_cm);
    // What is convex stays in one piece.
    let ring = widened.0.first().map(Polygon::exterior);
    let corners = ring.into_iter().flat_map(LineString::coords);
    corners.filter_map(|corner| plane.place_of(corner.x, corner.y)).collect()
}

/// The hull and what lies within the margin around it, in centimetres.
fn widened(spots: &[Spot], margin_cm: f64) -> MultiPolygon<f64> {
    let at = |spot: &Spot| Coord { x: f64::from(spot.x_cm), y: f64::from(spot.y_cm) };
    let ends = (spots.iter().min(), spots.iter().max());
    let (Some(first), Some(last)) = ends else { return MultiPolygon::new(Vec::new()) };
    if first == last {
        return Point::from(at(first)).buffer(margin_cm);
    }
    if spots.iter().all(|spot| is_between(*first, *last, *spot)) {
        return Line::new(at(first), at(last)).buffer(margin_cm);
    }
    let points: MultiPoint<f64> = spots.iter().map(|spot| Point::from(at(spot))).collect();
    points.convex_hull().buffer(margin_cm)
}

/// Whether a spot lies on the line through two others.
fn is_between(first: Spot, last: Spot, spot: Spot) -> bool {
    let from = |to: Spot| {
        (i128::from(to.x_cm) - i128::from(first.x_cm), i128::from(to.y_cm) - i128::from(first.y_cm))
    };
    let ((x, y), (along_x, along_y)) = (from(spot), from(last));
    x * along_y == y * along_x
}

#[cfg(test)]
mod tests {
    use geo::orient::Direction;
    use geo::{Contains, Distance, Euclidean, Orient, Validation};
    use proptest::prelude::*;

    use super::*;

    fn plane() -> Plane {
        Plane::about(LngLat::new(2.17, 41.4).expect("a place"))
    }

    /// The outline back on the plane, in centimetres, after all that a ring has to be was asked of it.
    fn sound(spots: &[Spot], radius_m: u32) -> Polygon<f64> {
        let plane = plane();
        let ring = outline(&plane, spots, radius_m);
        assert_eq!(ring.first(), ring.last(), "closed");
        let degrees: LineString<f64> =
            ring.iter().map(|place| (place.lng(), place.lat())).collect();
        let degrees = Polygon::new(degrees, Vec::new());
        assert!(degrees.is_valid(), "{spots:?}");
        assert_eq!(degrees.orient(Direction::Default), degrees, "anticlockwise");
        let cm = |place: &LngLat| plane.spot(*place);
        let ring: LineString<f64> =
            ring.iter().map(cm).map(|s| (f64::from(s.x_cm), f64::from(s.y_cm))).collect();
        let polygon = Polygon::new(ring, Vec::new());
        let margin_cm = f64::from(radius_m.max(MARGIN_M)) * 100.0;
        for spot in spots {
            let at = Point::new(f64::from(spot.x_cm), f64::from(spot.y_cm));
            assert!(polygon.contains(&at), "{spot:?} of {spots:?}");
            let away_cm = Euclidean.distance(&at, polygon.exterior());
            assert!(away_cm >= margin_cm * 0.9 - 3.0, "{spot:?} is {away_cm} cm from the edge");
        }
        polygon
    }

    /// Spots about Barcelona, by centimetres.
    fn spots(offsets: &[(i32, i32)]) -> Vec<Spot> {
        let middle = plane().spot(LngLat::new(2.17, 41.4).expect("a place"));
        let moved = |(x, y): &(i32, i32)| Spot { x_cm: middle.x_cm + x, y_cm: middle.y_cm + y };
        offsets.iter().map(moved).collect()
    }

    fn away_max_cm(polygon: &Polygon<f64>, spots: &[Spot]) -> f64 {
        let points: MultiPoint<f64> =
            spots.iter().map(|s| Point::new(f64::from(s.x_cm), f64::from(s.y_cm))).collect();
        let hull = points.convex_hull();
        polygon.exterior().points().map(|p| Euclidean.distance(&p, &hull)).fold(0.0, f64::max)
    }

    #[test]
    fn no_points_have_no_outline() {
        assert!(outline(&plane(), &[], 50).is_empty());
    }

    #[test]
    fn one_point_is_a_circle_of_its_doubt_and_of_a_metre_without_any() {
        for (radius_m, expected_cm) in [(50, 5_000.0), (0, 100.0)] {
            let one = spots(&[(0, 0)]);
            let polygon = sound(&one, radius_m);
            let away_cm = away_max_cm(&polygon, &one);
            assert!((away_cm - expected_cm).abs() < 3.0, "{away_cm}");
            // Many on one spot are as one.
            assert_eq!(sound(&[one[0]; 40], radius_m), polygon);
        }
    }

    #[test]
    fn two_points_and_a_straight_street_are_a_band() {
        let two = spots(&[(0, 0), (30_000, 10_000)]);
        let street = spots(&[(15_000, 5_000), (0, 0), (30_000, 10_000), (3_000, 1_000), (0, 0)]);
        assert_eq!(sound(&two, 20), sound(&street, 20));
        sound(&spots(&[(0, 0), (0, 70_000), (0, 500)]), 0);
        sound(&spots(&[(0, 0), (1, 0)]), 0);
    }

    #[test]
    fn what_is_almost_a_line_is_sound_too() {
        sound(&spots(&[(0, 0), (100_000, 1), (200_000, 0)]), 0);
        sound(&spots(&[(0, 0), (1, 1), (1, 0)]), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn every_outline_is_a_simple_ring_around_all_its_points(
            offsets in proptest::collection::vec((-400_000..400_000i32, -300_000..300_000i32), 1..60),
            squeeze in prop_oneof![Just(1), Just(1_000), Just(400_000)],
            radius_m in prop_oneof![Just(0u32), Just(50), 0..3_000u32],
        ) {
            let offsets: Vec<_> = offsets.iter().map(|(x, y)| (*x, y / squeeze)).collect();
            let spots = spots(&offsets);
            let polygon = sound(&spots, radius_m);
            let margin_cm = f64::from(radius_m.max(MARGIN_M)) * 100.0;
            prop_assert!(away_max_cm(&polygon, &spots) <= margin_cm * 1.01 + 3.0, "not wider than asked");
        }
    }
}
