//! Geometry: what a partner drew, reduced to the place and the radius of doubt the room works with.
//!
//! Everything here is done by `geo`; this file only turns shapes across the antimeridian, refuses what is not a shape,
//! and rounds. Called by the normalisers before a report becomes an entry.

use geo::{
    ConvexHull, CoordsIter, Distance, Haversine, InteriorPoint, Intersects, MapCoords, Validation,
};
use wire::geo::{BadPlace, LngLat};

use crate::limits::{REGISTER_VERTICES_MAX, VERTICES_MAX};

/// Why a geometry has no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadGeometry {
    /// A shape without coordinates.
    #[error("the geometry has no coordinates: send null and a `place`, or at least one position")]
    Empty,
    /// A position that is not on the Earth.
    #[error("{0}; positions are longitude first, then latitude, in degrees")]
    Position(#[from] BadPlace),
    /// More corners than anyone draws by hand.
    #[error(
        "the geometry has {n_vertices} vertices, at most {vertices_max} are taken: simplify it"
    )]
    TooManyVertices {
        /// How many it has.
        n_vertices: usize,
        /// How many are taken.
        vertices_max: usize,
    },
    /// A polygon that crosses itself, a ring that is too short, and the like.
    #[error("the geometry is not valid: {0}")]
    Invalid(String),
}

/// A place inside the shape (for a point: itself) and the distance in metres, rounded up, to its farthest vertex.
///
/// A shape wider than half the world is read as one that crosses the antimeridian.
pub fn interior(geometry: &geo::Geometry<f64>) -> Result<(LngLat, u32), BadGeometry> {
    reduced(geometry, VERTICES_MAX, true)
}

/// The same of what a register has drawn with care: of many more vertices, and one that crosses itself has a middle, too.
pub fn middle(geometry: &geo::Geometry<f64>) -> Result<(LngLat, u32), BadGeometry> {
    reduced(geometry, REGISTER_VERTICES_MAX, false)
}

fn reduced(
    geometry: &geo::Geometry<f64>,
    vertices_max: usize,
    is_checked: bool,
) -> Result<(LngLat, u32), BadGeometry> {
    let n_vertices = geometry.coords_count();
    if n_vertices > vertices_max {
        return Err(BadGeometry::TooManyVertices { n_vertices, vertices_max });
    }
    let interior_of = |shape: &geo::Geometry<f64>| {
        if is_checked {
            shape.check_validation().map_err(|flaw| BadGeometry::Invalid(flaw.to_string()))?;
        }
        interior_of(shape)
    };
    let (mut west, mut east) = (f64::INFINITY, f64::NEG_INFINITY);
    for position in geometry.coords_iter() {
        LngLat::new(position.x, position.y)?;
        west = west.min(position.x);
        east = east.max(position.x);
    }
    if east - west <= 180.0 {
        return interior_of(geometry);
    }
    let shifted = geometry.map_coords(|mut position| {
        if position.x < 0.0 {
            position.x += 360.0;
        }
        position
    });
    interior_of(&shifted)
}

/// The same for a shape that is in one piece, its longitudes up to 360.
fn interior_of(geometry: &geo::Geometry<f64>) -> Result<(LngLat, u32), BadGeometry> {
    let inside = geometry.interior_point().ok_or(BadGeometry::Empty)?;
    let lng = if inside.x() > 180.0 { inside.x() - 360.0 } else { inside.x() };
    let place = LngLat::new(lng, inside.y())?;
    let radius_m = geometry
        .coords_iter()
        .map(|vertex| Haversine.distance(inside, geo::Point::from(vertex)))
        .fold(0.0, f64::max);
    Ok((place, radius_m.ceil() as u32))
}

/// The distance between two places in metres, on the sphere.
pub fn distance_m(a: LngLat, b: LngLat) -> f64 {
    Haversine.distance(geo::Point::new(a.lng(), a.lat()), geo::Point::new(b.lng(), b.lat()))
}

/// Whether a place lies within a ring of corners, its edge included.
pub fn is_within(corners: &[LngLat], at: LngLat) -> bool {
    let point = |place: &LngLat| geo::Coord { x: place.lng(), y: place.lat() };
    let ring = geo::LineString::new(corners.iter().map(point).collect());
    geo::Polygon::new(ring, Vec::new()).intersects(&point(&at))
}

