//! Canaries on a whole server: how far they come, what they leave alone, and who is told when they stay away.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::Stage;
use crate::clock::Clock;
use crate::config::Config;
use crate::runtime::{Running, start};
use crate::store::Store;

const PATIENCE: Duration = Duration::from_secs(30);

fn config(dir: &Path, canary_ms: u32, webhook: Option<String>) -> Config {
    let mut config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.to_path_buf(),
        name: "sala".to_owned(),
        canary_webhook: webhook,
        ..Config::default()
    };
    config.limits.canary_ms = canary_ms;
    config
}

async fn server(dir: &Path, canary_ms: u32, webhook: Option<String>) -> Running {
    start(config(dir, canary_ms, webhook), Clock::System).await.expect("starts")
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(std::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn published(running: &Running) -> bool {
    Mode::ALL.iter().all(|mode| running.app.hub.canary(*mode).is_some())
}

async fn n_of_kind(running: &Running, kind: &str) -> usize {
    let rows = running.app.store.read_after(0, 1_000).await.expect("rows");
    rows.iter().filter(|row| row.row().kind == kind).count()
}

fn head(running: &Running) -> u64 {
    running.app.worlds.read(Mode::Live).head()
}

#[tokio::test]
async fn a_canary_comes_to_the_hub_of_each_mode_and_nothing_that_is_told_moves() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = server(dir.path(), 30, None).await;
    until("canaries of both modes are published", async || published(&running)).await;
    assert!(n_of_kind(&running, "canary").await >= 2, "they stand in the journal");
    assert_eq!(head(&running), 0, "people are told the same number as before");
    assert_eq!(running.app.hub.head(Mode::Live), 0);
    assert!(running.app.store.sources().await.expect("sources").is_empty(), "no account");
    for mode in Mode::ALL {
        assert_eq!(running.app.worlds.read(mode).n_reports(), 0);
        assert_eq!(running.app.worlds.read(mode).newest(), None);
    }
    running.kill().await;
    // The journal with its canaries is whole, and the numbers stand where they stood.
    let again = server(dir.path(), 0, None).await;
    assert_eq!(head(&again), 0);
    assert!(again.app.store.head().await.expect("a head").0 >= 2);
    again.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn a_canary_comes_in_as_a_partner_does_and_not_where_no_connection_is_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), 300, None);
    config.limits.connections_max = 1;
    let running = start(config, Clock::System).await.expect("starts");
    // The one connection there is room for, before the first canary is said.
    let guest = tokio::net::TcpStream::connect(running.addr).await.expect("a connection");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(Mode::ALL.iter().all(|mode| running.app.hub.canary(*mode).is_none()), "none came in");
    drop(guest);
    until("canaries of both modes are published", async || published(&running)).await;
    running.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn without_canaries_none_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = server(dir.path(), 0, None).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(n_of_kind(&running, "canary").await, 0);
    running.stop().await.expect("an orderly end");
}

async fn events(hook: &MockServer) -> Vec<(String, String)> {
    let requests = hook.received_requests().await.unwrap_or_default();
    let read = |body: &[u8]| -> Value { serde_json::from_slice(body).expect("JSON") };
    let mut events: Vec<(String, String)> = requests
        .iter()
        .map(|request| read(&request.body))
        .map(|news| {
            let word = |name: &str| news[name].as_str().unwrap_or_default().to_owned();
            assert!(word("text").contains("Talaia sala"), "{news}");
            (word("mode"), format!("{} {}", word("event"), word("stage")).trim_end().to_owned())
        })
        .collect();
    // The modes are watched side by side; within one the order stands.
    events.sort_by(|a, b| a.0.cmp(&b.0));
    events
}

#[tokio::test]
async fn a_journal_that_takes_nothing_is_told_once_and_so_is_its_return() {
    let dir = tempfile::tempdir().expect("a directory");
    let hook = MockServer::start().await;
    // The first word is refused: it is said again.
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&hook)
        .await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&hook).await;
    let running = server(dir.path(), 200, Some(hook.uri())).await;
    until("canaries are published", async || published(&running)).await;
    let Store::Sqlite(sqlite) = &running.app.store else { panic!("the default is SQLite") };
    let held = sqlite.writer.acquire().await.expect("the only writer");
    let late = |mode: &str| (mode.to_owned(), "canary_late world".to_owned());
    let back = |mode: &str| (mode.to_owned(), "canary_back".to_owned());
    until("both modes are told as late", async || events(&hook).await.len() >= 3).await;
    let now = running.app.clock.now();
    assert!(Stage::ALL.iter().all(|stage| stage.age_ms(&running.app, Mode::Live, now) > 400));
    // Looked at again and again meanwhile, and not told again.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(events(&hook).await.len(), 3, "{:?}", events(&hook).await);
    drop(held);
    until("both modes are told as back", async || events(&hook).await.len() >= 5).await;
    let mut events = events(&hook).await;
    events.dedup();
    let each = ["exercise", "live"].into_iter().flat_map(|mode| [late(mode), back(mode)]);
    assert_eq!(events, each.collect::<Vec<_>>());
    running.stop().await.expect("an orderly end");
}
