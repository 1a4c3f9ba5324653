//! What a watch says: signals with the numbers that explain them, and how they turn. Words are left to screens.

use serde::{Deserialize, Serialize};
use wire::alarm::{AlarmCause, AlarmLevel};
use wire::time::Timestamp;

use super::passport::Direction;

/// How grave a signal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Look when there is time.
    Yellow,
    /// Look soon.
    Orange,
    /// Look now.
    Red,
}

impl Grade {
    /// How the room is told that it is so grave.
    pub fn level(self) -> AlarmLevel {
        match self {
            Self::Red => AlarmLevel::Red,
            Self::Orange => AlarmLevel::Orange,
            Self::Yellow => AlarmLevel::Yellow,
        }
    }
}

/// Which test spoke; in the order in which they count, the first one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Nothing usable came for too long while rising or above a level: the top signal.
    Lost,
    /// Beyond a level of its owner.
    Level,
    /// Far from what is usual for this datastream.
    Baseline,
    /// Changes faster than its limit.
    Rate,
    /// The same value for far too long.
    Frozen,
    /// A value that cannot be.
    Broken,
    /// Nothing came for too long.
    Silent,
}

impl Test {
    /// How the room is told that it spoke.
    pub fn cause(self) -> AlarmCause {
        match self {
            Self::Lost => AlarmCause::Lost,
            Self::Level => AlarmCause::Level,
            Self::Baseline => AlarmCause::Baseline,
            Self::Rate => AlarmCause::Rate,
            Self::Frozen => AlarmCause::Frozen,
            Self::Broken => AlarmCause::Broken,
            Self::Silent => AlarmCause::Silent,
        }
    }
}

/// What a baseline was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Values of this time of day.
    TimeOfDay,
    /// All values.
    Overall,
}

/// The last usable number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The number, in the datastream's unit.
    pub value: f64,
    /// When it was true.
    pub at: Timestamp,
}

/// Why silence is a loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The last value was beyond this level, or had not cleared it.
    Beyond {
        /// The level, in the datastream's unit.
        level: f64,
        /// Its grade.
        grade: Grade,
    },
    /// The last values went towards this level.
    Towards {
        /// The level, in the datastream's unit.
        level: f64,
        /// Its grade.
        grade: Grade,
        /// How fast, in the datastream's unit an hour, signed.
        per_hour: f64,
    },
    /// The last values changed faster than the limit.
    Rate {
        /// How fast, in the datastream's unit an hour, signed.
        per_hour: f64,
    },
}

/// The numbers behind a signal; values are in the datastream's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// Of [`Test::Level`].
    Level {
        /// The value that spoke last.
        value: f64,
        /// The level it is beyond.
        level: f64,
        /// Where that level is cleared.
        clear: f64,
        /// Which side of the level is the danger.
        direction: Direction,
        /// When this grade was reached.
        reached: Timestamp,
    },
    /// Of [`Test::Baseline`].
    Baseline {
        /// The value that spoke last.
        value: f64,
        /// The middle of what is usual.
        median: f64,
        /// The median distance from it.
        mad: f64,
        /// The value beyond which it is unusual.
        limit: f64,
        /// Values behind the median.
        n: u32,
        /// Days behind the median.
        n_days: u32,
        /// Which values those were.
        basis: Basis,
    },
    /// Of [`Test::Rate`].
    Rate {
        /// The value that spoke last.
        value: f64,
        /// The change, an hour, signed.
        per_hour: f64,
        /// The limit, an hour.
        limit: f64,
        /// The time over which the change was taken, in milliseconds.
        over_ms: i64,
    },
    /// Of [`Test::Frozen`].
    Frozen {
        /// The value that does not change.
        value: f64,
        /// How often it came in a row.
        n: u32,
        /// The longest run of this value before, or of any but the few values at which it rests, in milliseconds.
        longest_ms: i64,
        /// The length from which a run is frozen, in milliseconds.
        limit_ms: i64,
        /// Runs behind that.
        n_runs: u32,
        /// How much of the run lay at times of day at which this value never stays, in milliseconds; the limit is of that
        /// then. `None` where the run was too long as a whole.
        at_odd_hours_ms: Option<i64>,
    },
    /// Of [`Test::Broken`].
    Broken {
        /// The value; `None` if it was no finite number.
        value: Option<f64>,
        /// The last usable number.
        held: Option<Held>,
    },
    /// Of [`Test::Silent`] and [`Test::Lost`].
    Absence {
        /// The last usable number; its age is now minus its time.
        held: Option<Held>,
        /// The newest moment of which it told anything usable.
        last_at: Timestamp,
        /// The cadence that counts, in milliseconds.
        cadence_ms: i64,
        /// The silence that it allows, in milliseconds.
        limit_ms: i64,
        /// Why it is a loss; `None` if it is not.
        ground: Option<Ground>,
        /// How long it was away, once it is back, in milliseconds.
        away_ms: Option<i64>,
        /// When its last will said that it is gone, where that and not its cadence is why.
        gone_at: Option<Timestamp>,
    },
}

/// Something that somebody should look at, with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Which test spoke.
    pub test: Test,
    /// How grave it is.
    pub grade: Grade,
    /// Since when it holds.
    pub since: Timestamp,
    /// The numbers behind it.
    pub numbers: Numbers,
}

/// How a signal turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It was not there before.
    Begun,
    /// It is graver; a silence that turns out to be a loss too.
    Worse,
    /// It is less grave, and still there.
    Eased,
    /// It is over.
    Ended,
}

/// One turn of one signal. A list of signals is kept by test: `Lost` and `Silent` are one place in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// How it turned.
    pub turn: Turn,
    /// When that was known, in the room's time: the receipt of the value that showed it, or the moment it was due.
    pub at: Timestamp,
    /// The signal as it is now; as it was, when it ended.
    pub signal: Signal,
}

/// Brings a place in the list to what it should hold, and tells the turn. What stands unchanged keeps its first numbers.
pub(super) fn settle(
    place: &mut Option<Signal>,
    wanted: Option<Signal>,
    at: Timestamp,
    told: &mut Vec<Transition>,
) {
    let (turn, signal) = match (place.take(), wanted) {
        (None, None) => return,
        (None, Some(new)) => (Turn::Begun, new),
        (Some(old), None) => {
            told.push(Transition { turn: Turn::Ended, at, signal: old });
            return;
        }
        (Some(old), Some(new)) if new.grade == old.grade => {
            *place = Some(old);
            return;
        }
        (Some(old), Some(new)) => {
            let turn = if new.grade > old.grade { Turn::Worse } else { Turn::Eased };
            (turn, Signal { since: old.since, ..new })
        }
    };
    *place = Some(signal.clone());
    told.push(Transition { turn, at, signal });
}
