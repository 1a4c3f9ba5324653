//! A client of `/live`: collects frames into a [`Model`], by JSON or by the binary subprotocol.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use wire::frame::{ClientFrame, SUBPROTOCOL_BIN, SUBPROTOCOL_JSON, ServerFrame};
use wire::view::View;

use crate::model::Model;
use crate::operator::Operator;
use crate::partner::Partner;
use crate::wait::PATIENCE;

/// JSON or binary frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `talaia.v1.json`.
    Json,
    /// `talaia.v1.bin`.
    Bin,
    /// No subprotocol offered; the server speaks JSON.
    Unsaid,
}

/// Who connects, and how.
#[derive(Debug, Clone)]
pub struct Dial {
    /// `http://…` of the server.
    pub base: String,
    /// Headers of the request, such as the key or the cookie and the Origin.
    pub headers: Vec<(&'static str, String)>,
    /// The subprotocol.
    pub encoding: Encoding,
    /// From where to resume.
    pub cursor: Option<(String, u64)>,
}

impl Dial {
    /// Nobody in particular.
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned(), headers: Vec::new(), encoding: Encoding::Json, cursor: None }
    }

    /// A partner with its key.
    pub fn partner(partner: &Partner) -> Self {
        let mut dial = Self::new(&partner.base);
        dial.headers.push(("authorization", format!("Bearer {}", partner.key)));
        dial
    }

    /// An operator with the cookie, from our own page.
    pub fn operator(operator: &Operator) -> Self {
        let mut dial = Self::new(&operator.base);
        dial.headers.push(("origin", operator.base.clone()));
        if let Some(cookie) = &operator.cookie {
            dial.headers.push(("cookie", cookie.clone()));
        }
        dial
    }

    /// With this subprotocol.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Resuming from here.
    #[must_use]
    pub fn resume(mut self, cursor: Option<(String, u64)>) -> Self {
        self.cursor = cursor;
        self
    }

    /// Connects; the error carries the HTTP status when the upgrade was refused.
    pub async fn try_connect(&self) -> Result<LiveClient, u16> {
        let at = self.base.replacen("http", "ws", 1);
        let query = self
            .cursor
            .as_ref()
            .map(|(epoch, seq)| format!("?epoch={epoch}&seq={seq}"))
            .unwrap_or_default();
        let mut request =
            format!("{at}/live{query}").into_client_request().expect("a websocket address");
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        let offer = match self.encoding {
            Encoding::Json => Some(SUBPROTOCOL_JSON),
            Encoding::Bin => Some(SUBPROTOCOL_BIN),
            Encoding::Unsaid => None,
        };
        if let Some(offer) = offer {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(offer));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _response)) => Ok(LiveClient {
                socket,
                encoding: self.encoding,
                model: Model::default(),
                bytes: 0,
                messages: 0,
                heard: None,
                frames: Vec::new(),
                waiting: VecDeque::new(),
                closed: None,
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("cannot reach {}: {other}", self.base),
        }
    }

    /// Connects.
    pub async fn connect(&self) -> LiveClient {
        self.try_connect().await.unwrap_or_else(|status| panic!("/live answered {status}"))
    }
}

/// One open session.
#[derive(Debug)]
pub struct LiveClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    encoding: Encoding,
    /// What this client holds.
    pub model: Model,
    /// Bytes of frames received.
    pub bytes: usize,
    /// Messages they came in.
    pub messages: usize,
    /// Every frame's bytes, heartbeats too, as they came; kept only by a client that was given a place for them.
    pub heard: Option<Vec<u8>>,
    /// Every frame received but heartbeats, in order.
    pub frames: Vec<ServerFrame>,
    /// Came with the message of the one before, and not taken yet.
    waiting: VecDeque<ServerFrame>,
    /// The close code and its reason, once closed.
    pub closed: Option<(u16, String)>,
}

impl LiveClient {
    /// Continues with what an earlier session of the same client held.
    #[must_use]
    pub fn holding(mut self, model: Model) -> Self {
        self.model = Model { resets: Vec::new(), ..model };
        self
    }

    /// Looks at a view.
    pub async fn look(&mut self, view: &View) {
        self.model.look(view);
        self.send(&ClientFrame::View(view.clone().into())).await;
    }

    /// Sends a client frame.
    pub async fn send(&mut self, frame: &ClientFrame) {
        let message = match self.encoding {
            Encoding::Bin => Message::binary(wire::codec::encode_client(frame)),
            Encoding::Json | Encoding::Unsaid => {
                Message::text(serde_json::to_string(frame).expect("a client frame is JSON"))
            }
        };
        self.send_raw(message).await;
    }

    /// Sends anything. A peer that has closed already is not an error here: the close code tells.
    pub async fn send_raw(&mut self, message: Message) {
        if let Err(cause) = self.socket.send(message).await {
            assert!(
                matches!(
                    cause,
                    Error::ConnectionClosed
                        | Error::AlreadyClosed
                        | Error::Io(_)
                        | Error::Protocol(_)
                ),
                "cannot send: {cause}"
            );
        }
    }

