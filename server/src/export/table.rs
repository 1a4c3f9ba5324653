//! Reports as comma-separated values (RFC 4180). Times are UTC, places in degrees of WGS 84, distances in metres; the names say so.

use std::io;

use csv::{QuoteStyle, WriterBuilder};
use wire::report::{ReportFeature, Withdrawn};

use super::cell::harmless;

/// What a spreadsheet knows UTF-8 by.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The columns, in the order of [`row`]. New ones come last.
pub(super) const HEADER: [&str; 29] = [
    "id",
    "seq",
    "mode",
    "source",
    "source_id",
    "ref",
    "kind",
    "basis",
    "status",
    "hazard",
    "hazard_original",
    "severity",
    "verification",
    "observed_at_utc",
    "updated_at_utc",
    "recorded_at_utc",
    "lon_deg",
    "lat_deg",
    "radius_m",
    "placed_by",
    "place",
    "text",
    "lang",
    "author",
    "url",
    "origin",
    "clock_ahead",
    "late",
    "withdrawn",
];

/// One page of rows.
pub(super) fn write(
    features: &[ReportFeature],
    is_first: bool,
    has_mark: bool,
) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(features.len() * 400 + 512);
    if is_first && has_mark {
        out.extend(MARK);
    }
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::NonNumeric)
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    if is_first {
        writer.write_record(HEADER)?;
    }
    for feature in features {
        writer.write_record(row(feature))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn row(feature: &ReportFeature) -> [String; 29] {
    let one = &feature.properties;
    let text = |said: &Option<String>| said.as_deref().map(harmless).unwrap_or_default();
    let degrees = |of: fn(&wire::geo::LngLat) -> f64| {
        feature.geometry.as_ref().map(|at| of(at).to_string()).unwrap_or_default()
    };
    let flag = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    [
        feature.id.to_string(),
        one.seq.to_string(),
        one.mode.word().to_owned(),
        harmless(&one.source),
        text(&one.source_id),
        text(&one.case_ref),
        one.kind.word().to_owned(),
        one.basis.word().to_owned(),
        one.status.map(|status| status.word().to_owned()).unwrap_or_default(),
        one.hazard.word().to_owned(),
        text(&one.hazard_original),
        one.severity.word().to_owned(),
        one.verification.word().to_owned(),
        one.observed_at.to_string(),
        one.updated_at.to_string(),
        one.recorded_at.to_string(),
        degrees(|at| at.lng()),
        degrees(|at| at.lat()),
        one.radius_m.to_string(),
        one.placed_by.map(|by| by.word().to_owned()).unwrap_or_default(),
        text(&one.place),
        text(&one.text),
        text(&one.lang),
        text(&one.author),
        text(&one.url),
        text(&one.origin),
        flag(one.clock_ahead),
        flag(one.late),
        match one.withdrawn {
            None => "",
            Some(Withdrawn::Gone) => "1 post, withdrawn",
            Some(Withdrawn::Held) => "1 post, withdrawn, held",
        }
        .to_owned(),
    ]
}
