//! What somebody looks for: words that must all be there, phrases in quotes, and of the last word perhaps no more than its beginning.

use memchr::memmem::Finder;

use super::limits::TERMS_MAX;
use crate::plain::{CLOSE, OPEN, Plain};

/// A question in words, understood once. `Debug` says nothing: who looks for a name writes it here.
#[derive(Clone)]
pub struct Sought {
    /// Each must be found; the longest first, since it is the rarest.
    terms: Vec<Finder<'static>>,
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sought({} terms)", self.terms.len())
    }
}

impl Sought {
    /// Of what somebody typed; `None` where there is no word in it. A quote that is still open is a phrase whose last word may go on.
    pub fn of(typed: &str) -> Option<Self> {
        let mut terms: Vec<String> = Vec::new();
        let pieces: Vec<&str> = typed.split(is_quote).collect();
        let last = pieces.iter().rposition(|piece| !piece.trim().is_empty())?;
        for (at, piece) in pieces.iter().enumerate() {
            let plain = Plain::of(piece);
            let words: Vec<String> =
                plain.words().map(|word| format!("{OPEN}{word}{CLOSE}")).collect();
            let goes_on = at == last && at + 1 == pieces.len();
            let mut found = if at % 2 == 1 { vec![words.concat()] } else { words };
            if let Some(term) = found.last_mut().filter(|_| goes_on) {
                term.truncate(term.trim_end_matches(CLOSE).len());
            }
            terms.extend(found.into_iter().filter(|term| !term.is_empty()));
        }
        terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
        terms.dedup();
        terms.truncate(TERMS_MAX);
        let terms: Vec<Finder<'static>> =
            terms.iter().map(|term| Finder::new(term).into_owned()).collect();
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// What is looked for first.
    pub(super) fn rarest(&self) -> Option<&Finder<'static>> {
        self.terms.first()
    }

    /// Whether these words hold all that is sought.
    pub(super) fn is_in(&self, words: &[u8]) -> bool {
        self.terms.iter().all(|term| term.find(words).is_some())
    }
}

fn is_quote(sign: char) -> bool {
    matches!(sign, '"' | '“' | '”' | '„' | '«' | '»')
}
