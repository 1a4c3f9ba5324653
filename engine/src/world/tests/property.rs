//! What holds for every history: counts, tiles, changes, order and restarts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wire::geo::Mercator;
use wire::grade::{Hazard, HazardSet};
use wire::id::ReportId;
use wire::tile::{TileCover, TileId, ZOOM_MAX};
use wire::view::{Mode, Window};

use super::super::World;
use super::model::{Model, Step, journal, rewritings, stories};
use super::{anatomy, report};
use crate::change::Change;

/// The filters a room uses: none, one, some, nothing.
fn filters() -> [HazardSet; 4] {
    [
        HazardSet::ALL,
        [Hazard::Flood].into_iter().collect(),
        [Hazard::Power, Hazard::Other].into_iter().collect(),
        HazardSet(0),
    ]
}

fn step(world: &mut World, step: &Step) -> Vec<Change> {
    let mut changes = Vec::new();
    match step {
        Step::Entry(entry) => world.apply(entry, &mut changes),
        Step::Tick(now) => world.tick(*now, &mut changes),
    }
    changes
}

pub(super) fn grown(steps: &[Step]) -> World {
    let mut world = World::new(Mode::Live);
    for each in steps {
        step(&mut world, each);
    }
    world
}

/// A view anywhere, wrapped ones included.
fn covers() -> impl Strategy<Value = TileCover> {
    (0..=ZOOM_MAX, any::<u32>(), any::<u32>(), 0..16u32, 0..16u32, any::<bool>()).prop_map(
        |(z, x, y, width, height, at_home)| {
            let last = (1u32 << z) - 1;
            // Half of the views look at Barcelona, where most of the reports are.
            let home = TileId::of(super::place(2.1744, 41.4036).mercator(), z);
            let (x, y) = if at_home { (home.x.wrapping_sub(width / 2), home.y) } else { (x, y) };
            let y_first = y & last;
            TileCover {
                z,
                x_first: x & last,
                x_last: (x & last).wrapping_add(width.min(last)) & last,
                y_first,
                y_last: (y_first + height).min(last),
            }
        },
    )
}