/// The convex hull of places, as a closed ring; empty for no places.
pub fn hull(places: &[LngLat]) -> Vec<LngLat> {
    if places.is_empty() {
        return Vec::new();
    }
    let points: geo::MultiPoint<f64> =
        places.iter().map(|place| geo::Point::new(place.lng(), place.lat())).collect();
    let ring = points.convex_hull();
    ring.exterior().coords().filter_map(|corner| LngLat::new(corner.x, corner.y).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Geometry, line_string, point, polygon};

    #[test]
    fn a_point_is_its_own_place_without_doubt() {
        let (place, radius_m) = interior(&Geometry::Point(point!(x: 2.17, y: 41.4))).expect("ok");
        assert_eq!((place.lng(), place.lat(), radius_m), (2.17, 41.4, 0));
    }

    #[test]
    fn a_hollow_shape_gives_a_place_inside_it_and_reaches_its_farthest_corner() {
        // A horseshoe: its centroid lies outside.
        let shape = polygon![
            (x: 2.0, y: 41.0), (x: 2.3, y: 41.0), (x: 2.3, y: 41.1), (x: 2.05, y: 41.1),
            (x: 2.05, y: 41.3), (x: 2.3, y: 41.3), (x: 2.3, y: 41.4), (x: 2.0, y: 41.4),
        ];
        let (place, radius_m) = interior(&Geometry::Polygon(shape.clone())).expect("ok");
        assert!(shape.contains(&point!(x: place.lng(), y: place.lat())));
        let farthest = shape
            .exterior()
            .coords()
            .map(|corner| distance_m(place, LngLat::new(corner.x, corner.y).expect("a place")))
            .fold(0.0, f64::max);
        assert!((f64::from(radius_m) - farthest).abs() <= 1.0, "{radius_m} against {farthest}");
    }

    #[test]
    fn a_shape_across_the_antimeridian_stays_small() {
        let fiji = polygon![
            (x: 179.0, y: -18.0), (x: -179.0, y: -18.0), (x: -179.0, y: -16.0), (x: 179.0, y: -16.0),
        ];
        let (place, radius_m) = interior(&Geometry::Polygon(fiji)).expect("ok");
        assert!(place.lng().abs() >= 179.0, "{place:?}");
        assert!(radius_m < 250_000, "{radius_m}");
    }

    #[test]
    fn what_is_no_shape_is_refused_with_the_reason() {
        let bowtie = polygon![
            (x: 0.0, y: 0.0), (x: 1.0, y: 1.0), (x: 1.0, y: 0.0), (x: 0.0, y: 1.0),
        ];
        assert!(matches!(interior(&Geometry::Polygon(bowtie)), Err(BadGeometry::Invalid(_))));
        let empty = Geometry::LineString(geo::LineString::new(Vec::new()));
        assert!(interior(&empty).is_err());
        let off = Geometry::Point(point!(x: 2.0, y: 91.0));
        assert_eq!(interior(&off), Err(BadGeometry::Position(BadPlace::Latitude)));
        let nan = Geometry::Point(point!(x: f64::NAN, y: 1.0));
        assert_eq!(interior(&nan), Err(BadGeometry::Position(BadPlace::NotFinite)));
        let endless: geo::LineString<f64> =
            (0..=VERTICES_MAX).map(|i| (f64::from(i as u32) * 1e-5, 1.0)).collect();
        assert_eq!(
            interior(&Geometry::LineString(endless)),
            Err(BadGeometry::TooManyVertices {
                n_vertices: VERTICES_MAX + 1,
                vertices_max: VERTICES_MAX
            })
        );
    }

    #[test]
    fn a_street_gets_a_place_on_it() {
        let street = line_string![(x: 2.0, y: 41.0), (x: 2.1, y: 41.0), (x: 2.2, y: 41.0)];
        let (place, radius_m) = interior(&Geometry::LineString(street)).expect("ok");
        assert_eq!(place.e7().1, 410_000_000);
        assert!((8_000..9_000).contains(&radius_m), "{radius_m}");
    }

    #[test]
    fn a_hull_holds_the_outer_places_only() {
        let place = |lng, lat| LngLat::new(lng, lat).expect("a place");
        let square =
            [place(0.0, 0.0), place(1.0, 0.0), place(1.0, 1.0), place(0.0, 1.0), place(0.5, 0.5)];
        let ring = hull(&square);
        assert_eq!(ring.len(), 5, "closed");
        assert!(!ring.contains(&place(0.5, 0.5)));
        assert!(hull(&[]).is_empty());
    }
}
