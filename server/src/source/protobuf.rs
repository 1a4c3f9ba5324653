//! Protocol buffers as strangers send them: one message → its fields, borrowed, in the order in which they stand.
//!
//! Only what a reader of a handful of fields needs: nothing is built up, and a length that leads out of the message ends it.

/// Fields of one message: a feed of a large city has some thousands of entities.
const FIELDS_MAX: usize = 200_000;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held<'a> {
    /// A number.
    Number(u64),
    /// A text, or a message of its own.
    Bytes(&'a [u8]),
}

/// A message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it breaks off, or is no message of protocol buffers")]
pub(super) struct Broken;

/// The fields of a message, each with its number.
pub(super) fn fields(mut bytes: &[u8]) -> Result<Vec<(u64, Held<'_>)>, Broken> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes)?;
        let (field, kind) = (key >> 3, key & 7);
        let held = match kind {
            0 => Held::Number(number(&mut bytes)?),
            1 => Held::Bytes(take(&mut bytes, 8)?),
            2 => {
                let length = number(&mut bytes)?;
                Held::Bytes(take(&mut bytes, usize::try_from(length).map_err(|_bad| Broken)?)?)
            }
            5 => Held::Bytes(take(&mut bytes, 4)?),
            _ => return Err(Broken),
        };
        if field == 0 || fields.len() == FIELDS_MAX {
            return Err(Broken);
        }
        fields.push((field, held));
    }
    Ok(fields)
}

fn take<'a>(bytes: &mut &'a [u8], n: usize) -> Result<&'a [u8], Broken> {
    let (taken, rest) = bytes.split_at_checked(n).ok_or(Broken)?;
    *bytes = rest;
    Ok(taken)
}

/// Seven bits a byte, the lowest first; ten bytes at most.
fn number(bytes: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let [byte, rest @ ..] = *bytes else { return Err(Broken) };
        *bytes = rest;
        // Of the tenth byte one bit is left; what is above is nobody's.
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_their_order_and_what_leads_out_of_a_message_ends_it() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 1, 2, 3, 4];
        let expected =
            [(1, Held::Number(150)), (2, Held::Bytes(b"hi")), (3, Held::Bytes(&[1, 2, 3, 4]))];
        assert_eq!(fields(&bytes), Ok(expected.to_vec()));
        assert_eq!(fields(&[]), Ok(vec![]));
        let wrong: [&[u8]; 6] =
            [&[0x12, 0x05, b'h'], &[0x08], &[0x00, 0x01], &[0x0b], &[0x08, 0x80], &[0xff; 12]];
        for bytes in wrong {
            assert_eq!(fields(bytes), Err(Broken), "{bytes:?}");
        }
    }
}
