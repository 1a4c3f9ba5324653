//! A network's stream that is kept here: it tells what it holds from a cursor on, inclusive, then what comes, and drops whom it is told to.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

#[derive(Debug, Default)]
struct Held {
    events: Vec<(i64, String)>,
    asked: Vec<String>,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Jetstream {
    /// `ws://127.0.0.1:PORT/subscribe`.
    pub url: String,
    /// It knows no cursor: who was away has missed what was said.
    forgets: bool,
    held: Arc<Mutex<Held>>,
    /// How many events there are, and how often all were dropped.
    news: watch::Sender<(usize, u32)>,
}

impl Jetstream {
    /// One that holds nothing, on a free port.
    pub async fn start() -> Self {
        Self::with(false).await
    }

    /// The control: one that knows no cursor.
    pub async fn forgetful() -> Self {
        Self::with(true).await
    }

    async fn with(forgets: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/subscribe", listener.local_addr().expect("an address"));
        let stream = Self { url, forgets, held: Arc::default(), news: watch::Sender::new((0, 0)) };
        let served = stream.clone();
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.tell(line).await });
            }
        });
        stream
    }

    fn held<T>(&self, act: impl FnOnce(&mut Held) -> T) -> T {
        act(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Something happens at a moment in microseconds.
    pub fn say(&self, time_us: i64, event: impl Into<String>) {
        let n = self.held(|held| {
            held.events.push((time_us, event.into()));
            held.events.len()
        });
        self.news.send_modify(|news| news.0 = n);
    }

    /// All who listen are dropped.
    pub fn drop_all(&self) {
        self.news.send_modify(|news| news.1 += 1);
    }

    /// The questions with which it was opened.
    pub fn asked(&self) -> Vec<String> {
        self.held(|held| held.asked.clone())
    }

    async fn tell(&self, line: TcpStream) {
        let mut news = self.news.subscribe();
        let drops = news.borrow_and_update().1;
        let mut query = String::new();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let read = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            request.uri().query().unwrap_or_default().clone_into(&mut query);
            Ok(response)
        };
        let Ok(mut socket) = accept_hdr_async(line, read).await else { return };
        self.held(|held| held.asked.push(query.clone()));
        let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor=")?.parse().ok());
        let cursor = cursor.filter(|_| !self.forgets);
        // Without a cursor it tells what comes from now on.
        let mut next = cursor.map_or_else(|| self.held(|held| held.events.len()), |_| 0);
        let from: i64 = cursor.unwrap_or(i64::MIN);
        loop {
            let some: Vec<(i64, String)> =
                self.held(|held| held.events[next..].iter().take(500).cloned().collect());
            next += some.len();
            for (_, event) in some.iter().filter(|(at, _)| *at >= from) {
                if socket.feed(Message::text(event.clone())).await.is_err() {
                    return;
                }
            }
            if socket.flush().await.is_err() || news.borrow().1 != drops {
                return;
            }
            if !some.is_empty() {
                continue;
            }
            tokio::select! {
                _ = news.changed() => {}
                // Whoever sends anything but the like of a pong is closed, as the network does.
                said = socket.next() => match said {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return,
                },
            }
        }
    }
}

/// A post, as the network tells it.
pub fn post(did: &str, rkey: &str, time_us: i64, text: &str) -> String {
    let created = wire::time::Timestamp(time_us / 1_000).to_string();
    json!({"did": did, "time_us": time_us, "kind": "commit", "commit": {"rev": "3k", "operation": "create",
        "collection": "app.bsky.feed.post", "rkey": rkey, "cid": "bafy",
        "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": created, "langs": ["ca"]}}})
    .to_string()
}

/// A post is withdrawn.
pub fn withdrawal(did: &str, rkey: &str, time_us: i64) -> String {
    json!({"did": did, "time_us": time_us, "kind": "commit", "commit": {"rev": "3k", "operation": "delete",
        "collection": "app.bsky.feed.post", "rkey": rkey}})
    .to_string()
}

/// An account is gone.
pub fn account_gone(did: &str, time_us: i64) -> String {
    json!({"did": did, "time_us": time_us, "kind": "account",
        "account": {"active": false, "did": did, "seq": 1, "status": "deleted"}})
    .to_string()
}
