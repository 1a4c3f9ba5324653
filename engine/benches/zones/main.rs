//! Bench row `zones`: which of ten thousand zones over a city cover each of its points, and the same of a hundred thousand that
//! overlap, beside an `rstar` tree of their envelopes whose candidates are asked by `geo`.
//!
//! Both have the same corners and points in whole units of 1e-7 degree before their clocks start, where `geo` is exact too, and
//! fill one list with the numbers of each point's zones; ours in order. The correctness gate comes first: equal lists, point by
//! point, and again equal counts in each round.
//!
//! `cargo bench -p talaia-engine --bench zones -- [--n 200000] [--rounds 7] [--seed 7] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[expect(dead_code, reason = "shared with rows that have other points")]
#[path = "../dbscan/metro.rs"]
mod metro;
#[expect(dead_code, reason = "shared with rows that have other peers")]
#[path = "../peers/mod.rs"]
mod peers;
#[path = "../peers/resident.rs"]
mod resident;

use std::hint::black_box;
use std::time::Instant;

use engine::zone::{Part, Zone, ZoneId, Zones};
use geo::{Coord, Intersects, LineString, Point, Polygon};
use peers::points::Dice;
use peers::row::{Options, Row, Spent, small};
use peers::{Outcome, probes};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde_json::Value;
use wire::geo::LngLat;

const PEER: &str = "rstar 0.12.2, geo 0.33.1";

/// Corners of a zone.
const CORNERS: u32 = 32;

/// A zone's reach in metres: a neighbourhood.
const REACH_M: (f64, f64) = (350.0, 650.0);

fn main() -> Outcome<()> {
    let options = Options::read("zones", 200_000)?;
    let (n, seed) = (options.n, options.seed);
    let points = metro::metro(n, seed);
    let points: Vec<LngLat> =
        points.iter().filter_map(|(lng, lat)| LngLat::new(*lng, *lat).ok()).collect();
    let name = format!("metro_{n} with seed {seed}");
    let share = if small() { 10 } else { 1 };
    let mut rows = Vec::new();
    for (n_zones, goal) in [(10_000 / share, 5.0), (100_000 / share, 10.0)] {
        rows.push(row(&options, &points, &name, n_zones, goal)?);
    }
    options.report(&rows)
}

/// The rounds of so many zones.
fn row(
    options: &Options,
    points: &[LngLat],
    name: &str,
    n_zones: u32,
    goal: f64,
) -> Outcome<Value> {
    let drawn = zones(n_zones, options.seed, points)?;
    let before = resident::bytes()?;
    let start = Instant::now();
    let mut ours = Zones::default();
    for (id, zone) in (0..).zip(&drawn) {
        ours.set(ZoneId(id), zone.clone()).map_err(|flaws| format!("zone {id}: {flaws:?}"))?;
    }
    let built_ms = start.elapsed().as_secs_f64() * 1e3;
    let taken = resident::bytes()?.saturating_sub(before);
    let (tree, shapes) = peer(&drawn);
    drop(drawn);
    let planar: Vec<Point<f64>> = points.iter().map(|place| planar(*place).into()).collect();

    // Every list of every point, before any clock starts.
    let (mut hits, mut theirs) = (Vec::new(), Vec::new());
    let mut n_hits = 0;
    for (place, point) in points.iter().zip(&planar) {
        ours.at(*place, &mut hits);
        by_geo(&tree, &shapes, *point, &mut theirs);
        theirs.sort_unstable();
        if hits != theirs {
            return Err(format!("at {place:?} ours says {hits:?}, geo {theirs:?}").into());
        }
        n_hits += hits.len();
    }

    let mut rounds = Vec::new();
    for round in 0..options.rounds {
        let (mut n_ours, mut n_theirs) = (0, 0);
        let (start, cpu) = (Instant::now(), probes::cpu_ms());
        for place in points {
            ours.at(*place, &mut hits);
            n_ours += black_box(&hits).len();
        }
        let mine = spent(start, cpu);
        let (start, cpu) = (Instant::now(), probes::cpu_ms());
        for point in &planar {
            by_geo(&tree, &shapes, *point, &mut theirs);
            n_theirs += black_box(&theirs).len();
        }
        let peer = spent(start, cpu);
        println!("{n_zones} zones, round {round}: ours {mine}, rstar and geo {peer}");
        if (n_ours, n_theirs) != (n_hits, n_hits) {
            return Err(format!("{n_ours} hits and {n_theirs}, at first {n_hits}").into());
        }
        rounds.push((mine, peer));
    }
    let per_point = n_hits as f64 / points.len() as f64;
    let candidates: usize =
        planar.iter().map(|point| tree.locate_all_at_point(&[point.x(), point.y()]).count()).sum();
    let note = format!(
        "{name}; {per_point:.1} zones a point, {:.1} envelopes; set and checked in {built_ms:.0} ms, {} MB with their corners",
        candidates as f64 / points.len() as f64,
        taken / 1_000_000,
    );
    Ok(Row {
        name: &format!("zones, {n_zones} with {CORNERS} corners"),
        version: PEER,
        work: &format!("which zones cover each of {} points", points.len()),
        gate: Some(2.0),
        goal: Some(goal),
        note: &note,
    }
    .of(&rounds))
}

