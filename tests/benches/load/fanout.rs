//! Bench row `fanout`: processor time of the server for each frame that it delivers, 2,000 sockets on one tile.
//!
//! Ours is the release binary: each report is journaled, applied, framed once, and sent to every socket as a tile and a
//! counter line, about 256 bytes each. The floor writes as many bytes in as many writes into as many raw sockets, ready
//! made. Clients are a process of their own. Rounds are interleaved, ratios are taken round by round; before them the
//! gate of correctness: every socket was sent every change.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at what it cannot measure"
)]

mod child;
mod cpu;
mod floor;
mod meter;
mod swarm;
mod town;

use std::time::Duration;

use serde_json::{Value, json};

/// Ours may cost this many times the floor; and what we publish.
const GATE: f64 = 1.6;
const GOAL: f64 = 1.15;

/// Between two reports: each is a flush of its own.
const GAP: Duration = Duration::from_millis(160);

/// Frames in a batch: the tile and the counter line.
const FRAMES: u64 = 2;

struct Plan {
    sockets: usize,
    rounds: usize,
    reports: usize,
}

const FULL: Plan = Plan { sockets: 2_000, rounds: 7, reports: 40 };
const SMALL: Plan = Plan { sockets: 200, rounds: 3, reports: 10 };

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match args.get(1).map(String::as_str) {
        Some("swarm") => return runtime.block_on(swarm::run(&args[2..])),
        Some("floor") => return runtime.block_on(floor::run(&args[2..])),
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
    let place = town::place();
    let machine = meter::machine();
    let mut town = town::Town::start(place.path());
    town.report().await;
    let mut swarm =
        swarm::Swarm::start(&town.server.base, &town.partner.key, plan.sockets, town::VIEW);
    let sockets = plan.sockets as u64;
    let before = swarm.until(|read| read.open == sockets && read.frames >= 3 * sockets).await;
    town.report().await;
    let after = swarm.until(|read| read.frames >= before.frames + FRAMES * sockets).await;
    let batch_bytes = (after.bytes - before.bytes) / sockets;
    let mut floor = floor::Floor::start(plan.sockets, batch_bytes);
    let pinned =
        [(town.server.pid(), 0), (floor.pid(), 0), (swarm.0.pid(), 1), (floor.swarm.0.pid(), 1)]
            .map(|(pid, core)| cpu::pin(pid, core));
    let (mut ours, mut lowest) = (Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        let (before, spent) = (swarm.read(), cpu::cpu_s(town.server.pid()));
        for _ in 0..plan.reports {
            town.report().await;
            tokio::time::sleep(GAP).await;
        }
        let due = plan.reports as u64 * FRAMES * sockets;
        let after = swarm.until(|read| read.frames >= before.frames + due).await;
        let frames = after.frames - before.frames;
        assert_eq!(after.open, sockets, "sockets were lost");
        let own = (cpu::cpu_s(town.server.pid()) - spent) * 1e6 / frames as f64;
        let (was, spent) = (floor.swarm.read(), cpu::cpu_s(floor.pid()));
        floor.send(plan.reports, GAP);
        let due = plan.reports as u64 * sockets * batch_bytes;
        floor.swarm.until(|read| read.bytes >= was.bytes + due).await;
        let low = (cpu::cpu_s(floor.pid()) - spent) * 1e6 / frames as f64;
        println!("round {round}: ours {own:.2} µs a frame, floor {low:.2}, {:.2} times", own / low);
        ours.push(own);
        lowest.push(low);
    }
    let mut ratios: Vec<f64> = ours.iter().zip(&lowest).map(|(own, low)| low / own).collect();
    let middle = meter::median(&mut ratios);
    json!({ "date": meter::date(), "machine": machine, "rows": [{
        "row": "fanout",
        "work": format!(
            "{} sockets, {} reports a round {} ms apart: a tile and a counter line to each, {} bytes together",
            plan.sockets, plan.reports, GAP.as_millis(), batch_bytes
        ),
        "ours": meter::median(&mut ours),
        "peer": meter::median(&mut lowest),
        "peer_version": "raw sockets, one write a batch, ready-made bytes",
        "unit": "CPU µs a frame",
        "ratio": { "median": middle, "min": ratios.first(), "max": ratios.last(), "rounds": ratios.len() },
        "gate": 1.0 / GATE,
        "goal": 1.0 / GOAL,
        "holds": middle >= 1.0 / GATE,
        "note": format!(
            "{:.2} times the floor (gate {GATE}, goal {GOAL}); ours includes taking, journaling and applying the reports, heartbeats \
             and the check of rights twice a second; {}",
            1.0 / middle,
            if pinned.iter().all(|pinned| *pinned) { "servers on core 0, clients on core 1" } else { "not pinned" },
        ),
    }]})
}
