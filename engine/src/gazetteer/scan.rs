//! A text read for names of places in one pass: the longest name from the left, over whole words.

use super::{Cue, Form, Gazetteer, Meaning, PHRASE_WORDS_MAX, Use};
use crate::limits::PLACED_WORDS_MAX;
use crate::plain::Plain;

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Where it stands in the original, in bytes.
    pub(crate) start: usize,
    /// One past its last byte there.
    pub(crate) end: usize,
    pub(crate) meaning: Meaning,
    /// It is written nearly so.
    pub(crate) is_guess: bool,
}

/// A name found in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mention<'g> {
    /// Its first word.
    pub(crate) first: usize,
    /// The word after it.
    pub(crate) after: usize,
    /// What has that name.
    pub(crate) uses: &'g [Use],
    /// A kind of thoroughfare is part of it.
    pub(crate) has_way: bool,
}

impl Mention<'_> {
    pub(crate) fn is_nowhere(&self) -> bool {
        self.uses.iter().any(|use_| use_.form == Form::Nowhere)
    }

    /// The places whose whole name it is, or what their neighbours call them.
    pub(crate) fn whole(&self) -> impl Iterator<Item = u32> {
        let is_name = |use_: &&Use| matches!(use_.form, Form::Whole | Form::Short);
        self.uses.iter().filter(is_name).map(|use_| use_.place)
    }
}

/// See the module.
pub(crate) struct Scan<'g, 'a> {
    text: &'a str,
    plain: Plain,
    pub(crate) words: Vec<Token>,
    pub(crate) mentions: Vec<Mention<'g>>,
}

/// Particles that may stand between two words of a name.
const PARTICLES_MAX: usize = 3;
/// A word that ends with a point within a name is an abbreviation of at most so many letters.
const ABBREVIATED_MAX: usize = 5;

impl Gazetteer {
    /// The names in a text.
    pub(crate) fn scan<'g, 'a>(&'g self, text: &'a str) -> Scan<'g, 'a> {
        self.scan_for(text, &|_| true)
    }

    /// The names in a text that some place has which may be meant: a longer name of none hides no shorter one.
    pub(crate) fn scan_for<'g, 'a>(
        &'g self,
        text: &'a str,
        may: &impl Fn(&Use) -> bool,
    ) -> Scan<'g, 'a> {
        let plain = Plain::of(text);
        let mut scan =
            Scan { text, words: Vec::with_capacity(plain.len()), mentions: Vec::new(), plain };
        let spans = scan.plain.spans().take(PLACED_WORDS_MAX);
        for (word, (start, end)) in scan.plain.words().zip(spans) {
            let mut meaning = self.meaning(word);
            let guess = (meaning == Meaning::default()).then(|| self.nearly.token(word)).flatten();
            meaning.token = guess.unwrap_or(meaning.token);
            scan.words.push(Token { start, end, meaning, is_guess: guess.is_some() });
        }
        let mut at = 0;
        while at < scan.words.len() {
            match self.longest(&scan, at, may) {
                Some(mention) => {
                    at = mention.after;
                    scan.mentions.push(mention);
                }
                None => at += 1,
            }
        }
        scan
    }

    fn longest<'g>(
        &'g self,
        scan: &Scan<'_, '_>,
        first: usize,
        may: &impl Fn(&Use) -> bool,
    ) -> Option<Mention<'g>> {
        let meaning = scan.words.get(first)?.meaning;
        if meaning.is_particle {
            return None;
        }
        let mut best: Option<(usize, u32)> = None;
        let way = meaning.way.filter(|way| scan.has_sign(first, way.sign)).map(|way| way.token);
        for token in [way, Some(meaning.token)].into_iter().flatten() {
            if let Some(node) = self.root(token) {
                self.walk(scan, (node, first + 1), may, &mut best);
            }
        }
        let (after, node) = best?;
        let has_way = |at: usize| scan.words.get(at).is_some_and(|word| word.meaning.way.is_some());
        // "St. George" is a saint as much as a street.
        let is_saint = meaning.token != 0 && meaning.way.is_some_and(|way| way.sign.is_some());
        let has_way = after > first + 1 && (has_way(first) && !is_saint || has_way(after - 1));
        Some(Mention { first, after, uses: self.uses(node), has_way })
    }

    /// Follows the words from `at` as far as some name goes on.
    fn walk(
        &self,
        scan: &Scan<'_, '_>,
        (node, at): (u32, usize),
        may: &impl Fn(&Use) -> bool,
        best: &mut Option<(usize, u32)>,
    ) {
        if self.uses(node).iter().any(may) && best.is_none_or(|(after, _)| after < at) {
            *best = Some((at, node));
        }
        let mut next = at;
        while let Some(word) = scan.words.get(next).filter(|_| scan.joins(next)) {
            // Behind a name a kind needs no sign: "North St".
            let way = word.meaning.way.map(|way| way.token);
            let mut is_further = false;
            for token in
                [way, Some(word.meaning.token).filter(|token| *token != 0)].into_iter().flatten()
            {
                if let Some(node) = self.step(node, token) {
                    is_further = true;
                    self.walk(scan, (node, next + 1), may, best);
                }
            }
            if is_further || !word.meaning.is_particle || next - at >= PARTICLES_MAX {
                return;
            }
            next += 1;
        }
    }
}

