//! What is kept of a text so that near copies of it are found: its runs of three words, and the least of each of some
//! hashings of them (`MinHash`).

use crate::limits::SHINGLES_MAX;
use crate::mix;
use crate::plain::Plain;

/// Bands of a sketch: two texts are compared when one band is equal in both.
pub(super) const BANDS: usize = 8;
/// Hashings a band: texts whose runs are equal to four fifths have all of one band equal in 98.5 of 100 cases, by
/// `1 - (1 - 0.8⁴)⁸`, and those equal to three tenths in 6.
const ROWS: usize = 4;
/// Words a run.
const RUN: usize = 3;
/// A text of fewer words has too few runs to tell a copy from a sentence that many say.
const WORDS_MIN: usize = 8;

/// The runs of three words of a text as numbers, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shingles(Box<[u32]>);

/// How many runs of three words two texts share, of all that stand in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Similarity {
    /// Runs in both.
    pub n_shared: u32,
    /// Runs in one or both.
    pub n_all: u32,
}

impl Similarity {
    /// From 0 to 1, as Jaccard counts.
    pub fn ratio(self) -> f64 {
        f64::from(self.n_shared) / f64::from(self.n_all.max(1))
    }

    /// Four fifths: near copies.
    pub(super) fn is_near(self) -> bool {
        5 * u64::from(self.n_shared) >= 4 * u64::from(self.n_all)
    }
}

impl Shingles {
    /// Of a text, unless it is too short.
    pub(super) fn of(plain: &Plain) -> Option<Self> {
        if plain.len() < WORDS_MIN {
            return None;
        }
        let (mut before, mut last) = (0, 0);
        let runs_of_three = plain.words().map(mix::text).map(|word| {
            // Turned by their places: the order of words counts.
            let run = mix::number(u64::rotate_left(before, 42) ^ u64::rotate_left(last, 21) ^ word);
            (before, last) = (last, word);
            (run >> 32) as u32
        });
        let mut runs = Vec::with_capacity(plain.len().min(SHINGLES_MAX));
        runs.extend(runs_of_three.skip(RUN - 1).take(SHINGLES_MAX));
        runs.sort_unstable();
        runs.dedup();
        Some(Self(runs.into()))
    }

    /// The bands, each under a key that no other band has.
    pub(super) fn bands(&self) -> [u64; BANDS] {
        let mut least = [u32::MAX; BANDS * ROWS];
        for run in &self.0 {
            for (least, (odd, plus)) in least.iter_mut().zip(HASHINGS) {
                *least = (*least).min(run.wrapping_mul(odd).wrapping_add(plus));
            }
        }
        let mut keys = [0; BANDS];
        for (band, (key, rows)) in keys.iter_mut().zip(least.chunks_exact(ROWS)).enumerate() {
            *key = rows.iter().fold(band as u64, |key, row| mix::number(key ^ u64::from(*row)));
        }
        keys
    }

    /// The exact likeness.
    pub(super) fn similarity(&self, other: &Self) -> Similarity {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut n_shared = 0;
        while let (Some(one), Some(two)) = (left.peek(), right.peek()) {
            let order = one.cmp(two);
            n_shared += u32::from(order.is_eq());
            if order.is_le() {
                left.next();
            }
            if order.is_ge() {
                right.next();
            }
        }
        Similarity { n_shared, n_all: (self.0.len() + other.0.len()) as u32 - n_shared }
    }

    /// The same if it is enough for a near copy; lengths alone tell most that are not.
    pub(super) fn near(&self, other: &Self) -> Option<Similarity> {
        let (one, two) = (self.0.len(), other.0.len());
        if 5 * one.min(two) < 4 * one.max(two) {
            return None;
        }
        Some(self.similarity(other)).filter(|similarity| similarity.is_near())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// An odd factor and a summand for each hashing, the same in every build.
const HASHINGS: [(u32, u32); BANDS * ROWS] = {
    let mut hashings = [(0, 0); BANDS * ROWS];
    let mut state: u64 = 0x7A1A_1A00_0000_0001;
    let mut row = 0;
    while row < hashings.len() {
        state = mix::number(state);
        hashings[row] = ((state >> 32) as u32 | 1, state as u32);
        row += 1;
    }
    hashings
};

#[cfg(test)]
mod tests {
    use super::*;

    fn shingles(text: &str) -> Shingles {
        Shingles::of(&Plain::of(text)).unwrap()
    }

    #[test]
    fn likeness_counts_runs_of_three_words() {
        // Nine words, seven runs; the last word is another one, so one run of seven differs.
        let one = shingles("a b c d e f g h i");
        let two = shingles("a b c d e f g h x");
        let similarity = one.similarity(&two);
        assert_eq!(similarity, Similarity { n_shared: 6, n_all: 8 });
        assert!(!similarity.is_near() && one.near(&two).is_none());
        assert_eq!(one.near(&one), Some(Similarity { n_shared: 7, n_all: 7 }));
        // The order of words counts.
        assert_eq!(one.similarity(&shingles("i h g f e d c b a")).n_shared, 0);
    }

    #[test]
    fn exactly_four_fifths_is_near() {
        assert!(Similarity { n_shared: 8, n_all: 10 }.is_near());
        assert!(!Similarity { n_shared: 799, n_all: 1000 }.is_near());
    }

    #[test]
    fn a_text_of_seven_words_is_too_short() {
        assert!(Shingles::of(&Plain::of("a b c d e f g")).is_none());
        assert!(Shingles::of(&Plain::of("a b c d e f g h")).is_some());
    }

    #[test]
    fn a_long_text_keeps_its_beginning() {
        let words: Vec<String> = (0..5_000).map(|n| format!("w{n}")).collect();
        assert_eq!(shingles(&words.join(" ")).0.len(), SHINGLES_MAX);
    }
}