    /// Sends this again and again, and hears what comes meanwhile, until the model satisfies the condition or it is
    /// closed. A server that reads slowly is no reason to wait: what it does not take stays with us.
    pub async fn flood(&mut self, message: &Message, mut done: impl FnMut(&Model) -> bool) {
        let start = Instant::now();
        while self.closed.is_none() && !done(&self.model) {
            assert!(start.elapsed() < PATIENCE, "flooded for {PATIENCE:?} in vain");
            let brief = Duration::from_millis(1);
            // Not sent yet means that the socket is full, as a flood wants it.
            drop(tokio::time::timeout(brief, self.send_raw(message.clone())).await);
            while self.closed.is_none()
                && let Ok(heard) = tokio::time::timeout(Duration::ZERO, self.socket.next()).await
            {
                self.take(heard);
                self.apply_all();
            }
        }
    }

    /// The next frame, or `None` once closed; panics after `patience`.
    pub async fn next_within(&mut self, patience: Duration) -> Option<ServerFrame> {
        let start = Instant::now();
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                self.apply(&frame);
                return Some(frame);
            }
            if self.closed.is_some() {
                return None;
            }
            let left = patience.saturating_sub(start.elapsed());
            let next = tokio::time::timeout(left, self.socket.next()).await;
            let message = next.unwrap_or_else(|_late| panic!("no frame within {patience:?}"));
            self.take(message);
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        self.messages += 1;
        if let Some(heard) = &mut self.heard {
            heard.extend_from_slice(bytes);
        }
    }

    /// Puts the frames of a message behind those that wait already.
    fn take(&mut self, message: Option<Result<Message, Error>>) {
        match message {
            Some(Ok(Message::Text(text))) => {
                assert_ne!(self.encoding, Encoding::Bin, "a text frame on the binary subprotocol");
                self.hear(text.as_bytes());
                let frame = serde_json::from_str(&text)
                    .unwrap_or_else(|cause| panic!("not a frame ({cause}): {text}"));
                self.waiting.push_back(frame);
            }
            Some(Ok(Message::Binary(bytes))) => {
                assert_eq!(self.encoding, Encoding::Bin, "a binary frame on JSON");
                self.hear(&bytes);
                let frames = wire::codec::decode_message(&bytes);
                self.waiting.extend(frames.unwrap_or_else(|cause| panic!("not a frame: {cause}")));
            }
            Some(Ok(Message::Close(frame))) => {
                self.closed = Some(frame.map_or((1005, String::new()), |frame| {
                    (u16::from(frame.code), frame.reason.to_string())
                }));
            }
            Some(Ok(_ping)) => {}
            // The connection broke without a close frame.
            Some(Err(_)) | None => {
                self.closed.get_or_insert((1006, String::new()));
            }
        }
    }

    fn apply_all(&mut self) {
        while let Some(frame) = self.waiting.pop_front() {
            self.apply(&frame);
        }
    }

    fn apply(&mut self, frame: &ServerFrame) {
        self.model.apply(frame);
        if !matches!(frame, ServerFrame::Heartbeat(_)) {
            self.frames.push(frame.clone());
        }
    }

    /// The next frame, whatever it is.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        self.next_within(PATIENCE).await
    }

    /// Takes frames until the model satisfies the condition; panics with `what` after [`PATIENCE`].
    pub async fn until(&mut self, what: &str, mut done: impl FnMut(&Model) -> bool) {
        let start = Instant::now();
        while !done(&self.model) {
            if let Some(frame) = self.waiting.pop_front() {
                self.apply(&frame);
                continue;
            }
            assert_eq!(self.closed, None, "while waiting for: {what}");
            let left = PATIENCE.saturating_sub(start.elapsed());
            let next = tokio::time::timeout(left, self.socket.next()).await;
            let Ok(message) = next else {
                panic!("waited {PATIENCE:?} in vain for: {what}; holding {:?}", self.model.totals)
            };
            self.take(message);
        }
    }

    /// Takes frames until a counter line includes `seq`: then everything up to it has come.
    pub async fn caught_up(&mut self, seq: u64) {
        self.until(&format!("totals that include {seq}"), |model| {
            model.totals.is_some() && model.cursor.as_ref().is_some_and(|(_, at)| *at >= seq)
        })
        .await;
    }

    /// Looks at a view and takes the whole snapshot.
    pub async fn settle(&mut self, view: &View) {
        self.look(view).await;
        let n = view.cover().expect("a view that can be served").len();
        self.model.totals = None;
        self.until("the snapshot and its totals", |model| {
            model.totals.is_some() && model.tiles.len() as u64 == n
        })
        .await;
    }

    /// Waits for the server's close; the code and the reason.
    pub async fn until_closed(&mut self) -> (u16, String) {
        let start = Instant::now();
        while self.closed.is_none() {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let next = tokio::time::timeout(left, self.socket.next()).await;
            let message = next.unwrap_or_else(|_late| panic!("not closed within {PATIENCE:?}"));
            self.take(message);
            self.apply_all();
        }
        self.closed.clone().unwrap_or_default()
    }

    /// Ends without a word, as a train in a tunnel does; what it held stays.
    pub fn lose(self) -> Model {
        self.model
    }
}
