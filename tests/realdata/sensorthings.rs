//! The request templates of the OGC suite for SensorThings 1.0. They were written before a name was needed, so most lack something: each is sent as
//! it stands, and again with what 1.1 needs put in. What has to come of it is found out here, from tables of this file's own.

use std::collections::BTreeMap;

use reqwest::header::AUTHORIZATION;
use serde_json::{Map, Value, json};
use support::partner::{Answer, Partner};
use support::town::Town;
use wire::time::Timestamp;

use crate::recording;

/// The set of a template, by the beginning of its name.
fn set_of(file: &str) -> &'static str {
    match file.split('_').next().unwrap_or_default() {
        "thing" => "Things",
        "locations" => "Locations",
        "datastreams" | "unitsOfMeasurement" => "Datastreams",
        "sensors" => "Sensors",
        "observedproperties" => "ObservedProperties",
        "foi" => "FeaturesOfInterest",
        _ => "Observations",
    }
}

/// What an entity needs, what else it may have, and where its relations lead; `*` stands for many.
type Shape =
    (&'static [&'static str], &'static [&'static str], &'static [(&'static str, &'static str)]);

fn shape(set: &str) -> Shape {
    match set {
        "Things" => (
            &["name", "description"],
            &["properties"],
            &[
                ("*Locations", "Locations"),
                ("*Datastreams", "Datastreams"),
                ("*HistoricalLocations", "HistoricalLocations"),
            ],
        ),
        "Locations" => (
            &["name", "description", "encodingType", "location"],
            &["properties"],
            &[("*Things", "Things")],
        ),
        "HistoricalLocations" => {
            (&["time"], &[], &[("Thing", "Things"), ("*Locations", "Locations")])
        }
        "Datastreams" => (
            &["name", "description", "observationType", "unitOfMeasurement"],
            &["properties", "observedArea", "phenomenonTime", "resultTime"],
            &[
                ("Thing", "Things"),
                ("Sensor", "Sensors"),
                ("ObservedProperty", "ObservedProperties"),
                ("*Observations", "Observations"),
            ],
        ),
        "Sensors" => (&["name", "description", "encodingType", "metadata"], &["properties"], &[]),
        "ObservedProperties" => (&["name", "definition", "description"], &["properties"], &[]),
        "FeaturesOfInterest" => {
            (&["name", "description", "encodingType", "feature"], &["properties"], &[])
        }
        _ => (
            &["result"],
            &["phenomenonTime", "resultTime", "resultQuality", "validTime", "parameters"],
            &[("Datastream", "Datastreams"), ("FeatureOfInterest", "FeaturesOfInterest")],
        ),
    }
}

fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.split('/').all(|part| part.parse::<Timestamp>().is_ok())
}

/// How deep the positions of a geometry lie.
fn is_geometry(value: &Value) -> bool {
    let levels = match value["type"].as_str() {
        Some("Point") => 0,
        Some("LineString") => 1,
        Some("Polygon") => 2,
        _ => return false,
    };
    let mut at = &value["coordinates"];
    for _ in 0..levels {
        at = &at[0];
    }
    at[0].is_number()
}

fn is_link(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("id"))
}

/// Everything that is wrong with a template. `above` names the relations that the place where it stands provides.
fn flaws(set: &str, value: &Value, at: &str, above: &[&str], found: &mut Vec<String>) {
    let (needs, may, relations) = shape(set);
    let Some(object) = value.as_object() else {
        found.push(at.to_owned());
        return;
    };
    for name in needs.iter().filter(|name| !object.contains_key(**name)) {
        found.push(format!("{at}/{name}"));
    }
    for (name, value) in object {
        let at = format!("{at}/{name}");
        let relation = relations.iter().find(|(known, _)| known.trim_start_matches('*') == name);
        match (name.as_str(), relation) {
            (_, Some((known, to))) if known.starts_with('*') => {
                let provided: &[&str] = match (set, *to) {
                    ("Datastreams", _) => &["Datastream"],
                    ("Things", _) => &["Thing"],
                    _ => &[],
                };
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    if !is_link(item) {
                        flaws(to, item, &format!("{at}/{index}"), provided, found);
                    }
                }
            }
            (_, Some((_, to))) if !is_link(value) => flaws(to, value, &at, &[], found),
            ("phenomenonTime" | "resultTime" | "validTime", None)
                if set == "Observations" && !is_time(value) =>
            {
                found.push(at);
            }
            ("location" | "feature", None) if !is_geometry(value) => {
                found.push(format!("{at}/coordinates"));
            }
            ("unitOfMeasurement", None) => {
                let parts = ["name", "symbol", "definition"].iter();
                found.extend(
                    parts
                        .filter(|part| value.get(**part).is_none())
                        .map(|part| format!("{at}/{part}")),
                );
            }
            ("properties", None) if !value.is_object() => found.push(at),
            (name, None) if !needs.contains(&name) && !may.contains(&name) => found.push(at),
            _ => {}
        }
    }
    for (name, _) in relations {
        let is_needed = match set {
            "Datastreams" => !name.starts_with('*'),
            "Observations" => *name == "Datastream",
            "HistoricalLocations" => true,
            _ => false,
        };
        let name = name.trim_start_matches('*');
        if is_needed && !above.contains(&name) && !object.contains_key(name) {
            found.push(format!("{at}/{name}"));
        }
    }
}

