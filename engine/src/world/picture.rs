//! The picture: clusters of a tile, counts of a view.

use wire::cluster::{Cluster, HazardCounts, SeverityCounts};
use wire::geo::LngLat;
use wire::grade::HazardSet;
use wire::id::{ClusterId, ReportId};
use wire::tile::{TileCover, TileId, ZOOM_MAX};
use wire::view::{Totals, Window};

use super::World;
use crate::morton::cell;
use crate::tree::{Clump, Room, Slot};

/// Up to this many reports of a view are gathered and sorted; beyond it, walking from the newest finds a page sooner.
pub(super) const GATHER_MAX: u64 = 4_096;

/// A tile that is on the map.
fn on_the_map(tile: TileId) -> bool {
    let on = |index: u32| u64::from(index) < 1u64 << tile.z;
    tile.z <= ZOOM_MAX && on(tile.x) && on(tile.y)
}

/// What is drawn of a report that stands alone.
#[derive(Clone, Copy)]
struct Lone {
    id: ReportId,
    place: Option<LngLat>,
}

fn cluster(z: u8, clump: &Clump, lone: Option<Lone>) -> Cluster {
    let tally = &clump.tally;
    let severity = SeverityCounts::from_array(tally.severity);
    let (worst, n_worst) = severity.worst();
    // A report that stands alone stands where it was said to be.
    let (lng, lat) = match lone.and_then(|lone| lone.place) {
        Some(place) => (place.lng(), place.lat()),
        None => clump.at.lng_lat(),
    };
    Cluster {
        id: ClusterId::new(z, clump.seed),
        lng,
        lat,
        n: tally.n,
        worst,
        n_worst,
        severity,
        hazard: HazardCounts::from_array(tally.hazard),
        newest: tally.newest,
        expansion_zoom: clump.apart,
        report: lone.map(|lone| lone.id),
    }
}

impl World {
    /// The clusters of one tile, ordered by id.
    pub fn tile(&self, window: Window, hazards: HazardSet, tile: TileId) -> Vec<Cluster> {
        self.tiles(window, hazards, [tile]).pop().unwrap_or_default()
    }

    /// The clusters of some tiles, those of each apart. Each is what [`Self::tile`] gives, for less than one by one.
    pub fn tiles(
        &self,
        window: Window,
        hazards: HazardSet,
        tiles: impl IntoIterator<Item = TileId>,
    ) -> Vec<Vec<Cluster>> {
        let tree = &self.trees[window.index()];
        let (mut room, mut clumps) = (Room::default(), Vec::new());
        let read = |tile: TileId| {
            let start = clumps.len();
            if on_the_map(tile) {
                let at = (tile.z, cell(tile.x, tile.y));
                tree.clumps(hazards, at, &mut room, &mut clumps);
            }
            (tile.z, clumps.len() - start)
        };
        let counts: Vec<(u8, usize)> = tiles.into_iter().map(read).collect();
        // All lone reports in a row, for they lie far from each other: memory is asked for many at a time.
        let lone: Vec<Option<Lone>> =
            clumps.iter().map(|clump| clump.only.map(|slot| self.lone(slot))).collect();
        let mut all = clumps.iter().zip(lone);
        let cut = |(z, n)| {
            let mut clusters = Vec::with_capacity(n);
            clusters.extend(all.by_ref().take(n).map(|(clump, lone)| cluster(z, clump, lone)));
            clusters
        };
        counts.into_iter().map(cut).collect()
    }

    fn lone(&self, slot: Slot) -> Lone {
        let record = &self.records[slot as usize];
        Lone { id: record.id, place: record.place }
    }

    /// The counts of a view, each counted on its own.
    pub fn totals(&self, window: Window, hazards: HazardSet, cover: &TileCover) -> Totals {
        let tree = &self.trees[window.index()];
        Totals {
            total: self.ids.len() as u64,
            shown: cover.tiles().map(|tile| tree.count_tile(hazards, tile)).sum(),
            elsewhere: tree.count_outside(hazards, cover),
            unplaced: self.counts.unplaced(window, hazards),
            filtered: self.counts.filtered(window, hazards),
        }
    }

    /// The ids of the newest `limit` reports of the view that pass the filter, newest seq first.
    pub fn newest_in(
        &self,
        window: Window,
        hazards: HazardSet,
        cover: &TileCover,
        limit: usize,
    ) -> Vec<ReportId> {
        let tree = &self.trees[window.index()];
        let n: u64 = cover.tiles().map(|tile| tree.count_tile(hazards, tile)).sum();
        if n == 0 || limit == 0 {
            return Vec::new();
        }
        if n <= GATHER_MAX {
            let mut slots = Vec::with_capacity(n as usize);
            for tile in cover.tiles() {
                tree.members_of_tile(hazards, tile, &mut slots);
            }
            return self.newest_of(slots, limit);
        }
        self.by_seq
            .values()
            .rev()
            .filter(|slot| {
                let dot = &self.dots[**slot as usize];
                dot.placed
                    && dot.windows & (1 << window.index()) != 0
                    && hazards.contains(dot.hazard)
                    && cover.contains(TileId::of(dot.at, cover.z))
            })
            .take(limit)
            .map(|slot| self.records[*slot as usize].id)
            .collect()
    }

    /// Every report of one tile that passes the filter, at most `limit`, newest seq first.
    pub fn reports_of_tile(
        &self,
        window: Window,
        hazards: HazardSet,
        tile: TileId,
        limit: usize,
    ) -> Vec<ReportId> {
        let mut slots = Vec::new();
        if on_the_map(tile) {
            let tree = &self.trees[window.index()];
            tree.members_of_tile(hazards, tile, &mut slots);
        }
        self.newest_of(slots, limit)
    }

    /// The ids of the newest of some reports, newest first.
    fn newest_of(&self, mut slots: Vec<Slot>, limit: usize) -> Vec<ReportId> {
        let newest_first = |slot: &Slot| std::cmp::Reverse(self.records[*slot as usize].seq);
        if limit < slots.len() {
            slots.select_nth_unstable_by_key(limit, newest_first);
            slots.truncate(limit);
        }
        slots.sort_unstable_by_key(newest_first);
        slots.into_iter().map(|slot| self.records[slot as usize].id).collect()
    }
}
