//! Bench row `build`: a cold World of N points with every zoom answerable, beside supercluster in its two ports.
//!
//! Ours is the product's own World: ids, severity, hazard, all six windows, the indexes. Every side has its input in
//! memory before its clock starts: ours as records, the peers as features. Rounds are interleaved and the ratio is the
//! median of the ratios of rounds. The correctness gates come first: Σ count at every zoom = n, and crowding.
//!
//! `cargo bench -p talaia-engine --bench build -- [--n 1000000] [--rounds 7] [--seed 7] [--data F.csv.gz] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[path = "../peers/crowding.rs"]
mod crowding;
#[path = "../peers/mod.rs"]
mod peers;

use std::time::Instant;

use engine::record::Record;
use engine::world::World;
use peers::npm::Node;
use peers::port::{self, Port};
use peers::row::{Options, Row, Spent};
use peers::{Outcome, points, probes};
use wire::view::Mode;

fn main() -> Outcome<()> {
    let options = Options::read("build", 1_000_000)?;
    let (points, work) = options.points()?;
    let n = points.len();
    println!("build: {n} points, {} rounds", options.rounds);

    let records = points::records(&points, options.seed);
    let mut node = Node::start("supercluster.mjs", &points, &options.dir()?)?;
    let rust = Port::new(&points);
    {
        let world = build(records.clone()).1;
        println!("ours: {} bytes a report, trees and indexes included", world.bytes() / n.max(1));
        node.spend("load")?;
        crowding::gate(&world, &points, &rust.load()?.1, &mut node)?;
    }

    let (mut by_crate, mut by_npm) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        let input = records.clone();
        let cpu = probes::cpu_ms();
        let (wall, world) = build(input);
        let ours = Spent { wall, cpu: probes::cpu_ms() - cpu };
        drop(world);
        let in_crate = rust.load()?.0;
        let in_npm = node.spend("load")?;
        println!("round {round}: ours {ours}, crate {in_crate}, npm {in_npm}");
        by_crate.push((ours, in_crate));
        by_npm.push((ours, in_npm));
    }

    let row = Row {
        name: "build (crate supercluster)",
        version: port::VERSION,
        work: &format!("{work}: cold build, every zoom answerable (ours 0-18, peers 0-16)"),
        gate: Some(10.0),
        goal: Some(30.0),
        note: "ours is the whole World (ids, severity, hazard, six windows, indexes; observed evenly \
               over the thirty days of retention), on two threads; the peers load on one; ours merges \
               when a tile is read, which the row `view` times",
    };
    let npm = Row { name: "build (npm supercluster)", version: &node.version, ..row };
    options.report(&[row.of(&by_crate), npm.of(&by_npm)])
}

/// One cold build: wall milliseconds, and the World.
fn build(records: Vec<Record>) -> (f64, World) {
    let start = Instant::now();
    let world = World::from_records(Mode::Live, points::NOW, records);
    (start.elapsed().as_secs_f64() * 1e3, world)
}
