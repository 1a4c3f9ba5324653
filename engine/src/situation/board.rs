//! The situations there are: fed with live reports, settled at each tick, each known by a number that stays.
//!
//! ```text
//! hold, release ─▶ sources (who is a copy of whom, so who counts) ─▶ Space (components) ─▶ group (time, hazard, decisions)
//!        ─▶ lineage (which situation goes on) ─▶ the situations that changed
//! ```
//!
//! What follows depends on the live reports, the decisions and the situations of the tick before, never on the order in which
//! anything came within a tick.

mod aside;
mod news;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::id::ReportId;
use wire::time::Timestamp;

use super::breadth::{Breadth, Part, Spaces};
use super::density::PointId;
use super::group::{Member, groups};
use super::held::{Held, Holding, point_of};
use super::lineage::{Lineage, lineage};
use super::links::Links;
use super::metres::Spot;
use super::nearby::Nearby;
use super::space::Space;
use super::voice::Voice;
use super::{Situation, SituationId};
use crate::dedupe::Copies;
use crate::limits::{ENDED_KEPT_MS, VOICE_RADIUS_MAX_M};

/// See the module.
#[derive(Debug, Default)]
pub struct Situations {
    spaces: Spaces,
    nearby: Nearby,
    held: Holding,
    links: Links,
    by_number: BTreeMap<SituationId, Situation>,
    /// The last number given.
    last: u64,
    /// Reports that came, went or changed since the last tick, some of them more than once.
    touched: Vec<ReportId>,
    /// Situations of reports that went.
    bereft: BTreeSet<SituationId>,
    /// Live reports that belong to none any more, because a person said so; with the situation that was closed over them.
    aside: BTreeMap<ReportId, Option<SituationId>>,
    /// Reports of crowds that were no more than chance.
    refused: BTreeSet<ReportId>,
}

/// What of the situations is written down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Saved {
    situations: Vec<Situation>,
    last: u64,
    links: Links,
    aside: BTreeMap<ReportId, Option<SituationId>>,
    refused: BTreeSet<ReportId>,
}

