//! Disasters of a day, of a week and of now, as GDACS published them, against entries that another reader made of the same files.
//!
//! `golden/gdacs.tsv` has a line for each: file, id, the digest of the first line of its text, longitude, latitude, time, hazard and
//! severity. It was written with Python's own XML reader by the rules of `docs/sources.md`, and not with ours.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use server::source::SourceConfig;
use sha2::{Digest as _, Sha256};
use support::partner::Partner;
use support::town::Town;
use wire::view::Mode;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const GOLDEN: &str = include_str!("golden/gdacs.tsv");

/// Each file, how many items it has, and which of them have no place.
const FILES: [(&str, &str, u64, u64); 5] = [
    ("gdacs-rss-24h", "samples_gdacs-rss-24h.xml", 21, 0),
    ("gdacs-rss-7d", "samples_gdacs-rss-7d.xml.gz", 115, 0),
    ("gdacs-rss", "samples_gdacs-rss.xml", 16, 0),
    ("gdacs-1", "tests_fixtures_gdacs-1.xml", 4, 0),
    ("gdacs-2", "tests_fixtures_gdacs-2.xml", 1, 1),
];

fn bytes(file: &Path) -> Vec<u8> {
    let raw = std::fs::read(file).expect("readable");
    if file.extension().is_none_or(|end| end != "gz") {
        return raw;
    }
    let mut whole = Vec::new();
    flate2::read::GzDecoder::new(&*raw).read_to_end(&mut whole).expect("gzip");
    whole
}

/// A report as a line of the golden file.
fn line(report: &Value) -> String {
    let said = |name: &str| report["properties"][name].as_str().unwrap_or_default();
    let first = said("text").lines().next().unwrap_or_default();
    let digest: String = Sha256::digest(first)
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    let at = |n: usize| report["geometry"]["coordinates"][n].as_f64().unwrap_or(f64::NAN);
    format!(
        "{}\t{}\t{digest}\t{:.5}\t{:.5}\t{}\t{}\t{}",
        said("source").trim_start_matches("feed:"),
        said("source_id"),
        at(0),
        at(1),
        said("observed_at"),
        said("hazard"),
        said("severity")
    )
}

pub(crate) async fn all_reports(reader: &Partner) -> Vec<Value> {
    crate::pages(reader, "/api/v1/reports?limit=1000").await
}

#[tokio::test]
async fn every_event_of_the_captures_is_the_entry_that_another_reader_made_of_it() {
    let upstream = MockServer::start().await;
    let mut sources = Vec::new();
    for (name, file, ..) in FILES {
        let Some(file) = crate::recording(&format!("gdacs-feeds/{file}")) else { return };
        Mock::given(method("GET"))
            .and(path(format!("/{name}")))
            .respond_with(ResponseTemplate::new(200).set_body_bytes(bytes(&file)))
            .mount(&upstream)
            .await;
        sources.push(SourceConfig {
            name: Some(name.to_owned()),
            allow_private: true,
            ..SourceConfig::new("gdacs", format!("{}/{name}", upstream.uri()))
        });
    }
    let town = Town::with(|config| config.sources = sources).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    for (name, _, items, placeless) in FILES {
        let id = format!("feed:{name}");
        let account = reader.account(&id, name, |one| one.received == items).await;
        assert_eq!(account.accepted, items - placeless, "{name}: {account:?}");
        let refused = json!(account.rejected);
        let expected = if placeless > 0 { json!({"no_place": placeless}) } else { json!({}) };
        assert_eq!(refused, expected, "{name}");
    }
    let ours: BTreeSet<String> = all_reports(&reader).await.iter().map(line).collect();
    let golden: BTreeSet<String> =
        GOLDEN.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let beside: Vec<_> = ours.symmetric_difference(&golden).take(10).collect();
    assert!(beside.is_empty(), "{} and {}: {beside:#?}", ours.len(), golden.len());
    assert_eq!(golden.len(), 156);
}