impl<'a> Scan<'_, 'a> {
    /// A word as it is compared.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.plain.word(at)
    }

    /// A word as it was written.
    pub(crate) fn written(&self, at: usize) -> &'a str {
        self.words.get(at).and_then(|word| self.text.get(word.start..word.end)).unwrap_or_default()
    }

    /// What stands between a word and the one before it.
    pub(crate) fn gap(&self, at: usize) -> &'a str {
        let before =
            at.checked_sub(1).and_then(|before| self.words.get(before)).map_or(0, |word| word.end);
        let start = self.words.get(at).map_or(self.text.len(), |word| word.start);
        self.text.get(before..start).unwrap_or_default()
    }

    /// Whether a word and the one before it may be of one name.
    fn joins(&self, at: usize) -> bool {
        let gap = self.gap(at);
        if gap == " " {
            return true;
        }
        let before = self.words.get(at.wrapping_sub(1)).copied();
        let is_short = before.is_some_and(|word| word.end - word.start <= ABBREVIATED_MAX);
        let is_way = before.is_some_and(|word| word.meaning.way.is_some());
        gap.chars().all(|sign| match sign {
            ' ' | '\u{a0}' | '-' | '\'' | '’' | '–' | '·' => true,
            '.' => is_short,
            '/' | 'ª' | 'º' => is_way,
            _ => false,
        })
    }

    /// Whether an abbreviation has the sign that it needs.
    fn has_sign(&self, at: usize, sign: Option<char>) -> bool {
        let Some(sign) = sign else { return true };
        let end = self.words.get(at).map_or(0, |word| word.end);
        self.text.get(end..).is_some_and(|rest| rest.starts_with(sign))
    }

    /// Whether a word begins with a capital.
    pub(crate) fn is_capital(&self, at: usize) -> bool {
        self.written(at).chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether nothing stands before a word in its sentence.
    pub(crate) fn begins(&self, at: usize) -> bool {
        at == 0 || self.ends_clause(at)
    }

    /// Whether such a phrase stands among so many words from one on, in its sentence.
    pub(crate) fn has_after(
        &self,
        gazetteer: &Gazetteer,
        at: usize,
        words: usize,
        cue: Cue,
    ) -> bool {
        let mut end = at;
        while end < self.words.len() && end - at < words && (end == at || !self.ends_sentence(end))
        {
            end += 1;
        }
        self.has_before(gazetteer, end, end - at, cue)
    }

    /// Whether a sentence ends between a word and the one before it.
    fn ends_clause(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.words.get(before));
        let is_short = before.is_some_and(|word| word.meaning.way.is_some());
        self.gap(at).chars().any(|sign| match sign {
            '!' | '?' | ';' | '…' | '\n' | ':' | '(' | ')' | '"' | '»' | '«' => true,
            '.' => !is_short,
            _ => false,
        })
    }

    /// Whether a word is written as a hashtag.
    pub(crate) fn is_tag(&self, at: usize) -> bool {
        self.gap(at).ends_with('#')
    }

    /// What the longest phrase before a word says; particles may stand between.
    pub(crate) fn before(&self, gazetteer: &Gazetteer, at: usize) -> (usize, Vec<Cue>) {
        let mut found: (usize, Vec<Cue>) = (at, Vec::new());
        let mut end = at;
        for skipped in 0..=PARTICLES_MAX {
            let mut phrase = String::new();
            for n in 1..=PHRASE_WORDS_MAX {
                let Some(start) = end.checked_sub(n) else { break };
                if (start + 1..=at).any(|word| self.ends_clause(word)) {
                    break;
                }
                phrase = if n == 1 {
                    self.word(start).to_owned()
                } else {
                    format!("{} {phrase}", self.word(start))
                };
                let cues = gazetteer.cues(&phrase);
                if !cues.is_empty() && start < found.0 {
                    found = (start, cues.to_vec());
                }
            }
            let before = end.checked_sub(1).and_then(|before| self.words.get(before));
            if skipped == PARTICLES_MAX || !before.is_some_and(|word| word.meaning.is_particle) {
                break;
            }
            end -= 1;
        }
        found
    }

    /// Whether such a phrase stands among so many words before one, in its sentence.
    pub(crate) fn has_before(
        &self,
        gazetteer: &Gazetteer,
        at: usize,
        words: usize,
        cue: Cue,
    ) -> bool {
        let mut start = at;
        while start > 0 && at - start < words && !self.ends_sentence(start) {
            start -= 1;
            let mut phrase = String::new();
            for end in start..at.min(start + PHRASE_WORDS_MAX) {
                if end > start {
                    phrase.push(' ');
                }
                phrase.push_str(self.word(end));
                if gazetteer.cues(&phrase).contains(&cue) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether a sentence ends between a word and the one before it.
    pub(crate) fn ends_sentence(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.words.get(before));
        let is_short = before.is_some_and(|word| word.meaning.way.is_some());
        self.gap(at).chars().any(|sign| match sign {
            '!' | '?' | '…' | '\n' => true,
            '.' => !is_short,
            _ => false,
        })
    }

    /// What the phrase after a mention says.
    pub(crate) fn following(&self, gazetteer: &Gazetteer, after: usize) -> Vec<Cue> {
        let mut phrase = String::new();
        let mut found = Vec::new();
        for n in 0..PHRASE_WORDS_MAX {
            let at = after + n;
            if at >= self.words.len() || self.ends_clause(at) {
                break;
            }
            phrase = if n == 0 {
                self.word(at).to_owned()
            } else {
                format!("{phrase} {}", self.word(at))
            };
            let cues = gazetteer.cues(&phrase);
            if !cues.is_empty() {
                found = cues.to_vec();
            }
        }
        found
    }
}
