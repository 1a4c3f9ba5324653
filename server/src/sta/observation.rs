//! One Observation: from JSON to an entry of the journal, with what its Datastream says of name, unit and place.

use engine::observation::{ObservationEntry, ObservationResult};
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

/// A moment or an interval `a/b`; without an end it is a moment.
fn span(
    text: &str,
    pointer: &str,
    context: &Context<'_>,
) -> Result<(Timestamp, Option<Timestamp>, bool), Reject> {
    let Some((from, to)) = text.split_once('/') else {
        let (at, is_ahead) = normalise::moment_of(text, pointer, context)?;
        return Ok((at, None, is_ahead));
    };
    let (from, from_ahead) = normalise::moment_of(from, pointer, context)?;
    let (to, to_ahead) = normalise::moment_of(to, pointer, context)?;
    if to < from {
        return Err(Reject::new(
            "bad_time",
            pointer,
            "the interval ends before it begins: swap the two",
        ));
    }
    Ok((from, Some(to), from_ahead || to_ahead))
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
) -> Result<Option<(Timestamp, Option<Timestamp>, bool)>, Reject> {
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
    moment(fields, "resultTime", context)?;
    moment(fields, "validTime", context)?;
    let (phenomenon_time, _, clock_ahead) = phenomenon.unwrap_or((context.now, None, false));
    Ok(ObservationEntry {
        source: context.source,
        datastream: stream.name.clone(),
        phenomenon_time,
        result: result(given, &stream.kind)?,
        name: Some(stream.shown.clone()).filter(|name| !name.is_empty()),
        unit: stream.unit.clone(),
        place: stream.place,
        clock_ahead,
    })
}
