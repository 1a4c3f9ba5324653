//! `cargo xtask bench`: each row is a program that writes `target/bench/ROW.json`; this runs them and shows one table.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::failure::{Failure, Outcome, at};
use crate::{binary, debian, first_load, packages, paths, step};

/// How a row is measured.
enum Program {
    /// A bench target of a package of the workspace.
    Cargo { package: &'static str, folder: &'static str },
    /// A Node program, given the release binary and a Chromium.
    Node { file: &'static str },
    /// Weighed here.
    FirstLoad,
}

struct Row {
    name: &'static str,
    program: Program,
    /// Whether the program starts the release binary.
    starts_server: bool,
}

/// The rows that exist, in the order in which they run.
const ROWS: &[Row] = &[
    Row {
        name: "build",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "update",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "view",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "apply",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "dbscan",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "zones",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "search",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "text",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "ingest",
        program: Program::Cargo { package: "talaia-tests", folder: "tests/benches" },
        starts_server: true,
    },
    Row {
        name: "latest",
        program: Program::Cargo { package: "talaia-tests", folder: "tests/benches" },
        starts_server: true,
    },
    Row {
        name: "frame-bytes",
        program: Program::Cargo { package: "talaia-engine", folder: "engine/benches" },
        starts_server: false,
    },
    Row {
        name: "fanout",
        program: Program::Cargo { package: "talaia-tests", folder: "tests/benches/load" },
        starts_server: true,
    },
    Row {
        name: "socket-memory",
        program: Program::Cargo { package: "talaia-tests", folder: "tests/benches/load" },
        starts_server: true,
    },
    Row { name: "first-load", program: Program::FirstLoad, starts_server: false },
    Row {
        name: "map-change",
        program: Program::Node { file: "tests/benches/map-change.mjs" },
        starts_server: false,
    },
    Row {
        name: "event-to-screen",
        program: Program::Node { file: "tests/benches/event-to-screen.mjs" },
        starts_server: true,
    },
];

/// How much a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Shows that the row runs and its correctness gates hold. Programs in Rust are not optimised, so its ratios say nothing.
    Small,
    /// What is published.
    Full,
}

/// Runs the named rows, or all, at full size.
pub(crate) fn bench(names: &[String]) -> Outcome<()> {
    rows(names, Size::Full)
}

/// Runs the named rows, or all.
pub(crate) fn rows(names: &[String], size: Size) -> Outcome<()> {
    for name in names {
        if !ROWS.iter().any(|row| row.name == name.as_str()) {
            let known: Vec<_> = ROWS.iter().map(|row| row.name).collect();
            return Err(Failure::usage(format!(
                "no bench row {name:?}: choose from {}",
                known.join(", ")
            )));
        }
    }
    let chosen =
        ROWS.iter().filter(|row| names.is_empty() || names.iter().any(|name| name == row.name));
    let mut table = Vec::new();
    let mut broken = Vec::new();
    for row in chosen {
        let done = run(row, size).and_then(|()| read(row.name));
        match done {
            Ok(report) => table.extend(report["rows"].as_array().cloned().unwrap_or_default()),
            Err(failure) => broken.push(format!("{}: {failure}", row.name)),
        }
    }
    print(&table);
    if size == Size::Small {
        println!(
            "small, and mostly not optimised: that the rows run and are right, nothing of speed"
        );
    }
    // At small size a gate on speed says nothing; a failed correctness gate has no ratio.
    let failing = table.iter().filter(|row| {
        row["holds"] != true && (size == Size::Full || !row["ratio"]["median"].is_number())
    });
    broken.extend(
        failing.map(|row| format!("{} does not hold: {}", text(&row["row"]), text(&row["note"]))),
    );
    if broken.is_empty() { Ok(()) } else { Err(Failure::new(broken.join("\n"))) }
}