fn spent(start: Instant, cpu: f64) -> Spent {
    Spent { wall: start.elapsed().as_secs_f64() * 1e3, cpu: probes::cpu_ms() - cpu }
}

/// Zones anywhere among the points, each a little bent.
fn zones(n: u32, seed: u64, points: &[LngLat]) -> Outcome<Vec<Zone>> {
    let mut dice = Dice::new(seed ^ 0x5a0e);
    let lngs = || points.iter().map(|place| place.lng());
    let lats = || points.iter().map(|place| place.lat());
    let ends = |least: f64, most: f64| (least, most - least);
    let (west, width) = ends(lngs().fold(180.0, f64::min), lngs().fold(-180.0, f64::max));
    let (south, height) = ends(lats().fold(90.0, f64::min), lats().fold(-90.0, f64::max));
    (0..n)
        .map(|id| {
            let (lng, lat) = (west + width * dice.unit(), south + height * dice.unit());
            let reach_m = REACH_M.0 + (REACH_M.1 - REACH_M.0) * dice.unit();
            let corner = |i: u32, dice: &mut Dice| {
                let turn = std::f64::consts::TAU * f64::from(i) / f64::from(CORNERS);
                let far = reach_m / 111_195.0 * (0.85 + 0.15 * dice.unit());
                LngLat::new(lng + far * turn.cos() / lat.to_radians().cos(), lat + far * turn.sin())
            };
            let mut outer =
                (0..CORNERS).map(|i| corner(i, &mut dice)).collect::<Result<Vec<_>, _>>()?;
            outer.push(outer[0]);
            let parts = vec![Part { outer, holes: Vec::new() }];
            Ok(Zone { name: format!("zone {id}"), parts })
        })
        .collect()
}

type Tree = RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>;

fn planar(place: LngLat) -> Coord<f64> {
    let (x, y) = place.e7();
    Coord { x: f64::from(x), y: f64::from(y) }
}

/// The peer: envelopes in a tree that was loaded at once, and the shapes by number.
fn peer(zones: &[Zone]) -> (Tree, Vec<Polygon<f64>>) {
    let shapes: Vec<Polygon<f64>> = zones
        .iter()
        .map(|zone| {
            let ring = zone.parts[0].outer.iter().map(|corner| planar(*corner));
            Polygon::new(LineString::new(ring.collect()), Vec::new())
        })
        .collect();
    let envelope = |(id, shape): (u32, &Polygon<f64>)| {
        let corners: Vec<[f64; 2]> = shape.exterior().coords().map(|c| [c.x, c.y]).collect();
        let bounds = AABB::from_points(&corners);
        GeomWithData::new(Rectangle::from_corners(bounds.lower(), bounds.upper()), id)
    };
    (RTree::bulk_load((0..).zip(&shapes).map(envelope).collect()), shapes)
}

/// Fills in the zones that cover a point, as the tree comes upon them.
fn by_geo(tree: &Tree, shapes: &[Polygon<f64>], point: Point<f64>, hits: &mut Vec<ZoneId>) {
    hits.clear();
    for near in tree.locate_all_at_point(&[point.x(), point.y()]) {
        if shapes[near.data as usize].intersects(&point) {
            hits.push(ZoneId(near.data));
        }
    }
}
