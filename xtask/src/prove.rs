//! `cargo xtask prove`: the long proofs at full size, against the release binary.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use crate::failure::{Failure, Outcome};
use crate::tally::Tally;
use crate::{binary, debian, packages, paths, step, test};

/// The proofs that need a browser: projects of `playwright.config.ts`.
const ON_SCREEN: [&str; 2] = ["frozen", "crowded"];

/// Runs the proofs whose name holds `NAME`, or all.
pub(crate) fn prove(names: &[String]) -> Outcome<()> {
    if names.len() > 1 {
        return Err(Failure::usage("cargo xtask prove [NAME]: one name, or none for all"));
    }
    if !paths::root().join("tests/proofs/main.rs").is_file() {
        return Err(Failure::new("no proofs in this checkout (tests/proofs/main.rs)"));
    }
    packages::ensure()?;
    for program in [&debian::STRACE, &debian::POSTGRES, &debian::CHROMIUM] {
        if let Err(failure) = debian::ensure(program) {
            println!("  {failure}");
        }
    }
    let binary = binary::release()?;
    let before = results();
    let name = names.first().map_or("", String::as_str);
    // Proofs of the hub need its insides, and live with the unit tests in modules called `proof`.
    let within = format!("proof::{name}");
    let mut tally = Tally::default();
    let mut all_ended_well = true;
    let native = [
        ("proofs at full size", ["-p", "talaia-tests", "--test", "proofs"].as_slice(), name),
        ("proofs within the server", &["-p", "talaia", "--lib"], &within),
    ];
    for (title, target, filter) in native.into_iter().filter(|_| !ON_SCREEN.contains(&name)) {
        let mut command = Command::new("cargo");
        // Optimised: hundreds of clients share the machine with the server they measure.
        command.args(["test", "--release", "--locked", "--no-fail-fast"]).args(target);
        command.args(["--", filter]);
        // One at a time: a proof measures and kills, and its neighbours would notice.
        command.args(["--nocapture", "--test-threads=1"]).current_dir(paths::root());
        command.env("TALAIA_BIN", &binary).env("TALAIA_PROVE", "full").env("INSTA_UPDATE", "no");
        let (ended_well, output) = step::tee(title, &mut command)?;
        all_ended_well &= ended_well;
        tally = tally.plus(Tally::of_libtest(&output));
    }
    for project in ON_SCREEN.iter().filter(|project| project.contains(name)) {
        let shown = test::playwright("the proof on the screen", project, "full", &binary)?;
        tally = tally.plus(shown);
    }
    for (file, changed) in results() {
        if !before.contains(&(file.clone(), changed)) {
            println!("  docs/proofs/{file}");
        }
    }
    println!("{}", tally.line());
    if !all_ended_well || tally.failed > 0 {
        return Err(Failure::new("a proof failed"));
    }
    if tally.passed == 0 {
        return Err(Failure::new(
            "no proof has that name: cargo test -p talaia-tests --test proofs -- --list",
        ));
    }
    Ok(())
}

/// The results there are, with the time of their last change.
fn results() -> Vec<(String, Option<SystemTime>)> {
    let Ok(folder) = fs::read_dir(paths::root().join("docs/proofs")) else { return Vec::new() };
    folder
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let changed = entry.metadata().and_then(|meta| meta.modified()).ok();
            Some((entry.file_name().to_string_lossy().into_owned(), changed))
        })
        .collect()
}
