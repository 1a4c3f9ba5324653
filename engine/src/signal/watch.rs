//! The watch over one datastream: its state, and the order of the tests.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::absence::{Absence, Known, coming, limit_ms};
use super::baseline::Baseline;
use super::frozen::Frozen;
use super::history::History;
use super::level::{Calm, Levels};
use super::passport::Passport;
use super::rate::Rate;
use super::told::{Grade, Ground, Held, Numbers, Signal, Test, Transition, settle};
use super::trend::Trend;
use crate::limits::STALE_MS;
use crate::observation::ObservationResult;

/// What is remembered of one datastream; a few kilobytes, however long it runs.
///
/// The passport comes with each call and is not part of the state: it may change at any time. Calls come in the order of
/// time; a step back of the clock is taken as no step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    told_at: Option<Timestamp>,
    spoke_at: Option<Timestamp>,
    held: Option<Held>,
    history: History,
    trend: Trend,
    levels: Levels,
    baseline: Baseline,
    rate: Rate,
    frozen: Frozen,
    broken: Option<Signal>,
    absence: Option<Signal>,
    /// When its last will said that it is gone, until something says otherwise.
    gone_at: Option<Timestamp>,
}

impl Watch {
    /// Its last will says that it is gone, from this moment on: it is silent, or lost, at once and whatever its cadence.
    pub fn gone(&mut self, passport: &Passport, recorded_at: Timestamp) -> Vec<Transition> {
        let at = self.told_at.map_or(recorded_at, |told_at| recorded_at.max(told_at));
        let mut told = self.tick(passport, at);
        self.told_at = Some(at);
        self.gone_at = Some(at);
        told.extend(self.tick(passport, at));
        told
    }

    /// Its will is taken back: what its values say counts again.
    pub fn back(&mut self, passport: &Passport, recorded_at: Timestamp) -> Vec<Transition> {
        let mut told = self.overrule(passport, recorded_at);
        let at = self.told_at.map_or(recorded_at, |told_at| recorded_at.max(told_at));
        self.told_at = Some(at);
        self.come_back(passport, at, at, &mut told);
        told
    }

    /// A value is about to be taken that counts more than its will. Says what was due before it.
    pub(crate) fn overrule(
        &mut self,
        passport: &Passport,
        recorded_at: Timestamp,
    ) -> Vec<Transition> {
        let at = self.told_at.map_or(recorded_at, |told_at| recorded_at.max(told_at));
        let told = self.tick(passport, at);
        self.gone_at = None;
        told
    }

    /// Takes a value that was true at `phenomenon_time` and received at `recorded_at`, and says what turned.
    ///
    /// A value older than the newest fills the history and turns nothing; so does one older on arrival than its stale time
    /// (two hours, or three periods if that is longer), but it counts against silence.
    pub fn observe(
        &mut self,
        passport: &Passport,
        result: &ObservationResult,
        phenomenon_time: Timestamp,
        recorded_at: Timestamp,
    ) -> Vec<Transition> {
        self.hear(passport, result, (phenomenon_time, recorded_at), false)
    }

    /// Takes a value of which whoever sends it again says that it is late: it turns nothing, however young it is.
    pub fn observe_late(
        &mut self,
        passport: &Passport,
        result: &ObservationResult,
        phenomenon_time: Timestamp,
        recorded_at: Timestamp,
    ) -> Vec<Transition> {
        self.hear(passport, result, (phenomenon_time, recorded_at), true)
    }

    fn hear(
        &mut self,
        passport: &Passport,
        result: &ObservationResult,
        (phenomenon_time, recorded_at): (Timestamp, Timestamp),
        is_late: bool,
    ) -> Vec<Transition> {
        let at = self.told_at.map_or(recorded_at, |told_at| recorded_at.max(told_at));
        let mut told = self.tick(passport, at);
        self.told_at = Some(at);
        // Nothing is told before it is true: a clock ahead is placed at receipt.
        let time = phenomenon_time.min(at);
        let in_works = passport.works_at(time).is_some() || passport.works_at(at).is_some();
        let number = match result {
            ObservationResult::Number(value) => Some((*value, passport.usable(*value))),
            ObservationResult::Text(_) => None,
        };
        let usable = number.and_then(|(_, usable)| usable).map(|value| Held { value, at: time });
        let late = self.spoke_at.is_some_and(|newest| time < newest);
        let stale_ms = passport.cadence.map_or(0, limit_ms).max(STALE_MS);
        let silent = is_late || late || in_works || at.ms_since(time) > stale_ms;
        if !late {
            self.spoke_at = Some(time);
        }
        if silent {
            if let Some(held) = usable.filter(|_| !in_works) {
                self.history.keep(held);
            }
        } else {
            if let Some((value, usable)) = number {
                self.judge_broken(value, usable, time, at, &mut told);
            }
            if let Some(held) = usable {
                self.judge(passport, held, at, &mut told);
            }
        }
        if !late {
            self.come_back(passport, time, at, &mut told);
        }
        told
    }

