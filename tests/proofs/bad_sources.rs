//! Sources that are dead, lie, flood at a hundred times and send hostile text: what those that are well feel of it.
//!
//! Rounds with and without them take turns, quiet, loud, loud, quiet. In a quiet round the bad ones answer that nothing changed. The
//! delay of an item is from when its feed gave it away to when a reader is shown it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use support::partner::Partner;
use wire::time::Timestamp;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::record::{is_full, keep, sized};
use crate::server::{Server, Start};

/// Sources that are well, each with one new item a second.
const WELL: u64 = 4;
/// Items of an answer of the one that floods: a hundred times what those that are well give together.
const FLOOD: u64 = 100 * WELL;
/// Gate: the others' median beside the quiet rounds.
const P50_RATIO: f64 = 1.2;
/// How often a reader looks.
const LOOK: Duration = Duration::from_millis(10);

/// What the upstream knows.
#[derive(Default)]
struct Upstream {
    is_loud: AtomicBool,
    n: AtomicU64,
    /// When each item that is waited for was given away.
    given: Mutex<BTreeMap<String, Instant>>,
}

fn feed(at: Timestamp, items: impl Iterator<Item = String>) -> ResponseTemplate {
    let item = |text: String| {
        format!("<item><guid>{text}</guid><title>{text}</title><pubDate>{at}</pubDate></item>")
    };
    let items: String = items.map(item).collect();
    ResponseTemplate::new(200).set_body_string(format!("<rss><channel>{items}</channel></rss>"))
}

impl Upstream {
    fn answer(&self, name: &str) -> ResponseTemplate {
        let now = server::clock::Clock::System.now();
        let n = self.n.fetch_add(1, Ordering::SeqCst);
        if name.starts_with("well") {
            let id = format!("{name}-{n}");
            self.given.lock().expect("no panic").insert(id.clone(), Instant::now());
            return feed(now, std::iter::once(id));
        }
        if !self.is_loud.load(Ordering::SeqCst) {
            return ResponseTemplate::new(304);
        }
        let hostile = "&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}p&#x430;ypal".repeat(200);
        match name {
            "dead" => ResponseTemplate::new(500),
            "lying" => feed(now.plus_ms(86_400_000), (0..FLOOD).map(|item| format!("{n}-{item}"))),
            "flood" => feed(now, (0..FLOOD).map(|item| format!("flood-{n}-{item}"))),
            _ => feed(now, (0..WELL).map(|item| format!("{hostile}{n}-{item}"))),
        }
    }
}

/// The delays of what is given away from now on, for so long.
async fn felt(upstream: &Upstream, reader: &Partner, lasts: Duration) -> Vec<Duration> {
    upstream.given.lock().expect("no panic").clear();
    let (begun, mut delays) = (Instant::now(), Vec::new());
    while begun.elapsed() < lasts {
        tokio::time::sleep(LOOK).await;
        let waited: Vec<String> =
            upstream.given.lock().expect("no panic").keys().cloned().collect();
        for id in waited {
            let page = reader.ask(&format!("/api/v1/reports?limit=1&source_id={id}")).await;
            if page.expect_status(200).json()["features"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
            {
                let given = upstream.given.lock().expect("no panic").remove(&id);
                delays.extend(given.map(|given| given.elapsed()));
            }
        }
    }
    delays
}

fn p50(delays: &mut [Duration]) -> f64 {
    delays.sort_unstable();
    delays.get(delays.len() / 2).map_or(0.0, |delay| delay.as_secs_f64() * 1_000.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_sources_cost_those_that_are_well_next_to_nothing() {
    let (mut hosts, upstream) = (Vec::new(), Arc::new(Upstream::default()));
    let well: Vec<String> = (0..WELL).map(|n| format!("well{n}")).collect();
    let bad = ["dead", "lying", "flood", "hostile"].map(str::to_owned);
    let mut settings = String::new();
    // Each at a host of its own, so that none waits for another's turn there.
    for name in well.iter().chain(&bad) {
        let host = MockServer::start().await;
        let (own, said) = (name.clone(), Arc::clone(&upstream));
        let answer = move |_: &Request| said.answer(&own);
        Mock::given(method("GET")).respond_with(answer).mount(&host).await;
        let url = host.uri();
        // Writing into a string cannot fail.
        let _ = write!(
            settings,
            "[[source]]\nkind = \"rss\"\nname = \"{name}\"\nurl = \"{url}\"\ninterval_s = 1\nallow_private = true\n"
        );
        hosts.push(host);
    }
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start { more: &settings, ..Start::default() }).await;
    let reader = server.partner("reader");
    let lasts = sized(Duration::from_secs(30), Duration::from_secs(3));
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    for round in 0..sized(12, 2) {
        let is_loud = [false, true, true, false][round % 4];
        upstream.is_loud.store(is_loud, Ordering::SeqCst);
        let delays = felt(&upstream, &reader, lasts).await;
        if is_loud { &mut loud } else { &mut quiet }.extend(delays);
    }
    let list = reader.ask("/api/v1/sources").await.expect_status(200).json();
    let account = |name: &str| {
        let all = list["sources"].as_array().expect("sources");
        let id = format!("feed:{name}");
        all.iter().find(|one| one["id"] == id.as_str()).expect("a source")["ledger"].clone()
    };
    let (flooded, lied) = (account("flood"), account("lying"));
    assert!(server.stop().success(), "an orderly end");
    let counts = (quiet.len(), loud.len());
    let (quiet, loud) = (p50(&mut quiet), p50(&mut loud));
    let ratio = loud / quiet;
    keep(
        "bad_sources",
        &json!({
            "well": WELL, "flood_items": FLOOD, "quiet": {"n": counts.0, "p50_ms": quiet},
            "loud": {"n": counts.1, "p50_ms": loud}, "p50_ratio": ratio, "gates": {"p50_ratio": P50_RATIO},
            "flood": flooded, "lying": lied,
        }),
    );
    assert!(flooded["accepted"].as_u64() >= Some(FLOOD), "{flooded}");
    assert_eq!((&lied["accepted"], lied["rejected"]["future_date"].is_u64()), (&json!(0), true));
    assert!(counts.0 > 0 && counts.1 > 0, "items came in both: {counts:?}");
    // Of a few seconds among other tests a time says nothing.
    assert!(!is_full() || ratio <= P50_RATIO, "the others' median: {quiet} and {loud} ms");
}
