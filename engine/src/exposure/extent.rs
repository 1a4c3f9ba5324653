//! The area that is asked about: the outline of a situation, or a circle.

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Distance, Haversine, Intersects, LineString, Point,
    Polygon, Rect,
};
use wire::geo::{Bbox, LngLat};

/// The area that is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent<'a> {
    /// Within a closed ring, the ring included. Across the antimeridian its longitudes jump from 180 to -180.
    Ring(&'a [LngLat]),
    /// Within so many metres of a place, on the sphere.
    Circle {
        /// The place.
        centre: LngLat,
        /// How far around, in metres.
        radius_m: f64,
    },
}

/// Corners of the polygon that stands for a circle where areas are counted: it is 0.2 % smaller.
const CIRCLE_CORNERS: u16 = 64;

/// Metres in a degree of a meridian, on the sphere that [`Haversine`] has.
const METRES_PER_DEGREE: f64 = 111_195.08;

/// An extent as a polygon in degrees, its longitudes unrolled: they may go beyond 180.
pub(super) struct Shape {
    polygon: Polygon<f64>,
    bounds: Rect<f64>,
    circle: Option<(Point<f64>, f64)>,
}

impl Shape {
    /// `None` for a ring without corners.
    pub(super) fn of(extent: &Extent<'_>) -> Option<Self> {
        let (polygon, circle) = match extent {
            Extent::Ring(corners) => {
                let first = corners.first()?.lng();
                let corner = |place: &LngLat| Coord {
                    x: first + around(place.lng() - first),
                    y: place.lat(),
                };
                (
                    Polygon::new(LineString::new(corners.iter().map(corner).collect()), Vec::new()),
                    None,
                )
            }
            Extent::Circle { centre, radius_m } => {
                let tall = radius_m / METRES_PER_DEGREE;
                // At a pole a degree of longitude has no length, and everything is near.
                let wide = (tall / centre.lat().to_radians().cos().max(1e-9)).min(180.0);
                let corner = |i: u16| {
                    let turn = std::f64::consts::TAU * f64::from(i) / f64::from(CIRCLE_CORNERS);
                    let y = (centre.lat() + tall * turn.sin()).clamp(-90.0, 90.0);
                    Coord { x: centre.lng() + wide * turn.cos(), y }
                };
                let ring = (0..CIRCLE_CORNERS).map(corner).collect();
                let centre = Point::new(centre.lng(), centre.lat());
                (Polygon::new(LineString::new(ring), Vec::new()), Some((centre, *radius_m)))
            }
        };
        let bounds = polygon.bounding_rect()?;
        Some(Self { polygon, bounds, circle })
    }

    /// The boxes on the world, west to east, that hold all of it, each with what is added to a longitude in it.
    pub(super) fn boxes(&self) -> impl Iterator<Item = (f64, [f64; 2], [f64; 2])> {
        let (least, most) = (self.bounds.min(), self.bounds.max());
        // A circle's polygon lies within it: a hair more, so that the index leaves out nothing.
        let spare = 0.001 * (most.y - least.y) + 1e-6;
        let spare_x = spare.max(0.001 * (most.x - least.x));
        [-360.0, 0.0, 360.0].into_iter().filter_map(move |shift| {
            let (west, east) = (least.x - spare_x - shift, most.x + spare_x - shift);
            (west <= 180.0 && east >= -180.0).then_some((
                shift,
                [west, least.y - spare],
                [east, most.y + spare],
            ))
        })
    }

    /// Whether a place of one of the boxes lies in it.
    pub(super) fn covers(&self, place: LngLat, shift: f64) -> bool {
        match self.circle {
            Some((centre, radius_m)) => {
                Haversine.distance(centre, Point::new(place.lng(), place.lat())) <= radius_m
            }
            None => self.polygon.intersects(&Point::new(place.lng() + shift, place.lat())),
        }
    }

    /// How much of a cell of one of the boxes lies in it, from 0 to 1.
    pub(super) fn share(&self, cell: Bbox, shift: f64) -> f64 {
        let rect = Rect::new(
            Coord { x: cell.west() + shift, y: cell.south() },
            Coord { x: cell.east() + shift, y: cell.north() },
        );
        let whole = rect.unsigned_area();
        if !self.bounds.intersects(&rect) || whole <= 0.0 {
            return 0.0;
        }
        let both = rect.to_polygon().intersection(&self.polygon);
        (both.unsigned_area() / whole).clamp(0.0, 1.0)
    }
}

/// A difference of longitudes by the shorter way around.
fn around(degrees: f64) -> f64 {
    if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    }
}
