//! Zones through their public face.

mod flaws;
mod presence;
mod property;

use super::*;

pub(super) fn e7(lng_e7: i32, lat_e7: i32) -> LngLat {
    LngLat::from_e7(lng_e7, lat_e7).expect("a place")
}

/// A closed ring of corners in units of 1e-7 degree.
pub(super) fn ring(corners: &[(i32, i32)]) -> Vec<LngLat> {
    corners.iter().chain(corners.first()).map(|(x, y)| e7(*x, *y)).collect()
}

pub(super) fn zone(outer: &[(i32, i32)], holes: &[&[(i32, i32)]]) -> Zone {
    let holes = holes.iter().map(|hole| ring(hole)).collect();
    Zone { name: "a zone".to_owned(), parts: vec![Part { outer: ring(outer), holes }] }
}

pub(super) fn square(x: i32, y: i32, side: i32) -> Zone {
    zone(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side)], &[])
}

pub(super) fn at(zones: &Zones, x: i32, y: i32) -> Vec<u32> {
    let mut hits = vec![ZoneId(77)];
    zones.at(e7(x, y), &mut hits);
    hits.into_iter().map(|zone| zone.0).collect()
}

#[test]
fn an_edge_a_corner_and_the_inside_belong_to_a_zone_and_a_hole_does_not() {
    let mut zones = Zones::default();
    let hole: &[(i32, i32)] = &[(400, 400), (600, 400), (600, 600), (400, 600)];
    let outer = [(0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000)];
    zones.set(ZoneId(1), zone(&outer, &[hole])).expect("a zone");
    for (x, y) in [(0, 0), (1_000, 1_000), (500, 0), (0, 500), (1_000, 500), (200, 200), (400, 500)]
    {
        assert_eq!(at(&zones, x, y), [1], "{x} {y}");
    }
    for (x, y) in [(-1, 0), (1_001, 500), (500, 500), (401, 599), (500, -1), (500, 1_001)] {
        assert_eq!(at(&zones, x, y), [0; 0], "{x} {y}");
    }
}

#[test]
fn all_zones_of_a_place_are_told_by_number() {
    let mut zones = Zones::default();
    for (id, side) in [(9, 10_000_000), (3, 900), (5, 400_000_000), (4, 20)] {
        zones.set(ZoneId(id), square(0, 0, side)).expect("a zone");
    }
    assert_eq!(at(&zones, 10, 10), [3, 4, 5, 9]);
    assert_eq!(at(&zones, 300, 10), [3, 5, 9]);
    assert_eq!(at(&zones, 300_000_000, 10), [5]);
}

#[test]
fn a_zone_that_is_set_again_moves_and_one_that_is_removed_is_gone() {
    let mut zones = Zones::default();
    zones.set(ZoneId(1), square(0, 0, 5_000)).expect("a zone");
    zones.set(ZoneId(2), square(2_000, 0, 5_000)).expect("a zone");
    zones.set(ZoneId(1), square(90_000, 0, 5_000)).expect("a zone");
    assert_eq!((at(&zones, 3_000, 10), at(&zones, 93_000, 10)), (vec![2], vec![1]));
    assert_eq!(zones.remove(ZoneId(2)), Some(square(2_000, 0, 5_000)));
    assert_eq!(zones.remove(ZoneId(2)), None);
    assert_eq!((at(&zones, 3_000, 10), zones.n_zones()), (vec![], 1));
}

#[test]
fn zones_that_were_saved_find_what_they_found() {
    let mut zones = Zones::default();
    zones.set(ZoneId(1), square(0, 0, 5_000)).expect("a zone");
    zones.set(ZoneId(2), square(2_000, 0, 5_000)).expect("a zone");
    let bytes = postcard::to_stdvec(&zones).expect("bytes");
    let back: Zones = postcard::from_bytes(&bytes).expect("zones");
    assert_eq!(back, zones);
    assert_eq!(at(&back, 3_000, 10), [1, 2]);
}

#[test]
fn a_zone_may_reach_the_ends_of_the_world() {
    let mut zones = Zones::default();
    let west = zone(
        &[
            (-1_800_000_000, -900_000_000),
            (0, -900_000_000),
            (0, 900_000_000),
            (-1_800_000_000, 900_000_000),
        ],
        &[],
    );
    let east = zone(
        &[
            (0, -900_000_000),
            (1_800_000_000, -900_000_000),
            (1_800_000_000, 900_000_000),
            (0, 900_000_000),
        ],
        &[],
    );
    zones.set(ZoneId(1), west).expect("a zone");
    zones.set(ZoneId(2), east).expect("a zone");
    assert_eq!(at(&zones, -1_800_000_000, 900_000_000), [1]);
    assert_eq!(at(&zones, 1_800_000_000, -900_000_000), [2]);
    assert_eq!(at(&zones, 0, 0), [1, 2]);
    assert_eq!(at(&zones, 123_456_789, 5), [2]);
}

#[test]
fn zones_that_come_and_go_leave_those_that_stay() {
    // Squares on a few cells, so that each cell is crowded, grows, and is emptied again.
    let mut dice = 20_261_126_u64;
    println!("seed {dice}");
    let mut roll = |n: i32| {
        dice = crate::mix::number(dice);
        (dice % n as u64) as i32
    };
    let mut zones = Zones::default();
    let mut there = std::collections::BTreeMap::new();
    for round in 0..3_000 {
        let id = roll(150) as u32;
        if round > 2_500 || roll(3) == 0 {
            assert_eq!(zones.remove(ZoneId(id)).is_some(), there.remove(&id).is_some());
        } else {
            let (x, y, side) = (roll(60_000), roll(60_000), 1 + roll(20_000));
            zones.set(ZoneId(id), square(x, y, side)).expect("a zone");
            there.insert(id, (x, y, side));
        }
        let (x, y) = (roll(80_000), roll(80_000));
        let covering = there.iter().filter(|(_, (west, south, side))| {
            (*west..=west + side).contains(&x) && (*south..=south + side).contains(&y)
        });
        assert_eq!(at(&zones, x, y), covering.map(|(id, _)| *id).collect::<Vec<_>>());
    }
    for id in there.into_keys() {
        zones.remove(ZoneId(id));
    }
    // What it is made of, too, is as if nothing had been.
    assert_eq!(format!("{zones:?}"), format!("{:?}", Zones::default()));
}
