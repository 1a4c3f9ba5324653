//! The lexicons of `engine/lexicon`, read once into one automaton over plain texts.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use hashbrown::HashTable;
use wire::grade::{Hazard, Urgency};

use super::Lang;
use crate::limits::{EXPRESSIONS_MAX, READINGS_MAX};
use crate::plain::Plain;

/// The bundled files: language, and what is written.
const BUNDLED: [(Lang, &str); 4] = [
    (Lang::Ca, include_str!("../../lexicon/ca.txt")),
    (Lang::Es, include_str!("../../lexicon/es.txt")),
    (Lang::En, include_str!("../../lexicon/en.txt")),
    (Lang::Fr, include_str!("../../lexicon/fr.txt")),
];

/// What an expression says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sense {
    Hazard(Hazard),
    Urgency(Urgency),
    /// Denies what follows.
    Not,
    /// May stand between a denial and what it denies.
    Fill,
    /// Nothing: hides the shorter expressions in it.
    Figurative,
    /// Its language, and nothing else.
    Speech,
}

impl Sense {
    fn of_section(name: &str) -> Option<Self> {
        Some(match name {
            "immediate" => Self::Urgency(Urgency::Immediate),
            "expected" => Self::Urgency(Urgency::Expected),
            "future" => Self::Urgency(Urgency::Future),
            "past" => Self::Urgency(Urgency::Past),
            "not" => Self::Not,
            "fill" => Self::Fill,
            "figurative" => Self::Figurative,
            "speech" => Self::Speech,
            hazard => Self::Hazard(hazard.parse().ok()?),
        })
    }
}

/// One use of an expression: in which language it says what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    pub(super) lang: Lang,
    pub(super) sense: Sense,
    /// Another language has the same word for something else: only this language makes it count.
    pub(super) wary: bool,
}

/// Why a lexicon cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LexiconError {
    /// A line that is no remark, section or expression.
    #[error("lexicon {}: line {line}: {why}", lang.code())]
    Line {
        /// Whose file.
        lang: Lang,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More than an automaton of reasonable size holds.
    #[error("the lexicons hold more than {EXPRESSIONS_MAX} expressions")]
    TooMany,
    /// The automaton was not built.
    #[error("the lexicons make no automaton: {0}")]
    Automaton(String),
}

/// Every expression of every language.
#[derive(Clone)]
pub struct Lexicon {
    automaton: AhoCorasick,
    expressions: Vec<Expression>,
}

// By hand: the automaton's own is megabytes long.
impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lexicon({} expressions)", self.expressions.len())
    }
}

/// A plain expression, and each of its uses.
#[derive(Debug, Clone, Default)]
struct Expression {
    plain: String,
    n_words: u32,
    uses: Vec<Use>,
}

/// An expression found in a plain text.
pub(super) struct Found<'a> {
    /// Where, in the plain text.
    pub(super) stretch: Range<usize>,
    pub(super) n_words: u32,
    pub(super) uses: &'a [Use],
}

impl Lexicon {
    /// The lexicons that come with the engine. To be kept: reading them takes a while.
    pub fn bundled() -> Result<Self, LexiconError> {
        Self::parse(&BUNDLED)
    }

    /// Lexicons in the form that `engine/lexicon/README.md` describes.
    pub fn parse(files: &[(Lang, &str)]) -> Result<Self, LexiconError> {
        let mut gathered = Gathered::default();
        for (lang, text) in files {
            gathered.file(*lang, text)?;
        }
        let mut expressions = gathered.expressions;
        for expression in &mut expressions {
            expression.uses.sort_unstable();
            expression.uses.dedup();
        }
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            // Every expression begins with the same sign: looking for it first finds each word.
            .prefilter(false)
            .build(expressions.iter().map(|expression| &expression.plain))
            .map_err(|cause| LexiconError::Automaton(cause.to_string()))?;
        Ok(Self { automaton, expressions })
    }

    /// The expressions in a text, leftmost and longest first, none over another.
    pub(super) fn find<'a>(&'a self, plain: &'a Plain) -> impl Iterator<Item = Found<'a>> {
        self.automaton.find_iter(plain.text()).filter_map(|hit| {
            let Expression { n_words, uses, .. } =
                self.expressions.get(hit.pattern().as_usize())?;
            Some(Found { stretch: hit.range(), n_words: *n_words, uses })
        })
    }

    #[cfg(test)]
    pub(super) fn uses(&self) -> impl Iterator<Item = (&str, &[Use])> {
        self.expressions.iter().map(|one| (one.plain.as_str(), one.uses.as_slice()))
    }
}

/// Expressions while files are read, each once.
#[derive(Default)]
struct Gathered {
    expressions: Vec<Expression>,
    known: HashTable<u32>,
}

