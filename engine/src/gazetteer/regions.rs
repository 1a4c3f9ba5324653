//! Countries, states and provinces behind a name: "Valencia (Carabobo)" is not the one where the room looks.

use std::collections::BTreeMap;

use wire::geo::LngLat;

use super::lexis::plain;
use super::{GazetteerError, Scan};
use crate::place::distance_m;

const BUNDLED: &str = include_str!("../../places/regions.txt");

/// A name of a region has at most so many words.
const REGION_WORDS_MAX: usize = 5;
/// Between a name and its region: "in the state of".
const LINK_WORDS_MAX: usize = 4;
/// A code of two letters counts only in capitals behind a comma.
const CODE_LETTERS: usize = 2;

/// A circle that holds most of a region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    at: LngLat,
    reach_m: f64,
}

impl Region {
    pub(crate) fn holds(&self, at: LngLat) -> bool {
        distance_m(self.at, at) <= self.reach_m
    }
}

/// By their plain names.
#[derive(Debug, Clone, Default)]
pub(super) struct Regions(BTreeMap<String, Vec<Region>>);

impl Regions {
    /// Those that come with the engine.
    pub(super) fn bundled() -> Result<Self, GazetteerError> {
        Self::parse(BUNDLED)
    }

    fn parse(text: &str) -> Result<Self, GazetteerError> {
        let mut regions = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', '[']) {
                continue;
            }
            let (names, region) = entry(line).map_err(|why| GazetteerError::Words {
                file: "regions.txt".to_owned(),
                line: index + 1,
                why,
            })?;
            for name in names {
                regions.0.entry(name).or_default().push(region);
            }
        }
        Ok(regions)
    }

    /// What the words behind a name say that it lies in, and the word after them; `after` is the word behind the name.
    pub(super) fn behind(&self, scan: &Scan<'_, '_>, after: usize) -> (&[Region], usize) {
        let is_gap = |at: usize, signs: &[char]| {
            at < scan.words.len() && scan.gap(at).chars().all(|sign| signs.contains(&sign))
        };
        if !is_gap(after, &[' ', ',', '(', '-', '–']) {
            return (&[], after);
        }
        let has_comma = scan.gap(after).contains([',', '(']);
        for skipped in 0..=LINK_WORDS_MAX {
            let first = after + skipped;
            if skipped > 0 && (!is_link(scan, first - 1) || !is_gap(first, &[' ', '\'', '’'])) {
                break;
            }
            let mut phrase = String::new();
            let mut found: (&[Region], usize) = (&[], after);
            for n in 0..REGION_WORDS_MAX {
                let at = first + n;
                if at >= scan.words.len() || n > 0 && !is_gap(at, &[' ', '-', '\'', '’', '·']) {
                    break;
                }
                phrase = if n == 0 {
                    scan.word(at).to_owned()
                } else {
                    format!("{phrase} {}", scan.word(at))
                };
                let is_code = n == 0 && phrase.len() == CODE_LETTERS;
                let is_written = scan.is_capital(first)
                    && (!is_code
                        || has_comma
                            && skipped == 0
                            && scan.written(at).chars().all(char::is_uppercase));
                if let Some(regions) = self.0.get(&phrase).filter(|_| is_written) {
                    found = (regions, at + 1);
                }
            }
            if !found.0.is_empty() {
                return found;
            }
        }
        (&[], after)
    }
}

/// Whether a word may stand between a name and its region.
fn is_link(scan: &Scan<'_, '_>, at: usize) -> bool {
    let kinds = [
        "in",
        "a",
        "dans",
        "state",
        "province",
        "county",
        "region",
        "provincia",
        "estado",
        "departamento",
        "comarca",
        "comunitat",
        "comunidad",
        "estat",
        "departement",
        "mais",
        "celui",
        "celle",
        "pero",
        "mes",
        "but",
        "one",
        "departament",
    ];
    scan.words.get(at).is_some_and(|word| word.meaning.is_particle)
        || kinds.contains(&scan.word(at))
}

fn entry(line: &str) -> Result<(Vec<String>, Region), &'static str> {
    let (names, circle) =
        line.split_once('=').ok_or("an entry is names = latitude longitude kilometres")?;
    let numbers: Vec<f64> =
        circle.split_whitespace().filter_map(|said| said.parse().ok()).collect();
    let [lat, lng, km] = numbers.as_slice() else {
        return Err("a circle is latitude, longitude and kilometres");
    };
    let at = LngLat::new(*lng, *lat).map_err(|_bad| "a circle lies on the Earth")?;
    let names: Vec<String> = names.split('|').map(plain).collect();
    if names.iter().any(|name| name.is_empty() || name.split(' ').count() > REGION_WORDS_MAX) {
        return Err("a name has one to five words");
    }
    Ok((names, Region { at, reach_m: km * 1_000.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_regions_are_read_to_the_last_line() {
        let regions = Regions::bundled().unwrap();
        assert!(regions.0.len() > 400, "{}", regions.0.len());
        let valencia = LngLat::new(-68.0, 10.16).unwrap();
        assert!(regions.0["carabobo"][0].holds(valencia));
        assert!(!regions.0["comunitat valenciana"][0].holds(valencia));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let told = |text| Regions::parse(text).unwrap_err().to_string();
        assert!(
            told("# regions\nSpain 40 -3").starts_with("words about places: regions.txt, line 2: ")
        );
        assert!(told("Spain = 40 -3").contains("kilometres"));
        assert!(told("Spain = 140 -3 9").contains("Earth"));
        assert!(told(" | Spain = 40 -3 9").contains("one to five words"));
    }
}
