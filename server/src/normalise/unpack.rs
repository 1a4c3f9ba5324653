//! Content encodings, unpacked under a limit: a bomb is stopped while it grows, never after.

use std::borrow::Cow;
use std::io::Read;

use super::BadBody;
use crate::config::Limits;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    None,
    /// gzip (RFC 1952), several members allowed.
    Gzip,
}

/// Below this many unpacked bytes a ratio says nothing: a short list of equal zeros packs well and harms nobody.
const RATIO_FROM_BYTES: usize = 256 << 10;

/// The body unpacked, within the limits of size and ratio.
pub fn unpack<'a>(
    bytes: &'a [u8],
    packing: Packing,
    limits: &Limits,
) -> Result<Cow<'a, [u8]>, BadBody> {
    if packing == Packing::None {
        return Ok(Cow::Borrowed(bytes));
    }
    let by_ratio = bytes.len().saturating_mul(limits.unpack_ratio_max).max(RATIO_FROM_BYTES);
    let max = by_ratio.min(limits.unpacked_bytes_max);
    let mut plain = Vec::with_capacity(max.min(bytes.len().saturating_mul(8)));
    let mut reader = flate2::bufread::MultiGzDecoder::new(bytes).take(max as u64 + 1);
    reader.read_to_end(&mut plain).map_err(|cause| {
        BadBody::Gzip(format!(
            "the body is not complete gzip ({cause}); nothing was stored: pack it again"
        ))
    })?;
    if plain.len() > max {
        return Err(BadBody::TooLarge(format!(
            "the body unpacks to more than {} bytes or {} times its size; nothing was stored: send it in several requests",
            limits.unpacked_bytes_max, limits.unpack_ratio_max
        )));
    }
    Ok(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(plain).expect("packs");
        packer.finish().expect("packs")
    }

    #[test]
    fn a_bomb_is_stopped_and_an_honest_body_is_not() {
        let limits = Limits::default();
        let honest = gzip(b"{\"type\":\"Feature\"}");
        assert_eq!(
            unpack(&honest, Packing::Gzip, &limits).expect("unpacks").as_ref(),
            b"{\"type\":\"Feature\"}"
        );
        let bomb = gzip(&vec![b' '; 3 << 20]);
        assert!(matches!(unpack(&bomb, Packing::Gzip, &limits), Err(BadBody::TooLarge(_))));
    }

    #[test]
    fn a_body_cut_short_is_refused() {
        let mut cut = gzip(b"{\"type\":\"Feature\",\"properties\":{\"text\":\"aigua\"}}");
        cut.truncate(cut.len() - 9);
        assert!(matches!(unpack(&cut, Packing::Gzip, &Limits::default()), Err(BadBody::Gzip(_))));
    }
}
