//! Upstreams on the public internet that send us inside: refused hop by hop, with the reason at the source.
//!
//! The upstream has a public address, https and a certificate, as the guard demands of all; that it stands on loopback only the
//! proxy knows, which leads it there.

use serde_json::Value;
use server::source::SourceConfig;
use support::authority::{Authority, OUTSIDE};
use support::proxy::Proxy;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const OUT: &str = "https://192.175.48.1";

#[tokio::test]
async fn an_upstream_that_sends_us_inside_is_refused_with_the_reason_and_one_that_moved_is_read() {
    let (upstream, inside) = (MockServer::start().await, MockServer::start().await);
    let loopback = format!("https://127.0.0.1:{}/", inside.address().port());
    let inward = [
        ("cloud", "https://169.254.169.254/latest/meta-data/".to_owned(), "private address"),
        ("loopback", loopback.clone(), "private address"),
        ("spelled", "https://0x7f000001/".to_owned(), "private address"),
        ("mapped", "https://[::ffff:10.0.0.1]/".to_owned(), "private address"),
        ("named", "https://localhost/".to_owned(), "private address"),
        ("plain", "http://192.175.48.1/".to_owned(), "http is not taken"),
        ("file", "file:///etc/passwd".to_owned(), "names no host"),
        // The second hop is no less checked than the first.
        ("twice", format!("{OUT}/loopback"), "private address"),
    ];
    let answer = |to: &str| ResponseTemplate::new(302).insert_header("location", to);
    let at = |name: &str| Mock::given(method("GET")).and(path(format!("/{name}")));
    for (name, to, _) in &inward {
        at(name).respond_with(answer(to)).mount(&upstream).await;
    }
    at("moved").respond_with(answer("/somewhere")).mount(&upstream).await;
    at("somewhere").respond_with(answer(&format!("{OUT}/here"))).mount(&upstream).await;
    let now = server::clock::Clock::System.now().plus_ms(-60_000);
    let feed = format!(
        "<rss xmlns:g='http://www.georss.org/georss'><channel><item><guid>a</guid><title>Foc</title><pubDate>{now}</pubDate>\
         <g:point>41.4 2.1</g:point></item></channel></rss>"
    );
    at("here")
        .respond_with(ResponseTemplate::new(200).set_body_string(feed))
        .mount(&upstream)
        .await;

    let city = Authority::new();
    let front = city.front(&upstream.uri()).await;
    let proxy = Proxy::leading(None, &[(OUTSIDE, front.trim_start_matches("https://"))]).await;
    let names = inward.iter().map(|(name, ..)| *name).chain(["moved"]);
    let sources = names
        .map(|name| SourceConfig {
            name: Some(name.to_owned()),
            ca_file: Some(city.file("ca.pem")),
            proxy: Some(proxy.base.clone()),
            ..SourceConfig::new("rss", format!("{OUT}/{name}"))
        })
        .collect();
    let town = Town::with(|config| {
        config.sources = sources;
        // A story asks more often than a partner may.
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    for (name, _, expected) in &inward {
        let reason = until(name, async || {
            let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
            let sources = list["sources"].as_array().cloned().unwrap_or_default();
            let is_it =
                |one: &Value| one["id"] == format!("feed:{name}") && one["status"] == "broken";
            Some(sources.into_iter().find(is_it)?["reason"].as_str()?.to_owned())
        });
        // At once: the next question is a minute away.
        let reason = reason.await;
        assert!(reason.contains("redirects to") || *name == "named", "{name}: {reason}");
        assert!(reason.contains(expected), "{name}: {reason}");
    }
    // What only moved is followed, hop by hop, and read.
    reader.account("feed:moved", "what moved", |ledger| ledger.accepted == 1).await;
    let asked = proxy.asked();
    assert!(asked.iter().all(|one| one == OUTSIDE), "the proxy was sent inside: {asked:?}");
    assert!(inside.received_requests().await.unwrap_or_default().is_empty());
}
