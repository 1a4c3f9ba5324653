//! A SensorThings server that the city runs: what stands there is here, also what came while we were away, and nothing twice.

use serde_json::{Value, json};
use server::source::SourceConfig;
use support::page;
use support::partner::Partner;
use support::town::Town;
use wire::sensor::LatestSensors;
use wire::source::Ledger;
use wire::view::Mode;

/// A room that reads the server of another town, as it would read any.
async fn reader_of(upstream: &Town, key: &str) -> Town {
    let secret = upstream.data_dir().join("frost.token");
    std::fs::write(&secret, format!("{key}\n")).expect("a file");
    let frost = SourceConfig {
        name: Some("frost".to_owned()),
        interval_s: 1,
        allow_private: true,
        password_file: Some(secret),
        ..SourceConfig::new("sensorthings", format!("{}/sta/v1.1", upstream.base))
    };
    Town::with(|config| {
        config.sources = vec![frost];
        config.limits.requests_per_s = 10_000;
    })
    .await
}

async fn account(reader: &Partner, what: &str, holds: impl Fn(&Ledger) -> bool) -> Ledger {
    reader.account("feed:frost", what, holds).await
}

/// Values of the page's sensor, one after the other.
async fn observe(partner: &Partner, from: i64, n: i64, now_ms: i64) {
    let row = |i: i64| {
        let at = wire::time::Timestamp(now_ms - 1_000_000 + i * 100).to_string();
        json!([at, 100 + i])
    };
    let rows: Vec<Value> = (from..from + n).map(row).collect();
    let body = json!([{"Datastream": {"@iot.id": "besos-level"}, "components": ["phenomenonTime", "result"], "dataArray": rows}]);
    let path = "/sta/v1.1/CreateObservations";
    let answer = partner.post(path, "application/json", body.to_string()).await.expect_status(201);
    assert_eq!(answer.json().as_array().map(Vec::len), Some(n as usize));
}

#[tokio::test]
async fn what_a_server_of_the_city_says_is_here_also_what_came_while_we_were_away() {
    let upstream = Town::with(|config| config.limits.requests_per_s = 10_000).await;
    let writer = upstream.partner("city", "observations,read", Mode::Live).await;
    let mut town = reader_of(&upstream, &writer.key).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let frost = format!("{}/sta/v1.1", upstream.base);
    let variables = [
        ("FROST", frost.as_str()),
        ("FROST_TOKEN", &writer.key),
        ("TALAIA", &town.base),
        ("KEY", &reader.key),
    ];
    let told = page::run("frost.md", &variables).await;
    let latest: LatestSensors = serde_json::from_str(&told[1]).expect("the latest of all");
    let besos = &latest.sensors[0].sensor;
    assert_eq!((besos.datastream.as_str(), besos.result), ("besos-level", Some(61.5)));
    assert_eq!((besos.name.as_str(), besos.unit.as_deref()), ("Besòs · Level", Some("cm")));
    assert!(besos.geometry.is_some(), "it stands where its Thing stands");

    let now = upstream.clock.now().0;
    observe(&writer, 0, 300, now).await;
    account(&reader, "three hundred more", |one| one.accepted >= 301).await;
    // Away: more than two pages come meanwhile.
    town.kill().await;
    observe(&writer, 300, 1_200, now).await;
    town.run().await;
    let whole = account(&reader, "all of it", |one| one.accepted >= 1_501).await;
    // A kill between the values and the mark of how far it read has it read them again: they are known.
    assert_eq!((whole.accepted, whole.received), (1_501, 1_501 + whole.folded));
}
