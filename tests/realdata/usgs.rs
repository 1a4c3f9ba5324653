//! A week of earthquakes as the USGS published it.

use std::io::Read as _;

use serde_json::Value;
use server::source::SourceConfig;
use sha2::{Digest as _, Sha256};
use support::town::Town;
use support::wait::until;
use wire::time::Timestamp;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// Of all events, sorted: id, longitude and latitude with four digits, milliseconds, hazard and severity, a line each. Counted with
/// another reader, in Python, by the table of `docs/sources.md`.
const GOLDEN: &str = "bc08f33fab30acdd9b55b1ec980c9acc05fc80309cbb3f9e1e28d4a7231adecb";

fn line(report: &Value) -> String {
    let said = |name: &str| report["properties"][name].as_str().unwrap_or_default();
    let at = |n: usize| report["geometry"]["coordinates"][n].as_f64().unwrap_or(f64::NAN);
    let time: Timestamp = said("observed_at").parse().expect("a moment");
    let (id, hazard, severity) = (said("source_id"), said("hazard"), said("severity"));
    format!("{id} {:.4} {:.4} {} {hazard} {severity}", at(0), at(1), time.0)
}

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
    let n_asked = std::sync::atomic::AtomicUsize::new(0);
    Mock::given(method("GET"))
        .respond_with(move |_: &Request| {
            // The same events in other bytes each time, as of a feed that is written anew: the same bytes would be no news.
            let n = n_asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            ResponseTemplate::new(200).set_body_string(format!("{feed}{}", " ".repeat(n)))
        })
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
    let mut lines: Vec<String> =
        crate::gdacs::all_reports(&reader).await.iter().map(line).collect();
    lines.sort_unstable();
    let digest = Sha256::digest(lines.join("\n"));
    let digest: String =
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    assert_eq!((lines.len(), digest.as_str()), (1_707, GOLDEN));
}
