//! Bad input from a broker: nothing of it is stored, each message is counted under its cause, and the line goes on.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::mqtt::Topic;
use support::mosquitto::Mosquitto;
use support::operator::Operator;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::geo::Bbox;
use wire::source::Ledger;
use wire::view::Mode;

/// A topic whose messages are objects with a value, a time and a place.
fn mapped(filter: &str, unit: &str) -> Topic {
    Topic {
        filter: filter.to_owned(),
        datastream: "{2}".to_owned(),
        result: "/value".to_owned(),
        time: Some("/at".to_owned()),
        unit: Some(unit.to_owned()),
        name: None,
        lng: Some("/lng".to_owned()),
        lat: Some("/lat".to_owned()),
    }
}

/// The topics on which a SensorThings server publishes the Observations of its Datastreams.
fn sensorthings() -> Topic {
    Topic {
        result: "/result".to_owned(),
        time: Some("/phenomenonTime".to_owned()),
        lng: None,
        lat: None,
        ..mapped("v1.1/+/Observations", "cm")
    }
}

/// A topic whose messages are nothing but the value.
fn bare() -> Topic {
    let nothing =
        Topic { result: String::new(), time: None, lng: None, lat: None, ..sensorthings() };
    Topic { filter: "bare/+/level".to_owned(), datastream: "bare-{2}".to_owned(), ..nothing }
}

struct Story {
    broker: Mosquitto,
    town: Town,
    reader: Partner,
    officer: Operator,
}

impl Story {
    async fn begin() -> Self {
        support::crypto();
        let broker = Mosquitto::start().expect("a broker");
        let river = SourceConfig {
            name: Some("river".to_owned()),
            allow_private: true,
            topics: vec![
                mapped("city/+/level", "cm"),
                mapped("city/+/flow", "L/s"),
                sensorthings(),
                bare(),
            ],
            ..SourceConfig::new("mqtt", broker.url())
        };
        let town = Town::with(|config| {
            config.sources = vec![river];
            config.area = Some(Bbox::new(2.0, 41.2, 2.4, 41.6).expect("an area"));
            config.limits.requests_per_s = 10_000;
        })
        .await;
        let reader = town.partner("reader", "read", Mode::Live).await;
        let officer = town.duty_officer().await;
        let story = Self { broker, town, reader, officer };
        // What was said before anybody listened is not kept by the broker: said until it is heard.
        until("the first message", async || {
            story.say("bare/first/level", "1");
            story.reader.ledger("feed:river").await.filter(|ledger| ledger.received > 0)
        })
        .await;
        // And what was said meanwhile is heard before this.
        story.say("bare/last/level", "1");
        until("the last of them", async || {
            story.seen().await.to_string().contains("bare-last").then_some(())
        })
        .await;
        story
    }

    fn say(&self, topic: &str, message: &str) {
        self.broker.device(topic, &[message.to_owned()], false).done();
    }

    /// Publishes the bytes of a file as one message.
    fn publish(&self, topic: &str, file: &Path) {
        let port = self.broker.port().to_string();
        let ended = Command::new("mosquitto_pub")
            .args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", topic, "-f"])
            .arg(file)
            .stdin(Stdio::null())
            .status();
        assert!(ended.expect("mosquitto_pub").success());
    }

    /// What this leads to in the account, once it is there.
    async fn counted(&self, before: &Ledger) -> Ledger {
        let one = |ledger: &Ledger| ledger.received > before.received;
        self.reader.account("feed:river", "one more message", one).await
    }

    async fn ledger(&self) -> Ledger {
        self.reader.ledger("feed:river").await.expect("an account")
    }

    async fn seen(&self) -> Value {
        let told = self.reader.ask("/api/v1/sensors/latest").await.expect_status(200).json();
        told["sensors"].clone()
    }

    /// How many the desk tells of a cause.
    async fn cause(&self, reason: &str) -> u64 {
        let told = self.officer.ask("/api/v1/errors").await.expect_status(200).json();
        let causes = told["causes"].as_array().cloned().unwrap_or_default();
        let one = causes.iter().find(|one| {
            one["reason"] == reason && one["source"] == "feed:river" && one["counted"] == "items"
        });
        one.and_then(|one| one["count"].as_u64()).unwrap_or_default()
    }
}

const LEVEL: &str = "city/besos/level";
const FLOW: &str = "city/besos/flow";
const STA: &str = "v1.1/Datastreams(7)/Observations";
const BARE: &str = "bare/door/level";

const GOOD: &str = r#"{"value":61.5,"at":"2026-11-23T10:00:00Z","lng":2.22,"lat":41.42}"#;
const GOOD_STA: &str = r#"{"result":61.5,"phenomenonTime":"2026-11-23T10:00:00Z"}"#;

