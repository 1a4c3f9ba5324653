//! Asking for situations. Like everything else they leave through what the reader may see: of words only the place, and not
//! for the wall.

use wire::grade::Verification;
use wire::id::ReportId;
use wire::situation::SituationView;

use super::World;
use super::thinking::Told;
use crate::place::distance_m;
use crate::situation::evidence::{Evidence, weigh, weight};
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
        voices.into_iter().map(|(voice, _)| voice.id).collect()
    }

    fn situation_view(&self, situation: &Situation, clearance: Clearance) -> SituationView {
        let voices = self.thinking.situations.voices(situation.id);
        let Told { pace, at: told_at, seq } = self.told(situation, &voices);
        let Pace { trend, n_last, n_before, oldest_at, newest_at } = pace;
        let Evidence {
            hazard,
            severity,
            sources,
            n_first_hand,
            n_sources,
            n_reports,
            supported,
            unknown,
        } = weigh(&voices);
        let mut by_weight: Vec<&Voice> = voices.iter().map(|(voice, _)| voice).collect();
        // The heaviest, of them the surest, of those the first.
        by_weight.sort_by_key(|voice| (weight(voice), voice.radius_m, voice.observed_at, voice.id));
        let at = by_weight.first().map(|voice| voice.place);
        let place = by_weight.iter().find_map(|voice| self.place_words(voice.id));
        SituationView {
            id: situation.id.0,
            mode: self.mode,
            seq,
            at: told_at,
            hazard,
            severity,
            trend,
            verification: if supported {
                Verification::Supported
            } else {
                Verification::Unverified
            },
            checked: None,
            owner: None,
            taken_at: None,
            pinned: false,
            look_at: None,
            alarms: Vec::new(),
            n_refuted: 0,
            held_open: false,
            begun_at: situation.begun_at,
            oldest_at,
            newest_at,
            ended_at: situation.ended_at,
            geometry: at,
            radius_m: radius_m(&by_weight),
            extent: extent(&by_weight),
            place: place.filter(|_| clearance >= Clearance::Room),
            n_reports,
            n_sources,
            n_first_hand,
            n_last,
            n_before,
            sources,
            unknown,
            sensors: Vec::new(),
            split_from: situation.split_from.map(|id| id.0),
            merged_into: situation.merged_into.map(|id| id.0),
        }
    }

    fn place_words(&self, id: ReportId) -> Option<String> {
        let slot = self.ids.find(id, &self.records)?;
        self.records[slot as usize].place_words().map(str::to_owned)
    }
}

/// From the first of them to the end of the doubt of the farthest.
fn radius_m(voices: &[&Voice]) -> u32 {
    let Some(first) = voices.first() else { return 0 };
    let reach =
        |voice: &&Voice| distance_m(first.place, voice.place).ceil() as u32 + voice.radius_m;
    voices.iter().map(reach).max().unwrap_or_default()
}

fn extent(voices: &[&Voice]) -> Vec<[f64; 2]> {
    let places: Vec<_> = voices.iter().map(|voice| voice.place).collect();
    let doubt_m = voices.iter().map(|voice| voice.radius_m).max().unwrap_or_default();
    let ring = Space::outline(&places, doubt_m);
    ring.into_iter().map(|corner| [corner.lng(), corner.lat()]).collect()
}
