//! Alarms: what asks for an answer, how it climbs while nobody gives one, and how much may sound.
//!
//! A falling value clears nothing: what was raised stays until somebody answered it and what raised it is over. The gravest
//! stand outside every budget; of the others one sounds in ten minutes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState};
use wire::id::ReportId;
use wire::time::Timestamp;

use super::AlarmId;
use crate::baseline::Block;
use crate::limits::{ALARM_KEPT_MS, CLIMB_MS, CLIMBS_MAX, NOTICE_CLIMB_MS, SOUND_BUDGET_MS};
use crate::rule::RuleId;
use crate::situation::SituationId;

/// What raised an alarm: one alarm stands for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Cause {
    /// A datastream by its number, and what of it. Lost counts as silent: one becomes the other.
    Stream(u32, AlarmCause),
    /// Nobody looked at a situation.
    Look(SituationId),
    /// A rule of the room fires; for one thing, by the name under which it speaks among reports, or for a count.
    Rule(RuleId, Option<ReportId>),
    /// Nobody reaches the room from an area.
    Dark(Block),
    /// An official notice that a rule of the room lets ring.
    Notice(ReportId),
}

/// Who answered, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) at: Timestamp,
    pub(crate) by: Option<String>,
}

/// The numbers that raised it, in the datastream's unit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) value: Option<f64>,
    pub(crate) value_at: Option<Timestamp>,
    pub(crate) limit: Option<f64>,
}

/// What raises an alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Raised {
    pub(crate) word: AlarmCause,
    pub(crate) level: AlarmLevel,
    pub(crate) figures: Figures,
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    pub(crate) cause: Cause,
    /// What raised it, in a word.
    pub(crate) word: AlarmCause,
    pub(crate) level: AlarmLevel,
    /// The situation it belongs to, as far as there was one yet.
    pub(crate) situation: Option<SituationId>,
    pub(crate) figures: Figures,
    /// Since when it asks.
    pub(crate) since: Timestamp,
    /// When what raised it was over.
    pub(crate) eased_at: Option<Timestamp>,
    pub(crate) answered: Option<Answer>,
    pub(crate) shelved_until: Option<Timestamp>,
    pub(crate) sounds: bool,
    pub(crate) climbed: u8,
}

