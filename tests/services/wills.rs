//! A gateway that dies without a word: its broker says so, and its sensors are silent at once and for that reason.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::mqtt::{Topic, WillTopic};
use support::mosquitto::Mosquitto;
use support::operator::Operator;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;

/// Meters of gateways, and the topic on which a gateway is said to be gone.
fn river(broker: &str) -> SourceConfig {
    let levels = Topic {
        filter: "city/+/+/level".to_owned(),
        datastream: "{2}-{3}".to_owned(),
        result: "/value".to_owned(),
        time: Some("/at".to_owned()),
        unit: Some("cm".to_owned()),
        name: None,
        lng: None,
        lat: None,
    };
    let wills = WillTopic {
        filter: "city/+/status".to_owned(),
        word: String::new(),
        gone: "offline".to_owned(),
        back: "online".to_owned(),
        datastream: None,
        prefix: Some("{2}-".to_owned()),
        gateway: None,
    };
    SourceConfig {
        name: Some("river".to_owned()),
        allow_private: true,
        topics: vec![levels],
        wills: vec![wills],
        ..SourceConfig::new("mqtt", broker)
    }
}

struct Scene {
    broker: Mosquitto,
    town: Town,
    reader: Partner,
    officer: Operator,
}

impl Scene {
    /// Three meters of two gateways, each of which speaks once an hour: by their cadence they are silent after three.
    async fn new() -> Self {
        support::crypto();
        let broker = Mosquitto::start().expect("a broker");
        let source = river(&broker.url());
        let town = Town::with(|config| {
            config.sources = vec![source];
            config.limits.requests_per_s = 10_000;
        })
        .await;
        let reader = town.partner("reader", "read", Mode::Live).await;
        let officer = town.duty_officer().await;
        let scene = Self { broker, town, reader, officer };
        let level = json!({"grade": "red", "direction": "rising", "value": 500.0, "clear": null,
            "unit": "cm", "owner": "CHJ", "document": "plan", "date": "2026-01-01"});
        for (name, levels) in [("g1-a", json!([level])), ("g1-b", json!([])), ("g2-a", json!([]))] {
            let passport = json!({"unit": "cm", "levels": levels,
                "cadence": {"by_day_ms": 3_600_000, "in_alarm_ms": null}});
            let path = format!("/api/v1/datastreams/feed:river/{name}/passport");
            until("the source has an account", async || {
                let body = Some(passport.to_string());
                let answer = scene.officer.send(Method::PUT, &path, body).await;
                (answer.status == 204).then_some(())
            })
            .await;
        }
        // What was said before anybody listened is not kept by the broker: said until it is heard.
        until("the first value", async || {
            scene.value("g1/a", 612.0);
            scene.reader.ledger("feed:river").await.filter(|ledger| ledger.received > 0)
        })
        .await;
        scene.value("g1/b", 20.0);
        scene.value("g2/a", 20.0);
        until("all speak", async || (scene.eyes().await.len() == 3).then_some(())).await;
        scene
    }

    fn value(&self, topic: &str, value: f64) {
        self.town.pass(Duration::from_secs(1));
        let message = json!({"value": value, "at": self.town.clock.now().0}).to_string();
        self.broker.device(&format!("city/{topic}/level"), &[message], false).done();
    }

    /// Each datastream with how it is, and whether its will says so.
    async fn eyes(&self) -> Vec<(String, String, bool)> {
        let eyes = self.reader.ask("/api/v1/eyes").await.expect_status(200).json();
        let all = eyes["datastreams"].as_array().cloned().unwrap_or_default();
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let mut told: Vec<_> = all
            .iter()
            .map(|one| (text(one, "datastream"), text(one, "status"), !one["gone_at"].is_null()))
            .collect();
        told.sort();
        told
    }

    /// Waits until so they are.
    async fn are(&self, expected: [(&str, &str, bool); 3]) {
        let expected =
            expected.map(|(name, status, gone)| (name.to_owned(), status.to_owned(), gone));
        until(&format!("{expected:?}"), async || (self.eyes().await == expected).then_some(()))
            .await;
    }
}

