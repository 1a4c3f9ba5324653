//! Sources we fetch ourselves: one file a source, one supervisor with backoff around all of them.
//!
//! A source turns an upstream's bytes into [`Draft`]s; the supervisor submits them through the same door as a
//! partner's reports and remembers, only after they are on disk, where to go on.

mod board;
pub mod cad;
pub mod cap;
pub mod config;
mod cursor;
pub mod datex;
mod dial;
mod distrust;
mod draft;
pub mod emsc;
pub mod feed;
pub mod gdacs;
pub mod gtfs;
pub mod guard;
#[cfg(test)]
mod held_tests;
mod hosts;
pub mod mail;
mod messages;
mod moment;
pub mod mqtt;
pub mod nws;
pub(crate) mod pause;
mod poll;
mod protobuf;
mod refusals;
mod road;
pub(crate) mod roster;
pub mod rss;
mod running;
mod said;
mod secret;
pub mod sensorthings;
mod sign;
pub mod social;
mod spot;
mod supervisor;
mod syndication;
pub(crate) mod trial;
pub mod usgs;
mod wake;
pub(crate) mod words;
pub mod xml;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use wire::alarm::AlarmLevel;
use wire::report::ReportFeature;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::why::RefusedItem;

pub use board::{Board, Note};
pub use config::SourceConfig;
pub use draft::{Draft, Gauge};
pub use messages::Message;
pub use pause::Paused;
pub use roster::Roster;
pub use running::run;
pub use secret::Secret;
pub(crate) use supervisor::profile;

/// What the room calls a source and how often it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its public id, `feed:NAME`.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// The mode its reports enter.
    pub mode: Mode,
    /// The pause between two fetches.
    pub interval: Duration,
    /// How often its content changes at least, where its owner says so.
    pub cadence: Option<Duration>,
    /// Where it stands: who asks there takes turns. Empty where nobody does.
    pub host: String,
    /// Since when, where it was added at the desk.
    pub since: Option<Timestamp>,
}

/// What was fetched, and where to go on once it is on disk.
#[derive(Debug, Default)]
pub struct Fetched {
    /// What was understood.
    pub drafts: Vec<Draft>,
    /// Values of sensors, each in the form of `POST /api/v1/observations`.
    pub observations: Vec<serde_json::Value>,
    /// Reports, each a feature in the form of `POST /api/v1/reports`.
    pub reports: Vec<serde_json::Value>,
    /// Official messages as they came.
    pub messages: Vec<Message>,
    /// Whether there is more that may be asked for at once.
    pub has_more: bool,
    /// What was refused, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// The first of it, with the device that each names.
    pub refused: Vec<RefusedItem>,
    /// Bytes fetched.
    pub n_bytes: u64,
    /// Opaque to everyone but the source: validators, a position.
    pub cursor: String,
    /// The newest date inside the content, the upstream's own stamp included.
    pub content_at: Option<Timestamp>,
    /// Which of the drafts a rule of the room lets ring, by the upstream's id, and how gravely.
    pub rings: BTreeMap<String, AlarmLevel>,
}

/// Why a fetch gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It cannot be reached, or answers with an error that may pass.
    #[error("{why}")]
    Passing {
        /// In one sentence.
        why: String,
        /// When the upstream asked to be asked again.
        retry_after: Option<Duration>,
    },
    /// Our own guard does not let us ask: no waiting mends that, a person must.
    #[error("{0}")]
    Forbidden(String),
    /// What it sends is not what it should be.
    #[error("{0}")]
    Garbled(String),
}

/// What the room already holds of a source, by the source's own ids.
pub trait Held: Send + Sync {
    /// The report with this id, with all its words.
    fn report(&self, id: &str) -> Option<ReportFeature>;
}

/// An upstream we read.
#[async_trait]
pub trait Source: Send {
    /// What it is.
    fn profile(&self) -> Profile;

    /// What it speaks, in a word.
    fn dialect(&self) -> &'static str;

    /// Asks the upstream once. `cursor` is what the last fetch gave, empty at first. `None`: nothing changed.
    async fn fetch(
        &mut self,
        cursor: &str,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Option<Fetched>, FetchError>;
}
