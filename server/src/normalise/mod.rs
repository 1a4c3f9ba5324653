//! Bytes from outside → entries, or a reason. Untrusted input is understood here and nowhere else.
//!
//! Nothing here stores, waits or asks for the time: the same bytes with the same [`Context`] give the same
//! [`Batch`]. What cannot be understood at all is a [`BadBody`] (nothing is stored); what is wrong in one item is a
//! [`Rejected`] with a stable reason, and the other items stand.

mod advisory;
mod collection;
mod dialect;
mod field;
mod geometry;
mod json;
mod lines;
mod observation;
mod raw;
mod report;
mod table;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::BTreeMap;

use engine::entry::{Body, SourceKey};
use engine::identity::IdKey;
use wire::api::{FieldError, Rejected};
use wire::geo::Bbox;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::config::Limits;

pub use advisory::advisory;
pub(crate) use dialect::{moment_of, place_of, strict};
pub(crate) use geometry::OUTSIDE_KEY_AREA;
pub(crate) use raw::items as raw_items;
pub(crate) use table::told as csv_told;
pub use unpack::{Packing, unpack};

/// What the sender and the server bring to an understanding.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Who sends.
    pub source: SourceKey,
    /// The sender's public id: `partner:NAME` or `feed:NAME`.
    pub source_id: &'a str,
    /// The server's secret for the ids of reports that come without one.
    pub id_key: &'a IdKey,
    /// The mode of the key.
    pub mode: Mode,
    /// The time of receipt.
    pub now: Timestamp,
    /// The server's area, if it has one.
    pub area: Option<Bbox>,
    /// The area of the sender's key, if it has one.
    pub key_area: Option<Bbox>,
    /// The limits in force.
    pub limits: &'a Limits,
}

/// The form of a body, from its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON document: a feature, a collection, an array.
    Document,
    /// One JSON document a line.
    Lines,
    /// RFC 8142: records that begin with 0x1E, or lines.
    Sequence,
    /// Comma-separated values with a header (observations only).
    Table,
    /// One message of the Common Alerting Protocol (advisories only).
    Message,
}

/// What was understood of a body.
#[derive(Debug, Default)]
pub struct Batch {
    /// The entries.
    pub bodies: Vec<Body>,
    /// The items refused, in order.
    pub rejected: Vec<Rejected>,
    /// The same refusals with the pointers of their fields.
    pub errors: Vec<FieldError>,
}

impl Batch {
    /// Items received.
    pub fn len(&self) -> usize {
        self.bodies.len() + self.rejected.len()
    }

    /// Whether nothing was received.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The refusals by reason, for the ledger.
    pub fn reasons(&self) -> BTreeMap<String, u64> {
        let mut reasons = BTreeMap::new();
        for item in &self.rejected {
            *reasons.entry(item.reason.clone()).or_insert(0) += 1;
        }
        reasons
    }

    fn refuse(&mut self, index: u64, id: Option<String>, reject: Reject) {
        let Reject { reason, pointer, detail } = reject;
        let told = if pointer.is_empty() { detail.clone() } else { format!("{pointer}: {detail}") };
        self.errors.push(FieldError {
            index: Some(index),
            pointer,
            reason: reason.to_owned(),
            detail,
        });
        self.rejected.push(Rejected { index, id, reason: reason.to_owned(), detail: told });
    }
}

/// Why one item is refused: data, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// A stable word, listed in docs/api.md.
    pub reason: &'static str,
    /// RFC 6901 pointer to the field within the item; empty for the item itself.
    pub pointer: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

impl Reject {
    pub(crate) fn new(reason: &'static str, pointer: &str, detail: impl Into<String>) -> Self {
        Self { reason, pointer: pointer.to_owned(), detail: detail.into() }
    }
}

/// Why a whole body is refused: nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// Not JSON as RFC 8259 and this server understand it: 400.
    #[error("{detail}")]
    Json {
        /// A stable word: `invalid_json`, `duplicate_key`, `too_deep`, `number_out_of_range`, `lone_surrogate`.
        reason: &'static str,
        /// Where and how to mend it.
        detail: String,
    },
    /// JSON, but of no shape this address takes: 422.
    #[error("{0}")]
    Shape(String),
    /// Not gzip, or cut short: 400.
    #[error("{0}")]
    Gzip(String),
    /// Too many bytes unpacked, too high a ratio, or too many items: 413.
    #[error("{0}")]
    TooLarge(String),
    /// An item names the other mode than the key's: 403.
    #[error(
        "item {index} names the mode {named}, this key is for {own}: send it with a key of that mode"
    )]
    WrongMode {
        /// The item.
        index: u64,
        /// What it names.
        named: Mode,
        /// The key's.
        own: Mode,
    },
}

/// Why an item does not enter: alone, or with its whole body.
#[derive(Debug)]
enum Refusal {
    Item(Option<String>, Reject),
    Body(BadBody),
}

impl From<Reject> for Refusal {
    fn from(reject: Reject) -> Self {
        Self::Item(None, reject)
    }
}

/// Understands a body of reports.
pub fn reports(bytes: &[u8], form: Form, context: &Context<'_>) -> Result<Batch, BadBody> {
    match form {
        Form::Document => collection::features(bytes, context),
        Form::Lines | Form::Sequence => lines::each(bytes, form, context, report::from_json),
        Form::Table | Form::Message => {
            Err(BadBody::Shape("reports are GeoJSON, nothing else".to_owned()))
        }
    }
}

/// Understands a body of observations.
pub fn observations(bytes: &[u8], form: Form, context: &Context<'_>) -> Result<Batch, BadBody> {
    match form {
        Form::Document => collection::observations(bytes, context),
        Form::Lines | Form::Sequence => lines::each(bytes, form, context, observation::from_json),
        Form::Table => table::observations(bytes, context),
        Form::Message => Err(BadBody::Shape("observations are JSON or a table".to_owned())),
    }
}

fn too_many(limits: &Limits) -> BadBody {
    BadBody::TooLarge(format!(
        "more than {} items in one request; nothing was stored: send them in several requests",
        limits.features_max
    ))
}