/// The same with what 1.1 needs put in.
fn completed(set: &str, value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    let (needs, _, relations) = shape(set);
    for name in needs
        .iter()
        .filter(|name| matches!(**name, "name" | "description" | "encodingType" | "metadata"))
    {
        object.entry(*name).or_insert_with(|| json!("put in"));
    }
    if set == "Datastreams" {
        for (name, to) in [("Sensor", "Sensors"), ("ObservedProperty", "ObservedProperties")] {
            let mut made = Map::new();
            made.extend(shape(to).0.iter().map(|need| ((*need).to_owned(), json!("put in"))));
            object.entry(name).or_insert(Value::Object(made));
        }
        if let Some(unit) = object.get_mut("unitOfMeasurement").and_then(Value::as_object_mut) {
            for part in ["name", "symbol", "definition"] {
                unit.entry(part).or_insert(Value::Null);
            }
        }
    }
    for (name, to) in relations {
        let many = name.starts_with('*');
        match object.get_mut(name.trim_start_matches('*')) {
            Some(Value::Array(items)) if many => {
                items.iter_mut().filter(|item| !is_link(item)).for_each(|item| completed(to, item));
            }
            Some(one) if !many && !is_link(one) => completed(to, one),
            _ => {}
        }
    }
}

struct Furnished {
    client: reqwest::Client,
    partner: Partner,
    ids: BTreeMap<&'static str, i64>,
}

impl Furnished {
    async fn of(partner: Partner) -> Self {
        let mut all = Self { client: support::http_client(), partner, ids: BTreeMap::new() };
        let text = |name: &str| json!({"name": name, "description": "", "encodingType": "text/plain", "metadata": ""});
        let mut place =
            json!({"name": "p", "description": "", "encodingType": "application/geo+json"});
        place["location"] = json!({"type": "Point", "coordinates": [-114.05, 51.05]});
        let mut feature = place.clone();
        feature["feature"] =
            feature.as_object_mut().expect("an object").remove("location").expect("a place");
        let property = json!({"name": "t", "description": "", "definition": "urn:t"});
        all.make(
            "THING",
            "/Things",
            &json!({"name": "t", "description": "", "Locations": [place]}),
        )
        .await;
        all.make("SENSOR", "/Sensors", &text("s")).await;
        all.make("PROPERTY", "/ObservedProperties", &property).await;
        all.make("FOI", "/FeaturesOfInterest", &feature).await;
        let stream = json!({"name": "d", "description": "", "observationType": "x",
            "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
            "Sensor": {"@iot.id": all.ids["SENSOR"]}, "ObservedProperty": {"@iot.id": all.ids["PROPERTY"]}});
        all.make("DATASTREAM", &format!("/Things({})/Datastreams", all.ids["THING"]), &stream)
            .await;
        all
    }

    async fn make(&mut self, name: &'static str, address: &str, body: &Value) {
        let made = self.post(address, body.to_string()).await.expect_status(201).json();
        self.ids.insert(name, made["@iot.id"].as_i64().expect("an id"));
    }

    async fn post(&self, address: &str, body: String) -> Answer {
        let request = self
            .client
            .post(format!("{}/sta/v1.0{address}", self.partner.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.partner.key))
            .header("content-type", "application/json")
            .body(body);
        Answer::of(request.send().await.expect("an answer")).await
    }