/// Topic, message, and the reason under which it is counted. A device that nobody heard of is new and no fault; a topic that no table
/// takes is not subscribed to.
const FAULTS: [(&str, &str, &str); 18] = [
    (FLOW, r#"{"value":1,"at":"2026-11-23T10:01:00Z"}"#, "unit_mismatch"),
    (LEVEL, r#"{"value":"high","at":"2026-11-23T10:01:00Z"}"#, "text_for_number"),
    (STA, r#"{"result":"high","phenomenonTime":"2026-11-23T10:01:00Z"}"#, "text_for_number"),
    (BARE, "high", "text_for_number"),
    (LEVEL, r#"{"value":NaN,"at":"2026-11-23T10:01:00Z"}"#, "unreadable"),
    (STA, r#"{"result":NaN,"phenomenonTime":"2026-11-23T10:01:00Z"}"#, "unreadable"),
    (BARE, "NaN", "number_out_of_range"),
    (LEVEL, r#"{"value":"NaN","at":"2026-11-23T10:01:00Z"}"#, "number_out_of_range"),
    (STA, r#"{"result":"NaN","phenomenonTime":"2026-11-23T10:01:00Z"}"#, "number_out_of_range"),
    (LEVEL, r#"{"value":1,"at":"2026-10-25T02:30:00"}"#, "bad_time"),
    (STA, r#"{"result":1,"phenomenonTime":"2026-10-25T02:30:00"}"#, "bad_time"),
    (LEVEL, r#"{"value":1,"at":[]}"#, "bad_time"),
    (LEVEL, r#"{"value":1}"#, "missing"),
    (STA, r#"{"phenomenonTime":"2026-11-23T10:01:00Z"}"#, "missing"),
    (LEVEL, r#"{"value":1,"at":"2026-11-23T10:01:00Z","lng":41.42,"lat":2.22}"#, "outside_area"),
    (LEVEL, r#"{"value":1,"at":"1970-01-01T00:00:00Z"}"#, "too_old"),
    (LEVEL, "{\"value\":1", "unreadable"),
    (LEVEL, r#"{"value":[1],"at":"2026-11-23T10:01:00Z"}"#, "wrong_type"),
];

#[tokio::test]
async fn each_bad_message_is_counted_under_its_cause_and_stores_nothing() {
    let story = Story::begin().await;
    for (topic, message) in [(LEVEL, GOOD), (STA, GOOD_STA), (BARE, "7")] {
        let before = story.ledger().await;
        story.say(topic, message);
        let after = story.counted(&before).await;
        assert!(after.accepted > before.accepted, "{topic}: {after:?}");
    }
    for (topic, message, reason) in FAULTS {
        let at = format!("{topic} {message}");
        let (seen, before, told) =
            (story.seen().await, story.ledger().await, story.cause(reason).await);
        story.say(topic, message);
        let after = story.counted(&before).await;
        let had = before.rejected.get(reason).copied().unwrap_or_default();
        assert_eq!(after.rejected.get(reason), Some(&(had + 1)), "{at}: {after:?}");
        assert_eq!((after.accepted, after.folded), (before.accepted, before.folded), "{at}");
        assert_eq!(story.cause(reason).await, told + 1, "{at}");
        assert_eq!(story.seen().await, seen, "{at}: something was stored");
    }
    // What a device says of itself is kept beside its value.
    let before = story.ledger().await;
    story.say(
        LEVEL,
        r#"{"value":60,"at":"2026-11-23T09:59:00Z","lng":2.22,"lat":41.42,"up":{"rssi":-97}}"#,
    );
    story.counted(&before).await;
    let path = "/api/v1/datastreams/feed:river/besos/history?from=2026-11-23T09:00:00Z&raw=true";
    let told = story.reader.ask(path).await.expect_status(200).json();
    assert_eq!(told["values"][0]["raw"], r#"{"message":{"up":{"rssi":-97}}}"#, "{told}");
    assert_eq!(told["values"][1].get("raw"), None, "{told}");
    // What comes again is known.
    for (topic, message) in [(LEVEL, GOOD), (STA, GOOD_STA)] {
        let (seen, before) = (story.seen().await, story.ledger().await);
        story.say(topic, message);
        let after = story.counted(&before).await;
        assert_eq!((after.accepted, after.folded), (before.accepted, before.folded + 1), "{topic}");
        assert_eq!(story.seen().await, seen);
    }
    // A clock that is an hour ahead: placed at receipt, and told.
    let before = story.ledger().await;
    let ahead = story.town.clock.now().plus_ms(3_600_000);
    story.say(LEVEL, &json!({"value": 62, "at": ahead, "lng": 2.22, "lat": 41.42}).to_string());
    assert_eq!(story.counted(&before).await.accepted, before.accepted + 1);
    let why = story.officer.ask("/api/v1/why?device=besos").await.expect_status(200).json();
    let cross =
        why["ticks"].as_array().and_then(|all| all.iter().find(|one| one["state"] == "cross"));
    assert_eq!(cross.map(|one| &one["reason"]), Some(&json!("clock_ahead")), "{why}");
}

#[tokio::test]
async fn a_packed_message_is_unreadable_and_one_too_large_never_comes_and_the_line_goes_on() {
    let story = Story::begin().await;
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("message");
    // The beginning of gzip.
    std::fs::write(&file, [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0xFF]).expect("a file");
    let (seen, before) = (story.seen().await, story.ledger().await);
    story.publish(LEVEL, &file);
    let after = story.counted(&before).await;
    let had = before.rejected.get("unreadable").copied().unwrap_or_default();
    assert_eq!(after.rejected["unreadable"], had + 1, "{after:?}");
    assert_eq!(story.seen().await, seen);
    // More than a device ever says: the broker was told so when we came, and keeps it.
    let large =
        format!("{{\"value\":1,\"at\":\"2026-11-23T10:01:00Z\",\"x\":\"{}\"}}", "x".repeat(70_000));
    std::fs::write(&file, large).expect("a file");
    story.publish(LEVEL, &file);
    let before = story.ledger().await;
    story.say(LEVEL, GOOD);
    let after = story.counted(&before).await;
    assert_eq!((after.received, after.accepted), (before.received + 1, before.accepted + 1));
    let latest = story.seen().await;
    assert!(latest.to_string().contains("61.5"), "{latest}");
}
