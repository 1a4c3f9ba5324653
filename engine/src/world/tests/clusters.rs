//! Clusters: whatever happened before and wherever somebody looks, the same ones under the same names.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::cluster::Cluster;
use wire::codec::{PACKED_TILE, encode_server};
use wire::frame::{ServerFrame, Tile};
use wire::geo::{LngLat, Mercator};
use wire::grade::{Hazard, HazardSet, Severity};
use wire::id::{ClusterId, ReportId};
use wire::tile::{TileCover, TileId, ZOOM_MAX};
use wire::view::{Mode, Window};

use super::super::{LeavesFilter, World};
use super::model::{Model, Step, journal, stories};
use super::{MORNING, entry, place, report};
use crate::morton::{CELLS, in_tile};
use crate::record::Record;
use crate::report::ReportEntry;
use crate::tree::REACH_PX;
use crate::view::Clearance;

/// How many cells away a change may still be felt: two for each of four rounds, and one for who joins the last leader.
const FELT_CELLS: usize = 9;

/// Seeded numbers (the LCG of Knuth's MMIX).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Near the middle more often than at the rim.
    pub(super) fn degrees(&mut self, middle: f64, spread: f64) -> f64 {
        let sum: u64 = (0..4).map(|_| self.next(1_000_000)).sum();
        middle + (sum as f64 / 2e6 - 1.0) * spread
    }
}

fn seeded() -> Dice {
    let seed = 20_261_123;
    println!("seed {seed}");
    Dice(seed)
}

/// A report somewhere in a town that is dense in its middle.
pub(super) fn somewhere(dice: &mut Dice, number: u128) -> ReportEntry {
    ReportEntry {
        place: Some(place(dice.degrees(2.17, 0.4), dice.degrees(41.40, 0.3))),
        hazard: [Hazard::Flood, Hazard::Power][dice.next(2) as usize],
        severity: Severity::from_index(dice.next(5) as u8).expect("five"),
        ..report(number)
    }
}

pub(super) fn town(n: u128, dice: &mut Dice) -> Vec<ReportEntry> {
    (0..n).map(|number| somewhere(dice, number)).collect()
}

pub(super) fn held(reports: &[ReportEntry]) -> World {
    let mut world = World::new(Mode::Live);
    for (seq, report) in (1..).zip(reports) {
        world.apply(&entry(seq, MORNING, report.clone()), &mut Vec::new());
    }
    world
}

/// The tiles about the town at a zoom.
pub(super) fn cover(z: u8) -> TileCover {
    let middle = TileId::of(place(2.17, 41.40).mercator(), z);
    let last = (1u32 << z) - 1;
    TileCover {
        z,
        x_first: middle.x.saturating_sub(3),
        x_last: (middle.x + 3).min(last),
        y_first: middle.y.saturating_sub(3),
        y_last: (middle.y + 3).min(last),
    }
}

pub(super) fn drawn(world: &World, cover: TileCover) -> Vec<(TileId, Cluster)> {
    let clusters = |tile| world.tile(Window::All, HazardSet::ALL, tile);
    cover.tiles().flat_map(|tile| clusters(tile).into_iter().map(move |c| (tile, c))).collect()
}

#[test]
fn tiles_read_together_are_what_each_is_alone() {
    let world = held(&town(3_000, &mut seeded()));
    for hazards in [HazardSet::ALL, [Hazard::Power].into_iter().collect()] {
        // Of one zoom after the other, so that what was read of deeper tiles is there already; one is not on the map.
        let beyond = TileId { z: 3, x: 8, y: 0 };
        let tiles: Vec<_> = (0..=ZOOM_MAX).flat_map(|z| cover(z).tiles()).chain([beyond]).collect();
        let alone: Vec<_> =
            tiles.iter().map(|tile| world.tile(Window::All, hazards, *tile)).collect();
        assert!(world.tiles(Window::All, hazards, tiles) == alone);
    }
}

