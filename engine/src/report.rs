//! Reports as the engine holds them. What is personal is private to the crate and leaves only through [`crate::view`].

use serde::{Deserialize, Serialize};
use wire::alarm::AlarmLevel;
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::locate::Placing;

pub use crate::identity::{IdKey, Said, content_hash, derived_id, report_id};

/// One version of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportEntry {
    /// Its identity.
    pub id: ReportId,
    /// Who sent it.
    pub source: SourceKey,
    /// A hash of all that the partner said, for folding equal content.
    pub content: u128,
    /// When it was observed, already placed at receipt if the partner's clock is ahead.
    pub observed_at: Timestamp,
    /// The partner's `updated_at`, or the time of receipt.
    pub updated_at: Timestamp,
    /// Who speaks.
    pub kind: Kind,
    /// Seen or heard.
    pub basis: Basis,
    /// Open or closed, if stated.
    pub status: Option<Status>,
    /// What happens.
    pub hazard: Hazard,
    /// The partner's claim.
    pub severity: Severity,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// The partner's clock was more than five minutes ahead.
    pub clock_ahead: bool,
    /// Older than its stale time on arrival.
    pub late: bool,
    /// Its personal part was erased.
    pub erased: bool,
    /// The exact place: stored in the payload, never in the journal row.
    pub place: Option<LngLat>,
    /// The personal part: stored in the payload, never in the journal row.
    pub private: Private,
}

/// The personal part of a report: every word that came from outside.
///
/// No `Display`, and a `Debug` that says nothing, so that it cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Private {
    pub(crate) source_id: Option<String>,
    pub(crate) case_ref: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) lang: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) hazard_original: Option<String>,
    /// What its words tell of where it belongs, if that was read. On disk beside the words, see [`crate::entry`].
    #[serde(skip)]
    pub(crate) told: Option<Box<Placing>>,
    /// An official notice that rings so gravely. Nothing personal: on disk it stands in the journal row, see [`crate::entry`].
    #[serde(skip)]
    pub(crate) rings: Option<AlarmLevel>,
}

/// The doubt about a coarse place: a hundredth of a degree is about a kilometre.
pub(crate) const COARSE_RADIUS_M: u32 = 1_000;

/// Hundredths of a degree: what stays of a place once its report is erased.
pub(crate) fn coarse(place: LngLat) -> (i16, i16) {
    ((place.lng() * 100.0).round() as i16, (place.lat() * 100.0).round() as i16)
}

/// The place of hundredths of a degree.
pub(crate) fn from_coarse((lng, lat): (i16, i16)) -> Option<LngLat> {
    LngLat::new(f64::from(lng) / 100.0, f64::from(lat) / 100.0).ok()
}

/// The words of a report on their way in; the only way to make a [`Private`].
#[derive(Clone, Default)]
pub struct Words {
    /// The partner's own id.
    pub source_id: Option<String>,
    /// The CAD or case number.
    pub case_ref: Option<String>,
    /// What was said.
    pub text: Option<String>,
    /// Its language.
    pub lang: Option<String>,
    /// The place in words.
    pub place: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Where it was published.
    pub url: Option<String>,
    /// The post it goes back to.
    pub origin: Option<String>,
    /// The partner's hazard word, when it is not one of ours.
    pub hazard_original: Option<String>,
}

impl From<Words> for Private {
    fn from(words: Words) -> Self {
        let Words { source_id, case_ref, text, lang, place, author, url, origin, hazard_original } =
            words;
        Self {
            source_id,
            case_ref,
            text,
            lang,
            place,
            author,
            url,
            origin,
            hazard_original,
            told: None,
            rings: None,
        }
    }
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Private(..)")
    }
}

impl ReportEntry {
    /// A rule of the room says that this notice rings, and how gravely.
    pub fn ring(&mut self, level: AlarmLevel) {
        self.private.rings = Some(level);
    }

    /// Drops what is personal: the words, their hash, and the exact place. What stays is exactly what the journal
    /// still tells once the payload's key is gone, so a World that erased and one that replays are equal.
    pub(crate) fn erase(&mut self) {
        self.place = self.place.map(coarse).and_then(from_coarse);
        self.radius_m = self.radius_m.max(COARSE_RADIUS_M);
        self.erased = true;
        self.content = 0;
        self.private = Private::default();
    }

    /// The entry without place and words, the place, and the words.
    pub(crate) fn strip(&self) -> (Self, Option<LngLat>, Private) {
        let bare = Self {
            place: None,
            private: Private::default(),
            // Written by value, so that a new field cannot slip into the journal row unnoticed.
            id: self.id,
            source: self.source,
            content: 0,
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
        };
        (bare, self.place, self.private.clone())
    }
}
