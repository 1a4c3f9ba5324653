//! Official messages by an index: each is asked for once, what is wrong with one spoils no other, and what ended one ends it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use server::source::SourceConfig;
use support::operator::Operator;
use support::town::Town;
use support::wait::until;
use wire::time::Timestamp;
use wire::view::Mode;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const AREA: &str = "<area><areaDesc>Delta</areaDesc><polygon>41.30,2.10 41.40,2.10 41.40,2.20 41.30,2.10</polygon></area>";

fn alert(
    identifier: &str,
    sent: Timestamp,
    (status, kind): (&str, &str),
    references: &str,
) -> String {
    let expires = sent.plus_ms(6 * 3_600_000);
    let references = match references {
        "" => String::new(),
        some => format!("<references>{some}</references>"),
    };
    format!(
        "<?xml version='1.0'?><alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>{identifier}</identifier><sender>met@example.org</sender>\
         <sent>{sent}</sent><status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>{references}<info><category>Met</category><event>Flood</event>\
         <urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><expires>{expires}</expires>{AREA}</info></alert>"
    )
}

/// An index that says what it is told to.
#[derive(Clone, Default)]
struct Index(Arc<Mutex<(usize, Vec<String>)>>);

impl Index {
    /// Puts messages before those that it names; each time it is written anew.
    fn says(&self, names: &[&str]) {
        let mut state = self.0.lock().expect("no panic");
        state.0 += 1;
        let rest = std::mem::take(&mut state.1);
        state.1 = names.iter().map(|name| (*name).to_owned()).chain(rest).collect();
    }

    fn atom(&self) -> String {
        let state = self.0.lock().expect("no panic");
        let entry = |name: &String| {
            // Two entries of one message, as feeds have one for each area.
            let link = format!(
                "<link type='application/cap+xml' href='/{name}'/><link href='/page/{name}'/>"
            );
            format!(
                "<entry><id>urn:{name}:0</id>{link}</entry><entry><id>urn:{name}:1</id>{link}</entry>"
            )
        };
        let entries: String = state.1.iter().map(entry).collect();
        format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>{}</title>{entries}</feed>",
            state.0
        )
    }
}

async fn stands(upstream: &MockServer, name: &str, answer: ResponseTemplate) {
    let at = Mock::given(method("GET")).and(path(format!("/{name}")));
    at.respond_with(answer).mount(upstream).await;
}

async fn says(upstream: &MockServer, name: &str, message: String) {
    stands(upstream, name, ResponseTemplate::new(200).set_body_string(message)).await;
}

async fn asked(upstream: &MockServer, name: &str) -> usize {
    let requests = upstream.received_requests().await.unwrap_or_default();
    requests.iter().filter(|one| one.url.path() == format!("/{name}")).count()
}

/// Waits until the index was asked twice more: by then whatever it named was looked at.
async fn two_rounds(upstream: &MockServer) {
    let before = asked(upstream, "index").await;
    until("two rounds", async || (asked(upstream, "index").await >= before + 2).then_some(()))
        .await;
}

async fn in_force(reader: &Operator) -> Vec<String> {
    let page = reader.ask("/api/v1/advisories").await.expect_status(200).json();
    let features = page["features"].as_array().cloned().unwrap_or_default();
    let name =
        |one: &Value| one["properties"]["identifier"].as_str().unwrap_or_default().to_owned();
    let mut names: Vec<_> = features.iter().map(name).collect();
    names.sort();
    names
}

async fn letters(reader: &Operator, source: &str) -> Vec<Value> {
    let page = reader.ask(&format!("/api/v1/dead-letters?source={source}")).await;
    page.expect_status(200).json()["letters"].as_array().cloned().unwrap_or_default()
}

fn source(name: &str, url: String) -> SourceConfig {
    SourceConfig {
        name: Some(name.to_owned()),
        interval_s: 1,
        allow_private: true,
        ..SourceConfig::new("cap", url)
    }
}