const ALIVE: [(&str, &str, bool); 3] =
    [("g1-a", "live", false), ("g1-b", "live", false), ("g2-a", "live", false)];
const GONE: [(&str, &str, bool); 3] =
    [("g1-a", "silent", true), ("g1-b", "silent", true), ("g2-a", "live", false)];

#[tokio::test]
async fn the_sensors_of_a_gateway_that_is_killed_are_silent_at_once_and_back_with_a_word() {
    let mut scene = Scene::new().await;
    let gateway = scene.broker.gateway("city/g1/status", "offline", true);
    scene.are(ALIVE).await;
    gateway.kill();
    scene.are(GONE).await;
    let latest = scene.reader.ask("/api/v1/sensors/latest").await.expect_status(200).json();
    let first = &latest["sensors"][0];
    assert_eq!((&first["datastream"], &first["status"]), (&json!("g1-a"), &json!("silent")));
    assert!(first["gone_at"].is_string(), "{first}");
    // The one beyond its level is lost, and the room hears of it now and not in three hours.
    let alarms = scene.officer.ask("/api/v1/alarms").await.expect_status(200).json().to_string();
    assert!(alarms.contains("\"lost\""), "{alarms}");
    // The same from the journal, and from a checkpoint.
    scene.town.kill_and_restart().await;
    scene.are(GONE).await;
    scene.town.restart().await;
    scene.are(GONE).await;
    // A value brings back the one that gives it, the word for back the others.
    scene.value("g1/a", 21.0);
    scene.are([("g1-a", "live", false), ("g1-b", "silent", true), ("g2-a", "live", false)]).await;
    scene.broker.device("city/g1/status", &["online".to_owned()], true).done();
    scene.are(ALIVE).await;
    // Neither word.
    scene.broker.device("city/g1/status", &["perhaps".to_owned()], false).done();
    let ledger = scene
        .reader
        .account("feed:river", "a refusal", |one| one.rejected.contains_key("unknown_word"))
        .await;
    let known = ledger.accepted + ledger.folded + ledger.rejected.values().sum::<u64>();
    assert_eq!(ledger.received, known, "{ledger:?}");
}

#[tokio::test]
async fn a_will_of_yesterday_that_the_broker_kept_rings_no_second_time() {
    let mut scene = Scene::new().await;
    scene.broker.gateway("city/g1/status", "offline", true).kill();
    scene.are(GONE).await;
    scene.value("g1/a", 21.0);
    scene.value("g1/b", 21.0);
    scene.are(ALIVE).await;
    // Our session is lost, so the broker tells us again what it keeps.
    scene.town.stop().await;
    scene.broker.forget("talaia-river");
    scene.town.run().await;
    let before = scene.reader.ledger("feed:river").await.expect("an account");
    let after = scene
        .reader
        .account("feed:river", "the will again", |one| one.folded > before.folded)
        .await;
    assert_eq!(after.accepted, before.accepted);
    scene.are(ALIVE).await;
}

#[tokio::test]
async fn planned_works_mute_a_last_will() {
    let scene = Scene::new().await;
    let now = scene.town.clock.now();
    let works = json!({"source": "feed:river", "all": true, "from": now.plus_ms(-1),
        "to": now.plus_ms(3_600_000), "why": "new battery", "who": "J. Pons"});
    let body = Some(works.to_string());
    scene.officer.send(Method::POST, "/api/v1/works", body).await.expect_status(201);
    scene.broker.gateway("city/g1/status", "offline", true).kill();
    scene.are(GONE).await;
    let eyes = scene.officer.ask("/api/v1/eyes").await.expect_status(200).json();
    assert_eq!((&eyes["counts"]["in_works"], &eyes["counts"]["silent"]), (&json!(2), &json!(0)));
    let alarms = scene.officer.ask("/api/v1/alarms").await.expect_status(200).json();
    assert!(!alarms.to_string().contains("\"lost\""), "{alarms}");
}
