//! Evidence: what speaks for a situation, by how much it weighs, and what nobody knows yet.
//!
//! Counted are independent sources, never reports: a thousand copies weigh as one. How bad it is follows from who says so and
//! never from how many posts there are.

use std::collections::{BTreeMap, BTreeSet};

use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::situation::{Unknown, Weight};

use super::voice::Voice;

/// How much a voice weighs.
pub fn weight(voice: &Voice) -> Weight {
    if voice.is_sensor {
        return Weight::Sensor;
    }
    match (voice.kind, voice.basis) {
        (Kind::Unit, _) => Weight::Unit,
        (Kind::Call, Basis::Seen) => Weight::CallSeen,
        (Kind::Camera, _) => Weight::Camera,
        (Kind::Official, _) => Weight::Official,
        (Kind::Citizen | Kind::Contributor, Basis::Seen) => Weight::Seen,
        (Kind::Call, _) => Weight::Call,
        (Kind::Citizen | Kind::Contributor, _) => Weight::Heard,
        (Kind::Press, _) => Weight::Press,
        (Kind::Post, _) => Weight::Post,
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What happens: what most sources say; among equals what the graver say.
    pub hazard: Hazard,
    /// How bad: the worst that one who was there, a camera or an authority says, or that two sources say independently.
    pub severity: Severity,
    /// Independent sources by weight, the heaviest first; none that is not there.
    pub sources: BTreeMap<Weight, u32>,
    /// Independent sources of which one voice at least is first hand.
    pub n_first_hand: u32,
    /// Independent sources.
    pub n_sources: u32,
    /// Reports, copies included.
    pub n_reports: u32,
    /// Independent evidence supports it.
    pub supported: bool,
    /// What nobody knows yet.
    pub unknown: Vec<Unknown>,
}

/// Hearsay runs ahead of these: support comes only from who was there (law 5 of the room).
pub fn is_hearsay(hazard: Hazard) -> bool {
    matches!(hazard, Hazard::Violence | Hazard::Explosion | Hazard::Chemical)
}

/// A source: all live copies of one thing said.
#[derive(Debug, Clone, Copy)]
struct Source {
    weight: Weight,
    first_hand: bool,
    /// All of it was only heard of, as it says itself.
    heard: bool,
    severity: Severity,
    says: Option<Hazard>,
}

impl Source {
    fn of(voice: &Voice) -> Self {
        Self {
            weight: weight(voice),
            first_hand: voice.is_first_hand(),
            heard: voice.basis == Basis::Heard,
            severity: voice.severity,
            says: voice.says(),
        }
    }

    fn and(self, voice: &Voice) -> Self {
        let other = Self::of(voice);
        Self {
            weight: self.weight.min(other.weight),
            first_hand: self.first_hand || other.first_hand,
            heard: self.heard && other.heard,
            severity: self.severity.min(other.severity),
            says: self.says.or(other.says),
        }
    }

    /// Its claim needs no second.
    fn is_known(self) -> bool {
        self.first_hand || self.weight == Weight::Official
    }
}

/// Weighs the live reports of a situation, each with the first of its copies.
pub fn weigh(voices: &[(Voice, ReportId)]) -> Evidence {
    let mut by_source: BTreeMap<ReportId, Source> = BTreeMap::new();
    for (voice, source) in voices {
        by_source
            .entry(*source)
            .and_modify(|known| *known = known.and(voice))
            .or_insert_with(|| Source::of(voice));
    }
    let mut sources: BTreeMap<Weight, u32> = BTreeMap::new();
    for source in by_source.values() {
        *sources.entry(source.weight).or_default() += 1;
    }
    let all: Vec<Source> = by_source.into_values().collect();
    let n_first_hand = all.iter().filter(|source| source.first_hand).count() as u32;
    let hazard = hazard(&all);
    Evidence {
        hazard,
        severity: severity(&all),
        n_first_hand,
        n_sources: all.len() as u32,
        n_reports: voices.len() as u32,
        supported: supported(hazard, &all),
        unknown: unknown(&sources, n_first_hand),
        sources,
    }
}

fn hazard(sources: &[Source]) -> Hazard {
    let mut said: BTreeMap<Hazard, (u32, Severity)> = BTreeMap::new();
    for source in sources {
        let Some(hazard) = source.says else { continue };
        let (n, worst) = said.entry(hazard).or_insert((0, Severity::Unknown));
        *n += 1;
        *worst = (*worst).min(source.severity);
    }
    let most = said
        .into_iter()
        .min_by_key(|(hazard, (n, worst))| (std::cmp::Reverse(*n), *worst, *hazard));
    most.map_or(Hazard::Other, |(hazard, _)| hazard)
}

fn severity(sources: &[Source]) -> Severity {
    let holds = |level: &&Severity| {
        let mut claims = sources.iter().filter(|source| source.severity <= **level);
        let is_known = claims.clone().any(|source| source.is_known());
        is_known || claims.nth(1).is_some()
    };
    Severity::ALL.iter().find(holds).copied().unwrap_or_default()
}

fn supported(hazard: Hazard, sources: &[Source]) -> bool {
    let n = |which: &dyn Fn(Source) -> bool| sources.iter().filter(|one| which(**one)).count();
    // Who saw a bin burn beside it saw no explosion.
    let saw_it = |source: Source| {
        source.first_hand && (!is_hearsay(hazard) || source.says.is_some_and(is_hearsay))
    };
    let is_backed = n(&saw_it) >= 1
        || !is_hearsay(hazard)
            && (n(&|source| source.weight == Weight::Official && !source.heard) >= 1
                || n(&|source| source.weight == Weight::Call && !source.heard) >= 2);
    sources.len() >= 2 && is_backed
}

fn unknown(sources: &BTreeMap<Weight, u32>, n_first_hand: u32) -> Vec<Unknown> {
    let there: BTreeSet<Weight> = sources.keys().copied().collect();
    let lacks = |weights: &[Weight]| weights.iter().all(|weight| !there.contains(weight));
    [
        (Unknown::NobodyOnScene, lacks(&[Weight::Unit])),
        (Unknown::NothingFirstHand, n_first_hand == 0),
        (Unknown::NoCamera, lacks(&[Weight::Camera])),
        (Unknown::NoCalls, lacks(&[Weight::Call, Weight::CallSeen])),
    ]
    .into_iter()
    .filter_map(|(unknown, is_so)| is_so.then_some(unknown))
    .collect()
}

#[cfg(test)]
mod tests;
