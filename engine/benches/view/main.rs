//! Bench row `view`: the clusters of the tiles that a screen of 1920 × 960 pixels touches, over N points, beside
//! supercluster in its two ports.
//!
//! Every side answers the same box, that of the tiles. Ours says all that a cluster says: severities, hazards, the newest,
//! the zoom at which it comes apart. Nothing is kept from one question to the next, so each tile is one never asked
//! before. The peers answer `getClusters`; rows without a gate tell what npm's takes for the bare screen, half the area,
//! and what it takes to say of each cluster where it comes apart, as ours does. Each round asks the same new views of all three in turn; the
//! ratio is that of the middle times. The correctness gates come first: Σ count at every zoom = n, crowding, and the
//! counts of the views by hand.
//!
//! `cargo bench -p talaia-engine --bench view -- [--n 1000000] [--rounds 7] [--seed 7] [--data F.csv.gz] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[path = "../peers/crowding.rs"]
mod crowding;
#[path = "../peers/mod.rs"]
mod peers;
#[path = "../peers/views.rs"]
mod views;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use engine::world::World;
use peers::npm::Node;
use peers::port::{self, Port};
use peers::row::{Options, Row, Spent, median, small};
use peers::{Outcome, points, probes};
use serde_json::Value;
use views::View;
use wire::geo::{LngLat, Mercator};
use wire::grade::HazardSet;
use wire::tile::TileId;
use wire::view::{Mode, Window};

/// The time of each view of a round, in milliseconds.
struct Times {
    each: Vec<f64>,
    cpu: f64,
}

impl Times {
    fn middle(&self) -> Spent {
        Spent { wall: median(&mut self.each.clone()), cpu: self.cpu / self.each.len() as f64 }
    }

    fn p99(&self) -> f64 {
        let mut each = self.each.clone();
        each.sort_by(f64::total_cmp);
        each[each.len() * 99 / 100]
    }
}

fn main() -> Outcome<()> {
    let options = Options::read("view", 1_000_000)?;
    let (points, work) = options.points()?;
    println!("view: {} points, {} rounds", points.len(), options.rounds);
    let world =
        World::from_records(Mode::Live, points::NOW, points::records(&points, options.seed));
    let mut node = Node::start("supercluster.mjs", &points, &options.dir()?)?;
    node.spend("load")?;
    let index = Port::new(&points).load()?.1;
    crowding::gate(&world, &points, &index, &mut node)?;
    let mut dice = points::Dice::new(options.seed + 1);
    counts(&world, &points, &mut dice)?;

    let (mut by_crate, mut by_npm, mut by_zooms) = (Vec::new(), Vec::new(), Vec::new());
    let (mut by_screen, mut tails) = (Vec::new(), Vec::new());
    let mut by_zoom: BTreeMap<u8, [Vec<f64>; 3]> = BTreeMap::new();
    for round in 0..options.rounds {
        let screens = (0..if small() { 60 } else { 600 })
            .map(|_| View::random(&points, &mut dice))
            .collect::<Outcome<Vec<View>>>()?;
        let views = screens.iter().map(whole_tiles).collect::<Outcome<Vec<View>>>()?;
        let ours = timed(&views, |view| {
            // Each tile of its own, as it is served.
            black_box(world.tiles(Window::All, HazardSet::ALL, view.cover()?.tiles()));
            Ok(())
        })?;
        let in_crate = timed(&views, |view| {
            black_box(index.get_clusters(view.bbox, view.zoom)?);
            Ok(())
        })?;
        let in_npm = ask(&mut node, "views", &views)?;
        let with_zooms = ask(&mut node, "zooms", &views)?;
        let bare = ask(&mut node, "views", &screens)?;
        for (at, view) in views.iter().enumerate() {
            let sides = by_zoom.entry(view.zoom).or_default();
            for (side, times) in sides.iter_mut().zip([&ours, &in_crate, &in_npm]) {
                side.push(times.each[at]);
            }
        }
        let (own, crates, npm) = (ours.middle(), in_crate.middle(), in_npm.middle());
        println!("round {round}: ours {own}, crate {crates}, npm {npm}");
        by_crate.push((own, crates));
        by_npm.push((own, npm));
        by_zooms.push((own, with_zooms.middle()));
        by_screen.push((own, bare.middle()));
        tails.push((ours.p99(), in_crate.p99(), in_npm.p99()));
    }
    for (zoom, [ours, in_crate, in_npm]) in &mut by_zoom {
        let micros = |times: &mut Vec<f64>| median(times) * 1e3;
        let (ours, in_crate, in_npm) = (micros(ours), micros(in_crate), micros(in_npm));
        println!("zoom {zoom}: p50 ours {ours:.1} µs, crate {in_crate:.1}, npm {in_npm:.1}");
    }
    let tail = |pick: fn(&(f64, f64, f64)) -> f64| {
        median(&mut tails.iter().map(pick).collect::<Vec<f64>>()) * 1e3
    };
    let remark = format!(
        "p50 of views at zooms 2-16, the same box for all; p99 in µs: ours {:.0}, crate {:.0}, npm {:.0}; ours \
         makes every count and keeps nothing from one view to the next",
        tail(|t| t.0),
        tail(|t| t.1),
        tail(|t| t.2),
    );
    println!("{remark}");
    let row = Row {
        name: "view (crate supercluster)",
        version: port::VERSION,
        work: &format!(
            "{work}: clusters of the tiles a 1920 × 960 screen about a random point touches"
        ),
        gate: Some(1.0),
        goal: Some(2.0),
        note: &remark,
    };
    let npm = Row { name: "view (npm supercluster)", version: &node.version, ..row };
    let zooms =
        Row { name: "view (npm supercluster, expansion zooms too)", gate: None, goal: None, ..npm };
    let bare = Row { name: "view (npm supercluster, the bare screen)", ..zooms };
    let rows = [(row, by_crate), (npm, by_npm), (zooms, by_zooms), (bare, by_screen)];
    let rows: Vec<Value> = rows.iter().map(|(row, rounds)| row.of(rounds)).collect();
    options.report(&rows)
}

