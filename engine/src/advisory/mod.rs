//! Advisories: official messages in CAP's words, as they were received, and which of them are in force.
//!
//! They are official and nothing personal: all of an advisory stands in its journal row. Which one is in force follows from all
//! that are held and from the moment, never from the order in which they came.

pub mod atlas;
mod held;
mod limits;
pub mod shape;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use wire::advisory::{AdvisoryScope, AdvisoryStatus, MsgType, Pair};
use wire::geo::LngLat;
use wire::grade::{Certainty, Severity, Urgency};
use wire::time::Timestamp;

use crate::entry::SourceKey;
use crate::view::Clearance;

pub(crate) use held::{Advisories, HeldAdvisory, weight};
pub use held::{AdvisoryVerdict, NoRoom};
pub(crate) use limits::{AT_FIRST, PAGE_BYTES_MAX};
pub use limits::{HELD_BYTES_MAX, HELD_MAX, KEPT_MS, LIFETIME_MAX_MS, LIFETIME_MS};

/// What a message is called among all messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdvisoryId {
    /// Who sent it.
    pub sender: String,
    /// What the sender calls it.
    pub identifier: String,
    /// When it was sent.
    pub sent: Timestamp,
}

/// One message, as one source brought it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdvisoryEntry {
    /// Which source.
    pub source: SourceKey,
    /// SHA-256 of what was received.
    pub digest: [u8; 32],
    /// What it says.
    pub advisory: Advisory,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advisory {
    /// What it is called.
    pub id: AdvisoryId,
    /// Its `sent` came without a zone, and was read as UTC.
    pub sent_without_zone: bool,
    /// What it is for.
    pub status: AdvisoryStatus,
    /// What it does.
    pub msg_type: MsgType,
    /// For whom it is.
    pub scope: AdvisoryScope,
    /// Of which others it speaks.
    pub references: Vec<AdvisoryId>,
    /// Why, in words.
    pub note: Option<String>,
    /// What it says in each language, or of each part of it.
    pub blocks: Vec<Block>,
}

/// An `info` of a message: its words in a language.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Block {
    /// As the sender tags it.
    pub language: String,
    /// CAP's categories.
    pub category: Vec<String>,
    /// What happens.
    pub event: String,
    /// What to do, in CAP's words.
    pub response_type: Vec<String>,
    /// How soon.
    pub urgency: Urgency,
    /// How bad.
    pub severity: Severity,
    /// How certain.
    pub certainty: Certainty,
    /// From when its words hold.
    pub effective: Option<Timestamp>,
    /// When what it warns of begins.
    pub onset: Option<Timestamp>,
    /// Until when its words hold.
    pub expires: Option<Timestamp>,
    /// When what it warns of ends, where the sender says so beside `expires`.
    pub ends: Option<Timestamp>,
    /// Who speaks, for people.
    pub sender_name: Option<String>,
    /// In one line.
    pub headline: Option<String>,
    /// At length.
    pub description: Option<String>,
    /// What people should do.
    pub instruction: Option<String>,
    /// Where more stands.
    pub web: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Codes of what happens.
    pub event_codes: Vec<Pair>,
    /// What else the sender's system says.
    pub parameters: Vec<Pair>,
    /// Where.
    pub areas: Vec<Area>,
}

/// An area of a block: the union of what it draws.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Area {
    /// What people call it.
    pub name: String,
    /// Rings that end where they begin.
    pub polygons: Vec<Vec<LngLat>>,
    /// Circles.
    pub circles: Vec<Circle>,
    /// Codes that a table turns into areas.
    pub geocodes: Vec<Pair>,
}

/// A circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circle {
    /// Its middle.
    pub centre: LngLat,
    /// How far it reaches.
    pub radius_m: u32,
}

/// Messages of one lane speak of each other; those of another change nothing in it. Within an exercise, Actual and Exercise are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// What the room acts on.
    Room,
    /// What technicians look at.
    Test,
    /// Between systems.
    System,
    /// Not to be acted on yet.
    Draft,
}

impl Lane {
    /// The lane of a status.
    pub fn of(status: AdvisoryStatus) -> Self {
        match status {
            AdvisoryStatus::Actual | AdvisoryStatus::Exercise => Self::Room,
            AdvisoryStatus::Test => Self::Test,
            AdvisoryStatus::System => Self::System,
            AdvisoryStatus::Draft => Self::Draft,
        }
    }
}

impl Advisory {
    /// The number of what it says, equal for what says the same.
    pub fn content(&self) -> u128 {
        // Postcard into a Vec cannot fail for these types.
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        let hash = blake3::hash(&bytes);
        let first = hash.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
        u128::from_le_bytes(first)
    }

    /// In which lane it is.
    pub fn lane(&self) -> Lane {
        Lane::of(self.status)
    }

    /// Until when it holds, and whether a usual lifetime was assumed for it.
    ///
    /// The last of its blocks counts, and of a block what ends later: `expires` may only be when its words are renewed.
    pub fn expires(&self) -> (Timestamp, bool) {
        let usual = self.id.sent.plus_ms(LIFETIME_MS);
        let ends = self.blocks.iter().map(|block| block.expires.max(block.ends));
        let last = ends.map(|end| end.map_or((usual, true), |end| (end, false))).max();
        last.unwrap_or((usual, true))
    }

    /// The worst that it says.
    pub fn severity(&self) -> Severity {
        self.blocks.iter().map(|block| block.severity).min().unwrap_or_default()
    }

    /// Who may see it: what is for all, everybody; the rest, whoever may read words from outside.
    pub fn clearance(&self) -> Clearance {
        match self.scope {
            AdvisoryScope::Public => Clearance::Wall,
            AdvisoryScope::Restricted | AdvisoryScope::Private => Clearance::Room,
        }
    }

    /// Whether it can be in force at all.
    pub fn is_warning(&self) -> bool {
        matches!(self.msg_type, MsgType::Alert | MsgType::Update)
    }

    /// Whether it ends those that it names.
    pub fn ends_others(&self) -> bool {
        matches!(self.msg_type, MsgType::Update | MsgType::Cancel)
    }
}
