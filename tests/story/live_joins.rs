//! More clients than are let in at once: the others are told when to come again, in every way they can hear.

use support::live::{Dial, Encoding};
use support::raw::{Raw, request, written};
use support::town::Town;
use support::wait;

use crate::views::city;

/// Seconds of the answer's `Retry-After`.
fn told(answer: &str) -> Option<u32> {
    let lower = answer.to_ascii_lowercase();
    let value = lower.lines().find_map(|line| line.strip_prefix("retry-after: "))?;
    value.trim().parse().ok()
}

#[tokio::test]
async fn who_comes_when_too_many_do_is_told_its_turn_and_gets_in_then() {
    // One at the start, and the next a second later.
    let town = Town::with(|config| config.limits.live_joins_per_s = 1).await;
    let address = town.base.trim_start_matches("http://").to_owned();
    let partner = town.dispatch().await;
    let desk = town.duty_officer().await;
    let quiet = desk.ask("/api/v1/session").await.expect_status(200);
    assert_eq!(quiet.headers.get("retry-after"), None, "nobody waits");
    let mut first = town.live(&partner, Encoding::Json).await;
    let mut turns = Vec::new();
    for _ in 0..8 {
        let mut raw = Raw::connect(&address).await;
        raw.send(&written("GET /live HTTP/1.1", &request(&address, &partner.key))).await;
        let answer = raw.answer().await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        turns.push(told(&answer).expect("a turn"));
    }
    assert!(turns.is_sorted() && turns[7] >= turns[0] + 6, "a second apart each: {turns:?}");
    let events = partner.ask("/api/v1/live?bbox=2,41,2.1,41.1&zoom=12").await.expect_status(503);
    assert_eq!(events.json()["type"], "busy");
    assert!(told(&format!("retry-after: {}", events.header("retry-after"))) >= Some(turns[7]));
    let asked = desk.ask("/api/v1/session").await.expect_status(200);
    let told_desk: u32 = asked.header("retry-after").parse().expect("seconds, for a browser");
    assert!((1..=turns[7] + 3).contains(&told_desk), "{told_desk} of {turns:?}");
    // Who is in is not held back, and who was refused took no place.
    first.settle(&city(12.0)).await;
    assert_eq!(town.app().hub.n_sessions(), 1);
    let metrics = partner.ask("/metrics").await.expect_status(200).body;
    assert!(metrics.contains(r#"talaia_live_refused_total{reason="busy"}"#), "{metrics}");
    wait::until("a place", || async { Dial::partner(&partner).try_connect().await.ok() }).await;
}
