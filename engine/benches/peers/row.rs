//! A row: its options, and its report in the form that `cargo xtask bench` reads.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Outcome, points, probes};

/// What one run took, in milliseconds by the wall and of CPU time.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ms (cpu {:.0})", self.wall, self.cpu)
    }
}

/// What a run is asked to do.
pub(crate) struct Options {
    pub(crate) n: usize,
    pub(crate) rounds: usize,
    pub(crate) seed: u64,
    data: Option<String>,
    json: PathBuf,
}

/// CI's size: shows that the row runs and its correctness gates hold; its ratios say little, so none is judged.
pub(crate) fn small() -> bool {
    std::env::var("TALAIA_BENCH").is_ok_and(|size| size == "small")
}

impl Options {
    /// `[--n N] [--rounds R] [--seed S] [--data F.csv.gz] [--json F]` of the row with this name.
    pub(crate) fn read(row: &str, n: usize) -> Outcome<Self> {
        let target = std::env::var("CARGO_TARGET_DIR")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").to_owned());
        let mut options = Self {
            n: if small() { 20_000 } else { n },
            rounds: if small() { 3 } else { 7 },
            seed: 7,
            data: None,
            json: PathBuf::from(target).join(format!("bench/{row}.json")),
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
        std::fs::create_dir_all(options.dir()?)?;
        Ok(options)
    }

    /// The points, and their name.
    pub(crate) fn points(&self) -> Outcome<(Vec<(f64, f64)>, String)> {
        Ok(match &self.data {
            Some(path) => (points::recorded(path)?, format!("recorded points of {path}")),
            None => (
                points::cities(self.n, self.seed),
                format!("city_{} with seed {}", self.n, self.seed),
            ),
        })
    }

    /// Where the report goes, and whatever else is written.
    pub(crate) fn dir(&self) -> Outcome<PathBuf> {
        Ok(self.json.parent().ok_or("--json needs a folder")?.to_owned())
    }

    /// Writes the report. At full size it fails when a gate does.
    pub(crate) fn report(&self, rows: &[Value]) -> Outcome<()> {
        let held = rows.iter().all(|row| row["holds"] == json!(true));
        let machine = probes::machine(&self.dir()?);
        let file = json!({ "date": today(), "machine": machine, "rows": rows });
        std::fs::write(&self.json, serde_json::to_string_pretty(&file)?)?;
        println!("{}", self.json.display());
        if held || small() { Ok(()) } else { Err("below the gate".into()) }
    }
}

/// What a row says about itself.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) work: &'a str,
    /// A row without a gate is told, not judged.
    pub(crate) gate: Option<f64>,
    pub(crate) goal: Option<f64>,
    pub(crate) note: &'a str,
}

impl Row<'_> {
    /// The row of some rounds, ours and the peer's: the ratio is the median of the ratios of rounds.
    pub(crate) fn of(&self, rounds: &[(Spent, Spent)]) -> Value {
        let column =
            |pick: fn(&(Spent, Spent)) -> f64| rounds.iter().map(pick).collect::<Vec<f64>>();
        let mut ratios = column(|(ours, peer)| peer.wall / ours.wall);
        let middle = median(&mut ratios);
        let end = |ratio: Option<&f64>| ratio.copied().unwrap_or(f64::NAN);
        let (least, most) = (end(ratios.first()), end(ratios.last()));
        let Self { name, gate, goal, .. } = self;
        println!(
            "{name}: {middle:.2}× ({least:.1} – {most:.1}; gate {}, goal {})",
            bound(*gate),
            bound(*goal)
        );
        json!({
            "row": name,
            "work": self.work,
            "ours": median(&mut column(|(ours, _)| ours.wall)),
            "peer": median(&mut column(|(_, peer)| peer.wall)),
            "peer_version": self.version,
            "unit": "ms",
            "cpu": {
                "ours": median(&mut column(|(ours, _)| ours.cpu)),
                "peer": median(&mut column(|(_, peer)| peer.cpu)),
            },
            "ratio": { "median": middle, "min": least, "max": most, "rounds": rounds.len() },
            "gate": gate,
            "goal": goal,
            "holds": gate.is_none_or(|gate| middle >= gate),
            "note": self.note,
        })
    }
}

/// A gate or a goal in words.
fn bound(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
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
