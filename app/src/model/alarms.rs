//! Alarms as a desk hears and answers them: which is the gravest, since when there was none, and when one sounds.

use std::collections::BTreeMap;

use wire::alarm::{AlarmState, AlarmView};

/// An alarm that nobody answers sounds again after this long, once; from then on it climbs by the server's rules.
pub const AGAIN_MS: i64 = 30_000;

/// Whether it waits for an answer.
pub fn asks(alarm: &AlarmView) -> bool {
    matches!(alarm.state, AlarmState::Unanswered | AlarmState::Climbing)
}

/// The gravest that waits for an answer, and how many others do. Of equally grave ones what was lost comes first, then who waits longest.
pub fn gravest<'a>(alarms: impl Iterator<Item = &'a AlarmView>) -> Option<(&'a AlarmView, usize)> {
    let rank = |alarm: &AlarmView| (alarm.level, alarm.cause, alarm.since, alarm.id);
    let mut others = 0;
    let first = alarms.filter(|alarm| asks(alarm)).reduce(|first, other| {
        others += 1;
        if rank(other) < rank(first) { other } else { first }
    });
    first.map(|first| (first, others))
}

/// When the last one was answered, in the server's milliseconds.
pub fn answered_last<'a>(alarms: impl Iterator<Item = &'a AlarmView>) -> Option<i64> {
    alarms.filter_map(|alarm| alarm.answered_at).map(|at| at.0).max()
}

/// What there is to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tune {
    /// An alarm asks, for the first or the second time.
    Asks,
    /// An alarm was not answered in time.
    Climbs,
}

/// How far an alarm was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard {
    at: i64,
    again: bool,
    climbed: u8,
}

/// Which alarms a desk sounded for, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ear(BTreeMap<u64, Heard>);

impl Ear {
    /// What is to be heard now, if anything: one sound for all that came together, the gravest. Called once a second and when alarms change.
    pub fn hear<'a>(
        &mut self,
        alarms: impl Iterator<Item = &'a AlarmView>,
        now: i64,
    ) -> Option<Tune> {
        let mut tune = None;
        let mut asking = BTreeMap::new();
        for alarm in alarms.filter(|alarm| alarm.sounds && asks(alarm)) {
            let fresh = Heard { at: now, again: false, climbed: alarm.climbed };
            let before = self.0.get(&alarm.id).copied();
            let mut heard = before.unwrap_or(fresh);
            let sound = if before.is_none() {
                Some(Tune::Asks)
            } else if alarm.climbed > heard.climbed {
                heard = Heard { climbed: alarm.climbed, again: true, ..heard };
                Some(Tune::Climbs)
            } else if !heard.again && now - heard.at >= AGAIN_MS {
                heard.again = true;
                Some(Tune::Asks)
            } else {
                None
            };
            tune = tune.max(sound);
            asking.insert(alarm.id, heard);
        }
        // One that was answered and asks again is another ring.
        self.0 = asking;
        tune
    }
}
