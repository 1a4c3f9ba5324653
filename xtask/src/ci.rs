//! `cargo xtask ci`: what CI runs, in the order in which a failure is cheapest to find.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::bench::{self, Size};
use crate::failure::{Failure, Outcome};
use crate::test::{self, Group};
use crate::{binary, packages, paths, step, tools};

/// Bench rows that end within a minute or two at small size; the others are run by `cargo xtask bench`.
const SMALL_ROWS: [&str; 7] =
    ["build", "dbscan", "text", "ingest", "latest", "first-load", "event-to-screen"];

struct Done {
    step: &'static str,
    time: Duration,
    result: Result<String, String>,
}

/// Runs every step, keeps going after a failing one, and ends with a table.
pub(crate) fn ci(rest: &[String]) -> Outcome<()> {
    if !rest.is_empty() {
        return Err(Failure::usage("cargo xtask ci takes no arguments"));
    }
    let mut done = Vec::new();
    let mut go = |step, work: &mut dyn FnMut() -> Outcome<String>| {
        println!("\n━━━━ {step}");
        let started = Instant::now();
        let result = work().map_err(|failure| failure.to_string());
        if let Err(sentence) = &result {
            println!("{sentence}");
        }
        let ok = result.is_ok();
        done.push(Done { step, time: started.elapsed(), result });
        ok
    };
    go("tools", &mut || {
        tools::components()?;
        tools::wasm_target()?;
        packages::ensure().map(|()| String::new())
    });
    go("format", &mut || cargo(&["fmt", "--all", "--check"], &[]));
    go("clippy", &mut || {
        cargo(&["clippy", "--workspace", "--locked", "--all-targets", "--", "-D", "warnings"], &[])
    });
    // clippy checks all that `cargo check` does, and then its own: one pass serves both.
    go("clippy wasm32", &mut || {
        let own = ["-p", "talaia-wire", "-p", "talaia-engine", "-p", "talaia-app"];
        let mut line = vec!["clippy", "--locked", "--target", tools::WASM];
        line.extend(own);
        line.extend(["--", "-D", "warnings"]);
        cargo(&line, &[])
    });
    go("docs", &mut || {
        cargo(
            &["doc", "--workspace", "--locked", "--no-deps", "--document-private-items"],
            &[("RUSTDOCFLAGS", "-D warnings")],
        )
    });
    go("licences", &mut licences);
    let mut binary = None;
    go("unit", &mut || group(Group::Unit, None));
    go("release", &mut || {
        let built = binary::release()?;
        let size = std::fs::metadata(&built).map_or(0, |meta| meta.len());
        binary = Some(built);
        Ok(format!("talaia is {:.1} MB", size as f64 / 1e6))
    });
    let built = binary.as_deref();
    go("story", &mut || group(Group::Story, built));
    go("services", &mut || group(Group::Services, built));
    if built.is_some() {
        go("browser", &mut || group(Group::Browser, built));
        go("benches", &mut || {
            let rows: Vec<String> = SMALL_ROWS.iter().map(|row| (*row).to_owned()).collect();
            bench::rows(&rows, Size::Small).map(|()| "small".to_owned())
        });
    }
    go("realdata", &mut || group(Group::Realdata, built));
    table(&done)
}

fn group(group: Group, built: Option<&std::path::Path>) -> Outcome<String> {
    test::run(group, built).map(|tally| tally.line())
}

/// Bans, licences and sources of all dependencies. Those of other systems are fetched too: cargo-deny reads them all.
fn licences() -> Outcome<String> {
    let deny = tools::deny()?;
    cargo(&["fetch", "--locked"], &[])?;
    let mut command = Command::new(deny);
    command.args(["--offline", "check", "--hide-inclusion-graph"]);
    command.args(["bans", "licenses", "sources"]).current_dir(paths::root());
    step::quiet(&mut command).map(|()| String::new())
}

fn cargo(args: &[&str], variables: &[(&str, &str)]) -> Outcome<String> {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(paths::root()).envs(variables.iter().copied());
    step::run(&step::shown(&command), &mut command).map(|()| String::new())
}

fn table(done: &[Done]) -> Outcome<()> {
    println!("\n{:<14} {:>12}  result", "step", "time");
    let (mut failed, mut told) = (Vec::new(), String::new());
    for Done { step, time, result } in done {
        let result = match result {
            Ok(note) if note.is_empty() => "ok".to_owned(),
            Ok(note) => format!("ok, {note}"),
            Err(sentence) => {
                failed.push(*step);
                let (first, rest) = sentence.split_once('\n').unwrap_or((sentence, ""));
                told.push_str(rest);
                told.push('\n');
                format!("FAILED: {first}")
            }
        };
        println!("{step:<14} {:>12}  {result}", step::elapsed(*time));
    }
    let total = done.iter().map(|step| step.time).sum();
    println!("{:<14} {:>12}", "all", step::elapsed(total));
    if failed.is_empty() {
        Ok(())
    } else {
        // Last, where it is read even of a long log's end.
        println!("\n{told}");
        Err(Failure::new(format!("ci failed: {}", failed.join(", "))))
    }
}
