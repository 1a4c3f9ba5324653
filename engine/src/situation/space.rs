//! Where live reports lie close together, anywhere on Earth: a density for each degree of latitude.
//!
//! A plane is right for the degree of latitude it is made for, all around the Earth. Points near the edge of a degree stand
//! in both, so that a city on a parallel is one city: whether a point is core is asked of its own degree, where all that is
//! near it stands, and two components that share a core point of either are one.

use std::collections::{BTreeMap, BTreeSet};

use wire::geo::LngLat;

use super::density::{Density, Point, PointId, Role, Rule};
use super::extent::outline;
use super::metres::{Plane, Spot};
use super::sets::Sets;

/// A component of one degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    degree: i16,
    component: PointId,
}

/// See the module. Reports on two sides of 169.5° W, where nobody lives but on a few islands, are not joined.
#[derive(Debug, Clone)]
pub struct Space {
    rule: Rule,
    /// What is nearer to the edge of a degree than this stands in both, in 1e-7 degree.
    edge_e7: i32,
    degrees: BTreeMap<i16, Degree>,
    /// The points that stand in two degrees: few, so that nobody else is asked for its place.
    edge: BTreeMap<PointId, LngLat>,
}

/// Whole components.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wholes {
    /// All the pieces they are made of.
    pub pieces: BTreeSet<Piece>,
    /// The points of each, in order.
    pub points: Vec<Vec<PointId>>,
}

#[derive(Debug, Clone)]
struct Degree {
    plane: Plane,
    density: Density,
}

/// Units of 1e-7 degree in a degree.
const DEGREE: i32 = 10_000_000;

/// Centimetres in a degree of latitude, rounded down: an edge may be wider than need be, never narrower.
const DEGREE_CM: i64 = 11_000_000;

fn degree(lat_e7: i32) -> i16 {
    // The pole belongs to the last degree, which has none after it.
    lat_e7.div_euclid(DEGREE).clamp(-90, 89) as i16
}

impl Degree {
    fn new(degree: i16, rule: Rule) -> Self {
        Self { plane: Plane::around(degree), density: Density::new(rule) }
    }

    fn role(&self, id: PointId) -> Option<Role> {
        self.density.role(id)
    }
}

impl Space {
    /// No points yet.
    pub fn new(rule: Rule) -> Self {
        let edge = i64::from(rule.eps_cm()) * i64::from(DEGREE) / DEGREE_CM + 1;
        Self { rule, edge_e7: edge as i32, degrees: BTreeMap::new(), edge: BTreeMap::new() }
    }

    /// The degree a place lies in, and the one it lies at the edge of.
    fn degrees(&self, place: LngLat) -> (i16, Option<i16>) {
        let lat = place.e7().1;
        let own = degree(lat);
        let beside =
            [degree(lat.saturating_sub(self.edge_e7)), degree(lat.saturating_add(self.edge_e7))];
        (own, beside.into_iter().find(|beside| *beside != own))
    }

    /// Where the points of one component lie, on one plane: that of the southernmost of their degrees.
    pub fn spots(places: &[LngLat]) -> Vec<Spot> {
        let southernmost = places.iter().map(|place| degree(place.e7().1)).min();
        let plane = Plane::around(southernmost.unwrap_or_default());
        places.iter().map(|place| plane.spot(*place)).collect()
    }

    /// The outline of some places that hang together, as far from them as their doubt.
    pub fn outline(places: &[LngLat], radius_m: u32) -> Vec<LngLat> {
        let southernmost = places.iter().map(|place| degree(place.e7().1)).min();
        let plane = Plane::around(southernmost.unwrap_or_default());
        outline(&plane, &Self::spots(places), radius_m)
    }

    /// A point comes, or is of another weight now. It counts from the next [`Self::settle`] on. One that moved is removed first.
    pub fn insert(&mut self, id: PointId, place: LngLat, weight: u8) {
        let (own, beside) = self.degrees(place);
        if beside.is_some() {
            self.edge.insert(id, place);
        }
        for number in [Some(own), beside].into_iter().flatten() {
            let rule = self.rule;
            let degree = self.degrees.entry(number).or_insert_with(|| Degree::new(number, rule));
            degree.density.insert(Point { id, spot: degree.plane.spot(place), weight });
        }
    }

