//! One source dead, one asleep, one lying, one flooding, one hostile: each is told as what it is, and what another says comes all the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use server::source::SourceConfig;
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::time::Timestamp;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Items of an answer of the one that is well, and a hundred times as many of the one that floods.
const ITEMS: usize = 20;
const FLOOD: usize = 100 * ITEMS;
const CADENCE_S: u64 = 60;
const HOSTILE: &str = "&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt;p&#x430;ypal \u{202e}gnol\u{2066} \u{1f525}";

fn feed(at: Timestamp, items: impl Iterator<Item = String>) -> ResponseTemplate {
    let item = |text: String| {
        format!("<item><guid>{text}</guid><title>{text}</title><pubDate>{at}</pubDate></item>")
    };
    let items: String = items.map(item).collect();
    ResponseTemplate::new(200).set_body_string(format!(
        "<rss><channel><lastBuildDate>{at}</lastBuildDate>{items}</channel></rss>"
    ))
}

/// Answers that each say something new.
fn anew(name: &'static str, n: usize) -> impl Respond {
    let turns = AtomicUsize::new(0);
    move |_: &Request| {
        let turn = turns.fetch_add(1, Ordering::SeqCst);
        let now = server::clock::Clock::System.now();
        feed(now, (0..n).map(|item| format!("{name}-{turn}-{item}")))
    }
}

/// A feed at a host of its own, so that none waits for another's turn there.
async fn source(name: &str, answer: impl Respond + 'static) -> (MockServer, SourceConfig) {
    let host = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).mount(&host).await;
    let config = SourceConfig {
        name: Some(name.to_owned()),
        interval_s: 1,
        cadence_s: Some(CADENCE_S),
        allow_private: true,
        ..SourceConfig::new("rss", host.uri())
    };
    (host, config)
}

async fn status(reader: &Partner, name: &str) -> Value {
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    let id = format!("feed:{name}");
    sources.into_iter().find(|one| one["id"] == id.as_str()).unwrap_or(Value::Null)
}

async fn is(reader: &Partner, name: &str, word: &str) -> Value {
    until(word, async || Some(status(reader, name).await).filter(|one| one["status"] == word)).await
}

#[tokio::test]
async fn one_bad_source_after_another_is_told_as_what_it_is_and_spoils_no_other() {
    let now = server::clock::Clock::System.now();
    let future = now.plus_ms(365 * 86_400_000);
    let lies = feed(future, (0..ITEMS).map(|n| format!("lying-{n}")));
    let (_hosts, sources): (Vec<_>, Vec<_>) = [
        source("well", anew("well", ITEMS)).await,
        source("flood", anew("flood", FLOOD)).await,
        source("dead", ResponseTemplate::new(500)).await,
        source("asleep", feed(now, std::iter::once("asleep".to_owned()))).await,
        source("lying", lies).await,
        source("hostile", feed(now, std::iter::once(HOSTILE.to_owned()))).await,
    ]
    .into_iter()
    .unzip();
    let town = Town::with(|config| {
        config.sources = sources;
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;

    let dead = is(&reader, "dead", "broken").await;
    assert!(dead["reason"].as_str().is_some_and(|why| why.contains("500")), "{dead}");
    let refused = |ledger: &wire::source::Ledger| ledger.rejected.contains_key("future_date");
    let account = reader.account("feed:lying", "the lies", refused).await;
    assert_eq!((account.accepted, account.rejected.len()), (0, 1));
    let lying = status(&reader, "lying").await;
    assert_eq!(lying["status"], "silent", "what is dated tomorrow makes nothing fresh");
    assert!(lying["reason"].as_str().is_some_and(|why| why.contains("future_date")), "{lying}");
    let flooded = |ledger: &wire::source::Ledger| ledger.accepted >= 3 * FLOOD as u64;
    reader.account("feed:flood", "a flood", flooded).await;

    // What is hostile is text: no markup, no mark that turns what follows, and letters that only look alike stay as they are.
    let text = until("the hostile item", async || {
        let page = reader.ask("/api/v1/reports?limit=1&q=gnol").await.expect_status(200).json();
        page["features"][0]["properties"]["text"].as_str().map(str::to_owned)
    });
    assert_eq!(text.await, "p\u{430}ypal gnol \u{1f525}");

    // All that the one which is well said meanwhile stands, and it goes on.
    let before = reader.ledger("feed:well").await.expect("an account");
    let more = before.accepted + 3 * ITEMS as u64;
    let after = reader.account("feed:well", "more of it", |one| one.accepted >= more).await;
    assert_eq!((after.received, after.rejected.len()), (after.accepted + after.folded, 0));
    assert_eq!(status(&reader, "well").await["status"], "live");

    // Asleep is late at half as much again as it promised, and silent at twice of that; it repeats itself all the while.
    assert_eq!(status(&reader, "asleep").await["status"], "live");
    town.pass(Duration::from_secs(CADENCE_S + CADENCE_S / 2 + 1));
    is(&reader, "asleep", "late").await;
    town.pass(Duration::from_secs(CADENCE_S / 2));
    is(&reader, "asleep", "silent").await;
    assert_eq!(status(&reader, "dead").await["status"], "broken");
}
