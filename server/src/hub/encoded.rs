//! A frame with its encodings, each made once, on first use, and shared by every session that sends it.
//!
//! What is kept is the whole websocket message, header and payload: a server's messages are not masked, so that the same
//! bytes go to everyone and nothing is copied for a connection.

use std::sync::OnceLock;

use bytes::{BufMut, Bytes, BytesMut};
use wire::frame::ServerFrame;

/// The two subprotocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `talaia.v1.json`.
    Json,
    /// `talaia.v1.bin`.
    Bin,
}

/// The first byte of a message in one frame (RFC 6455, 5.2).
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// How long the header of such a message is.
pub fn header_bytes(payload: usize) -> usize {
    match payload {
        ..126 => 2,
        126..0x1_0000 => 4,
        _ => 10,
    }
}

/// The header of an unmasked message in one frame, before a payload of this length.
fn put_header(out: &mut impl BufMut, first: u8, payload: usize) {
    out.put_u8(first);
    match payload {
        short @ ..126 => out.put_u8(short as u8),
        middle @ 126..0x1_0000 => {
            out.put_u8(126);
            out.put_u16(middle as u16);
        }
        long => {
            out.put_u8(127);
            out.put_u64(long as u64);
        }
    }
}

/// The header of a binary message whose payload, of this length, follows.
pub fn put_binary_header(out: &mut impl BufMut, payload: usize) {
    put_header(out, BINARY, payload);
}

/// A websocket message as it goes over the line.
#[derive(Debug)]
struct Framed {
    message: Bytes,
    payload_at: usize,
}

impl Framed {
    fn new(first: u8, payload: &[u8]) -> Self {
        let mut message = BytesMut::with_capacity(payload.len() + header_bytes(payload.len()));
        put_header(&mut message, first, payload.len());
        let payload_at = message.len();
        message.extend_from_slice(payload);
        Self { message: message.freeze(), payload_at }
    }

    fn payload(&self) -> &[u8] {
        &self.message[self.payload_at..]
    }
}

/// See the module.
#[derive(Debug)]
pub struct Encoded {
    frame: ServerFrame,
    json: OnceLock<Framed>,
    bin: OnceLock<Framed>,
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
    pub fn json(&self) -> &str {
        std::str::from_utf8(self.payload(Encoding::Json)).unwrap_or_default()
    }

    /// What the websocket message holds.
    pub fn payload(&self, encoding: Encoding) -> &[u8] {
        self.framed(encoding).payload()
    }

    /// As a whole websocket message.
    pub fn message(&self, encoding: Encoding) -> &Bytes {
        &self.framed(encoding).message
    }

    fn framed(&self, encoding: Encoding) -> &Framed {
        match encoding {
            // Serialising plain structs with string keys cannot fail; an empty text would be refused on arrival.
            Encoding::Json => self.json.get_or_init(|| {
                Framed::new(TEXT, &serde_json::to_vec(&self.frame).unwrap_or_default())
            }),
            Encoding::Bin => self
                .bin
                .get_or_init(|| Framed::new(BINARY, &wire::codec::encode_server(&self.frame))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_its_length_in_the_shortest_way() {
        for (len, header) in [
            (0, vec![0x82, 0]),
            (125, vec![0x82, 125]),
            (126, vec![0x82, 126, 0, 126]),
            (65_535, vec![0x82, 126, 0xff, 0xff]),
            (65_536, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let framed = Framed::new(BINARY, &vec![7; len]);
            assert_eq!(framed.message[..framed.payload_at], header, "{len}");
            assert_eq!(framed.payload().len(), len);
        }
    }
}
