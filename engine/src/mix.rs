//! Hashing without a seed of the run: the same text is the same number on every machine and in every replay.
//!
//! For tables and sketches alone. Nobody is protected by it: where equal must mean the same, BLAKE3 is used.

/// Odd, and without a pattern: the fraction of the golden ratio in 64 bits.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Spreads every bit of a number over all of them; no two numbers become one.
pub(crate) const fn number(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(STEP);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed ^ (mixed >> 32)
}

/// A text, eight bytes at a time; the last of them may be read twice.
pub(crate) fn text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let start = (bytes.len() as u64).wrapping_mul(STEP);
    let Some(last) = bytes.last_chunk::<8>() else {
        let few = bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        return number(start ^ few);
    };
    let (blocks, _) = bytes[..bytes.len() - 1].as_chunks::<8>();
    let sum = blocks.iter().fold(start, |sum, block| number(sum ^ u64::from_le_bytes(*block)));
    number(sum ^ u64::from_le_bytes(*last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_texts_are_far_apart_and_equal_ones_equal() {
        let mut seen: Vec<u64> = (0..10_000).map(|n| text(&format!("carrer {n}"))).collect();
        let low_bits = seen.iter().filter(|hash| **hash & 1 == 0).count();
        assert!((4_700..5_300).contains(&low_bits), "{low_bits}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_000);
        assert_eq!(text("foc"), text("foc"));
        assert_ne!(text("foc"), text("foc\0"));
    }
}
