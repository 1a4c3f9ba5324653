//! What a road brings along with its entries: in which dialect, how many bytes, what was refused on the way, and the items as they
//! came, so that a refusal can show what it refused.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::limits::{PAYLOAD_BYTES_MAX, REFUSED_MAX, SEARCHED_BYTES_MAX};
use crate::normalise::{Batch, Form};

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// `rest`, `sensorthings`, `mqtt`, `usgs`; empty where the server itself speaks.
    pub dialect: &'static str,
    /// Bytes on the wire; none where nobody counted them.
    pub n_bytes: u64,
    /// What was refused before the pipeline saw it, in the order of the items.
    pub refused: Vec<RefusedItem>,
}

/// An item that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedItem {
    /// The device it names, if that could be read.
    pub device: Option<String>,
    /// A stable word.
    pub reason: String,
    /// The field that is wrong.
    pub pointer: String,
    /// What is wrong, and the remedy.
    pub detail: String,
    /// The item as it came, at most a kilobyte of it.
    pub payload: Option<String>,
}

/// Items as they came.
#[derive(Debug, Clone, Default)]
pub enum Items {
    /// Nobody kept them.
    #[default]
    None,
    /// A body in one of its forms, unpacked.
    Body(Form, Bytes),
}

impl Sent {
    /// Of a body that was understood. What was refused is cut out of it here, so that nobody holds the body for that.
    pub fn body(dialect: &'static str, n_bytes: usize, batch: &Batch, items: &Items) -> Self {
        let pieces = if batch.rejected.is_empty() { Pieces::None } else { items.pieces() };
        let refused = batch.rejected.iter().zip(&batch.errors).take(REFUSED_MAX);
        let refused = refused.map(|(item, error)| RefusedItem {
            device: item.id.clone(),
            reason: item.reason.clone(),
            pointer: error.pointer.clone(),
            detail: error.detail.clone(),
            payload: pieces.excerpt(item.index),
        });
        Self { dialect, n_bytes: n_bytes as u64, refused: refused.collect() }
    }

    /// One detail of a reason.
    pub fn detail(&self, reason: &str) -> Option<&str> {
        let one = self.refused.iter().find(|item| item.reason == reason)?;
        Some(one.detail.as_str()).filter(|detail| !detail.is_empty())
    }
}

/// A body cut into its items.
#[derive(Debug)]
pub(super) enum Pieces<'a> {
    None,
    Raw(Vec<&'a RawValue>),
    /// Lines, and the header of a table.
    Lines(Vec<&'a [u8]>, Option<&'a [u8]>),
}

impl Pieces<'_> {
    /// An item as it came, at most so much of it that a person reads it.
    pub(super) fn excerpt(&self, index: u64) -> Option<String> {
        let at = usize::try_from(index).ok()?;
        let text = match self {
            Self::None => return None,
            Self::Raw(items) => items.get(at)?.get().to_owned(),
            Self::Lines(lines, header) => {
                let line = lines.get(at)?.trim_ascii();
                let both = header.map(|header| [header.trim_ascii(), line].join(&b'\n'));
                String::from_utf8_lossy(both.as_deref().unwrap_or(line)).into_owned()
            }
        };
        Some(cut(&text, PAYLOAD_BYTES_MAX))
    }
}

impl Items {
    /// The items, cut apart once.
    pub(super) fn pieces(&self) -> Pieces<'_> {
        let (form, bytes) = match self {
            Self::Body(form, bytes) if bytes.len() <= SEARCHED_BYTES_MAX => (*form, bytes),
            Self::None | Self::Body(..) => return Pieces::None,
        };
        match form {
            Form::Document => {
                if let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(bytes) {
                    return Pieces::Raw(items);
                }
                Pieces::Lines(vec![bytes], None)
            }
            Form::Table => {
                let mut lines = bytes.split(|byte| *byte == b'\n');
                let header = lines.next();
                Pieces::Lines(lines.collect(), header)
            }
            Form::Message => Pieces::None,
            Form::Lines | Form::Sequence => {
                Pieces::Lines(bytes.split(|byte| *byte == b'\n').collect(), None)
            }
        }
    }

    /// The beginning of all of it.
    pub fn beginning(&self) -> Option<String> {
        match self {
            Self::Body(_, bytes) => {
                let end = bytes.len().min(PAYLOAD_BYTES_MAX);
                Some(cut(&String::from_utf8_lossy(&bytes[..end]), PAYLOAD_BYTES_MAX))
            }
            Self::None => None,
        }
    }
}

/// Text of at most so many bytes, without the sign that no database takes.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let end = text.floor_char_boundary(max);
    let mut short = text[..end].replace('\0', "\u{fffd}");
    if end < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(form: Form, text: &str) -> Items {
        Items::Body(form, Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn an_item_is_shown_as_it_came() {
        let all = body(Form::Document, r#"[{"a": 1}, {"b":  2}]"#);
        assert_eq!(all.pieces().excerpt(1).as_deref(), Some(r#"{"b":  2}"#));
        assert_eq!(all.pieces().excerpt(2), None);
        assert_eq!(
            body(Form::Document, r#"{"a":1}"#).pieces().excerpt(0).as_deref(),
            Some(r#"{"a":1}"#)
        );
        assert_eq!(body(Form::Lines, "{1}\r\n\n{3}").pieces().excerpt(2).as_deref(), Some("{3}"));
        assert_eq!(
            body(Form::Table, "a,b\n1,2\n3,4\n").pieces().excerpt(1).as_deref(),
            Some("a,b\n3,4")
        );
        let long = body(Form::Lines, &"é".repeat(2_000)).pieces().excerpt(0).expect("an item");
        assert!(long.len() <= PAYLOAD_BYTES_MAX + 3 && long.ends_with('…'));
        assert_eq!(
            body(Form::Lines, &"x".repeat(SEARCHED_BYTES_MAX + 1)).pieces().excerpt(0),
            None
        );
    }
}