    async fn total(&self) -> u64 {
        let mut n = 0;
        for set in [
            "Things",
            "Locations",
            "HistoricalLocations",
            "Datastreams",
            "Sensors",
            "ObservedProperties",
            "Observations",
            "FeaturesOfInterest",
        ] {
            let counted = self.partner.ask(&format!("/sta/v1.0/{set}?$count=true&$top=0")).await;
            n += counted.expect_status(200).json()["@iot.count"].as_u64().expect("a count");
        }
        n
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text
            .replace("_ID", "-ID")
            .replace("$OBSPROP-ID", "$PROPERTY-ID")
            .replace("$OBSERVEDPROPERTY-ID", "$PROPERTY-ID");
        for (name, id) in &self.ids {
            text = text.replace(&format!("${name}-ID"), &id.to_string());
        }
        text
    }

    /// Sends a body, and says what is not as it must be.
    async fn tried(&self, file: &str, set: &str, body: &Value) -> (bool, Option<String>) {
        let (address, above): (String, &[&str]) = match set {
            "Datastreams" if body.get("Thing").is_none() => {
                (format!("/Things({})/Datastreams", self.ids["THING"]), &["Thing"])
            }
            "Observations" if body.get("Datastream").is_none() => {
                (format!("/Datastreams({})/Observations", self.ids["DATASTREAM"]), &["Datastream"])
            }
            _ => (format!("/{set}"), &[]),
        };
        let mut wrong = Vec::new();
        flaws(set, body, "", above, &mut wrong);
        let before = self.total().await;
        let answer = self.post(&address, body.to_string()).await;
        if wrong.is_empty() {
            return (
                true,
                (answer.status != 201)
                    .then(|| format!("{file}: must be taken: {} {}", answer.status, answer.body)),
            );
        }
        let told = answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
        let is_right =
            answer.status == 400 && wrong.contains(&told) && self.total().await == before;
        (
            false,
            (!is_right).then(|| {
                format!(
                    "{file}: must be refused for one of {wrong:?}: {} {}",
                    answer.status, answer.body
                )
            }),
        )
    }
}

#[tokio::test]
async fn the_templates_of_the_ogc_suite_are_answered_as_the_standard_says() {
    let Some(folder) = recording("sensorthings-ets-json") else { return };
    let town = Town::with(|config| config.limits.requests_per_s = 10_000).await;
    let all = Furnished::of(town.dispatch().await).await;
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 76);
    let (mut wrong, mut taken, mut refused) = (Vec::new(), 0, 0);
    for path in &files {
        let file = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let text = all.filled(&std::fs::read_to_string(path).expect("text"));
        assert!(!text.contains('$'), "{file}: {text}");
        let Ok(mut body) = serde_json::from_str::<Value>(&text) else {
            // One is no JSON, on purpose.
            assert_eq!(file, "thing_1.json~");
            all.post("/Things", text).await.expect_status(400);
            refused += 1;
            continue;
        };
        if file == "observations_dataArray.json" {
            // Its times are none, with an offset and a Z: each row says so, and the request is taken.
            let told =
                all.post("/CreateObservations", body.to_string()).await.expect_status(201).json();
            assert!(
                told.as_array()
                    .expect("rows")
                    .iter()
                    .all(|row| row.as_str().is_some_and(|row| row.starts_with("error")))
            );
            let mended = body.to_string().replace("-0700Z", "-0700");
            let told = all.post("/CreateObservations", mended).await.expect_status(201).json();
            assert_eq!(told.as_array().expect("rows").len(), 2);
            assert!(
                told.as_array()
                    .expect("rows")
                    .iter()
                    .all(|row| row.as_str().is_some_and(|row| row.starts_with("http"))),
                "{told}"
            );
            taken += 1;
            continue;
        }
        let set = set_of(file);
        if file.starts_with("unitsOfMeasurement") {
            body = json!({"unitOfMeasurement": body, "observationType": "x"});
        }
        for is_completed in [false, true] {
            if is_completed {
                completed(set, &mut body);
            }
            let (is_taken, complaint) = all.tried(file, set, &body).await;
            taken += i32::from(is_taken);
            refused += i32::from(!is_taken);
            wrong.extend(complaint);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // The oracle itself is held: it expects both, and not one of them for all.
    assert!(taken > 60 && refused > 40, "{taken} taken, {refused} refused");
}
