//! What a partner may send in a day is counted through a restart, from the ledger on disk.

use serde_json::{Value, json};
use server::store::KeyTerms;
use support::partner::{Answer, Partner};
use support::town::Town;
use wire::time::Timestamp;
use wire::view::Mode;

const DAY_MS: i64 = 86_400_000;

async fn send(partner: &Partner, from: usize, n: usize) -> Answer {
    let rows: Vec<Value> = (from..from + n)
        .map(|n| json!({"datastream": "besos", "result": n, "phenomenon_time": format!("2026-11-23T10:{n:02}:00Z")}))
        .collect();
    partner.post("/api/v1/observations", "application/json", Value::from(rows).to_string()).await
}

/// What is left of the day, as the answer says.
fn left(answer: &Answer) -> u64 {
    let standing = answer.header("ratelimit").to_owned();
    let day = standing.split("\"items-day\";r=").nth(1).and_then(|rest| rest.split(';').next());
    day.and_then(|n| n.parse().ok()).expect("what is left of the day")
}

#[tokio::test]
async fn a_restart_gives_nobody_a_new_day_and_midnight_does() {
    let mut town = Town::start().await;
    // Not in the last minutes of a day.
    let today = town.clock.now().0.div_euclid(DAY_MS);
    let noon = Timestamp((today + 1) * DAY_MS + DAY_MS / 2);
    town.clock.advance_ms(noon.ms_since(town.clock.now()));
    let terms = KeyTerms { items_per_day: Some(10), ..KeyTerms::default() };
    let partner = town.partner_bound("city", "observations read", Mode::Live, terms).await;
    let other = town.partner("other", "observations read", Mode::Live).await;
    assert_eq!(left(&send(&partner, 0, 6).await.expect_status(201)), 4);
    // Refused ones were received, too.
    let wrong = json!([{"datastream": "besos", "result": 1, "phenomenon_time": "now"}]).to_string();
    partner.post("/api/v1/observations", "application/json", wrong).await.expect_status(422);
    for is_orderly in [true, false] {
        if is_orderly {
            town.restart().await;
        } else {
            town.kill_and_restart().await;
        }
        let told = send(&partner, 10, 4).await.expect_status(429).json();
        assert_eq!(told["errors"][0]["reason"], "items_per_day", "{told}");
    }
    assert_eq!(left(&send(&partner, 10, 1).await.expect_status(201)), 2);
    // Another's is another's.
    send(&other, 0, 10).await.expect_status(201);
    town.clock.advance_ms(DAY_MS / 2);
    assert_eq!(left(&send(&partner, 20, 9).await.expect_status(201)), 1);
}
