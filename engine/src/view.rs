//! The redaction: the only maker of wire views, and the only reader of what is personal.

use wire::report::{FeatureTag, PlacedBy, ReportFeature, ReportProperties, ToldPlace, Withdrawn};
use wire::view::Mode;

use crate::locate::{Method, Placing, Spot};
use crate::report::ReportEntry;

/// What a reader is entitled to see of a report. The table stands in docs/privacy.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clearance {
    /// The wall and read-only viewers: grades, times and places; no words from outside.
    Wall,
    /// Contributors, and keys with the scope `read`: also the text, the place in words and the ids; no author, no origin.
    Room,
    /// Analysts, duty officers, administrators: everything.
    Desk,
}

impl Clearance {
    /// Every clearance, least first.
    pub const ALL: [Self; 3] = [Self::Wall, Self::Room, Self::Desk];
}

/// A report as the reader may see it. `source` is the source's public id.
pub fn report(
    report: &ReportEntry,
    seq: u64,
    recorded_at: wire::time::Timestamp,
    mode: Mode,
    source: &str,
    clearance: Clearance,
) -> ReportFeature {
    let words = &report.private;
    let room = |word: &Option<String>| word.clone().filter(|_| clearance >= Clearance::Room);
    let desk = |word: &Option<String>| word.clone().filter(|_| clearance >= Clearance::Desk);
    ReportFeature {
        tag: FeatureTag::Feature,
        id: report.id,
        geometry: report.place,
        properties: ReportProperties {
            seq,
            mode,
            source: source.to_owned(),
            observed_at: report.observed_at,
            updated_at: report.updated_at,
            recorded_at,
            kind: report.kind,
            basis: report.basis,
            status: report.status,
            hazard: report.hazard,
            severity: report.severity,
            verification: wire::grade::Verification::Unverified,
            radius_m: report.radius_m,
            clock_ahead: report.clock_ahead,
            late: report.late,
            source_id: room(&words.source_id),
            case_ref: room(&words.case_ref),
            text: room(&words.text),
            lang: room(&words.lang),
            place: room(&words.place),
            author: desk(&words.author),
            url: desk(&words.url),
            origin: desk(&words.origin),
            hazard_original: room(&words.hazard_original),
            withdrawn: report.erased.then_some(Withdrawn::Gone),
            placed_by: placed_by(report),
            placing: words
                .told
                .as_deref()
                .filter(|_| clearance >= Clearance::Room)
                .map(|told| placing(told, clearance)),
        },
    }
}

/// Who says where a report is that nobody placed by hand.
fn placed_by(report: &ReportEntry) -> Option<PlacedBy> {
    let told = report.private.told.as_deref();
    report.place.map(|_| told.map_or(PlacedBy::Sender, |told| method(told.method)))
}

fn method(method: Method) -> PlacedBy {
    match method {
        Method::Text => PlacedBy::Text,
        Method::Coordinates => PlacedBy::Coordinates,
    }
}

/// Where somebody is who wrote is like who wrote it.
fn placing(told: &Placing, clearance: Clearance) -> wire::report::Placing {
    let Placing { method: by, about, from, candidates, words, is_of_place, version } = told;
    wire::report::Placing {
        method: method(*by),
        about: about.as_ref().map(told_place),
        from: from.as_ref().filter(|_| clearance >= Clearance::Desk).map(told_place),
        candidates: candidates.iter().map(told_place).collect(),
        words: words.clone(),
        is_of_place: *is_of_place,
        gazetteer: version.clone(),
    }
}

fn told_place(spot: &Spot) -> ToldPlace {
    ToldPlace {
        id: Some(spot.id.clone()).filter(|id| !id.is_empty()),
        name: spot.name.clone(),
        within: spot.within.clone(),
        kind: spot.kind.word().to_owned(),
        is_label: spot.is_label(),
        geometry: spot.at,
        radius_m: spot.radius_m,
        weight: spot.weight,
    }
}
