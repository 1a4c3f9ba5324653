//! Warnings of the National Weather Service of the United States: a collection of `GeoJSON` features, each of which is written anew as the
//! message of the Common Alerting Protocol that it stands for, and goes the road of all messages.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::time::Timestamp;

use super::feed::{Feed, Format};
use super::moment::moment;
use super::refusals::Refusals;
use super::{FetchError, Fetched, Held, Message, SourceConfig};

/// Warnings of one answer: the whole country has about a thousand on a bad day.
const WARNINGS_MAX: usize = 10_000;
/// Elements of a message whose words stand in a feature as they are, in the order of a message.
const WORDS: [(&str, &str); 4] = [
    ("senderName", "senderName"),
    ("headline", "headline"),
    ("description", "description"),
    ("instruction", "instruction"),
];
/// Says when what is warned of ends: `expires` is when the next word is to come.
const ENDING: &str = "eventEndingTime";

/// The service.
pub type Nws = Feed<Warnings>;

/// See the module.
#[derive(Debug)]
pub struct Warnings;

/// What is remembered between fetches.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// Digests of the features that stood in the last answer.
    #[serde(default)]
    known: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Answer {
    features: Vec<Value>,
    #[serde(default)]
    updated: Option<String>,
}

impl Format for Warnings {
    type Memory = Known;

    const DIALECT: &'static str = "nws";
    const NAME: &'static str = "NWS warnings";
    // A feature has about four kilobytes.
    const BYTES_MAX: usize = 32 << 20;

    fn new(_config: &SourceConfig) -> Result<Self, String> {
        Ok(Self)
    }

    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Known,
        _held: &dyn Held,
        _now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let answer: Answer = serde_json::from_slice(bytes).map_err(|cause| {
            FetchError::Garbled(format!("it sends no GeoJSON of warnings: {cause}"))
        })?;
        let content_at = answer.updated.as_deref().and_then(moment);
        let mut fetched = Fetched { content_at, ..Fetched::default() };
        let mut refusals = Refusals::default();
        let before = std::mem::take(&mut memory.known);
        for (n, feature) in answer.features.iter().enumerate() {
            let digest = blake3::hash(feature.to_string().as_bytes()).to_hex();
            let digest: String = digest.chars().take(32).collect();
            let is_known = before.contains(&digest);
            // The same twice in one answer is one.
            if !memory.known.insert(digest) || is_known {
                continue;
            }
            let name = feature["properties"]["id"].as_str().or(feature["id"].as_str());
            if n >= WARNINGS_MAX {
                let why = "the answer has more warnings than are taken at once";
                refusals.add("too_many", name, why);
                continue;
            }
            fetched.messages.push(Message {
                name: name.unwrap_or_default().to_owned(),
                said: Ok(message(&feature["properties"], &feature["geometry"]).into_bytes()),
            });
        }
        refusals.settle(&mut fetched);
        Ok(fetched)
    }
}

/// A message that is being written.
#[derive(Default)]
struct Written(String);

impl Written {
    fn open(&mut self, name: &str) {
        // Writing into a string cannot fail.
        let _ = write!(self.0, "<{name}>");
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.0, "</{name}>");
    }

    /// An element, where there are words for it.
    fn said(&mut self, name: &str, words: &Value) {
        let words = match words {
            Value::String(words) if !words.trim().is_empty() => words.as_str(),
            _ => return,
        };
        self.open(name);
        self.0.push_str(&quick_xml::escape::escape(words));
        self.close(name);
    }

    fn pair(&mut self, element: &str, name: &str, value: &str) {
        self.open(element);
        self.said("valueName", &name.into());
        self.said("value", &value.into());
        self.close(element);
    }

    /// Lists of words by name, as parameters and codes are written.
    fn pairs(&mut self, element: &str, lists: &Value) {
        for (name, values) in lists.as_object().into_iter().flatten() {
            for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
                self.pair(element, name, value);
            }
        }
    }
}

