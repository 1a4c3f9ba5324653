//! Records: reports as the World holds them, a third the size of the entries they came in.
//!
//! The words of a report are packed into one allocation. Like [`Private`] they leave only through [`crate::view`].

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::locate::Placing;
use crate::report::{Private, ReportEntry};

/// A report held, with its number and its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub(crate) id: ReportId,
    pub(crate) content: u128,
    pub(crate) seq: u64,
    pub(crate) recorded_at: Timestamp,
    pub(crate) observed_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) place: Option<LngLat>,
    pub(crate) source: SourceKey,
    pub(crate) radius_m: u32,
    pub(crate) kind: Kind,
    pub(crate) basis: Basis,
    pub(crate) status: Option<Status>,
    pub(crate) hazard: Hazard,
    pub(crate) severity: Severity,
    pub(crate) clock_ahead: bool,
    pub(crate) late: bool,
    pub(crate) erased: bool,
    words: Packed,
}

impl Record {
    /// The record of an entry's report.
    pub fn new(seq: u64, recorded_at: Timestamp, report: &ReportEntry) -> Self {
        Self {
            id: report.id,
            content: report.content,
            seq,
            recorded_at,
            observed_at: report.observed_at,
            updated_at: report.updated_at,
            place: report.place,
            source: report.source,
            radius_m: report.radius_m,
            kind: report.kind,
            basis: report.basis,
            status: report.status,
            hazard: report.hazard,
            severity: report.severity,
            clock_ahead: report.clock_ahead,
            late: report.late,
            erased: report.erased,
            words: Packed::new(&report.private),
        }
    }

    /// The report again, for its views.
    pub(crate) fn report(&self) -> ReportEntry {
        ReportEntry {
            id: self.id,
            source: self.source,
            content: self.content,
            observed_at: self.observed_at,
            updated_at: self.updated_at,
            kind: self.kind,
            basis: self.basis,
            status: self.status,
            hazard: self.hazard,
            severity: self.severity,
            radius_m: self.radius_m,
            clock_ahead: self.clock_ahead,
            late: self.late,
            erased: self.erased,
            place: self.place,
            private: self.words.private(),
        }
    }

    /// What stays once the personal part is erased: exactly what a replay without the payload gives.
    pub(crate) fn erase(&mut self) {
        let mut bare = self.report();
        bare.erase();
        *self = Self::new(self.seq, self.recorded_at, &bare);
    }

    /// The same with what its words told when they were read again.
    pub(crate) fn reread(&self, spot: Option<(LngLat, u32)>, told: Option<Box<Placing>>) -> Self {
        let mut report = self.report();
        if let Some((at, radius_m)) = spot {
            (report.place, report.radius_m) = (Some(at), radius_m);
        }
        report.private.told = told;
        Self::new(self.seq, self.recorded_at, &report)
    }

    /// Drops the words of a report that is gone.
    pub(crate) fn forget_words(&mut self) {
        self.words = Packed::default();
    }

    /// The partner's own id.
    pub(crate) fn source_id(&self) -> Option<&str> {
        self.words.word(SOURCE_ID)
    }

    /// What was said.
    pub(crate) fn text(&self) -> Option<&str> {
        self.words.word(TEXT)
    }

    /// The language that the partner states.
    pub(crate) fn lang(&self) -> Option<&str> {
        self.words.word(LANG)
    }

    /// The place in words.
    pub(crate) fn place_words(&self) -> Option<&str> {
        self.words.word(PLACE)
    }

    /// Where it was published.
    pub(crate) fn url(&self) -> Option<&str> {
        self.words.word(URL)
    }

    /// The post it goes back to, by the partner's own id.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.words.word(ORIGIN)
    }

    /// The case number.
    pub(crate) fn case_ref(&self) -> Option<&str> {
        self.words.word(CASE_REF)
    }

    /// Bytes on the heap, for the figures.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.words.0.len()
    }
}

