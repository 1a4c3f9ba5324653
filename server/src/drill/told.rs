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
        let (held, n) =
            row.checks.iter().fold((0, 0), |(held, n), tally| (held + tally.n_held, n + tally.n));
        let last = [format!("{held}/{n}"), format!("{:.1}", row.seconds)];
        all.push(line(&row.scenario, &row.ours, row.days, last));
        all.push(line("  baseline", &row.baseline, row.days, Default::default()));
    }
    all
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
