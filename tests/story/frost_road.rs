//! The road to a server of the city: one that vouches for itself, and one behind the city's proxy.

use serde_json::{Value, json};
use server::source::SourceConfig;
use support::authority::Authority;
use support::partner::Partner;
use support::proxy::Proxy;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;

/// A server of the city with one value on it, and its key.
async fn upstream() -> (Town, Partner) {
    let upstream = Town::start().await;
    let writer = upstream.partner("city", "observations,read", Mode::Live).await;
    let thing = json!({
        "name": "Besòs", "description": "Gauge",
        "Locations": [{"name": "Bridge", "description": "", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [2.2211, 41.4203]}}],
        "Datastreams": [{"name": "Level", "description": "Water level",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "centimetre", "symbol": "cm", "definition": "ucum:cm"},
            "ObservedProperty": {"name": "Level", "definition": "urn:x:level", "description": ""},
            "Sensor": {"name": "Radar", "description": "", "encodingType": "text/plain", "metadata": "none"},
            "Observations": [{"result": 61.5}]}],
    });
    let path = "/sta/v1.1/Things";
    writer.post(path, "application/json", thing.to_string()).await.expect_status(201);
    (upstream, writer)
}

/// As a source of a room: its server at `base`, asked each second.
fn frost(upstream: &Town, key: &str, base: &str) -> SourceConfig {
    let secret = upstream.data_dir().join("frost.token");
    std::fs::write(&secret, format!("{key}\n")).expect("a file");
    SourceConfig {
        name: Some("frost".to_owned()),
        interval_s: 1,
        allow_private: true,
        password_file: Some(secret),
        ..SourceConfig::new("sensorthings", format!("{base}/sta/v1.1"))
    }
}

async fn room(source: SourceConfig) -> (Town, Partner) {
    let town = Town::with(|config| {
        config.sources = vec![source];
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    (town, reader)
}

/// Why the source is broken, once it is.
async fn broken(reader: &Partner) -> String {
    let told = until("broken", async || {
        let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
        let sources = list["sources"].as_array().cloned().unwrap_or_default();
        let is_broken = |one: &Value| one["id"] == "feed:frost" && one["status"] == "broken";
        sources.into_iter().find(is_broken)
    });
    told.await["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_server_that_vouches_for_itself_is_read_with_its_authority_and_not_without() {
    let (upstream, writer) = upstream().await;
    let (city, other) = (Authority::new(), Authority::new());
    let base = city.front(&upstream.base).await;
    let without = frost(&upstream, &writer.key, &base);
    let (_town, reader) = room(without.clone()).await;
    let why = broken(&reader).await;
    assert!(why.contains("certificate") && why.contains("ca_file"), "{why}");
    assert_eq!(reader.ledger("feed:frost").await.map_or(0, |one| one.received), 0);

    // The file of another authority, renewed while we run.
    let file = upstream.data_dir().join("city-ca.pem");
    std::fs::copy(other.file("ca.pem"), &file).expect("a file");
    let (_town, reader) = room(SourceConfig { ca_file: Some(file.clone()), ..without }).await;
    let why = broken(&reader).await;
    assert!(why.contains("city-ca.pem is not of the authority"), "{why}");
    std::fs::write(&file, "nonsense").expect("a file");
    until("a file that is none", async || {
        broken(&reader).await.contains("no certificate").then_some(())
    })
    .await;
    std::fs::copy(city.file("ca.pem"), &file).expect("a file");
    reader.account("feed:frost", "its value", |one| one.accepted == 1).await;
}

#[tokio::test]
async fn a_server_behind_a_proxy_is_asked_through_it_and_through_nothing_else() {
    let (upstream, writer) = upstream().await;
    let city = Authority::new();
    let base = city.front(&upstream.base).await;
    // `talaia` and `secret`, as HTTP writes them.
    let proxy = Proxy::start(Some("Basic dGFsYWlhOnNlY3JldA==")).await;
    let secret = upstream.data_dir().join("proxy.password");
    std::fs::write(&secret, "wrong\n").expect("a file");
    let source = SourceConfig {
        ca_file: Some(city.file("ca.pem")),
        proxy: Some(proxy.base.clone()),
        proxy_user: Some("talaia".to_owned()),
        proxy_password_file: Some(secret.clone()),
        ..frost(&upstream, &writer.key, &base)
    };
    let (_town, reader) = room(source).await;
    let why = broken(&reader).await;
    assert!(why.contains("through the proxy") && why.contains("authoriz"), "{why}");
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
    std::fs::write(&secret, "secret\n").expect("a file");
    reader.account("feed:frost", "its value", |one| one.accepted == 1).await;
    let (asked, address) = (proxy.asked(), base.trim_start_matches("https://"));
    assert!(!asked.is_empty() && asked.iter().all(|one| one == address), "{asked:?}");
}
