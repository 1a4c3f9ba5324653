//! A source is tried: asked once, what came is shown, and nothing of it is stored.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::operator::Operator;
use support::partner::Answer;
use support::town::Town;
use support::wait::until;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// After its first question, which its upstream does not answer yet, a source is left alone for as long as a story takes.
const SELDOM_S: u64 = 86_400;

/// A room with these sources, each of which was asked for the first time and answered 404.
async fn room(upstream: &MockServer, mut sources: Vec<SourceConfig>) -> (Town, Operator) {
    for source in &mut sources {
        source.interval_s = SELDOM_S;
    }
    let paths: Vec<String> = sources.iter().map(|source| source.url.clone()).collect();
    let town = Town::with(|config| {
        config.sources = sources;
        // A canary is an entry, and nothing may be one here.
        config.limits.canary_ms = 0;
    })
    .await;
    for address in paths.iter().filter(|address| address.starts_with(&upstream.uri())) {
        until("the first question", async || (asked(upstream, address).await > 0).then_some(()))
            .await;
    }
    let montse = town.duty_officer().await;
    // Those that are not asked by HTTP have an account in a moment, too.
    until("all accounts", async || {
        let list = montse.ask("/api/v1/sources").await.expect_status(200).json();
        let n = list["sources"].as_array().map_or(0, Vec::len);
        (n == paths.len()).then_some(())
    })
    .await;
    (town, montse)
}

fn source(upstream: &MockServer, name: &str) -> SourceConfig {
    SourceConfig {
        name: Some(name.to_owned()),
        allow_private: true,
        ..SourceConfig::new("usgs", format!("{}/{name}", upstream.uri()))
    }
}

async fn asked(upstream: &MockServer, address: &str) -> usize {
    let requests = upstream.received_requests().await.unwrap_or_default();
    requests.iter().filter(|one| address.ends_with(one.url.path())).count()
}

async fn answers(upstream: &MockServer, name: &str, answer: ResponseTemplate) {
    let at = Mock::given(method("GET")).and(path(format!("/{name}")));
    at.respond_with(answer).mount(upstream).await;
}

async fn try_it(person: &Operator, name: &str) -> Answer {
    person.send(Method::POST, &format!("/api/v1/sources/feed:{name}/try"), None).await
}

/// Twenty-five that are well, one that cannot be, and one of tomorrow.
fn quakes() -> String {
    let now = server::clock::Clock::System.now().0;
    let event = |id: String, mag: f64, time: i64| {
        json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [2.1, 41.4, 10.0]},
            "properties": {"mag": mag, "time": time, "updated": time, "type": "earthquake", "title": "M 5"}})
    };
    let mut events: Vec<Value> =
        (0..25).map(|n| event(format!("well{n}"), 5.0, now - 60_000)).collect();
    events.push(event("huge".to_owned(), 99.0, now - 60_000));
    events.push(event("ahead".to_owned(), 5.0, now + 86_400_000));
    let feed = json!({"type": "FeatureCollection", "metadata": {"generated": now - 60_000}, "features": events});
    feed.to_string()
}

/// All that could be stored of a feed: the journal's head, cursors, its account and its refused items; and what is shown.
async fn stands(town: &Town, person: &Operator) -> Value {
    let options = SqliteConnectOptions::new().filename(town.data_dir().join("talaia.db"));
    let mut database = SqliteConnection::connect_with(&options).await.expect("the database opens");
    let count = "SELECT (SELECT COALESCE(MAX(seq), 0) FROM journal), \
        (SELECT COUNT(*) FROM meta WHERE name LIKE 'cursor:%'), \
        (SELECT COALESCE(SUM(received), 0) FROM ledger_hour)";
    let counts: (i64, i64, i64) =
        sqlx::query_as(count).fetch_one(&mut database).await.expect("counts");
    let list = person.ask("/api/v1/sources").await.expect_status(200).json();
    let letters = person.ask("/api/v1/dead-letters").await.expect_status(200).json();
    let reports = person.ask("/api/v1/reports").await.expect_status(200).json();
    json!({"counts": counts, "ledger": list["sources"][0]["ledger"], "letters": letters, "reports": reports["features"]})
}

