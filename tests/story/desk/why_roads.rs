//! The same question over the other roads: SensorThings, and a SensorThings server that we follow. What a broker says is told in
//! the group `services`.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use server::source::SourceConfig;
use support::town::Town;
use support::wait::until;
use wire::desk::Why;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{crossed, first, read, why};
use crate::sta::{Sta, noise};

#[tokio::test]
async fn sensorthings_names_an_unknown_datastream_a_wrong_unit_and_what_cannot_be_read() {
    let town = Town::start().await;
    let city = town.partner("city", "observations,read", Mode::Live).await;
    let sta = Sta::of(&city);
    sta.made("/Things", &noise("meter")).await;
    let streams = sta.get("/Datastreams").await.expect_status(200).json();
    let id = streams["value"][0]["@iot.id"].as_i64().expect("an id");
    let observe = |result: serde_json::Value| json!({"result": result, "phenomenonTime": town.clock.now(), "Datastream": {"@iot.id": id}});
    sta.post("/Observations", &observe(json!(61.5))).await.expect_status(201);
    let told = why(&city, &id.to_string()).await;
    assert_eq!(first(&told), None, "{:?}", told.ticks);
    assert!(told.ticks[0].detail.as_ref().is_some_and(|text| text.contains("sensorthings")));
    town.pass(Duration::from_secs(1));
    sta.post("/Observations", &observe(json!("loud"))).await.expect_status(400);
    let cross = crossed(&why(&city, &id.to_string()).await, "parsed", "not_a_number");
    assert!(cross.payload.is_some_and(|text| text.contains("loud")));
    // A Datastream that nobody made.
    let lost = json!({"result": 1, "Datastream": {"@iot.id": 9_999}});
    let answer = sta.post("/Observations", &lost).await;
    assert!((400..500).contains(&answer.status), "{}", answer.body);
    let told = why(&city, "9999").await;
    let (name, ..) = first(&told).expect("a cross");
    assert_eq!(name, "device", "{:?}", told.ticks);
    // In rows.
    let rows =
        json!([{"Datastream": {"@iot.id": 8_888}, "components": ["result"], "dataArray": [[1]]}]);
    sta.post("/CreateObservations", &rows).await.expect_status(201);
    crossed(&why(&city, "8888").await, "device", "unknown_datastream");
    town.pass(Duration::from_secs(1));
    let rows =
        json!([{"Datastream": {"@iot.id": id}, "components": ["result"], "dataArray": [["x"]]}]);
    sta.post("/CreateObservations", &rows).await.expect_status(201);
    let cross = crossed(&why(&city, &id.to_string()).await, "parsed", "not_a_number");
    assert_eq!(cross.payload.as_deref(), Some("[\"x\"]"));
    let answer = sta.send(Method::POST, "/Observations", Some("{".to_owned())).await;
    answer.expect_status(400);
    let other = why(&city, "never").await;
    assert_eq!(first(&other).map(|(name, ..)| name), Some("parsed"));
}

#[tokio::test]
async fn a_server_that_we_follow_names_what_it_leaves_out_and_what_does_not_fit() {
    let frost = MockServer::start().await;
    let one = |id: i64, result: serde_json::Value, unit: &str| {
        json!({"@iot.id": id, "phenomenonTime": "2026-11-26T10:00:00Z", "result": result,
            "Datastream": {"@iot.id": id + 2, "name": "Level", "unitOfMeasurement": {"symbol": unit},
                "Thing": {"name": "Besòs", "Locations": []}}})
    };
    let page = json!({"value": [one(1, json!(61.5), "cm"), one(2, json!(null), "cm")]});
    let next = json!({"value": []});
    let first_page =
        Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(page));
    first_page.up_to_n_times(1).mount(&frost).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(next))
        .mount(&frost)
        .await;
    let config = SourceConfig {
        name: Some("frost".to_owned()),
        interval_s: 1,
        allow_private: true,
        duty_phone: Some("Hydrology desk".to_owned()),
        ..SourceConfig::new("sensorthings", frost.uri())
    };
    let town = Town::with(|settings| settings.sources = vec![config]).await;
    let officer = town.duty_officer().await;
    let told = until("the refusal is remembered", || async {
        let told: Why = read(officer.ask("/api/v1/why?device=sta-4&source=feed:frost").await);
        told.ticks.iter().any(|tick| tick.reason.as_deref() == Some("unreadable")).then_some(told)
    })
    .await;
    let cross = crossed(&told, "parsed", "unreadable");
    assert!(cross.detail.is_some_and(|text| text.contains("/result")), "it says what is missing");
    assert!(cross.payload.is_some_and(|text| text.contains("\"@iot.id\":2")));
    let desk = officer.ask("/api/v1/connections").await.expect_status(200).json();
    let row = &desk["connections"][0];
    assert_eq!((&row["direction"], &row["dialect"]), (&json!("pull"), &json!("sensorthings")));
    assert_eq!(row["duty_phone"], json!("Hydrology desk"));
    assert_eq!(row["top_reason"], json!({"reason": "unreadable", "n": 1}));
    assert_eq!((&row["day"]["received"], &row["day"]["accepted"]), (&json!(2), &json!(1)));
    assert!(row["day"]["bytes"].as_u64().is_some_and(|n| n > 100), "{row}");
}
