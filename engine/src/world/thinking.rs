//! Thinking: what the World makes of its live reports. Copies are folded and situations settled at fixed moments of the
//! journal's time, so that what comes of it depends on entries and the moment alone, however often the clock looked.

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Window;

use super::World;
use super::speak::Group;
use crate::change::{Change, Matter};
use crate::classify::Classifier;
use crate::dedupe::{Copies, Item, Source};
use crate::limits::{
    PACE_TOLD_MS, SETTLE_FEW, SETTLE_MANY, SETTLE_MANY_MS, SETTLE_MS, SETTLE_MS_MAX,
    VOICE_WORDS_MIN,
};
use crate::plain::Plain;
use crate::record::Record;
use crate::situation::{Pace, Saved, Situation, SituationId, Situations, Voice, pace, says};
use crate::tree::{Dot, Slot};
use wire::grade::{Hazard, Kind};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Thinking {
    copies: Copies,
    pub(super) situations: Situations,
    /// Reads words, where the room wants that.
    advice: Option<Arc<Classifier>>,
    /// When there is something to be settled.
    settle_at: Option<Timestamp>,
    /// When copies were last forgotten by age.
    settled_at: Timestamp,
    /// The minute in which it was last looked how situations go.
    told_minute: i64,
    /// How each went when it was last told, so that all who ask are told alike. No part of the state.
    told: BTreeMap<SituationId, Told>,
}

/// How a situation went, and as of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) pace: Pace,
    pub(super) at: Timestamp,
    pub(super) seq: u64,
}

/// What a checkpoint keeps of it; the rest follows from the records.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct SavedThinking {
    situations: Saved,
    settle_at: Option<i64>,
    settled_at: i64,
}

impl SavedThinking {
    /// Nothing was settled yet.
    pub(super) fn unsettled(now: Timestamp) -> Self {
        let situations = Situations::default().saved();
        Self { situations, settle_at: Some(settling_after(now, 0).0), settled_at: 0 }
    }
}

/// The first moment of settling after another, where so many reports are live.
fn settling_after(moment: Timestamp, n_live: usize) -> Timestamp {
    let every_ms = match n_live {
        0..=SETTLE_FEW => SETTLE_MS,
        many => (many.div_ceil(SETTLE_MANY) as i64 * SETTLE_MANY_MS).min(SETTLE_MS_MAX),
    };
    Timestamp((moment.0.div_euclid(every_ms) + 1) * every_ms)
}

/// Whether it can be a copy at all. Calls, units, cameras and authorities speak for themselves, in set words.
fn is_copied(kind: Kind) -> bool {
    matches!(kind, Kind::Post | Kind::Press | Kind::Citizen | Kind::Contributor)
}

/// Whether equal words make a copy. Two citizens who say one short thing are two.
fn is_copied_by_words(kind: Kind, n_words: usize) -> bool {
    matches!(kind, Kind::Post | Kind::Press) || n_words >= VOICE_WORDS_MIN
}

/// What others call a post: ids of two partners may meet.
fn post_of(record: &Record, id: &str) -> String {
    format!("{}:{id}", record.source.0)
}

impl Thinking {
    /// Considers a report that came, or says something else than before.
    fn consider(&mut self, record: &Record, dot: &Dot, plain: Option<&Plain>, now: Timestamp) {
        self.stir(now);
        if record.erased {
            self.copies.remove(&[record.id]);
        } else {
            self.fold(record, plain);
            if let Some(voice) = self.voice(record, dot, plain) {
                return self.situations.hold(voice);
            }
        }
        self.situations.release(record.id);
    }

    fn fold(&mut self, record: &Record, plain: Option<&Plain>) {
        if !is_copied(record.kind) {
            return self.copies.remove(&[record.id]);
        }
        let post = record.source_id().map(|id| post_of(record, id));
        let origin = record.origin().map(|id| post_of(record, id));
        self.copies.insert(&[Item {
            id: record.id,
            at: record.observed_at,
            text: plain.filter(|plain| is_copied_by_words(record.kind, plain.len())),
            post: post.as_deref(),
            origin: origin.as_deref(),
            url: record.url(),
        }]);
    }

    /// The group of copies that a report is in.
    pub(super) fn group_of(&self, id: ReportId) -> Option<Group<impl Fn() -> Vec<ReportId>>> {
        let Source { first, n_reports } = self.copies.source(id)?;
        Some(Group { first, n_reports, members: move || self.copies.members(id) })
    }

