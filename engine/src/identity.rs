//! Identities and content hashes: the same report is the same number on every machine and in every replay.
//!
//! BLAKE3 truncated to 128 bits, over length-prefixed fields, each use under a context of its own so that an id can
//! never equal a content hash by construction. An id derived from content is keyed: it stands in the journal after its words
//! are erased, and whoever guesses the words must not be able to confirm them by it.

use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::report::Words;

/// The number of something that is no report and stands among them: `kind` keeps one sort from another.
pub(crate) fn named(kind: &[u8], name: &[u8]) -> ReportId {
    let mut feed = Feed::new("talaia 2026 name beside reports v1");
    feed.bytes(kind);
    feed.bytes(name);
    ReportId(feed.end())
}

/// All that the partner said in one version of a report, before the server filled in anything.
///
/// What the partner left out is `None`, so that the same message sent twice is equal content whenever it comes.
/// Its `updated_at` is not part of it: a newer date on the same words is not news.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// When it was observed, as stated (not as placed at receipt).
    pub observed_at: Option<Timestamp>,
    /// Who speaks.
    pub kind: Kind,
    /// Seen or heard.
    pub basis: Basis,
    /// Open or closed, if stated.
    pub status: Option<Status>,
    /// What happens.
    pub hazard: Hazard,
    /// The claim.
    pub severity: Severity,
    /// The radius of doubt.
    pub radius_m: u32,
    /// Where.
    pub place: Option<LngLat>,
    /// Every word.
    pub words: &'a Words,
}

/// The server's secret for ids derived from content: without it, nobody can tell whether words belong to an id.
pub struct IdKey([u8; 32]);

// By hand: a secret must not reach a log by accident.
impl std::fmt::Debug for IdKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdKey(..)")
    }
}

impl IdKey {
    /// From a secret of the server that stays the same for as long as its journal.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }
}

/// Feeds fields so that no two lists of fields feed the same bytes.
struct Feed(blake3::Hasher);

impl Feed {
    fn new(context: &'static str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    fn keyed(key: &IdKey, context: &'static str) -> Self {
        let mut feed = Self(blake3::Hasher::new_keyed(&key.0));
        feed.bytes(context.as_bytes());
        feed
    }

    fn bytes(&mut self, field: &[u8]) {
        self.0.update(&(field.len() as u64).to_le_bytes());
        self.0.update(field);
    }

    fn word(&mut self, field: Option<&str>) {
        self.0.update(&[u8::from(field.is_some())]);
        if let Some(text) = field {
            self.bytes(text.as_bytes());
        }
    }

    fn end(&self) -> u128 {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        u128::from_le_bytes(half)
    }
}

/// The hash by which equal content is folded.
pub fn content_hash(said: &Said<'_>) -> u128 {
    let Said { observed_at, kind, basis, status, hazard, severity, radius_m, place, words } = *said;
    let mut feed = Feed::new("talaia 2026 report content v1");
    feed.bytes(&observed_at.map_or(i64::MIN, |moment| moment.0).to_le_bytes());
    feed.bytes(&[
        kind as u8,
        basis as u8,
        status.map_or(u8::MAX, |word| word as u8),
        hazard as u8,
        severity as u8,
    ]);
    feed.bytes(&radius_m.to_le_bytes());
    match place {
        Some(place) => {
            let (lng, lat) = place.e7();
            feed.bytes(&lng.to_le_bytes());
            feed.bytes(&lat.to_le_bytes());
        }
        None => feed.bytes(&[]),
    }
    // By name, so that a new word cannot be forgotten here.
    let Words { source_id, case_ref, text, lang, place, author, url, origin, hazard_original } =
        words;
    for word in [source_id, case_ref, text, lang, place, author, url, origin, hazard_original] {
        feed.word(word.as_deref());
    }
    feed.end()
}

/// The identity of a report its partner names.
pub fn report_id(source_public_id: &str, partner_id: &str) -> ReportId {
    let mut feed = Feed::new("talaia 2026 report id v1");
    feed.bytes(source_public_id.as_bytes());
    feed.bytes(partner_id.as_bytes());
    ReportId(feed.end())
}

/// The identity of a report without a name of its own, derived from its content under the server's key: the same content
/// of the same source is the same report, for this server alone.
pub fn derived_id(key: &IdKey, source_public_id: &str, content: u128) -> ReportId {
    let mut feed = Feed::keyed(key, "talaia 2026 derived report id v2");
    feed.bytes(source_public_id.as_bytes());
    feed.bytes(&content.to_le_bytes());
    ReportId(feed.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &Words) -> Said<'_> {
        Said {
            observed_at: Some(Timestamp(1)),
            kind: Kind::Call,
            basis: Basis::Seen,
            status: None,
            hazard: Hazard::Flood,
            severity: Severity::Severe,
            radius_m: 50,
            place: LngLat::new(2.17, 41.4).ok(),
            words,
        }
    }

    #[test]
    fn every_field_changes_the_content_hash() {
        let none = Words::default();
        let base = said(&none);
        let word = |set: fn(&mut Words, Option<String>)| {
            let mut words = Words::default();
            set(&mut words, Some("x".to_owned()));
            content_hash(&said(&words))
        };
        let hashes = [
            content_hash(&base),
            content_hash(&Said { observed_at: None, ..base }),
            content_hash(&Said { kind: Kind::Post, ..base }),
            content_hash(&Said { basis: Basis::Heard, ..base }),
            content_hash(&Said { status: Some(Status::Open), ..base }),
            content_hash(&Said { hazard: Hazard::Fire, ..base }),
            content_hash(&Said { severity: Severity::Minor, ..base }),
            content_hash(&Said { radius_m: 51, ..base }),
            content_hash(&Said { place: None, ..base }),
            word(|w, x| w.source_id = x),
            word(|w, x| w.case_ref = x),
            word(|w, x| w.text = x),
            word(|w, x| w.lang = x),
            word(|w, x| w.place = x),
            word(|w, x| w.author = x),
            word(|w, x| w.url = x),
            word(|w, x| w.origin = x),
            word(|w, x| w.hazard_original = x),
        ];
        let distinct: std::collections::BTreeSet<_> = hashes.iter().collect();
        assert_eq!(distinct.len(), hashes.len());
        assert_eq!(content_hash(&said(&none)), content_hash(&base), "and nothing else does");
    }

    #[test]
    fn ids_are_stable_and_borders_between_fields_count() {
        assert_eq!(report_id("p", "a1").to_string(), report_id("p", "a1").to_string());
        assert_ne!(report_id("pa", "1"), report_id("p", "a1"));
    }

    #[test]
    fn a_derived_id_is_the_same_for_the_same_words_and_tells_nobody_else_of_them() {
        let (ours, theirs) = (IdKey::new([1; 32]), IdKey::new([2; 32]));
        assert_eq!(derived_id(&ours, "p", 7), derived_id(&IdKey::new([1; 32]), "p", 7));
        assert_ne!(derived_id(&ours, "p", 7), derived_id(&theirs, "p", 7), "another server's key");
        assert_ne!(derived_id(&ours, "p", 7), derived_id(&ours, "q", 7), "another source");
        assert_ne!(derived_id(&ours, "p", 7), derived_id(&ours, "p", 8), "other words");
        assert_eq!(format!("{ours:?}"), "IdKey(..)");
    }
}
