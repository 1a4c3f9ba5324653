//! One file one idea: a file of more than 500 lines holds two.

use crate::tree::{self, File};

/// The cap on lines of a file that people write.
const LINES_MAX: usize = 500;

/// Endings of files that people write and read.
const WRITTEN: [&str; 8] = [".rs", ".css", ".js", ".mjs", ".ts", ".html", ".sql", ".py"];

fn too_long(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (WRITTEN.iter().any(|end| file.path.ends_with(end)) && lines > LINES_MAX)
        .then(|| format!("{}: {lines} lines, at most {LINES_MAX}: split it by idea", file.path))
}

#[test]
fn no_file_is_longer_than_its_cap() {
    crate::hold(&tree::files().iter().filter_map(too_long).collect::<Vec<_>>());
}

#[test]
fn a_file_of_501_lines_is_caught() {
    let long = File { path: "engine/src/world.rs".into(), text: "x\n".repeat(501) };
    assert!(too_long(&long).is_some());
    let short = File { path: "engine/src/world.rs".into(), text: "x\n".repeat(500) };
    assert!(too_long(&short).is_none());
    let lock = File { path: "Cargo.lock".into(), text: "x\n".repeat(5_000) };
    assert!(too_long(&lock).is_none());
}
