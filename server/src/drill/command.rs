//! `talaia drill`: reads the words, plays, and tells the table.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::gates::gates;
use super::naive::BEST;
use super::run::{Row, run, tune, worth};
use super::{book, seeds, told, words};

/// The fastest a scenario is played against the clock.
const SPEED_MAX: f64 = 100_000.0;

/// What `talaia drill` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A scenario that comes with Talaia, a file, or all
    #[arg(value_name = "NAME|FILE|all")]
    scenario: String,
    /// Only this seed
    #[arg(long, value_name = "S", conflicts_with = "seeds")]
    seed: Option<u64>,
    /// So many seeds of the table
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    seeds: u64,
    /// So many times as fast as the clock, or max
    #[arg(long, value_name = "N|max", default_value = "max")]
    speed: String,
    /// Writes what was measured to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Instead: tries every rule of the baseline on the tuning seeds, the best one first
    #[arg(long)]
    tune: bool,
}

/// How fast, `None` for as fast as it goes.
fn speed(word: &str) -> Result<Option<f64>, String> {
    if word == "max" {
        return Ok(None);
    }
    let speed = word.parse::<f64>().ok().filter(|speed| (0.01..=SPEED_MAX).contains(speed));
    speed
        .map(Some)
        .ok_or(format!("--speed: `{word}` is neither max nor a number of 0.01 to {SPEED_MAX}"))
}

/// Why a drill was not played: the words were wrong, or the work failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPlayed {
    /// The words or the file were wrong.
    Usage(String),
    /// The work failed.
    Work(String),
}

/// Plays, and gives the lines to print: `say` gets each as soon as it is known.
pub fn drill(args: &Args, say: &mut dyn FnMut(&str) -> bool) -> Result<(), NotPlayed> {
    let speed = speed(&args.speed).map_err(NotPlayed::Usage)?;
    let scenarios = book::find(&args.scenario).map_err(NotPlayed::Usage)?;
    if args.tune {
        let seeds: Vec<u64> = seeds::TUNING.collect();
        for (rule, figures) in tune(&scenarios, &seeds) {
            let found =
                format!("precision {:.2?} recall {:.2?}", figures.precision(), figures.recall());
            say(&format!(
                "{} m, {} min, more than {}: F1 {:.3}, {found}",
                rule.side_m,
                rule.window_min,
                rule.k,
                worth(&figures)
            ));
        }
        return Ok(());
    }
    let first = *seeds::TABLE.start();
    let seeds: Vec<u64> =
        args.seed.map_or_else(|| (first..first + args.seeds).collect(), |seed| vec![seed]);
    let words = words().map_err(NotPlayed::Work)?;
    let mut rows: Vec<Row> = Vec::new();
    for ready in &scenarios {
        let mut beat: Option<(Instant, i64)> = None;
        let mut pace = |at: wire::time::Timestamp, n_situations: usize| {
            let Some(speed) = speed else { return };
            let begins = ready.scenario.begins;
            if at < begins {
                return;
            }
            let (begun, first) = *beat.get_or_insert((Instant::now(), at.0));
            let due = Duration::from_millis(((at.0 - first).max(0) as f64 / speed) as u64);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
            say(&format!("{at}  {n_situations} situations so far"));
        };
        let row = run(ready, &seeds, BEST, &words, &mut pace);
        rows.push(row);
    }
    let gates = gates(&rows);
    say(&format!(
        "{}; seeds {}; baseline: more than {} reports in {} minutes in a square of {} m",
        told::SYNTHETIC,
        told::seeds(&seeds),
        BEST.k,
        BEST.window_min,
        BEST.side_m
    ));
    say(&crate::cli::table(&told::table(&rows)));
    for line in told::promises(&rows, &gates) {
        say(&line);
    }
    if let Some(file) = &args.json {
        let text = format!("{:#}\n", told::json(&rows, &gates, BEST));
        std::fs::write(file, text)
            .map_err(|cause| NotPlayed::Work(format!("{}: {cause}", file.display())))?;
    }
    Ok(())
}
