//! The bench row `ingest`: rows a second, each batch acknowledged after its commit at `synchronous=FULL`.
//!
//! Ours is the release binary over HTTP: reports and observations as NDJSON in, checked, sealed, journaled, applied, acknowledged. The ceiling writes the very
//! rows that ours wrote, ready made, with the same multi-row statements into the same schema on the same file system, and
//! does nothing else. PostgreSQL takes them by COPY. Rounds are interleaved, ratios are taken round by round.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at what it cannot measure"
)]

mod ceiling;
mod ours;
mod postgres;
mod report;
mod rows;

use std::path::PathBuf;

use ours::What;

/// Items in one request, and so in one acknowledgement.
const BATCHES: [usize; 3] = [100, 1_000, 10_000];

/// How much is written in a round, and how often.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rounds: usize,
    /// Batches in a round: enough rows that a round lasts longer than a hiccup of the disk.
    batches: fn(usize) -> usize,
}

const FULL: Plan = Plan { rounds: 7, batches: |size| (40_000 / size).clamp(8, 100) };
const SMALL: Plan = Plan { rounds: 3, batches: |size| (4_000 / size).clamp(1, 10) };

fn main() {
    // cargo test starts benches too, with this flag and no intent to measure.
    let args: Vec<String> = std::env::args().collect();
    let Some(json) = args.iter().position(|arg| arg == "--json").and_then(|at| args.get(at + 1))
    else {
        println!("nothing is measured without --json FILE");
        return;
    };
    let small = std::env::var("TALAIA_BENCH").is_ok_and(|size| size == "small");
    let plan = if small { SMALL } else { FULL };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let report = runtime.block_on(measure(plan));
    std::fs::write(PathBuf::from(json), format!("{report:#}\n")).unwrap();
}

async fn measure(plan: Plan) -> serde_json::Value {
    let place = rows::place();
    let probes = report::probes(place.path());
    let mut ours = ours::Ours::start(place.path()).await;
    let ceiling = ceiling::Ceiling::open(place.path()).await;
    let postgres = postgres::Server::start().await;
    let mut lines = Vec::new();
    let kinds = [What::Reports, What::Observations];
    for (what, size) in kinds.into_iter().flat_map(|what| BATCHES.map(|size| (what, size))) {
        let mut rounds = Vec::new();
        // The first round warms caches and plans, and is not counted.
        for round in 0..=plan.rounds {
            let bodies = ours.bodies(what, size, (plan.batches)(size));
            let n = size * (plan.batches)(size);
            let own = ours.ingest(what, bodies, size).await;
            let written = ours.newest(n).await;
            // Correctness comes before time: what was acknowledged is in the journal.
            assert_eq!(written.n(), n, "acknowledged rows that are not in the journal");
            let top = ceiling.write(&written, size).await;
            let copied = match &postgres {
                Ok(server) => Some(server.copy(&written, size).await),
                Err(_) => None,
            };
            if round > 0 {
                rounds.push(report::Round { n, ours: own, ceiling: top, postgres: copied });
            }
        }
        lines.extend(report::lines(
            what,
            size,
            &rounds,
            &postgres.as_ref().map(postgres::Server::version),
        ));
    }
    ours.check().await;
    serde_json::json!({"date": report::date(), "machine": probes, "rows": lines})
}
