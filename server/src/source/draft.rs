//! Drafts: what a source of ours understood, on its way to an entry.

use std::collections::BTreeMap;

use engine::entry::Body;
use engine::identity::{IdKey, Said, content_hash, derived_id, report_id};
use engine::limits::{CLOCK_AHEAD_MS, STALE_MS};
use engine::observation::{ObservationEntry, ObservationResult, Quality};
use engine::report::{ReportEntry, Words};
use wire::alarm::AlarmLevel;
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::report::ReportFeature;
use wire::time::Timestamp;

use crate::store::SourceRow;

/// A report or a sensor's value as a source understood it.
#[derive(Clone)]
pub struct Draft {
    /// When it was observed.
    pub observed_at: Timestamp,
    /// When the upstream last changed it, if it says.
    pub updated_at: Option<Timestamp>,
    /// Who speaks.
    pub kind: Kind,
    /// Seen or heard.
    pub basis: Basis,
    /// Open or closed, if stated.
    pub status: Option<Status>,
    /// What happens.
    pub hazard: Hazard,
    /// How bad.
    pub severity: Severity,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// Where.
    pub place: Option<LngLat>,
    /// The words; `source_id` is its id at the upstream.
    pub words: Words,
}

/// A sensor's value as a source understood it.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// The datastream's id.
    pub datastream: String,
    /// A readable name.
    pub name: String,
    /// The unit.
    pub unit: String,
    /// Where it stands.
    pub place: LngLat,
    /// When the value was true.
    pub at: Timestamp,
    /// The value.
    pub value: f64,
}

// By hand: words are personal and must not reach a log by accident.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({} {} at {})", self.hazard, self.severity, self.observed_at)
    }
}

/// The moment a thing is placed at, and whether its clock was ahead.
fn placed(stated: Timestamp, now: Timestamp) -> (Timestamp, bool) {
    let ahead = stated.ms_since(now) > CLOCK_AHEAD_MS;
    (if ahead { now } else { stated }, ahead)
}

impl Draft {
    /// The entry of this draft, which rings where a rule of the room says so.
    pub(super) fn ringing(
        self,
        rings: &BTreeMap<String, AlarmLevel>,
        source: &SourceRow,
        id_key: &IdKey,
        now: Timestamp,
    ) -> Body {
        let level = self.words.source_id.as_ref().and_then(|id| rings.get(id).copied());
        let mut body = self.body(source, id_key, now);
        if let (Some(level), Body::Report(report)) = (level, &mut body) {
            report.ring(level);
        }
        body
    }

    /// The entry of this draft, received `now` from `source`; without an id of its own it gets one under `id_key`.
    pub fn body(self, source: &SourceRow, id_key: &IdKey, now: Timestamp) -> Body {
        let Self {
            observed_at,
            updated_at,
            kind,
            basis,
            status,
            hazard,
            severity,
            radius_m,
            place,
            words,
        } = self;
        let content = content_hash(&Said {
            observed_at: Some(observed_at),
            kind,
            basis,
            status,
            hazard,
            severity,
            radius_m,
            place,
            words: &words,
        });
        let id = match &words.source_id {
            Some(id) => report_id(&source.id, id),
            None => derived_id(id_key, &source.id, content),
        };
        let (observed_at, clock_ahead) = placed(observed_at, now);
        Body::Report(Box::new(ReportEntry {
            id,
            source: source.key,
            content,
            observed_at,
            updated_at: updated_at.unwrap_or(now),
            kind,
            basis,
            status,
            hazard,
            severity,
            radius_m,
            clock_ahead,
            late: now.ms_since(observed_at) > STALE_MS,
            erased: false,
            place,
            private: words.into(),
        }))
    }
}

impl Gauge {
    /// The entry of this value, received `now` from `source`.
    pub fn body(self, source: &SourceRow, now: Timestamp) -> Body {
        let (phenomenon_time, clock_ahead) = placed(self.at, now);
        Body::Observation(Box::new(ObservationEntry {
            source: source.key,
            datastream: self.datastream,
            phenomenon_time,
            result: ObservationResult::Number(self.value),
            name: Some(self.name),
            unit: Some(self.unit),
            place: Some(self.place),
            clock_ahead,
            stated_time: clock_ahead.then_some(self.at),
            phenomenon_end: None,
            result_at: None,
            quality: Quality::Unstated,
            raw: None,
            late: false,
        }))
    }
}

/// A held report once more, closed.
pub(super) fn closed(id: &str, report: ReportFeature, why: &str) -> Draft {
    let words = report.properties;
    Draft {
        observed_at: words.observed_at,
        updated_at: None,
        kind: words.kind,
        basis: words.basis,
        status: Some(Status::Closed),
        hazard: words.hazard,
        severity: Severity::Unknown,
        radius_m: words.radius_m,
        place: report.geometry,
        words: Words {
            source_id: Some(id.to_owned()),
            case_ref: words.case_ref,
            text: Some(match words.text {
                Some(text) => format!("{why}: {text}"),
                None => why.to_owned(),
            }),
            lang: words.lang,
            place: words.place,
            url: words.url,
            hazard_original: words.hazard_original,
            ..Words::default()
        },
    }
}
