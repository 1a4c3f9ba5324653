//! Components across the edge of a degree, beside the definition with every pair looked at.

use proptest::prelude::*;

use super::*;

const EPS_M: u32 = 300;
/// Places of the tests lie on a grid so wide: no two are apart by nearly `EPS_M`, whatever the plane.
const GRID_M: f64 = 200.0;
const DEGREE_M: f64 = 111_195.0;

fn place(east: i32, north: i32) -> LngLat {
    let lat = 42.0 + (f64::from(north) + 0.5) * GRID_M / DEGREE_M;
    let lng = 2.0 + f64::from(east) * GRID_M / DEGREE_M / 42.0f64.to_radians().cos();
    LngLat::new(lng, lat).expect("a place")
}

/// Which core points hang together, each set in order.
fn defined(points: &BTreeMap<PointId, (i32, i32)>, min_pts: usize) -> BTreeSet<BTreeSet<PointId>> {
    let is_near = |a: &(i32, i32), b: &(i32, i32)| {
        let apart = f64::from((a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)).sqrt() * GRID_M;
        apart <= f64::from(EPS_M)
    };
    let cores: BTreeMap<PointId, (i32, i32)> = points
        .iter()
        .filter(|(_, at)| points.values().filter(|other| is_near(at, other)).count() >= min_pts)
        .map(|(id, at)| (*id, *at))
        .collect();
    let mut found: Vec<BTreeSet<PointId>> = Vec::new();
    for (id, at) in &cores {
        let (near, far): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|set| set.iter().any(|other| is_near(at, &cores[other])));
        found = far;
        found.push(near.into_iter().flatten().chain([*id]).collect());
    }
    found.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn components_hang_together_over_the_edge_of_a_degree(
        rounds in proptest::collection::vec(
            proptest::collection::btree_map(0..40u64, (0..12i32, -4..4i32), 1..30), 1..4),
        min_pts in 1..4u32,
    ) {
        let mut space = Space::new(Rule::new(EPS_M * 100, min_pts).expect("a rule"));
        let mut live: BTreeMap<PointId, (i32, i32)> = BTreeMap::new();
        for round in rounds {
            // Those that lie where they lay stay; the others go, move or come.
            for (id, at) in live.clone() {
                if round.get(&id.0) != Some(&at) {
                    space.remove(id, place(at.0, at.1));
                    live.remove(&id);
                }
            }
            for (id, (east, north)) in round {
                if live.insert(PointId(id), (east, north)).is_none() {
                    space.insert(PointId(id), place(east, north), 1);
                }
            }
            space.settle();
            let place_of = |id: PointId| live.get(&id).map(|at| place(at.0, at.1));
            let pieces: BTreeSet<Piece> =
                live.keys().filter_map(|id| space.piece(*id, place_of(*id)?)).collect();
            let cores = defined(&live, min_pts as usize);
            let all: BTreeSet<PointId> = cores.iter().flatten().copied().collect();
            let wholes = space.wholes(&pieces).points;
            let found: BTreeSet<BTreeSet<PointId>> = wholes
                .iter()
                .map(|whole| whole.iter().filter(|id| all.contains(id)).copied().collect())
                .collect();
            prop_assert_eq!(&found, &cores);
            // One piece is enough to be given the whole.
            for whole in &wholes {
                let piece = whole.first().and_then(|id| space.piece(*id, place_of(*id)?));
                let again = space.wholes(&piece.into_iter().collect()).points;
                prop_assert!(again.contains(whole), "{again:?} lacks {whole:?}");
            }
        }
    }
}

#[test]
fn the_last_degree_has_none_after_it_and_nothing_is_kept_of_points_that_went() {
    let mut space = Space::new(Rule::new(30_000, 1).expect("a rule"));
    for lat in [-90.0, 0.0, 89.9999, 90.0] {
        let at = LngLat::new(170.0, lat).expect("a place");
        space.insert(PointId(1), at, 1);
        assert_eq!(space.settle().len(), if lat == 0.0 { 2 } else { 1 }, "at {lat}");
        assert!(space.piece(PointId(1), at).is_some());
        space.remove(PointId(1), at);
        space.settle();
        assert!(space.degrees.is_empty());
    }
}
