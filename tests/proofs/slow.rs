//! Those who hold a connection and send next to nothing: each is cut in time, whatever it does slowly, and meanwhile
//! everybody else is served.

use std::time::{Duration, Instant};

use serde_json::json;
use support::partner::Partner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::delivery::post;
use crate::record::{keep, sized};
use crate::server::{Server, Start, lines};

/// Promised: whoever is slow is gone by then.
const CUT: Duration = Duration::from_secs(15);

/// Between two drops.
const DROP: Duration = Duration::from_millis(500);

/// A healthy request takes no longer; slow ones hold on for twice as long, so it does not wait for their end.
const ANSWERED: Duration = Duration::from_secs(5);

/// A way to be slow: what is sent at once, and then a drop again and again.
#[derive(Debug, Clone)]
struct Way {
    name: &'static str,
    at_once: Vec<u8>,
    drop: Option<Vec<u8>>,
}

fn ways(key: &str) -> Vec<Way> {
    let head = |address: &str, headers: &str| {
        format!(
            "POST {address} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n{headers}\r\n\r\n"
        )
    };
    let way = |name, at_once: String, drop: Option<&str>| Way {
        name,
        at_once: at_once.into_bytes(),
        drop: drop.map(|drop| drop.as_bytes().to_vec()),
    };
    let long = "Content-Type: application/x-ndjson\r\nContent-Length: 1000000";
    let chunked = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked";
    let sign_in = "Content-Type: application/json\r\nContent-Length: 4000";
    let whole = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";
    vec![
        way("nothing", String::new(), None),
        way("the head letter by letter", "GET /healthz HTTP/1.1\r\nX-Long: ".to_owned(), Some("a")),
        way("header by header", "GET / HTTP/1.1\r\nHost: here\r\n".to_owned(), Some("X-A: b\r\n")),
        // Three that need a place in which bodies are read, more of them than there are places.
        way("a body in drops", head("/api/v1/reports", long), Some(" ")),
        way("observations in drops", head("/api/v1/observations", long), Some(" ")),
        way("a body chunk by chunk", head("/api/v1/reports", chunked), Some("1\r\n \r\n")),
        way("a sign-in in drops", head("/api/v1/session", sign_in), Some(" ")),
        way("nothing after a request", whole.to_owned(), None),
    ]
}

/// Is slow until it is cut; how long that took, or `None` if it was still there when `patience` ended.
async fn slow(address: String, way: Way, patience: Duration) -> Option<Duration> {
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let begun = Instant::now();
    let cut = async {
        let mut said = [0; 4 << 10];
        drop(stream.write_all(&way.at_once).await);
        let mut ticks = tokio::time::interval(DROP);
        loop {
            tokio::select! {
                read = stream.read(&mut said) => if read.is_ok_and(|n| n > 0) { continue } else { return },
                _ = ticks.tick() => {}
            }
            // Refused, the end shows with the next read.
            if let Some(drop) = &way.drop {
                std::mem::drop(stream.write_all(drop).await);
            }
        }
    };
    tokio::time::timeout(patience, cut).await.ok().map(|()| begun.elapsed())
}

/// Asks and reports as everybody does, until told to stop; the longest that took, in milliseconds.
async fn healthy(partner: Partner, stop: watch::Receiver<bool>) -> (u64, u64) {
    let (mut n, mut longest) = (0, 0);
    while !*stop.borrow() {
        let begun = Instant::now();
        let all = async {
            // Small, and one that is read in a place.
            for size in [1, 100] {
                let body = String::from_utf8(lines("h", n * 200, size)).expect("text");
                let accepted = post(&partner, body, size).await;
                assert!(accepted.is_some(), "a healthy report is accepted");
            }
            partner.ask("/api/v1/reports?limit=1").await.expect_status(200);
        };
        let in_time = tokio::time::timeout(ANSWERED, all).await;
        assert!(in_time.is_ok(), "no answer within {ANSWERED:?} beside the slow ones");
        longest = longest.max(begun.elapsed().as_millis() as u64);
        n += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (n, longest)
}

struct Outcome {
    cut: Vec<Duration>,
    /// How those that were not cut were slow.
    left: Vec<&'static str>,
    n_healthy: u64,
    healthy_ms_max: u64,
    rss_each: f64,
    sockets_left: usize,
}

async fn run(n: usize, limits: &str, patience: Duration) -> Outcome {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start { limits, ..Start::default() }).await;
    let partner = server.partner("w");
    let address = server.base.trim_start_matches("http://").to_owned();
    let (stop, stopped) = watch::channel(false);
    let asking = tokio::spawn(healthy(partner.clone(), stopped));
    let (rss, sockets) = (server.rss_bytes(), server.n_sockets());
    let ways = ways(&partner.key);
    let mut running = JoinSet::new();
    for number in 0..n {
        let way = ways[number % ways.len()].clone();
        let address = address.clone();
        running.spawn(async move { (way.name, slow(address, way, patience).await) });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let rss_each = (server.rss_bytes() - rss) / n as f64;
    let (mut cut, mut left) = (Vec::new(), Vec::new());
    while let Some(ended) = running.join_next().await {
        match ended.expect("a slow one") {
            (_, Some(took)) => cut.push(took),
            (name, None) => left.push(name),
        }
    }
    stop.send_replace(true);
    let (n_healthy, healthy_ms_max) = asking.await.expect("the healthy one is answered");
    let sockets_left = server.n_sockets().saturating_sub(sockets);
    Outcome { cut, left, n_healthy, healthy_ms_max, rss_each, sockets_left }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_connections_are_all_cut_in_time_and_everybody_else_is_answered() {
    let n = sized(2_000, 200);
    let outcome = run(n, "", CUT).await;
    let last = outcome.cut.iter().max().copied().unwrap_or_default();
    keep(
        "slow_http",
        &json!({
            "sockets": n, "ways": ways("").iter().map(|way| way.name).collect::<Vec<_>>(),
            "cut": outcome.cut.len(), "left": outcome.left, "last_cut_ms": last.as_millis() as u64,
            "healthy_rounds": outcome.n_healthy, "healthy_round_ms_max": outcome.healthy_ms_max,
            "rss_bytes_each": outcome.rss_each as i64, "sockets_left": outcome.sockets_left,
        }),
    );
    assert_eq!((outcome.cut.len(), outcome.left), (n, Vec::new()));
    assert!(outcome.n_healthy > 0);
    // The one who asks keeps a connection or two.
    assert!(outcome.sockets_left < 8, "{} sockets are left", outcome.sockets_left);
}

/// The control: without these limits nobody is cut, and that is found out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_connections_that_a_server_bears_are_found_out() {
    for (limit_ms, n_left) in [(500, 0), (60_000, 40)] {
        let limits = format!("header_timeout_ms = {limit_ms}\nbody_stall_ms = {limit_ms}");
        let outcome = run(40, &limits, Duration::from_secs(4)).await;
        assert_eq!(outcome.left.len(), n_left, "with {limit_ms} ms");
    }
}
