//! `docs/partners/sensorthings.md`, its blocks run as they stand: somebody who has a key and this page gets a sensor onto the map.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use support::live::Encoding;
use support::town::Town;
use tokio::process::Command;

use crate::views::city;

/// The blocks of a page that are to be run.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

#[tokio::test]
async fn the_page_for_partners_brings_a_sensor_onto_the_map() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/partners/sensorthings.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let town = Town::start().await;
    let partner = town.partner("bcn", "observations read", wire::view::Mode::Live).await;
    let mut told = Vec::new();
    for block in blocks(&page) {
        let run = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .env("TALAIA", &town.base)
            .env("KEY", &partner.key)
            .env_remove("http_proxy")
            .env("no_proxy", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .await
            .expect("bash runs");
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{block}\n{said}\n{}", String::from_utf8_lossy(&run.stderr));
        told.push(serde_json::from_str::<Value>(&said).expect("JSON"));
    }
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
