//! The numbers of the baseline, each with its reason.

/// Lengths of the periods that are judged, in minutes: a sudden thing within a quarter of an hour, a slow one within the hour.
pub const PERIODS_MIN: [i64; 2] = [15, 60];

/// Nothing is said of a series before so many hours of it were seen: two weeks, so that each hour of the week was there twice.
pub const EARNED_HOURS: u32 = 2 * 168;

/// From so many hours on there is something to measure the spread by, and an hour that is too much teaches less.
pub(super) const MEASURED_HOURS: u32 = 168;

/// False findings a day that the whole city may expect, at most: a desk can look at one for nothing. Fewer come, for numbers
/// are whole, and the twenty questions of one report are much alike.
pub const FALSE_A_DAY: f64 = 1.0;

/// False dark areas a day, at most: they are an alarm of the top level, so one in twenty days.
pub const FALSE_DARK_A_DAY: f64 = 0.05;

/// Fewer reports a day than this are budgeted as if they were so many: a budget for ten would find everything unusual.
pub(super) const DAY_LEAST: f64 = 50.0;

/// A number under this is never unusual: two people may see the same thing.
pub const N_LEAST: u64 = 3;

/// A finding is calm while such a number, or a greater one, comes once in so many periods by chance.
pub(super) const CALM_P: f64 = 0.01;

/// A finding ends after so many calm minutes in a row: a period of its own, so that nothing of what began it is left.
pub const CALM_MIN: u32 = 15;

/// A finding reaches over at most so many blocks; what lies beyond is another.
pub(super) const REACH_MAX: usize = 64;

/// At most so many findings at once: beyond that the city itself is unusual, and a list of more is read by nobody.
pub(super) const FINDINGS_MAX: usize = 200;

/// A channel is judged where at least so many messages are expected: none of eight is rarer than one in a thousand.
pub const DARK_EXPECTED_LEAST: f64 = 8.0;

/// Far below: a quarter of what is expected.
pub(super) const DARK_SHARE: f64 = 0.25;

/// An area is lit when half of what is expected comes by a channel.
pub(super) const LIT_SHARE: f64 = 0.5;

/// A channel has fallen everywhere when the rest of the city sends less than half of what it should: then it says nothing of one area.
pub(super) const ELSEWHERE_LEAST: f64 = 0.5;

/// After so many blind hours on end the silence is taught after all: a source that was given up is no broken line.
pub(super) const BLIND_HOURS_MAX: u32 = 168;

/// How far back a dark area is looked for, in minutes.
pub(super) const DARK_PERIODS_MIN: [i64; 2] = [30, 60];

/// Cells that are kept: a hundred thousand places with two hazards each, some 20 MB.
pub(super) const CELLS_MAX: usize = 200_000;

/// Places, voices and minutes that wait for their minute to close; a hundred times the reports of a bad minute.
pub(super) const WAITING_MAX: usize = 200_000;

/// Minutes with something in them that are held for two hours, over all cells and voices: three for each of 46 different places a second.
pub(super) const MINUTES_MAX: usize = 1_000_000;

/// A report observed longer ago than this is no longer counted: its hour may have been taught already.
pub const LATE_MIN: i64 = 60;

/// After a longer silence of the clock the minutes in between are not judged one by one: a week.
pub(super) const GAP_MIN: i64 = 7 * 24 * 60;

/// After so long without any entry nobody listened: thirty canaries' time. A shorter interruption costs nothing, for partners
/// try again what was not taken.
pub const UNHEARD_MS: i64 = 5 * 60_000;
