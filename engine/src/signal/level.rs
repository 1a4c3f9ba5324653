//! The test of the owner's levels. A level that was reached holds until the value has cleared it.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::limits::{CLEAR_JITTERS, CLEAR_SHARE};
use super::passport::{Direction, Level, Passport};
use super::told::{Grade, Held, Numbers, Signal, Test, Transition, settle};

/// What the stream was like when the signal began; it decides how far a level is to be cleared, and must not move with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Calm {
    /// The usual jitter from value to value.
    pub(super) jitter: Option<f64>,
    /// The usual value.
    pub(super) median: Option<f64>,
}

/// The state of the test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Levels {
    pub(super) signal: Option<Signal>,
    calm: Calm,
}

/// Where a level is cleared: where its owner says, else a share of its size away, or farther if the stream jitters more;
/// but never beyond the middle between the level and the usual value, where it would hardly ever be cleared.
fn clear_of(level: &Level, calm: Calm) -> f64 {
    if let Some(clear) = level.clear {
        return clear;
    }
    let share = CLEAR_SHARE * level.value.abs();
    let jitter = CLEAR_JITTERS * calm.jitter.unwrap_or_default();
    let room = calm.median.filter(|median| !level.direction.reaches(*median, level.value));
    let jitter = room.map_or(jitter, |median| jitter.min((level.value - median).abs() / 2.0));
    level.direction.calmer(level.value, share.max(jitter))
}

impl Levels {
    /// The grade and direction of what stands.
    fn standing(&self) -> Option<(Grade, Direction)> {
        match self.signal.as_ref()? {
            Signal { grade, numbers: Numbers::Level { direction, .. }, .. } => {
                Some((*grade, *direction))
            }
            _ => None,
        }
    }

    /// Judges a value.
    pub(super) fn judge(
        &mut self,
        passport: &Passport,
        held: Held,
        calm: Calm,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let standing = self.standing();
        if standing.is_none() {
            self.calm = calm;
        } else {
            // What it jitters may be learned while the signal stands; what is usual may not.
            self.calm.jitter = self.calm.jitter.or(calm.jitter);
        }
        let holds = |level: &&Level| {
            let clear = clear_of(level, self.calm);
            level.direction.reaches(held.value, level.value)
                || standing.is_some_and(|(grade, direction)| {
                    direction == level.direction
                        && level.grade <= grade
                        && level.direction.passes(held.value, clear)
                })
        };
        let wanted = passport.levels.iter().filter(holds).max_by_key(|level| level.grade);
        let signal = wanted.map(|level| Signal {
            test: Test::Level,
            grade: level.grade,
            since: held.at,
            numbers: Numbers::Level {
                value: held.value,
                level: level.value,
                clear: clear_of(level, self.calm),
                direction: level.direction,
                reached: held.at,
            },
        });
        let turned = wanted.is_some_and(|level| {
            standing.is_some_and(|(_, direction)| direction != level.direction)
        });
        if turned || signal.is_none() {
            if let Some(Signal { numbers: Numbers::Level { value, .. }, .. }) = &mut self.signal {
                *value = held.value;
            }
            settle(&mut self.signal, None, at, told);
        }
        settle(&mut self.signal, signal, at, told);
    }
}
