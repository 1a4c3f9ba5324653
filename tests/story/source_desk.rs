//! Sources at the desk: paused, let go on, and tried by who decides in the room.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use support::operator::Operator;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The feed that is paused, and beside it the control: one that is asked at the same pace and never stopped.
const FEEDS: [&str; 2] = ["quakes", "control"];
const QUAKES: &str = "/api/v1/sources/feed:quakes";

async fn upstream() -> MockServer {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().0;
    let event = |id: &str, mag: f64| {
        json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [2.1, 41.4, 10.0]},
            "properties": {"mag": mag, "time": now - 60_000, "updated": now - 60_000, "type": "earthquake", "title": "M 5"}})
    };
    let feed = json!({"type": "FeatureCollection", "metadata": {"generated": now},
        "features": [event("a", 5.0), event("b", 99.0)]});
    let answer = ResponseTemplate::new(200).set_body_json(feed);
    Mock::given(method("GET")).respond_with(answer).mount(&upstream).await;
    upstream
}

async fn room(upstream: &MockServer) -> Town {
    let sources = FEEDS.map(|name| SourceConfig {
        name: Some(name.to_owned()),
        interval_s: 1,
        allow_private: true,
        ..SourceConfig::new("usgs", format!("{}/{name}", upstream.uri()))
    });
    Town::with(|config| {
        config.sources = sources.to_vec();
        config.limits.requests_per_s = 10_000;
    })
    .await
}

/// How often the upstream was asked for a feed.
async fn asked(upstream: &MockServer, name: &str) -> usize {
    let requests = upstream.received_requests().await.unwrap_or_default();
    requests.iter().filter(|one| one.url.path() == format!("/{name}")).count()
}

/// Waits until the control was asked three times more: so long is any feed left that is not asked.
async fn three_rounds(upstream: &MockServer) {
    let before = asked(upstream, "control").await;
    until("three rounds", async || (asked(upstream, "control").await >= before + 3).then_some(()))
        .await;
}

async fn told(person: &Operator) -> Value {
    let list = person.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|one| one["id"] == "feed:quakes").unwrap_or(Value::Null)
}

/// Waits until the feed was read.
async fn is_live(person: &Operator) -> Value {
    until("the feed is live", async || {
        Some(told(person).await).filter(|one| one["status"] == "live")
    })
    .await
}

async fn act(person: &Operator, act: &str, body: Option<Value>) -> support::partner::Answer {
    person.send(Method::POST, &format!("{QUAKES}/{act}"), body.map(|body| body.to_string())).await
}

#[tokio::test]
async fn a_paused_source_is_not_asked_even_after_a_restart_and_says_until_when_by_whom_and_why() {
    let upstream = upstream().await;
    let mut town = room(&upstream).await;
    let (montse, wall) = (town.duty_officer().await, town.viewer().await);
    is_live(&montse).await;

    let answer = act(&montse, "pause", Some(json!({"reason": " it repeats itself "}))).await;
    let paused = answer.expect_status(200).json();
    assert_eq!(paused["status"], "paused");
    let pause = &paused["paused"];
    let said = (&pause["by"], &pause["until"], &pause["reason"]);
    assert_eq!(said, (&json!("duty-officer"), &Value::Null, &json!("it repeats itself")));
    let before = asked(&upstream, "quakes").await;
    three_rounds(&upstream).await;
    let after = asked(&upstream, "quakes").await;
    assert!(after <= before + 1, "one question may have been under way: {before}, {after}");

    // A crash keeps it, and nobody asks before it is read.
    town.kill_and_restart().await;
    let before = asked(&upstream, "quakes").await;
    three_rounds(&upstream).await;
    assert_eq!(asked(&upstream, "quakes").await, before);
    assert_eq!(told(&montse).await["paused"], *pause);
    // An hour later it is paused, not silent; the control is what it would be.
    town.pass(Duration::from_hours(2));
    assert_eq!(told(&montse).await["status"], "paused");
    // The wall reads no words, and no name stands anywhere but in the log.
    let seen = told(&wall).await;
    assert_eq!(seen["paused"]["by"], "duty-officer");
    assert_eq!(seen["paused"]["reason"], Value::Null);
    assert!(!seen.to_string().contains("montse") && !seen.to_string().contains("repeats"));
    let log = montse.ask("/api/v1/log").await.expect_status(200).json();
    let line = &log["lines"][0];
    let signed = (line["kind"].as_str(), line["by"].as_str(), line["text"].as_str());
    let text = "feed:quakes paused: it repeats itself";
    assert_eq!(signed, (Some("log"), Some("montse"), Some(text)));

    let goes_on = act(&montse, "resume", None).await.expect_status(200).json();
    assert_eq!(goes_on["paused"], Value::Null);
    assert_ne!(goes_on["status"], "paused");
    until("asked again", async || (asked(&upstream, "quakes").await > before).then_some(())).await;
    let log = montse.ask("/api/v1/log").await.json();
    assert_eq!(log["lines"][0]["text"], "feed:quakes goes on");
    // Said once more it is no news, and a restart does not bring it back.
    act(&montse, "resume", None).await.expect_status(200);
    assert_eq!(montse.ask("/api/v1/log").await.json(), log);
    town.restart().await;
    assert_ne!(told(&montse).await["status"], "paused");
}

