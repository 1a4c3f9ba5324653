//! The numbers of rules, each with its reason.

/// Events of one second are judged together, in the order of what they say: they reach us in an order that says nothing.
pub const MOMENT_MS: i64 = 1_000;

/// So many events of one second are judged together, then those that came are judged at once: ten times what a room is built for.
pub const MOMENT_EVENTS_MAX: usize = 20_000;

/// Rules of a room: more than anybody can know by heart, and each is tried against every event.
pub const RULES_MAX: usize = 1_000;

/// Bytes of a rule's name: a line.
pub const NAME_BYTES_MAX: usize = 200;

/// Sources that a rule may ask for: with more it is no rule but a census.
pub const SOURCES_MAX: u32 = 1_000;

/// The longest time a rule may look back, hold or wait: a week.
pub const SPAN_MS_MAX: i64 = 7 * 24 * 3_600_000;

/// The shortest time in which sources are counted: below a minute, it is chance who is on the phone.
pub const WITHIN_MS_MIN: i64 = 60_000;

/// A count of sources has cleared when it is down to this share of what was asked for: at one less, it would fire with each call.
pub const CLEAR_DIVISOR: u32 = 2;

/// What left a zone is told for an hour: after that it is no news.
pub const LEFT_MS: i64 = 3_600_000;

/// Things that were not heard of for a day are forgotten by a rule that they do not make fire: they may never speak again.
pub const FORGET_MS: i64 = 24 * 3_600_000;
