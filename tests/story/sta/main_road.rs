//! The thinnest road: a sensor described in one POST, a value sent, and the sensor is on the map and in the answers.

use serde_json::json;
use support::live::Encoding;
use support::town::Town;

use super::{Sta, noise};
use crate::views::city;

#[tokio::test]
async fn a_sensor_described_in_one_post_is_on_the_map_with_its_first_value() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    let root = sta.get("").await.expect_status(200).json();
    assert_eq!(root["value"].as_array().expect("sets").len(), 8);
    let made = sta.post("/Things", &noise("gracia-1")).await.expect_status(201);
    let thing = made.json();
    assert_eq!(made.header("location"), thing["@iot.selfLink"].as_str().expect("a link"));
    let streams = sta.follow(&thing["Datastreams@iot.navigationLink"]).await;
    let stream = streams["value"][0]["@iot.id"].as_i64().expect("an id");
    let path = format!("/Datastreams({stream})/Observations");
    let sent = json!({"phenomenonTime": "2026-11-23T10:00:00Z", "result": 61.3});
    let told = sta.post(&path, &sent).await.expect_status(201).json();
    let own = sta.follow(&told["@iot.selfLink"]).await;
    assert_eq!(own["result"], 61.3);
    assert_eq!(own["phenomenonTime"], "2026-11-23T10:00:00Z");
    // On the map at once, with its name, unit and place.
    let mut live = town.live(&partner, Encoding::Json).await;
    live.settle(&city(12.0)).await;
    live.until("the sensor", |model| !model.sensors.is_empty()).await;
    let sensor = live.model.sensors.values().next().expect("a sensor");
    assert_eq!(sensor.name, "gracia-1 · LAeq");
    assert_eq!(sensor.unit.as_deref(), Some("dB(A)"));
    assert_eq!(sensor.result, Some(61.3));
    assert!(sensor.geometry.is_some());
    // And the account is right.
    let sources = partner.ask("/api/v1/sources").await.json();
    let ledger = &sources["sources"][0]["ledger"];
    assert_eq!((&ledger["received"], &ledger["accepted"]), (&json!(1), &json!(1)));
}
