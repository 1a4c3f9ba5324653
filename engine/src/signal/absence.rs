//! Silent and lost: what is due and does not come, or was said to be gone. Moments are those at which it was due, whenever somebody
//! looks.

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
    /// When its last will said that it is gone, if that holds.
    pub(super) gone_at: Option<Timestamp>,
}

/// An absence, and the moment from which it can be told.
pub(super) struct Absence {
    pub(super) signal: Signal,
    pub(super) tell_at: Timestamp,
}

impl Absence {
    /// Whether it is there at a moment: a value that is due may still come in the moment itself, and what was said was said.
    pub(super) fn is_there(&self, at: Timestamp) -> bool {
        let since = self.signal.since;
        let was_said = matches!(self.signal.numbers, Numbers::Absence { gone_at, .. } if gone_at == Some(since));
        since < at || was_said && since == at
    }
}

/// The silence that a passport allows, in milliseconds.
pub(super) fn limit_ms(cadence: Cadence) -> i64 {
    cadence.by_day_ms.saturating_mul(PERIODS_MAX)
}

/// The absence that will be if nothing more comes; it is there once `since` is past.
pub(super) fn coming(passport: &Passport, known: &Known) -> Option<Absence> {
    let cadence = passport.cadence;
    let lost = known.held.zip(known.ground);
    let (test, grade, last_at) = match lost {
        Some((held, _)) => (Test::Lost, Grade::Red, held.at),
        None => (Test::Silent, Grade::Yellow, known.spoke_at),
    };
    // A value that has not cleared a level is no longer beyond it, and the sensor may have gone back to its calm pace.
    let in_alarm = lost.is_some_and(|(held, _)| passport.reached(held.value).is_some());
    let cadence_ms = cadence.map(|of| of.in_alarm_ms.filter(|_| in_alarm).unwrap_or(of.by_day_ms));
    let limit = cadence_ms.map(|ms| limit_ms(Cadence { by_day_ms: ms, in_alarm_ms: None }));
    let by_cadence = limit.map(|limit_ms| due(passport, last_at.plus_ms(limit_ms), limit_ms));
    let (cadence_ms, limit_ms) = (cadence_ms.unwrap_or_default(), limit.unwrap_or_default());
    let by_will = known.gone_at.map(|gone_at| (gone_at, due(passport, gone_at, limit_ms)));
    let (since, gone_at) = match (by_cadence, by_will) {
        (Some(by_cadence), Some((_, by_will))) if by_cadence < by_will => (by_cadence, None),
        (_, Some((gone_at, by_will))) => (by_will, Some(gone_at)),
        (Some(by_cadence), None) => (by_cadence, None),
        (None, None) => return None,
    };
    let numbers = Numbers::Absence {
        held: known.held,
        last_at,
        cadence_ms,
        limit_ms,
        ground: known.ground,
        away_ms: None,
        gone_at,
    };
    let mut tell_at = since.max(known.told_at);
    while let Some(works) = passport.works_at(tell_at) {
        tell_at = works.to;
    }
    Some(Absence { signal: Signal { test, grade, since, numbers }, tell_at })
}

/// When a silence becomes too long. Works that go on by then give it their end and as long again: what was switched off
/// for them has to start.
fn due(passport: &Passport, mut due: Timestamp, limit_ms: i64) -> Timestamp {
    while let Some(works) = passport.works_at(due) {
        due = works.to.plus_ms(limit_ms);
    }
    due
}
