//! The words about places of `engine/places`: kinds of thoroughfare, particles, and what leads to a place.

use std::collections::{BTreeMap, BTreeSet};

use super::GazetteerError;
use crate::plain::Plain;

/// The bundled files: language, and what is written.
const BUNDLED: [(&str, &str); 4] = [
    ("ca", include_str!("../../places/ca.txt")),
    ("es", include_str!("../../places/es.txt")),
    ("en", include_str!("../../places/en.txt")),
    ("fr", include_str!("../../places/fr.txt")),
];

/// The kinds of thoroughfare, by the names of their sections; each is one word whatever the language.
pub(super) const WAYS: [&str; 7] =
    ["street", "avenue", "square", "promenade", "road", "boulevard", "passage"];

/// What words before, between or after names of places say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cue {
    /// Something is there.
    At,
    /// Something goes there.
    Toward,
    /// The author is or lives there.
    From,
    /// The place before is where a stretch begins.
    Until,
    /// It is not there.
    Not,
    /// Two streets cross.
    Crossing,
    /// A person follows.
    Title,
    /// Who stands before it does what only persons do.
    Speaks,
    /// A club, a band or a crew is called so.
    Group,
    /// It is between the two that follow.
    Between,
    /// The author is somewhere, said a few words further on.
    Here,
    /// What follows is seen or heard from elsewhere.
    Sees,
    /// Something is near it.
    Beside,
    /// Something is the matter with the place before.
    State,
    /// Nothing is the matter with the place before.
    Fine,
    /// What happened, before where it did.
    Struck,
}

/// A word for a kind of thoroughfare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// Which, from 1: its token.
    pub(super) token: u32,
    /// Written so in full, or before this sign.
    pub(super) sign: Option<char>,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexis {
    pub(super) ways: BTreeMap<String, Way>,
    pub(super) same: BTreeMap<String, String>,
    pub(super) particles: BTreeSet<String>,
    pub(super) km: BTreeSet<String>,
    pub(super) common: BTreeSet<String>,
    pub(super) given: BTreeSet<String>,
    pub(super) nowhere: Vec<String>,
    /// Phrases of at most [`PHRASE_WORDS_MAX`] plain words with a space between.
    phrases: BTreeMap<String, Vec<Cue>>,
}

/// Words of the longest phrase that leads to a place.
pub(crate) const PHRASE_WORDS_MAX: usize = 5;

impl Lexis {
    /// The words that come with the engine.
    pub(super) fn bundled() -> Result<Self, GazetteerError> {
        Self::parse(&BUNDLED)
    }

    /// Files in the form that `engine/places/README.md` describes.
    pub(super) fn parse(files: &[(&str, &str)]) -> Result<Self, GazetteerError> {
        let mut lexis = Self::default();
        for (lang, text) in files {
            let mut section = "";
            for (index, line) in text.lines().enumerate() {
                let line = line.trim();
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                    section = name;
                    continue;
                }
                for said in line.split(',').map(str::trim) {
                    lexis.take(section, said).map_err(|why| GazetteerError::Words {
                        file: format!("{lang}.txt"),
                        line: index + 1,
                        why,
                    })?;
                }
            }
        }
        Ok(lexis)
    }

    fn take(&mut self, section: &str, said: &str) -> Result<(), &'static str> {
        if section == "same" {
            let (from, to) = said.split_once('=').ok_or("an entry of [same] is a = b")?;
            self.same.insert(one(from)?, one(to)?);
            return Ok(());
        }
        let words = plain(said);
        if words.is_empty() {
            return Err("an entry has a word at least");
        }
        let sign = said.chars().last().filter(|sign| matches!(sign, '/' | '.'));
        if let Some(at) = WAYS.iter().position(|way| *way == section) {
            // Written in full in one language wins over an abbreviation of another.
            let way = Way { token: at as u32 + 1, sign };
            let known = self.ways.entry(one(said)?).or_insert(way);
            if sign.is_none() {
                *known = way;
            }
            return Ok(());
        }
        let words_of_section = match section {
            "particle" => Some(&mut self.particles),
            "common" => Some(&mut self.common),
            "given" => Some(&mut self.given),
            _ => None,
        };
        if let Some(known) = words_of_section {
            known.insert(one(said)?);
            return Ok(());
        }
        let cue = match section {
            "km" => {
                // Of a phrase the last word stands before the number.
                self.km.extend(words.split(' ').next_back().map(str::to_owned));
                return Ok(());
            }
            "nowhere" => {
                self.nowhere.push(words);
                return Ok(());
            }
            "at" => Cue::At,
            "toward" => Cue::Toward,
            "from" => Cue::From,
            "until" => Cue::Until,
            "not" => Cue::Not,
            "crossing" => Cue::Crossing,
            "title" => Cue::Title,
            "speaks" => Cue::Speaks,
            "group" => Cue::Group,
            "between" => Cue::Between,
            "here" => Cue::Here,
            "sees" => Cue::Sees,
            "beside" => Cue::Beside,
            "state" => Cue::State,
            "fine" => Cue::Fine,
            "struck" => Cue::Struck,
            _ => return Err("no such section"),
        };
        let cues = self.phrases.entry(words).or_default();
        if !cues.contains(&cue) {
            cues.push(cue);
        }
        Ok(())
    }

    /// What these words say, with a space between.
    pub(super) fn cues(&self, phrase: &str) -> &[Cue] {
        self.phrases.get(phrase).map_or(&[], Vec::as_slice)
    }
}

/// The plain words of an entry, a space between.
pub(super) fn plain(said: &str) -> String {
    Plain::of(said).words().collect::<Vec<_>>().join(" ")
}

fn one(said: &str) -> Result<String, &'static str> {
    let word = plain(said);
    if word.is_empty() || word.contains(' ') { Err("an entry here is one word") } else { Ok(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_words_are_read_to_the_last_line() {
        let lexis = Lexis::bundled().unwrap();
        assert_eq!(lexis.ways["carrer"].token, lexis.ways["rue"].token);
        assert_eq!(lexis.ways["c"], Way { token: 1, sign: Some('/') });
        assert_eq!(lexis.same["ste"], "santa");
        assert_eq!(lexis.cues("des de"), [Cue::From]);
        assert!(lexis.cues("vers").contains(&Cue::At), "{:?}", lexis.cues("vers"));
        assert!(lexis.km.contains("pk"));
        let longest = lexis.phrases.keys().map(|said| said.split(' ').count()).max();
        assert!(longest <= Some(PHRASE_WORDS_MAX), "{longest:?}");
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let told = Lexis::parse(&[("ca", "# words\n[street]\ncarrer, carrer gran\n")]);
        assert_eq!(
            told.unwrap_err().to_string(),
            "words about places: ca.txt, line 3: an entry here is one word"
        );
        assert!(Lexis::parse(&[("ca", "[streets]\ncarrer")]).is_err());
    }
}
