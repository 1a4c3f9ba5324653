//! Bytes → text, by what the document says of itself: UTF-8, US-ASCII and ISO-8859-1.

use std::borrow::Cow;

use super::Refusal;

/// A declaration is short, and stands first.
const DECLARATION_BYTES: usize = 200;

/// The document as text.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let wrong = |detail: &str| Refusal::new("encoding", "/", detail);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(wrong("the message is UTF-16: send it as UTF-8"));
    }
    match declared(bytes).as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => {
            std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|cause| {
                let at = cause.valid_up_to();
                wrong(&format!(
                    "byte {at} is not UTF-8: send UTF-8, or name the encoding in the first line"
                ))
            })
        }
        // Of this one each byte is the number of its character.
        Some("iso-8859-1" | "latin1" | "iso8859-1") => {
            Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()))
        }
        Some(other) => Err(wrong(&format!("the encoding {other:?} is not read: send UTF-8"))),
    }
}

/// The encoding that the declaration names, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let first = bytes.get(..bytes.len().min(DECLARATION_BYTES))?;
    let first = String::from_utf8_lossy(first);
    let declaration = first.trim_start().strip_prefix("<?xml")?.split("?>").next()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    rest.get(1..)?.split(quote).next().map(str::to_ascii_lowercase)
}