fn run(row: &Row, size: Size) -> Outcome<()> {
    println!("\n━━ bench {}", row.name);
    let json = file(row.name);
    if let Some(folder) = json.parent() {
        at(folder.display(), fs::create_dir_all(folder))?;
    }
    let mut command = match row.program {
        Program::FirstLoad => return first_load::weigh(),
        Program::Cargo { package, folder } => {
            packages::ensure()?;
            exists(&[
                format!("{folder}/{}.rs", row.name),
                format!("{folder}/{}/main.rs", row.name),
            ])?;
            let mut command = Command::new("cargo");
            command.args(["bench", "--locked", "-p", package, "--bench", row.name]);
            // The libraries are there already as the tests want them; to compile them once more takes CI five minutes.
            if size == Size::Small {
                command.args(["--profile", "dev"]);
            }
            command.args(["--", "--json"]).arg(&json);
            command
        }
        Program::Node { file } => {
            packages::ensure()?;
            exists(&[file.to_owned()])?;
            let mut command = Command::new("node");
            command.arg(file).arg("--json").arg(&json);
            command.env("TALAIA_CHROMIUM", debian::ensure(&debian::CHROMIUM)?);
            command
        }
    };
    if row.starts_server {
        command.env("TALAIA_BIN", binary::release()?);
    }
    let _ = fs::remove_file(&json);
    command
        .current_dir(paths::root())
        .env("TALAIA_BENCH", if size == Size::Small { "small" } else { "full" });
    step::run(&format!("bench {}", row.name), &mut command)
}

/// A row whose program is not there yet says so, and does not fail in a compiler's words.
fn exists(files: &[String]) -> Outcome<()> {
    if files.iter().any(|file| paths::root().join(file).is_file()) {
        return Ok(());
    }
    Err(Failure::new(format!("not built yet ({})", files.join(" or "))))
}

fn file(row: &str) -> PathBuf {
    paths::target().join("bench").join(format!("{row}.json"))
}

fn read(row: &str) -> Outcome<Value> {
    let file = file(row);
    let text = at(format!("{} was not written", file.display()), fs::read_to_string(&file))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("{}: {error}", file.display())))
}

/// Writes a row's report.
pub(crate) fn write(row: &str, report: &Value) -> Outcome<()> {
    let file = file(row);
    if let Some(folder) = file.parent() {
        at(folder.display(), fs::create_dir_all(folder))?;
    }
    at(file.display(), fs::write(&file, format!("{report:#}\n")))
}

fn print(rows: &[Value]) {
    println!(
        "\n{:<42} {:>14} {:>14} {:<8} {:>8} {:>17} {:>7} {:>7}  holds",
        "row", "ours", "peer", "unit", "ratio", "min – max", "gate", "goal"
    );
    for row in rows {
        let ratio = &row["ratio"];
        println!(
            "{:<42} {:>14} {:>14} {:<8} {:>8} {:>17} {:>7} {:>7}  {}",
            text(&row["row"]),
            text(&row["ours"]),
            text(&row["peer"]),
            text(&row["unit"]),
            text(&ratio["median"]),
            format!("{} – {}", text(&ratio["min"]), text(&ratio["max"])),
            text(&row["gate"]),
            text(&row["goal"]),
            if row["holds"] == true { "yes" } else { "NO" },
        );
        println!(
            "    {} · {} · {}",
            text(&row["work"]),
            text(&row["peer_version"]),
            text(&row["note"])
        );
    }
}

/// A figure short enough for a table.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(figure) if figure.fract() != 0.0 && figure.abs() < 1_000.0 => {
                format!("{figure:.2}")
            }
            Some(figure) => format!("{figure:.0}"),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_row_is_wrong_usage() {
        assert_eq!(rows(&["bild".to_owned()], Size::Small).unwrap_err().code(), 2);
    }

    #[test]
    fn figures_fit_a_table() {
        assert_eq!(text(&serde_json::json!(41.666_666)), "41.67");
        assert_eq!(text(&serde_json::json!(283_000.4)), "283000");
        assert_eq!(text(&Value::Null), "–");
    }
}
