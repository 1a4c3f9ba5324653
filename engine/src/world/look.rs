//! Watches over situations: who asked that somebody look again and again is rung for if nobody did.

use wire::alarm::{AlarmCause, AlarmLevel};
use wire::decision::DecisionSubject;
use wire::time::Timestamp;

use super::World;
use crate::change::{Change, Matter};
use crate::decision::DecisionEntry;
use crate::room::{Answer, Cause, Figures, Raised};
use crate::situation::SituationId;

impl World {
    /// The next moment at which somebody must have looked at something.
    pub(super) fn next_look(&self) -> Option<Timestamp> {
        self.room.looks.values().min().copied()
    }

    /// Rings for what nobody looked at; each once, until somebody does.
    pub(super) fn ring_unlooked(&mut self, out: &mut Vec<Change>) {
        let (now, seq) = (self.now, self.head);
        let due = self.room.looks.iter().filter(|(_, look_at)| **look_at <= now);
        let due: Vec<SituationId> = due.map(|(id, _)| *id).collect();
        for id in due {
            self.room.looks.remove(&id);
            let raised = Raised {
                word: AlarmCause::Watch,
                level: AlarmLevel::Orange,
                figures: Figures::default(),
            };
            let alarm = self.room.alarms.raise(Cause::Look(id), raised, now);
            out.push(Change::Matter { matter: Matter::Alarm(alarm), seq });
            out.push(Change::Matter { matter: Matter::Situation(id), seq });
        }
    }

    /// Somebody decided something about a situation, and so looked at it.
    pub(super) fn looked(&mut self, id: SituationId, by: &DecisionEntry, out: &mut Vec<Change>) {
        let (now, seq) = (self.now, self.head);
        let id = self.thinking.situations.whole(id);
        for rung in self.rung_for(id) {
            if let Some(alarm) = self.room.alarms.ease(Cause::Look(rung), now) {
                self.room.alarms.answer(alarm, Answer { at: now, by: by.signed.by.clone() });
                out.push(Change::Matter { matter: Matter::Alarm(alarm), seq });
            }
        }
        self.watch_on(id);
    }

    /// The watches that rang for a situation and are not over: under its own number, and under those of what it took in.
    fn rung_for(&self, id: SituationId) -> Vec<SituationId> {
        let standing = self.room.alarms.all().filter(|(_, alarm)| !alarm.is_over());
        let rung = standing.filter_map(|(_, alarm)| match alarm.cause {
            Cause::Look(rung) => Some(rung),
            _ => None,
        });
        rung.filter(|rung| self.thinking.situations.whole(*rung) == id).collect()
    }

    /// Notes anew when somebody must look at a situation; never again once it has ended.
    pub(super) fn watch_on(&mut self, id: SituationId) {
        self.room.looks.remove(&id);
        let id = self.thinking.situations.whole(id);
        self.room.looks.remove(&id);
        let is_open =
            self.thinking.situations.find(id).is_some_and(|situation| situation.ended_at.is_none());
        let look_at = self.hand(id).look_at().filter(|_| is_open);
        let rings = !self.rung_for(id).is_empty();
        self.room.looks.extend(look_at.filter(|_| !rings).map(|at| (id, at)));
    }

    /// What follows from the log, after it was restored.
    pub(super) fn resume_looks(&mut self) {
        let subjects = self.room.log.subjects().filter_map(|subject| match subject {
            DecisionSubject::Situation(id) => Some(SituationId(*id)),
            _ => None,
        });
        let watched: Vec<SituationId> = subjects.collect();
        for id in watched {
            self.watch_on(id);
        }
    }
}