    /// A live report as a situation sees it; none of one that is not live, or lies nowhere.
    fn voice(&self, record: &Record, dot: &Dot, plain: Option<&Plain>) -> Option<Voice> {
        let is_live = dot.windows & (1 << Window::Open.index()) != 0;
        let place = record.place.filter(|_| is_live && !record.erased)?;
        Some(Voice {
            id: record.id,
            observed_at: record.observed_at,
            place,
            radius_m: record.radius_m,
            is_sensor: false,
            kind: record.kind,
            basis: record.basis,
            hazard: record.hazard,
            heard: self.heard(record, plain),
            severity: record.severity,
        })
    }

    /// What the words of a report say happens, asked only where its partner does not say it.
    fn heard(&self, record: &Record, plain: Option<&Plain>) -> Option<Hazard> {
        let advice = self.advice.as_ref().filter(|_| record.hazard == Hazard::Other)?;
        let reading = advice.read(record.kind, plain?, record.lang())?;
        reading.hazards.first().copied()
    }

    /// Whether words are read.
    pub(super) fn reads(&self) -> bool {
        self.advice.is_some()
    }

    /// What happens by a report, as situations count it; `other` where nobody says it.
    pub(super) fn hazard(&self, record: &Record) -> Hazard {
        if record.hazard != Hazard::Other {
            return record.hazard;
        }
        // What speaks for a situation was read already.
        let said = if let Some(voice) = self.situations.voice(record.id) {
            voice.says()
        } else {
            let plain = record.text().filter(|_| self.reads()).map(Plain::of);
            says(record.hazard, self.heard(record, plain.as_ref()))
        };
        said.unwrap_or(Hazard::Other)
    }

    fn told_now(&self, id: SituationId, at: Timestamp, seq: u64) -> Option<(SituationId, Told)> {
        let situation = self.situations.find(id)?;
        let pace = pace(situation, &self.situations.voices(id), at);
        Some((id, Told { pace, at, seq }))
    }

    /// Something that is no report speaks, or says something else than before.
    pub(super) fn hear(&mut self, voice: Voice, now: Timestamp) {
        self.stir(now);
        self.situations.hold(voice);
    }

    /// There is something to be settled.
    pub(super) fn stir(&mut self, now: Timestamp) {
        self.settle_at.get_or_insert(settling_after(now, self.situations.n_held()));
    }

    /// A report is live no longer.
    pub(super) fn leave(&mut self, id: ReportId, now: Timestamp) {
        self.stir(now);
        self.situations.release(id);
    }

    /// A report is gone.
    pub(super) fn forget(&mut self, id: ReportId, now: Timestamp) {
        self.leave(id, now);
        self.copies.remove(&[id]);
    }

    /// Whether a report says what another said, as far as is known.
    pub(super) fn is_copy(&self, id: ReportId) -> bool {
        self.copies.source(id).is_some_and(|source| source.n_reports > 1)
    }

    /// Bytes in use, near enough for the figures.
    pub(super) fn bytes(&self) -> usize {
        self.copies.bytes()
    }

    pub(super) fn saved(&self) -> SavedThinking {
        SavedThinking {
            situations: self.situations.saved(),
            settle_at: self.settle_at.map(|at| at.0),
            settled_at: self.settled_at.0,
        }
    }
}

impl World {
    /// Reads words from now on, where a partner does not say what happens.
    #[must_use]
    pub fn advised(mut self, advice: Arc<Classifier>) -> Self {
        self.thinking.advice = Some(advice);
        // What is held already was held without it.
        for slot in self.by_seq.values() {
            let (record, dot) = (&self.records[*slot as usize], &self.dots[*slot as usize]);
            if record.hazard == Hazard::Other {
                let plain = record.text().map(Plain::of);
                let voice = self.thinking.voice(record, dot, plain.as_ref());
                let heard = voice.and_then(|voice| voice.heard);
                self.thinking.situations.reword(record.id, heard);
            }
        }
        self.guard_words();
        self
    }

    /// Considers a report of the slab.
    pub(super) fn consider(&mut self, slot: Slot, plain: Option<&Plain>) {
        let (record, dot) = (&self.records[slot as usize], &self.dots[slot as usize]);
        self.thinking.consider(record, dot, plain, self.now);
    }

    /// The next moment until then at which something is to be settled.
    pub(super) fn next_settling(&self, until: Timestamp) -> Option<Timestamp> {
        let n_live = self.thinking.situations.n_held();
        let leaving = || self.next_leaving(until).map(|at| settling_after(at, n_live));
        self.thinking.settle_at.or_else(leaving).filter(|at| *at <= until)
    }

