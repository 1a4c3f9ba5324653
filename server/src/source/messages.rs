//! Official messages that a source of ours fetched, through the same door as a partner's.

use std::collections::BTreeMap;

use engine::entry::Body;
use engine::limits::CLOCK_AHEAD_MS;
use wire::time::Timestamp;

use super::said::{REFUSED_MAX, Understood, context};
use super::supervisor::FUTURE;
use crate::letters::{Letter, of_message};
use crate::normalise::{self, Form};
use crate::pipeline::Refused;
use crate::state::App;
use crate::store::SourceRow;
use crate::why::{PAYLOAD_BYTES_MAX, RefusedItem, cut};

/// A message as it was fetched, or why it was not.
#[derive(Debug)]
pub struct Message {
    /// Its address, or what its index calls it.
    pub name: String,
    /// Its bytes; or a stable word and what is wrong.
    pub said: Result<Vec<u8>, (&'static str, String)>,
}

/// What was understood, and of each body the message that it comes from.
pub(super) type Read = (Understood, Vec<(String, Vec<u8>)>);

/// What they are; what was refused is added to `rejected` by its reason.
pub(super) fn understood(
    app: &App,
    row: &SourceRow,
    messages: Vec<Message>,
    now: Timestamp,
    rejected: &mut BTreeMap<String, u64>,
) -> Read {
    let context = context(app, row, now);
    let (mut read, mut origins) = (Understood::default(), Vec::new());
    for Message { name, said } in messages {
        let bytes = match said {
            Ok(bytes) => bytes,
            Err((reason, why)) => {
                let told = Told { reason: reason.to_owned(), pointer: String::new(), detail: why };
                told.refuse(&mut read, rejected, (&name, &[]));
                continue;
            }
        };
        let batch = match normalise::advisory(&bytes, Form::Message, &context) {
            Ok(batch) => batch,
            Err(bad) => {
                let (reason, detail) = ("unreadable".to_owned(), bad.to_string());
                let told = Told { reason, pointer: String::new(), detail };
                told.refuse(&mut read, rejected, (&name, &bytes));
                continue;
            }
        };
        for error in batch.errors {
            let told = Told { reason: error.reason, pointer: error.pointer, detail: error.detail };
            told.refuse(&mut read, rejected, (&name, &bytes));
        }
        for body in batch.bodies {
            if let Some(told) = ahead(&body, now) {
                told.refuse(&mut read, rejected, (&name, &bytes));
            } else {
                read.bodies.push(body);
                origins.push((name.clone(), bytes.clone()));
            }
        }
    }
    (read, origins)
}

/// The letters of messages that only the pipeline could refuse.
pub(super) fn letters(refused: &[Refused], origins: &[(String, Vec<u8>)]) -> Vec<Letter> {
    let letter = |one: &Refused| {
        let (name, bytes) = origins.get(one.index)?;
        Some(of_message(one.reason.to_owned(), one.detail.clone(), name, bytes))
    };
    refused.iter().filter_map(letter).collect()
}

/// One that is dated after now: it would make a feed look fresh that is not.
fn ahead(body: &Body, now: Timestamp) -> Option<Told> {
    let Body::Advisory(entry) = body else { return None };
    let sent = entry.advisory.id.sent;
    (sent.ms_since(now) > CLOCK_AHEAD_MS).then(|| Told {
        reason: FUTURE.to_owned(),
        pointer: "/alert/sent".to_owned(),
        detail: format!("It is dated {sent}, after now: its clock must be set."),
    })
}

/// Why one is refused.
struct Told {
    reason: String,
    pointer: String,
    detail: String,
}

impl Told {
    fn refuse(
        self,
        read: &mut Understood,
        rejected: &mut BTreeMap<String, u64>,
        (name, bytes): (&str, &[u8]),
    ) {
        let Self { reason, pointer, detail } = self;
        *rejected.entry(reason.clone()).or_default() += 1;
        let whole =
            if pointer.is_empty() { detail.clone() } else { format!("{pointer}: {detail}") };
        read.dead.push(of_message(reason.clone(), whole, name, bytes));
        if read.refused.len() < REFUSED_MAX {
            let text = String::from_utf8_lossy(bytes.get(..PAYLOAD_BYTES_MAX).unwrap_or(bytes));
            let payload = (!bytes.is_empty()).then(|| cut(&text, PAYLOAD_BYTES_MAX));
            let device = super::words::line(name);
            read.refused.push(RefusedItem { device, reason, pointer, detail, payload });
        }
    }
}
