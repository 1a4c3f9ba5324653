//! The arrows of ARCHITECTURE.md: `wire ◀ engine ◀ server`, `wire ◀ app`, and what each crate must never hold.

use std::process::Command;

use serde_json::Value;

use crate::tree;

/// What a package of the workspace may depend on inside it, and may not depend on outside it.
struct Rule {
    package: &'static str,
    inside: &'static [&'static str],
    never: &'static [&'static str],
}

/// No I/O, no clock, no async, no randomness without a seed, no logging.
const PURE: &[&str] = &[
    "tokio",
    "sqlx",
    "axum",
    "hyper",
    "reqwest",
    "futures-util",
    "async-trait",
    "tracing",
    "log",
    "rand",
    "getrandom",
    "time",
    "chrono",
    "uuid",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "leptos",
];

const RULES: [Rule; 6] = [
    Rule { package: "talaia-wire", inside: &[], never: PURE },
    Rule { package: "talaia-engine", inside: &["talaia-wire"], never: PURE },
    Rule {
        package: "talaia",
        inside: &["talaia-wire", "talaia-engine"],
        never: &["leptos", "web-sys", "rusqlite", "chrono", "openssl", "native-tls"],
    },
    Rule {
        package: "talaia-app",
        inside: &["talaia-wire"],
        never: &["tokio", "sqlx", "axum", "chrono", "regex"],
    },
    // The engine by its public face: recordings are played to what no server shows yet.
    Rule {
        package: "talaia-tests",
        inside: &["talaia", "talaia-wire", "talaia-engine"],
        never: &["leptos"],
    },
    Rule { package: "xtask", inside: &[], never: &["tokio", "sqlx", "axum", "leptos"] },
];

/// Packages whose test code may reach further: peers and fixtures, never product code.
fn broken(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut complaints = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(rule) = RULES.iter().find(|rule| rule.package == name) else {
            complaints.push(format!(
                "{name} is a new crate: give it a rule here and a row in ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev";
            if names.contains(&on) && !rule.inside.contains(&on) {
                complaints.push(format!("{name} must not depend on {on}"));
            }
            if !for_tests && rule.never.contains(&on) {
                complaints.push(format!("{name} must never hold {on}"));
            }
            if dependency["source"].is_null() && dependency["path"].is_null() {
                complaints.push(format!("{name}: {on} comes from nowhere"));
            }
        }
    }
    complaints
}

#[test]
fn the_crates_depend_on_each_other_as_the_arrows_say() {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(tree::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(metadata["packages"].as_array().unwrap().len(), RULES.len());
    crate::hold(&broken(&metadata));
}

#[test]
fn an_arrow_that_points_back_is_caught() {
    let package = |name: &str, on: &[(&str, Option<&str>)]| {
        let dependencies: Vec<Value> = on
            .iter()
            .map(|(name, kind)| serde_json::json!({"name": name, "kind": kind, "source": "registry", "path": null}))
            .collect();
        serde_json::json!({"name": name, "dependencies": dependencies})
    };
    let all = |bad: Value| serde_json::json!({"packages": [bad, package("talaia", &[]), package("talaia-engine", &[])]});
    let caught = |bad: Value| broken(&all(bad));
    assert_eq!(
        caught(package("talaia-app", &[("talaia-engine", None)])),
        ["talaia-app must not depend on talaia-engine"]
    );
    assert_eq!(
        caught(package("xtask", &[("talaia", Some("dev"))])),
        ["xtask must not depend on talaia"]
    );
    assert_eq!(
        caught(package("talaia-wire", &[("tokio", None)])),
        ["talaia-wire must never hold tokio"]
    );
    assert_eq!(caught(package("talaia-wire", &[("rand", Some("dev"))])), Vec::<String>::new());
    assert_eq!(caught(package("talaia-extra", &[])).len(), 1);
}
