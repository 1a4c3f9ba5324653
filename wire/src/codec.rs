//! The binary envelope of `talaia.v1.bin`: one tag byte, then the frame's struct in postcard; tiles and their differences,
//! which are most of what is sent, are packed (see [`crate::packed`]).
//!
//! A message holds one frame or, as a bundle, several of one batch.
//!
//! Neither is self-describing, so the tag and the subprotocol's version are the schema.

use serde::Serialize;

use crate::frame::{ClientFrame, ServerFrame, ViewFrame};
use crate::packed::{BadPacking, pack_delta, pack_tile, unpack_delta, unpack_tile};

/// The tag of a packed tile; one that could not be packed has another.
pub const PACKED_TILE: u8 = 11;
/// The tag of a packed difference.
pub const PACKED_DELTA: u8 = 12;

/// The tag of a bundle: frames of one batch in one message, each behind its length in two bytes, the lower first.
pub const BUNDLE: u8 = 14;

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
    /// A bundle ends within a frame.
    #[error("a bundle that ends within a frame")]
    Cut,
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
        ServerFrame::Situation(f) => with_tag(15, f),
        ServerFrame::Alarm(f) => with_tag(16, f),
        ServerFrame::Log(f) => with_tag(17, f),
        ServerFrame::Advisory(f) => with_tag(18, f),
    }
}

/// Decodes a message of the server's: a frame, or a bundle of some.
pub fn decode_message(bytes: &[u8]) -> Result<Vec<ServerFrame>, BadFrame> {
    let Some((&BUNDLE, mut rest)) = bytes.split_first() else {
        return decode_server(bytes).map(|frame| vec![frame]);
    };
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk().ok_or(BadFrame::Cut)?;
        let length = usize::from(u16::from_le_bytes(*length));
        let (frame, after) = after.split_at_checked(length).ok_or(BadFrame::Cut)?;
        frames.push(decode_server(frame)?);
        rest = after;
    }
    Ok(frames)
}

/// Decodes one server frame.
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
        15 => ServerFrame::Situation(body(tag, rest)?),
        16 => ServerFrame::Alarm(body(tag, rest)?),
        17 => ServerFrame::Log(body(tag, rest)?),
        18 => ServerFrame::Advisory(body(tag, rest)?),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Gone, ViewBegin};
    use crate::id::ReportId;
    use proptest::prelude::*;

    fn frame() -> impl Strategy<Value = ServerFrame> {
        prop_oneof![
            any::<u32>().prop_map(|number| ServerFrame::View(ViewBegin { number })),
            (any::<u64>(), prop::collection::vec(any::<u128>().prop_map(ReportId), 0..30))
                .prop_map(|(seq, ids)| ServerFrame::Gone(Gone { seq, ids })),
        ]
    }

    fn bundle(frames: &[ServerFrame]) -> Vec<u8> {
        let mut bytes = vec![BUNDLE];
        for frame in frames.iter().map(encode_server) {
            bytes.extend((frame.len() as u16).to_le_bytes());
            bytes.extend(frame);
        }
        bytes
    }

    proptest! {
        #[test]
        fn a_bundle_gives_its_frames_in_order(frames in prop::collection::vec(frame(), 0..20)) {
            prop_assert_eq!(decode_message(&bundle(&frames)), Ok(frames));
        }

        #[test]
        fn one_that_is_cut_within_a_frame_is_refused(frames in prop::collection::vec(frame(), 1..5), at in any::<prop::sample::Index>()) {
            let bytes = bundle(&frames);
            let whole: Vec<usize> = (0..=frames.len()).map(|n| bundle(&frames[..n]).len()).collect();
            let at = 1 + at.index(bytes.len() - 1);
            prop_assert_eq!(decode_message(&bytes[..at]).is_ok(), whole.contains(&at));
        }

        #[test]
        fn strange_bytes_in_a_bundle_are_refused_and_never_trusted(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let message: Vec<u8> = std::iter::once(BUNDLE).chain(bytes).collect();
            if let Ok(frames) = decode_message(&message) {
                prop_assert_eq!(decode_message(&bundle(&frames)), Ok(frames));
            }
        }
    }

    #[test]
    fn a_frame_alone_is_a_message_and_a_bundle_is_no_frame() {
        let frame = ServerFrame::View(ViewBegin { number: 7 });
        assert_eq!(decode_message(&encode_server(&frame)), Ok(vec![frame.clone()]));
        let bundled = bundle(&[frame]);
        assert_eq!(decode_server(&bundled), Err(BadFrame::Tag(BUNDLE)));
        let length = bundled.len() as u16;
        let nested: Vec<u8> =
            [BUNDLE].into_iter().chain(length.to_le_bytes()).chain(bundled).collect();
        assert_eq!(decode_message(&nested), Err(BadFrame::Tag(BUNDLE)), "one within another");
    }
}
