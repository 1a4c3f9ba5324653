//! What a body says of one entity: properties that are checked against the model, and relations that are left to whoever draws the change up.

use serde_json::{Map, Value};
use wire::geo::LngLat;
use wire::time::Timestamp;

use super::fault;
use super::limits::{ENTITY_BYTES_MAX, EXTERNAL_ID_MAX, SYMBOL_MAX};
use super::model::{Kind, Relation, Set};
use super::path::Key;
use crate::http::problem::Fault;
use crate::normalise::{self, Context};

/// An object of a body, taken apart.
pub(super) struct Parts {
    pub(super) properties: Map<String, Value>,
    pub(super) relations: Vec<(&'static Relation, Value)>,
}

/// The members of an object, sorted by what they are. What only servers say (`@iot.…`, links) is passed over, so that what was read can be sent back.
pub(super) fn take_apart(set: Set, object: Map<String, Value>, at: &str) -> Result<Parts, Fault> {
    let mut parts = Parts { properties: Map::new(), relations: Vec::new() };
    for (name, value) in object {
        if let Some(relation) = set.relation(&name) {
            parts.relations.push((relation, value));
        } else if let Some(property) = set.property(&name) {
            if !property.is_ours {
                parts.properties.insert(name, value);
            }
        } else if name != "id" && !name.contains("@iot.") {
            let names: Vec<_> = set.properties().iter().map(|property| property.name).collect();
            let name: String = name.chars().take(60).collect();
            let detail = format!(
                "is no property of a {}: {}; what is yours goes into properties or parameters",
                set.one(),
                names.join(", ")
            );
            return Err(fault::field(&format!("{at}/{name}"), "unknown-property", detail));
        }
    }
    Ok(parts)
}

/// Checks the properties that are there.
pub(super) fn check(
    set: Set,
    properties: &Map<String, Value>,
    at: &str,
    context: &Context<'_>,
) -> Result<(), Fault> {
    for property in set.properties() {
        let Some(value) = properties.get(property.name) else { continue };
        let pointer = format!("{at}/{}", property.name);
        let wrong = |detail: &str| fault::field(&pointer, "wrong-type", detail);
        match property.kind {
            Kind::Name => match value.as_str() {
                Some(text) if !text.trim().is_empty() => {}
                _ => return Err(wrong("must be a string that is not blank")),
            },
            Kind::Text if !value.is_string() => return Err(wrong("must be a string")),
            Kind::Object if !value.is_object() && !value.is_null() => {
                return Err(wrong("must be an object"));
            }
            Kind::Moment => {
                let read = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
                read.ok_or_else(|| {
                    wrong("must be RFC 3339 with a zone, such as 2026-11-23T10:00:00Z")
                })?;
            }
            Kind::Unit => unit(value, &pointer)?,
            Kind::Shape => {
                if !value.is_object() && !value.is_string() {
                    return Err(wrong("must be GeoJSON"));
                }
                if is_geojson(properties) {
                    normalise::place_of(value, context)
                        .map_err(|reject| of_reject(&pointer, &reject))?;
                }
            }
            Kind::Text | Kind::Object | Kind::Any | Kind::Span => {}
        }
    }
    let size = serde_json::to_string(properties).map_or(0, |text| text.len());
    if size > ENTITY_BYTES_MAX {
        return Err(fault::limit(format!(
            "{at}: a {} has {ENTITY_BYTES_MAX} bytes of JSON at most.",
            set.one()
        )));
    }
    Ok(())
}

/// Refuses an entity that lacks what it needs.
pub(super) fn complete(set: Set, properties: &Map<String, Value>, at: &str) -> Result<(), Fault> {
    for property in set.properties().iter().filter(|property| property.is_needed) {
        if properties.get(property.name).is_none_or(Value::is_null) {
            let detail = format!("is missing: a {} needs it", set.one());
            return Err(fault::field(&format!("{at}/{}", property.name), "missing", detail));
        }
    }
    Ok(())
}

fn unit(value: &Value, at: &str) -> Result<(), Fault> {
    let Some(unit) = value.as_object() else {
        let detail =
            "must be an object with name, symbol and definition; null each where there is no unit";
        return Err(fault::field(at, "wrong-type", detail));
    };
    for name in ["name", "symbol", "definition"] {
        match unit.get(name) {
            Some(Value::String(text)) if name == "symbol" && text.chars().count() > SYMBOL_MAX => {
                let detail = format!("may have {SYMBOL_MAX} characters: shorten it");
                return Err(fault::field(&format!("{at}/{name}"), "too-long", detail));
            }
            Some(Value::String(_) | Value::Null) => {}
            Some(_) => {
                let detail = "must be a string or null";
                return Err(fault::field(&format!("{at}/{name}"), "wrong-type", detail));
            }
            None => {
                let detail =
                    "is missing: a unit has name, symbol and definition, null where there is none";
                return Err(fault::field(&format!("{at}/{name}"), "missing", detail));
            }
        }
    }
    Ok(())
}

/// A refusal of the intake in our form.
pub(super) fn of_reject(at: &str, reject: &normalise::Reject) -> Fault {
    let pointer = reject.pointer.strip_prefix("/geometry").unwrap_or(&reject.pointer);
    fault::field(&format!("{at}{pointer}"), reject.reason, reject.detail.clone())
}

/// Whether the encoding type says that the shape is `GeoJSON`, in the words of 1.1 or of 1.0.
fn is_geojson(properties: &Map<String, Value>) -> bool {
    let kind = properties.get("encodingType").and_then(Value::as_str).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    kind.ends_with("geo+json") || kind.ends_with("geojson")
}

/// Where a Location lies, if it says so in `GeoJSON`.
pub(super) fn place(location: &Map<String, Value>, context: &Context<'_>) -> Option<LngLat> {
    if !is_geojson(location) {
        return None;
    }
    normalise::place_of(location.get("location")?, context).ok()
}

/// The partner's own id of an entity, from `properties.externalId`.
pub(super) fn external_id(
    properties: &Map<String, Value>,
    at: &str,
) -> Result<Option<String>, Fault> {
    let Some(value) = properties.get("properties").and_then(|own| own.get("externalId")) else {
        return Ok(None);
    };
    let id = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null => return Ok(None),
        _ => String::new(),
    };
    if id.is_empty() || id.chars().count() > EXTERNAL_ID_MAX || id.contains('\0') {
        let detail = format!("must be a string of 1 to {EXTERNAL_ID_MAX} characters");
        return Err(fault::field(
            &format!("{at}/properties/externalId"),
            "bad-external-id",
            detail,
        ));
    }
    Ok(Some(id))
}

/// The entity of `{"@iot.id": 1}`, whatever stands beside it, or of `{"id": 1}` alone: some programs send the whole entity that they read.
pub(super) fn reference(value: &Value) -> Option<Key> {
    let object = value.as_object()?;
    let only_links = object.keys().all(|name| name == "id" || name.contains("@iot."));
    let id = object.get("@iot.id").or_else(|| object.get("id").filter(|_| only_links))?;
    match id {
        Value::Number(number) => number.as_i64().map(Key::Number),
        Value::String(text) => Some(Key::Own(text.clone())),
        _ => None,
    }
}
