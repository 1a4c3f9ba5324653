//! Every limit of an index of messages, with one sentence of reason.

use std::time::Duration;

/// Bytes of an index: a large country's with a summary of each warning in several languages has some megabytes.
pub(super) const INDEX_BYTES_MAX: usize = 16 << 20;

/// Messages of one index: a country on its worst day has some hundreds.
pub(super) const LINKS_MAX: usize = 5_000;

/// Messages of one turn: they stand in memory together until they are on disk.
pub(super) const MESSAGES_MAX: usize = 16;

/// Bytes of one turn's messages; the last may go over it by its own size.
pub(super) const TURN_BYTES_MAX: usize = 8 << 20;

/// A turn begins no further message after this: somebody who tries a source waits before a screen.
pub(super) const TURN_MAX: Duration = Duration::from_secs(8);

/// One message takes no longer, its turn at the host left out: one that drips must not keep the others waiting.
pub(super) const LINK_MAX: Duration = Duration::from_secs(10);

/// So often a message is asked for that cannot be had: then it is refused, and shown as that.
pub(super) const TRIES_MAX: u32 = 5;

/// The pause after the first time, doubled with each: five times within a quarter of an hour.
pub(super) const AGAIN_MS: i64 = 60_000;
