//! Links that contributors paste: their words about a page that nobody here asks for.

use reqwest::Method;
use serde_json::{Value, json};
use support::operator::Operator;
use support::partner::Answer;
use support::town::Town;
use wiremock::MockServer;

async fn paste(person: &Operator, link: &Value) -> Answer {
    person.send(Method::POST, "/api/v1/reports/links", Some(link.to_string())).await
}

#[tokio::test]
async fn a_pasted_link_is_a_contributors_report_and_its_page_is_never_asked_for() {
    let page = MockServer::start().await;
    let town = Town::start().await;
    let joan = town.signed_in("joan", "contributor").await;
    let mar = town.signed_in("mar", "contributor").await;
    let (montse, wall) = (town.duty_officer().await, town.viewer().await);
    let url = format!("{}/post/7", page.uri());
    let hash = "00ff00ff00ff00ff";
    let link = json!({"url": url, "seen": "Aigua fins als genolls", "basis": "seen", "hazard": "flood",
        "severity": "Moderate", "geometry": {"type": "Point", "coordinates": [2.17, 41.38]}, "radius_m": 300, "image": hash});
    let first = paste(&joan, &link).await.expect_status(201).json();
    assert_eq!((&first["folded"], &first["seen_before"]), (&json!(false), &json!([])));
    // The same once more is known; the same page by another is another's word, and was seen before; so was the picture elsewhere.
    let again = paste(&joan, &link).await.expect_status(201).json();
    assert_eq!((&again["id"], &again["seen_before"][0]["by"]), (&first["id"], &json!("url")));
    let theirs = paste(&mar, &link).await.expect_status(201).json();
    assert_ne!(theirs["id"], first["id"]);
    let elsewhere = json!({"url": "https://other.example/9", "seen": "The same picture", "image": hash.to_uppercase()});
    let old = paste(&mar, &elsewhere).await.expect_status(201).json();
    assert_eq!(old["seen_before"][0]["by"], "image");

    let list =
        montse.ask("/api/v1/reports?kind=contributor&limit=10").await.expect_status(200).json();
    let all = list["features"].as_array().cloned().unwrap_or_default();
    let told = all.iter().find(|one| one["id"] == first["id"]).expect("the first");
    let said = &told["properties"];
    assert_eq!(
        (&said["basis"], &said["author"], &said["url"]),
        (&json!("seen"), &json!("joan"), &json!(url))
    );
    assert_eq!(said["source"], "room:contributors");
    // Who may not read words reads neither them nor whose they are.
    let seen = wall.ask("/api/v1/reports?limit=10").await.expect_status(200).body;
    assert!(!seen.contains("joan") && !seen.contains("genolls") && !seen.contains("/post/7"));
    assert_eq!(page.received_requests().await.map(|all| all.len()), Some(0));
}

#[tokio::test]
async fn a_link_that_cannot_stand_is_refused_by_field_and_only_people_paste() {
    let town = Town::start().await;
    let joan = town.signed_in("joan", "contributor").await;
    for (wrong, pointer, reason) in [
        (json!({"url": "javascript:alert(1)", "seen": "x"}), "/url", "bad_url"),
        (json!({"url": "https://u:p@a.example/", "seen": "x"}), "/url", "bad_url"),
        (json!({"url": "https://a.example/1", "seen": " "}), "/seen", "missing"),
        (json!({"url": "https://a.example/1", "seen": "x".repeat(2_001)}), "/seen", "too_long"),
        (json!({"url": "https://a.example/1", "seen": "x", "image": "xyz"}), "/image", "bad_hash"),
        (
            json!({"url": "https://a.example/1", "seen": "x", "radius_m": 20_001}),
            "/radius_m",
            "too_large",
        ),
    ] {
        let answer = paste(&joan, &wrong).await.expect_status(422).json();
        let error = (&answer["errors"][0]["pointer"], &answer["errors"][0]["reason"]);
        assert_eq!(error, (&json!(pointer), &json!(reason)), "{wrong}");
    }
    let good = json!({"url": "https://a.example/1", "seen": "x"});
    assert_eq!(paste(&joan, &json!({"url": 1})).await.status, 400);
    assert_eq!(paste(&town.viewer().await, &good).await.status, 403);
    assert_eq!(paste(&Operator::visitor(&town.base), &good).await.status, 401);
    let partner = town.dispatch().await;
    let answer = partner.post("/api/v1/reports/links", "application/json", good.to_string()).await;
    assert_eq!(answer.status, 403);
}
