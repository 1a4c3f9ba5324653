//! Earthquakes of the EMSC and of any other FDSN event service, as `GeoJSON`. Each answer is the list of the newest.

use std::collections::BTreeMap;

use engine::report::Words;
use serde::Deserialize;
use serde_json::Value;
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind};
use wire::time::Timestamp;

use super::feed::{Feed, Format};
use super::moment::moment;
use super::refusals::Refusals;
use super::rss::{Nothing, YEAR_2000};
use super::usgs::severity;
use super::{Draft, FetchError, Fetched, Held, SourceConfig, words};

/// Events of one answer: the service gives 20,000 at most.
const EVENTS_MAX: usize = 20_000;

/// The feed.
pub type Emsc = Feed<FdsnEvents>;

/// See the module.
#[derive(Debug)]
pub struct FdsnEvents;

#[derive(Deserialize)]
struct Answer {
    // Raw first: one event with a wrong type is one refusal, not the end of the feed.
    features: Vec<Value>,
}

#[derive(Deserialize)]
struct Event {
    id: Option<String>,
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    unid: Option<String>,
    time: String,
    lastupdate: Option<String>,
    // Where it is, named twice: the shape's third number is a depth in one of two directions, and these are clear.
    lat: f64,
    lon: f64,
    mag: Option<f64>,
    magtype: Option<String>,
    flynn_region: Option<String>,
    evtype: Option<String>,
    auth: Option<String>,
}

impl Format for FdsnEvents {
    type Memory = Nothing;

    const DIALECT: &'static str = "emsc";
    const NAME: &'static str = "EMSC earthquakes";
    // An event has about 500 bytes.
    const BYTES_MAX: usize = 16 << 20;

    fn new(_config: &SourceConfig) -> Result<Self, String> {
        Ok(Self)
    }

    fn read(
        &self,
        bytes: &[u8],
        _memory: &mut Nothing,
        _held: &dyn Held,
        _now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let answer: Answer = serde_json::from_slice(bytes).map_err(|cause| {
            FetchError::Garbled(format!("it sends no GeoJSON of events: {cause}"))
        })?;
        let mut fetched = Fetched::default();
        let mut refusals = Refusals::default();
        let mut seen = BTreeMap::new();
        for (n, feature) in answer.features.into_iter().enumerate() {
            let id = feature["id"].as_str().map(str::to_owned);
            if n >= EVENTS_MAX {
                refusals.add(
                    "too_many",
                    id.as_deref(),
                    "the answer has more events than are taken",
                );
                continue;
            }
            let read = serde_json::from_value::<Event>(feature)
                .map_err(|_bad| ("unreadable", "a field is missing or of a wrong type"))
                .and_then(draft);
            match read {
                Ok(draft) if seen.insert(draft.words.source_id.clone(), n).is_some() => {
                    refusals.add("twice", id.as_deref(), "the answer has this event once more");
                }
                Ok(draft) => fetched.drafts.push(draft),
                Err((reason, why)) => refusals.add(reason, id.as_deref(), why),
            }
        }
        refusals.settle(&mut fetched);
        Ok(fetched)
    }
}