/// The view of all the tiles a screen touches, about twice its area: the same box for every side.
fn whole_tiles(screen: &View) -> Outcome<View> {
    let cover = screen.cover()?;
    let side = 1u64 << (32 - cover.z);
    let first = |column: u32| (u64::from(column) * side) as u32;
    let last = |column: u32| ((u64::from(column) + 1) * side - 1) as u32;
    let corner = |x: u32, y: u32| Mercator { x, y }.lng_lat();
    let (west, north) = corner(first(cover.x_first), first(cover.y_first));
    let (east, south) = corner(last(cover.x_last), last(cover.y_last));
    Ok(View { zoom: screen.zoom, bbox: [west, south, east, north] })
}

fn timed(views: &[View], answer: impl Fn(&View) -> Outcome<()>) -> Outcome<Times> {
    let cpu = probes::cpu_ms();
    let mut each = Vec::with_capacity(views.len());
    for view in views {
        let start = Instant::now();
        answer(view)?;
        each.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Times { each, cpu: probes::cpu_ms() - cpu })
}

fn ask(node: &mut Node, what: &str, views: &[View]) -> Outcome<Times> {
    let lines: Vec<String> = views.iter().map(View::line).collect();
    let answer = node.ask(&format!("{what} {}", lines.join(" ")))?;
    let each =
        answer["ms"].as_array().ok_or("no times")?.iter().filter_map(Value::as_f64).collect();
    Ok(Times { each, cpu: answer["cpu_ms"].as_f64().ok_or("no time")? })
}

/// What views show is what lies in their tiles, counted by hand.
fn counts(world: &World, points: &[(f64, f64)], dice: &mut points::Dice) -> Outcome<()> {
    let places: Vec<_> = points
        .iter()
        .filter_map(|(lng, lat)| LngLat::new(*lng, *lat).ok())
        .map(LngLat::mercator)
        .collect();
    for _ in 0..30 {
        let view = View::random(points, dice)?;
        let cover = view.cover()?;
        let clusters = cover.tiles().flat_map(|tile| world.tile(Window::All, HazardSet::ALL, tile));
        let shown: usize = clusters.map(|cluster| cluster.n as usize).sum();
        let inside = |at: &&Mercator| cover.contains(TileId::of(**at, cover.z));
        let by_hand = places.iter().filter(inside).count();
        if shown != by_hand {
            return Err(format!("{:?}: {shown} shown, {by_hand} there", view.bbox).into());
        }
    }
    Ok(())
}
