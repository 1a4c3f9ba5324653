//! Clocks and repetitions: what is sent again is known, an hour that comes twice is two, and a clock that is ahead is told so.

use std::time::Duration;

use serde_json::{Value, json};

use super::Story;
use super::roads::{Road, Row};

/// What a refused row of an array would be called; anything else was taken.
fn taken(story: &Story, answer: &support::partner::Answer) -> Value {
    assert_eq!(answer.status, 201, "{:?}: {}", story.road, answer.body);
    let told = answer.json();
    if story.road == Road::Array {
        assert!(told[0].as_str().is_some_and(|row| row.starts_with("http")), "{told}");
    }
    told
}

#[tokio::test]
async fn a_message_that_comes_again_is_known_on_every_road() {
    for road in Road::ALL {
        let story = Story::begin(road).await;
        let (seen, ledger) = (story.seen().await, story.ledger().await);
        let first = story.send(&Row::good()).await;
        let again = story.send(&Row::good()).await;
        let told = taken(&story, &again);
        match road {
            // An address that is the same each time.
            Road::Observations | Road::Nested => {
                assert_eq!(first.header("location"), again.header("location"), "{road:?}");
            }
            Road::Array => assert_eq!(told, first.json(), "{road:?}"),
            _ => assert_eq!((&told["accepted"], &told["folded"]), (&json!(0), &json!(1)), "{told}"),
        }
        assert_eq!(story.seen().await, seen, "{road:?}");
        let after = story.ledger().await;
        assert_eq!(
            (after.accepted, after.folded),
            (ledger.accepted, ledger.folded + 2),
            "{road:?}"
        );
        assert_eq!(story.causes().await, std::collections::BTreeMap::new(), "{road:?}");
    }
}

#[tokio::test]
async fn the_hour_that_comes_twice_is_two_where_the_zone_is_said() {
    for road in Road::ALL {
        let story = Story::begin(road).await;
        for (offset, result) in [("+02:00", "1"), ("+01:00", "2")] {
            let time = format!("2026-10-25T02:30:00{offset}");
            taken(&story, &story.send(&Row { time, result, ..Row::good() }).await);
        }
        let path = "/api/v1/datastreams/partner:city/besos/history?from=2026-10-25T00:00:00Z&to=2026-10-25T02:00:00Z";
        let told = story.partner.ask(path).await.expect_status(200).json();
        let values: Vec<(&Value, &Value)> = told["values"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| (&one["phenomenon_time"], &one["result"]))
            .collect();
        let (first, second) = (json!("2026-10-25T00:30:00Z"), json!("2026-10-25T01:30:00Z"));
        assert_eq!(values, [(&first, &json!(1.0)), (&second, &json!(2.0))], "{road:?}: {told}");
    }
}

#[tokio::test]
async fn a_clock_that_is_an_hour_ahead_is_placed_at_receipt_and_told() {
    for road in Road::ALL {
        let story = Story::begin(road).await;
        let now = story.town.clock.now();
        let time = now.plus_ms(3_600_000).to_string();
        taken(&story, &story.send(&Row { time, result: "63", ..Row::good() }).await);
        story.town.pass(Duration::from_secs(1));
        let latest = story.partner.ask("/api/v1/sensors/latest").await.expect_status(200).json();
        let all = latest["sensors"].as_array().cloned().unwrap_or_default();
        let besos = all.iter().find(|one| one["datastream"] == "besos").expect("the gauge");
        assert_eq!(besos["phenomenon_time"], json!(now), "{road:?}: {besos}");
        let why = story.partner.ask("/api/v1/why?device=besos").await.expect_status(200).json();
        let ticks = why["ticks"].as_array().cloned().unwrap_or_default();
        let cross = ticks.iter().find(|tick| tick["state"] == "cross").expect("a cross");
        assert_eq!(
            (&cross["name"], &cross["reason"]),
            (&json!("shown"), &json!("clock_ahead")),
            "{road:?}: {why}"
        );
    }
}
