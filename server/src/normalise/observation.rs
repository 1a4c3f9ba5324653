//! One JSON object → one observation entry.

use engine::entry::Body;
use engine::limits::RAW_BYTES_MAX;
use engine::observation::{ObservationEntry, ObservationResult, Quality};

use super::field::{Fields, placed, stated};
use super::json::Json;
use super::{Context, Refusal, Reject, geometry, report};
use wire::time::Timestamp;

/// Longest datastream id or name, in characters: URNs of sensor networks run to about 150.
pub(super) const NAME_MAX: usize = 200;
/// Longest unit.
pub(super) const UNIT_MAX: usize = 40;
/// Longest value in words: a state such as `open`, not a document.
pub(super) const RESULT_MAX: usize = 1_024;

/// Understands one observation.
pub(super) fn from_json(
    value: Json<'_>,
    index: u64,
    context: &Context<'_>,
) -> Result<Body, Refusal> {
    let mut fields = Fields::of(value, "")?;
    let datastream = fields.id("datastream", NAME_MAX)?;
    match understand(fields, datastream.clone(), index, context) {
        Err(Refusal::Item(_, reject)) => Err(Refusal::Item(datastream, reject)),
        other => other,
    }
}

fn understand(
    mut fields: Fields<'_>,
    datastream: Option<String>,
    index: u64,
    context: &Context<'_>,
) -> Result<Body, Refusal> {
    report::same_mode(&mut fields, index, context)?;
    let Some(datastream) = datastream else {
        return Err(fields.refuse("datastream", "missing", "name the datastream").into());
    };
    let Some((stated, stated_end)) = span(&mut fields)? else {
        let detail = "say when the value was true, such as 2026-11-23T10:00:00Z";
        return Err(fields.refuse("phenomenon_time", "missing", detail).into());
    };
    let result = match fields.take("result") {
        Some(Json::Text(text)) if text.len() > RESULT_MAX => {
            return Err(fields.refuse("result", "too_long", "may have 1,024 bytes").into());
        }
        Some(Json::Text(text)) if text.as_bytes().contains(&0) => {
            return Err(fields.refuse("result", "nul", "must not contain U+0000").into());
        }
        Some(Json::Text(text)) if text.parse::<f64>().is_ok_and(|number| !number.is_finite()) => {
            let detail = "is no finite number; for no value send nothing";
            return Err(fields.refuse("result", "number_out_of_range", detail).into());
        }
        Some(Json::Text(text)) => ObservationResult::Text(text.into_owned()),
        Some(Json::Bool(value)) => ObservationResult::Text(value.to_string()),
        Some(other) => {
            let detail = || format!("must be a number or a string, not {}", other.name());
            let number = other.number();
            ObservationResult::Number(
                number.ok_or_else(|| fields.refuse("result", "wrong_type", detail()))?,
            )
        }
        None => {
            let detail = "give a number or a string; for no value send nothing";
            return Err(fields.refuse("result", "missing", detail).into());
        }
    };
    let place = match fields.take("geometry") {
        Some(value) => Some(geometry::place(value, context)?.0),
        None => None,
    };
    let (phenomenon_time, clock_ahead) = placed(stated, context);
    Ok(Body::Observation(Box::new(ObservationEntry {
        source: context.source,
        datastream,
        phenomenon_time,
        result,
        name: fields.short("name", NAME_MAX)?,
        unit: fields.short("unit", UNIT_MAX)?,
        place,
        clock_ahead,
        stated_time: clock_ahead.then_some(stated),
        phenomenon_end: stated_end.map(|end| placed(end, context).0.max(phenomenon_time)),
        result_at: fields.moment("result_time")?.map(|at| placed(at, context).0),
        quality: fields
            .word("quality", "unknown_quality", &Quality::STATED, word)?
            .unwrap_or_default(),
        raw: {
            // A number for a name is looked at and not taken.
            fields.take("datastream");
            fields.rest(context.limits.raw_bytes_max.min(RAW_BYTES_MAX))
        },
        late: false,
    })))
}

fn word(quality: Quality) -> &'static str {
    quality.word().unwrap_or_default()
}

/// When the value was true: a moment, or an interval with `/` between its ends.
fn span(fields: &mut Fields<'_>) -> Result<Option<(Timestamp, Option<Timestamp>)>, Reject> {
    let Some(text) = fields.text("phenomenon_time")? else { return Ok(None) };
    let wrong = |(reason, detail): (&'static str, &'static str)| {
        Reject::new(reason, "/phenomenon_time", detail)
    };
    let Some((from, to)) = text.split_once('/') else {
        return Ok(Some((stated(&text).map_err(wrong)?, None)));
    };
    let (from, to) = (stated(from).map_err(wrong)?, stated(to).map_err(wrong)?);
    if to < from {
        return Err(wrong(("bad_time", "the interval ends before it begins: swap its ends")));
    }
    Ok(Some((from, Some(to))))
}