fn once_each(mut ids: Vec<ReportId>) -> Vec<ReportId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Situations {
    /// A report is live, or says something else than before. It counts from the next [`Self::settle`] on. One whose place is
    /// too unsure lies nowhere.
    pub fn hold(&mut self, voice: Voice) {
        if self.aside.contains_key(&voice.id) {
            return;
        }
        let before = self.release(voice.id);
        if voice.radius_m >= VOICE_RADIUS_MAX_M || !self.held.insert(voice, before) {
            return;
        }
        self.nearby.insert(voice.place);
        if let Some(situation) = before {
            // It never left.
            self.by_number.entry(situation).and_modify(|one| _ = one.members.insert(voice.id));
        }
    }

    /// A report is live no longer. Gives the situation it was in.
    pub fn release(&mut self, id: ReportId) -> Option<SituationId> {
        self.aside.remove(&id);
        self.touched.push(id);
        self.refused.remove(&id);
        let (held, first) = self.held.remove(id)?;
        // Whoever is first now counts from now on.
        self.touched.extend(first);
        self.spaces.of_mut(held.breadth()).remove(point_of(id), held.voice.place);
        self.nearby.discount(id, held.voice.place, held.family());
        self.nearby.remove(held.voice.place);
        let situation = held.situation?;
        self.bereft.insert(situation);
        self.by_number.entry(situation).and_modify(|one| _ = one.members.remove(&id));
        Some(situation)
    }

    /// These two reports belong together, whatever lies between them.
    pub fn join(&mut self, a: ReportId, b: ReportId) {
        self.links.join(a, b);
        self.touched.extend([a, b]);
    }

    /// These two reports do not belong together, however near they are.
    pub fn part(&mut self, a: ReportId, b: ReportId) {
        self.links.part(a, b);
        self.touched.extend([a, b]);
    }

    /// How many live reports are held.
    pub fn n_held(&self) -> usize {
        self.held.len()
    }

    /// All that are known, ended ones for a day, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Situation> {
        self.by_number.values()
    }

    /// One of them.
    pub fn find(&self, id: SituationId) -> Option<&Situation> {
        self.by_number.get(&id)
    }

    /// The live reports of one, in the order of time, each with the first of its copies.
    pub fn voices(&self, id: SituationId) -> Vec<(Voice, ReportId)> {
        let members = self.by_number.get(&id).into_iter().flat_map(|one| &one.members);
        let held = members.filter_map(|member| self.held.find(*member));
        let mut voices: Vec<(Voice, ReportId)> =
            held.map(|held| (held.voice, held.source)).collect();
        voices.sort_unstable_by_key(|(voice, _)| (voice.observed_at, voice.id));
        voices
    }

    /// What the words of a report that is held say, in place of what they said.
    pub fn reword(&mut self, report: ReportId, heard: Option<Hazard>) {
        let Some(held) = self.held.find_mut(report) else { return };
        // It may be of another breadth now.
        self.spaces.of_mut(held.breadth()).remove(point_of(report), held.voice.place);
        self.nearby.discount(report, held.voice.place, held.family());
        held.voice.heard = heard;
        held.weight = 0;
        self.touched.push(report);
    }

    /// A live report as it is held.
    pub fn voice(&self, report: ReportId) -> Option<&Voice> {
        self.held.find(report).map(|held| &held.voice)
    }

    /// What a situation is a part of by now: itself, if it was not merged.
    pub fn whole(&self, id: SituationId) -> SituationId {
        let mut whole = id;
        // A situation is merged into one that went on, so the way leads forward in time and ends.
        while let Some(into) = self.by_number.get(&whole).and_then(|one| one.merged_into)
            && into != id
        {
            whole = into;
        }
        whole
    }

    /// The situation a live report is in.
    pub fn of(&self, report: ReportId) -> Option<SituationId> {
        self.held.find(report)?.situation
    }

    /// Whether a person joined a report with others, or parted it from some.
    pub fn is_decided(&self, report: ReportId) -> bool {
        let mut pairs = self.links.together().chain(self.links.apart());
        pairs.any(|(a, b)| a == report || b == report)
    }

    /// These reports may be copies of others than before.
    pub fn stir(&mut self, ids: impl IntoIterator<Item = ReportId>) {
        self.touched.extend(ids);
    }

    /// What cannot be derived from the live reports: to be written down, and given back to [`Self::resume`].
    pub fn saved(&self) -> Saved {
        Saved {
            situations: self.by_number.values().cloned().collect(),
            last: self.last,
            links: self.links.clone(),
            aside: self.aside.clone(),
            refused: self.refused.clone(),
        }
    }

    /// The situations as they were when that was saved, of the reports that were live then.
    pub fn resume(saved: Saved, voices: impl IntoIterator<Item = Voice>) -> Self {
        let Saved { situations, last, links, aside, refused } = saved;
        let mut resumed = Self { links, last, aside, ..Self::default() };
        for voice in voices {
            resumed.hold(voice);
        }
        resumed.refused = refused;
        // Of whom went before the tick ended nothing is to be remembered.
        resumed.touched.extend(resumed.links.named());
        for one in situations {
            for member in &one.members {
                if let Some(held) = resumed.held.find_mut(*member) {
                    held.situation = Some(one.id);
                }
            }
            resumed.by_number.insert(one.id, one);
        }
        resumed
    }

    /// Ends a tick: says which situations changed. Those without live reports stay open until [`Self::end`].
    pub fn settle(&mut self, now: Timestamp, copies: &Copies) -> BTreeSet<SituationId> {
        for id in &self.touched {
            if self.held.find(*id).is_none() {
                self.links.forget(*id);
            }
        }
        let touched = self.count(copies);
        let mut parts = self.spaces.settle();
        parts.extend(touched.iter().filter_map(|id| self.stand(*id)));
        let mut changed = std::mem::take(&mut self.bereft);
        changed.extend(touched.iter().filter_map(|id| self.of(*id)));
        let components = self.reach(parts, &mut changed);
        let groups = groups(&components, &self.links);
        self.name(now, &groups, &mut changed);
        changed.retain(|id| self.by_number.contains_key(id));
        changed
    }

    /// Asks again of whom each that was touched is a copy, and which of a source counts. Gives those that were touched,
    /// some of them twice.
    fn count(&mut self, copies: &Copies) -> Vec<ReportId> {
        let mut touched = once_each(std::mem::take(&mut self.touched));
        let mut sources = Vec::with_capacity(touched.len());
        for id in &touched {
            sources.push(copies.source(*id).map_or(*id, |source| source.first));
            sources.extend(self.held.find(*id).map(|held| held.source));
        }
        let mut sources = once_each(sources);
        // All of a source are asked, for one that came may have made one of two.
        let mut asked = touched.clone();
        for source in &sources {
            asked.extend(copies.members(*source));
            asked.extend(self.held.of_source(*source));
        }
        for id in &once_each(asked) {
            let source = copies.source(*id).map_or(*id, |source| source.first);
            if let Some(before) = self.held.turn(*id, source) {
                sources.extend([before, source]);
            }
        }
        self.touched.clear();
        let n_new = touched.len();
        for source in once_each(sources) {
            let members: Vec<ReportId> = self.held.of_source(source).collect();
            for (nth, id) in members.into_iter().enumerate() {
                let Some(held) = self.held.find_mut(id) else { continue };
                let weight = if nth == 0 { held.voice.weight() } else { 0 };
                let is_new = touched[..n_new].binary_search(&id).is_ok();
                if is_new || held.weight != weight {
                    held.weight = weight;
                    let space = self.spaces.of_mut(held.breadth());
                    space.insert(point_of(id), held.voice.place, weight);
                    let (place, family) = (held.voice.place, held.family());
                    if held.is_usual() {
                        self.nearby.count(id, place, family, held.voice.is_grave());
                    } else {
                        self.nearby.discount(id, place, family);
                    }
                    touched.push(id);
                }
            }
        }
        touched
    }

    /// Where a report stands.
    fn stand(&self, id: ReportId) -> Option<Part> {
        let held = self.held.find(id)?;
        self.spaces.part(held.breadth(), point_of(id), held.voice.place)
    }

    /// Everything that what changed hangs together with: whole components, the situations of their members, the components of
    /// those, and what operators joined with any of them.
    fn reach(
        &self,
        mut parts: BTreeSet<Part>,
        changed: &mut BTreeSet<SituationId>,
    ) -> Vec<(Breadth, Vec<Member>)> {
        let mut whole: BTreeSet<Part> = BTreeSet::new();
        let mut components: Vec<(Breadth, Vec<Member>)> = Vec::new();
        let mut n_inside: BTreeMap<SituationId, usize> = BTreeMap::new();
        // Once at least: a situation may have lost what stood alone, and with it nothing that is left there changed.
        loop {
            let (found, points) = self.spaces.wholes(&parts);
            whole.extend(found);
            for (breadth, points) in &points {
                let members = self.members(points);
                for run in members.chunk_by(|a, b| a.was_in == b.was_in) {
                    if let Some(situation) = run[0].was_in {
                        *n_inside.entry(situation).or_default() += run.len();
                    }
                }
                components.push((*breadth, members));
            }
            changed.extend(n_inside.keys());
            // What is reached from here and was not gone through yet.
            parts.clear();
            for one in changed.iter().filter_map(|id| self.by_number.get(id)) {
                // Most are there to the last member.
                if n_inside.get(&one.id) != Some(&one.members.len()) {
                    parts.extend(one.members.iter().filter_map(|id| self.stand(*id)));
                }
            }
            for (a, b) in self.links.together() {
                let both = [a, b].map(|id| self.stand(id));
                if both.iter().flatten().any(|part| whole.contains(part)) {
                    parts.extend(both.into_iter().flatten());
                }
            }
            parts.retain(|part| !whole.contains(part));
            if parts.is_empty() {
                return components;
            }
        }
    }

    fn members(&self, whole: &[PointId]) -> Vec<Member> {
        let held: Vec<&Held> = whole.iter().filter_map(|point| self.held.at(*point)).collect();
        let places: Vec<LngLat> = held.iter().map(|held| held.voice.place).collect();
        let of = |(held, spot): (&&Held, Spot)| Member {
            id: held.voice.id,
            spot,
            observed_at: held.voice.observed_at,
            says: held.voice.says(),
            weight: held.weight,
            is_grave: held.voice.is_grave(),
            is_talk: held.voice.is_talk(),
            was_in: held.situation,
        };
        held.iter().zip(Space::spots(&places)).map(of).collect()
    }

    /// Gives each group that is enough its situation.
    fn name(
        &mut self,
        now: Timestamp,
        groups: &[Vec<Member>],
        changed: &mut BTreeSet<SituationId>,
    ) {
        let Lineage { goes_on, split_from, merged } = lineage(groups, |one| one.was_in);
        let mut named: Vec<Option<SituationId>> = Vec::with_capacity(groups.len());
        for (at, group) in groups.iter().enumerate() {
            let is_named = |(a, b): (ReportId, ReportId)| {
                group.iter().any(|member| member.id == a || member.id == b)
            };
            let is_decided = split_from[at].is_some() && self.links.apart().any(is_named);
            let id = match goes_on[at] {
                Some(id) => Some(id),
                None if is_decided || self.is_news(group) => Some(self.begin(now, split_from[at])),
                // Too little for one of its own: who was in one stays there.
                None => None,
            };
            named.push(id);
            changed.extend(id);
        }
        for (group, id) in groups.iter().zip(&named) {
            let Some(id) = id else { continue };
            for member in group.iter().filter(|member| member.was_in != Some(*id)) {
                self.enter(member.id, *id);
            }
        }
        for (id, at) in merged {
            let Some(into) = named.get(at).copied().flatten() else { continue };
            self.merge(now, id, into);
            changed.insert(id);
        }
    }

    fn begin(&mut self, now: Timestamp, split_from: Option<SituationId>) -> SituationId {
        self.last += 1;
        let id = SituationId(self.last);
        self.by_number.insert(id, Situation::new(id, now, split_from));
        id
    }

    fn enter(&mut self, report: ReportId, id: SituationId) {
        let Some(held) = self.held.find_mut(report) else { return };
        let before = held.situation.replace(id);
        self.nearby.discount(report, held.voice.place, held.family());
        if let Some(before) = before.filter(|before| *before != id) {
            self.by_number.entry(before).and_modify(|one| _ = one.members.remove(&report));
        }
        self.by_number.entry(id).and_modify(|one| _ = one.members.insert(report));
    }

    /// One is a part of another from now on, with whoever still stands there.
    fn merge(&mut self, now: Timestamp, id: SituationId, into: SituationId) {
        let Some(one) = self.by_number.get_mut(&id) else { return };
        one.merged_into = Some(into);
        one.ended_at = Some(now);
        for report in one.members.clone() {
            self.enter(report, into);
        }
    }

    /// Open ones without live reports.
    pub fn bare(&self) -> impl Iterator<Item = SituationId> {
        let bare = self.by_number.values();
        bare.filter(|one| one.members.is_empty() && one.ended_at.is_none()).map(|one| one.id)
    }

    /// These have ended; a new report wakes no ended one. What ended a day ago is forgotten.
    pub fn end(&mut self, ids: &[SituationId], now: Timestamp) {
        for id in ids {
            self.by_number.entry(*id).and_modify(|one| one.ended_at = Some(now));
        }
        let forgotten = now.plus_ms(-ENDED_KEPT_MS);
        self.by_number.retain(|_, one| one.ended_at.is_none_or(|ended_at| ended_at > forgotten));
    }
}

#[cfg(test)]
mod tests;
