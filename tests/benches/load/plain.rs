//! The peer of `socket-memory`: a websocket of the same framework as it comes, that greets, echoes, and knows nothing.

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;

use crate::child::{self, Part};

/// A running peer.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) part: Part,
    pub(crate) base: String,
}

impl Plain {
    pub(crate) fn start() -> Self {
        let (part, base) = Part::start("plain", &[]);
        Self { part, base }
    }
}

/// The role itself.
pub(crate) async fn run() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/live", get(upgrade));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    child::say(&base);
    child::serve(async |_line| "here".to_owned()).await;
    serving.abort();
}

async fn upgrade(upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(["talaia.v1.json"]).on_upgrade(|mut socket: WebSocket| async move {
        if socket.send(Message::Text("{\"type\":\"hello\"}".into())).await.is_err() {
            return;
        }
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    })
}
