//! Ten thousand at once: connections that only listen, and connections that look at a street, each in a run of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use wire::frame::{ClientFrame, ServerFrame};

use super::follower::{frames_of, open};
use super::street;
use crate::record::{keep, sized};
use crate::server::{Server, Start};

/// Handshakes under way at once.
const AT_ONCE: usize = 64;

/// Streets they look at.
const STREETS: usize = 200;

/// What a crowd hears.
#[derive(Debug, Default)]
struct Heard {
    open: AtomicU64,
    /// With the greeting, and if they look the first counter line.
    settled: AtomicU64,
    heartbeats: AtomicU64,
    /// Those that were told that they hold everything up to the goal.
    reached: AtomicU64,
    goal: AtomicU64,
}

/// Opens `n` connections; with `looks` each looks at a street.
async fn gather(base: &str, key: &str, n: usize, looks: bool, heard: &Arc<Heard>) {
    let turns = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    for number in 0..n {
        let turn = Arc::clone(&turns).acquire_owned().await.expect("turns");
        let (base, key, heard) = (base.to_owned(), key.to_owned(), Arc::clone(heard));
        tokio::spawn(async move {
            let mut socket = open(&base, &key, true, None).await.expect("a place");
            if looks {
                let view = ClientFrame::View(street::view(number % STREETS).into());
                let view = Message::binary(wire::codec::encode_client(&view));
                socket.send(view).await.expect("the view is sent");
            }
            drop(turn);
            heard.open.fetch_add(1, Ordering::Relaxed);
            let (mut settled, mut reached) = (false, false);
            while let Some(Ok(message)) = socket.next().await {
                for frame in frames_of(&message) {
                    let settles = match &frame {
                        ServerFrame::Hello(_) => !looks,
                        ServerFrame::Totals(_) => looks,
                        _ => false,
                    };
                    if settles && !settled {
                        settled = true;
                        heard.settled.fetch_add(1, Ordering::Relaxed);
                    }
                    if matches!(frame, ServerFrame::Heartbeat(_)) {
                        heard.heartbeats.fetch_add(1, Ordering::Relaxed);
                    }
                    let goal = heard.goal.load(Ordering::Relaxed);
                    if let ServerFrame::Totals(totals) = frame
                        && !reached
                        && goal > 0
                        && totals.seq >= goal
                    {
                        reached = true;
                        heard.reached.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            heard.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn until(what: &str, heard: &Heard, done: impl Fn(&Heard) -> bool) -> Duration {
    let begun = Instant::now();
    while !done(heard) {
        assert!(begun.elapsed() < Duration::from_mins(5), "{what}: {heard:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

async fn crowd(looks: bool) -> serde_json::Value {
    let n = sized(10_000, 200);
    let stay = Duration::from_secs(sized(30, 4));
    let dir = tempfile::tempdir().expect("a directory");
    // Canaries take numbers of the journal too, and the goal of everybody is named before it is written.
    let limits = "canary_ms = 0";
    let server = Server::start(dir.path(), Start { limits, ..Start::default() }).await;
    let partner = server.partner("w");
    let written_to = street::write(&partner, STREETS, 0, 2_000).await.expect("an answer");
    let heard = Arc::new(Heard::default());
    // A few first, so that what a server sets up once is not counted.
    gather(&server.base, &partner.key, 50, looks, &heard).await;
    until("the first", &heard, |heard| heard.settled.load(Ordering::Relaxed) == 50).await;
    let before = server.rss_bytes();
    let begun = Instant::now();
    gather(&server.base, &partner.key, n, looks, &heard).await;
    let all = n as u64 + 50;
    until("everybody", &heard, |heard| heard.settled.load(Ordering::Relaxed) == all).await;
    let gathered = begun.elapsed();
    let rss = server.rss_bytes() - before;
    let heartbeats = heard.heartbeats.load(Ordering::Relaxed);
    tokio::time::sleep(stay).await;
    let heartbeats = heard.heartbeats.load(Ordering::Relaxed) - heartbeats;
    let due = all * stay.as_secs() / 2;
    let mut delivered_ms = None;
    if looks {
        // One report in each street: everybody is sent something.
        let n = STREETS as u64;
        heard.goal.store(written_to + n, Ordering::Relaxed);
        let written = Instant::now();
        let seq = street::write(&partner, STREETS, 2_000, n).await.expect("an answer");
        assert_eq!(seq, written_to + n);
        until("a report", &heard, |heard| heard.reached.load(Ordering::Relaxed) == all).await;
        delivered_ms = Some(written.elapsed().as_millis() as u64);
    }
    let lost = all - heard.open.load(Ordering::Relaxed);
    assert_eq!(lost, 0, "somebody was lost");
    assert!(heartbeats * 10 >= due * 8, "{heartbeats} heartbeats where {due} were due");
    json!({
        "connections": n, "gathered_ms": gathered.as_millis() as u64, "stayed_s": stay.as_secs(),
        "lost": lost, "rss_bytes_each": (rss / n as f64) as i64,
        "heartbeats": heartbeats, "heartbeats_due": due, "report_to_all_ms": delivered_ms,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_crowd_that_only_listens_is_held() {
    keep("delivery_crowd_idle", &crowd(false).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_crowd_that_looks_is_held_and_served() {
    keep("delivery_crowd_subscribed", &crowd(true).await);
}
