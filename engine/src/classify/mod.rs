//! What the words of a report say: which hazard, how urgent, and which words decided that.
//!
//! Advice beside a report, never a part of it: a partner's own claim stands. A switch turns it off, and what an
//! emergency call or a unit said is never read. How words decide is told in `docs/words.md`.

mod decide;
mod lexicon;
#[cfg(test)]
mod tests;

use std::ops::Range;

use wire::grade::{Hazard, Kind, Urgency};

pub use lexicon::{Lexicon, LexiconError};

use crate::plain::Plain;

/// A language that has a lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Catalan.
    Ca,
    /// Spanish.
    Es,
    /// English.
    En,
    /// French.
    Fr,
}

impl Lang {
    /// Every language, in order.
    pub const ALL: &'static [Self] = &[Self::Ca, Self::Es, Self::En, Self::Fr];

    /// Its code in ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::Es => "es",
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language of a tag such as `ca` or `es-MX`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let code = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.iter().copied().find(|lang| lang.code().eq_ignore_ascii_case(code))
    }
}

/// What some words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// This happens.
    Hazard(Hazard),
    /// So soon.
    Urgency(Urgency),
}

/// Words that decided, or would have if they were not denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where they stand in the text, in bytes.
    pub range: Range<usize>,
    /// What they say.
    pub says: Says,
    /// Words before them say that it is not so.
    pub denied: bool,
}

/// What the words of one text say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The hazards, the one that most words speak of first; among equals the one named first.
    pub hazards: Vec<Hazard>,
    /// The most pressing that is said.
    pub urgency: Option<Urgency>,
    /// Why, in the order of the text; at most [`crate::limits::EVIDENCE_MAX`].
    pub words: Vec<Evidence>,
    /// The languages that most words are of: several when words cannot tell them apart.
    pub langs: Vec<Lang>,
}

/// The lexicons and their switch.
#[derive(Debug, Clone)]
pub struct Classifier {
    lexicon: Lexicon,
    on: bool,
}

impl Classifier {
    /// A classifier that advises only while it is on.
    pub fn new(lexicon: Lexicon, on: bool) -> Self {
        Self { lexicon, on }
    }

    /// What the words of a report say, or nothing: it is off, the report is a call or a unit's, or no word decides.
    ///
    /// `lang` is the language that the sender states; it weighs as much as one word.
    pub fn read(&self, kind: Kind, text: &Plain, lang: Option<&str>) -> Option<Reading> {
        if !self.on || !reads(kind) {
            return None;
        }
        decide::decide(&self.lexicon, text, lang.and_then(Lang::of_tag))
    }
}

/// Calls and units are ordered by fixed, written rules of the room alone: nothing that guesses reads them.
pub fn reads(kind: Kind) -> bool {
    !matches!(kind, Kind::Call | Kind::Unit)
}