/// How many words a report may carry, and what they tell of its place.
const WORDS: usize = 10;
/// The places of the words that are asked for one by one.
const SOURCE_ID: usize = 0;
const CASE_REF: usize = 1;
const TEXT: usize = 2;
const LANG: usize = 3;
const PLACE: usize = 4;
const URL: usize = 6;
const ORIGIN: usize = 7;
/// What its words tell of its place, as postcard.
const TOLD: usize = 9;

/// Words in one allocation: which there are (two bytes), where each ends (four bytes each), then the bytes of all.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Packed(Box<[u8]>);

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packed(..)")
    }
}

impl Packed {
    fn new(private: &Private) -> Self {
        // By name, so that a new word cannot be forgotten here.
        let Private {
            source_id,
            case_ref,
            text,
            lang,
            place,
            author,
            url,
            origin,
            hazard_original,
            told,
            // Of its entry alone: an alarm remembers it.
            rings: _,
        } = private;
        // Postcard into a Vec cannot fail for this type; what were empty would be read as nothing.
        let told = told.as_ref().map(|told| postcard::to_stdvec(told).unwrap_or_default());
        let said = [source_id, case_ref, text, lang, place, author, url, origin, hazard_original];
        let mut words: [Option<&[u8]>; WORDS] = [None; WORDS];
        for (word, said) in words.iter_mut().zip(said) {
            *word = said.as_ref().map(String::as_bytes);
        }
        words[TOLD] = told.as_deref();
        let n = words.iter().filter(|word| word.is_some()).count();
        if n == 0 {
            return Self::default();
        }
        let length: usize = words.iter().flatten().map(|word| word.len()).sum();
        let mut bytes = Vec::with_capacity(2 + 4 * n + length);
        let present =
            (0..WORDS).filter(|i| words[*i].is_some()).fold(0u16, |bits, i| bits | 1 << i);
        bytes.extend(present.to_le_bytes());
        let mut end = 0u32;
        for word in words.into_iter().flatten() {
            end += word.len() as u32;
            bytes.extend(end.to_le_bytes());
        }
        words.into_iter().flatten().for_each(|word| bytes.extend(word));
        Self(bytes.into_boxed_slice())
    }

    /// One word. Total over any bytes: what is not there is `None`.
    fn word(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(index)?).ok()
    }

    fn bytes(&self, index: usize) -> Option<&[u8]> {
        let (present, rest) = self.0.split_first_chunk::<2>()?;
        let present = u16::from_le_bytes(*present);
        if present & (1 << index) == 0 {
            return None;
        }
        let n = present.count_ones() as usize;
        let rank = (present & ((1 << index) - 1)).count_ones() as usize;
        let end = |rank: usize| {
            let bytes = rest.get(4 * rank..4 * rank + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let start = if rank == 0 { 0 } else { end(rank - 1)? };
        rest.get(4 * n..)?.get(start..end(rank)?)
    }

    fn private(&self) -> Private {
        let word = |index| self.word(index).map(str::to_owned);
        Private {
            source_id: word(SOURCE_ID),
            case_ref: word(CASE_REF),
            text: word(TEXT),
            lang: word(LANG),
            place: word(PLACE),
            author: word(5),
            url: word(URL),
            origin: word(ORIGIN),
            hazard_original: word(8),
            told: self.bytes(TOLD).and_then(|bytes| postcard::from_bytes(bytes).ok()),
            rings: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Words;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn words_survive_packing(words in proptest::collection::vec(proptest::option::of(".{0,40}"), 9)) {
            let [source_id, case_ref, text, lang, place, author, url, origin, hazard_original]:
                [Option<String>; 9] = words.try_into().expect("nine");
            let private = Private::from(Words {
                source_id, case_ref, text, lang, place, author, url, origin, hazard_original,
            });
            prop_assert!(Packed::new(&private).private() == private);
        }

        #[test]
        fn no_bytes_make_unpacking_fail(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let packed = Packed(bytes.into_boxed_slice());
            for index in 0..WORDS {
                let _ = packed.word(index);
            }
        }
    }

    #[test]
    fn a_record_says_nothing_personal_in_debug() {
        let private = Private::from(Words { text: Some("canary".to_owned()), ..Words::default() });
        assert!(!format!("{:?}", Packed::new(&private)).contains("canary"));
    }
}
