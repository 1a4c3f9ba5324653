//! From an HTTP request to a bare socket that speaks websocket.
//!
//! The request is judged by the framework; the socket is then taken back from it, so that what goes out need not be
//! copied into a buffer of its own for each connection.

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::http::problem::Fault;

/// A request that may become a websocket.
pub(super) struct Upgrade {
    asked: WebSocketUpgrade,
    socket: OnUpgrade,
    accept: HeaderValue,
}

/// The socket, and what came over it before it was ours.
pub(super) struct Bare {
    pub(super) stream: TcpStream,
    pub(super) early: Bytes,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        // The framework's extractor takes its own copy away with it.
        let socket = parts.extensions.get::<OnUpgrade>().cloned();
        // RFC 6455, 4.2.1: once each, the key in base64. Which of two is meant, a proxy on the way may see otherwise.
        for name in [header::SEC_WEBSOCKET_KEY, header::SEC_WEBSOCKET_VERSION] {
            if parts.headers.get_all(&name).iter().count() > 1 {
                return Err(websocket_only(&format!("{name} must come once")));
            }
        }
        let key = parts.headers.get(header::SEC_WEBSOCKET_KEY).cloned();
        if key.as_ref().is_some_and(|key| !is_key(key)) {
            return Err(websocket_only(&"its key must be 16 bytes in base64"));
        }
        let asked = WebSocketUpgrade::from_request_parts(parts, &())
            .await
            .map_err(|refused| websocket_only(&refused))?;
        let (Some(socket), Some(key)) = (socket, key) else {
            return Err(websocket_only(&"this connection cannot become one"));
        };
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
            .map_err(|_not_a_header| websocket_only(&"its key is not one"))?;
        Ok(Self { asked, socket, accept })
    }
}

impl Upgrade {
    /// Speaks the first of these subprotocols that the client asked for; gives the name.
    pub(super) fn protocols(
        self,
        known: impl IntoIterator<Item = &'static str>,
    ) -> (Self, Option<HeaderValue>) {
        let asked = self.asked.protocols(known);
        let chosen = asked.selected_protocol().cloned();
        (Self { asked, ..self }, chosen)
    }

    /// The answer that makes it a websocket; `serve` gets the socket once the answer is out. What it gives runs in a task of
    /// its own, so that nothing of the handshake is kept with it.
    pub(super) fn accept<F>(
        self,
        protocol: Option<HeaderValue>,
        serve: impl FnOnce(Bare) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Self { socket, accept, .. } = self;
        tokio::spawn(async move {
            match socket.await.map(bare) {
                Ok(Some(bare)) => drop(tokio::spawn(serve(bare))),
                Ok(None) => tracing::error!("an upgraded connection is no socket of ours"),
                Err(error) => {
                    tracing::debug!(%error, "a connection ended before it was a websocket");
                }
            }
        });
        let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        if let Some(protocol) = protocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        answer
    }
}

/// Sixteen bytes in base64.
fn is_key(key: &HeaderValue) -> bool {
    let sign = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    let digits = key.as_bytes().strip_suffix(b"==");
    digits.is_some_and(|digits| digits.len() == 22 && digits.iter().all(sign))
}

fn bare(upgraded: Upgraded) -> Option<Bare> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    Some(Bare { stream: parts.io.into_inner(), early: parts.read_buf })
}

/// No websocket: the answer names what is wrong, and what to speak (RFC 9110, 15.5.22 and RFC 6455, 4.4).
fn websocket_only(wrong: &dyn std::fmt::Display) -> Response {
    let detail =
        format!("Open it as a websocket, or use /api/v1/live for server-sent events: {wrong}.");
    let title = "This address speaks websocket";
    let fault = Fault::new(StatusCode::UPGRADE_REQUIRED, "websocket-only", title, detail);
    let mut answer = fault.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    answer
}
