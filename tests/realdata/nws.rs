//! Warnings of the National Weather Service as it served them: each is placed where it is drawn, or says why it is not.
//!
//! The moments in the captures are templates, such as `date:now -1004 seconds`: they are of the moment at which they are played.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use serde_json::Value;
use server::source::SourceConfig;
use support::partner::Partner;
use support::town::Town;
use wire::time::Timestamp;
use wire::view::Mode;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CAPTURES: [(&str, &str, usize); 3] = [
    ("northwest", "northwest_alerts__alerts__active__status=actual.json.gz", 529),
    ("air-quality", "air-quality-alerts__alerts__active__status=actual.json.gz", 396),
    ("guam", "guam-7day__alerts__active__status=actual.json.gz", 246),
];

/// Puts moments where there are templates of them.
fn dated(value: &mut Value, now: Timestamp) {
    match value {
        Value::String(text) => {
            let Some(offset) = text.strip_prefix("date:now ") else { return };
            let (n, unit) = offset.split_once(' ').expect("a number and a unit");
            let units = [("seconds", 1_000), ("minutes", 60_000)];
            let (_, ms) = units.into_iter().find(|(name, _)| *name == unit).expect("a unit");
            let n: i64 = n.trim_start_matches('+').parse().expect("a number");
            *value = now.plus_ms(n * ms).to_string().into();
        }
        Value::Array(list) => list.iter_mut().for_each(|one| dated(one, now)),
        Value::Object(map) => map.values_mut().for_each(|one| dated(one, now)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

async fn all(reader: &Partner, query: &str) -> Vec<Value> {
    crate::pages(reader, &format!("/api/v1/advisories?limit=500{query}")).await
}

#[tokio::test]
async fn each_warning_of_the_captures_is_placed_or_says_why_it_is_not() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now();
    let mut sources = Vec::new();
    // Which warnings there are, and whether they are drawn.
    let mut drawn: BTreeMap<(&str, String), bool> = BTreeMap::new();
    let mut n_features = 0;
    for (name, file, n) in CAPTURES {
        let Some(file) = crate::recording(&format!("nws-alerts-geojson/{file}")) else { return };
        let mut text = String::new();
        let packed = std::fs::read(file).expect("readable");
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut text).expect("gzip");
        let mut capture: Value = serde_json::from_str(&text).expect("JSON");
        dated(&mut capture, now);
        let features = capture["features"].as_array().expect("features");
        assert_eq!(features.len(), n, "{name}");
        n_features += n;
        for feature in features {
            let id = feature["properties"]["id"].as_str().expect("an id").to_owned();
            drawn.insert((name, id), !feature["geometry"].is_null());
        }
        Mock::given(method("GET"))
            .and(path(format!("/{name}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(&capture))
            .mount(&upstream)
            .await;
        sources.push(SourceConfig {
            name: Some(name.to_owned()),
            allow_private: true,
            ..SourceConfig::new("nws", format!("{}/{name}", upstream.uri()))
        });
    }
    let town = Town::with(|config| config.sources = sources).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    for (name, ..) in CAPTURES {
        let n = drawn.keys().filter(|(of, _)| *of == name).count() as u64;
        let id = format!("feed:{name}");
        let account = reader.account(&id, name, |one| one.received >= n).await;
        assert_eq!((account.accepted, account.rejected.len()), (n, 0), "{name}: {account:?}");
    }
    // Three of 1,171 stand twice in one capture.
    assert_eq!((n_features, drawn.len()), (1_171, 1_168));

    let (mut placed, mut reasons) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    for one in all(&reader, "&all=true").await {
        let said = &one["properties"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let source = text(&said["source"]);
        let name = source.trim_start_matches("feed:").to_owned();
        let id = text(&said["identifier"]);
        if one["geometry"].is_null() {
            let reason = text(&said["unplaced"][0]["reason"]);
            assert!(!reason.is_empty(), "{id} has no place and says nothing of it");
            *reasons.entry(reason).or_default() += 1;
        } else {
            assert_eq!(said["unplaced"].as_array().map(Vec::len), Some(0), "{id}");
            placed.insert((name, id));
        }
    }
    let expected: BTreeSet<(String, String)> = drawn
        .iter()
        .filter(|(_, is_drawn)| **is_drawn)
        .map(|((name, id), _)| ((*name).to_owned(), id.clone()))
        .collect();
    assert_eq!(placed, expected, "what is drawn, and nothing else");
    // Every other one names its counties and its zones, of which no table was imported.
    let why = "no table of SAME, UGC was imported: talaia geocodes import".to_owned();
    assert_eq!((placed.len(), reasons), (104, BTreeMap::from([(why, 1_064)])));
}
