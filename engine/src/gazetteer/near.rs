//! What is near a point: its street or landmark, its neighbourhood, its city.

use rstar::RTree;
use rstar::primitives::GeomWithData;
use wire::geo::LngLat;

use super::{Gazetteer, Place, PlaceKind};
use crate::place::distance_m;

/// A point of the sphere, so that near is near at every latitude.
type Spot = GeomWithData<[f64; 3], u32>;

/// A street is looked up by points so far apart, in metres.
const STEP_M: f64 = 60.0;
/// Something so far away in metres still names a point.
const NAMES_M: f64 = 400.0;
/// A neighbourhood or city names points up to so many times its radius.
const REACHES: f64 = 1.5;
/// So many of the nearest are weighed.
const WEIGHED: usize = 40;

/// Something near a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Its place in [`Gazetteer::places`].
    pub place: u32,
    /// How far the point is from it, in metres; from its line, where it has one.
    pub distance_m: f64,
}

/// The places by where they are.
pub(super) struct Index {
    fine: RTree<Spot>,
    areas: RTree<Spot>,
}

impl Index {
    pub(super) fn new(places: &[Place]) -> Self {
        let (mut fine, mut areas) = (Vec::new(), Vec::new());
        for (at, place) in (0..).zip(places) {
            match place.kind {
                PlaceKind::Country | PlaceKind::Region => {}
                PlaceKind::City | PlaceKind::District | PlaceKind::Neighbourhood => {
                    areas.push(Spot::new(sphere(place.at), at));
                }
                _ if place.line.is_empty() => fine.push(Spot::new(sphere(place.at), at)),
                _ => fine.extend(along(&place.line).map(|point| Spot::new(sphere(point), at))),
            }
        }
        Self { fine: RTree::bulk_load(fine), areas: RTree::bulk_load(areas) }
    }
}

fn sphere(at: LngLat) -> [f64; 3] {
    let (lng, lat) = (at.lng().to_radians(), at.lat().to_radians());
    [lat.cos() * lng.cos(), lat.cos() * lng.sin(), lat.sin()]
}

/// Points on a line, [`STEP_M`] apart at most.
pub(super) fn along(line: &[LngLat]) -> impl Iterator<Item = LngLat> {
    let steps = line.windows(2).flat_map(|ends| {
        let n = (distance_m(ends[0], ends[1]) / STEP_M).ceil().max(1.0);
        (0..n as u32).filter_map(move |step| between(ends[0], ends[1], f64::from(step) / n))
    });
    steps.chain(line.last().copied())
}

/// A share of the way from one to the other.
pub(super) fn between(one: LngLat, other: LngLat, share: f64) -> Option<LngLat> {
    let mix = |one: f64, other: f64| one + (other - one) * share;
    LngLat::new(mix(one.lng(), other.lng()), mix(one.lat(), other.lat())).ok()
}

impl Gazetteer {
    /// What is near a point, the smallest first: at most one street or landmark, one neighbourhood or district, one city.
    pub fn near(&self, at: LngLat) -> Vec<Near> {
        let point = sphere(at);
        let far = |spot: &Spot| {
            let on_it = LngLat::new(
                spot.geom()[1].atan2(spot.geom()[0]).to_degrees(),
                spot.geom()[2].asin().to_degrees(),
            );
            on_it.map_or(f64::INFINITY, |on_it| distance_m(at, on_it))
        };
        let mut found = Vec::new();
        if let Some(spot) = self.near.fine.nearest_neighbor(&point) {
            let distance_m = far(spot);
            if distance_m <= NAMES_M {
                found.push(Near { place: spot.data, distance_m });
            }
        }
        let areas: Vec<Near> = self
            .near
            .areas
            .nearest_neighbor_iter(&point)
            .take(WEIGHED)
            .map(|spot| Near { place: spot.data, distance_m: far(spot) })
            .collect();
        // The point lies deepest in the one whose radius it is nearest by.
        let deepest = |is_city: bool| {
            let fits = areas.iter().filter(|near| {
                self.place(near.place).is_some_and(|place| {
                    (place.kind == PlaceKind::City) == is_city
                        && near.distance_m <= REACHES * f64::from(place.radius_m)
                })
            });
            let depth = |near: &Near| {
                self.place(near.place).map_or(f64::INFINITY, |place| {
                    near.distance_m / f64::from(place.radius_m.max(1))
                })
            };
            fits.min_by(|one, other| depth(one).total_cmp(&depth(other))).cloned()
        };
        let part = deepest(false);
        // What it lies in knows its city better than any distance.
        let city = part.as_ref().and_then(|near| self.city_of(near.place)).and_then(|city| {
            let place = self.place(city)?;
            Some(Near { place: city, distance_m: distance_m(at, place.at) })
        });
        found.extend(part);
        found.extend(city.or_else(|| deepest(true)));
        found
    }
}
