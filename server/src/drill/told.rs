//! The scoreboard as a table and as JSON.

use serde_json::{Value, json};

use super::gates::Gate;
use super::naive::Rule;
use super::run::Row;
use super::score::Figures;

/// What every table and file says of itself.
pub const SYNTHETIC: &str = "synthetic, own generator";

fn of_one(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{share:.2}"))
}

fn seconds(ms: Option<i64>) -> String {
    ms.map_or("-".to_owned(), |ms| format!("{:.0}", ms as f64 / 1_000.0))
}

fn line(name: &str, figures: &Figures, days: f64, last: [String; 2]) -> Vec<String> {
    let pieces =
        (figures.n_found > 0).then(|| f64::from(figures.n_right) / f64::from(figures.n_found));
    let [checks, seconds_played] = last;
    vec![
        name.to_owned(),
        format!("{}/{}", figures.n_found, figures.n_events),
        of_one(figures.in_time()),
        seconds(figures.median_ms()),
        of_one(figures.precision()),
        of_one(figures.recall()),
        format!("{:.2}", f64::from(figures.n_false) / days),
        of_one(pieces),
        figures.n_everyday.to_string(),
        figures.n_rumour.to_string(),
        checks,
        seconds_played,
    ]
}

/// Rows of the table, the baseline's under ours.
pub fn table(rows: &[Row]) -> Vec<Vec<String>> {
    let head = [
        "scenario",
        "found",
        "<=120s",
        "median s",
        "precision",
        "recall",
        "false/day",
        "pieces",
        "everyday",
        "rumours",
        "checks",
        "seconds",
    ];
    let mut all = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let n_held: u32 = row.checks.iter().map(|tally| tally.n_held).sum();
        let n: u32 = row.checks.iter().map(|tally| tally.n).sum();
        let last = [format!("{n_held}/{n}"), format!("{:.1}", row.seconds)];
        all.push(line(&row.scenario, &row.ours, row.days, last));
        all.push(line("  baseline", &row.baseline, row.days, Default::default()));
    }
    all
}

/// Seeds in few words.
pub fn seeds(seeds: &[u64]) -> String {
    match seeds {
        [one] => one.to_string(),
        [first, .., last] => format!("{first} to {last}"),
        [] => "none".to_owned(),
    }
}

/// Each promise and whether it is kept; of checks that did not hold, what was seen instead.
pub fn promises(rows: &[Row], gates: &[Gate]) -> Vec<String> {
    let kept = |holds: bool| if holds { "kept    " } else { "NOT KEPT" };
    let mut lines: Vec<String> = gates
        .iter()
        .map(|gate| {
            let beside = if gate.baseline == "-" {
                String::new()
            } else {
                format!(", baseline {}", gate.baseline)
            };
            format!("{}  {}: {}{beside}", kept(gate.holds), gate.gate, gate.measured)
        })
        .collect();
    for row in rows {
        for tally in &row.checks {
            lines.extend(tally.seen.iter().map(|(seed, seen)| {
                format!("          {}, {}, seed {seed}: {seen}", row.scenario, tally.check)
            }));
        }
    }
    lines
}

/// What was measured, for programs.
pub fn json(rows: &[Row], gates: &[Gate], rule: Rule) -> Value {
    json!({
        "made_of": SYNTHETIC,
        "baseline": {"side_m": rule.side_m, "window_min": rule.window_min, "k": rule.k},
        "rows": rows,
        "gates": gates,
        "holds": gates.iter().all(|gate| gate.holds),
    })
}
