//! Small cases with names, and large ones that must not take long.

use super::{Density, Dice, PointId, point, rule};
use crate::situation::density::{Changes, Component, Former, Overlap, Point, Role};

/// A street of points, each just near the next.
fn street(first_id: u64, n: u64, x_cm: i32) -> impl Iterator<Item = Point> {
    (0..n).map(move |i| point(first_id + i, x_cm + i as i32 * 100, 0, 1))
}

fn component(id: u64, n_core: u32, n_border: u32) -> Component {
    Component { id: PointId(id), n_core, n_border, weight: u64::from(n_core + n_border) }
}

fn overlap(before: u64, after: u64, n_core: u32) -> Overlap {
    Overlap { before: PointId(before), after: PointId(after), n_core }
}

#[test]
fn a_point_just_eps_away_is_near_and_one_a_centimetre_further_is_not() {
    let near = Density::build(rule(500, 2), [point(1, 0, 0, 1), point(2, 300, 400, 1)]);
    assert_eq!(near.components().collect::<Vec<_>>(), [component(1, 2, 0)]);
    let far = Density::build(rule(500, 2), [point(1, 0, 0, 1), point(2, 300, 401, 1)]);
    assert_eq!(far.components().count(), 0);
    assert_eq!(far.role(PointId(1)), Some(Role::Noise));
    assert_eq!(far.role(PointId(3)), None);
}

#[test]
fn a_street_that_loses_its_middle_is_split_and_one_that_gets_it_back_is_joined() {
    let mut density = Density::build(rule(100, 2), street(10, 9, 0));
    density.remove(PointId(14));
    let split = density.settle();
    assert_eq!(
        split,
        Changes {
            before: vec![Former { id: PointId(10), n_core: 9 }],
            after: vec![component(10, 4, 0), component(15, 4, 0)],
            overlaps: vec![overlap(10, 10, 4), overlap(10, 15, 4)],
        }
    );
    density.insert(point(99, 400, 0, 1));
    let joined = density.settle();
    assert_eq!(
        joined,
        Changes {
            before: vec![
                Former { id: PointId(10), n_core: 4 },
                Former { id: PointId(15), n_core: 4 }
            ],
            after: vec![component(10, 9, 0)],
            overlaps: vec![overlap(10, 10, 4), overlap(15, 10, 4)],
        }
    );
}

#[test]
fn when_the_oldest_goes_the_name_changes_and_the_overlap_says_what_it_was() {
    let mut density = Density::build(rule(100, 2), street(10, 3, 0));
    density.remove(PointId(10));
    let changes = density.settle();
    assert_eq!(changes.after, [component(11, 2, 0)]);
    assert_eq!(changes.overlaps, [overlap(10, 11, 2)]);
    assert_eq!(density.members(PointId(10)), None);
}

#[test]
fn a_component_that_begins_and_one_that_ends_have_no_overlap() {
    let mut density = Density::new(rule(100, 3));
    street(1, 3, 0).for_each(|point| density.insert(point));
    let begun = density.settle();
    assert_eq!((begun.before.len(), begun.after.len(), begun.overlaps.len()), (0, 1, 0));
    (1..4).for_each(|id| density.remove(PointId(id)));
    let ended = density.settle();
    assert_eq!((ended.before.len(), ended.after.len(), ended.overlaps.len()), (1, 0, 0));
}

#[test]
fn a_tick_in_which_nothing_comes_of_what_was_asked_says_nothing() {
    let mut density = Density::build(rule(100, 2), street(1, 5, 0));
    density.insert(point(9, 50, 50, 1));
    density.remove(PointId(9));
    density.remove(PointId(1_000));
    density.insert(point(3, 200, 0, 1));
    assert!(density.settle().is_empty());
    // Noise comes and goes unsaid.
    density.insert(point(9, 90_000, 0, 1));
    assert!(density.settle().is_empty());
    assert_eq!(density.n_points(), 6);
}

#[test]
fn of_two_core_points_as_near_the_older_takes_the_border_point() {
    // Two crowds of five, of which one point each is near the one in the middle.
    let crowds = (0..4).flat_map(|i| [point(10 + i, -100, 0, 1), point(20 + i, 400, 0, 1)]);
    let ends = [point(14, 0, 0, 1), point(24, 300, 0, 1), point(1, 150, 0, 1)];
    let mut density = Density::build(rule(150, 5), crowds.chain(ends));
    assert_eq!(density.role(PointId(1)), Some(Role::Border(PointId(10))));
    // One of the other crowd is nearer by a centimetre.
    density.insert(point(30, 299, 0, 1));
    let changes = density.settle();
    assert_eq!(density.role(PointId(1)), Some(Role::Border(PointId(20))));
    assert_eq!(changes.after, [component(10, 5, 0), component(20, 6, 1)]);
}

