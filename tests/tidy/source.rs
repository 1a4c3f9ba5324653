//! What stands in product code, and where it may stand.

use crate::tree::{self, File};

/// A text that may stand in some files only.
struct Rule {
    /// Files it looks at, by the start of their path.
    inside: &'static [&'static str],
    /// Files where it may stand after all.
    but: &'static [&'static str],
    texts: &'static [&'static str],
    because: &'static str,
}

const RULES: [Rule; 8] = [
    Rule {
        inside: &["wire/src/", "engine/src/", "server/src/", "app/src/", "xtask/src/"],
        but: &[],
        texts: &[".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!("],
        because: "bad input gets an answer, and what cannot happen gets a type",
    },
    Rule {
        inside: &["engine/src/", "wire/src/"],
        but: &[],
        texts: &[
            "SystemTime",
            "Instant",
            "std::env",
            "std::fs",
            "std::net",
            "thread::spawn",
            "thread::sleep",
            "thread_rng",
            "::now()",
        ],
        because: "the engine has no clock and no I/O: time comes in entries and ticks",
    },
    Rule {
        inside: &["engine/src/"],
        but: &[],
        texts: &["RandomState", "DefaultHasher"],
        because: "same journal, same bytes: an order that changes from run to run must not exist",
    },
    Rule {
        inside: &["server/src/"],
        but: &["server/src/store/", "server/src/store.rs"],
        texts: &["Store::Sqlite", "Store::Postgres"],
        because: "only the store knows which database it is",
    },
    Rule {
        inside: &["app/src/"],
        but: &["app/src/map/interop.rs"],
        texts: &[
            "#[wasm_bindgen(",
            "extern \"\"",
            "js_sys::eval",
            "js_sys::Function::new_with_args",
        ],
        because: "JavaScript enters through one file",
    },
    Rule {
        inside: &["app/src/"],
        but: &[],
        texts: &["inner_html", "set_inner_html", "insert_adjacent_html", "eval("],
        because: "what others wrote is text, never markup",
    },
    Rule {
        inside: &["app/src/"],
        but: &[],
        texts: &["<For", "<ForEnumerate", "leptos_i18n::t_string", "use_i18n"],
        because: "what outlives its rows and readers lets them go: `each`, `Lasting` and `words::lang`",
    },
    Rule {
        inside: &["server/src/"],
        but: &["server/src/runtime.rs", "server/src/runtime/"],
        texts: &["unbounded_channel", "Duration::from_secs_f64"],
        because: "everything has a limit",
    },
];

impl Rule {
    fn looks_at(&self, path: &str) -> bool {
        self.inside.iter().any(|start| path.starts_with(start))
            && !self.but.iter().any(|start| path.starts_with(start))
    }
}

fn complaints(file: &File) -> Vec<String> {
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| rule.looks_at(&file.path)).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, line) in tree::code(&file.text) {
        for rule in &rules {
            for text in rule.texts.iter().filter(|text| stands(&line, text)) {
                found.push(format!("{}:{number}: {text} ({})", file.path, rule.because));
            }
        }
    }
    found
}

/// Whether the text stands in the line as whole words.
fn stands(line: &str, text: &str) -> bool {
    let word = |sign: char| sign.is_alphanumeric() || sign == '_';
    line.match_indices(text).any(|(start, _)| {
        let before = line[..start].chars().next_back().is_some_and(word);
        let after = line[start + text.len()..].chars().next().is_some_and(word);
        !(before && text.starts_with(word) || after && text.ends_with(word))
    })
}

/// Files that are for tests only by their place in the tree.
fn for_tests(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

fn undocumented(file: &File) -> Option<String> {
    let first =
        file.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["))?;
    (!first.starts_with("//!"))
        .then(|| format!("{}: begins with no //! line that says what it is for", file.path))
}

#[test]
fn product_code_holds_what_it_may() {
    let product = tree::ending(&[".rs"]).filter(|file| !for_tests(&file.path));
    crate::hold(&product.flat_map(complaints).collect::<Vec<_>>());
}

#[test]
fn each_module_says_what_it_is_for() {
    crate::hold(&tree::ending(&[".rs"]).filter_map(undocumented).collect::<Vec<_>>());
}

#[test]
fn unsafe_code_is_forbidden_where_nothing_needs_it() {
    let mut complaints = Vec::new();
    for path in ["wire/src/lib.rs", "engine/src/lib.rs", "server/src/lib.rs", "xtask/src/main.rs"] {
        let text = std::fs::read_to_string(tree::root().join(path)).unwrap();
        if !text.contains("#![forbid(unsafe_code)]") {
            complaints.push(format!("{path}: forbids no unsafe code"));
        }
    }
    crate::hold(&complaints);
}

#[test]
fn what_may_not_stand_is_caught() {
    let file = |path: &str, text: &str| complaints(&File { path: path.into(), text: text.into() });
    assert_eq!(file("server/src/hub/log.rs", "let x = y.unwrap();").len(), 1);
    assert_eq!(file("engine/src/world.rs", "let now = SystemTime::now();").len(), 2);
    assert_eq!(
        file("engine/src/world.rs", "use std::collections::hash_map::RandomState;").len(),
        1
    );
    assert_eq!(file("server/src/http/intake.rs", "match store { Store::Sqlite(s) => s }").len(), 1);
    assert_eq!(file("app/src/panel/list.rs", "#[wasm_bindgen(module = \"/map.mjs\")]").len(), 1);
    assert_eq!(file("app/src/panel/list.rs", "view! { <p inner_html=text/> }").len(), 1);
    assert_eq!(file("app/src/panel/list.rs", "<For each=move || rows.get() let:row>").len(), 1);
    assert_eq!(file("server/src/hub/log.rs", "mpsc::unbounded_channel()").len(), 1);
    // Its own place, tests, comments, strings, longer words.
    assert!(file("server/src/store/rows.rs", "Store::Sqlite(s)").is_empty());
    assert!(file("app/src/map/interop.rs", "#[wasm_bindgen(module = \"/map.mjs\")]").is_empty());
    assert!(
        file("server/src/a.rs", "#[cfg(test)]\nmod tests {\n fn f() { x.unwrap() }\n}").is_empty()
    );
    assert!(
        file("server/src/a.rs", "// x.unwrap()\nlet a = \".unwrap()\"; b.unwrap_or(1);").is_empty()
    );
    assert!(file("engine/src/a.rs", "fn instant() {} struct InstantPicture;").is_empty());
}

#[test]
fn a_module_without_a_purpose_is_caught() {
    let file = |text: &str| undocumented(&File { path: "a.rs".into(), text: text.into() });
    assert!(file("use std::fs;\n").is_some());
    assert!(file("// not a doc comment\n").is_some());
    assert!(file("#![forbid(unsafe_code)]\n//! Says it.\n").is_none());
    assert!(file("//! Says it.\n").is_none());
}
