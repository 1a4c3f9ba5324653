//! Where an advisory holds: polygons, circles and codes of its areas as one shape, and whether that meets an area that is asked for.

use geo::{BoundingRect as _, Coord, Intersects as _, LineString, Point, Polygon, Rect};
use wire::advisory::{AdvisoryGeometry, Pair, Position, Unplaced};
use wire::geo::{Bbox, LngLat};

use super::atlas::Atlas;
use super::{Advisory, Area, Block, Circle};

/// Corners that stand for a circle: its line is off by less than a fifth of a hundredth of the radius.
const CIRCLE_CORNERS: u32 = 64;
/// Corners of a closed ring.
const CORNERS_MIN: usize = 4;
/// Metres in a degree of latitude, on the sphere of the Earth's mean radius.
const DEGREE_M: f64 = 111_195.08;
/// Codes without a place that are told of one area: the first say which table is missing.
const CODES_TOLD_MAX: usize = 10;

/// The union of some areas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    polygons: Vec<Polygon<f64>>,
    points: Vec<Point<f64>>,
}

/// An area that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted(Vec<(Polygon<f64>, Rect<f64>)>);

impl Wanted {
    /// A box; one that crosses the antimeridian is two.
    pub fn of_bbox(bbox: &Bbox) -> Self {
        let part = |west: f64, east: f64| {
            Rect::new(Coord { x: west, y: bbox.south() }, Coord { x: east, y: bbox.north() })
        };
        let parts = if bbox.west() <= bbox.east() {
            vec![part(bbox.west(), bbox.east())]
        } else {
            vec![part(bbox.west(), 180.0), part(-180.0, bbox.east())]
        };
        Self(parts.into_iter().map(|rect| (rect.to_polygon(), rect)).collect())
    }

    /// A ring, closed or not, as areas are drawn: over the antimeridian where that is the shorter way. None if it has fewer than
    /// three corners.
    pub fn of_ring(ring: &[LngLat]) -> Option<Self> {
        let mut corners: Vec<(f64, f64)> =
            ring.iter().map(|place| (place.lng(), place.lat())).collect();
        if corners.first() != corners.last() {
            corners.extend(corners.first().copied());
        }
        if corners.len() < CORNERS_MIN {
            return None;
        }
        let with_box = |part: Polygon<f64>| Some((part.bounding_rect()?, part));
        let parts = split(corners).into_iter().filter_map(with_box);
        Some(Self(parts.map(|(around, part)| (part, around)).collect()))
    }
}

impl Shape {
    /// Where a message holds in all of its blocks, and what of it has no place.
    pub fn of(advisory: &Advisory, atlas: &Atlas) -> (Self, Vec<Unplaced>) {
        Self::of_blocks(advisory.blocks.iter(), atlas)
    }

    /// The same of some blocks. Areas that stand there twice, as those of each language do, count once.
    pub fn of_blocks<'a>(
        blocks: impl Iterator<Item = &'a Block>,
        atlas: &Atlas,
    ) -> (Self, Vec<Unplaced>) {
        let (mut shape, mut unplaced) = (Self::default(), Vec::new());
        let mut drawn: Vec<&Area> = Vec::new();
        let mut n_areas = 0;
        for area in blocks.flat_map(|block| &block.areas) {
            n_areas += 1;
            // The name is in the block's language; what is drawn is not.
            let is_drawn = drawn.iter().any(|one| {
                one.polygons == area.polygons
                    && one.circles == area.circles
                    && one.geocodes == area.geocodes
            });
            if is_drawn
                && !(area.polygons.is_empty()
                    && area.circles.is_empty()
                    && area.geocodes.is_empty())
            {
                continue;
            }
            drawn.push(area);
            if let Some(reason) = shape.draw(area, atlas) {
                unplaced.push(Unplaced { area: area.name.clone(), reason });
            }
        }
        if n_areas == 0 {
            let reason = "the message names no area".to_owned();
            unplaced.push(Unplaced { area: String::new(), reason });
        }
        (shape, unplaced)
    }

    /// Adds an area: what it draws, or else what its codes stand for. Says what of it has no place.
    fn draw(&mut self, area: &Area, atlas: &Atlas) -> Option<String> {
        if !area.polygons.is_empty() || !area.circles.is_empty() {
            for ring in &area.polygons {
                let corners = ring.iter().map(|place| (place.lng(), place.lat())).collect();
                self.polygons.extend(split(corners));
            }
            for circle in &area.circles {
                self.draw_circle(*circle);
            }
            return None;
        }
        if area.geocodes.is_empty() {
            return Some("it has a name and nothing that could be drawn".to_owned());
        }
        let mut missing = Vec::new();
        for code in &area.geocodes {
            match atlas.find(code) {
                Some(parts) => {
                    for rings in parts {
                        self.polygons.push(with_holes(rings));
                    }
                }
                None => missing.push(code),
            }
        }
        if missing.is_empty() { None } else { Some(told(&missing, atlas)) }
    }

    fn draw_circle(&mut self, Circle { centre, radius_m }: Circle) {
        if radius_m == 0 {
            self.points.push(Point::new(centre.lng(), centre.lat()));
            return;
        }
        let angle = f64::from(radius_m) / DEGREE_M;
        let (sin_lat, cos_lat) = centre.lat().to_radians().sin_cos();
        let (sin_d, cos_d) = angle.to_radians().sin_cos();
        let corner = |n: u32| {
            let bearing = f64::from(n) * std::f64::consts::TAU / f64::from(CIRCLE_CORNERS);
            let lat = (sin_lat * cos_d + cos_lat * sin_d * bearing.cos()).clamp(-1.0, 1.0).asin();
            let east = (bearing.sin() * sin_d * cos_lat).atan2(cos_d - sin_lat * lat.sin());
            let lng = centre.lng() + east.to_degrees();
            (
                if lng > 180.0 {
                    lng - 360.0
                } else if lng < -180.0 {
                    lng + 360.0
                } else {
                    lng
                },
                lat.to_degrees(),
            )
        };
        let mut corners: Vec<(f64, f64)> = (0..CIRCLE_CORNERS).map(corner).collect();
        corners.extend(corners.first().copied());
        self.polygons.extend(split(corners));
    }

    /// Whether nothing of it has a place.
    pub fn is_empty(&self) -> bool {
        self.polygons.is_empty() && self.points.is_empty()
    }

    /// Whether it has a point in common with an area, edges included.
    pub fn meets(&self, wanted: &Wanted) -> bool {
        wanted.0.iter().any(|(area, around)| {
            self.points.iter().any(|point| area.intersects(point))
                || self.polygons.iter().any(|polygon| {
                    let near = polygon.bounding_rect().is_some_and(|rect| rect.intersects(around));
                    near && area.intersects(polygon)
                })
        })
    }

    /// As it leaves the building.
    pub fn geometry(&self) -> Option<AdvisoryGeometry> {
        let ring = |line: &LineString<f64>| line.coords().map(|at| [at.x, at.y]).collect();
        let polygons = self.polygons.iter().map(|polygon| -> Vec<Vec<Position>> {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
        });
        let polygons = AdvisoryGeometry::MultiPolygon { coordinates: polygons.collect() };
        let points = self.points.iter().map(|point| [point.x(), point.y()]).collect();
        let points = AdvisoryGeometry::MultiPoint { coordinates: points };
        match (self.polygons.is_empty(), self.points.is_empty()) {
            (true, true) => None,
            (false, true) => Some(polygons),
            (true, false) => Some(points),
            (false, false) => {
                Some(AdvisoryGeometry::GeometryCollection { geometries: vec![polygons, points] })
            }
        }
    }
}

