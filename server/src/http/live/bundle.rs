//! Which websocket messages a batch goes as: in the compact subprotocol its short frames share one.
//!
//! A browser is woken, and copies, once a message: a hundred reports that come one by one take it longer to receive than to
//! draw. What is long goes alone, from where it lies for everyone.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use wire::codec::BUNDLE;

use crate::hub::limits::{BUNDLE_BYTES_MAX, BUNDLED_BYTES_MAX};
use crate::hub::{Encoded, Encoding, header_bytes, put_binary_header};

/// Before each frame of a bundle stands its length.
const LENGTH_BYTES: usize = size_of::<u16>();

/// One message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Message<'a> {
    /// A frame, ready-made.
    Alone(&'a Bytes),
    /// Several frames, and the length of what the message holds.
    Bundle(&'a [Arc<Encoded>], usize),
}

/// The messages of a batch, in its order.
pub(super) fn messages(
    batch: &[Arc<Encoded>],
    encoding: Encoding,
) -> impl Iterator<Item = Message<'_>> {
    let mut rest = batch;
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let (n, payload) = if encoding == Encoding::Bin { together(rest) } else { (1, 0) };
        if n > 1 {
            let (frames, after) = rest.split_at_checked(n)?;
            rest = after;
            return Some(Message::Bundle(frames, payload));
        }
        rest = after;
        Some(Message::Alone(first.message(encoding)))
    })
}

/// How many of the first frames may share a message, and the length of what it then holds.
fn together(frames: &[Arc<Encoded>]) -> (usize, usize) {
    let (mut n, mut payload) = (0, 1);
    for frame in frames {
        let length = frame.payload(Encoding::Bin).len();
        let with_it = payload + LENGTH_BYTES + length;
        if length > BUNDLED_BYTES_MAX || with_it > BUNDLE_BYTES_MAX {
            break;
        }
        (n, payload) = (n + 1, with_it);
    }
    (n, payload)
}

impl Message<'_> {
    /// Its length on the line, header included.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Alone(message) => message.len(),
            Self::Bundle(_, payload) => header_bytes(*payload) + payload,
        }
    }

    /// Writes it where there is room for [`Message::len`] bytes.
    pub(super) fn put(&self, out: &mut impl BufMut) {
        match self {
            Self::Alone(message) => out.put_slice(message),
            Self::Bundle(frames, payload) => {
                put_binary_header(out, *payload);
                out.put_u8(BUNDLE);
                for frame in *frames {
                    let frame = frame.payload(Encoding::Bin);
                    out.put_u16_le(frame.len() as u16);
                    out.put_slice(frame);
                }
            }
        }
    }

    /// As bytes to keep: a frame alone is shared, a bundle copied.
    pub(super) fn bytes(&self) -> Bytes {
        if let Self::Alone(message) = self {
            return Bytes::clone(message);
        }
        let mut bytes = BytesMut::with_capacity(self.len());
        self.put(&mut bytes);
        bytes.freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::codec::decode_message;
    use wire::frame::{Gone, ServerFrame};
    use wire::id::ReportId;

    use super::*;

    /// A frame of some 16 bytes an id.
    fn frame(ids: usize) -> Arc<Encoded> {
        let ids = (0..ids).map(|n| ReportId(u128::MAX - n as u128)).collect();
        Arc::new(Encoded::new(ServerFrame::Gone(Gone { seq: 1, ids })))
    }

    /// What a websocket library makes of a message.
    fn payload(message: &[u8]) -> &[u8] {
        let at = match message[1] {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        &message[at..]
    }

    #[test]
    fn short_frames_go_together_and_a_long_one_alone() {
        let batch = [frame(1), frame(2), frame(1_000), frame(1), frame(1_000), frame(3)];
        let n = |encoding| -> Vec<usize> {
            let frames = |message: Message<'_>| match message {
                Message::Alone(_) => 1,
                Message::Bundle(frames, _) => frames.len(),
            };
            messages(&batch, encoding).map(frames).collect()
        };
        assert_eq!(n(Encoding::Bin), [2, 1, 1, 1, 1]);
        assert_eq!(n(Encoding::Json), [1; 6], "JSON has no bundles");
    }

    #[test]
    fn a_frame_alone_is_the_one_that_everybody_is_sent() {
        let batch = [frame(1)];
        let alone = messages(&batch, Encoding::Bin).next().expect("a message").bytes();
        assert_eq!(alone.as_ptr(), batch[0].message(Encoding::Bin).as_ptr());
    }

    #[test]
    fn no_bundle_is_longer_than_its_limit() {
        let batch: Vec<_> = (0..600).map(|n| frame(n % 40)).collect();
        let lengths: Vec<_> =
            messages(&batch, Encoding::Bin).map(|message| message.len()).collect();
        let most = BUNDLE_BYTES_MAX + header_bytes(BUNDLE_BYTES_MAX);
        assert!(lengths.len() > 2 && lengths.iter().all(|length| *length <= most));
    }

    proptest! {
        #[test]
        fn a_batch_comes_out_as_it_was_however_long_its_frames(
            ids in proptest::collection::vec(prop_oneof![0_usize..6, 40_usize..90, 900_usize..1_200], 0..60),
        ) {
            let batch: Vec<_> = ids.into_iter().map(frame).collect();
            let mut heard = Vec::new();
            for message in messages(&batch, Encoding::Bin) {
                let bytes = message.bytes();
                prop_assert_eq!(bytes.len(), message.len());
                heard.extend(decode_message(payload(&bytes)).expect("frames"));
            }
            let said: Vec<_> = batch.iter().map(|frame| frame.frame().clone()).collect();
            prop_assert_eq!(heard, said);
        }
    }
}
