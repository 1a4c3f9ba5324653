//! Posts of social networks, kept under an operation alone; what is withdrawn there is erased here.
//!
//! ```text
//! network ─▶ bluesky | status (events) ─▶ take: words, place, operation ─▶ pipeline, with the cursor
//!                                                 withdrawn ─▶ the report's key is destroyed
//! ```
//!
//! Nobody is listened to without an operation, unless posts are held that may be withdrawn.

mod bluesky;
mod jetstream;
mod limits;
mod line;
mod listen;
mod mastodon;
mod status;
mod take;

pub(super) use listen::run;
pub(super) use mastodon::check_tags;

use wire::time::Timestamp;

use super::{Draft, dial, guard};

/// The readable name of a network, where a kind is one.
pub(super) fn name_of(kind: &str) -> Option<&'static str> {
    match kind {
        "jetstream" => Some("Bluesky"),
        "mastodon" => Some("Mastodon"),
        _ => None,
    }
}

/// What is wrong with an address of one of them, in one sentence.
pub(super) fn check_url(kind: &str, url: &url::Url, allow_private: bool) -> Result<(), String> {
    match kind {
        "mastodon" => guard::check_url(url, allow_private),
        _ => dial::check_url(url, ["wss", "ws"], allow_private),
    }
}

/// What a network tells.
#[derive(Debug)]
pub(super) enum Event {
    /// A post, or another version of one.
    Said(Box<Draft>),
    /// A post is withdrawn, by its name there.
    Withdrawn(String),
    /// All posts whose names begin so, and that were told by this moment, are: their account is gone, or not to be seen.
    AllWithdrawn(String, Timestamp),
    /// It cannot be read, by reason.
    Refused(&'static str),
    /// Nothing to us.
    Other,
}

/// What a line of Bluesky's stream says, for whoever checks how it is read.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// A post.
    Said {
        /// Its address.
        name: String,
        /// Its text, as it would be kept.
        text: String,
        /// When.
        at: Timestamp,
        /// Its language.
        lang: Option<String>,
    },
    /// A post is withdrawn.
    Withdrawn(String),
    /// It cannot be read.
    Refused(&'static str),
    /// Nothing to us, or of an account.
    Nothing,
}

/// Reads one.
pub fn told(line: &str) -> Told {
    match bluesky::read(line).1 {
        Event::Said(draft) => Told::Said {
            at: draft.observed_at,
            name: draft.words.source_id.unwrap_or_default(),
            text: draft.words.text.unwrap_or_default(),
            lang: draft.words.lang,
        },
        Event::Withdrawn(name) => Told::Withdrawn(name),
        Event::Refused(reason) => Told::Refused(reason),
        Event::AllWithdrawn(..) | Event::Other => Told::Nothing,
    }
}