fn draft(event: Event) -> Result<Draft, (&'static str, &'static str)> {
    let Event { id, properties } = event;
    let Properties { unid, time, lastupdate, lat, lon, mag, magtype, flynn_region, evtype, auth } =
        properties;
    let id = unid.or(id).as_deref().and_then(words::id).ok_or(("bad_id", "it has no id"))?;
    let observed_at = moment(&time).ok_or(("bad_time", "its time is none with a zone"))?;
    if observed_at < YEAR_2000 {
        return Err(("too_old", "it is dated before 2000"));
    }
    if mag.is_some_and(|mag| !(-10.0..=12.0).contains(&mag)) {
        return Err(("bad_magnitude", "no earthquake has this magnitude"));
    }
    let place =
        LngLat::new(lon, lat).map_err(|_bad| ("bad_coordinates", "its place is not on Earth"))?;
    // The second letter is what it was: earthquake, explosion, quarry blast, landslide; the first whether it is known or suspected.
    let (hazard, original) = match evtype.as_deref() {
        None | Some("ke" | "se" | "uk" | "") => (Hazard::Earthquake, None),
        Some("kx" | "sx" | "kn" | "sn" | "km" | "sm" | "kh" | "sh") => (Hazard::Explosion, evtype),
        Some("ls" | "kl" | "sl") => (Hazard::Landslide, evtype),
        Some(_) => (Hazard::Other, evtype),
    };
    let near = flynn_region.as_deref().and_then(words::line);
    let strength = mag.map(|mag| format!("{} {mag:.1}", magtype.as_deref().unwrap_or("M")));
    let text: Vec<String> = strength.into_iter().chain(near.clone()).collect();
    Ok(Draft {
        observed_at,
        updated_at: lastupdate.as_deref().and_then(moment),
        kind: Kind::Official,
        basis: Basis::Seen,
        status: None,
        hazard,
        severity: severity(mag, hazard == Hazard::Earthquake),
        radius_m: 0,
        place: Some(place),
        words: Words {
            url: words::url(&format!("https://www.seismicportal.eu/eventdetails.html?unid={id}")),
            source_id: Some(id),
            text: words::line(&text.join(" - ")),
            lang: Some("en".to_owned()),
            place: near,
            origin: auth.as_deref().and_then(words::line),
            hazard_original: original.as_deref().and_then(words::line),
            ..Words::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::held_tests::{NOBODY, NOW};
    use super::*;

    fn event(id: &str, mag: f64, change: impl FnOnce(&mut Value)) -> Value {
        let mut event = json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [2.1, 41.4, -10.0]},
            "properties": {"unid": id, "time": "2026-11-23T09:50:00.3Z", "lastupdate": "2026-11-23T09:55:00Z", "lat": 41.4, "lon": 2.1,
                "depth": 10.0, "mag": mag, "magtype": "ml", "flynn_region": "SPAIN", "evtype": "ke", "auth": "IGN"}});
        change(&mut event);
        event
    }

    fn fetch(events: &[Value]) -> Fetched {
        let bytes = json!({"type": "FeatureCollection", "features": events}).to_string();
        FdsnEvents.read(bytes.as_bytes(), &mut Nothing {}, &NOBODY, NOW).expect("an answer")
    }

    #[test]
    fn an_earthquake_is_read_whole() {
        let fetched = fetch(&[event("20261123_0000049", 5.2, |_| {})]);
        let draft = &fetched.drafts[0];
        assert_eq!(draft.words.source_id.as_deref(), Some("20261123_0000049"));
        assert_eq!(draft.words.text.as_deref(), Some("ml 5.2 - SPAIN"));
        assert_eq!(draft.observed_at, moment("2026-11-23T09:50:00.300Z").expect("a moment"));
        assert_eq!(draft.updated_at, moment("2026-11-23T09:55:00Z"));
        assert_eq!((draft.hazard, draft.severity.word()), (Hazard::Earthquake, "Moderate"));
        assert_eq!(draft.place.map(|at| (at.lng(), at.lat())), Some((2.1, 41.4)));
        let blast = fetch(&[event("b", 2.0, |event| event["properties"]["evtype"] = json!("km"))]);
        assert_eq!(blast.drafts[0].hazard, Hazard::Explosion);
    }

    #[test]
    fn what_is_no_event_is_counted_by_its_reason_and_spoils_no_other() {
        let wrong = |name: &'static str, value: Value| {
            event(name, 1.0, move |event| event["properties"][name] = value)
        };
        let events = [
            wrong("lat", json!(91.0)),
            wrong("time", json!("2026-11-23 09:50:00")),
            wrong("mag", json!(50.0)),
            wrong("lon", json!("2.1")),
            wrong("unid", json!("")),
            json!(5),
            event("a", 1.0, |_| {}),
            event("a", 1.1, |_| {}),
        ];
        let fetched = fetch(&events);
        assert_eq!(fetched.drafts.len(), 1);
        let reasons: Vec<_> =
            fetched.rejected.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
        assert_eq!(
            reasons,
            [
                ("bad_coordinates", 1),
                ("bad_id", 1),
                ("bad_magnitude", 1),
                ("bad_time", 1),
                ("twice", 1),
                ("unreadable", 2)
            ]
        );
        assert_eq!(fetched.refused.len(), 7);
        let garbled = FdsnEvents.read(b"<html>", &mut Nothing {}, &NOBODY, NOW);
        assert!(matches!(garbled, Err(FetchError::Garbled(_))));
    }
}
