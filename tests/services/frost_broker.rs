//! A SensorThings server with a broker: what is new is here at once and not at the next interval, once, and what came while the broker was
//! away too.

use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::mqtt::Topic;
use support::mosquitto::Mosquitto;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;

/// A server of the city with one Datastream.
async fn upstream() -> (Town, Partner) {
    let upstream = Town::with(|config| config.limits.requests_per_s = 10_000).await;
    let writer = upstream.partner("city", "observations,read", Mode::Live).await;
    let thing = json!({
        "name": "Besòs", "description": "Gauge",
        "Locations": [{"name": "Bridge", "description": "", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [2.2211, 41.4203]}}],
        "Datastreams": [{"name": "Level", "description": "Water level",
            "properties": {"externalId": "besos-level"},
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "centimetre", "symbol": "cm", "definition": "ucum:cm"},
            "ObservedProperty": {"name": "Level", "definition": "urn:x:level", "description": ""},
            "Sensor": {"name": "Radar", "description": "", "encodingType": "text/plain", "metadata": "none"}}],
    });
    let path = "/sta/v1.1/Things";
    writer.post(path, "application/json", thing.to_string()).await.expect_status(201);
    (upstream, writer)
}

/// A value on the server, and what the server says of it on its broker.
async fn observe(upstream: &Town, writer: &Partner, n: i64) -> Value {
    let at = upstream.clock.now().plus_ms(n - 1_000);
    let value = json!({"phenomenonTime": at.to_string(), "result": n,
        "Datastream": {"@iot.id": "besos-level"}});
    let path = "/sta/v1.1/Observations";
    writer.post(path, "application/json", value.to_string()).await.expect_status(201);
    json!({"@iot.id": n, "phenomenonTime": at.to_string(), "result": n})
}

#[tokio::test]
async fn what_its_broker_says_is_new_is_asked_for_at_once_and_what_was_missed_too() {
    let mut broker = Mosquitto::start().expect("a broker");
    let (upstream, writer) = upstream().await;
    let secret = upstream.data_dir().join("frost.token");
    std::fs::write(&secret, &writer.key).expect("a file");
    let frost = SourceConfig {
        name: Some("frost".to_owned()),
        // Nothing of this story comes by the clock.
        interval_s: 86_400,
        allow_private: true,
        password_file: Some(secret),
        mqtt: Some(broker.url()),
        ..SourceConfig::new("sensorthings", format!("{}/sta/v1.1", upstream.base))
    };
    let town = Town::with(|config| {
        config.sources = vec![frost];
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let taken =
        async |n: u64| reader.account("feed:frost", "one more", |one| one.accepted >= n).await;
    // Said until it is heard: our line to the broker may not stand yet.
    let first = observe(&upstream, &writer, 1).await.to_string();
    until("the first value", async || {
        broker.device("v1.1/Observations", std::slice::from_ref(&first), false).done();
        reader.ledger("feed:frost").await.filter(|one| one.accepted == 1)
    })
    .await;
    for n in 2..6 {
        let said = observe(&upstream, &writer, n).await.to_string();
        broker.device("v1.1/Observations", &[said], false).done();
        taken(n as u64).await;
    }
    // The broker is gone; nobody hears of these until it is back, and then of all.
    broker.kill();
    for n in 6..9 {
        observe(&upstream, &writer, n).await;
    }
    broker.run().expect("a broker");
    let whole = taken(8).await;
    assert_eq!((whole.accepted, whole.folded, whole.received), (8, 0, 8), "each once: {whole:?}");
}

#[tokio::test]
async fn messages_in_the_form_of_sensorthings_are_taken_from_any_broker() {
    support::crypto();
    let broker = Mosquitto::start().expect("a broker");
    let topic = Topic {
        filter: "v1.1/+/Observations".to_owned(),
        datastream: "{2}".to_owned(),
        result: "/result".to_owned(),
        time: Some("/phenomenonTime".to_owned()),
        unit: Some("cm".to_owned()),
        name: None,
        lng: None,
        lat: None,
    };
    let source = SourceConfig {
        name: Some("sta".to_owned()),
        allow_private: true,
        topics: vec![topic],
        ..SourceConfig::new("mqtt", broker.url())
    };
    let town = Town::with(|config| config.sources = vec![source]).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let said = json!({"@iot.id": 7, "result": 61.5, "resultTime": null,
        "phenomenonTime": town.clock.now().to_string(),
        "Datastream@iot.navigationLink": "https://frost.example/v1.1/Observations(7)/Datastream"});
    let latest = until("on the map", async || {
        broker.device("v1.1/Datastreams(1)/Observations", &[said.to_string()], false).done();
        let latest = reader.ask("/api/v1/sensors/latest").await.expect_status(200).json();
        (latest["sensors"] != json!([])).then_some(latest)
    })
    .await;
    let first = &latest["sensors"][0];
    assert_eq!(
        (&first["datastream"], &first["result"]),
        (&json!("Datastreams(1)"), &json!(61.5)),
        "{first}"
    );
}
