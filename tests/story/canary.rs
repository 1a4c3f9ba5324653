//! Canary strings in every private field: absent from the database outside the encrypted payload, from the log, and
//! from every answer to a reader who is not entitled. `canary_live.rs` asks the
//! same of live delivery.

use serde_json::{Value, json};
use support::binary::{self, Binary};
use support::operator::Operator;
use support::partner::{GEOJSON, Partner};

pub(crate) const FIELDS: [&str; 8] =
    ["ref", "text", "lang", "place", "author", "url", "origin", "hazard"];
const N: usize = 1_000;

/// A string nobody else writes.
fn canary(field: &str, n: usize) -> String {
    match field {
        "lang" => format!("xq{n:04}zw"),
        "url" => format!("https://qxcanary-url-{n:04}.example/zw"),
        _ => format!("qxcanary-{field}-{n:04}-zw"),
    }
}

pub(crate) fn report(n: usize) -> Value {
    let mut said = serde_json::Map::new();
    for field in FIELDS {
        said.insert(field.to_owned(), canary(field, n).into());
    }
    let lng = 2.0 + n as f64 * 1e-4;
    json!({"type": "Feature", "id": canary("id", n), "properties": said,
        "geometry": {"type": "Point", "coordinates": [lng, 41.4]}})
}

/// The marks of a field's canaries, as bytes of any file or answer.
pub(crate) fn mark(field: &str) -> &'static [u8] {
    match field {
        "lang" => b"xq0",
        "url" => b"qxcanary-url-",
        "id" => b"qxcanary-id-",
        "ref" => b"qxcanary-ref-",
        "text" => b"qxcanary-text-",
        "place" => b"qxcanary-place-",
        "author" => b"qxcanary-author-",
        "origin" => b"qxcanary-origin-",
        _ => b"qxcanary-hazard-",
    }
}

pub(crate) fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            found.push((path.display().to_string(), std::fs::read(&path).expect("reads")));
        } else if path.is_dir() {
            found.extend(files(&path));
        }
    }
    found
}

fn secret(arguments: &[&str], data_dir: &str) -> String {
    let mut words = arguments.to_vec();
    words.extend(["--data-dir", data_dir]);
    let output = binary::run(&words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().last().expect("a last line").to_owned()
}

#[tokio::test]
async fn a_canary_in_any_private_field_is_seen_by_the_entitled_and_by_nobody_else() {
    let dir = tempfile::tempdir().expect("a directory");
    // As talkative as it can be made: what is never written cannot leak at any level.
    let server = Binary::start(dir.path(), &["--log", "trace"]);
    let data_dir = dir.path().display().to_string();
    let key = secret(&["partner", "add", "112", "--scope", "reports,read"], &data_dir);
    let password = secret(&["operator", "add", "vera", "--role", "viewer"], &data_dir);
    let analyst_password = secret(&["operator", "add", "anna", "--role", "analyst"], &data_dir);
    let partner = Partner::new(&server.base, &key);
    let features: Vec<_> = (0..N).map(report).collect();
    let body = json!({"type": "FeatureCollection", "features": features}).to_string();
    let answer = partner.post("/api/v1/reports", GEOJSON, body).await.expect_status(201);
    assert_eq!(answer.receipt().accepted, N as u64);
    // A refused one must not leave its words in the log either.
    let refused = json!({"type": "Feature", "id": canary("id", 0), "geometry": null,
        "properties": {"text": canary("text", 0), "severity": canary("author", 0)}});
    partner.post("/api/v1/reports", GEOJSON, refused.to_string()).await.expect_status(422);
    partner.ask(&format!("/api/v1/reports?q={}", canary("text", 7))).await.expect_status(200);

    let viewer = Operator::sign_in(&server.base, "vera", &password).await;
    let analyst = Operator::sign_in(&server.base, "anna", &analyst_password).await;
    let everything = "/api/v1/reports?limit=1000";
    let seen_by_viewer = viewer.ask(everything).await.expect_status(200).body;
    let seen_by_key = partner.ask(everything).await.expect_status(200).body;
    let seen_by_analyst = analyst.ask(everything).await.expect_status(200).body;
    let sees = |body: &str, field: &str| holds(body.as_bytes(), mark(field));
    for field in ["id", "ref", "text", "lang", "place", "hazard"] {
        assert!(!sees(&seen_by_viewer, field), "a viewer sees {field}");
        assert!(sees(&seen_by_key, field), "a key with read does not see {field}");
        assert!(sees(&seen_by_analyst, field), "an analyst does not see {field}");
    }
    for field in ["author", "url", "origin"] {
        assert!(!sees(&seen_by_viewer, field), "a viewer sees {field}");
        assert!(!sees(&seen_by_key, field), "a key with read sees {field}");
        assert!(sees(&seen_by_analyst, field), "an analyst does not see {field}");
    }
    viewer.ask(&format!("/api/v1/reports?q={}", canary("text", 7))).await.expect_status(403);
    for address in
        ["/api/v1/picture?bbox=1,41,3,42&zoom=18", "/api/v1/sources", "/metrics", "/healthz"]
    {
        let body = viewer.ask(address).await.body;
        assert!(!holds(body.as_bytes(), b"qxcanary"), "{address}");
    }

    let looked_at = files(dir.path());
    let names: Vec<_> =
        looked_at.iter().map(|(name, bytes)| format!("{name}: {}", bytes.len())).collect();
    let total: usize = looked_at
        .iter()
        .filter(|(name, _)| name.contains("talaia.db"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert!(total > N * 100, "the database and its log were read: {names:?}");
    for (name, bytes) in &looked_at {
        for field in FIELDS.into_iter().chain(["id"]) {
            assert!(!holds(bytes, mark(field)), "{field} stands in {name}");
        }
        let log = name.ends_with("server.log");
        for word in [&key, &password, &analyst_password] {
            assert!(!log || !holds(bytes, word.as_bytes()), "a secret stands in {name}");
        }
        let cookie = analyst
            .cookie
            .as_deref()
            .and_then(|cookie| cookie.split('=').nth(1))
            .expect("a cookie");
        assert!(!holds(bytes, cookie.as_bytes()), "a cookie stands in {name}");
    }
    let log = looked_at.iter().find(|(name, _)| name.ends_with("server.log")).expect("a log");
    assert!(holds(&log.1, b"answered"), "the log was written");
}
