//! One operation: what was asked for, who agreed, and what holds at a moment. No clock: every question names its moment.

use serde::{Deserialize, Serialize};
use wire::geo::{Bbox, LngLat};
use wire::time::Timestamp;
use wire::view::Mode;

use super::limits::{RATIFY_MS, RUN_MS};

/// Once, or again and again when it is armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// From a moment to another.
    Once,
    /// Approved beforehand; runs when a warning or a plan phase arms it and somebody starts it.
    Standing,
}

/// Something that a person did. The name stands in the log, sealed; here is what tells two persons apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// In which role.
    pub role: String,
    /// A name that only this server can make from a login: to know whether it is another person.
    pub(super) person: String,
}

/// One run of a standing operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Who started it.
    pub started: Act,
    /// What armed it: `advisory N` or `phase`.
    pub armed_by: String,
    /// The second person.
    pub ratified: Option<Act>,
    /// Who ended it before its time.
    pub ended: Option<Act>,
    /// How far what it kept is taken back, where nobody ratified it in time.
    #[serde(default)]
    pub taken_back: Option<TakenBack>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TakenBack {
    /// The line stands in the log.
    Begun,
    /// All of it is.
    Done,
}

/// What holds of one at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationState {
    /// A second person must approve it.
    Asked,
    /// Approved: its time is to come, or it is standing by.
    Ready,
    /// Posts are kept.
    Running,
    /// A run that nobody ratified in time: it must be approved anew.
    Unratified,
    /// Over.
    Ended,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its number.
    pub id: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// Once or standing.
    pub kind: OperationKind,
    /// What for.
    pub purpose: String,
    /// Under whose authority.
    pub authority: String,
    /// On what legal basis.
    pub basis: String,
    /// Where.
    pub area: Bbox,
    /// Of what.
    pub words: Vec<String>,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Who asked for it.
    pub asked: Act,
    /// Who approved it: another person.
    pub approved: Option<Act>,
    /// Who ended it before its time.
    pub ended: Option<Act>,
    /// Of a standing one: its runs, the newest last.
    pub runs: Vec<Run>,
}

/// Why something is not done, by a stable word and with the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub &'static str, pub &'static str);

const OVER: Refusal = Refusal("over", "it is over: ask for a new one");

impl Run {
    /// Until when it holds: half a day, and less where nobody ratified it in time.
    pub fn until(&self) -> Timestamp {
        let mut until = self.started.at.plus_ms(RUN_MS);
        if self.ratified.is_none() {
            until = until.min(self.started.at.plus_ms(RATIFY_MS));
        }
        self.ended.as_ref().map_or(until, |ended| until.min(ended.at))
    }

    /// It may have kept something, and nobody ratified that.
    pub(super) fn keeps_unratified(&self) -> bool {
        self.ratified.is_none() && self.taken_back != Some(TakenBack::Done)
    }

    pub(super) fn is_lapsed(&self, now: Timestamp) -> bool {
        self.ratified.is_none() && now >= self.started.at.plus_ms(RATIFY_MS)
    }
}

impl Operation {
    /// What holds of it at a moment.
    pub fn state(&self, now: Timestamp) -> OperationState {
        let Some(approved) = &self.approved else {
            return if self.is_over(now) { OperationState::Ended } else { OperationState::Asked };
        };
        if self.is_over(now) {
            return OperationState::Ended;
        }
        if now < self.from {
            return OperationState::Ready;
        }
        if self.kind == OperationKind::Once {
            return OperationState::Running;
        }
        match self.runs.last() {
            Some(run) if now < run.until() => OperationState::Running,
            Some(run) if run.is_lapsed(now) && approved.at < run.started.at.plus_ms(RATIFY_MS) => {
                OperationState::Unratified
            }
            _ => OperationState::Ready,
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.ended.is_some() || now >= self.to
    }

    /// Since when posts are kept, while they are.
    pub fn running_since(&self, now: Timestamp) -> Option<Timestamp> {
        if self.state(now) != OperationState::Running {
            return None;
        }
        let approved = self.approved.as_ref()?.at.max(self.from);
        match self.kind {
            OperationKind::Once => Some(approved),
            OperationKind::Standing => self.runs.last().map(|run| run.started.at),
        }
    }

    /// Until when, while it runs.
    pub fn running_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.running_since(now)?;
        match self.kind {
            OperationKind::Once => Some(self.to),
            OperationKind::Standing => Some(self.runs.last()?.until().min(self.to)),
        }
    }

    /// Whether a post of this moment and place is within it now; its words are asked apart.
    pub fn covers(&self, posted: Timestamp, place: LngLat, now: Timestamp) -> bool {
        let since = self.running_since(now);
        since.is_some_and(|since| posted >= since && posted < self.to) && self.area.contains(place)
    }

