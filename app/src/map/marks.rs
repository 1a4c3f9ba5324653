//! Which symbols changed since the last drawing, so that the map is told only that.

use wire::cluster::Cluster;
use wire::geo::Bbox;
use wire::grade::{Severity, Verification};
use wire::id::ClusterId;

/// One symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Longitude.
    pub lng: f64,
    /// Latitude.
    pub lat: f64,
    /// How many reports.
    pub n: u32,
    /// The worst severity inside.
    pub worst: Severity,
    /// How many have it.
    pub n_worst: u32,
    /// What the room knows of it.
    pub rim: Rim,
}

/// How a symbol's rim says what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rim {
    /// Not checked: hollow, dashed.
    Dashed,
    /// Supported: hollow, solid.
    Solid,
    /// Confirmed: filled.
    Filled,
    /// Not true: grey, crossed.
    Refuted,
}

impl Rim {
    /// The rim of a verification.
    pub fn of(verification: Verification) -> Self {
        match verification {
            Verification::Unverified | Verification::Unverifiable => Self::Dashed,
            Verification::Supported => Self::Solid,
            Verification::Confirmed => Self::Filled,
            Verification::Refuted => Self::Refuted,
        }
    }

    /// Its name in the style of the list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dashed => "dashed",
            Self::Solid => "solid",
            Self::Filled => "solid-fill",
            Self::Refuted => "refuted",
        }
    }

    /// Its place among the rims of `public/symbols.mjs`.
    pub fn index(self) -> usize {
        match self {
            Self::Dashed => 0,
            Self::Solid => 1,
            Self::Filled => 2,
            Self::Refuted => 3,
        }
    }
}

/// What to tell the map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delta {
    /// New or changed symbols.
    pub put: Vec<(ClusterId, Mark)>,
    /// Symbols to take away.
    pub drop: Vec<ClusterId>,
}

/// The symbols as the map has them, ordered by id: all are gone through at each change, and a tree takes several times as long.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks(Vec<(ClusterId, Mark)>);

impl Marks {
    /// Compares with the clusters of the picture. `checked` tells what is known of a report that stands alone;
    /// a cluster of several carries no verdict, so it is drawn as not checked.
    pub fn delta<'a>(
        &mut self,
        clusters: impl Iterator<Item = &'a Cluster>,
        checked: impl Fn(&Cluster) -> Option<Verification>,
    ) -> Delta {
        let mark = |cluster: &Cluster| Mark {
            lng: cluster.lng,
            lat: cluster.lat,
            n: cluster.n,
            worst: cluster.worst,
            n_worst: cluster.n_worst,
            rim: Rim::of(checked(cluster).unwrap_or_default()),
        };
        let mut next: Vec<_> = clusters.map(|cluster| (cluster.id, mark(cluster))).collect();
        next.sort_unstable_by_key(|(id, _)| *id);
        let mut delta = Delta::default();
        let mut before = self.0.iter().peekable();
        for (id, mark) in &next {
            while let Some((gone, _)) = before.next_if(|(held, _)| held < id) {
                delta.drop.push(*gone);
            }
            let held = before.next_if(|(held, _)| held == id);
            if held.is_none_or(|(_, held)| held != mark) {
                delta.put.push((*id, *mark));
            }
        }
        delta.drop.extend(before.map(|(gone, _)| *gone));
        self.0 = next;
        delta
    }
}

/// The box of a camera that may look past the edges of the world: what the server is asked for.
pub fn visible_box(west: f64, south: f64, east: f64, north: f64) -> Bbox {
    if east - west >= 360.0 {
        return Bbox::new(-180.0, south.max(-90.0), 180.0, north.min(90.0)).unwrap_or(Bbox::WORLD);
    }
    let around = |lng: f64| {
        let turned = (lng + 180.0).rem_euclid(360.0) - 180.0;
        // The eastern edge of the world is the western one too.
        if turned <= -180.0 && lng > 0.0 { 180.0 } else { turned }
    };
    Bbox::new(around(west), south.max(-90.0), around(east), north.min(90.0)).unwrap_or(Bbox::WORLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::cluster::{HazardCounts, SeverityCounts};
    use wire::time::Timestamp;

    fn cluster(id: u64, n: u32) -> Cluster {
        Cluster {
            id: ClusterId(id),
            lng: 2.0,
            lat: 41.0,
            n,
            worst: Severity::Severe,
            n_worst: 1,
            severity: SeverityCounts { severe: 1, unknown: n - 1, ..SeverityCounts::default() },
            hazard: HazardCounts::default(),
            newest: Timestamp(0),
            expansion_zoom: 12,
            report: None,
        }
    }

    #[test]
    fn only_what_changed_is_told() {
        let mut marks = Marks::default();
        let first = marks.delta([cluster(1, 2), cluster(2, 5)].iter(), |_| None);
        assert_eq!(first.put.len(), 2);
        let second = marks.delta([cluster(1, 2), cluster(3, 1)].iter(), |_| None);
        assert_eq!(second.put.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [3]);
        assert_eq!(second.drop, [ClusterId(2)]);
        assert_eq!(marks.delta([cluster(1, 2), cluster(3, 1)].iter(), |_| None), Delta::default());
    }

    #[test]
    fn a_camera_past_the_antimeridian_asks_for_a_box_that_crosses_it() {
        let over = visible_box(170.0, -10.0, 190.0, 10.0);
        assert!((over.west() - 170.0).abs() < 1e-9 && (over.east() + 170.0).abs() < 1e-9);
        assert_eq!(visible_box(-300.0, -95.0, 300.0, 95.0), Bbox::WORLD);
        let edge = visible_box(100.0, 0.0, 180.0, 10.0);
        assert!((edge.east() - 180.0).abs() < 1e-9);
    }
}