#[test]
fn no_two_symbols_of_several_reports_overlap_across_the_edge_of_a_tile() {
    let mut dice = seeded();
    let world = held(&town(3_000, &mut dice));
    let mut pairs = 0;
    for z in 0..=ZOOM_MAX {
        let clusters: Vec<_> = drawn(&world, cover(z))
            .into_iter()
            .map(|(tile, c)| (tile, LngLat::new(c.lng, c.lat).expect("a place").mercator(), c))
            .collect();
        let pixel = f64::from(1u32 << (23 - z));
        for (tile, at, cluster) in &clusters {
            assert!(tile.contains(*at), "{cluster:?} of {tile:?} stands elsewhere");
            for (other_tile, other, beside) in &clusters {
                if tile != other_tile && cluster.n > 1 && beside.n > 1 {
                    let apart =
                        f64::from(at.x.abs_diff(other.x)).hypot(f64::from(at.y.abs_diff(other.y)));
                    assert!(apart >= REACH_PX as f64 * pixel, "{cluster:?} and {beside:?}");
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 1_000, "{pairs} pairs");
}

/// The place of a cell of a tile, its middle.
fn middle(tile: TileId, column: u32, row: u32) -> LngLat {
    let width = 1u32 << (32 - u32::from(tile.z) - 4);
    let x = (tile.x * 16 + column) * width + width / 2;
    let y = (tile.y * 16 + row) * width + width / 2;
    let (lng, lat) = Mercator { x, y }.lng_lat();
    place(lng, lat)
}

#[test]
fn a_change_far_away_in_the_tile_changes_no_other_cluster() {
    // The worst case for a local rule: a row of cells of doubling counts, each outranked by the next. Let one more
    // double stand at its end, and everybody along the row would change sides if the rule did not end somewhere.
    let tile = TileId::of(place(2.17, 41.40).mercator(), 10);
    let mut number = 0;
    let mut pile = |column: u32, n: u32| -> Vec<Record> {
        let one = |_| {
            number += 1;
            let spot = ReportEntry { place: Some(middle(tile, column, 8)), ..report(number) };
            Record::new(number as u64, MORNING, &spot)
        };
        (0..n).map(one).collect()
    };
    let slope: Vec<Record> = (0..12).flat_map(|column| pile(column + 1, 1 << column)).collect();
    let end = pile(13, 1 << 12);
    let clusters = |records: Vec<Record>| {
        let world = World::from_records(Mode::Live, MORNING, records);
        world.tile(Window::All, HazardSet::ALL, tile)
    };
    let before = clusters(slope.clone());
    let after = clusters([slope, end].concat());
    let steps = |cluster: &Cluster| 13 - in_tile(cluster.id.key()).0;
    let far = |clusters: &[Cluster]| -> Vec<Cluster> {
        clusters.iter().filter(|c| steps(c) > FELT_CELLS).cloned().collect()
    };
    assert_ne!(before, after);
    assert!(!far(&before).is_empty());
    assert_eq!(far(&before), far(&after));
}

#[test]
fn one_report_more_changes_only_clusters_nearby() {
    let mut dice = seeded();
    let mut world = held(&town(2_000, &mut dice));
    let (mut near_changed, mut far_kept) = (0, 0);
    for number in 5_000..5_200u128 {
        let one = somewhere(&mut dice, number);
        let at = one.place.expect("placed").mercator();
        let z = 6 + dice.next(8) as u8;
        let tile = TileId::of(at, z);
        let clusters = |world: &World| -> BTreeMap<ClusterId, Cluster> {
            let all = world.tile(Window::All, HazardSet::ALL, tile);
            all.into_iter().map(|cluster| (cluster.id, cluster)).collect()
        };
        let before = clusters(&world);
        world.apply(&entry(number as u64, MORNING, one), &mut Vec::new());
        let after = clusters(&world);
        let shift = 32 - u32::from(z) - 4;
        let own = ((at.x >> shift) as usize % CELLS, (at.y >> shift) as usize % CELLS);
        for id in before.keys().chain(after.keys()) {
            let (column, row) = in_tile(id.key());
            let steps = column.abs_diff(own.0).max(row.abs_diff(own.1));
            let same = before.get(id) == after.get(id);
            assert!(same || steps <= FELT_CELLS, "{id} changed {steps} cells away");
            near_changed += usize::from(!same);
            far_kept += usize::from(same && steps > FELT_CELLS);
        }
    }
    assert!(near_changed > 100 && far_kept > 100, "{near_changed} and {far_kept}");
}

#[test]
fn a_cluster_keeps_its_name_while_the_cell_that_leads_keeps_leading() {
    let tile = TileId::of(place(2.17, 41.40).mercator(), 12);
    let mut world = World::new(Mode::Live);
    let mut seq = 0;
    let mut tell = |world: &mut World, column: u32, n: usize| {
        for _ in 0..n {
            seq += 1;
            let spot = ReportEntry { place: Some(middle(tile, column, 5)), ..report(seq.into()) };
            world.apply(&entry(seq, MORNING, spot), &mut Vec::new());
        }
        world.tile(Window::All, HazardSet::ALL, tile)
    };
    let [alone] = tell(&mut world, 5, 4).try_into().expect("one cluster");
    assert_eq!(in_tile(alone.id.key()), (5, 5));
    // A neighbour of the same order of magnitude or less joins; the symbol neither moves nor is renamed.
    let [joined] = tell(&mut world, 6, 3).try_into().expect("one cluster");
    assert_eq!((joined.id, joined.lng, joined.lat, joined.n), (alone.id, alone.lng, alone.lat, 7));
    // Twice as many next door take the lead.
    let [taken] = tell(&mut world, 6, 5).try_into().expect("one cluster");
    assert_eq!((in_tile(taken.id.key()), taken.n), ((6, 5), 12));
}

#[test]
fn clusters_of_a_crowded_town_come_apart_where_trying_every_zoom_finds_it() {
    let mut dice = seeded();
    let reports = town(1_200, &mut dice);
    let world = held(&reports);
    let all: Vec<&ReportEntry> = reports.iter().collect();
    let mut late = 0;
    for z in [3, 6, 8, 9, 10, 11, 12] {
        for tile in cover(z).tiles() {
            let drawn = world.tile(Window::All, HazardSet::ALL, tile);
            late += drawn.iter().filter(|c| c.n > 1 && c.expansion_zoom > z + 1).count();
            assert_eq!(drawn, super::rule::clusters(&all, tile), "{tile:?}");
        }
    }
    assert!(late > 50, "{late} that stay together for a while");
}

fn leaves(world: &World, id: ClusterId, hazards: HazardSet, limit: usize) -> Vec<ReportId> {
    let mut filter = LeavesFilter { window: Window::All, hazards, before_seq: None, limit };
    let mut all = Vec::new();
    loop {
        let (page, next) = world.leaves(id, &filter, Clearance::Room).expect("a cluster");
        assert!(page.len() <= limit);
        all.extend(page.iter().map(|feature| feature.id));
        filter.before_seq = next;
        if next.is_none() {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_leaves_of_a_cluster_are_its_reports_page_by_page(acts in stories(400), limit in 1..9usize) {
        let mut world = World::new(Mode::Live);
        let mut model = Model::default();
        for step in journal(&acts) {
            model.step(&step);
            match step {
                Step::Entry(entry) => world.apply(&entry, &mut Vec::new()),
                Step::Tick(now) => world.tick(now, &mut Vec::new()),
            }
        }
        let flood: HazardSet = [Hazard::Flood].into_iter().collect();
        for z in 0..=ZOOM_MAX {
            let tile = TileId::of(place(2.1744, 41.4036).mercator(), z);
            for hazards in [HazardSet::ALL, flood] {
                for cluster in world.tile(Window::All, hazards, tile) {
                    let by_hand = model.leaves(Window::All, hazards, tile, cluster.id);
                    prop_assert_eq!(by_hand.len(), cluster.n as usize);
                    prop_assert_eq!(leaves(&world, cluster.id, hazards, limit), by_hand);
                }
            }
        }
    }
}

#[test]
fn the_leaves_of_a_very_large_cluster_are_found_from_the_newest() {
    let mut records = Vec::new();
    for number in 1..=9_000u32 {
        // Every third elsewhere, so that walking has something to pass over.
        let spot = if number % 3 == 0 { place(-70.0, -33.0) } else { place(2.1744, 41.4036) };
        let one = ReportEntry { place: Some(spot), ..report(u128::from(number)) };
        records.push(Record::new(u64::from(number), MORNING, &one));
    }
    let world = World::from_records(Mode::Live, MORNING, records);
    let tile = TileId::of(place(2.1744, 41.4036).mercator(), 9);
    let [cluster] = world.tile(Window::All, HazardSet::ALL, tile).try_into().expect("one");
    assert!(u64::from(cluster.n) > super::super::picture::GATHER_MAX);
    for limit in [7, 1_000] {
        let expected: Vec<ReportId> =
            (1..=9_000).rev().filter(|n| n % 3 != 0).map(|n| report(n).id).collect();
        assert_eq!(leaves(&world, cluster.id, HazardSet::ALL, limit), expected);
    }
}

#[test]
fn an_id_that_names_no_cluster_has_no_leaves() {
    let mut dice = seeded();
    let world = held(&town(50, &mut dice));
    let filter =
        LeavesFilter { window: Window::All, hazards: HazardSet::ALL, before_seq: None, limit: 5 };
    let ask = |id| world.leaves(id, &filter, Clearance::Room);
    let known = drawn(&world, cover(9))[0].1.id;
    assert!(ask(known).is_some());
    assert!(ask(ClusterId::new(9, 0)).is_none(), "an empty corner of the map");
    assert!(ask(ClusterId::new(19, 0)).is_none(), "deeper than any tile");
    assert!(ask(ClusterId(u64::MAX)).is_none());
    assert!(ask(ClusterId::new(0, 1 << 8)).is_none(), "off the map");
    // A cell that joined another is no cluster of its own.
    let led: usize = (0..1u64 << 8).filter(|key| ask(ClusterId::new(0, *key)).is_some()).count();
    assert_eq!(led, drawn(&world, cover(0)).len());
}

#[test]
fn every_tile_keeps_the_rules_by_which_it_travels_packed() {
    let mut dice = seeded();
    let world = held(&town(3_000, &mut dice));
    for z in 0..=ZOOM_MAX {
        for TileId { z, x, y } in cover(z).tiles() {
            let clusters = world.tile(Window::All, HazardSet::ALL, TileId { z, x, y });
            let bytes = encode_server(&ServerFrame::Tile(Tile { seq: 1, z, x, y, clusters }));
            assert_eq!(bytes.first(), Some(&PACKED_TILE), "tile {z}/{x}/{y}");
        }
    }
}
