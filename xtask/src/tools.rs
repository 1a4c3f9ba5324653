//! Compiled tools, pinned, kept once for each user: the wasm32 target, wasm-bindgen, cargo-deny.
//!
//! They are compiled from the registry because no other channel is pinned by content and works behind a mirror.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome, at};
use crate::{packages, paths, step};

/// The target of the browser half.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A tool compiled by `cargo install`.
struct Tool {
    name: &'static str,
    program: &'static str,
    version: String,
    locked: bool,
    minutes: u32,
}

/// Must equal the library in Cargo.lock exactly. Not `--locked`: the lock file it ships names a withdrawn package.
fn wasm_bindgen() -> Outcome<Tool> {
    let version = locked_version("wasm-bindgen")?;
    Ok(Tool {
        name: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version,
        locked: false,
        minutes: 3,
    })
}

fn cargo_deny() -> Tool {
    Tool {
        name: "cargo-deny",
        program: "cargo-deny",
        version: "0.20.2".into(),
        locked: true,
        minutes: 6,
    }
}

/// Everything the other commands need.
pub(crate) fn all() -> Outcome<()> {
    packages::ensure()?;
    wasm_target()?;
    for tool in [wasm_bindgen()?, cargo_deny()] {
        println!("{} {}: {}", tool.name, tool.version, ensure(&tool)?.display());
    }
    Ok(())
}

/// The wasm-bindgen program.
pub(crate) fn wasm_bindgen_program() -> Outcome<PathBuf> {
    let tool = wasm_bindgen()?;
    Ok(ensure(&tool)?.join(tool.program))
}

/// The cargo-deny program.
pub(crate) fn deny() -> Outcome<PathBuf> {
    let tool = cargo_deny();
    Ok(ensure(&tool)?.join(tool.program))
}

/// The wasm32 target of the pinned compiler; rustup may be configured not to add it on demand.
pub(crate) fn wasm_target() -> Outcome<()> {
    let sysroot =
        step::ask(Command::new("rustc").args(["--print", "sysroot"]).current_dir(paths::root()))
            .ok_or_else(|| {
                Failure::new(
                    "rustc does not run: install the toolchain of rust-toolchain.toml with rustup",
                )
            })?;
    if PathBuf::from(sysroot).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    rustup(&format!("the {WASM} target"), &["target", "add", WASM])
}

/// rustfmt and clippy of the pinned compiler.
pub(crate) fn components() -> Outcome<()> {
    for component in ["rustfmt", "clippy"] {
        let program = if component == "rustfmt" { "fmt" } else { component };
        let there = step::ask(
            Command::new("cargo").args([program, "--version"]).current_dir(paths::root()),
        );
        if there.is_none() {
            rustup(component, &["component", "add", component])?;
        }
    }
    Ok(())
}

fn rustup(what: &str, args: &[&str]) -> Outcome<()> {
    let toolchain = toolchain()?;
    let mut command = Command::new("rustup");
    command.args(args).args(["--toolchain", &toolchain]).current_dir(paths::root());
    step::run(what, &mut command).map_err(|failure| {
        Failure::new(format!(
            "{failure}; add it by hand: rustup {} --toolchain {toolchain}",
            args.join(" ")
        ))
    })
}

fn toolchain() -> Outcome<String> {
    let file = paths::root().join("rust-toolchain.toml");
    let text = at(file.display(), fs::read_to_string(&file))?;
    text.lines()
        .find_map(|line| line.strip_prefix("channel = "))
        .map(|value| value.trim_matches('"').to_owned())
        .ok_or_else(|| Failure::new("rust-toolchain.toml names no channel"))
}

/// The folder with the tool's program, compiled on the first call.
fn ensure(tool: &Tool) -> Outcome<PathBuf> {
    let home = paths::tools()?.join(format!("{}-{}", tool.name, tool.version));
    let bin = home.join("bin");
    if bin.join(tool.program).is_file() {
        return Ok(bin);
    }
    // Compiled beside its place and moved in whole: an interrupted install is never taken for a tool.
    let partial =
        paths::tools()?.join(format!(".{}-{}.{}", tool.name, tool.version, std::process::id()));
    at(partial.display(), fs::create_dir_all(&partial))?;
    let mut command = Command::new("cargo");
    command.arg("install").args([tool.name, "--version", &tool.version]);
    command.arg("--root").arg(&partial).arg("--target-dir").arg(partial.join("target"));
    if tool.locked {
        command.arg("--locked");
    }
    // From the root, so that the pinned compiler is used.
    command.current_dir(paths::root()).env_remove("RUSTFLAGS");
    let title = format!(
        "compiling {} {} once for this user (about {} min on two cores)",
        tool.name, tool.version, tool.minutes
    );
    let built = step::run(&title, &mut command);
    let _ = fs::remove_dir_all(partial.join("target"));
    if let Err(failure) = built {
        let _ = fs::remove_dir_all(&partial);
        return Err(Failure::new(format!("{failure}; is the crates registry reachable?")));
    }
    if fs::rename(&partial, &home).is_err() && !bin.join(tool.program).is_file() {
        return Err(Failure::new(format!(
            "{} could not be made: is the folder writable?",
            home.display()
        )));
    }
    let _ = fs::remove_dir_all(&partial);
    Ok(bin)
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> Outcome<String> {
    let file = paths::root().join("Cargo.lock");
    let text = at(file.display(), fs::read_to_string(&file))?;
    version_in(&text, package)
        .ok_or_else(|| Failure::new(format!("Cargo.lock holds no {package}: run cargo metadata")))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(after.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package_not_of_its_namesakes() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }

    #[test]
    fn the_pinned_compiler_is_named() {
        assert!(toolchain().unwrap().starts_with("1."));
    }
}
