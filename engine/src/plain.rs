//! A text as it is compared: words in lower case and without accents, each knowing where it stood in the original.
//!
//! Compatibility forms are taken apart (NFKD), accents dropped, and what is left upper- and then lower-cased, which
//! folds `ß` to `ss` and `ς` to `σ`; `œ` is written `oe`. Links, addresses and names with `@` are nobody's words and are left out, and so
//! is the `RT` before a name. In a hashtag each capital after a small letter begins a word.

use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// Stands before each word of a plain text.
pub(crate) const OPEN: char = '<';
/// Stands after each word: a phrase that begins and ends with whole words can then be found as plain bytes.
pub(crate) const CLOSE: char = '>';
/// Stands between clauses: no phrase reaches over it.
const BREAK: char = '\n';
/// Marks of this class and above stand over, under or through a letter; those below are part of how a script spells.
const ACCENT: u8 = 200;

/// One word: where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// Where its `OPEN` stands in the plain text, in bytes.
    pub(crate) at: u32,
    /// Where its `CLOSE` stands.
    pub(crate) to: u32,
    /// Its first byte in the original.
    pub(crate) start: u32,
    /// One past its last byte in the original.
    pub(crate) end: u32,
}

/// See the module. Made once for a report, and read by all that compares words.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Plain {
    text: String,
    words: Vec<Word>,
    /// The last thing written was the end of a clause, or nothing was written.
    broken: bool,
    /// The last word is still open.
    open: bool,
}

// By hand: what somebody said must not reach a log by accident.
impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plain({} words)", self.words.len())
    }
}

impl Plain {
    /// Whether this has the words of that, in a row and whole.
    pub fn has(&self, phrase: &Self) -> bool {
        let phrase = phrase.text.trim_matches(BREAK);
        !phrase.is_empty() && self.text.contains(phrase)
    }

    /// Of what somebody wrote.
    pub fn of(original: &str) -> Self {
        let mut plain = Self { broken: true, ..Self::default() };
        plain.text.reserve(original.len() + original.len() / 2);
        plain.words.reserve(original.len() / 5);
        let mut rest = 0;
        loop {
            rest = plain.take_simple(original, rest);
            let Some((start, piece)) = next_piece(original, rest) else { break };
            if original[rest..start].contains(['\n', '\r']) {
                plain.end_clause();
            }
            rest = start + piece.len();
            if piece.contains('@') {
                plain.drop_repost_sign();
            } else if !is_link(piece) {
                plain.take(piece, start);
            }
        }
        plain
    }

    /// Every word between `OPEN` and `CLOSE`, clauses apart.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The words, without their signs.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words
            .iter()
            .map(|word| &self.text[word.at as usize + OPEN.len_utf8()..word.to as usize])
    }

    /// One word, without its signs.
    pub(crate) fn word(&self, at: usize) -> &str {
        let Some(word) = self.words.get(at) else { return "" };
        &self.text[word.at as usize + OPEN.len_utf8()..word.to as usize]
    }

    /// Where each word stands in the original, in bytes.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (usize, usize)> {
        self.words.iter().map(|word| (word.start as usize, word.end as usize))
    }

    /// The bytes of the original under a stretch of the plain text that begins and ends with whole words.
    pub(crate) fn original(&self, stretch: &Range<usize>) -> Range<usize> {
        let first = self.words.partition_point(|word| (word.at as usize) < stretch.start);
        let after = self.words.partition_point(|word| (word.at as usize) < stretch.end);
        match (self.words.get(first), self.words.get(after.saturating_sub(1))) {
            (Some(first), Some(last)) => first.start as usize..last.end as usize,
            _ => 0..0,
        }
    }

    /// The words of ASCII letters between single spaces that come next, and where they end: most of a text, and the rest takes
    /// several times as long.
    fn take_simple(&mut self, original: &str, mut rest: usize) -> usize {
        let bytes = original.as_bytes();
        loop {
            let first = rest + usize::from(bytes.get(rest) == Some(&b' '));
            let letters = bytes[first..].iter().take_while(|byte| byte.is_ascii_alphanumeric());
            let end = first + letters.count();
            if end == first || !matches!(bytes.get(end), None | Some(b' ')) {
                return rest;
            }
            self.begin(first, end);
            let from = self.text.len();
            self.text.push_str(&original[first..end]);
            self.text[from..].make_ascii_lowercase();
            self.close();
            rest = end;
        }
    }

    /// A piece of the original between white space.
    fn take(&mut self, piece: &str, offset: usize) {
        let (mut tag, mut small) = (false, false);
        let mut signs = piece.char_indices().peekable();
        while let Some((index, sign)) = signs.next() {
            let next = signs.peek().map(|(_, sign)| *sign);
            let (start, end) = (offset + index, offset + index + sign.len_utf8());
            if sign.is_alphanumeric() {
                if tag && small && sign.is_uppercase() {
                    self.close();
                }
                small = !sign.is_uppercase();
                self.letter(sign, start, end);
            } else if !sign.is_ascii()
                && (canonical_combining_class(sign) >= ACCENT || is_unseen(sign))
            {
                // Neither written nor the end of a word; the word reaches over it.
                if let Some(word) = self.words.last_mut().filter(|_| self.open) {
                    word.end = end as u32;
                }
            } else if !(joins(sign) && self.text.ends_with('l') && self.open && is_l(next)) {
                self.close();
                (tag, small) = (sign == '#', false);
                if ends_clause(sign, next) {
                    self.end_clause();
                }
            }
        }
        self.close();
    }

    fn letter(&mut self, sign: char, start: usize, end: usize) {
        if !self.open {
            self.begin(start, end);
        } else if let Some(word) = self.words.last_mut() {
            word.end = end as u32;
        }
        if sign.is_ascii() {
            self.text.push(sign.to_ascii_lowercase());
            return;
        }
        decompose_compatible(sign, |part| {
            if canonical_combining_class(part) < ACCENT {
                for folded in part.to_uppercase().flat_map(char::to_lowercase) {
                    match folded {
                        'œ' => self.text.push_str("oe"),
                        'æ' => self.text.push_str("ae"),
                        sign if sign.is_alphanumeric() => self.text.push(sign),
                        _ => {}
                    }
                }
            }
        });
    }

    fn begin(&mut self, start: usize, end: usize) {
        let at = self.text.len() as u32;
        self.words.push(Word { at, to: at, start: start as u32, end: end as u32 });
        self.text.push(OPEN);
        (self.open, self.broken) = (true, false);
    }

    fn close(&mut self) {
        if self.open {
            if let Some(word) = self.words.last_mut() {
                word.to = self.text.len() as u32;
            }
            self.text.push(CLOSE);
            self.open = false;
        }
    }

    fn end_clause(&mut self) {
        if !self.broken {
            self.text.push(BREAK);
            self.broken = true;
        }
    }

    /// `RT` before a name says who said it first, not what.
    fn drop_repost_sign(&mut self) {
        if self.text.trim_end_matches(BREAK).ends_with("<rt>") {
            if let Some(word) = self.words.pop() {
                self.text.truncate(word.at as usize);
            }
            self.broken = self.text.is_empty() || self.text.ends_with(BREAK);
        }
    }
}

