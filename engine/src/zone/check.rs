//! What is wrong with a zone: each field with its remedy.

use geo::algorithm::validation::{InvalidMultiPolygon, InvalidPolygon, RingRole};
use geo::{Coord, LineString, MultiPolygon, Polygon, Validation};
use wire::geo::LngLat;

use super::limits::{CORNERS_MAX, NAME_BYTES_MAX, PARTS_MAX, SPAN_MAX_E7};
use super::{Flaw, Part, Zone};
use crate::flaw::Flaws;

impl Zone {
    /// Whether it can be set; otherwise everything that is wrong.
    ///
    /// What is wrong with a single ring is told first: how rings lie to each other is only looked at when each is one.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        flaws.text(&self.name, "name", NAME_BYTES_MAX);
        flaws.unless(!self.parts.is_empty(), "parts", "give at least one part");
        flaws.at_most(self.parts.len(), PARTS_MAX, "parts");
        let n_corners = self.n_corners();
        flaws.unless(
            n_corners <= CORNERS_MAX,
            "parts",
            format!("it has {n_corners} corners, at most {CORNERS_MAX} are taken: simplify it"),
        );
        for (field, ring) in self.rings() {
            check_ring(&field, ring, &mut flaws);
        }
        if flaws.is_empty() {
            self.check_span(&mut flaws);
        }
        if flaws.is_empty() {
            self.check_shape(&mut flaws);
        }
        flaws.done()
    }

    fn check_span(&self, flaws: &mut Flaws) {
        for (index, part) in self.parts.iter().enumerate() {
            flaws.unless(
                span_e7(&part.outer) <= SPAN_MAX_E7,
                format!("parts[{index}].outer"),
                "it is wider than half the world, as a ring across the antimeridian looks: cut it there into two parts, one that ends at 180 and \
                 one that begins at -180",
            );
        }
    }

    fn check_shape(&self, flaws: &mut Flaws) {
        let shape = MultiPolygon::new(self.parts.iter().map(polygon).collect());
        for invalid in shape.validation_errors() {
            let (field, remedy) = match invalid {
                InvalidMultiPolygon::InvalidPolygon(part, invalid) => told(part.0, &invalid),
                InvalidMultiPolygon::ElementsOverlaps(a, b) => (
                    format!("parts[{}]", b.0),
                    format!("it overlaps parts[{}]: join them into one part", a.0),
                ),
                // Both cover the line, and nothing is counted twice.
                InvalidMultiPolygon::ElementsTouchOnALine(..) => continue,
            };
            flaws.unless(false, field, remedy);
        }
    }
}

fn check_ring(field: &str, ring: &[LngLat], flaws: &mut Flaws) {
    let closed = ring.len() > 1 && ring.first() == ring.last();
    flaws.unless(closed, field, "end the ring with the corner it begins with");
    let mut corners: Vec<LngLat> = ring.to_vec();
    corners.sort_unstable();
    corners.dedup();
    flaws.unless(
        corners.len() >= 3 && (!closed || twice_area(ring) != 0),
        field,
        "give at least 3 corners at different places, not all on one line",
    );
}

/// Twice the area within a closed ring, signed, in square units.
fn twice_area(ring: &[LngLat]) -> i128 {
    let wide = |corner: LngLat| (i128::from(corner.e7().0), i128::from(corner.e7().1));
    let pairs = ring.windows(2).map(|ends| (wide(ends[0]), wide(ends[1])));
    pairs.map(|((ax, ay), (bx, by))| ax * by - bx * ay).sum()
}

/// From the westernmost to the easternmost corner, in units of 1e-7 degree.
fn span_e7(ring: &[LngLat]) -> i64 {
    let lngs = || ring.iter().map(|corner| i64::from(corner.e7().0));
    lngs().max().unwrap_or_default() - lngs().min().unwrap_or_default()
}

/// A part in whole units of 1e-7 degree, which floating point holds exactly.
fn polygon(part: &Part) -> Polygon<f64> {
    let line = |ring: &Vec<LngLat>| {
        let mut ring = ring.clone();
        ring.dedup();
        let corners = ring.iter().map(|corner| corner.e7());
        LineString::new(corners.map(|(x, y)| Coord { x: f64::from(x), y: f64::from(y) }).collect())
    };
    Polygon::new(line(&part.outer), part.holes.iter().map(line).collect())
}

fn told(part: usize, invalid: &InvalidPolygon) -> (String, String) {
    let field = |ring: &RingRole| match ring {
        RingRole::Exterior => format!("parts[{part}].outer"),
        RingRole::Interior(hole) => format!("parts[{part}].holes[{hole}]"),
    };
    match invalid {
        InvalidPolygon::TooFewPointsInRing(ring) => {
            (field(ring), "give at least 3 corners at different places".to_owned())
        }
        InvalidPolygon::SelfIntersection(ring) => (
            field(ring),
            "the ring crosses or touches itself: draw it without, or as several parts".to_owned(),
        ),
        InvalidPolygon::NonFiniteCoord(ring, corner) => {
            (field(ring), format!("corner {} is no place", corner.0))
        }
        InvalidPolygon::InteriorRingNotContainedInExteriorRing(ring) => (
            field(ring),
            "a hole lies inside the outer ring: move it, or make it a part".to_owned(),
        ),
        InvalidPolygon::IntersectingRingsOnALine(a, b)
        | InvalidPolygon::IntersectingRingsOnAnArea(a, b) => {
            (field(b), format!("it overlaps or runs along {}: join the two", field(a)))
        }
    }
}
