//! Canaries as outside programs see them: in heartbeats and metrics, and nowhere else.

use std::time::Duration;

use serde_json::Value;
use server::canary;
use support::live::{Encoding, LiveClient};
use support::partner::{Partner, feature};
use support::town::Town;
use wire::frame::{Heartbeat, ServerFrame};
use wire::time::Timestamp;
use wire::view::Mode;

use crate::views::city;

/// A town whose canaries are said by the test, and told as said by the clock.
async fn town() -> Town {
    Town::with(|config| {
        config.limits.live_heartbeat_ms = 20;
        // By the clock none comes within a test.
        config.limits.canary_ms = 3_600_000;
    })
    .await
}

async fn beat(client: &mut LiveClient, wanted: impl Fn(&Heartbeat) -> bool) -> Heartbeat {
    loop {
        if let Some(ServerFrame::Heartbeat(beat)) = client.next().await
            && wanted(&beat)
        {
            return beat;
        }
    }
}

async fn say(town: &Town, mode: Mode) -> Timestamp {
    town.pass(Duration::from_secs(10));
    let said_at = town.clock.now();
    canary::say(town.app(), mode).await.expect("acknowledged");
    said_at
}

/// Everything that people and programs are told of what is held.
async fn told(partner: &Partner) -> Vec<String> {
    let mut told = Vec::new();
    for path in [
        "/api/v1/picture?bbox=-180,-85,180,85&zoom=0",
        "/api/v1/reports?limit=1000",
        "/api/v1/sources",
    ] {
        let mut body: Value = partner.ask(path).await.expect_status(200).json();
        // The age of the newest datum grows with the clock.
        for source in body["sources"].as_array_mut().into_iter().flatten() {
            source["content_age_ms"] = Value::Null;
        }
        told.push(body.to_string());
    }
    told
}

#[tokio::test]
async fn a_heartbeat_names_the_newest_canary_of_the_mode_in_either_subprotocol() {
    let town = town().await;
    let partner = town.dispatch().await;
    for encoding in [Encoding::Json, Encoding::Bin] {
        let mut client = town.live(&partner, encoding).await;
        client.settle(&city(12.0)).await;
        let hello = client.model.hello.clone().expect("hello");
        assert_eq!(hello.canary_ms, 3_600_000);
        say(&town, Mode::Exercise).await;
        let said_at = say(&town, Mode::Live).await;
        let told = beat(&mut client, |beat| beat.canary.is_some_and(|at| at >= said_at)).await;
        assert_eq!((told.canary, told.server_time.ms_since(said_at)), (Some(said_at), 0));
    }
}

#[tokio::test]
async fn canaries_are_in_no_count_and_move_no_number_also_after_a_restart() {
    let mut town = town().await;
    let partner = town.dispatch().await;
    let receipt = partner.report(&[feature("one", 2.17, 41.4, "flood", "Severe")]).await;
    let before = told(&partner).await;
    for _ in 0..3 {
        for mode in Mode::ALL {
            say(&town, mode).await;
        }
    }
    assert_eq!(told(&partner).await, before);
    town.kill_and_restart().await;
    assert_eq!(told(&partner).await, before);
    // A report that is known already names the number people knew; a new one a greater.
    let again = partner.report(&[feature("two", 2.18, 41.4, "flood", "Severe")]).await;
    assert!(again.seq > receipt.seq);
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
    assert_eq!(client.model.totals.expect("totals").total, 2);
}

#[tokio::test]
async fn the_age_of_a_canary_is_measured_at_each_stage_of_each_mode() {
    let town = town().await;
    let partner = town.dispatch().await;
    say(&town, Mode::Live).await;
    town.pass(Duration::from_secs(3));
    // None was said in the exercise: its age counts from the start.
    let wanted =
        [("live", "world", 3.0), ("live", "acknowledged", 3.0), ("exercise", "world", 13.0)];
    // The towns of one process share its gauges: another's answer may come in between.
    let begun = std::time::Instant::now();
    loop {
        let text = partner.ask("/metrics").await.expect_status(200).body;
        let age = |mode: &str, stage: &str| -> f64 {
            let name = format!("talaia_canary_age_seconds{{mode=\"{mode}\",stage=\"{stage}\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&name));
            line.unwrap_or_else(|| panic!("{name} in {text}")).parse().expect("a number")
        };
        assert!(age("exercise", "published") >= 0.0);
        if wanted.iter().all(|(mode, stage, s)| (age(mode, stage) - s).abs() < 1e-9) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{wanted:?} in {text}");
    }
}

#[tokio::test]
async fn nobody_else_can_say_a_canary() {
    let town = town().await;
    let http = reqwest::Client::new();
    let said = serde_json::json!({ "mode": "live", "at": town.clock.now() });
    for key in
        [None, Some(""), Some("0000000000000000000000000000000000000000000000000000000000000000")]
    {
        let mut post = http.post(format!("{}{}", town.base, canary::PATH)).json(&said);
        if let Some(key) = key {
            post = post.header(canary::KEY, key);
        }
        let answer = post.send().await.expect("an answer");
        assert_eq!(answer.status(), 404, "with {key:?}");
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["type"], "not-found");
    }
    assert_eq!(town.app().hub.canary(Mode::Live), None);
}