/// The next piece between white space, and where it starts.
fn next_piece(text: &str, rest: usize) -> Option<(usize, &str)> {
    let start = rest + text[rest..].find(|sign: char| !sign.is_whitespace())?;
    let length = text[start..].find(char::is_whitespace).unwrap_or(text.len() - start);
    Some((start, &text[start..start + length]))
}

fn is_link(piece: &str) -> bool {
    let bare = piece.trim_start_matches(|sign: char| !sign.is_alphanumeric());
    ["http://", "https://", "www."]
        .iter()
        .any(|start| bare.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)))
}

/// Signs that are there to the machine alone; in the middle of a word they would hide it.
fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe0f}' | '\u{feff}')
}

/// The point of the Catalan `l·l`, and what people type for it.
fn joins(sign: char) -> bool {
    matches!(sign, '·' | '•' | '‧' | '∙')
}

fn is_l(sign: Option<char>) -> bool {
    matches!(sign, Some('l' | 'L'))
}

/// A full stop, comma or colon inside a number or a name ends nothing.
fn ends_clause(sign: char, next: Option<char>) -> bool {
    match sign {
        '!' | '?' | ';' | '¡' | '¿' | '…' | '(' | ')' | '—' | '–' => true,
        '.' | ',' | ':' => !next.is_some_and(char::is_alphanumeric),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Plain::of(text).words().map(str::to_owned).collect()
    }

    #[test]
    fn accents_case_and_compatibility_forms_are_one_word() {
        assert_eq!(
            words("INUNDACIÓ inundació inundacio\u{301} ｉｎｕｎｄａｃｉｏ"),
            ["inundacio"; 4]
        );
        assert_eq!(words("Straße STRASSE ﬁre ŒUVRE"), ["strasse", "strasse", "fire", "oeuvre"]);
    }

    #[test]
    fn the_catalan_double_l_is_one_word_however_it_is_typed() {
        assert_eq!(words("col·lapse COL•LAPSE coŀlapse collapse"), ["collapse"; 4]);
        assert_eq!(words("foc · llum"), ["foc", "llum"]);
    }

    #[test]
    fn a_sign_nobody_sees_hides_no_word() {
        assert_eq!(words("in\u{ad}cen\u{200b}di"), ["incendi"]);
    }

    #[test]
    fn links_names_and_the_repost_sign_are_left_out() {
        assert_eq!(
            words("RT @veina: Foc a Sants (https://t.co/x) www.a.org a@b.org"),
            ["foc", "a", "sants"]
        );
        assert_eq!(words("rt means retweet"), ["rt", "means", "retweet"]);
    }

    #[test]
    fn a_hashtag_comes_apart_at_its_capitals() {
        assert_eq!(
            words("#IncendiForestal #DANA2024 McDonald"),
            ["incendi", "forestal", "dana2024", "mcdonald"]
        );
    }

    #[test]
    fn clauses_are_kept_apart_and_numbers_together() {
        assert_eq!(Plain::of("No, foc! 3.5 km").text(), "<no>\n<foc>\n<3><5><km>");
        assert_eq!(Plain::of("foc\nfum").text(), "<foc>\n<fum>");
        assert_eq!(Plain::of("!! ...").text(), "");
    }

    #[test]
    fn each_stretch_knows_its_bytes_in_the_original() {
        let original = "¡Ay! Árbol  caído\u{301}, ﬁn";
        let plain = Plain::of(original);
        let text = plain.text();
        let at = |wanted: &str| {
            let start = text.find(wanted).unwrap();
            &original[plain.original(&(start..start + wanted.len()))]
        };
        assert_eq!(at("<arbol><caido>"), "Árbol  caído\u{301}");
        assert_eq!(at("<fin>"), "ﬁn");
    }

    #[test]
    fn the_short_way_and_the_long_way_give_the_same_words_and_places() {
        for text in
            ["Foc al  pis", " two  spaces ", "a", "a ", "RT @x foc", "no. 5 b2b é x", "x\u{301} y"]
        {
            // A tabulator is no single space: each word goes the long way.
            let (short, long) = (Plain::of(text), Plain::of(&text.replace(' ', "\t")));
            assert_eq!((short.text(), &short.words), (long.text(), &long.words), "{text:?}");
        }
    }
}