#[test]
fn the_older_takes_it_also_where_a_younger_of_its_cell_is_as_near() {
    // In the cell to the left the younger stands first; between the two of them in age is the one to the right.
    let near = [point(50, -100, 40, 1), point(5, -100, 60, 1), point(20, 100, 40, 1)];
    let behind = (60..63).flat_map(|id| [point(id, -240, 50, 1), point(id + 10, 240, 50, 1)]);
    let middle = point(1, 0, 50, 1);
    let density = Density::build(rule(150, 5), near.into_iter().chain(behind).chain([middle]));
    assert_eq!(density.role(PointId(20)), Some(Role::Core(PointId(20))));
    assert_eq!(density.role(PointId(1)), Some(Role::Border(PointId(5))));
}

#[test]
fn copies_make_no_crowd_and_lie_in_it_all_the_same() {
    let copies = (100..200).map(|id| point(id, 10, 0, 0));
    let mut density = Density::build(rule(100, 3), copies.chain(street(1, 2, 0)));
    assert_eq!(density.components().count(), 0, "two voices, however loud");
    density.insert(point(3, 50, 50, 1));
    density.settle();
    let all = Component { id: PointId(1), n_core: 103, n_border: 0, weight: 3 };
    assert_eq!(density.components().collect::<Vec<_>>(), [all]);
}

#[test]
fn a_weight_that_changes_is_the_same_point_before_and_after() {
    let mut density = Density::build(rule(100, 2), [point(1, 0, 0, 1), point(2, 0, 0, 1)]);
    density.insert(point(1, 0, 0, 4));
    let changes = density.settle();
    assert_eq!(changes.after, [Component { weight: 5, ..component(1, 2, 0) }]);
    assert_eq!(changes.overlaps, [overlap(1, 1, 2)]);
}

#[test]
fn a_component_says_where_its_points_lie() {
    let far = point(9, 90_000, 0, 1);
    let density = Density::build(rule(100, 3), street(1, 4, 0).chain([far]));
    // The two ends are border points.
    assert_eq!(density.components().next(), Some(component(2, 2, 2)));
    let spots = street(1, 4, 0).map(|point| point.spot).collect::<Vec<_>>();
    assert_eq!(density.spots(PointId(2)), Some(spots));
    assert_eq!(density.spots(PointId(1)), None);
}

/// If copies on one spot were looked at pair by pair, this would take minutes and more.
#[test]
fn a_hundred_thousand_posts_on_two_neighbouring_centroids_come_and_go() {
    const N: u64 = 100_000;
    for weight in [0, 1] {
        let crowd = (0..N).map(|id| point(id, (id % 2) as i32 * 9_000, 0, weight));
        let mut density = Density::build(rule(10_000, 20), crowd);
        // Around them some that are sparse, and look at both.
        for i in 0..15 {
            density.insert(point(N + i, 4_000 + i as i32, 9_000, 1));
        }
        density.settle();
        let n = density.components().map(|c| c.n_core + c.n_border).sum::<u32>();
        assert_eq!(n, if weight == 0 { 0 } else { N as u32 + 15 });
        // Ticks in which the oldest go.
        for tick in 0..20 {
            (tick * 5_000..(tick + 1) * 5_000).for_each(|id| density.remove(PointId(id)));
            density.settle();
        }
        assert_eq!(density.n_points(), 15);
        assert_eq!(density.components().count(), 0);
    }
}

#[test]
fn what_was_lived_through_at_length_is_what_is_built_at_once() {
    let seed = 11;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let mut density = Density::new(rule(400, 6));
    let mut live = std::collections::BTreeMap::new();
    for id in 0..30_000u64 {
        let (centre, spread) = (dice.below(12) as i32 * 3_000, 900 + dice.below(600));
        let mut at = || (dice.below(spread) + dice.below(spread)) as i32;
        let next = point(id, centre + at(), centre / 2 + at(), 1);
        density.insert(next);
        live.insert(next.id, next);
        if id >= 4_000 {
            density.remove(PointId(id - 4_000));
            live.remove(&PointId(id - 4_000));
        }
        if id % 211 == 0 {
            density.settle();
        }
    }
    density.settle();
    let built = Density::build(rule(400, 6), live.values().copied());
    assert_eq!(super::model::asked(&density, &live), super::model::asked(&built, &live));
    assert!(built.components().count() > 3, "seed {seed} shows nothing");
}
