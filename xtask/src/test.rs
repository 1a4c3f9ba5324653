//! `cargo xtask test`: every test or one group, each group ending with `N passed, N failed`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome, at};
use crate::tally::Tally;
use crate::{binary, debian, packages, paths, step};

/// A group of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// The libraries on their own, and the tidiness of the tree.
    Unit,
    /// Stories through the public face, in process and with the real binary; the small proofs.
    Story,
    /// Databases and brokers.
    Services,
    /// A real browser before the release binary.
    Browser,
    /// Real recordings, where they are.
    Realdata,
}

/// In the order in which a failure is cheapest to find.
pub(crate) const ALL: [Group; 5] =
    [Group::Unit, Group::Story, Group::Services, Group::Browser, Group::Realdata];

/// Test targets that are not the unit group's.
const OWN_GROUP: [&str; 4] = ["story", "services", "realdata", "proofs"];

impl Group {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Story => "story",
            Self::Services => "services",
            Self::Browser => "browser",
            Self::Realdata => "realdata",
        }
    }

    fn named(name: &str) -> Outcome<Self> {
        ALL.into_iter().find(|group| group.name() == name).ok_or_else(|| {
            Failure::usage(format!(
                "no test group {name:?}: choose from unit, story, browser, services, realdata"
            ))
        })
    }
}

/// Runs the named groups, or all.
pub(crate) fn test(names: &[String]) -> Outcome<()> {
    let mut groups = Vec::new();
    for name in names {
        groups.push(Group::named(name)?);
    }
    if groups.is_empty() {
        groups.extend(ALL);
    }
    let mut lines = Vec::new();
    let mut failed = false;
    for group in groups {
        let result = run(group, None);
        failed |= result.is_err();
        lines.push(match result {
            Ok(tally) => format!("{:<9} {}", group.name(), tally.line()),
            Err(failure) => format!("{:<9} {failure}", group.name()),
        });
    }
    println!("\n{}", lines.join("\n"));
    if failed { Err(Failure::new("tests failed")) } else { Ok(()) }
}

/// Runs one group; `built` is a binary to use in place of the one the group would build.
pub(crate) fn run(group: Group, built: Option<&Path>) -> Outcome<Tally> {
    println!("\n━━ {} tests", group.name());
    let result = match group {
        Group::Unit => unit(),
        Group::Story => story(built),
        Group::Services => services(built),
        Group::Browser => browser(built),
        Group::Realdata => realdata(built),
    };
    let tally = result.as_ref().ok().cloned().unwrap_or_default();
    // A group that did not come to an end is never "0 failed".
    let tally =
        if result.is_err() { Tally { failed: tally.failed.max(1), ..tally } } else { tally };
    if let Err(failure) = &result {
        println!("{}: {failure}", group.name());
    }
    if tally.ignored > 0 {
        println!("{}: {} tests were left out", group.name(), tally.ignored);
    }
    println!("{}", tally.line());
    result?;
    if tally.failed > 0 {
        let mut sentence = format!("{} in the group {}", tally.line(), group.name());
        for test in &tally.told {
            sentence.push('\n');
            sentence.push_str(test);
        }
        return Err(Failure::new(sentence));
    }
    Ok(tally)
}

/// Every test and the quick binary in one compilation: asking cargo for them one by one would
/// unify features differently each time and compile the same crates again.
pub(crate) fn compile() -> Outcome<PathBuf> {
    step::run(
        "compiling tests (about 5 min the first time on two cores)",
        cargo().args(["build", "--workspace", "--locked", "--lib", "--bins", "--tests"]),
    )?;
    Ok(paths::target().join("debug/talaia"))
}

fn unit() -> Outcome<Tally> {
    compile()?;
    let mut command = cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins"]);
    for target in test_targets()?.iter().filter(|name| !OWN_GROUP.contains(&name.as_str())) {
        command.args(["--test", target]);
    }
    libtest("libraries and tidiness", &mut command)
}

fn story(built: Option<&Path>) -> Outcome<Tally> {
    // Where it is missing and may not be installed, the one story that needs it says so and fails.
    if let Err(failure) = debian::ensure(&debian::STRACE) {
        println!("  {failure}");
    }
    let mut tally = targets("stories", &["story"], built)?;
    if test_targets()?.iter().any(|name| name == "proofs") {
        tally = tally.plus(targets("proofs, small", &["proofs"], built)?);
    }
    Ok(tally)
}

