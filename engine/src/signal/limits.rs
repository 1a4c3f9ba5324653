//! The numbers of the tests, each with its reason.

/// Periods without a value until a datastream is silent: one may be lost on the way and one be slow, three are no accident.
pub const PERIODS_MAX: i64 = 3;

/// A level is left this share of its own size on the calm side of it, where its owner says nothing else.
pub const CLEAR_SHARE: f64 = 0.05;

/// And at least this many times the usual jitter away, so that jitter is one signal: of a bell's values, one in fourteen
/// thousand lies so far out.
pub const CLEAR_JITTERS: f64 = 4.0;

/// The usual jitter is the median of this many changes of step: an odd number, and soon known.
pub const JITTERS: usize = 31;

/// A rise is so many times the usual jitter, at least: less may be jitter that happens to go one way.
pub const RISE_JITTERS: f64 = 3.0;

/// Values that must all go towards a level to be a rise: chance puts four in a row in order once in 24 times.
pub const RISE_VALUES: usize = 4;

/// A rise matters if at its pace the level is reached within this time, or within [`RISE_PERIODS`] if that is longer.
pub const RISE_MS: i64 = 3_600_000;

/// The same in periods, for datastreams that speak rarely.
pub const RISE_PERIODS: i64 = 12;

/// One value is kept for each half hour: time of day changes no faster, and a fast sensor must not fill the memory.
pub const CELL_MS: i64 = 30 * 60_000;

/// Half hours kept: two weeks, so that each day of the week is there twice; 2.7 kB.
pub const CELLS: usize = 2 * 7 * 48;

/// The least and greatest are kept for blocks of six hours: they part night from day, and are few.
pub const BLOCK_MS: i64 = 6 * 3_600_000;

/// Blocks kept: the same two weeks.
pub const BLOCKS: usize = 2 * 7 * 4;

/// What is new is compared with what is older than this: less than a day, so that the same hour of yesterday counts, and
/// so long that an event of hours does not become the usual while it lasts.
pub const RECENT_MS: i64 = 22 * 3_600_000;

/// Half hours behind a baseline, at least: a day of them.
pub const BASELINE_N_MIN: u32 = 48;

/// Days behind a baseline, at least: two may be alike by accident.
pub const BASELINE_DAYS_MIN: u32 = 3;

/// Days behind a baseline of a time of day, at least: with fewer than a week, Sunday's quiet morning is taken for Monday's.
pub const TIME_OF_DAY_DAYS_MIN: u32 = 7;

/// Values behind a baseline of a time of day, at least: two for each of the days, one more for a middle.
pub const TIME_OF_DAY_N_MIN: u32 = 15;

/// Robust sigmas from the median to be unusual: traffic, rivers and weather have longer tails than a bell.
pub const SIGMAS: f64 = 6.0;

/// Robust sigmas beyond all that was seen to be unusual: a record by a hair is no news.
pub const SIGMAS_BEYOND: f64 = 3.0;

/// Values in a row to be unusual, and to be usual again: one is a glitch.
pub const IN_A_ROW: usize = 3;

/// A rate of change is taken over this time at least: over a second, jitter is a flood.
pub const RATE_SPAN_MS: i64 = 5 * 60_000;

/// Steps in a row beyond the limit of the rate to begin, and within it to end.
pub const RATE_STEPS: u8 = 2;

/// A run of equal values this many times as long as the longest before is frozen.
pub const FROZEN_TIMES: i64 = 4;

/// Values at which a datastream rests longest, each with its own longest run: a detector that tops out at 70 may stay there
/// all night, and is broken if it stays at 62 for an hour.
pub const RESTS_MAX: usize = 4;

/// A run this long teaches at which times of day its value may stay: less is a lull.
pub const REST_MS: i64 = 3_600_000;

/// Half hours around those times at which it may stay as well: nights and Sundays do not begin by the clock.
pub const REST_AROUND: u32 = 2;

/// Equal values in a run, at least, whatever the history: a dozen is no rounding.
pub const FROZEN_N_MIN: u32 = 12;

/// Runs that must have ended before any is called frozen.
pub const FROZEN_RUNS_MIN: u32 = 50;

/// Days since the first value before any is called frozen: a sensor's first night is no fault.
pub const FROZEN_DAYS_MIN: i64 = 3;

/// Steps that are counted before both counts are halved: old habits fade.
pub const FROZEN_STEPS_MAX: u32 = 4_096;

/// Levels of a passport: three grades in two directions.
pub const LEVELS_MAX: usize = 6;

/// Planned works of a passport: a year of weekly ones.
pub const WORKS_MAX: usize = 64;

/// Corners of a footprint: a stretch of river, not a coast.
pub const CORNERS_MAX: usize = 500;

/// Datastreams downstream: more than any river has towns.
pub const REACHES_MAX: usize = 64;

/// The longest cadence: a week; what speaks less often is no sensor to watch.
pub const CADENCE_MS_MAX: i64 = 7 * 86_400_000;

/// Bytes of a text of a passport.
pub const TEXT_BYTES_MAX: usize = 1_000;

/// A datastream is late after so many of its periods: one value may be slow or lost.
pub const LATE_PERIODS: i64 = 2;

/// And not before a minute: what speaks each second may pause for a breath.
pub const LATE_LEAST_MS: i64 = 60_000;

/// A datastream whose rhythm nobody knows is late after an hour …
pub const UNKNOWN_LATE_MS: i64 = 3_600_000;

/// … and silent after a day: it may be a door.
pub const UNKNOWN_SILENT_MS: i64 = 24 * 3_600_000;

/// Datastreams told one by one, the worst first: a city's sensors, and a page that a browser can still show.
pub const EYES_MAX: usize = 10_000;

/// No sensor stands higher or deeper than this, in metres: what lies beyond is a slip of units.
pub const HEIGHT_M_MAX: f64 = 12_000.0;
