//! `docs/partners/sensorthings.md`, its blocks run as they stand: somebody who has a key and this page gets a sensor onto the map.

use serde_json::Value;
use support::live::Encoding;
use support::page;
use support::town::Town;

use crate::views::city;

#[tokio::test]
async fn the_page_for_partners_brings_a_sensor_onto_the_map() {
    let town = Town::start().await;
    let partner = town.partner("bcn", "observations read", wire::view::Mode::Live).await;
    let said = page::run("sensorthings.md", &[("TALAIA", &town.base), ("KEY", &partner.key)]).await;
    let read = |said: &String| serde_json::from_str::<Value>(said).expect("JSON");
    let told: Vec<Value> = said.iter().map(read).collect();
    assert_eq!(told.len(), 4);
    assert_eq!(told[0]["name"], "noise-gracia-1");
    assert!(
        told[2]
            .as_array()
            .expect("rows")
            .iter()
            .all(|row| row.as_str().is_some_and(|row| row.starts_with("http")))
    );
    let newest = &told[3]["value"][0]["Datastreams"][0]["Observations"];
    assert_eq!(
        (&newest[0]["result"], newest.as_array().map(Vec::len)),
        (&serde_json::json!(60.8), Some(1))
    );
    let mut live = town.live(&partner, Encoding::Json).await;
    live.settle(&city(12.0)).await;
    live.until("the sensor", |model| !model.sensors.is_empty()).await;
    let sensor = live.model.sensors.values().next().expect("a sensor");
    assert_eq!((sensor.datastream.as_str(), sensor.result), ("noise-gracia-1-laeq", Some(60.8)));
}
