//! Live reports and where they stand: each once, found by the point that it is in space, and by the first of its copies.

use std::collections::BTreeSet;

use wire::id::ReportId;
use wire::time::Timestamp;

use super::SituationId;
use super::breadth::Breadth;
use super::density::PointId;
use super::group::Family;
use super::table::Table;
use super::voice::Voice;

/// When it was said, and in which report.
pub(super) type Saying = (Timestamp, ReportId);

/// A live report and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) voice: Voice,
    /// The first of its copies.
    pub(super) source: ReportId,
    pub(super) weight: u8,
    pub(super) situation: Option<SituationId>,
}

impl Held {
    pub(super) fn breadth(&self) -> Breadth {
        Breadth::of(self.voice.says())
    }

    /// What it is of; none if it names nothing.
    pub(super) fn family(&self) -> Option<Family> {
        self.voice.says().map(Family::of)
    }

    /// Whether it says what is usual: it counts, and belongs to no situation.
    pub(super) fn is_usual(&self) -> bool {
        self.weight > 0 && self.situation.is_none() && !self.voice.is_talk()
    }

    fn saying(&self) -> Saying {
        (self.voice.observed_at, self.voice.id)
    }
}

/// The point that a report is in space.
pub(super) fn point_of(id: ReportId) -> PointId {
    PointId((id.0 >> 64) as u64 ^ id.0 as u64)
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Holding {
    by_point: Table<PointId, Held>,
    /// The live copies of a source, in the order of time. Nearly every source is one report, its own first: of those
    /// nothing stands here.
    copies: Table<ReportId, BTreeSet<Saying>>,
}

impl Holding {
    pub(super) fn len(&self) -> usize {
        self.by_point.len()
    }

    pub(super) fn at(&self, point: PointId) -> Option<&Held> {
        self.by_point.get(&point)
    }

    pub(super) fn find(&self, id: ReportId) -> Option<&Held> {
        self.at(point_of(id)).filter(|held| held.voice.id == id)
    }

    pub(super) fn find_mut(&mut self, id: ReportId) -> Option<&mut Held> {
        self.by_point.get_mut(&point_of(id)).filter(|held| held.voice.id == id)
    }

    /// Takes one in, a source of its own until it is known of whom it is a copy. False where the point of another is the
    /// same: ids are hashes, so that hardly ever is.
    pub(super) fn insert(&mut self, voice: Voice, situation: Option<SituationId>) -> bool {
        let point = point_of(voice.id);
        if self.by_point.contains_key(&point) {
            return false;
        }
        let held = Held { source: voice.id, weight: 0, situation, voice };
        let saying = held.saying();
        self.by_point.insert(point, held);
        self.copies.entry(voice.id).and_modify(|all| _ = all.insert(saying));
        true
    }

    /// Lets one go; and says who is the first of its source then.
    pub(super) fn remove(&mut self, id: ReportId) -> Option<(Held, Option<ReportId>)> {
        self.find(id)?;
        let held = self.by_point.remove(&point_of(id))?;
        let first = self.leave(held.source, held.saying());
        Some((held, first))
    }

    /// It is a copy of another than before. Gives of whom it was one.
    pub(super) fn turn(&mut self, id: ReportId, source: ReportId) -> Option<ReportId> {
        let held = self.find_mut(id).filter(|held| held.source != source)?;
        let before = std::mem::replace(&mut held.source, source);
        let saying = held.saying();
        self.leave(before, saying);
        self.enter(source, saying);
        Some(before)
    }

    fn enter(&mut self, source: ReportId, saying: Saying) {
        if let Some(all) = self.copies.get_mut(&source) {
            all.insert(saying);
        } else if saying.1 != source {
            let own = self.find(source).filter(|own| own.source == source).map(Held::saying);
            self.copies.insert(source, own.into_iter().chain([saying]).collect());
        }
    }

    fn leave(&mut self, source: ReportId, saying: Saying) -> Option<ReportId> {
        let all = self.copies.get_mut(&source)?;
        all.remove(&saying);
        let first = all.first().map(|(_, id)| *id);
        if first.is_none() {
            self.copies.remove(&source);
        }
        first
    }

    /// The live reports of a source, in the order of time: the first counts.
    pub(super) fn of_source(&self, source: ReportId) -> impl Iterator<Item = ReportId> {
        let copies = self.copies.get(&source);
        let alone = copies.is_none().then_some(source);
        let alone = alone.filter(|id| self.find(*id).is_some_and(|own| own.source == source));
        alone.into_iter().chain(copies.into_iter().flatten().map(|(_, id)| *id))
    }

    /// All of them, in an order that means nothing.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Held> {
        self.by_point.values()
    }
}

#[cfg(test)]
mod tests {
    use wire::geo::LngLat;
    use wire::grade::{Basis, Hazard, Kind, Severity};

    use super::*;

    fn voice(n: u128) -> Voice {
        Voice {
            id: ReportId(n),
            // Later ones spoke earlier, so that the order of time is not that of names.
            observed_at: Timestamp(100 - n as i64),
            place: LngLat::new(2.17, 41.4).expect("a place"),
            radius_m: 0,
            is_sensor: false,
            kind: Kind::Post,
            basis: Basis::Unknown,
            hazard: Hazard::Other,
            heard: None,
            severity: Severity::Unknown,
        }
    }

    #[test]
    fn whoever_is_of_a_source_is_there_in_the_order_of_time_until_it_goes() {
        let mut holding = Holding::default();
        let mut sources: [Option<u128>; 4] = [None; 4];
        // Three that come, go and turn to each other in many orders.
        for step in 0..20_000u128 {
            let dice = u128::from(crate::mix::number(step as u64));
            let (who, whose) = (1 + dice % 3, 1 + dice / 3 % 3);
            match dice / 9 % 3 {
                0 if sources[who as usize].is_none() => {
                    assert!(holding.insert(voice(who), None));
                    sources[who as usize] = Some(who);
                }
                0 => assert!(!holding.insert(voice(who), None)),
                1 => {
                    let was = sources[who as usize].take();
                    assert_eq!(holding.remove(ReportId(who)).is_some(), was.is_some());
                }
                _ => {
                    let turned = holding.turn(ReportId(who), ReportId(whose)).map(|was| was.0);
                    let was = sources[who as usize].filter(|was| *was != whose);
                    assert_eq!(turned, was);
                    sources[who as usize] = sources[who as usize].map(|_| whose);
                }
            }
            for source in 1..=3 {
                let mut model: Vec<u128> =
                    (1..=3).filter(|n| sources[*n as usize] == Some(source)).collect();
                model.reverse();
                let found: Vec<u128> = holding.of_source(ReportId(source)).map(|id| id.0).collect();
                assert_eq!(found, model, "step {step}, source {source}");
            }
        }
    }

    #[test]
    fn the_first_of_those_who_are_left_is_told() {
        let mut holding = Holding::default();
        for n in 1..=3 {
            holding.insert(voice(n), None);
            holding.turn(ReportId(n), ReportId(1));
        }
        let (_, first) = holding.remove(ReportId(3)).expect("is held");
        assert_eq!(first, Some(ReportId(2)));
        assert_eq!(holding.turn(ReportId(2), ReportId(2)), Some(ReportId(1)));
        assert!(holding.remove(ReportId(1)).is_some_and(|(_, first)| first.is_none()));
    }
}
