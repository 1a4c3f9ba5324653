//! What a zone covers is what `geo` says it covers: for random shapes of every size, and places on their edges and corners.

use geo::{Coord, Intersects, LineString, MultiPolygon, Point, Polygon};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;

/// The zone in whole units, which floating point holds exactly, so that `geo`'s answer is exact too.
pub(super) fn shape(zone: &Zone) -> MultiPolygon<f64> {
    let line = |ring: &Vec<LngLat>| -> LineString<f64> {
        ring.iter()
            .map(|c| c.e7())
            .map(|(x, y)| Coord { x: f64::from(x), y: f64::from(y) })
            .collect()
    };
    let polygon =
        |part: &Part| Polygon::new(line(&part.outer), part.holes.iter().map(line).collect());
    MultiPolygon::new(zone.parts.iter().map(polygon).collect())
}

/// A star around a middle: it never crosses itself, and may have corners on one row or column.
fn star(middle: (i32, i32), reach: f64, bends: &[f64]) -> Vec<(i32, i32)> {
    let turn = std::f64::consts::TAU / bends.len() as f64;
    let corner = |(i, bend): (usize, &f64)| {
        let (far, angle) = (reach * bend, turn * i as f64);
        let x = f64::from(middle.0) + 1.9 * far * angle.cos();
        let y = f64::from(middle.1) + far * angle.sin();
        (x.clamp(-1.8e9, 1.8e9) as i32, y.clamp(-9e8, 9e8) as i32)
    };
    bends.iter().enumerate().map(corner).collect()
}

fn shapes() -> impl Strategy<Value = Zone> {
    let middle = prop_oneof![
        3 => (-3_000..3_000i32, -3_000..3_000i32),
        2 => (-1_000_000_000..1_000_000_000i32, -700_000_000..700_000_000i32),
        1 => Just((0, 0)),
        1 => Just((-1_000_000_000, 0)),
    ];
    // From tens of centimetres to half a continent, as likely at each size.
    let reach = (0.5..8.6f64).prop_map(|power| 10f64.powf(power));
    let bends = proptest::collection::vec(0.2..1.0f64, 3..60);
    (middle, reach, bends, 0..4u8, any::<bool>()).prop_map(
        |(middle, reach, bends, kind, turned)| {
            let mut outer = star(middle, reach, &bends);
            if turned {
                outer.reverse();
            }
            let small: Vec<f64> = bends.iter().map(|bend| bend * 0.15).collect();
            let hole = star(middle, reach, &small);
            match kind {
                0 => zone(&outer, &[&hole]),
                1 => {
                    let mut parts = zone(&outer, &[]);
                    let aside = (middle.0.saturating_add((reach * 5.0) as i32), middle.1);
                    parts
                        .parts
                        .push(Part { outer: ring(&star(aside, reach, &bends)), holes: vec![] });
                    parts
                }
                2 => square(middle.0, middle.1, (reach / 2.0) as i32 + 1),
                _ => zone(&outer, &[]),
            }
        },
    )
}

/// Places that matter: corners, places on and beside edges, and anywhere about.
fn places(zone: &Zone, picks: &[(usize, f64, f64)]) -> Vec<(i32, i32)> {
    let corners: Vec<(i32, i32)> =
        zone.rings().flat_map(|(_, ring)| ring.iter().map(|c| c.e7())).collect();
    let mut places = corners.clone();
    for (pick, a, b) in picks {
        let ((x0, y0), (x1, y1)) =
            (corners[pick % corners.len()], corners[(pick / 7 + 1) % corners.len()]);
        let between = |from: i32, to: i32, share: f64| {
            (f64::from(from) + (f64::from(to) - f64::from(from)) * share) as i32
        };
        let (next_x, next_y) = corners[(pick + 1) % corners.len()];
        let (x, y) = corners[pick % corners.len()];
        let edge = (between(x, next_x, *a), between(y, next_y, *a));
        places.extend([
            (between(x0, x1, *a), between(y0, y1, *b)),
            edge,
            (edge.0 + 1, edge.1),
            (edge.0 - 1, edge.1),
            (edge.0, edge.1 + 1),
            (x, between(y, next_y, *b)),
            (between(x, next_x, *b), y),
            // Where cells meet.
            (edge.0 & !0xff, edge.1 & !0xff),
            ((edge.0 & !0xfff) - 1, edge.1),
            (edge.0, (edge.1 & !0xfff) - 1),
        ]);
    }
    places.retain(|(x, y)| x.abs() <= 1_800_000_000 && y.abs() <= 900_000_000);
    places
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_zone_covers_what_geo_says_it_covers(
        drawn in proptest::collection::vec(shapes(), 1..5),
        picks in proptest::collection::vec((0..1_000usize, 0.0..1.0f64, 0.0..1.0f64), 20),
        gone in any::<bool>(),
    ) {
        let mut zones = Zones::default();
        let mut shapes = Vec::new();
        for (id, zone) in drawn.iter().enumerate() {
            if zones.set(ZoneId(id as u32), zone.clone()).is_ok() {
                shapes.push((id as u32, shape(zone)));
            }
        }
        if gone && let Some((id, _)) = shapes.pop() {
            zones.remove(ZoneId(id));
        }
        for zone in &drawn {
            for (x, y) in places(zone, &picks) {
                let point = Point::new(f64::from(x), f64::from(y));
                let expected: Vec<u32> =
                    shapes.iter().filter(|(_, shape)| shape.intersects(&point)).map(|(id, _)| *id).collect();
                prop_assert_eq!(at(&zones, x, y), expected, "at {} {}", x, y);
            }
        }
    }
}

#[test]
fn most_of_the_random_shapes_are_zones() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let drawn = (0..300).map(|_| shapes().new_tree(&mut runner).expect("a shape").current());
    let n_zones = drawn.filter(|zone| zone.check().is_ok()).count();
    assert!(n_zones > 200, "{n_zones}");
}
