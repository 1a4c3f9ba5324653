//! Limits of what is read from social networks.

use std::time::Duration;

/// The largest message: a post is some kilobytes, what hangs on it is not looked at.
pub(super) const MESSAGE_BYTES_MAX: usize = 256 << 10;
/// Messages taken at once: a second of a whole network.
pub(super) const GROUP_MAX: usize = 500;
/// A group waits so long for more: what is said is on disk within half a second.
pub(super) const GROUP_WAIT: Duration = Duration::from_millis(200);
/// A network that says nothing for so long is not listening to us any more.
pub(super) const SILENT_MAX: Duration = Duration::from_mins(1);
/// So far before the last that is on disk a network is asked to go on: what it tells is not in order. In microseconds.
pub(super) const REWIND_US: i64 = 5_000_000;
/// How often it is looked whether an operation began or ended.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// A moment that lies so far ahead is no moment to go on from. In microseconds.
pub(super) const AHEAD_US: i64 = 60_000_000;
