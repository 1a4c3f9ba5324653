//! The broker of a city: its messages are observations, none is lost or doubled, and what is refused is counted.

use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::mqtt::Topic;
use support::authority::Authority;
use support::mosquitto::Mosquitto;
use support::page;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::source::Ledger;
use wire::view::Mode;

fn levels() -> Topic {
    Topic {
        filter: "city/+/level".to_owned(),
        datastream: "{2}".to_owned(),
        result: "/value".to_owned(),
        time: Some("/at".to_owned()),
        unit: Some("cm".to_owned()),
        name: Some("Level {2}".to_owned()),
        lng: Some("/lng".to_owned()),
        lat: Some("/lat".to_owned()),
    }
}

fn doors() -> Topic {
    Topic {
        filter: "city/+/door".to_owned(),
        datastream: "door-{2}".to_owned(),
        result: String::new(),
        time: None,
        unit: None,
        name: None,
        lng: None,
        lat: None,
    }
}

fn river(broker: &str) -> SourceConfig {
    SourceConfig {
        name: Some("river".to_owned()),
        allow_private: true,
        topics: vec![levels(), doors()],
        ..SourceConfig::new("mqtt", broker)
    }
}

async fn town(broker: &Mosquitto) -> Town {
    town_of(river(&broker.url())).await
}

async fn town_of(river: SourceConfig) -> Town {
    support::crypto();
    Town::with(|config| {
        config.sources = vec![river];
        // A story asks more often than a partner may.
        config.limits.requests_per_s = 10_000;
    })
    .await
}

/// The account of the broker once this holds for it.
async fn account(reader: &Partner, what: &str, holds: impl Fn(&Ledger) -> bool) -> Ledger {
    reader.account("feed:river", what, holds).await
}

/// How the broker is, in the list of sources.
async fn status(reader: &Partner) -> Option<Value> {
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|source| source["id"] == "feed:river")
}

/// Why the broker is broken, once it is.
async fn broken(reader: &Partner) -> String {
    let told =
        until("broken", async || status(reader).await.filter(|one| one["status"] == "broken"));
    told.await["reason"].as_str().unwrap_or_default().to_owned()
}

