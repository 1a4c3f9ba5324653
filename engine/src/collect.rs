//! What decides whether a post may be kept: where it belongs and what it says. Its words stay in here.

use wire::geo::LngLat;

use crate::plain::Plain;
use crate::report::ReportEntry;

impl ReportEntry {
    /// Where it belongs, as far as anything tells: of a city its middle, which is a label and no point.
    pub fn spot(&self) -> Option<LngLat> {
        let told = || Some(self.private.told.as_ref()?.about.as_ref()?.at);
        self.place.or_else(told)
    }

    /// Whether its text has one of these, as whole words, without regard to accents and case.
    pub fn says_any(&self, phrases: &[Plain]) -> bool {
        let Some(text) = &self.private.text else { return false };
        let said = Plain::of(text);
        phrases.iter().any(|phrase| said.has(phrase))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_whole_words_in_a_row() {
        let said = Plain::of("Molta AIGUA al carrer Major, sense llum #riuades");
        for (phrase, is_there) in [
            ("aigua", true),
            ("Àigua", true),
            ("carrer major", true),
            ("aig", false),
            ("major aigua", false),
            ("riuades", true),
            ("", false),
        ] {
            assert_eq!(said.has(&Plain::of(phrase)), is_there, "{phrase}");
        }
    }
}
