//! Bench row `build`: a cold World of N points with every zoom answerable, beside supercluster in its two ports.
//!
//! Ours is the product's own World: ids, severity, hazard, all six windows, the indexes. Every side has its input in
//! memory before its clock starts: ours as records, the peers as features. Rounds are interleaved and the ratio is the
//! median of the ratios of rounds. The correctness gate comes first: Σ count at every zoom = n, for all three.
//!
//! `cargo bench -p talaia-engine --bench build -- [--n 1000000] [--rounds 7] [--seed 7] [--data F.csv.gz] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

mod peers;
mod points;
mod probes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use engine::record::Record;
use engine::world::World;
use serde_json::{Value, json};
use wire::geo::LngLat;
use wire::grade::HazardSet;
use wire::tile::{TileId, ZOOM_MAX};
use wire::view::{Mode, Window};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The gate and the goal of the row.
const GATE: f64 = 10.0;
const GOAL: f64 = 30.0;

/// What one build took, in milliseconds by the wall and of CPU time.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ms (cpu {:.0})", self.wall, self.cpu)
    }
}

struct Options {
    n: usize,
    rounds: usize,
    seed: u64,
    data: Option<String>,
    json: PathBuf,
}

/// CI's size: shows that the row runs and the counts agree; its ratios say little, so none is judged.
fn small() -> bool {
    std::env::var("TALAIA_BENCH").is_ok_and(|size| size == "small")
}

fn options() -> Outcome<Options> {
    let target = std::env::var("CARGO_TARGET_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").to_owned());
    let mut options = Options {
        n: if small() { 20_000 } else { 1_000_000 },
        rounds: if small() { 3 } else { 7 },
        seed: 7,
        data: None,
        json: PathBuf::from(target).join("bench/build.json"),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--n" => options.n = value()?.parse()?,
            "--rounds" => options.rounds = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--data" => options.data = Some(value()?),
            "--json" => options.json = PathBuf::from(value()?),
            // Cargo adds it.
            "--bench" => {}
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    Ok(options)
}

fn main() -> Outcome<()> {
    let options = options()?;
    let (points, work) = match &options.data {
        Some(path) => (points::recorded(path)?, format!("recorded points of {path}")),
        None => (
            points::cities(options.n, options.seed),
            format!("city_{} with seed {}", options.n, options.seed),
        ),
    };
    let n = points.len();
    println!("build: {n} points, {} rounds", options.rounds);
    let dir = options.json.parent().ok_or("--json needs a folder")?.to_owned();
    std::fs::create_dir_all(&dir)?;

    let records = points::records(&points, options.seed);
    let world = build(records.clone()).1;
    let ours_markers = gate(&world, &points)?;
    println!("ours: {} bytes a report, trees and indexes included", world.bytes() / n.max(1));
    drop(world);
    let mut node = peers::Node::start(&points, &dir)?;
    let rust = peers::Rust::new(&points);

    let (mut by_crate, mut by_npm) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        let input = records.clone();
        let cpu = probes::cpu_ms();
        let (wall, world) = build(input);
        let ours = Spent { wall, cpu: probes::cpu_ms() - cpu };
        drop(world);
        let (in_crate, index) = rust.load()?;
        if round == 0 {
            peers::Rust::gate(&index, n, &ours_markers)?;
        }
        drop(index);
        let in_npm = node.load()?;
        if round == 0 {
            node.gate(n)?;
        }
        println!("round {round}: ours {ours}, crate {in_crate}, npm {in_npm}");
        by_crate.push((ours, in_crate));
        by_npm.push((ours, in_npm));
    }

    let work = format!("{work}: cold build, every zoom answerable (ours 0-18, peers 0-16)");
    let rows = [
        row("build (crate supercluster)", "3.0.8", &work, &by_crate),
        row("build (npm supercluster)", &node.version, &work, &by_npm),
    ];
    let held = rows.iter().all(|row| row["holds"] == json!(true));
    let file = json!({ "date": today(), "machine": probes::machine(&dir), "rows": rows });
    std::fs::write(&options.json, serde_json::to_string_pretty(&file)?)?;
    println!("{}", options.json.display());
    if held || small() { Ok(()) } else { Err("below the gate".into()) }
}

/// One cold build: wall milliseconds, and the World.
fn build(records: Vec<Record>) -> (f64, World) {
    let start = Instant::now();
    let world = World::from_records(Mode::Live, points::NOW, records);
    (start.elapsed().as_secs_f64() * 1e3, world)
}

/// Σ count at every zoom = n; markers and crowding at each, to be set beside the peers'.
fn gate(world: &World, points: &[(f64, f64)]) -> Outcome<Vec<usize>> {
    let places: Vec<_> = points
        .iter()
        .filter_map(|(lng, lat)| LngLat::new(*lng, *lat).ok())
        .map(LngLat::mercator)
        .collect();
    let mut markers_by_zoom = Vec::new();
    for z in 0..=ZOOM_MAX {
        let tiles: BTreeSet<TileId> = places.iter().map(|at| TileId::of(*at, z)).collect();
        let (mut sum, mut markers) = (0u64, Vec::new());
        for tile in tiles {
            for cluster in world.tile(Window::All, HazardSet::ALL, tile) {
                sum += u64::from(cluster.n);
                markers.push((cluster.lng, cluster.lat));
            }
        }
        if sum != points.len() as u64 {
            return Err(format!("zoom {z}: the clusters hold {sum} of {}", points.len()).into());
        }
        if peers::SHOWN_ZOOMS.contains(&z) {
            let crowded = peers::crowding(&markers, z);
            println!("ours: zoom {z}: {} markers, {crowded:.2} of them crowded", markers.len());
        }
        markers_by_zoom.push(markers.len());
    }
    Ok(markers_by_zoom)
}

fn row(name: &str, version: &str, work: &str, rounds: &[(Spent, Spent)]) -> Value {
    let column = |pick: fn(&(Spent, Spent)) -> f64| rounds.iter().map(pick).collect::<Vec<f64>>();
    let mut ratios = column(|(ours, peer)| peer.wall / ours.wall);
    let middle = median(&mut ratios);
    let (least, most) = (ratios.first(), ratios.last());
    let cpu = median(&mut column(|(ours, peer)| peer.cpu / ours.cpu));
    println!("{name}: {middle:.1}× by the wall, {cpu:.1}× by CPU time (gate {GATE}, goal {GOAL})");
    json!({
        "row": name,
        "work": work,
        "ours": median(&mut column(|(ours, _)| ours.wall)),
        "peer": median(&mut column(|(_, peer)| peer.wall)),
        "peer_version": version,
        "unit": "ms",
        "cpu": {
            "ours": median(&mut column(|(ours, _)| ours.cpu)),
            "peer": median(&mut column(|(_, peer)| peer.cpu)),
            "ratio": cpu,
        },
        "ratio": { "median": middle, "min": least, "max": most, "rounds": rounds.len() },
        "gate": GATE,
        "goal": GOAL,
        "holds": middle >= GATE,
        "note": "ours is the whole World (ids, severity, hazard, six windows, indexes; observed \
                 evenly over the thirty days of retention), on two threads; the peers load on one; \
                 cells of 64 px without merging, so more markers are crowded than supercluster's",
    })
}

/// The middle value; sorts.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The moment of the run in RFC 3339.
#[expect(clippy::disallowed_methods, reason = "a bench records when it ran")]
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    wire::time::Timestamp(since.map_or(0, |d| d.as_millis() as i64)).to_string()
}
