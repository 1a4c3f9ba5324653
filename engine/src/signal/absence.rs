//! Silent and lost: what is due and does not come. Moments are those at which it was due, whenever somebody looks.

use wire::time::Timestamp;

use super::limits::PERIODS_MAX;
use super::passport::{Cadence, Passport};
use super::told::{Grade, Ground, Held, Numbers, Signal, Test};

/// What is known when the question is asked.
pub(super) struct Known {
    /// The newest moment of which anything was told.
    pub(super) spoke_at: Timestamp,
    /// When something was told last.
    pub(super) told_at: Timestamp,
    /// The last number that was judged.
    pub(super) held: Option<Held>,
    /// Why silence would be a loss.
    pub(super) ground: Option<Ground>,
}

/// An absence, and the moment from which it can be told.
pub(super) struct Absence {
    pub(super) signal: Signal,
    pub(super) tell_at: Timestamp,
}

/// The silence that a passport allows, in milliseconds.
pub(super) fn limit_ms(cadence: Cadence) -> i64 {
    cadence.by_day_ms.saturating_mul(PERIODS_MAX)
}

/// The absence that will be if nothing more comes; it is there once `since` is past.
pub(super) fn coming(passport: &Passport, known: &Known) -> Option<Absence> {
    let cadence = passport.cadence?;
    let lost = known.held.zip(known.ground);
    let (test, grade, last_at) = match lost {
        Some((held, _)) => (Test::Lost, Grade::Red, held.at),
        None => (Test::Silent, Grade::Yellow, known.spoke_at),
    };
    // A value that has not cleared a level is no longer beyond it, and the sensor may have gone back to its calm pace.
    let in_alarm = lost.is_some_and(|(held, _)| passport.reached(held.value).is_some());
    let cadence_ms = cadence.in_alarm_ms.filter(|_| in_alarm).unwrap_or(cadence.by_day_ms);
    let limit_ms = limit_ms(Cadence { by_day_ms: cadence_ms, in_alarm_ms: None });
    let since = due(passport, last_at, limit_ms);
    let numbers = Numbers::Absence {
        held: known.held,
        last_at,
        cadence_ms,
        limit_ms,
        ground: known.ground,
        away_ms: None,
    };
    let mut tell_at = since.max(known.told_at);
    while let Some(works) = passport.works_at(tell_at) {
        tell_at = works.to;
    }
    Some(Absence { signal: Signal { test, grade, since, numbers }, tell_at })
}

/// When a silence becomes too long. Works that go on by then give it their end and as long again: what was switched off
/// for them has to start.
fn due(passport: &Passport, last_at: Timestamp, limit_ms: i64) -> Timestamp {
    let mut due = last_at.plus_ms(limit_ms);
    while let Some(works) = passport.works_at(due) {
        due = works.to.plus_ms(limit_ms);
    }
    due
}