fn told(missing: &[&Pair], atlas: &Atlas) -> String {
    let mut without: Vec<&str> = missing.iter().map(|code| code.name.as_str()).collect();
    without.sort_unstable();
    without.dedup();
    let tables: Vec<&str> = without
        .iter()
        .copied()
        .filter(|scheme| !atlas.knows(scheme))
        .take(CODES_TOLD_MAX)
        .collect();
    let unknown: Vec<String> = missing
        .iter()
        .filter(|code| atlas.knows(&code.name))
        .take(CODES_TOLD_MAX)
        .map(|code| format!("{} {}", code.name, code.value))
        .collect();
    let mut parts = Vec::new();
    if !tables.is_empty() {
        parts.push(format!(
            "no table of {} was imported: talaia geocodes import",
            tables.join(", ")
        ));
    }
    if !unknown.is_empty() {
        parts.push(format!("not in the table: {}", unknown.join(", ")));
    }
    parts.join("; ")
}

fn polygon(corners: Vec<(f64, f64)>) -> Polygon<f64> {
    Polygon::new(LineString::from(corners), Vec::new())
}

fn with_holes(rings: &[Vec<LngLat>]) -> Polygon<f64> {
    let line = |ring: &Vec<LngLat>| -> LineString<f64> {
        ring.iter().map(|place| (place.lng(), place.lat())).collect()
    };
    let mut rings = rings.iter().map(line);
    Polygon::new(rings.next().unwrap_or_else(|| LineString::new(Vec::new())), rings.collect())
}

/// A ring as one polygon, or as one on each side of the antimeridian where its line goes over it: from one corner to the next the
/// shorter way round is meant.
fn split(corners: Vec<(f64, f64)>) -> Vec<Polygon<f64>> {
    let goes_over = |pair: &[(f64, f64)]| {
        let far = (pair[1].0 - pair[0].0).abs();
        far > 180.0 && far < 360.0
    };
    if !corners.windows(2).any(goes_over) {
        return vec![polygon(corners)];
    }
    let mut unrolled: Vec<(f64, f64)> = Vec::with_capacity(corners.len());
    for (lng, lat) in corners {
        let before = unrolled.last().map_or(lng, |(before, _)| *before);
        let turns = ((before - lng) / 360.0).round();
        unrolled.push((lng + turns * 360.0, lat));
    }
    // Three turns hold whatever goes over the line once, in either direction.
    [-360.0, 0.0, 360.0]
        .into_iter()
        .filter_map(|by| {
            let moved: Vec<(f64, f64)> =
                unrolled.iter().map(|(lng, lat)| (lng + by, *lat)).collect();
            let inside = cut(&cut(&moved, |lng| lng + 180.0, -180.0), |lng| 180.0 - lng, 180.0);
            let first = inside.first().copied()?;
            let has_width = inside.iter().any(|corner| (corner.0 - first.0).abs() > 1e-9);
            has_width.then(|| polygon(inside))
        })
        .collect()
}

/// What of a closed ring lies where `depth` is not negative; the edge there is at longitude `edge`.
fn cut(ring: &[(f64, f64)], depth: impl Fn(f64) -> f64, edge: f64) -> Vec<(f64, f64)> {
    let mut kept = Vec::with_capacity(ring.len() + 2);
    for pair in ring.windows(2) {
        let ((from, from_lat), (to, to_lat)) = (pair[0], pair[1]);
        let (here, there) = (depth(from), depth(to));
        if here >= 0.0 {
            kept.push((from, from_lat));
        }
        if (here < 0.0) != (there < 0.0) {
            let part = here / (here - there);
            kept.push((edge, from_lat + part * (to_lat - from_lat)));
        }
    }
    kept.extend(kept.first().copied());
    kept
}
