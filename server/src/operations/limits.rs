//! Limits of operations: what a person may ask for, and how long it holds without another's word.

/// An operation ends after thirty days: what is needed longer is asked for anew.
pub(super) const OPERATION_MS_MAX: i64 = 30 * 86_400_000;
/// A standing operation is looked at again after a year.
pub(super) const STANDING_MS_MAX: i64 = 366 * 86_400_000;
/// A run of a standing operation ends by itself after half a day: a crisis that lasts longer is one with people who can say so.
pub(super) const RUN_MS: i64 = 12 * 3_600_000;
/// A second person has a day to ratify what one started in haste.
pub(super) const RATIFY_MS: i64 = 24 * 3_600_000;
/// Words that are looked for: with more of them everything is.
pub(super) const WORDS_MAX: usize = 50;
/// Characters of one of them.
pub(super) const WORD_CHARS_MAX: usize = 60;
/// The shortest: letters alone are in every text.
pub(super) const WORD_CHARS_MIN: usize = 3;
/// Characters of a purpose, an authority, a basis: a few sentences.
pub(super) const LINE_CHARS_MAX: usize = 500;
/// Degrees of an area: a region, not a country.
pub(super) const AREA_DEGREES_MAX: f64 = 5.0;
/// Operations of a room that are remembered; the oldest that are over leave, and stay in the log.
pub(super) const OPERATIONS_MAX: usize = 200;
/// Runs of a standing one that are remembered.
pub(super) const RUNS_MAX: usize = 50;
