//! What other dialects need of this room: strict JSON as a value, a place and a moment, each refused with the same words as in reports.

use std::borrow::Cow;

use serde_json::Value;
use wire::geo::LngLat;
use wire::time::Timestamp;

use super::json::{self, Json, Meter};
use super::{BadBody, Context, Reject, field, geometry};

/// Reads one JSON document of at most `max` bytes in all, as strictly as reports are read.
pub(crate) fn strict(bytes: &[u8], max: usize) -> Result<Value, BadBody> {
    let meter = Meter::new(max);
    let read = json::document(bytes, &meter).map_err(|error| json::bad_body(&error))?;
    if meter.over() {
        return Err(BadBody::TooLarge(format!("more than {max} bytes of JSON")));
    }
    Ok(value(read))
}

fn value(json: Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(is),
        Json::Int(n) => Value::from(n),
        Json::Large(n) => Value::from(n),
        Json::Float(n) => Value::from(n),
        Json::Text(text) => Value::String(text.into_owned()),
        Json::List(items) => Value::Array(items.into_iter().map(value).collect()),
        Json::Object(members) => Value::Object(
            members.into_iter().map(|(name, inner)| (name.into_owned(), value(inner))).collect(),
        ),
    }
}

fn borrowed(value: &Value) -> Json<'_> {
    match value {
        Value::Null => Json::Null,
        Value::Bool(is) => Json::Bool(*is),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => Json::Int(n),
            (None, Some(n)) => Json::Large(n),
            (None, None) => Json::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Json::Text(Cow::Borrowed(text)),
        Value::Array(items) => Json::List(items.iter().map(borrowed).collect()),
        Value::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, inner)| (Cow::Borrowed(name.as_str()), borrowed(inner)))
                .collect(),
        ),
    }
}

/// The place of a `GeoJSON` geometry or feature.
pub(crate) fn place_of(value: &Value, context: &Context<'_>) -> Result<LngLat, Reject> {
    let shape = value.get("geometry").unwrap_or(value);
    geometry::place(borrowed(shape), context).map(|(place, _)| place)
}

/// A moment in words: as it enters, and what the sender's clock said where it is ahead.
pub(crate) fn moment_of(
    text: &str,
    pointer: &str,
    context: &Context<'_>,
) -> Result<(Timestamp, Option<Timestamp>), Reject> {
    let stated =
        field::stated(text).map_err(|(reason, detail)| Reject::new(reason, pointer, detail))?;
    let (placed, is_ahead) = field::placed(stated, context);
    Ok((placed, is_ahead.then_some(stated)))
}
