//! A dispatch system that is polled: its incidents are calls by their number, open until it says otherwise, one with what it pushes.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use server::source::SourceConfig;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

const HEAD: &str = "number,reported,lon,lat,type,state\n";

async fn calls(reader: &Partner) -> Vec<(String, String, String)> {
    let list = reader.ask("/api/v1/reports?limit=100&kind=call").await.expect_status(200).json();
    let word =
        |one: &Value, name: &str| one["properties"][name].as_str().unwrap_or_default().to_owned();
    let features = list["features"].as_array().cloned().unwrap_or_default();
    let told = |one: &Value| (word(one, "ref"), word(one, "status"), word(one, "text"));
    let mut calls: Vec<_> = features.iter().map(told).collect();
    calls.sort();
    calls
}

fn call(number: &str, status: &str, text: &str) -> (String, String, String) {
    (number.to_owned(), status.to_owned(), text.to_owned())
}

#[tokio::test]
async fn incidents_of_a_table_are_open_calls_until_they_are_cleared_or_listed_no_more() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().plus_ms(-60_000);
    let said = Arc::new(Mutex::new(String::new()));
    let says = |rows: &[(&str, &str, &str)]| {
        let row = |(number, kind, state): &(&str, &str, &str)| {
            format!("{number},{now},2.17,41.39,{kind},{state}\n")
        };
        let rows: String = rows.iter().map(row).collect();
        *said.lock().expect("no panic") = format!("{HEAD}{rows}");
    };
    says(&[
        ("C-1", "Water in a cellar", "Dispatched"),
        ("C-2", "Fire", "On scene"),
        ("C-3", "Fire", ""),
    ]);
    let shown = Arc::clone(&said);
    Mock::given(method("GET"))
        .respond_with(move |_: &wiremock::Request| {
            ResponseTemplate::new(200).set_body_string(shown.lock().expect("no panic").clone())
        })
        .mount(&upstream)
        .await;
    let source = SourceConfig {
        name: Some("dispatch".to_owned()),
        interval_s: 1,
        allow_private: true,
        fields: Some("ref=number,time=reported,lng=lon,lat=lat,text=type,status=state".to_owned()),
        closed: vec!["cleared".to_owned()],
        absent_is_closed: true,
        ..SourceConfig::new("cad", format!("{}/open.csv", upstream.uri()))
    };
    let mut town = Town::with(|config| {
        config.sources = vec![source];
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let is = async |expected: &[(String, String, String)]| {
        until("the calls", async || (calls(&reader).await == expected).then_some(())).await;
    };
    let (first, fire) =
        (call("C-1", "open", "Water in a cellar"), |n, status| call(n, status, "Fire"));
    is(&[first.clone(), fire("C-2", "open"), fire("C-3", "open")]).await;
    let one = reader.ask("/api/v1/reports?source_id=C-1").await.json()["features"][0].clone();
    assert_eq!(one["geometry"]["coordinates"], json!([2.17, 41.39]));

    // Cleared by its own word, and another by not being listed, which is remembered over a kill.
    town.pass(std::time::Duration::from_secs(10));
    town.kill().await;
    says(&[("C-1", "Water in a cellar", "Dispatched"), ("C-2", "Fire", "CLEARED")]);
    town.run().await;
    is(&[first, fire("C-2", "closed"), call("C-3", "closed", "No longer listed: Fire")]).await;

    // A line that cannot be read spoils no other, and then nothing is concluded from absence.
    says(&[("C-2", "Fire", "cleared"), ("", "no number", "")]);
    reader
        .account("feed:dispatch", "a refusal", |ledger| ledger.rejected.contains_key("no_ref"))
        .await;
    assert_eq!(calls(&reader).await[0].1, "open");
}