fn messages(town: &Town, n: i64) -> Vec<String> {
    let now = town.clock.now().0;
    let message = |i: i64| {
        // One after the other up to now, each value another one.
        let at = now - (n - i) * 100;
        format!(r#"{{"value":{i},"at":{at},"lng":2.2,"lat":41.4}}"#)
    };
    (0..n).map(message).collect()
}

/// The connection is there once a message was taken.
async fn connected(broker: &Mosquitto, reader: &Partner) {
    broker.device("city/hall/door", &["open".to_owned()], false).done();
    // What was said before anybody listened is not kept by the broker: said until it is heard.
    until("the first message", async || {
        broker.device("city/hall/door", &["open".to_owned()], false).done();
        reader.ledger("feed:river").await.filter(|ledger| ledger.received > 0)
    })
    .await;
}

#[tokio::test]
async fn what_the_broker_says_is_a_sensor_and_what_is_no_observation_is_counted_by_its_reason() {
    let broker = Mosquitto::start().expect("a broker");
    let town = town(&broker).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    connected(&broker, &reader).await;
    let before = account(&reader, "an account", |_| true).await;
    let mut said = messages(&town, 3);
    said.push("no json".to_owned());
    said.push(r#"{"value":"NaN","at":1795428000000}"#.to_owned());
    said.push(r#"{"value":3}"#.to_owned());
    broker.device("city/besos/level", &said, false).done();
    let after = account(&reader, "six more", |one| one.received >= before.received + 6).await;
    assert!(after.accepted >= before.accepted + 3, "{after:?}");
    assert_eq!((after.rejected["unreadable"], after.rejected["missing"]), (1, 1));
    let known = after.accepted + after.folded + after.rejected.values().sum::<u64>();
    assert_eq!(after.received, known);
    let eyes = reader.ask("/api/v1/eyes").await.expect_status(200).json().to_string();
    assert!(eyes.contains("besos"), "{eyes}");
    // A device whose messages cannot be read is told why, with what came.
    broker.device("city/poio/level", &["no json".to_owned()], false).done();
    account(&reader, "one more", |one| one.rejected["unreadable"] == 2).await;
    let officer = town.duty_officer().await;
    let why = officer.ask("/api/v1/why?device=poio").await.expect_status(200).json();
    let cross = &why["ticks"][2];
    assert_eq!((&cross["name"], &cross["state"]), (&json!("parsed"), &json!("cross")), "{why}");
    assert_eq!((&cross["reason"], &cross["payload"]), (&json!("unreadable"), &json!("no json")));
    assert_eq!(why["source"], json!("feed:river"));
    let desk = officer.ask("/api/v1/connections").await.expect_status(200).json();
    let all = desk["connections"].as_array().cloned().unwrap_or_default();
    let river = all.iter().find(|one| one["id"] == "feed:river").expect("the broker");
    assert_eq!((&river["dialect"], &river["direction"]), (&json!("mqtt"), &json!("push")));
}

#[tokio::test]
async fn a_kill_of_the_server_in_the_middle_loses_and_doubles_nothing() {
    const N: i64 = 1_500;
    let broker = Mosquitto::start().expect("a broker");
    let mut town = town(&broker).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    connected(&broker, &reader).await;
    let doors = account(&reader, "an account", |_| true).await.accepted;
    let device = broker.device("city/besos/level", &messages(&town, N), false);
    for part in [200, 600] {
        account(&reader, "a part of it", |one| one.accepted >= doors + part).await;
        town.kill_and_restart().await;
    }
    device.done();
    let all = N as u64;
    let whole = account(&reader, "all of it", |one| one.accepted >= doors + all).await;
    // Whatever was delivered twice was known again.
    assert_eq!(whole.accepted - doors, all, "{whole:?}");
    assert_eq!(whole.received, whole.accepted + whole.folded);
}

#[tokio::test]
async fn a_broker_that_dies_is_broken_in_words_and_heard_again_when_it_is_back() {
    let mut broker = Mosquitto::start().expect("a broker");
    let town = town(&broker).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    connected(&broker, &reader).await;
    broker.kill();
    let why = broken(&reader).await;
    assert!(why.contains("cannot be reached"), "{why}");
    broker.run().expect("a broker");
    until("mended", async || status(&reader).await.filter(|one| one["status"] != "broken")).await;
    let before = account(&reader, "an account", |_| true).await.accepted;
    broker.device("city/besos/level", &messages(&town, 5), false).done();
    account(&reader, "five more", |one| one.accepted >= before + 5).await;
}

#[tokio::test]
async fn a_paused_broker_is_not_listened_to_and_what_it_kept_meanwhile_comes_when_it_goes_on() {
    let broker = Mosquitto::start().expect("a broker");
    support::crypto();
    let control = SourceConfig { name: Some("control".to_owned()), ..river(&broker.url()) };
    let mut town = Town::with(|config| {
        config.sources = vec![river(&broker.url()), control];
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let officer = town.duty_officer().await;
    connected(&broker, &reader).await;
    until("the control hears", async || {
        broker.device("city/hall/door", &["open".to_owned()], false).done();
        reader.ledger("feed:control").await.filter(|ledger| ledger.received > 0)
    })
    .await;
    let act = async |act: &str, body: Option<String>| {
        let address = format!("/api/v1/sources/feed:river/{act}");
        officer.send(reqwest::Method::POST, &address, body).await.expect_status(200);
    };
    act("pause", Some(json!({"reason": "it floods"}).to_string())).await;
    // It is not listened to after a restart either.
    town.kill_and_restart().await;
    let before = account(&reader, "an account", |_| true).await;
    broker.device("city/besos/level", &messages(&town, 5), false).done();
    until("the control heard it", async || {
        let latest = reader.ask("/api/v1/sensors/latest?source=feed:control").await;
        latest.expect_status(200).body.contains("besos").then_some(())
    })
    .await;
    assert_eq!(account(&reader, "an account", |_| true).await, before);
    let told = status(&reader).await.unwrap_or_default();
    assert_eq!((&told["status"], &told["paused"]["reason"]), (&json!("paused"), &Value::Null));
    act("resume", None).await;
    account(&reader, "what it kept", |one| one.accepted >= before.accepted + 5).await;
}

#[tokio::test]
async fn a_broker_that_vouches_for_itself_is_heard_with_its_authority_and_not_without() {
    let (city, other) = (Authority::new(), Authority::new());
    let (broker, url) = Mosquitto::start_vouched_for(&city).expect("a broker");
    let with = |ca: &Authority| SourceConfig { ca_file: Some(ca.file("ca.pem")), ..river(&url) };
    for stranger in [river(&url), with(&other)] {
        let town = town_of(stranger).await;
        let reader = town.partner("reader", "read", Mode::Live).await;
        let why = broken(&reader).await;
        assert!(why.contains("certificate") && why.contains("ca_file"), "{why}");
    }
    let town = town_of(with(&city)).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    connected(&broker, &reader).await;
    let before = account(&reader, "an account", |_| true).await.accepted;
    broker.device("city/besos/level", &messages(&town, 3), false).done();
    account(&reader, "three more", |one| one.accepted >= before + 3).await;
}

#[tokio::test]
async fn what_a_broker_retains_is_taken_once_and_without_a_time_not_at_all() {
    let broker = Mosquitto::start().expect("a broker");
    broker.device("city/besos/level", &["{\"value\":7,\"at\":1795428000}".to_owned()], true).done();
    broker.device("city/hall/door", &["open".to_owned()], true).done();
    let mut town = town(&broker).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let both = |one: &Ledger| one.received >= 2;
    let first = account(&reader, "what was retained", both).await;
    assert_eq!((first.accepted, first.rejected["retained_without_time"]), (1, 1));
    town.restart().await;
    broker
        .device("city/besos/level", &["{\"value\":8,\"at\":1795428060}".to_owned()], false)
        .done();
    let second = account(&reader, "one more", |one| one.accepted >= 2).await;
    assert_eq!((second.accepted, second.rejected["retained_without_time"]), (2, 1), "{second:?}");
}

#[tokio::test]
async fn the_page_for_partners_with_a_broker_brings_a_sensor_onto_the_map() {
    let broker = Mosquitto::start().expect("a broker");
    let town = town(&broker).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    connected(&broker, &reader).await;
    let port = broker.port().to_string();
    let variables =
        [("BROKER", "127.0.0.1"), ("PORT", &port), ("TALAIA", &town.base), ("KEY", &reader.key)];
    let told = page::run("mqtt.md", &variables).await;
    let account: serde_json::Value = serde_json::from_str(&told[2]).expect("JSON");
    let sources = account["sources"].as_array().cloned().unwrap_or_default();
    let river = sources.iter().find(|source| source["id"] == "feed:river").expect("the broker");
    assert_eq!(river["ledger"]["rejected"]["unreadable"], 1);
    let latest = reader.ask("/api/v1/sensors/latest").await.expect_status(200).json();
    let besos = latest["sensors"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["datastream"] == "besos"));
    let besos = besos.expect("on the map");
    assert_eq!(
        (&besos["result"], &besos["unit"]),
        (&serde_json::json!(61.5), &serde_json::json!("cm"))
    );
}
