//! The `talaia` binary: release with the app inside, or the quick one that the stories start.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{dist, paths, step};

/// `target/release/talaia`, with `dist/` embedded: so `dist/` comes first.
pub(crate) fn release() -> Outcome<PathBuf> {
    dist::ensure()?;
    step::run(
        "building the server (release; about 6 min the first time on two cores)",
        Command::new("cargo")
            .args(["build", "--release", "--locked", "-p", "talaia"])
            .current_dir(paths::root()),
    )?;
    let binary = paths::target().join("release/talaia");
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(Failure::new(format!("cargo left no {}", binary.display())))
    }
}
