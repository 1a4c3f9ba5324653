//! Sources at the desk: an administrator adds, changes and removes one, it lasts over a restart, and a secret goes to its upstream alone.

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use support::operator::Operator;
use support::partner::Answer;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SOURCES: &str = "/api/v1/sources";
const PASSWORD: &str = "a word that nobody reads";

async fn send(person: &Operator, method: Method, at: &str, body: &Value) -> Answer {
    person.send(method, at, Some(body.to_string())).await
}

/// What is wrong with a body, as field and reason.
fn wrong(answer: Answer) -> (String, String) {
    let problem = answer.expect_status(422).json();
    let text = |name: &str| problem["errors"][0][name].as_str().unwrap_or_default().to_owned();
    (text("pointer"), text("reason"))
}

async fn asked(upstream: &MockServer, at: &str) -> usize {
    let requests = upstream.received_requests().await.unwrap_or_default();
    requests.iter().filter(|one| one.url.path() == at).count()
}

async fn log(person: &Operator) -> Vec<String> {
    let page = person.ask("/api/v1/log").await.expect_status(200).json();
    let lines = page["lines"].as_array().cloned().unwrap_or_default();
    lines.iter().map(|line| line["text"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn status(person: &Operator, id: &str) -> Value {
    let list = person.ask(SOURCES).await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|one| one["id"] == id).unwrap_or(Value::Null)
}

fn rss(at: wire::time::Timestamp, id: &str) -> ResponseTemplate {
    let item = format!(
        "<rss xmlns:g='http://www.georss.org/georss'><channel><item><guid>{id}</guid><title>Foc</title><pubDate>{at}</pubDate>\
         <g:point>41.4 2.1</g:point></item></channel></rss>"
    );
    ResponseTemplate::new(200).insert_header("etag", "\"same\"").set_body_string(item)
}

#[tokio::test]
async fn a_source_is_added_changed_and_removed_at_the_desk_and_lasts_over_a_kill() {
    let upstream = MockServer::start().await;
    let now = server::clock::Clock::System.now().plus_ms(-60_000);
    for (at, id) in [("/one", "a"), ("/two", "b")] {
        let known =
            Mock::given(method("GET")).and(path(at)).and(header("if-none-match", "\"same\""));
        known.respond_with(ResponseTemplate::new(304)).mount(&upstream).await;
        Mock::given(method("GET")).and(path(at)).respond_with(rss(now, id)).mount(&upstream).await;
    }
    let in_file = SourceConfig {
        name: Some("file".to_owned()),
        allow_private: true,
        ..SourceConfig::new("rss", format!("{}/file", upstream.uri()))
    };
    let mut town = Town::with(|config| {
        config.sources = vec![in_file];
        config.desk_sources_private = true;
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let anna = town.signed_in("anna", "administrator").await;
    let mut body = json!({"kind": "rss", "name": "port", "url": format!("{}/one", upstream.uri()), "interval_s": 1,
        "allow_private": true, "duty_phone": "+34 600", "webhook": null});
    let added = send(&anna, Method::POST, SOURCES, &body).await.expect_status(201).json();
    assert_eq!((&added["source"]["id"], &added["origin"]), (&json!("feed:port"), &json!("desk")));
    assert_eq!(
        (&added["by"], &added["settings"]["interval_s"]),
        (&json!("administrator"), &json!(1))
    );
    let reader = town.partner("reader", "read", Mode::Live).await;
    reader.account("feed:port", "the first item", |ledger| ledger.accepted == 1).await;
    assert_eq!(status(&anna, "feed:port").await["status"], "live");
    assert_eq!(wrong(send(&anna, Method::POST, SOURCES, &body).await).1, "taken");

    // It runs again after a kill, and goes on where it was.
    town.kill_and_restart().await;
    let before = asked(&upstream, "/one").await;
    until("asked again", async || (asked(&upstream, "/one").await > before).then_some(())).await;
    let requests = upstream.received_requests().await.unwrap_or_default();
    let first = requests.iter().filter(|one| one.url.path() == "/one").nth(before);
    assert!(first.is_some_and(|one| one.headers.contains_key("if-none-match")));

    // At another address nothing is known yet, though its validator is the same.
    body["url"] = json!(format!("{}/two", upstream.uri()));
    let changed = send(&anna, Method::PUT, "/api/v1/sources/feed:port", &body).await;
    assert_eq!(changed.expect_status(200).json()["settings"]["url"], body["url"]);
    reader.account("feed:port", "the second item", |ledger| ledger.accepted == 2).await;
    for (field, value) in
        [("name", json!("quay")), ("kind", json!("gdacs")), ("mode", json!("exercise"))]
    {
        let mut other = body.clone();
        other[field] = value;
        let answer = send(&anna, Method::PUT, "/api/v1/sources/feed:port", &other).await;
        assert_eq!(wrong(answer), (format!("/{field}"), "fixed".to_owned()));
    }

    // Removed it is asked no more, not after a kill either; what it said stays, and nobody is told that it is silent.
    anna.send(Method::DELETE, "/api/v1/sources/feed:port", None).await.expect_status(204);
    town.kill_and_restart().await;
    let gone = status(&anna, "feed:port").await;
    assert_eq!(gone["status"], "paused");
    assert!(
        gone["reason"]
            .as_str()
            .is_some_and(|why| why.starts_with("removed by the role administrator"))
    );
    assert_eq!(gone["ledger"]["accepted"], 2);
    let before = (asked(&upstream, "/one").await, asked(&upstream, "/two").await);
    let all = anna.ask("/api/v1/reports?source_id=b").await.expect_status(200).json();
    assert_eq!(all["features"].as_array().map(Vec::len), Some(1));
    anna.send(Method::DELETE, "/api/v1/sources/feed:port", None).await.expect_status(404);
    anna.ask("/api/v1/sources/feed:port").await.expect_status(404);
    let lines = log(&anna).await;
    let host = upstream.address();
    assert_eq!(
        lines[..3],
        [
            "feed:port removed".to_owned(),
            "feed:port changed: url".to_owned(),
            format!("feed:port added: rss, {host}")
        ]
    );
    // The same name of another kind would mix what it said; of its own kind it begins anew.
    body["kind"] = json!("gdacs");
    assert_eq!(wrong(send(&anna, Method::POST, SOURCES, &body).await).0, "/name");
    body["kind"] = json!("rss");
    send(&anna, Method::POST, SOURCES, &body).await.expect_status(201);
    until("asked anew", async || (asked(&upstream, "/two").await > before.1).then_some(())).await;
    assert_eq!(asked(&upstream, "/one").await, before.0, "nobody asked what was left");

    // What stands in the file is changed there.
    let file = "/api/v1/sources/feed:file";
    assert_eq!(anna.ask(file).await.expect_status(200).json()["origin"], "settings");
    anna.send(Method::DELETE, file, None).await.expect_status(409);
}

#[tokio::test]
async fn what_is_wrong_names_its_field_and_a_secret_goes_to_its_upstream_alone() {
    let upstream = MockServer::start().await;
    let index = "<feed xmlns='http://www.w3.org/2005/Atom'><title>none</title></feed>";
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(index))
        .mount(&upstream)
        .await;
    let guarded = Town::start().await;
    let anna = guarded.signed_in("anna", "administrator").await;
    let good = json!({"kind": "cap", "name": "met", "url": "https://192.175.48.1/atom.xml", "user": "u", "password": PASSWORD});
    let file = "/etc/talaia/password";
    for (field, value, pointer, reason) in [
        ("kind", json!("oracle"), "/kind", "bad_setting"),
        ("url", json!("https://10.0.0.1/x"), "/url", "bad_setting"),
        ("url", json!("https://169.254.169.254/x"), "/url", "bad_setting"),
        ("interval_s", json!(5), "/interval_s", "bad_setting"),
        ("name", json!("a b"), "/name", "bad_setting"),
        ("speaks_as", json!("press"), "/speaks_as", "bad_setting"),
        ("password", json!(""), "/password", "bad_setting"),
        ("password_file", json!(file), "/password_file", "only_in_settings"),
        ("ca_file", json!(file), "/ca_file", "only_in_settings"),
        ("proxy_password_file", json!(file), "/proxy_password_file", "only_in_settings"),
        ("allow_private", json!(true), "/allow_private", "only_in_settings"),
        ("proxy", json!("http://10.0.0.1:3128"), "/proxy", "only_in_settings"),
        ("webhook", json!("http://10.0.0.1/"), "/webhook", "only_in_settings"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = send(&anna, Method::POST, SOURCES, &body).await;
        assert_eq!(wrong(answer), (pointer.to_owned(), reason.to_owned()), "{body}");
    }
    let mistyped = json!({"kind": "cap", "url": "https://192.175.48.1/", "intervall_s": 60});
    send(&anna, Method::POST, SOURCES, &mistyped).await.expect_status(400);
    let montse = guarded.duty_officer().await;
    let refused = send(&montse, Method::POST, SOURCES, &good).await.expect_status(403).json();
    assert_eq!(refused["type"], "role-too-low");
    let partner = guarded.partner("city", "read authority", Mode::Live).await;
    partner.post(SOURCES, "application/json", good.to_string()).await.expect_status(403);
    send(&Operator::visitor(&guarded.base), Method::POST, SOURCES, &good).await.expect_status(401);
    assert!(log(&anna).await.is_empty(), "nothing was added");

    let town = Town::with(|config| config.desk_sources_private = true).await;
    let anna = town.signed_in("anna", "administrator").await;
    let mut body = json!({"kind": "cap", "name": "met", "url": format!("{}/atom", upstream.uri()), "interval_s": 1,
        "allow_private": true, "user": "u", "password": PASSWORD});
    let added = send(&anna, Method::POST, SOURCES, &body).await.expect_status(201);
    let shown = anna.ask("/api/v1/sources/feed:met").await.expect_status(200);
    assert_eq!(shown.json()["has_password"], json!(true));
    let signed = |one: &wiremock::Request| {
        one.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let expected = "Basic dTphIHdvcmQgdGhhdCBub2JvZHkgcmVhZHM=";
    until("asked and signed", async || {
        let asked = upstream.received_requests().await.unwrap_or_default();
        asked.iter().any(|one| signed(one).as_deref() == Some(expected)).then_some(())
    })
    .await;
    // Left out it stays, at the same host; at another it has to be given again.
    let fields = body.as_object_mut().expect("an object");
    fields.remove("password");
    body["interval_s"] = json!(2);
    let changed =
        send(&anna, Method::PUT, "/api/v1/sources/feed:met", &body).await.expect_status(200);
    assert_eq!(changed.json()["has_password"], json!(true));
    let mut elsewhere = body.clone();
    elsewhere["url"] = json!("http://127.0.0.1:1/atom");
    let answer = send(&anna, Method::PUT, "/api/v1/sources/feed:met", &elsewhere).await;
    assert_eq!(wrong(answer), ("/password".to_owned(), "missing".to_owned()));
    for said in [&added.body, &shown.body, &changed.body, &log(&anna).await.join("\n")] {
        assert!(!said.contains(PASSWORD), "{said}");
    }
    // Nor does it stand in any file of the server.
    for file in std::fs::read_dir(town.data_dir()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).unwrap_or_default();
        assert!(!bytes.windows(PASSWORD.len()).any(|those| those == PASSWORD.as_bytes()));
    }
    body["password"] = Value::Null;
    let without =
        send(&anna, Method::PUT, "/api/v1/sources/feed:met", &body).await.expect_status(200);
    assert_eq!(without.json()["has_password"], json!(false));
}