impl Alarm {
    /// What it waits for.
    pub(crate) fn state(&self) -> AlarmState {
        if self.shelved_until.is_some() {
            AlarmState::Shelved
        } else if self.is_over() {
            AlarmState::Over
        } else if self.answered.is_some() {
            AlarmState::Answered
        } else if self.climbed > 0 {
            AlarmState::Climbing
        } else {
            AlarmState::Unanswered
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.answered.is_some() && self.eased_at.is_some()
    }

    /// When time changes it next.
    fn due(&self) -> Option<Timestamp> {
        if let Some(until) = self.shelved_until {
            return Some(until);
        }
        if let (Some(answer), Some(eased_at)) = (&self.answered, self.eased_at) {
            return Some(answer.at.max(eased_at).plus_ms(ALARM_KEPT_MS));
        }
        // What was written to the room climbs also where the budget kept it quiet: else nobody would ever read it.
        let (asks, climb_ms) = match self.cause {
            Cause::Notice(_) => (self.level < AlarmLevel::Yellow, NOTICE_CLIMB_MS),
            _ => (self.sounds, CLIMB_MS),
        };
        let climbs = self.answered.is_none() && asks && self.climbed < CLIMBS_MAX;
        climbs.then(|| self.since.plus_ms(climb_ms * (i64::from(self.climbed) + 1)))
    }
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alarms {
    by_number: BTreeMap<AlarmId, Alarm>,
    last: u64,
    /// When one below the gravest last made a sound.
    sounded_at: Option<Timestamp>,
}

impl Alarms {
    pub(crate) fn all(&self) -> impl Iterator<Item = (AlarmId, &Alarm)> {
        self.by_number.iter().map(|(id, alarm)| (*id, alarm))
    }

    pub(crate) fn find(&self, id: AlarmId) -> Option<&Alarm> {
        self.by_number.get(&id)
    }

    /// Whether one of this level may sound now.
    fn may_sound(&mut self, cause: Cause, level: AlarmLevel, at: Timestamp) -> bool {
        match level {
            AlarmLevel::Red => true,
            // Somebody asked for it.
            AlarmLevel::Orange if matches!(cause, Cause::Look(_)) => true,
            AlarmLevel::Orange => {
                let spent = self.sounded_at.is_some_and(|last| at.ms_since(last) < SOUND_BUDGET_MS);
                if !spent {
                    self.sounded_at = Some(at);
                }
                !spent
            }
            AlarmLevel::Yellow => false,
        }
    }

    /// What stands for a cause and is not over.
    pub(crate) fn standing(&self, cause: Cause) -> Option<AlarmId> {
        let stands = |(_, alarm): &(&AlarmId, &Alarm)| alarm.cause == cause && !alarm.is_over();
        self.by_number.iter().rev().find(stands).map(|(id, _)| *id)
    }

    /// Something asks for an answer, or asks again because it is graver or back.
    pub(crate) fn raise(&mut self, cause: Cause, raised: Raised, at: Timestamp) -> AlarmId {
        let Raised { word, level, figures } = raised;
        if let Some(id) = self.standing(cause) {
            let graver = self.by_number.get(&id).is_some_and(|alarm| level < alarm.level);
            let is_answered = self.by_number.get(&id).is_some_and(|alarm| alarm.answered.is_some());
            let asks_again = graver || is_answered;
            let sounds = asks_again && self.may_sound(cause, level, at);
            if let Some(alarm) = self.by_number.get_mut(&id) {
                alarm.figures = figures;
                alarm.word = word;
                alarm.eased_at = None;
                if asks_again {
                    alarm.level = alarm.level.min(level);
                    alarm.since = at;
                    alarm.answered = None;
                    alarm.sounds = sounds;
                    alarm.climbed = 0;
                    // Who put it off did so for what it was then.
                    alarm.shelved_until = alarm.shelved_until.filter(|_| !graver);
                }
            }
            return id;
        }
        self.last += 1;
        let id = AlarmId(self.last);
        let alarm = Alarm {
            situation: match cause {
                Cause::Look(situation) => Some(situation),
                Cause::Stream(..) | Cause::Rule(..) | Cause::Dark(_) | Cause::Notice(_) => None,
            },
            cause,
            word,
            level,
            figures,
            since: at,
            eased_at: None,
            answered: None,
            shelved_until: None,
            sounds: self.may_sound(cause, level, at),
            climbed: 0,
        };
        self.by_number.insert(id, alarm);
        id
    }

    /// What raised it is over; it stays until somebody answered.
    pub(crate) fn ease(&mut self, cause: Cause, at: Timestamp) -> Option<AlarmId> {
        let id = self.standing(cause)?;
        self.by_number.entry(id).and_modify(|alarm| alarm.eased_at = Some(at));
        Some(id)
    }

    /// It belongs to this situation.
    pub(crate) fn belongs_to(&mut self, id: AlarmId, situation: SituationId) {
        self.by_number.entry(id).and_modify(|alarm| alarm.situation = Some(situation));
    }

    /// Somebody answered.
    pub(crate) fn answer(&mut self, id: AlarmId, answer: Answer) {
        self.by_number.entry(id).and_modify(|alarm| {
            // A notice asks to be read and no more: who answers has read it.
            if matches!(alarm.cause, Cause::Notice(_)) {
                alarm.eased_at.get_or_insert(answer.at);
            }
            alarm.answered = Some(answer);
            alarm.shelved_until = None;
        });
    }

    /// Somebody put it off.
    pub(crate) fn shelve(&mut self, id: AlarmId, until: Timestamp) {
        self.by_number.entry(id).and_modify(|alarm| alarm.shelved_until = Some(until));
    }

    /// An answer or a shelving was taken back: it asks again.
    pub(crate) fn ask_again(&mut self, id: AlarmId, at: Timestamp) {
        self.by_number.entry(id).and_modify(|alarm| {
            if matches!(alarm.cause, Cause::Notice(_)) {
                alarm.eased_at = None;
            }
            alarm.answered = None;
            alarm.shelved_until = None;
            alarm.since = at;
            alarm.climbed = 0;
        });
    }

    /// The next moment at which time changes one.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.by_number.values().filter_map(Alarm::due).min()
    }

    /// Time passes: what nobody answered climbs, what was put off asks again, what was over for a day is forgotten. Gives those
    /// that changed.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Vec<AlarmId> {
        let due = |alarm: &Alarm| alarm.due().is_some_and(|at| at <= now);
        let mut changed = Vec::new();
        let mut forgotten = Vec::new();
        for (id, alarm) in self.by_number.iter_mut().filter(|(_, alarm)| due(alarm)) {
            if let Some(until) = alarm.shelved_until.take() {
                if alarm.eased_at.is_none() {
                    alarm.since = until;
                    alarm.answered = None;
                    alarm.climbed = 0;
                } else {
                    alarm.answered.get_or_insert(Answer { at: until, by: None });
                }
                changed.push(*id);
            } else if alarm.is_over() {
                forgotten.push(*id);
            } else {
                alarm.climbed += 1;
                changed.push(*id);
            }
        }
        for id in forgotten {
            self.by_number.remove(&id);
        }
        changed
    }
}
