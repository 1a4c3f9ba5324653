//! The face as a whole: what is open, what is not there, which headers every answer bears.

use serde_json::Value;
use support::operator::Operator;
use support::partner::{Answer, GEOJSON, feature};
use support::town::Town;
use wire::view::Mode;

#[tokio::test]
async fn what_is_open_is_open_and_the_rest_needs_a_key_or_a_login() {
    let town = Town::start().await;
    let visitor = Operator::visitor(&town.base);
    for address in ["/healthz", "/readyz", "/docs", "/docs/page.js", "/openapi.json", "/", "/desk"]
    {
        assert_eq!(visitor.ask(address).await.status, 200, "{address}");
    }
    let health = visitor.ask("/healthz").await.json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["epoch"], &*town.app().epoch);
    for address in [
        "/api/v1/reports",
        "/api/v1/reports/00000000000000000000000000000000",
        "/api/v1/picture?bbox=1,2,3,4&zoom=3",
        "/api/v1/sources",
        "/api/v1/sensors/latest",
        "/api/v1/datastreams/partner:a/b",
        "/api/v1/datastreams/partner:a/b/history",
        "/api/v1/session",
        "/api/v1/basemap",
        "/api/v1/places?q=x",
    ] {
        let answer = visitor.ask(address).await;
        assert_eq!(answer.status, 401, "{address}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn an_address_not_built_says_so_and_an_unknown_one_is_not_found() {
    let town = Town::start().await;
    let visitor = Operator::visitor(&town.base);
    let kind = |answer: &Answer| answer.json()["type"].as_str().unwrap_or_default().to_owned();
    for address in ["/sentilo/data/x", "/ogc/features/v1/collections", "/feeds/a.xml"] {
        let answer = visitor.ask(address).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (404, "not-built"), "{address}");
    }
    for address in ["/api", "/api/v2/reports", "/api/v1/reportz", "/public/x"] {
        let answer = visitor.ask(address).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (404, "not-found"), "{address}");
    }
    let answer = visitor.ask("/missing.js").await;
    assert_eq!((answer.status, kind(&answer).as_str()), (404, "not-found"));
    let answer = visitor.send(reqwest::Method::PUT, "/api/v1/reports", None).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (405, "method-not-allowed"));
    assert!(answer.header("allow").contains("POST"));
    let at = town.partner("p", "read", Mode::Live).await;
    let answer = at.ask("/api/v1/picture?bbox=1,2,3,4&zoom=3&at=2026-01-01T00:00:00Z").await;
    assert_eq!((answer.status, kind(&answer).as_str()), (404, "not-built"));
}