    /// Whether a post that was kept at a moment may stay by this one, as it is known now: a run that nobody ratified in time counts for
    /// nothing.
    pub(super) fn kept(
        &self,
        posted: Timestamp,
        place: LngLat,
        at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let is_over = at >= self.to || self.ended.as_ref().is_some_and(|ended| at >= ended.at);
        let since = match (self.kind, &self.approved) {
            _ if is_over => None,
            (OperationKind::Once, Some(approved)) => Some(approved.at.max(self.from)),
            (OperationKind::Once, None) => None,
            (OperationKind::Standing, _) => {
                let mut runs = self.runs.iter().filter(|run| !run.is_lapsed(now));
                runs.find(|run| (run.started.at..run.until()).contains(&at))
                    .map(|run| run.started.at)
            }
        };
        since.is_some_and(|since| at >= since && posted >= since && posted < self.to)
            && self.area.contains(place)
    }

    /// Something that it kept may still have to be taken back.
    pub(super) fn owes(&self) -> bool {
        self.runs.iter().any(Run::keeps_unratified)
    }

    /// A second person approves it, or approves a standing one anew.
    pub fn approve(&mut self, act: Act) -> Result<(), Refusal> {
        match self.state(act.at) {
            OperationState::Asked | OperationState::Unratified => {}
            OperationState::Ended => return Err(OVER),
            OperationState::Ready | OperationState::Running => {
                return Err(Refusal("approved", "it is approved already"));
            }
        }
        let lapsed = self.runs.last().filter(|run| run.ratified.is_none());
        let started_it = lapsed.is_some_and(|run| run.started.person == act.person);
        if act.person == self.asked.person || started_it {
            return Err(Refusal(
                "same_person",
                "whoever asked for it, or ran it last, does not approve it: another duty officer must",
            ));
        }
        self.approved = Some(act);
        Ok(())
    }

    /// One person starts a standing one that is armed.
    pub fn start(&mut self, act: Act, armed_by: Option<String>) -> Result<(), Refusal> {
        if self.kind != OperationKind::Standing {
            return Err(Refusal(
                "not_standing",
                "it runs by its times: only a standing one is started",
            ));
        }
        match self.state(act.at) {
            OperationState::Ready if act.at >= self.from => {}
            OperationState::Ready => return Err(Refusal("too_early", "its time is to come")),
            OperationState::Running => return Err(Refusal("running", "it runs already")),
            OperationState::Asked => {
                return Err(Refusal("not_approved", "a second person must approve it before"));
            }
            OperationState::Unratified => {
                return Err(Refusal(
                    "unratified",
                    "nobody ratified its last run: another person must approve it anew",
                ));
            }
            OperationState::Ended => return Err(OVER),
        }
        // One that lapsed was approved anew since, or it would not be ready.
        let waits = |run: &Run| run.ratified.is_none() && !run.is_lapsed(act.at);
        if self.runs.last().is_some_and(waits) {
            return Err(Refusal("unratified", "its last run must be ratified first"));
        }
        let Some(armed_by) = armed_by else {
            return Err(Refusal(
                "not_armed",
                "nothing arms it: that takes an official warning of severity Severe or Extreme in force in its area, or a plan phase",
            ));
        };
        self.runs.push(Run {
            started: act,
            armed_by,
            ratified: None,
            ended: None,
            taken_back: None,
        });
        Ok(())
    }

    /// A second person ratifies the last run.
    pub fn ratify(&mut self, act: Act) -> Result<(), Refusal> {
        let Some(run) = self.runs.last_mut() else {
            return Err(Refusal("not_running", "it was not started"));
        };
        if run.ratified.is_some() {
            return Err(Refusal("ratified", "it is ratified already"));
        }
        if run.is_lapsed(act.at) {
            return Err(Refusal(
                "too_late",
                "a day has passed since it was started: it must be approved anew",
            ));
        }
        if run.started.person == act.person {
            return Err(Refusal(
                "same_person",
                "whoever started it does not ratify it: another duty officer must",
            ));
        }
        run.ratified = Some(act);
        Ok(())
    }

    /// Somebody ends it: of a standing one its run, where it runs, else the whole.
    pub fn end(&mut self, act: Act) -> Result<(), Refusal> {
        match self.state(act.at) {
            OperationState::Ended => return Err(OVER),
            OperationState::Running if self.kind == OperationKind::Standing => {
                if let Some(run) = self.runs.last_mut() {
                    run.ended = Some(act);
                }
            }
            _ => self.ended = Some(act),
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
