//! An upstream we read, from its bytes to what the room says of it.

use std::time::Duration;

use serde_json::{Value, json};
use server::source::SourceConfig;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn event(id: &str, ids: &str, mag: f64, at_ms: i64) -> Value {
    json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [2.1, 41.4, 10.0]},
        "properties": {"mag": mag, "place": "Sea", "time": at_ms, "updated": at_ms + (mag * 1_000.0) as i64, "status": "automatic",
            "ids": ids, "type": "earthquake", "title": format!("M {mag} - Sea"), "url": "https://example.org/x"}})
}

fn feed(events: &[Value], at_ms: i64) -> Value {
    json!({"type": "FeatureCollection", "metadata": {"generated": at_ms}, "features": events})
}

fn usgs(server: &MockServer) -> SourceConfig {
    SourceConfig {
        interval_s: 1,
        allow_private: true,
        ..SourceConfig::new("usgs", format!("{}/all_day.geojson", server.uri()))
    }
}

async fn town(upstream: &MockServer) -> Town {
    let sources = vec![usgs(upstream)];
    Town::with(|config| {
        config.sources = sources;
        // A story asks more often than a partner may.
        config.limits.requests_per_s = 10_000;
    })
    .await
}

async fn status(reader: &support::partner::Partner) -> Value {
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|source| source["id"] == "feed:usgs").unwrap_or(Value::Null)
}

#[tokio::test]
async fn an_earthquake_becomes_a_report_and_its_new_id_the_same_report() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().0;
    Mock::given(method("GET"))
        .and(header("if-none-match", "\"two\""))
        .respond_with(ResponseTemplate::new(304))
        .mount(&upstream)
        .await;
    Mock::given(method("GET"))
        .and(header("if-none-match", "\"one\""))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("etag", "\"two\"")
                .set_body_json(feed(&[event("us1", ",us1,ci1,", 6.1, now - 60_000)], now)),
        )
        .mount(&upstream)
        .await;
    Mock::given(method("GET"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("etag", "\"one\"")
                .set_body_json(feed(&[event("ci1", ",ci1,", 5.9, now - 60_000)], now)),
        )
        .mount(&upstream)
        .await;
    let mut town = town(&upstream).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let report = until("the second version", || async {
        let list = reader.ask("/api/v1/reports").await.json();
        let features = list["features"].as_array().cloned().unwrap_or_default();
        assert!(features.len() <= 1, "one earthquake is one report: {features:?}");
        features.into_iter().find(|report| report["properties"]["severity"] == "Severe")
    })
    .await;
    assert_eq!(report["properties"]["source_id"], "ci1", "under the id it was first known by");
    assert_eq!(report["properties"]["hazard"], "earthquake");
    assert_eq!(report["properties"]["kind"], "official");
    let status = status(&reader).await;
    assert_eq!(status["status"], "live");
    let ledger = &status["ledger"];
    assert_eq!(
        (ledger["received"].as_u64(), ledger["accepted"].as_u64(), ledger["folded"].as_u64()),
        (Some(2), Some(1), Some(1))
    );

    // After a restart it goes on where it was: the first question carries the validator.
    until("the last version known", || async {
        let asked = upstream.received_requests().await.unwrap_or_default();
        let last = asked.last()?.headers.get("if-none-match")?.clone();
        (last == "\"two\"").then_some(())
    })
    .await;
    town.stop().await;
    let before = upstream.received_requests().await.unwrap_or_default().len();
    town.run().await;
    until("a question after the restart", || async {
        let asked = upstream.received_requests().await.unwrap_or_default();
        let first = asked.get(before)?;
        assert_eq!(
            first.headers.get("if-none-match").map(reqwest::header::HeaderValue::as_bytes),
            Some(&b"\"two\""[..])
        );
        Some(())
    })
    .await;
}

#[tokio::test]
async fn an_upstream_that_fails_is_broken_with_its_reason_and_comes_back() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().0;
    let failing = Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(500))
        .mount_as_scoped(&upstream)
        .await;
    let town = town(&upstream).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    until("broken", || async {
        let status = status(&reader).await;
        (status["status"] == "broken")
            .then(|| assert!(status["reason"].as_str().is_some_and(|why| why.contains("500"))))
    })
    .await;
    drop(failing);
    Mock::given(method("GET"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(feed(&[event("a", ",a,", 3.0, now)], now)),
        )
        .mount(&upstream)
        .await;
    until("live again", || async { (status(&reader).await["status"] == "live").then_some(()) })
        .await;
}

#[tokio::test]
async fn an_upstream_that_redirects_or_never_ends_gains_nothing() {
    let canary = MockServer::start().await;
    let upstream = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(
            ResponseTemplate::new(302)
                .insert_header("location", format!("{}/inside", canary.uri())),
        )
        .mount(&upstream)
        .await;
    let town = town(&upstream).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    until("broken", || async { (status(&reader).await["status"] == "broken").then_some(()) }).await;
    assert!(
        canary.received_requests().await.unwrap_or_default().is_empty(),
        "a redirect was followed"
    );
}

/// A room that holds nothing.
struct Nothing;

impl server::source::Held for Nothing {
    fn report(&self, _id: &str) -> Option<wire::report::ReportFeature> {
        None
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_the_building_is_not_asked() {
    let inside = MockServer::start().await;
    let port = inside.address().port();
    let mut config = usgs(&inside);
    config.allow_private = false;
    config.interval_s = 60;
    // `localhost` is a name, so only the resolver can see where it leads.
    config.url = format!("https://localhost:{port}/all_day.geojson");
    let mut source = server::source::usgs::Usgs::new(&config).expect("a public-looking address");
    let asked = tokio::time::timeout(
        Duration::from_secs(20),
        server::source::Source::fetch(&mut source, "", &Nothing, wire::time::Timestamp(0)),
    )
    .await
    .expect("an answer in time");
    let error = asked.expect_err("refused").to_string();
    assert!(error.contains("no public address"), "{error}");
    assert!(inside.received_requests().await.unwrap_or_default().is_empty());
}
