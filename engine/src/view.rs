//! The redaction: the only maker of wire views, and the only reader of what is personal.

use wire::report::{FeatureTag, ReportFeature, ReportProperties};
use wire::view::Mode;

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
            placed_by_hand: false,
        },
    }
}
