//! One Observation: from JSON to an entry of the journal, with what its Datastream says of name, unit and place.

use engine::limits::RAW_BYTES_MAX;
use engine::observation::{ObservationEntry, ObservationResult, Quality};
use serde_json::{Map, Value};
use wire::geo::LngLat;
use wire::time::Timestamp;

use super::body;
use super::graph::Entity;
use super::insert::Insert;
use super::limits::{NAME_MAX, RESULT_BYTES_MAX};
use super::model::Link;
use crate::normalise::{self, Context, Reject};

/// What a Datastream brings to its Observations.
pub(super) struct Stream {
    name: String,
    shown: String,
    unit: Option<String>,
    place: Option<LngLat>,
    /// What the result is, by the last word of the observation type.
    kind: String,
}

impl Stream {
    /// Of a Datastream as it stands with this change.
    pub(super) fn of(insert: &Insert<'_>, datastream: &Entity) -> Self {
        let thing = insert.draft.tied(insert.graph, Link::ThingDatastream, false, datastream.id);
        let thing = thing.first().and_then(|thing| insert.one(*thing));
        let locations = thing
            .as_ref()
            .map(|thing| insert.draft.tied(insert.graph, Link::ThingLocation, true, thing.id));
        let place = locations.into_iter().flatten().find_map(|location| {
            let location = insert.one(location)?;
            *location.place.get_or_init(|| body::place(&location.body, insert.context))
        });
        let own = datastream.text("name").unwrap_or_default();
        let shown = match thing.as_ref().and_then(|thing| thing.text("name")) {
            Some(thing) if thing != own => format!("{thing} · {own}"),
            _ => own.to_owned(),
        };
        let unit = datastream.body.get("unitOfMeasurement").and_then(|unit| unit.get("symbol"));
        let unit = unit.and_then(Value::as_str).map(str::trim).filter(|unit| !unit.is_empty());
        let kind = datastream.text("observationType").unwrap_or_default();
        Self {
            name: datastream.stream.clone().unwrap_or_default(),
            shown: shown.chars().take(NAME_MAX).collect(),
            unit: unit.map(str::to_owned),
            place,
            kind: kind.rsplit(['/', '#']).next().unwrap_or_default().to_owned(),
        }
    }
}

/// A moment or an interval `a/b`.
struct Span {
    from: Timestamp,
    to: Option<Timestamp>,
    /// What the sender's clock said, where it is ahead.
    ahead: Option<Timestamp>,
}

fn span(text: &str, pointer: &str, context: &Context<'_>) -> Result<Span, Reject> {
    let Some((from, to)) = text.split_once('/') else {
        let (from, ahead) = normalise::moment_of(text, pointer, context)?;
        return Ok(Span { from, to: None, ahead });
    };
    let (from, ahead) = normalise::moment_of(from, pointer, context)?;
    let (to, to_ahead) = normalise::moment_of(to, pointer, context)?;
    if to < from {
        let detail = "the interval ends before it begins: swap the two";
        return Err(Reject::new("bad_time", pointer, detail));
    }
    Ok(Span { from, to: Some(to), ahead: ahead.or(to_ahead) })
}

fn number(value: &Value) -> Result<f64, Reject> {
    let read = match value {
        Value::Number(number) => number.as_f64(),
        // Half of all gateways write numbers as text.
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    read.filter(|number| number.is_finite()).ok_or_else(|| {
        let detail = "must be a finite number, as the Datastream's observationType says; for no value send nothing";
        Reject::new("not_a_number", "/result", detail)
    })
}

fn words(text: String) -> Result<ObservationResult, Reject> {
    if text.len() > RESULT_BYTES_MAX {
        return Err(Reject::new("too_long", "/result", "may have 1,024 bytes"));
    }
    if text.contains('\0') {
        return Err(Reject::new("nul", "/result", "must not contain U+0000"));
    }
    Ok(ObservationResult::Text(text))
}

fn result(value: &Value, kind: &str) -> Result<ObservationResult, Reject> {
    if matches!(kind, "OM_Measurement" | "OM_CountObservation") {
        return number(value).map(ObservationResult::Number);
    }
    match value {
        Value::Number(_) => number(value).map(ObservationResult::Number),
        Value::String(text) => words(text.clone()),
        other => words(other.to_string()),
    }
}

fn moment(
    fields: &Map<String, Value>,
    name: &str,
    context: &Context<'_>,
) -> Result<Option<Span>, Reject> {
    let pointer = format!("/{name}");
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => span(text, &pointer, context).map(Some),
        Some(_) => Err(Reject::new(
            "wrong_type",
            &pointer,
            "must be a string, such as 2026-11-23T10:00:00Z",
        )),
    }
}

