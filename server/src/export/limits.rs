//! The limits of exports, named, with one sentence of reason.

use std::time::Duration;

/// Exports at once: each holds two pages and a list of ids, and a city asks for one at a time.
pub(crate) const EXPORTS_AT_ONCE: usize = 4;

/// Reports of one export: a month of a storm a hundred times Valencia's, and 16 MB of ids.
pub(crate) const EXPORT_ROWS_MAX: usize = 1_000_000;

/// Reports that are read while the World is held: half a megabyte, and less than a millisecond.
pub(super) const PAGE_ROWS: usize = 500;

/// Pages that wait for the reader.
pub(super) const PAGES_AHEAD: usize = 2;

/// A reader that takes nothing for so long has gone away, and others wait for its place.
pub(super) const STALL: Duration = Duration::from_secs(30);
