//! Which tests failed and what they said, told again at the end: the place where they failed may be far above, or cut away.

/// Lines kept of what one failed test said.
const LINES: usize = 12;

/// The part of libtest's output that says what each failed test printed.
pub(crate) fn of_libtest(output: &str) -> Vec<String> {
    let mut told = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(name) =
            line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"))
        else {
            continue;
        };
        let mut said = Vec::new();
        while let Some(line) =
            lines.next_if(|line| !line.starts_with("---- ") && *line != "failures:")
        {
            if !line.trim().is_empty() && !line.starts_with("note: ") {
                said.push(line.trim_end());
            }
        }
        told.push(entry(name, &said));
    }
    told
}

/// The tests of Playwright's JSON report that did not pass at the first try, with their first error.
pub(crate) fn of_playwright(report: &serde_json::Value) -> Vec<String> {
    let mut told = Vec::new();
    suites(report, &mut told);
    told
}

fn suites(suite: &serde_json::Value, told: &mut Vec<String>) {
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    for spec in list(&suite["specs"]) {
        let file = spec["file"].as_str().unwrap_or_default();
        let name =
            format!("{file}:{} {}", spec["line"], spec["title"].as_str().unwrap_or_default());
        for test in list(&spec["tests"]) {
            if !matches!(test["status"].as_str(), Some("unexpected" | "flaky")) {
                continue;
            }
            let results = list(&test["results"]);
            let message = results.iter().find_map(|result| result["error"]["message"].as_str());
            let message = plain(message.unwrap_or("it said nothing"));
            let said: Vec<&str> = message.lines().filter(|line| !line.trim().is_empty()).collect();
            told.push(entry(&name, &said));
        }
    }
    for inner in list(&suite["suites"]) {
        suites(&inner, told);
    }
}

fn entry(name: &str, said: &[&str]) -> String {
    let mut text = format!("  ✗ {name}");
    for line in said.iter().take(LINES) {
        text.push_str("\n      ");
        text.push_str(line);
    }
    if said.len() > LINES {
        text.push_str("\n      …");
    }
    text
}

/// Without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("\u{1b}[");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_told_with_what_it_said() {
        let output = "test good ... ok\ntest bad ... FAILED\n\nfailures:\n\n---- bad stdout ----\n\n\
                      thread 'bad' panicked at src/a.rs:1:2:\nleft: 1\nnote: run with RUST_BACKTRACE\n\n\nfailures:\n    bad\n";
        assert_eq!(
            of_libtest(output),
            ["  ✗ bad\n      thread 'bad' panicked at src/a.rs:1:2:\n      left: 1"]
        );
        assert!(of_libtest("test result: ok. 2 passed; 0 failed").is_empty());
    }

    #[test]
    fn a_failed_browser_test_is_told_without_colours_and_not_at_any_length() {
        let lines: Vec<String> =
            (0..40).map(|line| format!("\u{1b}[31mline {line}\u{1b}[39m")).collect();
        let long = lines.join("\n");
        let spec = |title: &str, status: &str| {
            serde_json::json!({"file": "map.spec.ts", "line": 7, "title": title,
                "tests": [{"status": status, "results": [{"error": {"message": long}}]}]})
        };
        let report = serde_json::json!({"suites": [
            {"specs": [spec("fine", "expected")], "suites": [{"specs": [spec("broken", "unexpected")]}]}
        ]});
        let told = of_playwright(&report);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("  ✗ map.spec.ts:7 broken\n      line 0\n"), "{}", told[0]);
        assert!(told[0].ends_with("line 11\n      …"), "{}", told[0]);
    }
}
