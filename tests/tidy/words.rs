//! The words of the code: the names ARCHITECTURE.md bans because they say nothing, in paths and in identifiers.

use crate::tree::{self, File};

/// Words that name no idea.
const BANNED: [&str; 7] = ["data", "info", "manager", "helper", "util", "utils", "common"];

/// As parts of a name these have a meaning of their own here.
const MEANT: [&str; 3] = ["data_dir", "metadata", "postgres_data"];

/// Names that a library's trait gives.
const FOREIGN: [&str; 1] = ["get_user"];

fn parts(name: &str) -> impl Iterator<Item = String> + '_ {
    let mut words = vec![String::new()];
    for sign in name.chars() {
        if !sign.is_alphanumeric() {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            if sign.is_uppercase() && !word.is_empty() && !word.ends_with(char::is_uppercase) {
                words.push(sign.to_string());
            } else {
                word.push(sign);
            }
        }
    }
    words.into_iter().map(|word| word.to_lowercase())
}

fn banned(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    if MEANT.iter().any(|meant| lower.contains(meant)) {
        return None;
    }
    let words: Vec<String> = parts(name).collect();
    // As a verb it says nothing; what an operating system runs may be called so.
    if words.first().is_some_and(|word| word == "process") {
        return Some("process");
    }
    BANNED.into_iter().find(|banned| words.iter().any(|word| word == banned))
}

/// Folder and file names, and the names that Rust items are given.
fn complaints(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    for part in file.path.split('/') {
        if let Some(word) = banned(part.split('.').next().unwrap_or(part)) {
            found.push(format!("{}: {word:?} names no idea", file.path));
        }
    }
    if !file.is_rust() {
        return found;
    }
    for (number, line) in tree::code(&file.text) {
        let words: Vec<&str> =
            line.split(|sign: char| !(sign.is_alphanumeric() || sign == '_')).collect();
        for pair in words.windows(2) {
            let makes_a_name = ["fn", "struct", "enum", "trait", "mod", "type", "const", "static"]
                .contains(&pair[0]);
            if !makes_a_name {
                continue;
            }
            if let Some(word) = banned(pair[1]) {
                found.push(format!("{}:{number}: {} says {word:?}", file.path, pair[1]));
            }
            if pair[0] == "fn" && pair[1].starts_with("get_") && !FOREIGN.contains(&pair[1]) {
                found.push(format!(
                    "{}:{number}: {}: name what it gives, without get_",
                    file.path, pair[1]
                ));
            }
        }
    }
    found
}

#[test]
fn names_say_what_they_mean() {
    let written = tree::ending(&[".rs", ".mjs", ".ts", ".css", ".sql"]);
    crate::hold(&written.flat_map(complaints).collect::<Vec<_>>());
}

#[test]
fn an_empty_word_is_caught() {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    assert_eq!(complaints(&file("server/src/util.rs", "")).len(), 1);
    assert_eq!(complaints(&file("app/src/helper/mod.rs", "")).len(), 1);
    assert_eq!(complaints(&file("a.rs", "struct TileManager;")).len(), 1);
    assert_eq!(complaints(&file("a.rs", "fn get_tile() {}")).len(), 1);
    assert_eq!(complaints(&file("a.rs", "fn report_info() {}")).len(), 1);
    assert_eq!(complaints(&file("a.rs", "fn process_items() {}")).len(), 1);
    assert!(complaints(&file("a.rs", "fn an_error_ends_the_process() {}")).is_empty());
    assert!(
        complaints(&file(
            "server/src/store.rs",
            "const DATA_DIR: &str = \"util\"; fn updates() {}"
        ))
        .is_empty()
    );
}
