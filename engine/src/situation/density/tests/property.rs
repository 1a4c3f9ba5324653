//! What holds for every history: the components are `geo`'s, and a function of the live points alone.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::model::{Picture, asked, by_geo, defined, former, overlaps};
use super::{Density, Dice, Point, PointId, Rule, point, rule};
use crate::situation::density::Changes;

/// What is asked in a tick.
#[derive(Debug, Clone)]
enum Act {
    Insert(Point),
    Remove(PointId),
}

/// Spots by kind: anywhere in a small square, on one spot, in a line as far apart as is just near, on a fine grid where
/// distances are often just `eps`, and at the ends of the Earth.
fn spots(eps: i32) -> impl Strategy<Value = (i32, i32)> {
    let side = 12 * eps;
    prop_oneof![
        6 => (-side..side, -side..side),
        2 => Just((eps / 3, -eps / 3)),
        3 => (-20..20i32).prop_map(move |i| (i * eps, 0)),
        2 => (-20..20i32).prop_map(move |i| (0, i * (eps - 1).max(1))),
        4 => (-8..8i32, -8..8i32).prop_map(move |(x, y)| (x * eps / 2, y * eps / 2)),
        3 => (0..eps, 0..eps),
        1 => (0..3i32, 0..3i32).prop_map(|(x, y)| (i32::MAX - x, i32::MIN + y)),
    ]
}

/// Ticks of acts on few ids, so that points go, come again and move; weights as given.
fn ticks(eps: i32, weights: std::ops::Range<u8>) -> impl Strategy<Value = Vec<Vec<Act>>> {
    let insert = (0..160u64, spots(eps), weights)
        .prop_map(|(id, (x, y), weight)| Act::Insert(point(id, x, y, weight)));
    let remove = (0..160u64).prop_map(|id| Act::Remove(PointId(id)));
    let act = prop_oneof![3 => insert, 2 => remove];
    proptest::collection::vec(proptest::collection::vec(act, 0..60), 1..10)
}

fn stories(weights: std::ops::Range<u8>) -> impl Strategy<Value = (Rule, Vec<Vec<Act>>)> {
    (prop_oneof![Just(1), Just(2), Just(7), 10..200u32, Just(5_000)], 1..9u32).prop_flat_map(
        move |(eps, min_pts)| (Just(rule(eps, min_pts)), ticks(eps as i32, weights.clone())),
    )
}

/// Lives through the ticks; after each it is given the structure, the live points and what the tick said.
fn live_through(
    rule: Rule,
    ticks: &[Vec<Act>],
    mut check: impl FnMut(&Density, &BTreeMap<PointId, Point>, &Changes, &BTreeSet<PointId>),
) {
    let mut density = Density::new(rule);
    let mut live = BTreeMap::new();
    for acts in ticks {
        let before = live.clone();
        for act in acts {
            match act {
                Act::Insert(point) => {
                    density.insert(*point);
                    live.insert(point.id, *point);
                }
                Act::Remove(id) => {
                    density.remove(*id);
                    live.remove(id);
                }
            }
        }
        let changes = density.settle();
        let moved = live.iter().filter(|(id, point)| {
            before.get(id).is_some_and(|before: &Point| before.spot != point.spot)
        });
        let moved = moved.map(|(id, _)| *id).collect();
        check(&density, &live, &changes, &moved);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_core_points_are_parted_as_by_geo((rule, ticks) in stories(1..2)) {
        live_through(rule, &ticks, |density, live, _, _| {
            let parted: BTreeSet<_> = density
                .components()
                .map(|component| density.members(component.id).expect("members").core)
                .collect();
            assert_eq!(parted, by_geo(rule, live));
        });
    }

    #[test]
    fn everything_asked_is_what_the_definition_says((rule, ticks) in stories(0..4)) {
        live_through(rule, &ticks, |density, live, _, _| {
            assert_eq!(asked(density, live), defined(rule, live));
        });
    }

    #[test]
    fn a_tick_says_what_changed_and_leaves_out_nothing((rule, ticks) in stories(0..3)) {
        let mut before = Picture::default();
        live_through(rule, &ticks, |density, live, changes, moved| {
            let after = defined(rule, live);
            assert_eq!(asked(density, live), after);
            let told_before: BTreeSet<_> = changes.before.iter().copied().collect();
            let told_after: BTreeSet<_> = changes.after.iter().copied().collect();
            assert_eq!(told_before.len(), changes.before.len(), "each once");
            assert_eq!(told_after.len(), changes.after.len(), "each once");
            for (id, was) in &before.components {
                let is_same = after.components.get(id) == Some(was);
                assert!(is_same || told_before.contains(&former(&was.0)), "{id:?} changed silently");
            }
            for (id, is) in &after.components {
                let is_same = before.components.get(id) == Some(is);
                assert!(is_same || told_after.contains(&is.0), "{id:?} came silently");
            }
            for told in &changes.before {
                assert_eq!(before.components.get(&told.id).map(|was| former(&was.0)), Some(*told));
            }
            for told in &changes.after {
                assert_eq!(after.components.get(&told.id).map(|is| is.0), Some(*told));
            }
            let mut shared = overlaps(&before, &after, moved);
            // Of what did not change nothing is said.
            shared.retain(|o| changes.after.iter().any(|told| told.id == o.after));
            assert_eq!(&changes.overlaps, &shared);
            before = after;
        });
    }

    #[test]
    fn the_order_within_a_tick_and_the_way_to_a_set_change_nothing(
        (rule, ticks) in stories(0..3), seed in any::<u64>(),
    ) {
        let mut other = Density::new(rule);
        let mut dice = Dice(seed);
        live_through(rule, &ticks, |density, live, changes, _| {
            // The other goes from set to set, what comes and goes in any order, and some of it twice.
            let mut steps: Vec<(PointId, Option<Point>)> = live
                .iter()
                .map(|(id, point)| (*id, Some(*point)))
                .chain((0..160).map(PointId).filter(|id| !live.contains_key(id)).map(|id| (id, None)))
                .collect();
            dice.shuffle(&mut steps);
            for (id, point) in steps {
                match point {
                    Some(point) => other.insert(point),
                    None => other.remove(id),
                }
            }
            assert_eq!(&other.settle(), changes);
            assert_eq!(asked(&other, live), asked(density, live));
            let built = Density::build(rule, live.values().rev().copied());
            assert_eq!(asked(&built, live), asked(density, live));
        });
    }
}
