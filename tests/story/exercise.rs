//! `barcelona-storm`, played by the server.

use serde_json::Value;
use server::exercise::scenario::{BEGIN_MS, END_MS, SEED, write};
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;

async fn totals(reader: &Partner) -> Value {
    let picture = reader
        .ask("/api/v1/picture?bbox=1.9,41.2,2.4,41.6&zoom=12")
        .await
        .expect_status(200)
        .json();
    picture["totals"].clone()
}

/// Received by all sources of the exercise but its sensors.
async fn received(reader: &Partner) -> u64 {
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    let ours = sources.iter().filter(|source| {
        source["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("exercise:") && id != "exercise:sensors")
    });
    ours.filter_map(|source| source["ledger"]["received"].as_u64()).sum()
}

fn distinct(until_ms: i64) -> u64 {
    let events = write(SEED);
    let ids: std::collections::BTreeSet<_> = events
        .iter()
        .filter(|event| event.at_ms <= until_ms)
        .map(|event| event.draft.words.source_id.clone())
        .collect();
    ids.len() as u64
}

#[tokio::test]
async fn the_storm_plays_into_the_exercise_alone_survives_a_restart_and_says_when_it_ends() {
    let mut town = Town::with(|config| {
        config.exercise = Some("barcelona-storm".to_owned());
        config.exercise_speed = 10.0;
        // A story asks more often than a partner may.
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Exercise).await;
    let live = town.partner("live", "read", Mode::Live).await;
    let at_start = distinct(BEGIN_MS);
    until("the history", || async { (totals(&reader).await["total"] == at_start).then_some(()) })
        .await;
    let sensors = reader.ask("/api/v1/sources").await.json()["sources"].clone();
    let sensors = sensors.as_array().cloned().unwrap_or_default();
    let sensors = sensors
        .iter()
        .find(|source| source["id"] == "exercise:sensors")
        .cloned()
        .unwrap_or_default();
    assert!(sensors["ledger"]["accepted"].as_u64().is_some_and(|n| n >= 40 * 18), "{sensors}");

    // Ten minutes of scenario are one of the wall.
    town.clock.advance_ms(60_000);
    let later = distinct(BEGIN_MS + 600_000);
    assert!(later > at_start + 150, "{at_start} {later}");
    until("ten minutes more", || async { (totals(&reader).await["total"] == later).then_some(()) })
        .await;

    // Counted before the server stops: once it is back, the run may be handed in again before we ask.
    let before = received(&reader).await;
    town.restart().await;
    until("the same run again", || async {
        (received(&reader).await > before + later - 1).then_some(())
    })
    .await;
    assert_eq!(
        totals(&reader).await["total"],
        later,
        "a restart doubles nothing and loses nothing"
    );

    town.clock.advance_ms((END_MS - BEGIN_MS) / 10);
    let all = distinct(END_MS) + 1;
    until("the end", || async { (totals(&reader).await["total"] == all).then_some(()) }).await;
    let said = reader.ask("/api/v1/reports?source_id=r1-end").await.expect_status(200).json();
    assert!(
        said["features"][0]["properties"]["text"]
            .as_str()
            .is_some_and(|text| text.contains("the exercise ended at"))
    );
    let open = reader.ask("/api/v1/picture?bbox=1.9,41.2,2.4,41.6&zoom=12&window=all").await.json();
    assert_eq!(open["totals"]["total"], all);
    assert_eq!(totals(&live).await["total"], 0, "a drill never leaks into live");
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_closed_before_the_next_begins() {
    let mut town = Town::with(|config| {
        config.exercise = Some("barcelona-storm".to_owned());
        config.exercise_speed = 10.0;
        // A story asks more often than a partner may.
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Exercise).await;
    let at_start = distinct(BEGIN_MS);
    until("the history", || async { (totals(&reader).await["total"] == at_start).then_some(()) })
        .await;
    town.clock.advance_ms(60_000);
    let first = distinct(BEGIN_MS + 600_000);
    until("ten minutes", || async { (totals(&reader).await["total"] == first).then_some(()) })
        .await;
    town.stop().await;
    town.clock.advance_ms(3_600_000);
    town.run().await;
    let both = first + at_start;
    until("the second run's history", || async {
        (totals(&reader).await["total"] == both).then_some(())
    })
    .await;
    let mut cursor = String::new();
    loop {
        let page = reader
            .ask(&format!("/api/v1/reports?limit=1000{cursor}"))
            .await
            .expect_status(200)
            .json();
        for report in page["features"].as_array().cloned().unwrap_or_default() {
            let words = &report["properties"];
            let old = words["source_id"].as_str().is_some_and(|id| id.starts_with("r1-"));
            assert!(!(old && words["status"] == "open"), "left open: {words}");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
}
