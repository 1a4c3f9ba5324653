//! Asking for situations. Like everything else they leave through what the reader may see: of words only the place, and not
//! for the wall.

use wire::geo::LngLat;
use wire::grade::Verification;
use wire::id::ReportId;
use wire::situation::{Checked, SensorWord, SituationView, Unknown};

use super::World;
use super::beside::Beside;
use super::thinking::Told;
use crate::place::distance_m;
use crate::situation::evidence::{weigh, weight};
use crate::situation::space::Space;
use crate::situation::{Pace, Situation, SituationId, Voice};
use crate::view::Clearance;

impl World {
    /// All situations, the oldest first; those that ended for a day more.
    pub fn situations(&self, clearance: Clearance) -> Vec<SituationView> {
        let all = self.thinking.situations.all();
        all.map(|situation| self.situation_view(situation, clearance)).collect()
    }

    /// The numbers of all situations.
    pub fn situation_ids(&self) -> impl Iterator<Item = SituationId> {
        self.thinking.situations.all().map(|situation| situation.id)
    }

    /// One situation.
    pub fn situation(&self, id: SituationId, clearance: Clearance) -> Option<SituationView> {
        let situation = self.thinking.situations.find(id)?;
        Some(self.situation_view(situation, clearance))
    }

    /// The live reports of a situation, in the order of time.
    pub fn situation_reports(&self, id: SituationId) -> Vec<ReportId> {
        let voices = self.thinking.situations.voices(id);
        let reports = voices.into_iter().filter(|(voice, _)| !voice.is_sensor);
        reports.map(|(voice, _)| voice.id).collect()
    }

    fn situation_view(&self, situation: &Situation, clearance: Clearance) -> SituationView {
        let id = situation.id;
        let voices = self.thinking.situations.voices(id);
        let Told { pace, at: told_at, seq } = self.told(situation, &voices);
        let Pace { trend, n_last, n_before, oldest_at, newest_at } = pace;
        let last = self.room.last.get(&id);
        let middle = middle(&voices);
        let (geometry, radius_m) = match (middle, last) {
            (Some((at, radius_m)), _) => (Some(at), radius_m),
            (None, Some(last)) => last.place(),
            (None, None) => (None, 0),
        };
        let mut evidence = weigh(&voices);
        let says = match last.filter(|_| voices.is_empty()) {
            Some(last) => last.hazard,
            None => evidence.hazard,
        };
        let Beside { sensors, speaking } = self.beside(geometry, says, &voices);
        if !speaking.is_empty() {
            let beside = speaking.into_iter().map(|voice| (voice, voice.id));
            evidence = weigh(&voices.iter().copied().chain(beside).collect::<Vec<_>>());
        }
        let is_lost = sensors.iter().any(|sensor| sensor.says == SensorWord::Lost);
        let unknown = evidence.unknown.into_iter().chain(is_lost.then_some(Unknown::SensorLost));
        // What was grave and is quiet now was still grave.
        let (hazard, severity) = match last.filter(|_| voices.is_empty()) {
            Some(last) => (says, last.worst),
            None => (evidence.hazard, evidence.severity),
        };
        let by_weight = by_weight(&voices);
        let place = by_weight.iter().find_map(|voice| self.place_words(voice.id));
        let desk = |word: Option<String>| word.filter(|_| clearance >= Clearance::Desk);
        let hand = self.hand(id);
        let verification = match &hand.checked {
            Some(check) if check.is_true => Verification::Confirmed,
            Some(_) => Verification::Refuted,
            None if evidence.supported => Verification::Supported,
            None => Verification::Unverified,
        };
        SituationView {
            id: id.0,
            mode: self.mode,
            seq,
            at: told_at,
            hazard,
            severity,
            trend,
            verification,
            look_at: hand.look_at(),
            checked: hand.checked.map(|check| Checked {
                seq: check.seq,
                basis: check.basis,
                by: desk(check.by),
                at: check.at,
            }),
            taken_at: hand.taken.as_ref().map(|(_, at)| *at),
            owner: desk(hand.taken.and_then(|(by, _)| by)),
            pinned: hand.pinned,
            alarms: self.alarms_of(id).into_iter().map(|alarm| alarm.0).collect(),
            n_refuted: self.n_refuted(id),
            held_open: situation.ended_at.is_none() && self.is_kept(id),
            begun_at: situation.begun_at,
            oldest_at,
            newest_at,
            ended_at: situation.ended_at,
            geometry,
            radius_m,
            extent: extent(&by_weight),
            place: place.filter(|_| clearance >= Clearance::Room),
            n_reports: evidence.n_reports,
            n_sources: evidence.n_sources,
            n_first_hand: evidence.n_first_hand,
            n_last,
            n_before,
            sources: evidence.sources,
            unknown: unknown.collect(),
            sensors,
            split_from: situation.split_from.map(|id| id.0),
            merged_into: situation.merged_into.map(|id| id.0),
        }
    }

    fn place_words(&self, id: ReportId) -> Option<String> {
        let slot = self.ids.find(id, &self.records)?;
        self.records[slot as usize].place_words().map(str::to_owned)
    }

    /// Where a situation is, by its live reports.
    pub(super) fn place_of(&self, id: SituationId) -> Option<LngLat> {
        middle(&self.thinking.situations.voices(id)).map(|(at, _)| at)
    }
}

/// The heaviest first, of them the surest, of those the first.
fn by_weight(voices: &[(Voice, ReportId)]) -> Vec<&Voice> {
    let mut by_weight: Vec<&Voice> = voices.iter().map(|(voice, _)| voice).collect();
    by_weight.sort_by_key(|voice| (weight(voice), voice.radius_m, voice.observed_at, voice.id));
    by_weight
}

/// Where the heaviest of them is, and how far it is from there to the end of the doubt of the farthest.
pub(super) fn middle(voices: &[(Voice, ReportId)]) -> Option<(LngLat, u32)> {
    let by_weight = by_weight(voices);
    let at = by_weight.first()?.place;
    let reach = |voice: &&Voice| distance_m(at, voice.place).ceil() as u32 + voice.radius_m;
    Some((at, by_weight.iter().map(reach).max().unwrap_or_default()))
}

fn extent(voices: &[&Voice]) -> Vec<[f64; 2]> {
    let places: Vec<_> = voices.iter().map(|voice| voice.place).collect();
    let doubt_m = voices.iter().map(|voice| voice.radius_m).max().unwrap_or_default();
    let ring = Space::outline(&places, doubt_m);
    ring.into_iter().map(|corner| [corner.lng(), corner.lat()]).collect()
}
