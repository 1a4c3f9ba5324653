//! Words that are misspelt: one letter too many, too few, another, or two in the wrong order.

use std::collections::BTreeMap;

/// Shorter words are too often another word.
pub(super) const LETTERS_MIN: usize = 7;

/// The longer words of names of streets, quarters and the like, by their first letter and how many they have.
#[derive(Debug, Clone, Default)]
pub(super) struct Nearly(BTreeMap<(char, usize), Vec<Known>>);

/// A word and its token.
type Known = (Box<str>, u32);

impl Nearly {
    /// Takes a word in, with its token.
    pub(super) fn take(&mut self, word: &str, token: u32) {
        let (Some(first), n) = (word.chars().next(), word.chars().count()) else { return };
        if n < LETTERS_MIN || word.contains(|sign: char| !sign.is_alphabetic()) {
            return;
        }
        let words = self.0.entry((first, n)).or_default();
        if !words.iter().any(|(known, _)| **known == *word) {
            words.push((word.into(), token));
        }
    }

    /// The token of the one word that this is nearly; none if there are several, which is no ground to guess.
    pub(super) fn token(&self, word: &str) -> Option<u32> {
        let letters: Vec<char> = word.chars().collect();
        let (first, n) = (*letters.first()?, letters.len());
        if n + 1 < LETTERS_MIN {
            return None;
        }
        let near = (n - 1..=n + 1).filter_map(|n| self.0.get(&(first, n))).flatten();
        let mut near = near.filter(|(known, _)| is_nearly(&letters, known));
        let found = near.next()?;
        near.next().is_none().then_some(found.1)
    }
}

/// Whether one change makes one of the other.
fn is_nearly(one: &[char], other: &str) -> bool {
    let other: Vec<char> = other.chars().collect();
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match one.len().cmp(&other.len()) {
        std::cmp::Ordering::Less => one == &other[1..],
        std::cmp::Ordering::Greater => &one[1..] == other,
        std::cmp::Ordering::Equal => match (one, other) {
            ([], []) => true,
            ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c => rest == others,
            _ => one[1..] == other[1..],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        let mut nearly = Nearly::default();
        nearly.take("barceloneta", 7);
        nearly.take("gracia", 8);
        for said in ["barcelonetta", "barcelonta", "barceloneto", "barcelnoeta"] {
            assert_eq!(nearly.token(said), Some(7), "{said}");
        }
        assert_eq!(nearly.token("barcelonita"), Some(7));
        assert_eq!(nearly.token("barselonita"), None);
        assert_eq!(nearly.token("graciaa"), None, "short words are other words");
        nearly.take("barcelonita", 9);
        assert_eq!(nearly.token("barcelonnita"), Some(9));
        assert_eq!(nearly.token("barcelonota"), None, "two that are as near");
    }
}
