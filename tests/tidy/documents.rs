//! Documents that speak of the code say what the code says.

use crate::tree::{self, File};

/// A close code: number and name.
type Code = (String, String);

/// `CloseCode { code: N, name: "…"` of wire/src/close.rs.
fn close_codes(source: &str) -> Vec<Code> {
    source
        .split("CloseCode { code: ")
        .skip(1)
        .filter_map(|part| {
            let (number, rest) = part.split_once(',')?;
            let name = rest.split('"').nth(1)?;
            number.trim().parse::<u16>().ok()?;
            Some((number.trim().to_owned(), name.to_owned()))
        })
        .collect()
}

fn missing(codes: &[Code], document: &str) -> Vec<String> {
    codes
        .iter()
        .filter(|(number, name)| {
            !document.lines().any(|line| {
                line.trim_start().starts_with('|') && line.contains(number) && line.contains(name)
            })
        })
        .map(|(number, name)| format!("docs/live.md: no row for close code {number} {name}"))
        .collect()
}

/// Paths of one machine, which nobody else has.
fn machine_path(file: &File) -> Vec<String> {
    let roots = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["/Us", "ers/"].concat(),
    ];
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| roots.iter().any(|root| begins_a_path(line, root)))
        .map(|(number, _)| format!("{}:{}: a path of one machine", file.path, number + 1))
        .collect()
}

fn begins_a_path(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(start, _)| {
        !line[..start]
            .chars()
            .next_back()
            .is_some_and(|sign| sign.is_alphanumeric() || "._~-}/:*)".contains(sign))
    })
}

/// `path/like/this.rs` in backticks or links of a document, that is not in the tree.
fn dangling(file: &File, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in line.split(|sign: char| "`()[] ,;\"'".contains(sign)) {
            let named =
                word.trim_end_matches(['.', ':']).split(['#', ':']).next().unwrap_or_default();
            let crate_path = [
                "wire/",
                "engine/",
                "server/",
                "app/",
                "tests/",
                "xtask/",
                "docs/",
                "public/",
                "migrations/",
            ]
            .iter()
            .any(|start| named.starts_with(start));
            let a_file = [".rs", ".md", ".mjs", ".css", ".sql", ".ts", ".png"]
                .iter()
                .any(|end| named.ends_with(end));
            if crate_path && a_file && !named.contains(['*', '{', '<', '…']) && !exists(named) {
                found.push(format!("{}:{}: {named} does not exist", file.path, number + 1));
            }
        }
    }
    found.dedup();
    found
}

#[test]
fn every_close_code_is_in_the_table() {
    let source = std::fs::read_to_string(tree::root().join("wire/src/close.rs")).unwrap();
    let codes = close_codes(&source);
    assert!(codes.len() >= 6, "close codes were not found in wire/src/close.rs");
    let document = std::fs::read_to_string(tree::root().join("docs/live.md")).unwrap_or_default();
    crate::hold(&missing(&codes, &document));
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    crate::hold(&tree::files().iter().flat_map(machine_path).collect::<Vec<_>>());
}

#[test]
fn documents_name_files_that_exist() {
    let documents = tree::ending(&[".md"]).filter(|file| file.path != "CHANGELOG.md");
    let exists = |path: &str| tree::root().join(path).exists();
    crate::hold(&documents.flat_map(|file| dangling(file, exists)).collect::<Vec<_>>());
}

#[test]
fn no_snapshot_waits_for_review() {
    let waiting = |name: &str| name.ends_with(".snap.new") || name.ends_with(".pending-snap");
    assert!(
        waiting("wire/tests/snapshots/frame.snap.new")
            && !waiting("wire/tests/snapshots/frame.snap")
    );
    let waiting = tree::files().iter().filter(|file| waiting(&file.path));
    crate::hold(
        &waiting
            .map(|file| format!("{}: accept it or mend the code", file.path))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn lock_files_name_no_mirror() {
    let lock = std::fs::read_to_string(tree::root().join("package-lock.json")).unwrap();
    let npm = lock.lines().filter(|line| {
        line.contains("\"resolved\": \"http") && !line.contains("//registry.npmjs.org/")
    });
    let lock = std::fs::read_to_string(tree::root().join("Cargo.lock")).unwrap();
    let cargo = lock.lines().filter(|line| {
        line.starts_with("source = ")
            && !line.contains("registry+https://github.com/rust-lang/crates.io-index")
    });
    let complaints: Vec<String> = npm.chain(cargo).map(str::to_owned).collect();
    crate::hold(&complaints);
}

#[test]
fn a_close_code_without_a_row_is_caught() {
    let source = "pub const A: CloseCode = CloseCode { code: 4400, name: \"bad_request\", then: Then::Mend };\n\
                  pub const B: CloseCode =\n    CloseCode { code: 4401, name: \"unauthorized\", then: Then::SignIn };";
    let codes = close_codes(source);
    assert_eq!(codes.len(), 2);
    assert_eq!(
        missing(&codes, "| 4400 | bad_request | mend |\n4401 unauthorized in prose"),
        ["docs/live.md: no row for close code 4401 unauthorized"]
    );
}

#[test]
fn a_machine_path_is_caught() {
    let file = |text: String| machine_path(&File { path: "a.md".into(), text });
    assert_eq!(file(["see /ho", "me/anna/talaia"].concat()).len(), 1);
    assert_eq!(file(["(/wo", "rk/x)"].concat()).len(), 1);
    assert!(file(["https://example.org/ho", "me/page and ../wo", "rk/x"].concat()).is_empty());
}

#[test]
fn a_document_that_names_a_lost_file_is_caught() {
    let file = File {
        path: "ARCHITECTURE.md".into(),
        text: "see `engine/src/lost.rs` and [x](docs/found.md#part)".into(),
    };
    assert_eq!(
        dangling(&file, |path| path == "docs/found.md"),
        ["ARCHITECTURE.md:1: engine/src/lost.rs does not exist"]
    );
}
