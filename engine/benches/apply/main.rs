//! Bench row `apply`: what a live report takes in memory, in a World grown entry by entry to 200,000, 1,000,000 and
//! 10,000,000 reports, and whether that grows in a straight line.
//!
//! Each figure is the resident memory of a process of its own, after less before, over the reports it holds; each
//! report has an id, grades and a short text. Beside it, up to a million, what supercluster's two ports take for the
//! bare points. The correctness gate: all are held, and the picture of the whole world shows as many.
//!
//! `cargo bench -p talaia-engine --bench apply -- [--n 10000000] [--rounds 7] [--seed 7] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[expect(dead_code, reason = "this row weighs, it takes no time")]
#[path = "../peers/mod.rs"]
mod peers;
#[path = "../peers/resident.rs"]
mod resident;

use std::process::Command;
use std::time::Instant;

use engine::entry::{Body, Entry};
use engine::limits::RETENTION_MS;
use engine::world::World;
use peers::npm::Node;
use peers::port::{self, Port};
use peers::row::{Options, median};
use peers::{Outcome, points};
use serde_json::{Value, json};
use wire::grade::HazardSet;
use wire::tile::TileId;
use wire::view::{Mode, Window};

const SIZES: [usize; 3] = [200_000, 1_000_000, 10_000_000];

/// Beyond this the peers are not asked: they take gigabytes and minutes to say what is known by then.
const PEERS_MAX: usize = 1_000_000;

/// Rounds up to a million; the largest size is weighed once.
const ROUNDS: usize = 3;

/// A report may take a quarter more in the largest World than in the smallest.
const LINEAR: f64 = 0.8;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [role, n, seed] = words.as_slice()
        && let Some(part) = part(role)
    {
        return part(n.parse()?, seed.parse()?);
    }
    let options = Options::read("apply", SIZES[2])?;
    let mut sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= options.n).collect();
    if sizes.len() < 2 {
        sizes = vec![options.n / 4, options.n];
    }
    let mut by_size: Vec<(usize, f64)> = Vec::new();
    let mut rows = Vec::new();
    for n in sizes {
        let expected = by_size.last().map_or(0.0, |(_, each)| each * n as f64);
        let free = free_bytes()?;
        if expected * 1.5 > free {
            let note = format!("not run: {n} would take {expected:.0} bytes, {free:.0} are free");
            println!("{note}");
            rows.push(row(&format!("apply ({n})"), n, &[], &[], "", &note));
            continue;
        }
        let rounds = if n <= PEERS_MAX { ROUNDS.min(options.rounds) } else { 1 };
        let (mut ours, mut in_crate, mut in_npm) = (Vec::new(), Vec::new(), Vec::new());
        let (mut told, mut micros, mut version) = (0.0, 0.0, String::new());
        for _ in 0..rounds {
            let answer = weigh("hold", n, options.seed)?;
            told = answer["told"].as_f64().ok_or("no bytes")? / n as f64;
            micros = answer["micros"].as_f64().ok_or("no time")?;
            ours.push(answer["bytes"].as_f64().ok_or("no bytes")? / n as f64);
            if n <= PEERS_MAX {
                let answer = weigh("crate", n, options.seed)?;
                in_crate.push(answer["bytes"].as_f64().ok_or("no bytes")? / n as f64);
                let points = points::cities(n, options.seed);
                let mut node = Node::start("supercluster.mjs", &points, &options.dir()?)?;
                let answer = node.ask("memory")?;
                in_npm.push(answer["bytes"].as_f64().ok_or("no bytes")? / n as f64);
                version.clone_from(&node.version);
            }
        }
        let note = format!(
            "the World's own count says {told:.0}; {micros:.1} µs a report, windows sliding; ours holds ids, grades \
             and words, the peers points alone"
        );
        by_size.push((n, median(&mut ours.clone())));
        if in_crate.is_empty() {
            rows.push(row(&format!("apply ({n})"), n, &ours, &[], "", &note));
        } else {
            let name = format!("apply ({n}, crate supercluster)");
            rows.push(row(&name, n, &ours, &in_crate, port::VERSION, &note));
            let name = format!("apply ({n}, npm supercluster)");
            rows.push(row(&name, n, &ours, &in_npm, &version, &note));
        }
    }
    rows.insert(0, line(&by_size)?);
    options.report(&rows)
}

