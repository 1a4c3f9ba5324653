//! What the table promises, and whether it is kept.

use super::run::Row;
use super::score::Figures;

/// Found within two minutes of the first report: nine of ten events.
pub const IN_TIME_LEAST: f64 = 0.9;
/// Situations that belong to something.
pub const PRECISION_LEAST: f64 = 0.85;
/// Events that are found.
pub const RECALL_LEAST: f64 = 0.9;
/// False situations a day of a quiet week.
pub const FALSE_A_DAY_MOST: f64 = 1.0;

/// A promise, what was measured, and whether it is kept.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Gate {
    /// What.
    pub gate: String,
    /// As it was measured.
    pub measured: String,
    /// The same of the baseline, where it has one.
    pub baseline: String,
    /// Whether it is kept.
    pub holds: bool,
}

/// The promises over these rows. What nothing was measured for is left out.
pub fn gates(rows: &[Row]) -> Vec<Gate> {
    let (mut ours, mut baseline) = (Figures::default(), Figures::default());
    for row in rows.iter().filter(|row| !row.rebuilt && row.ours.n_events > 0) {
        ours.add(&row.ours);
        baseline.add(&row.baseline);
    }
    let mut gates = Vec::new();
    let mut least = |gate: &str, of: fn(&Figures) -> Option<f64>, least: f64| {
        let Some(measured) = of(&ours) else { return };
        let told = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.3}"));
        gates.push(Gate {
            gate: format!("{gate} at least {least}"),
            measured: told(Some(measured)),
            baseline: told(of(&baseline)),
            holds: measured >= least,
        });
    };
    least("found within 120 s of the first report", Figures::in_time, IN_TIME_LEAST);
    least("precision", Figures::precision, PRECISION_LEAST);
    least("recall", Figures::recall, RECALL_LEAST);
    for row in rows.iter().filter(|row| row.ours.n_events == 0 && row.days >= 1.0) {
        let a_day = |figures: &Figures| f64::from(figures.n_false) / row.days;
        gates.push(Gate {
            gate: format!("{}: false situations a day at most {FALSE_A_DAY_MOST}", row.scenario),
            measured: format!("{:.3}", a_day(&row.ours)),
            baseline: format!("{:.3}", a_day(&row.baseline)),
            holds: a_day(&row.ours) <= FALSE_A_DAY_MOST,
        });
    }
    gates.push(Gate {
        gate: "situations called supported that must not be: none".to_owned(),
        measured: ours.n_supported_wrongly.to_string(),
        baseline: "-".to_owned(),
        holds: ours.n_supported_wrongly == 0,
    });
    for row in rows {
        for tally in &row.checks {
            gates.push(Gate {
                gate: format!("{}: {}", row.scenario, tally.check),
                measured: format!("{} of {}", tally.n_held, tally.n),
                baseline: "-".to_owned(),
                holds: tally.n_held == tally.n,
            });
        }
    }
    gates
}