impl Gathered {
    fn file(&mut self, lang: Lang, text: &str) -> Result<(), LexiconError> {
        let mut sense = None;
        for (index, line) in text.lines().enumerate() {
            let at = |why| LexiconError::Line { lang, line: index + 1, why };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(section) = line.strip_prefix('[') {
                let name = section.strip_suffix(']').ok_or_else(|| at("a section ends with ]"))?;
                sense = Some(Sense::of_section(name).ok_or_else(|| at("no such section"))?);
                continue;
            }
            let sense = sense.ok_or_else(|| at("an expression before any section"))?;
            let (wary, said) = line.strip_prefix('~').map_or((false, line), |said| (true, said));
            for reading in readings(said).map_err(at)? {
                let plain = Plain::of(&reading);
                if plain.len() == 0 || plain.text().contains('\n') {
                    return Err(at("an expression is one word or several of one clause"));
                }
                self.add(&plain, Use { lang, sense, wary })?;
            }
        }
        Ok(())
    }

    fn add(&mut self, plain: &Plain, used: Use) -> Result<(), LexiconError> {
        let hash = |text: &str| crate::mix::text(text);
        let same = |slot: &u32| self.expressions[*slot as usize].plain == plain.text();
        if let Some(slot) = self.known.find(hash(plain.text()), same) {
            self.expressions[*slot as usize].uses.push(used);
            return Ok(());
        }
        if self.expressions.len() >= EXPRESSIONS_MAX {
            return Err(LexiconError::TooMany);
        }
        let slot = self.expressions.len() as u32;
        self.expressions.push(Expression {
            plain: plain.text().to_owned(),
            n_words: plain.len() as u32,
            uses: vec![used],
        });
        let expressions = &self.expressions;
        self.known.insert_unique(hash(plain.text()), slot, |slot| {
            hash(&expressions[*slot as usize].plain)
        });
        Ok(())
    }
}

/// Every reading of a line: `(a|b)` stands for either.
fn readings(line: &str) -> Result<Vec<String>, &'static str> {
    let mut all = vec![String::new()];
    let mut rest = line;
    while !rest.is_empty() {
        let (choices, after) = match rest.strip_prefix('(') {
            Some(inside) => inside.split_once(')').ok_or("a ( without its )")?,
            None => rest.split_at(rest.find('(').unwrap_or(rest.len())),
        };
        if choices.contains(['(', ')']) {
            return Err("a ) without its (, or one inside another");
        }
        let bracketed = rest.starts_with('(');
        if !bracketed && choices.contains('|') {
            return Err("a | outside ( )");
        }
        all = all
            .iter()
            .flat_map(|begun| choices.split('|').map(move |choice| format!("{begun}{choice}")))
            .collect();
        if all.len() > READINGS_MAX {
            return Err("too many readings of one line");
        }
        rest = after;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Lexicon::parse(&[(Lang::Ca, text)]).unwrap_err().to_string()
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_with_its_number() {
        assert_eq!(refused("[fire]\nfoc (a|b"), "lexicon ca: line 2: a ( without its )");
        assert_eq!(refused("[fier]"), "lexicon ca: line 1: no such section");
        assert!(refused("foc").contains("before any section"));
        assert!(refused("[fire]\nfoc|fum").contains("outside"));
        assert!(refused("[fire]\n(a(b)c)").contains("inside another"));
        assert!(refused("[fire]\nfoc, fum").contains("one clause"));
        assert!(refused("[fire]\n!!").contains("one clause"));
        let many = "(a|b|c|d|e|f|g|h)".repeat(4);
        assert!(refused(&format!("[fire]\n{many}")).contains("too many readings"));
    }

    #[test]
    fn more_expressions_than_the_limit_are_refused() {
        let digits = "(0|1|2|3|4|5|6|7|8|9)".repeat(3);
        let lines: Vec<_> =
            (0..=EXPRESSIONS_MAX / 1_000).map(|n| format!("w{n}x{digits}")).collect();
        assert!(refused(&format!("[fire]\n{}", lines.join("\n"))).contains("more than 50000"));
    }

    #[test]
    fn a_choice_is_read_every_way() {
        assert_eq!(
            readings("inunda(t|da) (molt|)").unwrap(),
            ["inundat molt", "inundat ", "inundada molt", "inundada "]
        );
    }

    #[test]
    fn each_language_has_words_of_several_for_every_hazard() {
        let lexicon = Lexicon::bundled().unwrap();
        for lang in Lang::ALL {
            let mut total = 0;
            for hazard in Hazard::ALL {
                let of = |uses: &[Use]| {
                    let sense = Sense::Hazard(*hazard);
                    uses.iter().any(|one| one.lang == *lang && one.sense == sense)
                };
                let said: Vec<_> = lexicon.uses().filter(|(_, uses)| of(uses)).collect();
                let long = said.iter().filter(|(plain, _)| plain.matches('<').count() > 1).count();
                assert!(said.len() >= 5, "{lang:?} {hazard}: {} expressions", said.len());
                assert!(long >= 2, "{lang:?} {hazard}: {long} of several words");
                total += said.len();
            }
            assert!(total >= 40, "{lang:?}: {total}");
        }
        println!("{} expressions", lexicon.expressions.len());
    }

    #[test]
    fn no_expression_says_two_hazards_in_one_language() {
        let lexicon = Lexicon::bundled().unwrap();
        for (plain, uses) in lexicon.uses() {
            for lang in Lang::ALL {
                let said: Vec<_> = uses
                    .iter()
                    .filter(|one| one.lang == *lang && matches!(one.sense, Sense::Hazard(_)))
                    .collect();
                assert!(said.len() < 2, "{plain}: {said:?}");
            }
        }
    }
}
