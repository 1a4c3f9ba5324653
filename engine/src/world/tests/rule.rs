//! The rule of clusters once more, as anyone would write it from its description: slowly, and apart from the product's.

use std::collections::{BTreeMap, BTreeSet};

use wire::cluster::{Cluster, SeverityCounts};
use wire::geo::Mercator;
use wire::grade::Hazard;
use wire::id::ClusterId;
use wire::tile::{TileId, ZOOM_MAX};

use crate::report::ReportEntry;

/// Four rounds over cells of 32 pixels, a reach of 40, and half of it kept from the edge.
const REACH_PX: i128 = 40;
const ROUNDS: usize = 4;

/// A cell: its column and row on the whole map.
type Place = (i64, i64);

#[derive(Debug, Clone)]
struct Stand<'a> {
    members: Vec<&'a ReportEntry>,
    x: i128,
    y: i128,
    rank: (u32, u64),
}

fn at(report: &ReportEntry) -> Mercator {
    report.place.expect("placed").mercator()
}

fn cell_of(at: Mercator, z: u8) -> Place {
    let width = 1i64 << (32 - z) >> 4;
    (i64::from(at.x) / width, i64::from(at.y) / width)
}

/// The Morton key of a cell, a bit at a time.
fn key_of((x, y): Place, z: u8) -> u64 {
    (0..u32::from(z) + 4)
        .rev()
        .fold(0, |key, bit| key << 2 | ((y >> bit & 1) as u64) << 1 | (x >> bit & 1) as u64)
}

fn scramble(key: u64) -> u64 {
    let mut v = key;
    v = (v ^ (v >> 30)).wrapping_mul(13_787_848_793_156_543_929);
    v = (v ^ (v >> 27)).wrapping_mul(10_723_151_780_598_845_931);
    v ^ (v >> 31)
}

fn stands<'a>(all: &[&'a ReportEntry], tile: TileId) -> BTreeMap<Place, Stand<'a>> {
    let z = tile.z;
    let mut cells: BTreeMap<Place, Vec<&ReportEntry>> = BTreeMap::new();
    for report in all.iter().filter(|report| tile.contains(at(report))) {
        cells.entry(cell_of(at(report), z)).or_default().push(report);
    }
    let width = 1i128 << (32 - z);
    let inset = 20 * width / 512;
    // Kept off the edge, and on the grid of 65,536 steps a tile.
    let step = (width / 65_536).max(1);
    let off = |sum: i128, n: i128, tile: u32| {
        let start = i128::from(tile) * width;
        (sum / n).max(start + inset).min(start + width - inset - 1) / step * step
    };
    let stand = |(place, members): (Place, Vec<&'a ReportEntry>)| {
        let n = members.len() as i128;
        let sum = |axis: fn(Mercator) -> u32| {
            members.iter().map(|report| i128::from(axis(at(report)))).sum::<i128>()
        };
        let x = off(sum(|at| at.x), n, tile.x);
        let y = off(sum(|at| at.y), n, tile.y);
        let magnitude = (members.len() as u32).ilog2();
        let rank = (magnitude, scramble(key_of(place, z)));
        (place, Stand { members, x, y, rank })
    };
    cells.into_iter().map(stand).collect()
}