#[tokio::test]
async fn a_pause_with_an_end_ends_by_itself() {
    let upstream = upstream().await;
    let town = room(&upstream).await;
    let anna = town.signed_in("anna", "administrator").await;
    is_live(&anna).await;
    let end = town.clock.now().plus_ms(3_600_000);
    let body = json!({"until": end, "reason": "maintenance of theirs"});
    let paused = act(&anna, "pause", Some(body)).await.expect_status(200).json();
    assert_eq!(paused["paused"]["until"], end.to_string());
    let reason = paused["reason"].as_str().unwrap_or_default();
    let minute = end.to_string()[..16].replace('T', " ");
    assert_eq!(reason, format!("paused by the role administrator, until {minute} UTC"));
    three_rounds(&upstream).await;
    let before = asked(&upstream, "quakes").await;
    town.pass(Duration::from_hours(1));
    until("asked again", async || (asked(&upstream, "quakes").await > before).then_some(())).await;
    assert_eq!(told(&anna).await["paused"], Value::Null);
}

#[tokio::test]
async fn only_who_decides_in_the_room_stops_a_source_and_only_one_that_is_asked() {
    let upstream = upstream().await;
    let town = room(&upstream).await;
    let montse = town.duty_officer().await;
    is_live(&montse).await;
    let why = json!({"reason": "because"});
    for role in ["viewer", "contributor", "analyst"] {
        let person = town.signed_in(role, role).await;
        for (path, body) in [("pause", Some(why.clone())), ("resume", None), ("try", None)] {
            let refused = act(&person, path, body).await.expect_status(403).json();
            assert_eq!(refused["type"], "role-too-low", "{role} {path}");
        }
    }
    let partner = town.partner("city", "reports observations read authority", Mode::Live).await;
    for path in ["pause", "resume", "try"] {
        let address = format!("{QUAKES}/{path}");
        let answer = partner.post(&address, "application/json", why.to_string()).await;
        assert_eq!(answer.expect_status(403).json()["type"], "operators-only");
    }
    act(&Operator::visitor(&town.base), "pause", Some(why.clone())).await.expect_status(401);
    assert_eq!(told(&montse).await["status"], "live");

    for (id, word) in [("partner:city", "asks no such source"), ("feed:nobody", "no such source")] {
        let address = format!("/api/v1/sources/{id}/pause");
        let answer = montse.send(Method::POST, &address, Some(why.to_string())).await;
        let detail = answer.expect_status(404).json()["detail"].clone();
        assert!(detail.as_str().is_some_and(|detail| detail.contains(word)), "{detail}");
    }
    let over = town.clock.now();
    let wrong = [
        (json!({"reason": " "}), "/reason", "missing"),
        (json!({"reason": "a".repeat(501)}), "/reason", "too_long"),
        (json!({"reason": "because", "until": over}), "/until", "over"),
    ];
    for (body, pointer, reason) in wrong {
        let problem = act(&montse, "pause", Some(body)).await.expect_status(422).json();
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["reason"]), (&json!(pointer), &json!(reason)));
    }
    let mistyped = json!({"reason": "because", "untill": over});
    act(&montse, "pause", Some(mistyped)).await.expect_status(400);
    assert_eq!(told(&montse).await["status"], "live", "nothing of it stopped anything");
}
