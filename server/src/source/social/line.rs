//! A websocket to a network: opened through the guard, read in groups, and nothing said on it that was not asked for.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::limits::{GROUP_MAX, GROUP_WAIT, MESSAGE_BYTES_MAX, SILENT_MAX};
use crate::source::dial::{Line, dial};
use crate::source::{FetchError, SourceConfig};

/// A websocket is opened within it, or not.
const OPEN_MAX: Duration = Duration::from_secs(10);

/// What is read of a network.
pub(super) type Socket = WebSocketStream<Box<dyn Line>>;

pub(super) fn passing(why: impl Into<String>) -> FetchError {
    FetchError::Passing { why: why.into(), retry_after: None }
}

/// Opens one; with a token, where the network wants to know who listens.
pub(super) async fn open(
    config: &SourceConfig,
    url: &url::Url,
    token: Option<&str>,
) -> Result<Socket, FetchError> {
    let is_encrypted = url.scheme() == "wss";
    let host = url.host_str().unwrap_or_default();
    let port = url.port().unwrap_or(if is_encrypted { 443 } else { 80 });
    let line = dial(config, (host, port), is_encrypted).await?;
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|cause| passing(format!("its url is no address: {cause}")))?;
    if let Some(token) = token {
        let value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_bad| FetchError::Forbidden("the token is no line of signs".to_owned()))?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let settings = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let opened = client_async_with_config(request, line, Some(settings)).boxed();
    let opened = tokio::time::timeout(OPEN_MAX, opened).await;
    let (stream, _answer) = opened
        .map_err(|_late| passing("it does not open a websocket in time"))?
        .map_err(|cause| passing(format!("it opens no websocket: {cause}")))?;
    Ok(stream)
}

/// Messages that were told together, and why there are no more, if so.
pub(super) struct Told {
    pub(super) messages: Vec<Utf8Bytes>,
    pub(super) end: Option<String>,
}

/// Waits for a message, and a moment for more.
pub(super) async fn group(socket: &mut Socket) -> Told {
    let mut told = Told { messages: Vec::new(), end: None };
    let Ok(first) = tokio::time::timeout(SILENT_MAX, socket.next()).await else {
        told.end = Some(format!("it says nothing for {} s", SILENT_MAX.as_secs()));
        return told;
    };
    let mut next = Some(first);
    let until = tokio::time::Instant::now() + GROUP_WAIT;
    while let Some(message) = next {
        match message {
            Some(Ok(Message::Text(text))) => told.messages.push(text),
            Some(Ok(Message::Close(_))) | None => {
                told.end = Some("it closed the connection".to_owned());
            }
            Some(Ok(_)) => {}
            Some(Err(cause)) => told.end = Some(format!("the connection broke: {cause}")),
        }
        if told.end.is_some() || told.messages.len() >= GROUP_MAX {
            break;
        }
        next = tokio::time::timeout_at(until, socket.next()).await.ok();
    }
    told
}
