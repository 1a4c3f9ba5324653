//! A frame with its encodings, each made once, on first use, and shared by every session that sends it.

use std::sync::OnceLock;

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use wire::frame::ServerFrame;

/// The two subprotocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `talaia.v1.json`.
    Json,
    /// `talaia.v1.bin`.
    Bin,
}

/// See the module.
#[derive(Debug)]
pub struct Encoded {
    frame: ServerFrame,
    json: OnceLock<Utf8Bytes>,
    bin: OnceLock<Bytes>,
}

impl Encoded {
    /// Around a frame; nothing is encoded yet.
    pub fn new(frame: ServerFrame) -> Self {
        Self { frame, json: OnceLock::new(), bin: OnceLock::new() }
    }

    /// The frame itself.
    pub fn frame(&self) -> &ServerFrame {
        &self.frame
    }

    /// As JSON text.
    pub fn json(&self) -> &Utf8Bytes {
        // Serialising plain structs with string keys cannot fail; an empty text would be refused on arrival.
        self.json.get_or_init(|| serde_json::to_string(&self.frame).unwrap_or_default().into())
    }

    /// As bytes of the compact subprotocol.
    pub fn bin(&self) -> &Bytes {
        self.bin.get_or_init(|| wire::codec::encode_server(&self.frame).into())
    }

    /// As a websocket message.
    pub fn message(&self, encoding: Encoding) -> Message {
        match encoding {
            Encoding::Json => Message::Text(self.json().clone()),
            Encoding::Bin => Message::Binary(self.bin().clone()),
        }
    }
}