    /// Settles what is to be settled at this moment.
    pub(super) fn settle(&mut self, at: Timestamp, out: &mut Vec<Change>) {
        let seq = self.head;
        let thinking = &mut self.thinking;
        thinking.settle_at = None;
        thinking.settled_at = at;
        thinking.copies.tick(at);
        thinking.situations.stir(thinking.copies.take_stirred());
        let mut changed = thinking.situations.settle(at, &thinking.copies);
        let ending = self.ending();
        changed.extend(&ending);
        let thinking = &mut self.thinking;
        thinking.situations.end(&ending, at);
        for id in &changed {
            thinking.told.extend(thinking.told_now(*id, at, seq));
            out.push(Change::Matter { matter: Matter::Situation(*id), seq });
        }
        let known = &thinking.situations;
        thinking.told.retain(|id, _| known.find(*id).is_some());
        self.note_settled(&changed, out);
    }

    /// Tells how a situation goes now, because a person decided something about it.
    pub(super) fn tell_anew(&mut self, id: SituationId, out: &mut Vec<Change>) {
        let (now, seq) = (self.now, self.head);
        self.thinking.told.extend(self.thinking.told_now(id, now, seq));
        out.push(Change::Matter { matter: Matter::Situation(id), seq });
    }

    /// A live report of the slab as a situation sees it.
    pub(super) fn voice_of_report(&self, id: ReportId) -> Option<Voice> {
        let slot = self.ids.find(id, &self.records)?;
        let (record, dot) = (&self.records[slot as usize], &self.dots[slot as usize]);
        let plain = record.text().map(Plain::of);
        self.thinking.voice(record, dot, plain.as_ref())
    }

    /// Says once a minute which situations go otherwise than they did, because time passed.
    pub(super) fn tell_pace(&mut self, out: &mut Vec<Change>) {
        let minute = self.now.0.div_euclid(PACE_TOLD_MS);
        if std::mem::replace(&mut self.thinking.told_minute, minute) == minute {
            return;
        }
        let (now, seq) = (self.now, self.head);
        let thinking = &mut self.thinking;
        let open = thinking.situations.all().filter(|one| one.ended_at.is_none());
        let open: Vec<SituationId> = open.map(|one| one.id).collect();
        for id in open {
            let Some((id, news)) = thinking.told_now(id, now, seq) else { continue };
            if thinking.told.get(&id).is_none_or(|told| told.pace != news.pace) {
                thinking.told.insert(id, news);
                out.push(Change::Matter { matter: Matter::Situation(id), seq });
            }
        }
    }

    /// How a situation goes, as it was last told.
    pub(super) fn told(&self, situation: &Situation, voices: &[(Voice, ReportId)]) -> Told {
        let now = || Told { pace: pace(situation, voices, self.now), at: self.now, seq: self.head };
        self.thinking.told.get(&situation.id).copied().unwrap_or_else(now)
    }

    /// Thinks again of all records, and goes on where it was written down. Each report is asked again at the next settling,
    /// which changes nothing.
    pub(super) fn resume_thinking(&mut self, saved: SavedThinking) {
        let mut thinking = Thinking { advice: self.thinking.advice.take(), ..Thinking::default() };
        thinking.settled_at = Timestamp(saved.settled_at);
        thinking.copies.tick(thinking.settled_at);
        let mut voices = Vec::new();
        for slot in self.by_seq.values() {
            let (record, dot) = (&self.records[*slot as usize], &self.dots[*slot as usize]);
            if record.erased {
                continue;
            }
            let plain = record.text().map(Plain::of);
            self.index.put(*slot, record, plain.as_ref());
            thinking.fold(record, plain.as_ref());
            voices.extend(thinking.voice(record, dot, plain.as_ref()));
        }
        voices.extend(self.sensor_voices());
        thinking.copies.take_stirred();
        thinking.situations = Situations::resume(saved.situations, voices);
        thinking.settle_at = saved.settle_at.map(Timestamp);
        self.thinking = thinking;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_are_live_the_longer_settling_waits_and_never_past_a_quarter_of_two_minutes() {
        let first = |n_live| settling_after(Timestamp(60_000), n_live).0 - 60_000;
        assert_eq!([0, 20_000, 20_001, 200_000].map(first), [1_000, 1_000, 5_000, 5_000]);
        // From a moment that is no multiple of twenty-five seconds.
        assert_eq!([200_001, 1_000_000, 9_000_000].map(first), [10_000, 15_000, 30_000]);
        assert_eq!(settling_after(Timestamp(75_000), 1_000_000).0, 100_000);
    }
}
