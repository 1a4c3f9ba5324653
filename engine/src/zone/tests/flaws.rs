//! What a zone is refused for, each with its field and remedy.

use super::*;
use crate::zone::limits::{CORNERS_MAX, NAME_BYTES_MAX, PARTS_MAX};

/// The fields that are wrong; each remedy says something.
fn wrong(zone: &Zone) -> Vec<String> {
    let flaws = zone.check().expect_err("a flaw");
    assert!(flaws.iter().all(|flaw| flaw.remedy.len() > 10), "{flaws:?}");
    flaws.into_iter().map(|flaw| flaw.field).collect()
}

fn part(outer: &[(i32, i32)]) -> Part {
    Part { outer: ring(outer), holes: Vec::new() }
}

#[test]
fn a_ring_ends_where_it_begins_and_has_three_corners() {
    let mut open = square(0, 0, 100);
    open.parts[0].outer.pop();
    assert_eq!(wrong(&open), ["parts[0].outer"]);
    let line = zone(&[(0, 0), (100, 100)], &[]);
    assert_eq!(wrong(&line), ["parts[0].outer"]);
    let nothing =
        Zone { name: "none".to_owned(), parts: vec![Part { outer: vec![], holes: vec![] }] };
    assert_eq!(wrong(&nothing), ["parts[0].outer", "parts[0].outer"]);
    let flat = zone(&[(0, 0), (100, 100), (200, 200)], &[]);
    assert_eq!(wrong(&flat), ["parts[0].outer"]);
}

#[test]
fn a_ring_does_not_cross_itself() {
    assert_eq!(wrong(&zone(&[(0, 0), (100, 100), (100, 0), (0, 100)], &[])), ["parts[0].outer"]);
}

#[test]
fn a_hole_lies_inside_and_parts_do_not_overlap() {
    let outer = [(0, 0), (100, 0), (100, 100), (0, 100)];
    let outside = zone(&outer, &[&[(200, 0), (300, 0), (300, 100)]]);
    assert_eq!(wrong(&outside), ["parts[0].holes[0]"]);
    let twice = zone(&outer, &[&[(10, 10), (60, 10), (60, 60)], &[(20, 15), (70, 15), (70, 60)]]);
    assert_eq!(wrong(&twice), ["parts[0].holes[1]"]);
    let mut over = square(0, 0, 100);
    over.parts.push(part(&[(50, 50), (150, 50), (150, 150)]));
    assert_eq!(wrong(&over), ["parts[1]"]);
    let mut beside = square(0, 0, 100);
    beside.parts.push(part(&[(100, 0), (200, 0), (200, 100), (100, 100)]));
    assert_eq!(beside.check(), Ok(()));
}

#[test]
fn a_ring_across_the_antimeridian_is_to_be_cut_there() {
    let fiji = zone(
        &[
            (1_790_000_000, 0),
            (-1_790_000_000, 0),
            (-1_790_000_000, 10_000),
            (1_790_000_000, 10_000),
        ],
        &[],
    );
    let flaws = fiji.check().expect_err("a flaw");
    assert!(flaws[0].remedy.contains("antimeridian"), "{flaws:?}");
    let mut cut = zone(
        &[(1_790_000_000, 0), (1_800_000_000, 0), (1_800_000_000, 10_000), (1_790_000_000, 10_000)],
        &[],
    );
    cut.parts.push(part(&[
        (-1_800_000_000, 0),
        (-1_790_000_000, 0),
        (-1_790_000_000, 10_000),
        (-1_800_000_000, 10_000),
    ]));
    let mut zones = Zones::default();
    zones.set(ZoneId(1), cut).expect("a zone");
    assert_eq!(at(&zones, 1_795_000_000, 5), [1]);
    assert_eq!(at(&zones, -1_795_000_000, 5), [1]);
    assert_eq!(at(&zones, 0, 5), [0; 0]);
}

#[test]
fn a_zone_has_a_name_parts_and_no_more_than_it_may() {
    let named = |name: &str| Zone { name: name.to_owned(), ..square(0, 0, 100) };
    assert_eq!(wrong(&named(" ")), ["name"]);
    assert_eq!(wrong(&named(&"a".repeat(NAME_BYTES_MAX + 1))), ["name"]);
    assert_eq!(wrong(&Zone { parts: vec![], ..square(0, 0, 100) }), ["parts"]);
    let parts = (0..=PARTS_MAX as i32).map(|i| part(&[(i * 10, 0), (i * 10 + 5, 0), (i * 10, 5)]));
    assert_eq!(wrong(&Zone { parts: parts.collect(), ..square(0, 0, 100) }), ["parts"]);
    let mut endless: Vec<(i32, i32)> = (0..CORNERS_MAX as i32).map(|i| (i, i % 2)).collect();
    endless.push((50, 100));
    assert_eq!(wrong(&zone(&endless, &[])), ["parts"]);
}

#[test]
fn a_zone_that_is_refused_leaves_the_one_before() {
    let mut zones = Zones::default();
    zones.set(ZoneId(1), square(0, 0, 100)).expect("a zone");
    assert!(zones.set(ZoneId(1), zone(&[(0, 0), (5, 5)], &[])).is_err());
    assert_eq!(at(&zones, 50, 50), [1]);
}
