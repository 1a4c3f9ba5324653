//! Newline-delimited JSON, and RFC 8142 sequences with or without the record separator.

use super::collection::{Intake, Understand, too_large};
use super::json::{self, Meter};
use super::{BadBody, Batch, Context, Form, Reject, too_many};

/// The record separator of RFC 8142.
const RECORD_SEPARATOR: u8 = 0x1E;

/// Understands each record on its own: a bad one is one rejected index.
pub(super) fn each(
    bytes: &[u8],
    form: Form,
    context: &Context<'_>,
    understand: Understand,
) -> Result<Batch, BadBody> {
    let mut intake = Intake::new(context, understand);
    let separated = form == Form::Sequence
        && bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&RECORD_SEPARATOR);
    let separator = if separated { RECORD_SEPARATOR } else { b'\n' };
    // Before the first separator stands no record; between lines every line has its number, blank ones too.
    let skip = usize::from(separated);
    let mut empty = true;
    for (index, record) in bytes.split(|byte| *byte == separator).skip(skip).enumerate() {
        let record = record.trim_ascii();
        let record = if form == Form::Sequence && !separated {
            record.strip_prefix(&[RECORD_SEPARATOR]).unwrap_or(record)
        } else {
            record
        };
        if record.is_empty() {
            continue;
        }
        empty = false;
        if intake.len() >= context.limits.features_max {
            return Err(too_many(context.limits));
        }
        let index = index as u64;
        if record.len() > context.limits.report_bytes_max {
            intake.broken(index, too_large(context));
            continue;
        }
        match json::document(record, &Meter::new(context.limits.report_bytes_max)) {
            Ok(item) => intake.item(index, Some(item)),
            Err(error) => {
                let (reason, detail) = json::refusal(&error);
                intake.broken(index, Reject::new(reason, "", detail));
            }
        }
    }
    // A body refused at its first record is not an empty one.
    if empty {
        return Err(BadBody::Json {
            reason: "invalid_json",
            detail: "the body has no record: send one JSON document a line".to_owned(),
        });
    }
    intake.end()
}