fn services(built: Option<&Path>) -> Outcome<Tally> {
    let postgres = debian::ensure(&debian::POSTGRES)?;
    println!("  PostgreSQL: {}", postgres.display());
    let broker = debian::ensure(&debian::MOSQUITTO)?;
    debian::ensure(&debian::MOSQUITTO_CLIENTS)?;
    println!("  Mosquitto: {}", broker.display());
    targets("stories on services", &["services"], built)
}

fn realdata(built: Option<&Path>) -> Outcome<Tally> {
    let data = paths::root().join("../shared/data");
    if !data.is_dir() {
        println!("no ../shared/data beside this checkout: nothing to play");
        return Ok(Tally::default());
    }
    // A hundred thousand reports are for the release binary.
    let binary = match built {
        Some(binary) => binary.to_path_buf(),
        None => binary::release()?,
    };
    let tally = targets("real recordings", &["realdata"], Some(&binary))?;
    Ok(tally.plus(playwright("real recordings on the screen", "recorded", "small", &binary)?))
}

fn targets(title: &str, names: &[&str], built: Option<&Path>) -> Outcome<Tally> {
    let quick = compile()?;
    let mut command = cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    for name in names {
        command.args(["--test", name]);
    }
    command.env("TALAIA_BIN", built.unwrap_or(&quick));
    libtest(title, &mut command)
}

fn libtest(title: &str, command: &mut Command) -> Outcome<Tally> {
    let (ended_well, output) = step::tee(title, command)?;
    let tally = Tally::of_libtest(&output);
    if !ended_well && tally.failed == 0 {
        return Err(Failure::new("the tests did not come to an end: see above"));
    }
    Ok(tally)
}

fn browser(built: Option<&Path>) -> Outcome<Tally> {
    let binary = match built {
        Some(binary) => binary.to_path_buf(),
        None => binary::release()?,
    };
    playwright("a real browser before the real server", "room", "small", &binary)
}

/// One of the projects of `playwright.config.ts`, its proofs at this size.
pub(crate) fn playwright(title: &str, project: &str, size: &str, binary: &Path) -> Outcome<Tally> {
    packages::ensure()?;
    let chromium = debian::ensure(&debian::CHROMIUM)?;
    let report = paths::memory().join("playwright.json");
    let _ = fs::remove_file(&report);
    at("target", fs::create_dir_all(paths::memory()))?;
    let mut command = Command::new("node");
    command
        .args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"])
        .args(["--project", project])
        .current_dir(paths::root())
        .env("CI", "1")
        .env("TALAIA_PROVE", size)
        .env("TALAIA_BIN", binary)
        .env("TALAIA_CHROMIUM", chromium)
        .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    let (ended_well, _) = step::tee(title, &mut command)?;
    let text = at("the browser tests left no report", fs::read_to_string(&report))?;
    let report: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("the report of the browser tests: {error}")))?;
    let tally = Tally::of_playwright(&report);
    if !ended_well && tally.failed == 0 {
        return Err(Failure::new("the browser tests did not come to an end: see above"));
    }
    Ok(tally)
}

/// The names of all test targets of the workspace.
fn test_targets() -> Outcome<Vec<String>> {
    let text =
        step::ask(cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]))
            .ok_or_else(|| Failure::new("cargo metadata failed: is a Cargo.toml broken?"))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata: {error}")))?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let names = packages
        .iter()
        .flat_map(|package| package["targets"].as_array().cloned().unwrap_or_default())
        .filter(|target| target["kind"][0] == "test")
        .filter_map(|target| target["name"].as_str().map(str::to_owned));
    Ok(names.collect())
}

/// Cargo at the root; snapshots are compared, never written.
fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::root()).env("INSTA_UPDATE", "no").env("CARGO_TERM_COLOR", "never");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_group_is_wrong_usage_and_names_the_known() {
        let failure = Group::named("stories").unwrap_err();
        assert_eq!(failure.code(), 2);
        assert!(failure.to_string().contains("story"));
    }

    #[test]
    fn the_unit_group_takes_every_target_without_a_group_of_its_own() {
        let targets = test_targets().unwrap();
        assert!(targets.iter().any(|name| name == "tidy"));
        assert!(targets.iter().any(|name| name == "story"));
    }
}
