//! `dist/`: the browser half built by trunk, with compressed twins; nothing is done when no input changed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{compress, packages, paths, stamp, step, tools};

/// Everything trunk, its hooks and the compiler read for the browser half.
const INPUTS: [&str; 11] = [
    "app",
    "wire",
    "public",
    "scripts",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "package-lock.json",
    "rust-toolchain.toml",
    "xtask/src/dist.rs",
];

/// Builds `dist/` unless it is as its inputs say.
pub(crate) fn ensure() -> Outcome<PathBuf> {
    let root = paths::root();
    let dist = paths::dist();
    if !root.join("Trunk.toml").is_file() {
        return Err(Failure::new("Trunk.toml is missing: this checkout has no browser half"));
    }
    packages::ensure()?;
    let inputs: Vec<PathBuf> = INPUTS.iter().map(|input| root.join(input)).collect();
    let before = stamp::of(&inputs)?;
    if stamp::is("dist", &format!("{before} {}", stamp::of(std::slice::from_ref(&dist))?)) {
        println!("▸ dist/ is up to date");
        return Ok(dist);
    }
    let path = tools::web_path()?;
    // trunk empties its folder except for what it did not write itself: old twins must go.
    let _ = fs::remove_dir_all(&dist);
    step::run(
        "building the browser half with trunk (about 4 min the first time on two cores)",
        Command::new("trunk")
            .args(["build", "--release"])
            .current_dir(root)
            .env("PATH", path)
            .env("TRUNK_OFFLINE", "true")
            // trunk reads any value as a boolean and stops at "1".
            .env_remove("NO_COLOR"),
    )?;
    if !dist.join("index.html").is_file() {
        return Err(Failure::new("trunk left no dist/index.html: see Trunk.toml"));
    }
    step::timed("compressing dist/ (brotli 11, gzip)", || compress::folder(&dist))?;
    stamp::keep("dist", &format!("{before} {}", stamp::of(std::slice::from_ref(&dist))?))?;
    Ok(dist)
}
