//! The programs of the browser half: compiled, the room's cut in two, and bound to JavaScript.
//!
//! No bundler can cut a program, so none is used: cargo compiles, `wasm_split_cli_support` cuts where the app says
//! `wasm_split`, wasm-bindgen binds, and `app/assets.mjs` shrinks and names what came out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_split_cli_support::Options;

use crate::failure::{Failure, Outcome, at};
use crate::{paths, step, tools};

/// The profile of the browser half (Cargo.toml).
const PROFILE: &str = "wasm-release";
/// The room, which is cut, and the partner desk, which is not.
const ROOM: &str = "talaia-app";
const PARTNER: &str = "talaia-partner";

/// Builds the programs into a folder of their own and says which.
pub(crate) fn build() -> Outcome<PathBuf> {
    tools::wasm_target()?;
    let bindgen = tools::wasm_bindgen_program()?;
    let out = paths::target().join("browser");
    let _ = fs::remove_dir_all(&out);
    at(out.display(), fs::create_dir_all(&out))?;
    step::run(
        "compiling the browser half (about 4 min the first time on two cores)",
        Command::new("cargo")
            .args([
                "build",
                "--locked",
                "--target",
                tools::WASM,
                "--profile",
                PROFILE,
                "--package",
                ROOM,
                "--bins",
            ])
            .current_dir(paths::root()),
    )?;
    let compiled = paths::target().join(tools::WASM).join(PROFILE);
    let whole = compiled.join(ROOM).with_extension("wasm");
    let first = step::timed("cutting the room in two", || cut(&whole, &out))?;
    // What the second file shares with the first are names of the linker: they are kept for it.
    bind(&bindgen, &first, &out, ROOM, &["--keep-lld-exports"])?;
    at(first.display(), fs::remove_file(&first))?;
    bind(&bindgen, &compiled.join(PARTNER).with_extension("wasm"), &out, PARTNER, &[])?;
    Ok(out)
}

/// Cuts what only the split points of the app reach into files of their own; gives the first file, not yet bound.
fn cut(whole: &Path, out: &Path) -> Outcome<PathBuf> {
    let program = at(whole.display(), fs::read(whole))?;
    let first = out.join("first.wasm");
    let mut options = Options::new(&program);
    options.output_dir = out;
    options.main_out_path = &first;
    options.main_module = "./talaia-app.js";
    options.link_name = "./talaia-app-parts.js";
    wasm_split_cli_support::transform(options)
        .map_err(|error| Failure::new(format!("{}: {error:#}", whole.display())))?;
    Ok(first)
}

fn bind(bindgen: &Path, wasm: &Path, out: &Path, name: &str, more: &[&str]) -> Outcome<()> {
    step::run(
        &format!("binding {name} to JavaScript"),
        Command::new(bindgen)
            .args(["--target", "web", "--no-typescript", "--out-name", name])
            .args(more)
            .arg("--out-dir")
            .arg(out)
            .arg(wasm),
    )
}