#[tokio::test]
async fn an_index_of_messages_is_read_once_each_and_what_is_wrong_with_one_spoils_no_other() {
    let (upstream, inside, lone) =
        (MockServer::start().await, MockServer::start().await, MockServer::start().await);
    let now = server::clock::Clock::System.now().plus_ms(-600_000);
    let index = Index::default();
    let shown = index.clone();
    Mock::given(method("GET"))
        .and(path("/index"))
        .respond_with(move |_: &wiremock::Request| {
            ResponseTemplate::new(200).set_body_string(shown.atom())
        })
        .mount(&upstream)
        .await;
    says(&upstream, "first", alert("first", now, ("Actual", "Alert"), "")).await;
    let broken = alert("broken", now, ("Actual", "Alert"), "").replace("<scope>Public</scope>", "");
    says(&upstream, "broken", broken.clone()).await;
    says(&upstream, "drill", alert("drill", now, ("Exercise", "Alert"), "")).await;
    says(&upstream, "test", alert("test", now, ("Test", "Alert"), "")).await;
    says(&upstream, "ahead", alert("ahead", now.plus_ms(86_400_000), ("Actual", "Alert"), ""))
        .await;
    let inward = ResponseTemplate::new(302).insert_header("location", inside.uri().as_str());
    stands(&upstream, "inward", inward).await;
    index.says(&["broken", "inward", "drill", "ahead", "missing", "first", "test"]);
    says(&lone, "one", alert("lone", now, ("Actual", "Alert"), "")).await;

    let sources = vec![
        source("met", format!("{}/index", upstream.uri())),
        source("lone", format!("{}/one", lone.uri())),
    ];
    let mut town = Town::with(|config| {
        config.sources = sources;
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let montse = town.duty_officer().await;
    until("both stand", async || (in_force(&montse).await == ["first", "lone"]).then_some(()))
        .await;

    // What is refused says why, with what came, and everything else stands.
    let told = until("four letters", async || {
        Some(letters(&montse, "feed:met").await).filter(|letters| letters.len() == 4)
    })
    .await;
    let of = |name: &str| {
        let item = format!("{}/{name}", upstream.uri());
        told.iter().find(|one| one["item"] == item.as_str()).unwrap_or(&Value::Null).clone()
    };
    let why = of("broken");
    let said = (&why["kind"], &why["form"], &why["reason"], &why["payload"]);
    assert_eq!(said, (&json!("advisory"), &json!("cap"), &json!("missing"), &json!(broken)));
    assert!(why["detail"].as_str().is_some_and(|why| why.contains("/alert/scope")), "{why}");
    assert_eq!(of("inward")["reason"], "forbidden_address");
    assert_eq!(
        (&of("drill")["reason"], &of("ahead")["reason"]),
        (&json!("wrong_mode"), &json!("future_date"))
    );
    assert!(inside.received_requests().await.unwrap_or_default().is_empty(), "inside was asked");
    let tested = montse.ask("/api/v1/advisories?status=Test").await.expect_status(200).json();
    assert_eq!(tested["features"][0]["properties"]["identifier"], "test");

    // Written anew with the same entries it says nothing new; what could not be had is tried again later, not at each turn.
    index.says(&[]);
    two_rounds(&upstream).await;
    let counts = async || {
        let mut counts = Vec::new();
        for name in ["first", "broken", "inward", "drill", "ahead", "test", "missing"] {
            counts.push(asked(&upstream, name).await);
        }
        counts
    };
    assert_eq!(counts().await, [1; 7]);

    // What ends it, in the order in which it was listed, and after a kill nothing is asked for twice.
    let first = format!("met@example.org,first,{now}");
    let later = now.plus_ms(60_000);
    says(&upstream, "second", alert("second", later, ("Actual", "Update"), &first)).await;
    index.says(&["second"]);
    until("the update", async || (in_force(&montse).await == ["lone", "second"]).then_some(()))
        .await;
    town.kill_and_restart().await;
    let second = format!("met@example.org,second,{later}");
    says(&upstream, "end", alert("end", now.plus_ms(120_000), ("Actual", "Cancel"), &second)).await;
    index.says(&["end"]);
    until("the cancel", async || (in_force(&montse).await == ["lone"]).then_some(())).await;
    two_rounds(&upstream).await;
    assert_eq!(counts().await, [1; 7]);
    let reader = town.partner("reader", "read", Mode::Live).await;
    let ledger = reader.ledger("feed:met").await.expect("an account");
    assert_eq!((ledger.received, ledger.accepted, ledger.folded), (8, 4, 0));

    // A try shows what an index would bring, and stores nothing.
    let tried = montse.send(reqwest::Method::POST, "/api/v1/sources/feed:lone/try", None).await;
    let tried = tried.expect_status(200).json();
    assert_eq!((&tried["ended"], &tried["n_advisories"]), (&json!("read"), &json!(1)));
    assert_eq!(tried["advisories"][0]["properties"]["identifier"], "lone");
}

#[tokio::test]
async fn a_message_that_a_partner_pushed_and_was_refused_is_at_its_desk_and_comes_again() {
    let town = Town::start().await;
    let met = town.partner("met", "advisories read", Mode::Live).await;
    let drill = alert("drill", town.clock.now(), ("Exercise", "Alert"), "");
    let answer = met.post("/api/v1/advisories/cap", "application/cap+xml", drill.clone()).await;
    answer.expect_status(422);
    let page = met.ask("/api/v1/dead-letters").await.expect_status(200).json();
    let letter = &page["letters"][0];
    let said = (&letter["kind"], &letter["reason"], &letter["payload"]);
    assert_eq!(said, (&json!("advisory"), &json!("wrong_mode"), &json!(drill)));
    let again = json!({"reason": "wrong_mode"}).to_string();
    let told = met.post("/api/v1/dead-letters/replay", "application/json", again).await;
    let told = told.expect_status(200).json();
    assert_eq!(
        (&told["tried"], &told["accepted"]),
        (&json!(1), &json!(0)),
        "its cause is not mended"
    );
    assert_eq!(told["rejected"][0]["reason"], "wrong_mode");
}
