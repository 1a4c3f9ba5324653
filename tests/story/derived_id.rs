//! Reports that come without an id: the server derives one from what was said, for itself alone.

use serde_json::{Value, json};
use support::partner::{GEOJSON, Partner};
use support::town::Town;

fn nameless(text: &str) -> String {
    json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.17, 41.4]},
        "properties": {"text": text, "hazard": "flood", "observed_at": "2026-11-23T10:00:00Z"}})
    .to_string()
}

/// Accepted and folded.
async fn send(partner: &Partner, text: &str) -> (u64, u64) {
    let answer = partner.post("/api/v1/reports", GEOJSON, nameless(text)).await.expect_status(201);
    let receipt = answer.receipt();
    (receipt.accepted, receipt.folded)
}

async fn ids(partner: &Partner) -> Vec<String> {
    let list = partner.ask("/api/v1/reports").await.expect_status(200).json();
    let features = list["features"].as_array().expect("features");
    features.iter().map(|feature: &Value| feature["id"].to_string()).collect()
}

#[tokio::test]
async fn the_same_words_are_the_same_report_also_after_a_restart() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    assert_eq!(send(&partner, "water on the road").await, (1, 0));
    let first = ids(&partner).await;
    assert_eq!(send(&partner, "water on the road").await, (0, 1));
    town.restart().await;
    assert_eq!(send(&partner, "water on the road").await, (0, 1), "after a restart");
    town.kill_and_restart().await;
    assert_eq!(send(&partner, "water on the road").await, (0, 1), "after a kill");
    assert_eq!(ids(&partner).await, first);
    assert_eq!(send(&partner, "water in the cellar").await, (1, 0), "other words");
}

#[tokio::test]
async fn who_knows_the_words_cannot_tell_the_id_by_which_a_server_knows_them() {
    let (town, elsewhere) = (Town::start().await, Town::start().await);
    let (here, there) = (town.dispatch().await, elsewhere.dispatch().await);
    assert_eq!(send(&here, "water on the road").await, (1, 0));
    assert_eq!(send(&there, "water on the road").await, (1, 0));
    assert_ne!(ids(&here).await, ids(&there).await, "the same words, the same partner's name");
}
