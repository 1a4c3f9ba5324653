//! The hazard table: a partner's own words beside our hazard and severity.
//!
//! One line a rule, `pattern,hazard[,severity]` (comma or tab; `#` begins a comment). The first pattern found in the
//! text, whatever its case, decides. Without a table a report keeps its text and names no hazard.

use std::path::Path;

use wire::grade::{Hazard, Severity};

/// Rules a table may hold: far above any dispatch code list, far below what would slow a replay down.
const RULES_MAX: usize = 10_000;

/// The parsed table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hazards(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: String,
    hazard: Hazard,
    severity: Option<Severity>,
}

impl Hazards {
    /// Reads a table from a file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| format!("cannot read the hazard table {}: {cause}", path.display()))?;
        Self::parse(&text).map_err(|cause| format!("hazard table {}: {cause}", path.display()))
    }

    /// Reads a table from its text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let separator = if line.contains('\t') { '\t' } else { ',' };
            let mut cells = line.split(separator).map(str::trim);
            let pattern = cells.next().unwrap_or_default().to_lowercase();
            let word = cells.next().unwrap_or_default();
            if number == 0 && word.eq_ignore_ascii_case("hazard") {
                continue;
            }
            let hazard = word.to_lowercase().parse().map_err(|_unknown| {
                format!("line {}: `{word}` is no hazard; use flood, storm, … or other", number + 1)
            })?;
            let severity = match cells.next().filter(|cell| !cell.is_empty()) {
                None => None,
                Some(word) => Some(word.parse().map_err(|_unknown| {
                    format!("line {}: `{word}` is no severity; use Extreme, Severe, Moderate, Minor or Unknown", number + 1)
                })?),
            };
            if pattern.is_empty() {
                return Err(format!("line {}: the pattern is empty", number + 1));
            }
            rules.push(Rule { pattern, hazard, severity });
            if rules.len() > RULES_MAX {
                return Err(format!("more than {RULES_MAX} rules"));
            }
        }
        Ok(Self(rules))
    }

    /// What the table says of a text.
    pub fn of(&self, text: &str) -> Option<(Hazard, Option<Severity>)> {
        if self.0.is_empty() {
            return None;
        }
        let text = text.to_lowercase();
        self.0
            .iter()
            .find(|rule| text.contains(&rule.pattern))
            .map(|rule| (rule.hazard, rule.severity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pattern_found_decides() {
        let table = Hazards::parse(
            "pattern,hazard,severity\n# fires\ncar fire,fire,Moderate\nfire,wildfire\n",
        )
        .expect("valid");
        assert_eq!(table.of("CFIRE-Car Fire"), Some((Hazard::Fire, Some(Severity::Moderate))));
        assert_eq!(table.of("FIRE-Report of Fire"), Some((Hazard::Wildfire, None)));
        assert_eq!(table.of("1125-Traffic Hazard"), None);
    }

    #[test]
    fn a_word_that_is_no_hazard_is_named_with_its_line() {
        let error = Hazards::parse("flood,flood\nslide,mudslide\n").expect_err("unknown");
        assert!(error.contains("line 2") && error.contains("mudslide"), "{error}");
    }
}