/// The row of the straight line: its slope, and what a report takes in the smallest World beside the largest.
fn line(by_size: &[(usize, f64)]) -> Outcome<Value> {
    let ((least, at_least), (most, at_most)) =
        (*by_size.first().ok_or("no sizes")?, *by_size.last().ok_or("no sizes")?);
    let slope = |(n, each): (usize, f64), (m, other): (usize, f64)| {
        (other * m as f64 - each * n as f64) / (m as f64 - n as f64)
    };
    let overall = slope((least, at_least), (most, at_most));
    let pieces: Vec<String> = by_size
        .windows(2)
        .map(|pair| format!("{:.0} from {} to {}", slope(pair[0], pair[1]), pair[0].0, pair[1].0))
        .collect();
    let straight = at_least / at_most;
    let note = format!("slope in bytes a report: {}", pieces.join(", "));
    println!("apply: {overall:.0} bytes a report, {straight:.2} of a straight line; {note}");
    Ok(json!({
        "row": "apply",
        "work": format!("resident memory a live report, {least} to {most}, a World grown by apply"),
        "ours": overall,
        "peer": at_least,
        "peer_version": format!("a report of {least}, this one's memory over that of one of {most}"),
        "unit": "B",
        "ratio": { "median": straight, "min": straight, "max": straight, "rounds": 1 },
        "gate": LINEAR,
        "goal": 1.0,
        "holds": straight >= LINEAR,
        "note": note,
    }))
}

fn row(name: &str, n: usize, ours: &[f64], peer: &[f64], version: &str, note: &str) -> Value {
    let mut ratios: Vec<f64> = ours.iter().zip(peer).map(|(ours, peer)| peer / ours).collect();
    let middle = (!ratios.is_empty()).then(|| median(&mut ratios));
    let middle_of = |values: &[f64]| (!values.is_empty()).then(|| median(&mut values.to_vec()));
    println!(
        "{name}: ours {:?}, peer {:?} bytes, ratio {middle:?}",
        middle_of(ours),
        middle_of(peer)
    );
    json!({
        "row": name,
        "work": format!("resident memory a live report at {n}"),
        "ours": middle_of(ours),
        "peer": middle_of(peer),
        "peer_version": version,
        "unit": "B",
        "ratio": middle.map(|median| json!({
            "median": median, "min": ratios.first(), "max": ratios.last(), "rounds": ratios.len(),
        })),
        "gate": null,
        "goal": null,
        "holds": true,
        "note": note,
    })
}

/// What a process of this program does that is weighed.
type Part = fn(usize, u64) -> Outcome<()>;

fn part(role: &str) -> Option<Part> {
    match role {
        "hold" => Some(hold),
        "crate" => Some(load_crate),
        _ => None,
    }
}

/// Starts this program again in a role, and gives what it says at its end.
fn weigh(role: &str, n: usize, seed: u64) -> Outcome<Value> {
    let words = [role.to_owned(), n.to_string(), seed.to_string()];
    let output = Command::new(std::env::current_exe()?).args(words).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{role} {n}: {} {said}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Grows a World entry by entry, over the thirty days of retention, and tells what it took.
fn hold(n: usize, seed: u64) -> Outcome<()> {
    let points = points::cities(n, seed);
    let mut dice = points::Dice::new(seed);
    let before = resident::bytes()?;
    let start = Instant::now();
    let mut world = World::new(Mode::Live);
    let mut changes = Vec::new();
    for (i, place) in (0i64..).zip(&points) {
        let seq = i as u64 + 1;
        let at = points::NOW.plus_ms(-RETENTION_MS + (RETENTION_MS - 1) * (i + 1) / n as i64);
        let report = points::report(seq, *place, at, &mut dice);
        let body = Body::Report(Box::new(report));
        changes.clear();
        world.apply(&Entry { seq, recorded_at: at, mode: Mode::Live, body }, &mut changes);
    }
    let micros = start.elapsed().as_secs_f64() * 1e6 / n as f64;
    drop(changes);
    let bytes = resident::bytes()? - before;
    let whole = world.tile(Window::All, HazardSet::ALL, TileId { z: 0, x: 0, y: 0 });
    let shown: u64 = whole.iter().map(|cluster| u64::from(cluster.n)).sum();
    if world.n_reports() != n as u64 || shown != n as u64 {
        return Err(format!("{} held and {shown} shown of {n}", world.n_reports()).into());
    }
    println!("{}", json!({ "bytes": bytes, "told": world.bytes(), "micros": micros }));
    Ok(())
}

/// Loads the crate's index, and tells what it took.
fn load_crate(n: usize, seed: u64) -> Outcome<()> {
    let port = Port::new(&points::cities(n, seed));
    let before = resident::bytes()?;
    let (_, index) = port.load()?;
    let bytes = resident::bytes()? - before;
    println!("{}", json!({ "bytes": bytes }));
    drop(index);
    Ok(())
}

/// What the machine could still give.
fn free_bytes() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes =
        line.and_then(|rest| rest.split_whitespace().next()).ok_or("no MemAvailable")?;
    Ok(kilobytes.parse::<f64>()? * 1024.0)
}