/// Understands one Observation.
pub(super) fn understand(
    fields: &Map<String, Value>,
    stream: &Stream,
    context: &Context<'_>,
) -> Result<ObservationEntry, Reject> {
    let given = match fields.get("result") {
        None | Some(Value::Null) => {
            let detail = "give a number or words; for no value send nothing";
            return Err(Reject::new("missing", "/result", detail));
        }
        Some(given) => given,
    };
    if fields.get("parameters").is_some_and(|own| !own.is_object() && !own.is_null()) {
        return Err(Reject::new("wrong_type", "/parameters", "must be an object"));
    }
    let phenomenon = moment(fields, "phenomenonTime", context)?;
    let result_time = moment(fields, "resultTime", context)?;
    moment(fields, "validTime", context)?;
    let now = Span { from: context.now, to: None, ahead: None };
    let Span { from, to, ahead } = phenomenon.unwrap_or(now);
    Ok(ObservationEntry {
        source: context.source,
        datastream: stream.name.clone(),
        phenomenon_time: from,
        result: result(given, &stream.kind)?,
        name: Some(stream.shown.clone()).filter(|name| !name.is_empty()),
        unit: stream.unit.clone(),
        place: stream.place,
        clock_ahead: ahead.is_some(),
        stated_time: ahead,
        phenomenon_end: to,
        result_at: result_time.map(|time| time.from),
        quality: quality(fields.get("resultQuality")),
        raw: rest(fields)?,
        late: false,
    })
}

/// What of an Observation no column holds: kept as it came, and shown again.
fn rest(fields: &Map<String, Value>) -> Result<Option<String>, Reject> {
    let mut rest = Map::new();
    for name in ["parameters", "validTime", "resultQuality", "FeatureOfInterest"] {
        if let Some(value) = fields.get(name).filter(|value| !value.is_null()) {
            rest.insert(name.to_owned(), value.clone());
        }
    }
    // A number, or words, lies in its column; all else would come back as words.
    if let Some(value) =
        fields.get("result").filter(|value| !value.is_number() && !value.is_string())
    {
        rest.insert("result".to_owned(), value.clone());
    }
    if rest.is_empty() {
        return Ok(None);
    }
    let text = Value::Object(rest).to_string();
    if text.len() > RAW_BYTES_MAX {
        let detail = format!(
            "parameters, validTime and resultQuality may have {RAW_BYTES_MAX} bytes together: shorten them"
        );
        return Err(Reject::new("too_large", "/parameters", detail));
    }
    Ok(Some(text))
}

/// What the sender says of its worth, where it says it in one word, as text or as the result of a quality element.
fn quality(stated: Option<&Value>) -> Quality {
    let word = stated.and_then(|stated| match stated {
        Value::String(word) => Some(word.as_str()),
        Value::Array(items) => items.first()?.pointer("/DQ_Result/code")?.as_str(),
        _ => stated.pointer("/DQ_Result/code")?.as_str(),
    });
    match word.unwrap_or_default().to_ascii_lowercase().as_str() {
        "good" | "high" | "valid" | "passed" => Quality::Good,
        "suspect" | "questionable" | "uncertain" | "low" => Quality::Suspect,
        "bad" | "invalid" | "failed" | "error" => Quality::Bad,
        _ => Quality::Unstated,
    }
}
