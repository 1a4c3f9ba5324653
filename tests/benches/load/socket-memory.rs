//! Bench row `socket-memory`: resident memory of the server for each subscribed connection that has sent a frame.
//!
//! The peer is the same framework with its own defaults, in a process of its own: it greets and echoes, and knows nothing.
//! Kernel memory of sockets is outside of both. Rounds are interleaved, and each starts both processes anew: memory that
//! a process once took it seldom gives back.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at what it cannot measure"
)]

mod child;
mod meter;
mod plain;
mod swarm;
mod town;

use serde_json::{Value, json};

/// Bytes a connection may take, and what we publish.
const GATE: f64 = 8.0 * 1024.0;
const GOAL: f64 = 5.0 * 1024.0;

/// Sockets before the count begins.
const FEW: usize = 50;

struct Plan {
    sockets: usize,
    rounds: usize,
}

const FULL: Plan = Plan { sockets: 4_000, rounds: 7 };
const SMALL: Plan = Plan { sockets: 400, rounds: 3 };

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match args.get(1).map(String::as_str) {
        Some("swarm") => return runtime.block_on(swarm::run(&args[2..])),
        Some("plain") => return runtime.block_on(plain::run()),
        _ => {}
    }
    // cargo test starts benches too, with a flag of its own and no intent to measure.
    let Some(json) = args.iter().position(|arg| arg == "--json").and_then(|at| args.get(at + 1))
    else {
        println!("nothing is measured without --json FILE");
        return;
    };
    let small = std::env::var("TALAIA_BENCH").is_ok_and(|size| size == "small");
    let report = runtime.block_on(measure(if small { SMALL } else { FULL }));
    std::fs::write(json, format!("{report:#}\n")).unwrap();
}

async fn measure(plan: Plan) -> Value {
    let machine = meter::machine();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        let own = ours_once(plan.sockets).await;
        let other = theirs_once(plan.sockets).await;
        println!(
            "round {round}: ours {own:.0} bytes a connection, the framework's defaults {other:.0}"
        );
        ours.push(own);
        theirs.push(other);
    }
    let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(own, other)| other / own).collect();
    let (middle, own) = (meter::median(&mut ratios), meter::median(&mut ours));
    json!({ "date": meter::date(), "machine": machine, "rows": [{
        "row": "socket-memory",
        "work": format!("{} connections, each with a view of one tile and all of its frames read", plan.sockets),
        "ours": own,
        "peer": meter::median(&mut theirs),
        "peer_version": "axum 0.8 with default buffers, greeting and echo",
        "unit": "bytes of RSS a connection",
        "ratio": { "median": middle, "min": ratios.first(), "max": ratios.last(), "rounds": ratios.len() },
        "gate": GATE,
        "goal": GOAL,
        "holds": own <= GATE,
        "note": "gate and goal are bytes a connection",
    }]})
}

async fn ours_once(sockets: usize) -> f64 {
    let place = town::place();
    let mut town = town::Town::start(place.path());
    town.report().await;
    a_connection(town.server.pid(), &town.server.base, &town.partner.key, sockets).await
}

async fn theirs_once(sockets: usize) -> f64 {
    let peer = plain::Plain::start();
    a_connection(peer.part.pid(), &peer.base, "nobody", sockets).await
}

/// The bytes that each socket takes once it has read all it is sent. A few come first, so that what a server sets up
/// once is not counted.
async fn a_connection(pid: u32, base: &str, key: &str, sockets: usize) -> f64 {
    let mut few = swarm::Swarm::start(base, key, FEW, town::VIEW);
    settled(&mut few, FEW).await;
    let before = rss(pid);
    let mut swarm = swarm::Swarm::start(base, key, sockets, town::VIEW);
    settled(&mut swarm, sockets).await;
    (rss(pid) - before) / sockets as f64
}

async fn settled(swarm: &mut swarm::Swarm, sockets: usize) {
    let all = sockets as u64;
    let read = swarm.until(|read| read.open == all && read.frames >= 2 * all).await;
    assert_eq!(read.open, all, "sockets were lost");
}

/// Resident memory of a process, in bytes.
fn rss(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) * 1024.0
}
