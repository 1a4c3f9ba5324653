//! Programs the tests need from the system, installed through apt where that is allowed, else asked for in one line.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{paths, step};

/// A program, where it may be, and the package that brings it.
pub(crate) struct Program {
    pub(crate) names: &'static [&'static str],
    pub(crate) package: &'static str,
    pub(crate) what_for: &'static str,
}

/// The browser of the browser tests.
pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    package: "chromium",
    what_for: "browser tests",
};

/// The database server of the services tests.
pub(crate) const POSTGRES: Program =
    Program { names: &["postgres"], package: "postgresql", what_for: "tests on PostgreSQL" };

/// The broker of the services tests, and what plays its devices.
pub(crate) const MOSQUITTO: Program =
    Program { names: &["mosquitto"], package: "mosquitto", what_for: "tests on MQTT" };
pub(crate) const MOSQUITTO_CLIENTS: Program =
    Program { names: &["mosquitto_pub"], package: "mosquitto-clients", what_for: "tests on MQTT" };

/// The syscall tracer of the durability tests.
pub(crate) const STRACE: Program = Program {
    names: &["strace"],
    package: "strace",
    what_for: "the syscall trace of acknowledgements",
};

/// The path of the program, installed if need be and if allowed.
pub(crate) fn ensure(program: &Program) -> Outcome<PathBuf> {
    if let Some(found) = find(program) {
        return Ok(found);
    }
    let by_hand = || {
        Failure::new(format!(
            "{} needs {}: install it (Debian: apt-get install {}), then run this again",
            program.what_for, program.names[0], program.package
        ))
    };
    let Some(sudo) = may_install() else { return Err(by_hand()) };
    let apt = |args: &[&str]| {
        let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
        if sudo {
            command.args(["-n", "apt-get"]);
        }
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let updated = step::run("package lists of the system", &mut apt(&["update", "-qq"]));
    let title = format!("installing {} for {}", program.package, program.what_for);
    let install = ["install", "-y", "-qq", "--no-install-recommends", program.package];
    let installed = updated.and_then(|()| step::run(&title, &mut apt(&install)));
    match (installed, find(program)) {
        (_, Some(found)) => Ok(found),
        (Err(failure), None) => Err(Failure::new(format!("{failure}; {}", by_hand()))),
        (Ok(()), None) => Err(by_hand()),
    }
}

/// The path of the program, if it is there.
pub(crate) fn find(program: &Program) -> Option<PathBuf> {
    if program.package == CHROMIUM.package
        && let Some(chosen) = std::env::var_os("TALAIA_CHROMIUM")
    {
        return Some(PathBuf::from(chosen));
    }
    program
        .names
        .iter()
        .find_map(|name| paths::in_path(name))
        .or_else(|| (program.package == POSTGRES.package).then(postgres_of_debian)?)
        // Daemons lie where only root's PATH looks.
        .or_else(|| {
            let daemons = program.names.iter().map(|name| Path::new("/usr/sbin").join(name));
            daemons.into_iter().find(|file| file.is_file())
        })
}

/// Debian keeps the server's programs out of `PATH`, by version.
fn postgres_of_debian() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/postgres")))
        .filter(|file| file.is_file())
        .collect();
    versions.sort();
    versions.pop()
}

/// Whether packages can be installed without asking anybody: `Some(true)` through sudo.
fn may_install() -> Option<bool> {
    paths::in_path("apt-get")?;
    if step::ask(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(false);
    }
    (Path::new("/usr/bin/sudo").is_file()
        && step::ask(Command::new("sudo").args(["-n", "true"])).is_some())
    .then_some(true)
}
