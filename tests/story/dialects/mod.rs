//! Bad input, dialect by dialect: a clear answer in that dialect's own form, nothing half-stored, counted under its cause. What a broker
//! brings is told in the group `services`.

mod clock;
mod endless;
mod faults;
mod roads;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::partner::{Answer, Partner};
use support::town::Town;
use wire::geo::Bbox;
use wire::source::Ledger;
use wire::view::Mode;

use crate::sta::{Sta, datastream, location};
use roads::{HERE, Road, Row};

/// Bytes of a body here: small, so that too much is soon sent.
const BODY_BYTES_MAX: usize = 64 << 10;
/// What a body may pause here, in milliseconds: short, so that the story is.
const STALL_MS: u64 = 300;

/// A room that watches a city, and a partner with a gauge that spoke once in centimetres.
struct Story {
    town: Town,
    partner: Partner,
    road: Road,
}

impl Story {
    async fn begin(road: Road) -> Self {
        let town = Town::with(|config| {
            config.area = Some(Bbox::new(2.0, 41.2, 2.4, 41.6).expect("an area"));
            config.limits.requests_per_s = 10_000;
            config.limits.body_bytes_max = BODY_BYTES_MAX;
            config.limits.body_stall_ms = STALL_MS;
        })
        .await;
        let partner = town.partner("city", "observations read", Mode::Live).await;
        let story = Self { town, partner, road };
        if road.is_sensorthings() {
            story.register().await;
        }
        let told = story.send(&Row::good()).await;
        assert_eq!(told.status, 201, "{road:?}: {}", told.body);
        story
    }

    /// Two gauges of SensorThings: one in centimetres, and one that was told to be in litres a second after it spoke in centimetres.
    async fn register(&self) {
        let sta = Sta::of(&self.partner);
        let unit = |symbol: &str| json!({"name": symbol, "symbol": symbol, "definition": "x"});
        let mut thing = json!({"name": "Besòs", "description": "", "properties": {"externalId": "thing"},
            "Locations": [location("bridge", HERE[0], HERE[1])], "Datastreams": []});
        for name in ["besos", "odd"] {
            let mut stream = datastream(name);
            stream["properties"] = json!({"externalId": name});
            stream["unitOfMeasurement"] = unit("cm");
            stream["Observations"] =
                json!([{"phenomenonTime": "2026-11-23T09:00:00Z", "result": 1}]);
            thing["Datastreams"].as_array_mut().expect("an array").push(stream);
        }
        sta.post("/Things", &thing).await.expect_status(201);
        let other = json!({"unitOfMeasurement": unit("L/s")});
        sta.patch("/Datastreams('odd')", &other).await.expect_status(200);
    }

    /// Sends rows as the road has them.
    async fn send(&self, row: &Row) -> Answer {
        let (path, kind, body) = self.road.request(&[], row);
        self.partner.post(&path, kind, body).await
    }

    /// All that can be seen of sensors.
    async fn seen(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        let latest = self.partner.ask("/api/v1/sensors/latest").await.expect_status(200).json();
        seen.push(latest["sensors"].clone());
        for name in ["besos", "odd"] {
            let path = format!("/api/v1/datastreams/partner:city/{name}/history?limit=1000");
            let told = self.partner.ask(&path).await;
            seen.push(if told.status == 404 { Value::Null } else { told.json()["values"].clone() });
        }
        let sta = Sta::of(&self.partner);
        for set in ["Things", "Locations", "Datastreams", "FeaturesOfInterest", "Observations"] {
            let told = sta.get(&format!("/{set}?$count=true&$orderby=id")).await.expect_status(200);
            seen.push(told.json());
        }
        seen
    }

    async fn ledger(&self) -> Ledger {
        self.partner.ledger("partner:city").await.expect("an account")
    }

    /// Errors by cause: how many, by reason and by what is counted.
    async fn causes(&self) -> BTreeMap<(String, String), u64> {
        let told = self.partner.ask("/api/v1/errors").await.expect_status(200).json();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let causes = told["causes"].as_array().cloned().unwrap_or_default();
        causes
            .iter()
            .map(|one| {
                let n = one["count"].as_u64().unwrap_or_default();
                ((word(&one["reason"]), word(&one["counted"])), n)
            })
            .collect()
    }
}

/// What is counted more after than before.
fn more(
    before: &BTreeMap<(String, String), u64>,
    after: &BTreeMap<(String, String), u64>,
) -> Vec<(String, String, u64)> {
    after
        .iter()
        .filter_map(|((reason, counted), n)| {
            let place = (reason.clone(), counted.clone());
            let n = n - before.get(&place).copied().unwrap_or_default();
            (n > 0).then(|| (reason.clone(), counted.clone(), n))
        })
        .collect()
}

/// Checks that an answer is an error in the form of its dialect; gives its reason, pointer and the row it names.
fn refusal(road: Road, answer: &Answer, at: &str) -> (String, String, Option<u64>) {
    let told = answer.json();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (first, kind) = (&told["errors"][0], word(&told["type"]));
    if road.is_sensorthings() {
        assert_eq!(told["code"], answer.status, "{at}: {told}");
        assert_eq!(kind, "error", "{at}: {told}");
        assert!(told["message"].as_str().is_some_and(|text| text.len() > 10), "{at}: {told}");
        let reason = if first.is_null() { &told["reason"] } else { &first["reason"] };
        return (word(reason), word(&first["pointer"]), None);
    }
    assert_eq!(answer.header("content-type"), "application/problem+json", "{at}: {told}");
    assert_eq!(told["status"], answer.status, "{at}: {told}");
    assert!(told["detail"].as_str().is_some_and(|text| text.len() > 10), "{at}: {told}");
    if first.is_null() {
        return (kind, String::new(), None);
    }
    (word(&first["reason"]), word(&first["pointer"]), first["index"].as_u64())
}
