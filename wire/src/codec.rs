//! The binary envelope of `talaia.v1.bin`: one tag byte, then the frame's struct in postcard; tiles and their differences,
//! which are most of what is sent, are packed (see [`crate::packed`]).
//!
//! Neither is self-describing, so the tag and the subprotocol's version are the schema.

use serde::Serialize;

use crate::frame::{ClientFrame, ServerFrame, ViewFrame};
use crate::packed::{BadPacking, pack_delta, pack_tile, unpack_delta, unpack_tile};

/// The tag of a packed tile; one that could not be packed has another.
pub const PACKED_TILE: u8 = 11;
/// The tag of a packed difference.
pub const PACKED_DELTA: u8 = 12;

/// The tag of a view with a number.
const NUMBERED_VIEW: u8 = 66;

/// Why bytes are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// No bytes at all.
    #[error("an empty frame")]
    Empty,
    /// A tag this version does not know.
    #[error("unknown frame tag {0}")]
    Tag(u8),
    /// The struct behind the tag does not decode.
    #[error("frame with tag {tag} does not decode: {cause}")]
    Body {
        /// The tag.
        tag: u8,
        /// What postcard said.
        cause: String,
    },
}

fn with_tag<T: Serialize>(tag: u8, body: &T) -> Vec<u8> {
    // Serialising plain structs into a growing buffer cannot fail; an empty body would be refused on arrival.
    postcard::to_extend(body, vec![tag]).unwrap_or_default()
}

fn body<'a, T: serde::Deserialize<'a>>(tag: u8, bytes: &'a [u8]) -> Result<T, BadFrame> {
    postcard::from_bytes(bytes).map_err(|cause| BadFrame::Body { tag, cause: cause.to_string() })
}

fn body_and_rest<'a, T: serde::Deserialize<'a>>(
    tag: u8,
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), BadFrame> {
    postcard::take_from_bytes(bytes)
        .map_err(|cause| BadFrame::Body { tag, cause: cause.to_string() })
}

fn unpacked(tag: u8, cause: BadPacking) -> BadFrame {
    BadFrame::Body { tag, cause: cause.to_string() }
}

/// Encodes a server frame.
pub fn encode_server(frame: &ServerFrame) -> Vec<u8> {
    match frame {
        ServerFrame::Hello(f) => with_tag(1, f),
        ServerFrame::Tile(f) => pack_tile(PACKED_TILE, f).unwrap_or_else(|| with_tag(2, f)),
        ServerFrame::Report(f) => with_tag(3, f),
        ServerFrame::Gone(f) => with_tag(4, f),
        ServerFrame::Sensor(f) => with_tag(5, f),
        ServerFrame::Source(f) => with_tag(6, f),
        ServerFrame::Totals(f) => with_tag(7, f),
        ServerFrame::Heartbeat(f) => with_tag(8, f),
        ServerFrame::Reset(f) => with_tag(9, f),
        ServerFrame::Delta(f) => pack_delta(PACKED_DELTA, f).unwrap_or_else(|| with_tag(10, f)),
        ServerFrame::View(f) => with_tag(13, f),
    }
}

/// Decodes a server frame.
pub fn decode_server(bytes: &[u8]) -> Result<ServerFrame, BadFrame> {
    let (&tag, rest) = bytes.split_first().ok_or(BadFrame::Empty)?;
    Ok(match tag {
        1 => ServerFrame::Hello(body(tag, rest)?),
        2 => ServerFrame::Tile(body(tag, rest)?),
        3 => ServerFrame::Report(body(tag, rest)?),
        4 => ServerFrame::Gone(body(tag, rest)?),
        5 => ServerFrame::Sensor(body(tag, rest)?),
        6 => ServerFrame::Source(body(tag, rest)?),
        7 => ServerFrame::Totals(body(tag, rest)?),
        8 => ServerFrame::Heartbeat(body(tag, rest)?),
        9 => ServerFrame::Reset(body(tag, rest)?),
        10 => ServerFrame::Delta(body(tag, rest)?),
        13 => ServerFrame::View(body(tag, rest)?),
        PACKED_TILE => ServerFrame::Tile(unpack_tile(rest).map_err(|cause| unpacked(tag, cause))?),
        PACKED_DELTA => {
            ServerFrame::Delta(unpack_delta(rest).map_err(|cause| unpacked(tag, cause))?)
        }
        other => return Err(BadFrame::Tag(other)),
    })
}

/// Encodes a client frame.
pub fn encode_client(frame: &ClientFrame) -> Vec<u8> {
    match frame {
        ClientFrame::View(ViewFrame { view, number: None }) => with_tag(64, view),
        ClientFrame::View(ViewFrame { view, number: Some(number) }) => {
            with_tag(NUMBERED_VIEW, &(number, view))
        }
        ClientFrame::Ping => vec![65],
    }
}

/// Decodes a client frame. Nothing may follow it: what does was meant to say something, and would be lost unheard.
pub fn decode_client(bytes: &[u8]) -> Result<ClientFrame, BadFrame> {
    let (&tag, rest) = bytes.split_first().ok_or(BadFrame::Empty)?;
    let (frame, left) = match tag {
        64 => {
            let (view, left) = body_and_rest(tag, rest)?;
            (ClientFrame::View(ViewFrame { view, number: None }), left)
        }
        65 => (ClientFrame::Ping, rest),
        NUMBERED_VIEW => {
            let ((number, view), left) = body_and_rest(tag, rest)?;
            (ClientFrame::View(ViewFrame { view, number: Some(number) }), left)
        }
        other => return Err(BadFrame::Tag(other)),
    };
    if left.is_empty() {
        return Ok(frame);
    }
    Err(BadFrame::Body { tag, cause: format!("{} bytes after its end", left.len()) })
}
