//! Counting tests: what libtest and Playwright said.

use crate::told;

/// Tests passed, failed, and left out, and what those that failed said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    pub(crate) told: Vec<String>,
}

impl Tally {
    /// The sum of every `test result:` line of libtest.
    pub(crate) fn of_libtest(output: &str) -> Self {
        let mut tally = Self { told: told::of_libtest(output), ..Self::default() };
        for line in output.lines().filter_map(|line| line.split_once("test result: ")) {
            for part in line.1.split([';', '.']) {
                let mut words = part.split_whitespace();
                let (Some(count), Some(what)) = (words.next(), words.next()) else { continue };
                let Ok(count) = count.parse::<u64>() else { continue };
                match what {
                    "passed" => tally.passed += count,
                    "failed" => tally.failed += count,
                    "ignored" => tally.ignored += count,
                    _ => {}
                }
            }
        }
        tally
    }

    /// The `stats` of Playwright's JSON report. A test that passed only when tried again did not pass.
    pub(crate) fn of_playwright(report: &serde_json::Value) -> Self {
        let count = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
        Self {
            passed: count("expected"),
            failed: count("unexpected") + count("flaky"),
            ignored: count("skipped"),
            told: told::of_playwright(report),
        }
    }

    /// The sum of both.
    pub(crate) fn plus(mut self, other: Self) -> Self {
        self.told.extend(other.told);
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
            told: self.told,
        }
    }

    /// The line a group ends with.
    pub(crate) fn line(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_line_of_libtest_is_counted() {
        let output = "running 3 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                      test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.20s\n";
        assert_eq!(
            Tally::of_libtest(output),
            Tally { passed: 7, failed: 2, ignored: 1, told: Vec::new() }
        );
    }

    #[test]
    fn output_without_a_result_counts_nothing() {
        assert_eq!(Tally::of_libtest("error: could not compile"), Tally::default());
    }

    #[test]
    fn a_flaky_browser_test_has_failed() {
        let report = serde_json::json!({"stats": {"expected": 4, "unexpected": 1, "flaky": 2, "skipped": 0}});
        assert_eq!(
            Tally::of_playwright(&report),
            Tally { passed: 4, failed: 3, ignored: 0, told: Vec::new() }
        );
    }
}
