//! Bench row `apply`: what a report takes, in time of one core and in memory.
//!
//! Time: how many reports a second go through all that the product does with one (`pass.rs`), where 10,000 to 1,000,000
//! are live, and whether the cost of one grows faster than the logarithm of those.
//!
//! Memory: what a live report takes in a World grown entry by entry to 200,000, 1,000,000 and 4,000,000 reports, and
//! whether that grows in a straight line. Each figure is the resident memory of a process of its own, after less before,
//! over the reports it holds; each report has an id, grades and a short text. Beside it, up to a million, what
//! supercluster's two ports take for the bare points. The correctness gate: all are held, and the picture of the whole
//! world shows as many.
//!
//! `cargo bench -p talaia-engine --bench apply -- [--n 4000000] [--rounds 7] [--seed 7] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[expect(dead_code, reason = "written for the row of words, which checks what it finds too")]
#[path = "../text/corpus.rs"]
mod corpus;
mod pass;
#[expect(dead_code, reason = "this row loads no peer against the clock")]
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
use peers::row::{Options, median, small};
use peers::{Outcome, points};
use serde_json::{Value, json};
use wire::grade::HazardSet;
use wire::tile::TileId;
use wire::view::{Mode, Window};

const SIZES: [usize; 3] = [200_000, 1_000_000, 4_000_000];

/// Live reports beside which others come.
const LIVE: [usize; 4] = [10_000, 100_000, 200_000, 1_000_000];
/// How many live the gate of the pace is for.
const LIVE_GATE: usize = 200_000;
/// Reports a second, on one core.
const PACE_GATE: f64 = 10_000.0;
const PACE_GOAL: f64 = 50_000.0;

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
    rows.splice(0..0, paces(&options)?);
    options.report(&rows)
}

/// The rows of time: the pace where 200,000 are live, and what a report costs in the largest World beside the smallest.
fn paces(options: &Options) -> Outcome<Vec<Value>> {
    let sizes = if small() { vec![options.n / 4, options.n] } else { LIVE.to_vec() };
    let mut by_size: Vec<(usize, f64)> = Vec::new();
    let mut rows = Vec::new();
    for n in sizes {
        let (mut wall, mut cpu) = (Vec::new(), Vec::new());
        let mut note = String::new();
        for _ in 0..ROUNDS.min(options.rounds) {
            let answer = weigh("pass", n, options.seed)?;
            wall.push(answer["micros"].as_f64().ok_or("no time")?);
            cpu.push(answer["cpu_micros"].as_f64().ok_or("no time")?);
            note = format!(
                "{} came and as many left; {} situations, {} changes told",
                pass::coming(n),
                answer["n_situations"],
                answer["n_changes"]
            );
        }
        let (wall, cpu) = (median(&mut wall), median(&mut cpu));
        by_size.push((n, wall));
        println!(
            "apply, {n} live: {wall:.1} µs a report by the wall, {cpu:.1} of the processor; {note}"
        );
        let pace = 1e6 / wall;
        let gate = (n == LIVE_GATE).then_some(1.0);
        rows.push(json!({
            "row": format!("apply (pace, {n} live)"),
            "work": format!("a report comes and one leaves, {n} live: words, copies, windows, clusters, zones, rules, situations"),
            "ours": wall,
            "peer": 1e6 / PACE_GATE,
            "peer_version": "10,000 reports a second of one core",
            "unit": "µs",
            "ratio": { "median": pace / PACE_GATE, "min": pace / PACE_GATE, "max": pace / PACE_GATE, "rounds": ROUNDS },
            "gate": gate,
            "goal": gate.map(|_| PACE_GOAL / PACE_GATE),
            "holds": gate.is_none_or(|gate| pace / PACE_GATE >= gate),
            "note": format!("{cpu:.1} µs of the processor; {note}"),
        }));
    }
    let ((least, cheap), (most, dear)) =
        (*by_size.first().ok_or("no sizes")?, *by_size.last().ok_or("no sizes")?);
    let (grown, log) = (dear / cheap, (most as f64).ln() / (least as f64).ln());
    println!(
        "apply: {grown:.2} times the cost from {least} to {most}, the logarithm grows {log:.2} times"
    );
    rows.push(json!({
        "row": "apply (cost by size)",
        "work": format!("what a report costs at {most} live beside {least}"),
        "ours": grown,
        "peer": log,
        "peer_version": "the logarithm of those",
        "unit": "times",
        "ratio": { "median": log / grown, "min": log / grown, "max": log / grown, "rounds": 1 },
        "gate": 1.0,
        "goal": 1.0,
        "holds": grown <= log,
        "note": by_size.iter().map(|(n, each)| format!("{each:.1} µs at {n}")).collect::<Vec<_>>().join(", "),
    }));
    Ok(rows)
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
        "pass" => Some(pass::pass),
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