#[tokio::test]
async fn every_answer_bears_the_security_headers() {
    let town = Town::start().await;
    let visitor = Operator::visitor(&town.base);
    for address in ["/", "/healthz", "/api/v1/reports", "/api/v1/nothing", "/docs", "/missing.js"] {
        let answer = visitor.ask(address).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self'; script-src 'self' 'wasm-unsafe-eval';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{address}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{address}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{address}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{address}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{address}");
        assert_eq!(answer.header("strict-transport-security"), "", "only over https");
    }
    let secure =
        Town::with(|config| config.public_url = Some("https://room.example".to_owned())).await;
    let answer = Operator::visitor(&secure.base).ask("/").await;
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn metrics_answer_this_machine_only() {
    let town = Town::start().await;
    let visitor = Operator::visitor(&town.base);
    visitor.ask("/healthz").await.expect_status(200);
    let answer = visitor.ask("/metrics").await.expect_status(200);
    assert!(answer.body.contains("talaia_http_requests_total"), "{}", answer.body);
    let client = support::http_client();
    let forwarded =
        client.get(format!("{}/metrics", town.base)).header("x-forwarded-for", "203.0.113.7");
    let answer = Answer::of(forwarded.send().await.expect("an answer")).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
}

#[tokio::test]
async fn all_forms_of_a_body_say_the_same() {
    let town = Town::start().await;
    let partner = town.partner("112", "reports,read", Mode::Live).await;
    let one = |id: &str| feature(id, 2.17, 41.4, "flood", "Severe").to_string();
    let bodies = [
        ("application/json", one("a")),
        (GEOJSON, format!(r#"{{"features":[{}],"type":"FeatureCollection"}}"#, one("b"))),
        ("application/x-ndjson", format!("{}\n", one("c"))),
        ("application/geo+json-seq", format!("\u{1e}{}\n", one("d"))),
        ("application/geo+json-seq", format!("{}\n", one("e"))),
    ];
    for (kind, body) in &bodies {
        let receipt =
            partner.post("/api/v1/reports", kind, body.clone()).await.expect_status(201).receipt();
        assert_eq!((receipt.accepted, receipt.folded), (1, 0), "{kind}");
    }
    for (kind, body) in &bodies {
        let receipt =
            partner.post("/api/v1/reports", kind, body.clone()).await.expect_status(201).receipt();
        assert_eq!((receipt.accepted, receipt.folded), (0, 1), "{kind}: the same again folds");
    }
    let list = partner.ask("/api/v1/reports").await.expect_status(200);
    assert_eq!(list.header("content-type"), "application/geo+json");
    let features = list.json()["features"].as_array().cloned().expect("features");
    let ids: Vec<_> =
        features.iter().filter_map(|f| f["properties"]["source_id"].as_str()).collect();
    assert_eq!(ids, ["e", "d", "c", "b", "a"], "newest first");
    let id = features[0]["id"].as_str().expect("an id");
    let alone = partner.ask(&format!("/api/v1/reports/{id}")).await.expect_status(200).json();
    assert_eq!(alone, features[0]);
    let page = partner.ask("/api/v1/reports?limit=2").await.json();
    let next = page["next"].as_str().expect("a cursor");
    let rest = partner.ask(&format!("/api/v1/reports?limit=3&cursor={next}")).await.json();
    assert_eq!(rest["features"].as_array().map(Vec::len), Some(3));
    assert_eq!(rest["next"], Value::Null);
}

/// Every status the face gives in this story is declared, so that a fuzzer finds nothing undeclared.
#[tokio::test]
async fn what_is_answered_is_declared() {
    let town = Town::start().await;
    let partner = town.partner("112", "reports,observations,read", Mode::Live).await;
    let visitor = Operator::visitor(&town.base);
    let description = visitor.ask("/openapi.json").await.json();
    let declared = |method: &str, path: &str, status: u16| {
        let pointer = format!("/paths/{}/{method}/responses/{status}", path.replace('/', "~1"));
        assert!(
            description.pointer(&pointer).is_some(),
            "{method} {path} answers {status}, undeclared"
        );
    };
    for body in ["", "{", "[]", "7", "null", r#"{"type":"Feature"}"#, "\u{0}"] {
        for (path, kind) in [
            ("/api/v1/reports", GEOJSON),
            ("/api/v1/reports", "application/x-ndjson"),
            ("/api/v1/reports", "image/png"),
            ("/api/v1/observations", "application/json"),
            ("/api/v1/observations", "text/csv"),
        ] {
            declared("post", path, partner.post(path, kind, body).await.status);
        }
        let answer =
            visitor.send(reqwest::Method::POST, "/api/v1/session", Some(body.to_owned())).await;
        declared("post", "/api/v1/session", answer.status);
    }
    for path in [
        "/api/v1/reports",
        "/api/v1/picture",
        "/api/v1/sources",
        "/api/v1/session",
        "/api/v1/basemap",
    ] {
        declared("get", path, partner.ask(path).await.status);
        declared("get", path, partner.ask(&format!("{path}?x=%00")).await.status);
        declared("get", path, visitor.ask(path).await.status);
    }
}
