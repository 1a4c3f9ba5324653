//! Single items of a body again, as they came: asked for those that were refused, after the body was understood.

use std::collections::{BTreeMap, BTreeSet};

use super::Form;

/// The record separator of RFC 8142.
const RECORD_SEPARATOR: u8 = 0x1E;

/// The text of the items at these places; of those that cannot be told apart nothing. A row of a table comes with its header.
pub(crate) fn items(bytes: &[u8], form: Form, wanted: &BTreeSet<u64>) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    let mut keep = |index: u64, item: &[u8]| {
        if wanted.contains(&index)
            && let Ok(text) = std::str::from_utf8(item.trim_ascii())
        {
            found.insert(index, text.to_owned());
        }
    };
    match form {
        Form::Document => match list(bytes) {
            Some(list) => each(list, |index, item| keep(index, item)),
            None => keep(0, bytes),
        },
        Form::Lines | Form::Sequence => {
            let separated = form == Form::Sequence
                && bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&RECORD_SEPARATOR);
            let separator = if separated { RECORD_SEPARATOR } else { b'\n' };
            let records = bytes.split(|byte| *byte == separator).skip(usize::from(separated));
            for (index, record) in (0..).zip(records) {
                let record = record.trim_ascii();
                keep(index, record.strip_prefix(&[RECORD_SEPARATOR]).unwrap_or(record));
            }
        }
        Form::Table => rows(bytes, wanted, &mut found),
        Form::Message => keep(0, bytes),
    }
    found
}

fn rows(bytes: &[u8], wanted: &BTreeSet<u64>, found: &mut BTreeMap<u64, String>) {
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let Ok(header) = table.byte_headers().cloned() else { return };
    for (index, row) in (0..).zip(table.byte_records()) {
        let Ok(row) = row else { continue };
        if !wanted.contains(&index) {
            continue;
        }
        let mut written = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let whole =
            written.write_byte_record(&header).is_ok() && written.write_byte_record(&row).is_ok();
        if let (true, Ok(text)) = (whole, written.into_inner())
            && let Ok(text) = String::from_utf8(text)
        {
            found.insert(index, text);
        }
    }
}

/// From the bracket on: the array that the document is, or its member `features`. The document was read before, so that brackets
/// and quotes are known to match.
fn list(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if bytes[start] == b'[' {
        return Some(&bytes[start..]);
    }
    let mut walk = Walk::default();
    let mut key: Option<(usize, usize)> = None;
    let mut quote = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let was_text = walk.is_text;
        walk.step(*byte);
        match (was_text, walk.is_text, *byte) {
            (false, true, _) if walk.depth == 1 => quote = at + 1,
            (true, false, _) if walk.depth == 1 => key = Some((quote, at)),
            (false, false, b',') => key = None,
            (false, false, b'[') if walk.depth == 2 => {
                let (from, to) = key?;
                if bytes.get(from..to) == Some(b"features") {
                    return Some(&bytes[at..]);
                }
            }
            _ => {}
        }
    }
    None
}

/// The items of an array, in their order.
fn each(list: &[u8], mut item: impl FnMut(u64, &[u8])) {
    let mut walk = Walk::default();
    let (mut index, mut from) = (0, 1);
    for (at, byte) in list.iter().enumerate() {
        let was_text = walk.is_text;
        walk.step(*byte);
        if was_text || walk.is_text {
            continue;
        }
        let is_end = walk.depth == 0;
        if is_end || (walk.depth == 1 && *byte == b',') {
            if let Some(text) = list.get(from..at) {
                item(index, text);
            }
            (index, from) = (index + 1, at + 1);
        }
        if is_end {
            return;
        }
    }
}

/// Where a reader stands in JSON.
#[derive(Default)]
struct Walk {
    depth: usize,
    is_text: bool,
    is_escaped: bool,
}

impl Walk {
    fn step(&mut self, byte: u8) {
        if self.is_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.is_text = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8], form: Form, wanted: &[u64]) -> Vec<(u64, String)> {
        items(bytes, form, &wanted.iter().copied().collect()).into_iter().collect()
    }

    #[test]
    fn an_item_is_told_as_it_came_in_each_form() {
        let one = (1, "{\"a\": [1, \"],\\\"{\"]}".to_owned());
        let array = format!(" [ {{}} , {} , 3]", one.1);
        let only = std::slice::from_ref(&one);
        assert_eq!(told(array.as_bytes(), Form::Document, &[1]), only);
        let features = format!(
            "{{\"x\":{{\"features\":[9]}},\"n\":[8],\"features\" : [ 7, {} ], \"y\":[]}}",
            one.1
        );
        assert_eq!(told(features.as_bytes(), Form::Document, &[1]), only);
        let single = br#"{"type":"Feature","tags":["features"]}"#;
        let whole = String::from_utf8(single.to_vec()).expect("text");
        assert_eq!(told(single, Form::Document, &[0]), [(0, whole)]);
        let lines = format!("{{}}\n{}\n\nnot json\n", one.1);
        assert_eq!(
            told(lines.as_bytes(), Form::Lines, &[1, 3]),
            [one.clone(), (3, "not json".to_owned())]
        );
        let sequence = format!("\u{1e}{{}}\n\u{1e}{}\n", one.1);
        assert_eq!(told(sequence.as_bytes(), Form::Sequence, &[1]), only);
        let table = b"datastream,result\na,1\n\"b,c\",x\n";
        assert_eq!(
            told(table, Form::Table, &[1]),
            [(1, "datastream,result\n\"b,c\",x\n".to_owned())]
        );
    }

    #[test]
    fn what_is_no_json_at_all_is_walked_without_harm() {
        for bytes in [&b""[..], b"[", b"]", b"{\"features", b"[[[[,,\"", b"{]}[", b"\\\"\\"] {
            told(bytes, Form::Document, &[0, 1, 2]);
        }
    }
}
