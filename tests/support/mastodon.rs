//! A Mastodon server, as far as hashtags are listened to: its stream, and its timelines by number.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

/// The token that opens it.
pub const TOKEN: &str = "a-token";

#[derive(Debug, Default)]
struct Held {
    statuses: Vec<(u64, Value)>,
    frames: Vec<String>,
    asked: Vec<u64>,
    listeners: usize,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Mastodon {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    held: Arc<Mutex<Held>>,
    news: watch::Sender<(usize, u32)>,
}

#[derive(Deserialize)]
struct Page {
    min_id: u64,
    limit: usize,
}

impl Mastodon {
    /// An empty one on a free port.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { url, held: Arc::default(), news: watch::Sender::new((0, 0)) };
        let routes = Router::new()
            .route("/api/v1/streaming", get(stream))
            .route("/api/v1/timelines/tag/{tag}", get(timeline))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        server
    }

    fn held<T>(&self, act: impl FnOnce(&mut Held) -> T) -> T {
        act(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A status with this number is published.
    pub fn publish(&self, number: u64, html: &str) {
        let moment = wire::time::Timestamp((number >> 16) as i64).to_string();
        let status = json!({"id": number.to_string(), "created_at": moment, "edited_at": null, "visibility": "public",
            "content": html, "language": "ca", "url": "https://m.example/@a/1", "account": {"acct": "a"}, "reblog": null});
        self.held(|held| held.statuses.push((number, status.clone())));
        self.tell("update", &status.to_string());
    }

    /// A status is withdrawn.
    pub fn withdraw(&self, number: u64) {
        self.held(|held| held.statuses.retain(|(other, _)| *other != number));
        self.tell("delete", &number.to_string());
    }

    fn tell(&self, event: &str, payload: &str) {
        let frame = json!({"stream": ["hashtag", "dana"], "event": event, "payload": payload});
        let n = self.held(|held| {
            held.frames.push(frame.to_string());
            held.frames.len()
        });
        self.news.send_modify(|news| news.0 = n);
    }

    /// All who listen are dropped.
    pub fn drop_all(&self) {
        self.news.send_modify(|news| news.1 += 1);
    }

    /// From which numbers on timelines were asked for.
    pub fn asked(&self) -> Vec<u64> {
        self.held(|held| held.asked.clone())
    }

    /// How often it was listened to.
    pub fn listeners(&self) -> usize {
        self.held(|held| held.listeners)
    }
}

fn may(headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given == Some(&format!("Bearer {TOKEN}"))
}

async fn timeline(
    State(server): State<Mastodon>,
    headers: HeaderMap,
    Path(tag): Path<String>,
    Query(Page { min_id, limit }): Query<Page>,
) -> Response {
    if !may(&headers) || tag != "dana" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let page = server.held(|held| {
        held.asked.push(min_id);
        let after = held.statuses.iter().filter(|(number, _)| *number > min_id);
        let mut page: Vec<Value> = after.take(limit).map(|(_, status)| status.clone()).collect();
        page.reverse();
        page
    });
    axum::Json(page).into_response()
}

async fn stream(
    State(server): State<Mastodon>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !may(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    upgrade.on_upgrade(move |socket| tell(server, socket))
}

async fn tell(server: Mastodon, mut socket: WebSocket) {
    let mut news = server.news.subscribe();
    let drops = news.borrow_and_update().1;
    let Some(Ok(Message::Text(wish))) = socket.recv().await else { return };
    let wish: Value = serde_json::from_str(&wish).unwrap_or_default();
    if wish != json!({"type": "subscribe", "stream": "hashtag", "tag": "dana"}) {
        return;
    }
    // Who listens hears what is said from now on.
    let mut next = server.held(|held| {
        held.listeners += 1;
        held.frames.len()
    });
    loop {
        let some: Vec<String> = server.held(|held| held.frames[next..].to_vec());
        next += some.len();
        for frame in some {
            if socket.send(Message::text(frame)).await.is_err() {
                return;
            }
        }
        if news.borrow().1 != drops {
            return;
        }
        tokio::select! {
            _ = news.changed() => {}
            said = socket.recv() => if said.is_none() { return },
        }
    }
}
