//! A websocket client made of bytes: it can say what no library would let us say.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wait::PATIENCE;

/// How a connection ended, seen from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With a close frame; `None` for one without a code.
    Closed(Option<u16>, String),
    /// Without one.
    Dropped,
}

/// The first byte of a frame that is whole: FIN and the opcode.
pub const FIN: u8 = 0x80;
/// Opcode of a fragment that continues.
pub const MORE: u8 = 0x0;
/// Opcode of text.
pub const TEXT: u8 = 0x1;
/// Opcode of bytes.
pub const BINARY: u8 = 0x2;
/// Opcode of a close.
pub const CLOSE: u8 = 0x8;
/// Opcode of a ping.
pub const PING: u8 = 0x9;
/// Opcode of a pong.
pub const PONG: u8 = 0xA;

/// A masked frame with the shortest length that fits.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, [0x37, 0xFA, 0x21, 0x3D], payload)
}

/// A frame masked with this key.
pub fn masked(first: u8, key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, 0x80, payload.len() as u64);
    bytes.extend(key);
    bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// A frame as no client may send it.
pub fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, 0, payload.len() as u64);
    bytes.extend(payload);
    bytes
}

/// The head of a frame that claims this length; `mask` is 0x80 or 0.
pub fn head(first: u8, mask: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    let (in_two, in_eight) = (mask | 0x7E, mask | 0x7F);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => bytes.push(mask | short),
        (_, Ok(middle)) => {
            bytes.push(in_two);
            bytes.extend(middle.to_be_bytes());
        }
        _ => {
            bytes.push(in_eight);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes
}

/// The payload of a close.
pub fn goodbye(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

/// The request by which a websocket is asked for, as name and value.
pub fn request(address: &str, key: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Host", address.to_owned()),
        ("Upgrade", "websocket".to_owned()),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ("Sec-WebSocket-Version", "13".to_owned()),
        ("Authorization", format!("Bearer {key}")),
    ]
}

/// The bytes of a request with these headers.
pub fn written(line: &str, headers: &[(&str, String)]) -> Vec<u8> {
    let lines: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{line}\r\n{}\r\n", lines.concat()).into_bytes()
}

/// A connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Raw {
    /// Connects to `HOST:PORT`.
    pub async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket that takes its option");
        Self { stream, unread: Vec::new() }
    }

    /// Sends bytes. A peer that has closed already is not an error here: how it ended tells.
    pub async fn send(&mut self, bytes: &[u8]) {
        let sent = tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await;
        drop(sent.expect("the server reads or closes"));
    }

    /// Sends no more; the other direction stays open.
    pub async fn end(&mut self) {
        drop(self.stream.shutdown().await);
    }

    /// Whether the server has said something, or closed, by now.
    pub async fn is_heard(&mut self) -> bool {
        let mut byte = [0];
        tokio::time::timeout(Duration::from_millis(1), self.stream.peek(&mut byte)).await.is_ok()
    }

    /// More bytes; `false` at the end.
    async fn read(&mut self) -> bool {
        let mut bytes = [0; 2 << 10];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut bytes)).await;
        match read.expect("the server answers or closes") {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.unread.extend_from_slice(&bytes[..n]);
                true
            }
        }
    }

    /// The head of an HTTP answer; empty when the connection ended without one.
    pub async fn answer(&mut self) -> String {
        loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..at + 4).collect();
                return String::from_utf8_lossy(&head).into_owned();
            }
            if !self.read().await {
                return String::new();
            }
        }
    }

    /// The next frame of the server: its opcode and payload.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((opcode, head, length)) = measured(&self.unread)
                && self.unread.len() >= head + length
            {
                let frame: Vec<u8> = self.unread.drain(..head + length).collect();
                return Some((opcode, frame[head..].to_vec()));
            }
            if !self.read().await {
                return None;
            }
        }
    }

    /// Reads to the end.
    pub async fn ended(&mut self) -> Ended {
        while let Some((opcode, payload)) = self.frame().await {
            if opcode == CLOSE {
                let code = payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]));
                let reason = payload.get(2..).unwrap_or_default();
                return Ended::Closed(code, String::from_utf8_lossy(reason).into_owned());
            }
        }
        Ended::Dropped
    }

    /// Whether a ping still gets its own words back.
    pub async fn lives(&mut self, word: &[u8]) -> bool {
        self.send(&frame(FIN | PING, word)).await;
        while let Some((opcode, payload)) = self.frame().await {
            match opcode {
                PONG if payload == word => return true,
                CLOSE => return false,
                _ => {}
            }
        }
        false
    }
}

/// Opcode, length of the head, length of the payload.
fn measured(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (head, length) = match second & 0x7F {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => {
            let length = u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?);
            (10, usize::try_from(length).ok()?)
        }
        short => (2, usize::from(short)),
    };
    Some((first & 0x0F, head, length))
}
