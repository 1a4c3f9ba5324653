//! Repeats: observations that stand already, word for word. Brokers and partners send again what they were not sure of, and a
//! value that stands twice is a trend that never was.
//!
//! Only what is not newer than its datastream's newest value can stand already: that alone is looked for in the database.

use std::collections::HashMap;

use engine::entry::SourceKey;
use engine::observation::{ObservationEntry, ObservationResult, Quality};
use wire::time::Timestamp;

use crate::store::ObservationRow;

/// All that an observation says, but for when and where it was written down.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Word {
    source: SourceKey,
    datastream: String,
    at: Timestamp,
    end: Option<Timestamp>,
    result_at: Option<Timestamp>,
    number_bits: Option<u64>,
    text: Option<String>,
    unit: Option<String>,
    quality: Quality,
    raw: Option<String>,
}

impl Word {
    pub(super) fn of(observation: &ObservationEntry) -> Self {
        let (number_bits, text) = match &observation.result {
            ObservationResult::Number(number) => (Some(number.to_bits()), None),
            ObservationResult::Text(text) => (None, Some(text.clone())),
        };
        Self {
            source: observation.source,
            datastream: observation.datastream.clone(),
            at: observation.phenomenon_time,
            end: observation.phenomenon_end,
            result_at: observation.result_at,
            number_bits,
            text,
            unit: observation.unit.clone(),
            quality: observation.quality,
            raw: observation.raw.clone(),
        }
    }

    fn of_row(row: ObservationRow) -> Self {
        Self {
            source: row.source,
            datastream: row.datastream,
            at: row.phenomenon_at,
            end: row.phenomenon_end,
            result_at: row.result_at,
            number_bits: row.number.map(f64::to_bits),
            text: row.text,
            unit: row.unit,
            quality: row.quality,
            raw: row.raw,
        }
    }
}

/// What stands, by what it says: of the moments that were asked for, and of the group under way.
#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<Word, u64>);

impl Repeats {
    /// From what the database holds of the moments that were asked for.
    pub(super) fn of(rows: Vec<ObservationRow>) -> Self {
        let word = |row: ObservationRow| {
            let seq = row.seq;
            (Word::of_row(row), seq)
        };
        Self(rows.into_iter().map(word).collect())
    }

    /// And these.
    pub(super) fn join(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
        } else {
            self.0.extend(other.0);
        }
    }

    /// Where it stands already.
    pub(super) fn number(&self, word: &Word) -> Option<u64> {
        self.0.get(word).copied()
    }

    /// It will stand here.
    pub(super) fn hear(&mut self, observation: &ObservationEntry, seq: u64) {
        self.0.insert(Word::of(observation), seq);
    }
}
