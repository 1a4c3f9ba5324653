//! Every limit of the engine, named, with one sentence of reason.

/// How long a report is held after receipt: thirty days, the retention class of raw posts.
pub const RETENTION_MS: i64 = 30 * 24 * 3_600_000;

/// Data older than this on arrival enters silently (law 8): two hours, the desk's default window.
pub const STALE_MS: i64 = 2 * 3_600_000;

/// A partner's clock may run this far ahead before its times are placed at receipt: five minutes.
pub const CLOCK_AHEAD_MS: i64 = 5 * 60_000;