/// Who leads whom in a tile.
fn leaders(stands: &BTreeMap<Place, Stand<'_>>, z: u8) -> BTreeMap<Place, Place> {
    let far = |a: Place, b: Place| {
        let (a, b) = (&stands[&a], &stands[&b]);
        (a.x - b.x).pow(2) + (a.y - b.y).pow(2)
    };
    let reach = REACH_PX * (1i128 << (23 - z));
    let near = |a: Place, b: Place| {
        a != b && (a.0 - b.0).abs() <= 1 && (a.1 - b.1).abs() <= 1 && far(a, b) < reach * reach
    };
    let around = |cell: Place, among: &BTreeSet<Place>| -> Vec<Place> {
        let all = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (cell.0 + dx, cell.1 + dy)));
        all.filter(|other| among.contains(other) && near(cell, *other)).collect()
    };
    let mut leader = BTreeMap::new();
    let mut undecided: BTreeSet<Place> = stands.keys().copied().collect();
    for _ in 0..ROUNDS {
        let leads: BTreeSet<Place> = undecided
            .iter()
            .copied()
            .filter(|cell| {
                let others = around(*cell, &undecided);
                others.iter().all(|other| stands[other].rank < stands[cell].rank)
            })
            .collect();
        let mut left = BTreeSet::new();
        for cell in undecided {
            let nearest = around(cell, &leads).into_iter().min_by(|a, b| {
                far(cell, *a).cmp(&far(cell, *b)).then(stands[b].rank.cmp(&stands[a].rank))
            });
            if leads.contains(&cell) {
                leader.insert(cell, cell);
            } else if let Some(nearest) = nearest {
                leader.insert(cell, nearest);
            } else {
                left.insert(cell);
            }
        }
        undecided = left;
    }
    leader.extend(undecided.into_iter().map(|cell| (cell, cell)));
    leader
}

/// The reports of each cluster of a tile.
pub(super) fn members<'a>(
    all: &[&'a ReportEntry],
    tile: TileId,
) -> BTreeMap<ClusterId, Vec<&'a ReportEntry>> {
    let stands = stands(all, tile);
    let mut clusters: BTreeMap<ClusterId, Vec<&ReportEntry>> = BTreeMap::new();
    for (cell, leader) in leaders(&stands, tile.z) {
        let id = ClusterId::new(tile.z, key_of(leader, tile.z));
        clusters.entry(id).or_default().extend(&stands[&cell].members);
    }
    clusters
}

/// Whether these are drawn as one at a zoom: at home in one tile, and under one leader there.
fn together(all: &[&ReportEntry], members: &[&ReportEntry], z: u8, known: &mut Known) -> bool {
    let tile = TileId::of(at(members[0]), z);
    if members.iter().any(|report| !tile.contains(at(report))) {
        return false;
    }
    let leaders = known.entry(tile).or_insert_with(|| leaders(&stands(all, tile), z));
    let leader = |report: &&ReportEntry| leaders[&cell_of(at(report), z)];
    members.iter().all(|report| leader(report) == leader(&members[0]))
}

type Known = BTreeMap<TileId, BTreeMap<Place, Place>>;

/// The clusters of a tile, ordered by id.
pub(super) fn clusters(all: &[&ReportEntry], tile: TileId) -> Vec<Cluster> {
    let inside: Vec<&ReportEntry> =
        all.iter().copied().filter(|report| tile.contains(at(report))).collect();
    let stands = stands(&inside, tile);
    let mut known = Known::new();
    let cluster = |(id, members): (ClusterId, Vec<&ReportEntry>)| {
        let (_, seed) = stands
            .iter()
            .find(|(place, _)| ClusterId::new(tile.z, key_of(**place, tile.z)) == id)
            .expect("a seed is a cell");
        let (lng, lat) = match members.as_slice() {
            [only] => only.place.map(|place| (place.lng(), place.lat())).expect("placed"),
            _ => Mercator { x: seed.x as u32, y: seed.y as u32 }.lng_lat(),
        };
        let mut severity = [0; 5];
        let mut hazard: BTreeMap<Hazard, u32> = BTreeMap::new();
        for report in &members {
            severity[report.severity as usize] += 1;
            *hazard.entry(report.hazard).or_default() += 1;
        }
        let worst = members.iter().map(|report| report.severity).min().expect("someone");
        let apart = (tile.z + 1..=ZOOM_MAX).find(|z| !together(&inside, &members, *z, &mut known));
        Cluster {
            id,
            lng,
            lat,
            n: members.len() as u32,
            worst,
            n_worst: severity[worst as usize],
            severity: SeverityCounts::from_array(severity),
            hazard: hazard.into_iter().collect(),
            newest: members.iter().map(|report| report.observed_at).max().expect("someone"),
            expansion_zoom: apart.unwrap_or(ZOOM_MAX + 1),
            report: if let [only] = members.as_slice() { Some(only.id) } else { None },
        }
    };
    self::members(&inside, tile).into_iter().map(cluster).collect()
}
