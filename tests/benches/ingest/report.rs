//! From rounds to the report: ratios round by round, gates, goals, and what the machine was like.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::ours::{CONNECTIONS, Took, What};

/// Against the ceiling: below the gate something stands in the road; the goal is what we publish.
const CEILING_GATE: f64 = 0.5;
const CEILING_GOAL: f64 = 0.8;
/// Against PostgreSQL's COPY.
const POSTGRES_GOAL: f64 = 1.5;

/// One round of all three.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) n: usize,
    pub(crate) ours: Took,
    pub(crate) ceiling: f64,
    pub(crate) postgres: Option<f64>,
}

/// The lines of one batch size.
pub(crate) fn lines(
    what: What,
    size: usize,
    rounds: &[Round],
    postgres: &Result<String, &String>,
) -> Vec<Value> {
    let what = what.word();
    let work = format!(
        "batches of {size} {what}, {} a round, acknowledged after commit at FULL; ours over HTTP with {CONNECTIONS} connections: \
         parsed, checked, sealed, applied; peers write the same rows ready made",
        rounds.first().map_or(0, |round| round.n)
    );
    let cpu_us: Vec<f64> =
        rounds.iter().map(|round| round.ours.cpu_s * 1e6 / round.n as f64).collect();
    let note = format!("server processor time {:.1} µs a row", median(&cpu_us));
    let rate = |seconds: f64, round: &Round| round.n as f64 / seconds;
    let ours =
        median(&rounds.iter().map(|round| rate(round.ours.seconds, round)).collect::<Vec<_>>());
    let line = |peer_name: &str,
                peer_version: &str,
                seconds: Vec<f64>,
                gate: Option<f64>,
                goal: f64| {
        let ratios: Vec<f64> =
            rounds.iter().zip(&seconds).map(|(round, peer)| peer / round.ours.seconds).collect();
        let peer = median(
            &rounds
                .iter()
                .zip(&seconds)
                .map(|(round, peer)| rate(*peer, round))
                .collect::<Vec<_>>(),
        );
        json!({
            "row": format!("ingest {what} by {size} · {peer_name}"), "work": work, "ours": ours.round(), "peer": peer.round(),
            "peer_version": peer_version,
            "unit": "rows/s",
            "ratio": {
                "median": median(&ratios),
                "min": ratios.iter().copied().fold(f64::INFINITY, f64::min),
                "max": ratios.iter().copied().fold(0.0, f64::max),
                "rounds": ratios.len(),
            },
            "gate": gate, "goal": goal, "holds": gate.is_none_or(|gate| median(&ratios) >= gate), "note": note,
        })
    };
    let mut lines = vec![line(
        "SQLite ceiling",
        "SQLite through sqlx 0.9, same schema and statements",
        rounds.iter().map(|round| round.ceiling).collect(),
        Some(CEILING_GATE),
        CEILING_GOAL,
    )];
    let copied: Option<Vec<f64>> = rounds.iter().map(|round| round.postgres).collect();
    if let (Some(seconds), Ok(version)) = (copied, postgres) {
        lines.push(line("PostgreSQL COPY", version, seconds, None, POSTGRES_GOAL));
    } else {
        lines.push(json!({
            "row": format!("ingest {what} by {size} · PostgreSQL"), "work": work, "ours": ours.round(), "peer": null, "peer_version": null,
            "unit": "rows/s", "ratio": {"median": null, "min": null, "max": null, "rounds": 0},
            "gate": null, "goal": POSTGRES_GOAL, "holds": true, "note": format!("not run: {}", postgres.as_ref().err().map_or("", |why| why.as_str())),
        }));
    }
    lines
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The time the run ended.
pub(crate) fn date() -> String {
    crate::ours::instant(crate::ours::now_ms())
}

/// The probe that decides this row: what a synced append costs on this disk now.
pub(crate) fn probes(place: &Path) -> Value {
    let mut out = std::fs::File::create(place.join("probe")).unwrap();
    let mut times: Vec<f64> = (0..200)
        .map(|_| {
            let started = Instant::now();
            out.write_all(&[7; 4096]).unwrap();
            out.sync_data().unwrap();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|pair| pair.1.to_owned());
    json!({
        "cpu": cpu, "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "fdatasync_us": {"p50": times[100].round(), "p99": times[198].round()},
    })
}
