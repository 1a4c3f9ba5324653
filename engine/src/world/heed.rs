//! Heeding sensors: what turned becomes alarms, and what is beyond a level of its owner speaks for situations.

use wire::grade::{Basis, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;

use super::World;
use crate::change::{Change, Matter};
use crate::entry::SourceKey;
use crate::identity::named;
use crate::limits::{SENSOR_RADIUS_M, SENSOR_VOICE_MS};
use crate::observation::PassportEntry;
use crate::room::{AlarmId, Cause, Figures, Raised};
use crate::sensors::{Admitted, Datastream, Willed};
use crate::signal::{Grade, Ground, Numbers, Passport, Signal, Test, Transition, Turn};
use crate::situation::{SituationId, Voice};
use crate::will::WillEntry;

/// The name under which a datastream speaks among reports.
pub(super) fn voice_id(source: SourceKey, datastream: &str) -> ReportId {
    let mut name = source.0.to_be_bytes().to_vec();
    name.extend(datastream.as_bytes());
    named(b"datastream", &name)
}

fn severity(grade: Grade) -> Severity {
    match grade {
        Grade::Red => Severity::Extreme,
        Grade::Orange => Severity::Severe,
        Grade::Yellow => Severity::Moderate,
    }
}

/// Its place among the alarms of a datastream: a silence that turns out to be a loss is the same one.
fn cause(index: u32, test: Test) -> Cause {
    Cause::Stream(index, (if test == Test::Lost { Test::Silent } else { test }).cause())
}

fn figures(signal: &Signal) -> Figures {
    match &signal.numbers {
        Numbers::Level { value, level, .. } => {
            Figures { value: Some(*value), limit: Some(*level), ..Figures::default() }
        }
        Numbers::Baseline { value, limit, .. } | Numbers::Rate { value, limit, .. } => {
            Figures { value: Some(*value), limit: Some(*limit), ..Figures::default() }
        }
        Numbers::Frozen { value, .. } => Figures { value: Some(*value), ..Figures::default() },
        Numbers::Broken { value, .. } => Figures { value: *value, ..Figures::default() },
        Numbers::Absence { held, ground, .. } => Figures {
            value: held.map(|held| held.value),
            value_at: held.map(|held| held.at),
            limit: match ground {
                Some(Ground::Beyond { level, .. } | Ground::Towards { level, .. }) => Some(*level),
                Some(Ground::Rate { .. }) | None => None,
            },
        },
    }
}

/// What makes a datastream speak for a situation: beyond a level of its owner, or lost. The gravest.
pub(super) fn speaks(stream: &Datastream) -> Option<&Signal> {
    let standing = stream.watch.as_ref()?.standing();
    standing.into_iter().find(|signal| matches!(signal.test, Test::Level | Test::Lost))
}

impl World {
    /// A datastream has this passport from now on.
    pub(super) fn admit(&mut self, passport: &PassportEntry, out: &mut Vec<Change>) {
        let Some(admitted) = self.sensors.admit(passport, self.now) else { return };
        let Admitted { index, told, shown } = admitted;
        self.heed(index, &told, out);
        // Where it stood, and where it stands: both places are drawn anew.
        let seq = self.head;
        out.extend(shown.into_iter().map(|at| Change::Sensor { index, seq, at }));
    }

    /// Whether a will would change anything: asked before it is appended.
    pub fn would_heed(&self, will: &WillEntry, at: Timestamp) -> bool {
        self.sensors.is_news(will, at)
    }

    /// Sensors are said to be gone, or back.
    pub(super) fn heed_will(&mut self, will: &WillEntry, out: &mut Vec<Change>) {
        let seq = self.head;
        for Willed { index, told, at } in self.sensors.will(will, self.now) {
            self.heed(index, &told, out);
            out.push(Change::Sensor { index, seq, at });
        }
    }

    /// Time passed in which sensors said nothing.
    pub(super) fn heed_silence(&mut self, out: &mut Vec<Change>) {
        for (index, told) in self.sensors.tick(self.now) {
            self.heed(index, &told, out);
        }
    }

    /// What turned at a datastream.
    pub(super) fn heed(&mut self, index: u32, told: &[Transition], out: &mut Vec<Change>) {
        let seq = self.head;
        for Transition { turn, at, signal } in told {
            let cause = cause(index, signal.test);
            let alarm = match turn {
                // A falling value clears nothing.
                Turn::Eased => None,
                Turn::Ended => self.room.alarms.ease(cause, *at),
                Turn::Begun | Turn::Worse if signal.grade == Grade::Yellow => None,
                Turn::Begun | Turn::Worse => {
                    let raised = Raised {
                        word: signal.test.cause(),
                        level: signal.grade.level(),
                        figures: figures(signal),
                    };
                    Some(self.room.alarms.raise(cause, raised, *at))
                }
            };
            if let Some(id) = alarm {
                self.situate(id);
            }
            out.extend(alarm.map(|id| Change::Matter { matter: Matter::Alarm(id), seq }));
        }
        self.speak(index, told, out);
    }

    /// A datastream says that it is beyond a level, or does no longer.
    fn speak(&mut self, index: u32, told: &[Transition], out: &mut Vec<Change>) {
        let voice = self.voice_of(index);
        let Some(stream) = self.sensors.streams().get(index as usize) else { return };
        let id = voice_id(stream.source, &stream.id);
        let Some(voice) = voice else {
            if stream.voiced_at.is_some() {
                self.thinking.leave(id, self.now);
                self.voiced(index, None);
                self.tell_beside(index, out);
            }
            return;
        };
        let turned = told.iter().any(|transition| {
            matches!(transition.turn, Turn::Begun | Turn::Worse)
                && matches!(transition.signal.test, Test::Level | Test::Lost)
        });
        if turned {
            // Whoever closed the situation did so for what it said then.
            self.thinking.situations.take_in(id);
            self.tell_beside(index, out);
        }
        // Each value makes it newer; that is told as often as somebody reads it.
        let is_newer = |before: Timestamp| voice.observed_at.ms_since(before) >= SENSOR_VOICE_MS;
        let held = self.thinking.situations.voice(id);
        let is_other =
            held.is_none_or(|held| Voice { observed_at: voice.observed_at, ..*held } != voice);
        if is_other || stream.voiced_at.is_none_or(is_newer) {
            self.thinking.hear(voice, self.now);
            self.voiced(index, Some(voice.observed_at));
        }
    }

    fn voiced(&mut self, index: u32, at: Option<Timestamp>) {
        if let Some(stream) = self.sensors.stream_mut(index) {
            stream.voiced_at = at;
        }
    }

    /// The voices of all datastreams that speak, as they were last held.
    pub(super) fn sensor_voices(&self) -> Vec<Voice> {
        let speaking = self.sensors.watched().filter_map(|(_, stream, passport)| {
            let observed_at = stream.voiced_at?;
            Some(Voice { observed_at, ..voice(stream, passport)? })
        });
        speaking.collect()
    }

    /// What a datastream says as one voice among others, if it is beyond a level and its passport says for what it speaks.
    pub(super) fn voice_of(&self, index: u32) -> Option<Voice> {
        let stream = self.sensors.streams().get(index as usize)?;
        let passport = self.sensors.passport(index)?;
        voice(stream, passport)
    }

    /// Situations near a datastream show what it says.
    fn tell_beside(&self, index: u32, out: &mut Vec<Change>) {
        let Some(place) = self.sensors.streams().get(index as usize).and_then(|one| one.place)
        else {
            return;
        };
        let near = self.situations_near(place);
        let seq = self.head;
        out.extend(near.map(|id| Change::Matter { matter: Matter::Situation(id), seq }));
    }

    /// Time changed alarms.
    pub(super) fn climb(&mut self, out: &mut Vec<Change>) {
        let seq = self.head;
        let changed = self.room.alarms.tick(self.now);
        out.extend(changed.into_iter().map(|id| Change::Matter { matter: Matter::Alarm(id), seq }));
        self.forget_fired();
    }

    /// Notes which situation an alarm belongs to, as far as there is one.
    pub(super) fn situate(&mut self, id: AlarmId) {
        let Some(alarm) = self.room.alarms.find(id) else { return };
        let index = match alarm.cause {
            Cause::Stream(index, _) => index,
            Cause::Notice(notice) => return self.situate_notice(id, notice),
            cause => return self.situate_fired(id, cause),
        };
        let Some(stream) = self.sensors.streams().get(index as usize) else { return };
        let of = self.thinking.situations.of(voice_id(stream.source, &stream.id));
        if let Some(situation) = of.filter(|of| alarm.situation != Some(*of)) {
            self.room.alarms.belongs_to(id, situation);
        }
    }

    /// The alarms of a situation that are not over, the gravest first.
    pub(super) fn alarms_of(&self, situation: SituationId) -> Vec<AlarmId> {
        let whole = |id: SituationId| self.thinking.situations.whole(id) == situation;
        let of = self.room.alarms.all().filter(|(_, alarm)| alarm.situation.is_some_and(whole));
        let mut ids: Vec<_> =
            of.filter(|(_, alarm)| !alarm.is_over()).map(|(id, alarm)| (alarm.level, id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }
}

fn voice(stream: &Datastream, passport: &Passport) -> Option<Voice> {
    let signal = speaks(stream)?;
    Some(Voice {
        id: voice_id(stream.source, &stream.id),
        observed_at: stream.phenomenon_time,
        place: stream.place?,
        radius_m: SENSOR_RADIUS_M,
        is_sensor: true,
        kind: Kind::Official,
        basis: Basis::Seen,
        hazard: passport.hazard?,
        heard: None,
        severity: severity(signal.grade),
    })
}