/// The message that a feature stands for. What a feature lacks the message lacks, and is refused for it.
fn message(said: &Value, geometry: &Value) -> String {
    let mut out = Written::default();
    out.0.push_str("<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">");
    for (name, field) in [
        ("identifier", "id"),
        ("sender", "sender"),
        ("sent", "sent"),
        ("status", "status"),
        ("msgType", "messageType"),
    ] {
        out.said(name, &said[field]);
    }
    match &said["scope"] {
        Value::Null => out.said("scope", &"Public".into()),
        scope => out.said("scope", scope),
    }
    let references = said["references"].as_array().into_iter().flatten().filter_map(|one| {
        let part = |name| one[name].as_str();
        Some(format!("{},{},{}", part("sender")?, part("identifier")?, part("sent")?))
    });
    let references: Vec<String> = references.collect();
    out.said("references", &references.join(" ").into());
    out.open("info");
    out.said("language", &"en-US".into());
    for (name, field) in [
        ("category", "category"),
        ("event", "event"),
        ("responseType", "response"),
        ("urgency", "urgency"),
        ("severity", "severity"),
        ("certainty", "certainty"),
    ] {
        out.said(name, &said[field]);
    }
    out.pairs("eventCode", &said["eventCode"]);
    for name in ["effective", "onset", "expires"] {
        out.said(name, &said[name]);
    }
    for (name, field) in WORDS {
        out.said(name, &said[field]);
    }
    // The field before the parameter: of two that differ the first counts.
    if let Some(ends) = said["ends"].as_str() {
        out.pair("parameter", ENDING, ends);
    }
    out.pairs("parameter", &said["parameters"]);
    out.open("area");
    out.said("areaDesc", &said["areaDesc"]);
    rings(&mut out, geometry);
    out.pairs("geocode", &said["geocode"]);
    for name in ["area", "info", "alert"] {
        out.close(name);
    }
    out.0
}

/// The outer rings of a shape; a message knows no holes. Longitude comes first there, latitude here.
fn rings(out: &mut Written, geometry: &Value) {
    let coordinates = &geometry["coordinates"];
    let polygons: Vec<&Value> = match geometry["type"].as_str() {
        Some("Polygon") => vec![coordinates],
        Some("MultiPolygon") => coordinates.as_array().into_iter().flatten().collect(),
        Some("GeometryCollection") => {
            return geometry["geometries"].as_array().into_iter().flatten().for_each(|one| {
                // One level: a collection of collections draws nothing.
                if one["type"] != "GeometryCollection" {
                    rings(out, one);
                }
            });
        }
        _ => return,
    };
    for polygon in polygons {
        let corners = polygon[0].as_array().into_iter().flatten();
        let corners: Vec<String> =
            corners.map(|corner| format!("{},{}", corner[1], corner[0])).collect();
        out.said("polygon", &corners.join(" ").into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::held_tests::{NOBODY, NOW};
    use super::*;
    use crate::cap;

    fn feature(id: &str) -> Value {
        json!({"id": format!("https://api.weather.gov/alerts/{id}"), "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [[[-122.2, 47.4], [-122.1, 47.4], [-122.1, 47.5], [-122.2, 47.4]]]},
            "properties": {"id": id, "areaDesc": "King & Pierce, WA", "geocode": {"SAME": ["053033"], "UGC": ["WAC033"]},
                "references": [{"@id": "x", "identifier": "old", "sender": "w@noaa.gov", "sent": "2026-11-22T11:51:00-08:00"}],
                "sent": "2026-11-23T01:00:00-08:00", "effective": "2026-11-23T01:00:00-08:00", "onset": null, "expires": "2026-11-23T05:00:00-08:00",
                "ends": "2026-11-23T09:00:00-08:00", "status": "Actual", "messageType": "Update", "category": "Met", "severity": "Severe",
                "certainty": "Likely", "urgency": "Immediate", "event": "Flash Flood Warning", "sender": "w@noaa.gov", "senderName": "NWS Seattle WA",
                "headline": "a < b", "description": "* WHAT", "instruction": null, "response": "Avoid",
                "parameters": {"VTEC": ["/O.CON/"], "NWSheadline": ["A", "B"], "eventEndingTime": ["2025-01-01T00:00:00+00:00"]}}})
    }

    fn read(memory: &mut Known, features: &[Value]) -> Fetched {
        let text = json!({"type": "FeatureCollection", "updated": "2026-11-23T09:59:00+00:00", "features": features});
        Warnings.read(text.to_string().as_bytes(), memory, &NOBODY, NOW).expect("an answer")
    }

    #[test]
    fn a_feature_is_the_message_that_it_stands_for() {
        let fetched = read(&mut Known::default(), &[feature("urn:1")]);
        assert_eq!(fetched.content_at, moment("2026-11-23T09:59:00Z"));
        let bytes = fetched.messages[0].said.as_ref().expect("a message");
        let advisory = cap::read(bytes).expect("understood").advisory;
        assert_eq!((&*advisory.id.identifier, &*advisory.id.sender), ("urn:1", "w@noaa.gov"));
        assert_eq!(advisory.references[0].identifier, "old");
        let block = &advisory.blocks[0];
        assert_eq!(block.ends, moment("2026-11-23T09:00:00-08:00"), "not when the next word comes");
        assert_eq!(block.headline.as_deref(), Some("a < b"));
        assert_eq!(block.parameters.len(), 5);
        let area = &block.areas[0];
        assert_eq!((&*area.name, area.geocodes.len()), ("King & Pierce, WA", 2));
        assert_eq!((area.polygons[0][0].lng(), area.polygons[0][0].lat()), (-122.2, 47.4));
    }

    #[test]
    fn what_stood_there_the_last_time_is_not_sent_again_and_what_is_broken_is_refused_as_a_message()
    {
        let mut memory = Known::default();
        assert_eq!(
            read(&mut memory, &[feature("a"), feature("a"), feature("b")]).messages.len(),
            2
        );
        let mut broken = feature("c");
        broken["properties"]["severity"] = json!("Awful");
        let fetched = read(&mut memory, &[feature("b"), broken, json!(5)]);
        let told: Vec<_> = fetched
            .messages
            .iter()
            .map(|one| cap::read(one.said.as_ref().expect("bytes")).expect_err("refused").path)
            .collect();
        assert_eq!(told, ["/alert/info[1]/severity", "/alert/identifier"]);
    }
}
