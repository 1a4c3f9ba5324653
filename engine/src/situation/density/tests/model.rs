//! The definition, written down without any thought of speed, and `geo`'s components for comparison.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Dbscan, MultiPoint};

use super::{Density, Point, PointId, Rule};
use crate::situation::density::{Component, Former, Members, Overlap, Role};

/// All that can be asked of a [`Density`], in one value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Picture {
    pub(super) components: BTreeMap<PointId, (Component, Members)>,
    pub(super) roles: BTreeMap<PointId, Role>,
}

/// What is asked of the structure under test.
pub(super) fn asked(density: &Density, live: &BTreeMap<PointId, Point>) -> Picture {
    assert_eq!(density.n_points(), live.len());
    let components = density.components();
    Picture {
        components: components
            .map(|c| (c.id, (c, density.members(c.id).expect("a component has members"))))
            .collect(),
        roles: live
            .keys()
            .map(|id| (*id, density.role(*id).expect("a live point has a role")))
            .collect(),
    }
}

/// What the definition says: every pair looked at.
pub(super) fn defined(rule: Rule, live: &BTreeMap<PointId, Point>) -> Picture {
    let eps2 = u64::from(rule.eps_cm()).pow(2);
    let points: Vec<&Point> = live.values().collect();
    let near = |i: usize| {
        let here = points[i].spot;
        let is_near = move |there: &Point| here.distance2_cm2(there.spot) <= eps2;
        points.iter().enumerate().filter(move |(_, there)| is_near(there)).map(|(j, _)| j)
    };
    let core: Vec<bool> = (0..points.len())
        .map(|i| near(i).map(|j| u32::from(points[j].weight)).sum::<u32>() >= rule.min_pts())
        .collect();
    // Ids ascend, so the first of a component is its oldest.
    let mut name = vec![None; points.len()];
    for (first, oldest) in points.iter().enumerate() {
        let mut next = vec![first];
        while let Some(i) = next.pop() {
            if core[i] && name[i].is_none() {
                name[i] = Some(oldest.id);
                next.extend(near(i));
            }
        }
    }
    let mut picture = Picture::default();
    for (i, point) in points.iter().enumerate() {
        let nearest = near(i)
            .filter(|j| core[*j])
            .min_by_key(|j| (point.spot.distance2_cm2(points[*j].spot), points[*j].id));
        let part = match (name[i], nearest.and_then(|j| name[j])) {
            (Some(own), _) => Role::Core(own),
            (None, Some(other)) => Role::Border(other),
            (None, None) => Role::Noise,
        };
        picture.roles.insert(point.id, part);
        let (Role::Core(id) | Role::Border(id)) = part else { continue };
        let none = Component { id, n_core: 0, n_border: 0, weight: 0 };
        let entry = picture.components.entry(id).or_insert((none, Members::default()));
        entry.0.weight += u64::from(point.weight);
        if core[i] {
            entry.0.n_core += 1;
            entry.1.core.push(point.id);
        } else {
            entry.0.n_border += 1;
            entry.1.border.push(point.id);
        }
    }
    picture
}

/// What a tick has to say about the way from one picture to the next.
pub(super) fn overlaps(
    before: &Picture,
    after: &Picture,
    moved: &BTreeSet<PointId>,
) -> Vec<Overlap> {
    let mut shared = BTreeMap::new();
    for (id, role) in &after.roles {
        if let (Some(Role::Core(was)), Role::Core(is)) = (before.roles.get(id), role)
            && !moved.contains(id)
        {
            *shared.entry((*was, *is)).or_insert(0) += 1;
        }
    }
    shared.into_iter().map(|((before, after), n_core)| Overlap { before, after, n_core }).collect()
}

/// A component as it was.
pub(super) fn former(component: &Component) -> Former {
    Former { id: component.id, n_core: component.n_core }
}

/// The partition of core points by `geo`: the sets, each sorted, in order. `geo` is fed the same centimetres and says
/// nothing of who is core, which is counted by hand.
pub(super) fn by_geo(rule: Rule, live: &BTreeMap<PointId, Point>) -> BTreeSet<Vec<PointId>> {
    let points: MultiPoint<f64> =
        live.values().map(|p| (f64::from(p.spot.x_cm), f64::from(p.spot.y_cm))).collect();
    let labels = points.dbscan(f64::from(rule.eps_cm()), rule.min_pts() as usize);
    let eps2 = u64::from(rule.eps_cm()).pow(2);
    let mut sets: BTreeMap<usize, Vec<PointId>> = BTreeMap::new();
    for (point, label) in live.values().zip(labels) {
        let near = live.values().filter(|p| p.spot.distance2_cm2(point.spot) <= eps2).count();
        if near >= rule.min_pts() as usize {
            sets.entry(label.expect("a core point has a label")).or_default().push(point.id);
        }
    }
    sets.into_values().collect()
}