    /// A point goes. It counts until the next [`Self::settle`].
    pub fn remove(&mut self, id: PointId, place: LngLat) {
        let (own, beside) = self.degrees(place);
        self.edge.remove(&id);
        for number in [Some(own), beside].into_iter().flatten() {
            if let Some(degree) = self.degrees.get_mut(&number) {
                degree.density.remove(id);
            }
        }
    }

    /// Ends a tick: takes in what came and went, and says which components are other ones than before.
    pub fn settle(&mut self) -> BTreeSet<Piece> {
        let mut changed = BTreeSet::new();
        for (number, degree) in &mut self.degrees {
            let after = degree.density.settle().after;
            changed.extend(after.iter().map(|one| Piece { degree: *number, component: one.id }));
        }
        self.degrees.retain(|_, degree| degree.density.n_points() > 0);
        changed
    }

    fn role(&self, number: i16, id: PointId) -> Option<(Piece, bool)> {
        match self.degrees.get(&number)?.role(id)? {
            Role::Core(component) => Some((Piece { degree: number, component }, true)),
            Role::Border(component) => Some((Piece { degree: number, component }, false)),
            Role::Noise => None,
        }
    }

    /// The component a point belongs to: of its own degree, else of the one at whose edge it lies.
    pub fn piece(&self, id: PointId, place: LngLat) -> Option<Piece> {
        let (own, beside) = self.degrees(place);
        let of = |number| self.role(number, id).map(|(piece, _)| piece);
        of(own).or_else(|| beside.and_then(of))
    }

    /// The components that are one with it because a core point stands in both.
    fn joined(&self, id: PointId) -> Option<(Piece, Piece)> {
        let (own, beside) = self.degrees(*self.edge.get(&id)?);
        let (piece, is_core) = self.role(own, id)?;
        let (other, _) = self.role(beside?, id)?;
        is_core.then_some((piece, other))
    }

    /// Whole components, of those that these pieces belong to: each once.
    pub fn wholes(&self, pieces: &BTreeSet<Piece>) -> Wholes {
        let mut numbers: BTreeMap<Piece, usize> = BTreeMap::new();
        let mut sets = Sets::default();
        let mut points: Vec<(PointId, Piece)> = Vec::new();
        let mut open: Vec<Piece> = pieces.iter().copied().collect();
        while let Some(piece) = open.pop() {
            if numbers.contains_key(&piece) {
                continue;
            }
            numbers.insert(piece, numbers.len());
            sets.grow(1);
            for id in self.members(piece).into_iter().flatten() {
                let Some(place) = self.edge.get(&id) else {
                    points.push((id, piece));
                    continue;
                };
                points.extend(self.piece(id, *place).map(|home| (id, home)));
                if let Some((own, other)) = self.joined(id) {
                    open.extend([own, other].into_iter().filter(|one| *one != piece));
                }
            }
        }
        self.join(&points, &numbers, &mut sets);
        points.sort_unstable();
        points.dedup();
        let mut wholes: BTreeMap<usize, Vec<PointId>> = BTreeMap::new();
        for (id, home) in points {
            // A border point of another component, which is not asked for.
            let Some(number) = numbers.get(&home) else { continue };
            wholes.entry(sets.root(*number)).or_default().push(id);
        }
        Wholes { pieces: numbers.into_keys().collect(), points: wholes.into_values().collect() }
    }

    fn join(&self, points: &[(PointId, Piece)], numbers: &BTreeMap<Piece, usize>, sets: &mut Sets) {
        for (id, _) in points {
            let Some((own, other)) = self.joined(*id) else { continue };
            if let Some((own, other)) = numbers.get(&own).zip(numbers.get(&other)) {
                sets.join(*own, *other);
            }
        }
    }

    fn members(&self, piece: Piece) -> Option<Vec<PointId>> {
        let members = self.degrees.get(&piece.degree)?.density.members(piece.component)?;
        Some(members.core.into_iter().chain(members.border).collect())
    }
}

#[cfg(test)]
mod tests;