#[tokio::test]
async fn a_try_shows_what_a_feed_would_say_and_stores_nothing_of_it() {
    let upstream = MockServer::start().await;
    let (mut town, montse) = room(&upstream, vec![source(&upstream, "quakes")]).await;
    let why = json!({"reason": "look first"}).to_string();
    let address = "/api/v1/sources/feed:quakes/pause";
    montse.send(Method::POST, address, Some(why)).await.expect_status(200);
    let feed = quakes();
    let answer = ResponseTemplate::new(200).insert_header("etag", "\"one\"");
    answers(&upstream, "quakes", answer.set_body_string(feed.clone())).await;

    let before = stands(&town, &montse).await;
    let first = try_it(&montse, "quakes").await.expect_status(200).json();
    assert_eq!((&first["ended"], &first["why"]), (&json!("read"), &Value::Null));
    assert_eq!((&first["n_reports"], &first["n_bytes"]), (&json!(25), &json!(feed.len())));
    let reports = first["reports"].as_array().cloned().unwrap_or_default();
    assert_eq!(reports.len(), 20, "the first of them");
    let told = &reports[0]["properties"];
    let would_be = (&told["source_id"], &told["source"], &told["severity"], &told["hazard"]);
    let expected = ["well0", "feed:quakes", "Moderate", "earthquake"].map(|word| json!(word));
    assert_eq!(would_be, (&expected[0], &expected[1], &expected[2], &expected[3]));
    assert_eq!(reports[0]["geometry"]["coordinates"], json!([2.1, 41.4]));
    assert_eq!(first["rejected"], json!({"bad_magnitude": 1, "future_date": 1}));
    let refused = &first["refused"][0];
    assert_eq!((&refused["device"], &refused["reason"]), (&json!("ahead"), &json!("future_date")));
    assert!(first["duration_ms"].is_u64() && first["content_at"].is_string(), "{first}");

    // What was shown is not remembered: it is asked for whole again, and shown again.
    let again = try_it(&montse, "quakes").await.expect_status(200).json();
    assert_eq!((&again["reports"], &again["rejected"]), (&first["reports"], &first["rejected"]));
    let requests = upstream.received_requests().await.unwrap_or_default();
    assert!(requests.iter().all(|one| !one.headers.contains_key("if-none-match")));
    assert_eq!(stands(&town, &montse).await, before);
    // Nor does a restart find anything of it.
    town.restart().await;
    assert_eq!(stands(&town, &montse).await, before);
}

#[tokio::test]
async fn a_try_that_fails_says_why_one_tries_at_a_time_and_a_host_gets_the_time_it_asks_for() {
    let upstream = MockServer::start().await;
    let guarded = SourceConfig {
        name: Some("guarded".to_owned()),
        ..SourceConfig::new("usgs", "https://localhost:1/feed")
    };
    let broker = SourceConfig {
        name: Some("broker".to_owned()),
        allow_private: true,
        ..SourceConfig::new("mqtt", "mqtt://127.0.0.1:1")
    };
    let named = ["slow", "garbled", "busy", "moved"].map(|name| source(&upstream, name));
    let sources = named.into_iter().chain([guarded, broker]).collect();
    let (_town, montse) = room(&upstream, sources).await;

    let refused = try_it(&montse, "guarded").await.expect_status(200).json();
    assert_eq!((&refused["ended"], &refused["n_bytes"]), (&json!("failed"), &json!(0)));
    let why = refused["why"].as_str().unwrap_or_default();
    assert!(why.contains("localhost has no public address"), "{why}");
    let inward = "https://169.254.169.254/latest/meta-data/";
    let inward = ResponseTemplate::new(302).insert_header("location", inward);
    answers(&upstream, "moved", inward).await;
    let refused = try_it(&montse, "moved").await.expect_status(200).json();
    assert_eq!(refused["ended"], "forbidden");
    let why = refused["why"].as_str().unwrap_or_default();
    assert!(why.contains("it redirects to 169.254.169.254"), "{why}");
    let listened = try_it(&montse, "broker").await.expect_status(409).json();
    assert_eq!(listened["type"], "conflict");
    let page = ResponseTemplate::new(200).set_body_string("<html>");
    answers(&upstream, "garbled", page).await;
    let garbled = try_it(&montse, "garbled").await.expect_status(200).json();
    assert_eq!((&garbled["ended"], &garbled["n_reports"]), (&json!("garbled"), &json!(0)));

    let slow = ResponseTemplate::new(200).set_body_string(quakes());
    answers(&upstream, "slow", slow.set_delay(Duration::from_secs(3))).await;
    let before = asked(&upstream, "/slow").await;
    let first = {
        let montse = montse.clone();
        tokio::spawn(async move { try_it(&montse, "slow").await })
    };
    until("it is asked", async || (asked(&upstream, "/slow").await > before).then_some(())).await;
    let second = try_it(&montse, "slow").await.expect_status(429);
    assert!(!second.header("retry-after").is_empty());
    assert_eq!(asked(&upstream, "/slow").await, before + 1, "the second asked nobody");
    let first = first.await.expect("a try").expect_status(200).json();
    assert_eq!(first["ended"], "read");
    try_it(&montse, "slow").await.expect_status(200);

    let later = ResponseTemplate::new(503).insert_header("retry-after", "120");
    answers(&upstream, "busy", later).await;
    let busy = try_it(&montse, "busy").await.expect_status(200).json();
    assert_eq!((&busy["ended"], &busy["n_bytes"]), (&json!("failed"), &json!(0)));
    assert!(busy["why"].as_str().is_some_and(|why| why.contains("503")), "{busy}");
    let before = asked(&upstream, "/busy").await;
    let told = try_it(&montse, "busy").await.expect_status(429);
    let wait_s: u64 = told.header("retry-after").parse().expect("seconds");
    assert!((100..=121).contains(&wait_s), "{wait_s}");
    assert_eq!(asked(&upstream, "/busy").await, before);
}
