//! Bytes, one after the other, and numbers in groups of seven bits.

use super::BadPacking;

/// Appends a number, seven bits a byte, the lowest first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads bytes and never past their end.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8, BadPacking> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], BadPacking> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(BadPacking::Short)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn varint(&mut self) -> Result<u64, BadPacking> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(BadPacking::Range("number"));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BadPacking::Range("number"))
    }

    pub(super) fn count(&mut self) -> Result<u32, BadPacking> {
        u32::try_from(self.varint()?).map_err(|_large| BadPacking::Range("count"))
    }

    pub(super) fn end(&self) -> Result<(), BadPacking> {
        if self.rest.is_empty() { Ok(()) } else { Err(BadPacking::Long) }
    }
}