/// Every tile of a zoom that may hold something.
pub(super) fn tiles_of(places: &[Mercator], z: u8) -> BTreeSet<TileId> {
    places.iter().map(|at| TileId::of(*at, z)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_incremental_picture_is_the_rebuilt_picture_bit_for_bit(acts in stories(700)) {
        let world = grown(&journal(&acts));
        let rebuilt = World::restore(&world.checkpoint()).expect("restores");
        prop_assert_eq!(anatomy(&world), anatomy(&rebuilt));

        // And once more in another order: the last first, one by one.
        let mut backwards = World::new(Mode::Live);
        backwards.tick(world.now(), &mut Vec::new());
        for slot in world.by_seq.values().rev() {
            backwards.hold(world.records[*slot as usize].clone(), &mut Vec::new());
        }
        let (_, trees, counts) = anatomy(&backwards);
        prop_assert_eq!((trees, counts), (anatomy(&world).1, anatomy(&world).2));
    }

    #[test]
    fn every_count_of_every_view_is_the_count_of_hand(
        acts in stories(500), views in proptest::collection::vec(covers(), 12),
    ) {
        let steps = journal(&acts);
        let world = grown(&steps);
        let mut model = Model::default();
        for step in &steps {
            model.step(step);
        }
        for cover in &views {
            for window in Window::ALL {
                for hazards in filters() {
                    let totals = world.totals(window, hazards, cover);
                    prop_assert_eq!(totals, model.totals(window, hazards, cover), "{:?}", cover);
                    let sum = totals.shown + totals.elsewhere + totals.unplaced + totals.filtered;
                    prop_assert_eq!(totals.total, sum);
                    if cover.len() <= 64 {
                        let clusters = cover.tiles().flat_map(|tile| world.tile(window, hazards, tile));
                        prop_assert_eq!(totals.shown, clusters.map(|c| u64::from(c.n)).sum::<u64>());
                    }
                }
            }
        }
    }

    #[test]
    fn every_tile_is_the_tile_drawn_by_hand(acts in stories(400)) {
        let steps = journal(&acts);
        let world = grown(&steps);
        let mut model = Model::default();
        for step in &steps {
            model.step(step);
        }
        for z in 0..=ZOOM_MAX {
            for tile in tiles_of(&model.places(), z) {
                for window in [Window::All, Window::Minutes15, Window::Open] {
                    for hazards in filters() {
                        let drawn = world.tile(window, hazards, tile);
                        prop_assert!(drawn.is_sorted_by(|a, b| a.id < b.id));
                        prop_assert_eq!(drawn, model.tile(window, hazards, tile), "{:?}", tile);
                    }
                }
            }
        }
    }

    #[test]
    fn a_checkpoint_and_the_tail_are_the_full_replay(acts in stories(300), cut in 0.0..1.0f64) {
        let steps = journal(&acts);
        let cut = (steps.len() as f64 * cut) as usize;
        let whole = grown(&steps);
        let mut resumed = World::restore(&grown(&steps[..cut]).checkpoint()).expect("restores");
        for each in &steps[cut..] {
            step(&mut resumed, each);
        }
        prop_assert_eq!(anatomy(&whole), anatomy(&resumed));
    }

    #[test]
    fn ticks_between_entries_leave_no_trace(acts in stories(300)) {
        let steps = journal(&acts);
        let whole = grown(&steps);
        let mut quiet = World::new(Mode::Live);
        for each in steps.iter().filter(|step| matches!(step, Step::Entry(_))) {
            step(&mut quiet, each);
        }
        quiet.tick(whole.now(), &mut Vec::new());
        prop_assert_eq!(anatomy(&whole), anatomy(&quiet));
    }

    #[test]
    fn changes_tell_every_window_and_every_tile_that_changed(acts in rewritings(80)) {
        let mut world = World::new(Mode::Live);
        let mut model = Model::default();
        let mut told: BTreeMap<ReportId, u8> = BTreeMap::new();
        for each in journal(&acts) {
            let places_before = model.places();
            let before: BTreeMap<(usize, TileId), _> = drawn(&world, &places_before);
            let changes = step(&mut world, &each);
            model.step(&each);
            let mut touched = BTreeSet::new();
            for change in &changes {
                let Change::Report { id, at, entered, left, .. } = change else { continue };
                let mask = told.entry(*id).or_default();
                *mask = *mask & !left.0 | entered.0;
                for window in Window::ALL.iter().filter(|w| (entered.0 | left.0) & (1 << w.index()) != 0) {
                    for z in at.iter().flat_map(|_| ZOOMS) {
                        touched.insert((window.index(), TileId::of(at.expect("placed"), z)));
                    }
                }
            }
            told.retain(|_, mask| *mask != 0);
            let held: BTreeMap<ReportId, u8> = (0..400)
                .map(|number| report(number).id)
                .filter_map(|id| Some((id, model.windows_of(id)?)))
                .collect();
            prop_assert_eq!(&told, &held);
            for (id, mask) in held {
                prop_assert_eq!(world.windows_of(id).map(|windows| windows.0), Some(mask));
            }
            let after = drawn(&world, &model.places());
            for key in before.keys().chain(after.keys()) {
                let changed = before.get(key) != after.get(key);
                prop_assert!(!changed || touched.contains(key), "{:?} changed untold", key);
            }
        }
    }
}

/// Zooms at which changes are checked against tiles.
const ZOOMS: [u8; 3] = [0, 9, 18];

fn drawn(
    world: &World,
    places: &[Mercator],
) -> BTreeMap<(usize, TileId), Vec<wire::cluster::Cluster>> {
    let mut drawn = BTreeMap::new();
    for z in ZOOMS {
        for tile in tiles_of(places, z) {
            for window in Window::ALL {
                let clusters = world.tile(window, HazardSet::ALL, tile);
                if !clusters.is_empty() {
                    drawn.insert((window.index(), tile), clusters);
                }
            }
        }
    }
    drawn
}
