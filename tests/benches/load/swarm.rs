//! The swarm: many clients of `/live` in one process, from several loopback addresses, each reading all it is sent.
//!
//! `swarm BASE KEY N VIEW` with the view frame as JSON, or `swarm BASE raw N ""` for plain TCP. It answers each line by
//! how many frames and bytes were read so far, and how many sockets are open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::child::{self, Part};

/// Source addresses in use: one has 28,000 ports.
const ADDRESSES: u8 = 8;

/// Connections under way at once: a swarm, not a flood of handshakes.
const AT_ONCE: usize = 64;

#[derive(Debug, Default)]
struct Counts {
    frames: AtomicU64,
    bytes: AtomicU64,
    open: AtomicU64,
}

/// What the swarm read so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) open: u64,
}

/// A running swarm, from outside.
#[derive(Debug)]
pub(crate) struct Swarm(pub(crate) Part);

impl Swarm {
    /// Starts it; all its sockets are open when this returns.
    pub(crate) fn start(base: &str, key: &str, n: usize, view: &str) -> Self {
        let arguments = [base.to_owned(), key.to_owned(), n.to_string(), view.to_owned()];
        let (part, first) = Part::start("swarm", &arguments);
        assert_eq!(first, "open", "the swarm");
        Self(part)
    }

    pub(crate) fn read(&mut self) -> Read {
        let told: serde_json::Value = serde_json::from_str(&self.0.ask("read")).unwrap();
        let number = |name: &str| told[name].as_u64().unwrap();
        Read { frames: number("frames"), bytes: number("bytes"), open: number("open") }
    }

    /// Waits until `n` frames were read, then until nothing more comes.
    pub(crate) async fn until(&mut self, enough: impl Fn(Read) -> bool) -> Read {
        let mut before = self.read();
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.read();
            if enough(now) && now.bytes == before.bytes {
                return now;
            }
            before = now;
        }
        panic!("the swarm was not sent enough in a minute: {before:?}");
    }
}

/// The role itself.
pub(crate) async fn run(arguments: &[String]) {
    let [base, key, n, view] = arguments else { panic!("swarm BASE KEY N VIEW") };
    let n: usize = n.parse().unwrap();
    let host = base.trim_start_matches("http://");
    let address: SocketAddr = host.parse().unwrap();
    let counts = Arc::new(Counts::default());
    let gate = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut opened = tokio::task::JoinSet::new();
    for i in 0..n {
        let (counts, gate) = (Arc::clone(&counts), Arc::clone(&gate));
        let (base, key, view) = (base.clone(), key.clone(), view.clone());
        opened.spawn(async move {
            let _turn = gate.acquire().await.unwrap();
            let socket = connect(address, i).await;
            if key == "raw" {
                tokio::spawn(drain(socket, counts));
            } else {
                follow(socket, &base, &key, view, counts).await;
            }
        });
    }
    while let Some(done) = opened.join_next().await {
        done.unwrap();
    }
    child::say("open");
    child::serve(async |_line| {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        json!({ "frames": load(&counts.frames), "bytes": load(&counts.bytes), "open": load(&counts.open) })
            .to_string()
    })
    .await;
}

async fn connect(to: SocketAddr, i: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let last = 2 + (i % usize::from(ADDRESSES)) as u8;
    socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
    let stream = socket.connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

async fn drain(mut socket: TcpStream, counts: Arc<Counts>) {
    counts.open.fetch_add(1, Ordering::Relaxed);
    let mut room = [0; 4096];
    while let Ok(n @ 1..) = socket.read(&mut room).await {
        counts.bytes.fetch_add(n as u64, Ordering::Relaxed);
    }
    counts.open.fetch_sub(1, Ordering::Relaxed);
}

/// Shakes hands, says what to look at, and reads from then on in a task of its own.
async fn follow(socket: TcpStream, base: &str, key: &str, view: String, counts: Arc<Counts>) {
    let url = format!("{}/live", base.replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {key}")).unwrap());
    headers.insert("sec-websocket-protocol", HeaderValue::from_static("talaia.v1.json"));
    let (mut live, _answer) = tokio_tungstenite::client_async(request, socket).await.unwrap();
    live.send(Message::Text(view.into())).await.unwrap();
    counts.open.fetch_add(1, Ordering::Relaxed);
    tokio::spawn(async move {
        while let Some(Ok(message)) = live.next().await {
            if let Message::Text(text) = &message
                && !text.contains("\"heartbeat\"")
            {
                counts.frames.fetch_add(1, Ordering::Relaxed);
                counts.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
            }
        }
        counts.open.fetch_sub(1, Ordering::Relaxed);
    });
}
