//! Another process holds the database longer than the writer waits: nothing is taken meanwhile, that is said, and afterwards
//! everything goes on without anybody's help.

use serde_json::json;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::partner::{GEOJSON, feature};
use support::town::Town;

async fn hold(town: &Town) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(town.data_dir().join("talaia.db"));
    let mut other = SqliteConnection::connect_with(&options).await.expect("the database opens");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock is free");
    other
}

fn body(id: &str) -> String {
    let features = [feature(id, 2.17, 41.38, "fire", "minor")];
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

#[tokio::test]
async fn a_database_held_by_another_process_refuses_what_comes_and_takes_it_afterwards() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.report(&[feature("before", 2.17, 41.38, "fire", "minor")]).await;
    let other = hold(&town).await;
    let refused = partner.post("/api/v1/reports", GEOJSON, body("meanwhile")).await;
    assert_eq!(refused.json()["type"], "unavailable", "{}", refused.json());
    assert_eq!(refused.header("retry-after"), "2");
    refused.expect_status(503);
    // Who looks is not kept waiting.
    partner.ask("/api/v1/reports").await.expect_status(200);
    other.close().await.expect("lets go");
    let taken = partner.post("/api/v1/reports", GEOJSON, body("meanwhile")).await;
    assert_eq!(taken.receipt().accepted, 1, "nothing of the refused request had been stored");
    let again = partner.post("/api/v1/reports", GEOJSON, body("meanwhile")).await;
    assert_eq!(again.receipt().folded, 1);
}
