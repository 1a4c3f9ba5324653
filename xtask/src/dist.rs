//! `dist/`: the browser half with compressed twins; nothing is done when no input changed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{compress, packages, paths, programs, stamp, step};

/// Everything the compiler and `app/assets.mjs` read for the browser half.
const INPUTS: [&str; 11] = [
    ".cargo",
    "app",
    "wire",
    "public",
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "package-lock.json",
    "rust-toolchain.toml",
    "xtask/src/dist.rs",
    "xtask/src/programs.rs",
];

/// Builds `dist/` unless it is as its inputs say.
pub(crate) fn ensure() -> Outcome<PathBuf> {
    let root = paths::root();
    let dist = paths::dist();
    packages::ensure()?;
    let inputs: Vec<PathBuf> = INPUTS.iter().map(|input| root.join(input)).collect();
    let before = stamp::of(&inputs)?;
    if stamp::is("dist", &format!("{before} {}", stamp::of(std::slice::from_ref(&dist))?)) {
        println!("▸ dist/ is up to date");
        return Ok(dist);
    }
    let programs = programs::build()?;
    // What an earlier build left must not be served beside this one.
    let _ = fs::remove_dir_all(&dist);
    step::run(
        "shrinking and naming what a browser loads",
        Command::new("node")
            .arg("app/assets.mjs")
            .current_dir(root)
            .env("TALAIA_PROGRAMS", &programs)
            .env("TALAIA_DIST", &dist),
    )?;
    if !dist.join("index.html").is_file() {
        return Err(Failure::new("app/assets.mjs left no dist/index.html"));
    }
    step::timed("compressing dist/ (brotli 11, gzip)", || compress::folder(&dist))?;
    stamp::keep("dist", &format!("{before} {}", stamp::of(std::slice::from_ref(&dist))?))?;
    Ok(dist)
}
