//! Unusual numbers and dark areas: the World listens, counts who speaks, and judges each minute that it heard.
//!
//! What the server did not hear is not "nothing said". That it heard a minute is known by the journal alone: an entry after it, and
//! be it a canary, says that the road was open. Minutes close with entries and never with the clock, so that a journal
//! that is played again is judged as it was at first; a longer time without any entry is a gap that teaches and judges nothing.

use serde::{Deserialize, Serialize};
use wire::alarm::{AlarmCause, AlarmLevel};
use wire::geo::LngLat;
use wire::time::Timestamp;
use wire::unusual::{BlindView, ChannelCount, Counted, DarkView, UnusualList, UnusualView};

use super::World;
use crate::baseline::{Blind, DarkArea, Finding, Reading, Turn, UNHEARD_MS, Unusual, Voicing};
use crate::change::{Change, Matter};
use crate::report::{ReportEntry, coarse, from_coarse};
use crate::room::{Cause, Figures, Raised};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Hearing {
    /// When the last entry came.
    heard_at: Option<Timestamp>,
    numbers: Unusual,
}

impl Hearing {
    /// Something came: all minutes before it were heard, unless nothing came for long.
    fn listen(&mut self, at: Timestamp) -> Vec<Turn> {
        let Some(before) = self.heard_at.replace(at) else { return Vec::new() };
        if at <= before {
            // A clock that was set back, or an entry that was taken in before a checkpoint.
            self.heard_at = Some(before);
            return Vec::new();
        }
        if at.ms_since(before) <= UNHEARD_MS {
            return self.numbers.close(at);
        }
        let turns = self.numbers.close(before);
        self.numbers.skip(at);
        turns
    }
}

#[cfg(test)]
impl Hearing {
    /// What is usual at a place in an hour.
    pub(super) fn usual_an_hour(
        &self,
        place: LngLat,
        hazard: wire::grade::Hazard,
        until: Timestamp,
    ) -> f64 {
        self.numbers.expected_an_hour(place, hazard, until)
    }
}

impl World {
    /// An entry came at this moment.
    pub(super) fn listen(&mut self, at: Timestamp, out: &mut Vec<Change>) {
        let (now, seq) = (self.now, self.head);
        for turn in self.hearing.listen(at) {
            let alarm = match turn {
                Turn::Dark(area) => {
                    let raised = Raised {
                        word: AlarmCause::Dark,
                        level: AlarmLevel::Orange,
                        figures: Figures::default(),
                    };
                    Some(self.room.alarms.raise(Cause::Dark(area.block), raised, now))
                }
                Turn::Lit(area) => self.room.alarms.ease(Cause::Dark(area.block), now),
                // These are listed and ask for no answer: one in a day may be false.
                Turn::Began(_)
                | Turn::Grew(_)
                | Turn::Ended(_)
                | Turn::Blind(_)
                | Turn::Seeing(_) => None,
            };
            out.extend(alarm.map(|id| Change::Matter { matter: Matter::Alarm(id), seq }));
        }
    }

    /// Counts a report that is held for the first time: a copy of one that was counted is no second witness.
    pub(super) fn count_new(&mut self, report: &ReportEntry) {
        // A finer place belongs to the report and goes with it.
        let Some(place) = report.place.and_then(|at| from_coarse(coarse(at))) else { return };
        let weight = u32::from(!self.thinking.is_copy(report.id));
        let (hazard, kind) = (report.hazard, report.kind);
        self.hearing.numbers.add(place, hazard, kind, report.observed_at, weight);
    }

    /// Counts a message of a sensor, whatever it says.
    pub(super) fn count_message(&mut self, index: u32, phenomenon_time: Timestamp) {
        let stream = self.sensors.streams().get(index as usize);
        if let Some(place) = stream.and_then(|stream| stream.place) {
            self.hearing.numbers.add_sensor_message(place, phenomenon_time);
        }
    }

    /// What is unusual now, and where nobody reaches the room.
    pub fn unusual(&self) -> UnusualList {
        let numbers = &self.hearing.numbers;
        UnusualList {
            mode: self.mode,
            heard_at: self.hearing.heard_at,
            is_earned: numbers.is_earned(),
            unusual: numbers.findings().iter().map(unusual_view).collect(),
            dark: numbers.dark_areas().iter().map(dark_view).collect(),
            blind: numbers.blind().iter().map(blind_view).collect(),
        }
    }

    /// The numbers behind it.
    pub(super) fn unusual_numbers(&self) -> &Unusual {
        &self.hearing.numbers
    }

    /// Where an alarm of a dark area is.
    pub(super) fn place_of_cause(cause: Cause) -> Option<LngLat> {
        match cause {
            Cause::Dark(block) => block.middle(),
            Cause::Stream(..) | Cause::Look(_) | Cause::Rule(..) | Cause::Notice(_) => None,
        }
    }
}

fn counted(reading: &Reading) -> Counted {
    let Reading { block, period_min, until, n, expected, p } = *reading;
    let bbox = (!block.is_everywhere()).then(|| block.bbox());
    Counted { bbox, minutes: period_min, until, n, expected, p }
}

fn unusual_view(finding: &Finding) -> UnusualView {
    UnusualView {
        id: finding.number,
        hazard: finding.hazard,
        since: finding.began,
        now: counted(&finding.now),
        peak: counted(&finding.peak),
        kinds: finding.mix.iter().copied().collect(),
    }
}

fn channel_count(voicing: &Voicing) -> ChannelCount {
    ChannelCount { channel: voicing.channel, n: voicing.n, expected: voicing.expected }
}

fn dark_view(area: &DarkArea) -> DarkView {
    DarkView {
        bbox: area.block.bbox(),
        since: area.began,
        minutes: area.period_min,
        until: area.until,
        channels: area.channels.iter().map(channel_count).collect(),
        p: area.p,
    }
}

fn blind_view(blind: &Blind) -> BlindView {
    let Blind { began, until, voicing } = blind;
    BlindView { since: *began, until: *until, count: channel_count(voicing) }
}
