//! Observations of a SensorThings server that a city runs already (FROST and the like): asked for at intervals, outwards only.
//!
//! Numbers of Observations grow, so the last ones that are on disk here are where the next question begins: what came while we were
//! away is filled in. A database gives numbers out before it shows what stands under them, so a smaller number may be seen later: the
//! question begins a little before the last one, and what is known of that is left out.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::RETRY_AFTER;
use reqwest::{StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::time::Timestamp;

use super::road::Road;
use super::sign::Signature;
use super::{FetchError, Fetched, Held, Profile, Source, SourceConfig, guard};
use crate::why::{PAYLOAD_BYTES_MAX, RefusedItem, cut};

/// Observations of one page: below every server's own limit that is known.
const PAGE: usize = 500;
/// Pages of one fetch: twenty thousand values, some megabytes on their way to disk. What is left waits for the next.
const PAGES_MAX: usize = 40;
/// A page with its Things and places.
const BODY_BYTES_MAX: usize = 32 << 20;
/// Numbers that are remembered and asked for again.
const SEEN: usize = 200;
/// How far back the very first question goes: a day, so that there is a picture at once.
const FIRST_MS: i64 = 24 * 3_600_000;
/// What each Observation brings with it.
const EXPAND: &str = "Datastream($expand=Thing($expand=Locations))";

/// The server.
#[derive(Debug)]
pub struct SensorThings {
    profile: Profile,
    observations: Url,
    road: Road,
    config: SourceConfig,
}

impl SensorThings {
    /// From its settings.
    pub fn new(config: &SourceConfig) -> Result<Self, String> {
        config.check()?;
        let observations = format!("{}/Observations", config.url.trim_end_matches('/'));
        let observations =
            observations.parse().map_err(|cause| format!("{}: {cause}", config.url))?;
        let profile = config.profile("SensorThings");
        Ok(Self { profile, observations, road: Road::new(config), config: config.clone() })
    }

    /// The Observations after one, or since a moment, the first first.
    async fn page(
        &mut self,
        after: Option<i64>,
        now: Timestamp,
    ) -> Result<(Vec<Value>, usize), FetchError> {
        let passing = |why: String| FetchError::Passing { why, retry_after: None };
        let filter = match after {
            Some(last) => format!("id gt {last}"),
            None => format!("phenomenonTime gt {}", now.plus_ms(-FIRST_MS)),
        };
        let top = PAGE.to_string();
        let options =
            [("$filter", &*filter), ("$orderby", "id asc"), ("$top", &*top), ("$expand", EXPAND)];
        let mut address = self.observations.clone();
        address.query_pairs_mut().extend_pairs(options);
        let signature = Signature::of(&self.config).map_err(passing)?;
        let answer = self.road.ask(address, |request| signature.on(request)).await?;
        if answer.status() != StatusCode::OK {
            let retry_after = answer.headers().get(RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            let why = format!("it answers {}", answer.status());
            return Err(FetchError::Passing {
                why,
                retry_after: retry_after.map(Duration::from_secs),
            });
        }
        let bytes = guard::read_body(answer, BODY_BYTES_MAX).await.map_err(passing)?;
        let page: Page = serde_json::from_slice(&bytes).map_err(|cause| {
            FetchError::Garbled(format!("it does not speak SensorThings: {cause}"))
        })?;
        Ok((page.value, bytes.len()))
    }
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Value>,
}

/// What is remembered between fetches: the numbers of the last Observations on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Cursor {
    seen: BTreeSet<i64>,
}

#[async_trait]
impl Source for SensorThings {
    fn dialect(&self) -> &'static str {
        "sensorthings"
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    async fn fetch(
        &mut self,
        cursor: &str,
        _held: &dyn Held,
        now: Timestamp,
    ) -> Result<Option<Fetched>, FetchError> {
        let mut at: Cursor = serde_json::from_str(cursor).unwrap_or_default();
        let mut fetched = Fetched::default();
        let mut after = at.seen.first().copied();
        for _ in 0..PAGES_MAX {
            let (page, n_bytes) = match self.page(after, now).await {
                Ok(page) => page,
                // What was read before it broke is not thrown away.
                Err(_broken) if !fetched.observations.is_empty() => break,
                Err(broken) => return Err(broken),
            };
            fetched.n_bytes += n_bytes as u64;
            if page.is_empty() {
                break;
            }
            for observation in &page {
                let number = observation["@iot.id"].as_i64().filter(|number| after < Some(*number));
                let Some(number) = number else {
                    let why =
                        "its Observations are not numbered, or not in order: it cannot be followed";
                    return Err(FetchError::Garbled(why.to_owned()));
                };
                after = Some(number);
                if !at.seen.insert(number) {
                    continue;
                }
                if let Some(read) = read(observation) {
                    fetched.observations.push(read);
                    continue;
                }
                *fetched.rejected.entry(UNREADABLE.to_owned()).or_default() += 1;
                if fetched.refused.len() < REFUSED_MAX {
                    fetched.refused.push(unread(number, observation));
                }
            }
        }
        while at.seen.len() > SEEN {
            at.seen.pop_first();
        }
        if fetched.observations.is_empty() && fetched.rejected.is_empty() {
            return Ok(None);
        }
        fetched.cursor =
            serde_json::to_string(&at).map_err(|cause| FetchError::Garbled(cause.to_string()))?;
        Ok(Some(fetched))
    }
}

/// The word for what is no Observation.
const UNREADABLE: &str = "unreadable";
/// Of those that are not, so many of one fetch are told one by one.
const REFUSED_MAX: usize = 100;

/// What is no Observation as it should be, with the device it is of.
fn unread(number: i64, observation: &Value) -> RefusedItem {
    let lacks = ["Datastream", "result", "phenomenonTime"];
    let lacks = lacks.into_iter().find(|name| observation.get(name).is_none_or(Value::is_null));
    let device = observation.get("Datastream").and_then(device);
    RefusedItem {
        device,
        reason: UNREADABLE.to_owned(),
        pointer: lacks.map(|name| format!("/{name}")).unwrap_or_default(),
        detail: format!("Observation {number} of the server has no {}.", lacks.unwrap_or("value")),
        payload: Some(cut(&observation.to_string(), PAYLOAD_BYTES_MAX)),
    }
}

/// The name of a Datastream here: its partner's own id, or the number it has there.
fn device(datastream: &Value) -> Option<String> {
    let number = datastream.get("@iot.id").map(|id| match id {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    });
    let own = datastream.pointer("/properties/externalId").and_then(Value::as_str);
    own.map(str::to_owned).or(number.map(|number| format!("sta-{number}")))
}

/// An Observation with its Datastream, in the form of `POST /api/v1/observations`.
fn read(observation: &Value) -> Option<Value> {
    let datastream = observation.get("Datastream")?;
    let mut read = Map::new();
    let id = device(datastream)?;
    read.insert("datastream".to_owned(), json!(id));
    let time = ["phenomenonTime", "resultTime"].map(|name| observation[name].as_str());
    read.insert("phenomenon_time".to_owned(), json!(time.into_iter().flatten().next()?));
    if let Some(made) = observation["resultTime"].as_str() {
        read.insert("result_time".to_owned(), json!(made));
    }
    let result = observation.get("result").filter(|result| !result.is_null())?;
    let number = result.as_str().and_then(|words| words.trim().parse::<f64>().ok());
    let number = number.filter(|number| number.is_finite());
    read.insert("result".to_owned(), number.map_or(result.clone(), |number| json!(number)));
    let words = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let thing = datastream.get("Thing");
    let names = [thing.and_then(|thing| words(thing, "name")), words(datastream, "name")];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    if !name.is_empty() {
        read.insert("name".to_owned(), json!(name.chars().take(NAME_MAX).collect::<String>()));
    }
    if let Some(unit) = datastream.get("unitOfMeasurement").and_then(|unit| words(unit, "symbol"))
        && !unit.is_empty()
    {
        read.insert("unit".to_owned(), json!(unit));
    }
    let place = thing.and_then(|thing| thing.pointer("/Locations/0/location"));
    if let Some(place) = place {
        // A Feature around the shape is as common as the shape alone.
        let shape = place.get("geometry").unwrap_or(place);
        read.insert("geometry".to_owned(), shape.clone());
    }
    // What no column holds is kept as it came.
    for name in BESIDE {
        if let Some(value) = observation.get(name).filter(|value| !value.is_null()) {
            read.insert(name.to_owned(), value.clone());
        }
    }
    Some(Value::Object(read))
}

/// What else an Observation may say of itself.
const BESIDE: [&str; 3] = ["parameters", "validTime", "resultQuality"];

/// A name's characters: those of a datastream at most.
const NAME_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_brings_its_name_its_unit_and_its_place() {
        let sent = json!({
            "@iot.id": 7, "phenomenonTime": "2026-11-23T10:00:00Z", "resultTime": null, "result": "61.5",
            "Datastream": {"@iot.id": 3, "name": "Level", "unitOfMeasurement": {"symbol": "cm"},
                "Thing": {"name": "Besòs", "Locations": [{"location": {"type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [2.2, 41.4]}}}]}},
        });
        let expected = json!({
            "datastream": "sta-3", "name": "Besòs · Level", "unit": "cm", "result": 61.5,
            "phenomenon_time": "2026-11-23T10:00:00Z",
            "geometry": {"type": "Point", "coordinates": [2.2, 41.4]},
        });
        assert_eq!(read(&sent), Some(expected));
        let mut own = sent.clone();
        own["Datastream"]["properties"] = json!({"externalId": "besos"});
        own["Datastream"]["Thing"]["Locations"] = json!([]);
        let read_own = read(&own).expect("is one");
        assert_eq!((&read_own["datastream"], read_own.get("geometry")), (&json!("besos"), None));
        for without in ["Datastream", "result", "phenomenonTime"] {
            let mut broken = sent.clone();
            broken[without] = Value::Null;
            assert_eq!(read(&broken), None, "{without}");
        }
    }
}
