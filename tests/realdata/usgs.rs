//! A week of earthquakes as the USGS published it.

use std::io::Read as _;

use server::source::SourceConfig;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn a_week_of_earthquakes_is_taken_whole_and_its_account_adds_up() {
    let Some(file) = crate::recording("usgs-earthquakes/all_week_2018-02-07.geojson.gz") else {
        return;
    };
    let mut feed = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).expect("readable"))
        .read_to_string(&mut feed)
        .expect("gzip");
    let upstream = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(feed.clone()))
        .mount(&upstream)
        .await;
    let source = SourceConfig {
        name: Some("week".to_owned()),
        interval_s: 1,
        allow_private: true,
        ..SourceConfig::new("usgs", format!("{}/all_week.geojson", upstream.uri()))
    };
    let town = Town::with(|config| {
        config.sources = vec![source];
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    // Without validators the feed is read again and again, and only folds.
    let source = until("two readings", || async {
        let list = reader.ask("/api/v1/sources").await.json();
        let sources = list["sources"].as_array().cloned().unwrap_or_default();
        let week = sources.into_iter().find(|source| source["id"] == "feed:week")?;
        (week["ledger"]["received"].as_u64()? >= 2 * 1_707).then_some(week)
    })
    .await;
    let ledger = &source["ledger"];
    assert_eq!(ledger["accepted"], 1_707, "{ledger}");
    assert_eq!(ledger["rejected"], serde_json::json!({}), "{ledger}");
    assert_eq!(
        source["status"], "silent",
        "content of 2018 is not fresh, however often it is fetched"
    );
    let picture =
        reader.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.expect_status(200).json();
    assert_eq!(picture["totals"]["total"], 1_707);
    let blasts =
        reader.ask("/api/v1/reports?hazard=explosion&limit=1000").await.expect_status(200).json();
    assert_eq!(
        blasts["features"].as_array().map(Vec::len),
        Some(28),
        "quarry blasts and explosions"
    );
}
