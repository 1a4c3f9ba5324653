//! Every limit of advisories, with one sentence of reason.

/// A World holds this many: all of Europe's on a bad day, several times over.
pub const HELD_MAX: usize = 20_000;

/// And this many bytes of them: words and areas of all those, at a dozen kilobytes each.
pub const HELD_BYTES_MAX: usize = 256 << 20;

/// One source may take up half of either: one that floods leaves room for the others.
pub(super) const SHARE: usize = 2;

/// One that names no end holds for a day: as long as most warnings are made for.
pub const LIFETIME_MS: i64 = 24 * 3_600_000;

/// Whatever end it names, it holds for 92 days after receipt at most: a drought is renewed by then, and a slip of a year is not for ever.
pub const LIFETIME_MAX_MS: i64 = 92 * 24 * 3_600_000;

/// What is over is kept for a week: a Cancel that came first must be known when its Alert comes late, and people look back.
pub const KEPT_MS: i64 = 7 * 24 * 3_600_000;

/// A page of a list ends when it holds about four megabytes, at sixteen bytes a corner: a line of a few Mbit/s brings it in seconds.
pub(crate) const PAGE_BYTES_MAX: usize = 4 << 20;

/// The newest in force that one who follows is told of at first: the list has the rest.
pub(crate) const AT_FIRST: usize = 200;

/// One that ends others which are still kept is looked at again after an hour.
pub(super) const AGAIN_MS: i64 = 3_600_000;