    /// Lets time pass, and says what turned since nothing came. How often it is called changes nothing that is told, only
    /// how soon.
    pub fn tick(&mut self, passport: &Passport, now: Timestamp) -> Vec<Transition> {
        let mut told = Vec::new();
        if let Some(Absence { signal, tell_at }) = self.absence_by(passport, now) {
            settle(&mut self.absence, Some(signal), tell_at, &mut told);
        }
        told
    }

    /// What stands, the gravest first.
    pub fn standing(&self) -> Vec<&Signal> {
        let places = [
            &self.absence,
            &self.levels.signal,
            &self.baseline.signal,
            &self.rate.signal,
            &self.frozen.signal,
            &self.broken,
        ];
        let mut standing: Vec<&Signal> = places.into_iter().flatten().collect();
        standing.sort_by_key(|signal| (std::cmp::Reverse(signal.grade), signal.test));
        standing
    }

    /// The last usable number that was judged; it stays when nothing more comes.
    pub fn held(&self) -> Option<Held> {
        self.held
    }

    /// The moment after which a tick has something to say, if nothing comes before.
    pub fn due(&self, passport: &Passport) -> Option<Timestamp> {
        let Absence { signal, tell_at } = coming(passport, &self.known(passport)?)?;
        self.absence.as_ref().is_none_or(|stands| stands.grade < signal.grade).then_some(tell_at)
    }

    fn known(&self, passport: &Passport) -> Option<Known> {
        let ground = self.beyond(passport).or_else(|| self.rate.ground());
        Some(Known {
            spoke_at: self.spoke_at?,
            told_at: self.told_at?,
            held: self.held,
            ground: ground.or_else(|| self.trend.towards(passport)),
            gone_at: self.gone_at,
        })
    }

    /// The level that the last value is beyond, or has not cleared.
    fn beyond(&self, passport: &Passport) -> Option<Ground> {
        if let Some(Signal { grade, numbers: Numbers::Level { level, .. }, .. }) =
            self.levels.signal
        {
            return Some(Ground::Beyond { level, grade });
        }
        let level = passport.reached(self.held?.value)?;
        Some(Ground::Beyond { level: level.value, grade: level.grade })
    }

    /// The absence there is at a moment.
    fn absence_by(&self, passport: &Passport, now: Timestamp) -> Option<Absence> {
        let absence = coming(passport, &self.known(passport)?)?;
        (absence.is_there(now) && absence.tell_at <= now).then_some(absence)
    }

    /// After something came that was not late: the absence is over, or turns out to be another one.
    fn come_back(
        &mut self,
        passport: &Passport,
        time: Timestamp,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let coming = self.known(passport).and_then(|known| coming(passport, &known));
        let there = coming.filter(|absence| absence.is_there(at));
        let Some(stands) = self.absence.as_mut() else {
            let there = there.filter(|absence| absence.tell_at <= at);
            settle(&mut self.absence, there.map(|absence| absence.signal), at, told);
            return;
        };
        if there.is_none()
            && let Numbers::Absence { last_at, away_ms, .. } = &mut stands.numbers
        {
            *away_ms = Some(time.ms_since(*last_at));
        }
        settle(&mut self.absence, there.map(|absence| absence.signal), at, told);
    }

    fn judge_broken(
        &mut self,
        value: f64,
        usable: Option<f64>,
        time: Timestamp,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let signal = usable.is_none().then(|| Signal {
            test: Test::Broken,
            grade: Grade::Yellow,
            since: time,
            numbers: Numbers::Broken { value: value.is_finite().then_some(value), held: self.held },
        });
        settle(&mut self.broken, signal, at, told);
    }

    /// The tests of a number, in the order in which they count.
    fn judge(
        &mut self,
        passport: &Passport,
        held: Held,
        at: Timestamp,
        told: &mut Vec<Transition>,
    ) {
        let back = self.absence.is_some();
        self.held = Some(held);
        let usual = self.baseline.usual(&self.history, held.at);
        let calm = Calm { jitter: self.trend.jitter(), median: usual.map(|usual| usual.median) };
        self.levels.judge(passport, held, calm, at, told);
        let level_speaks = self.levels.signal.is_some();
        self.baseline.judge(&mut self.history, held, level_speaks, at, told);
        self.rate.judge(passport.rate, held, at, told);
        self.frozen.judge(&mut self.history, held, back, at, told);
        self.trend.take(held);
        if self.frozen.signal.is_none() {
            self.history.keep(held);
        }
    }
}
