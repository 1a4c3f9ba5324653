//! Searching: the reports that say something, how many there are, and the newest of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use wire::decision::DecisionSubject;
use wire::grade::Verification;
use wire::id::ReportId;
use wire::report::{ReportFeature, Withdrawn};

use super::{ReportFilter, World};
use crate::entry::SourceKey;
use crate::limits::{PAGE_MAX, SCAN_MAX};
use crate::record::Record;
use crate::room::Hand;
use crate::search::Sought;
use crate::tree::Slot;
use crate::view::Clearance;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The newest below the cursor.
    pub features: Vec<ReportFeature>,
    /// The cursor of the next page.
    pub next: Option<u64>,
    /// All that was found, on this page and every other; counted, not guessed.
    pub matched: u64,
}

impl World {
    /// The reports that say what is sought, the newest first. Nothing below [`Clearance::Room`]: a match would tell.
    pub fn search(&self, sought: &Sought, filter: &ReportFilter, clearance: Clearance) -> Found {
        let mut found = Found { features: Vec::new(), next: None, matched: 0 };
        if clearance < Clearance::Room {
            return found;
        }
        let below = filter.before_seq.unwrap_or(u64::MAX);
        let limit = filter.limit.min(PAGE_MAX);
        // One more than a page, to know whether there is another.
        let mut newest: BinaryHeap<Reverse<(u64, Slot)>> = BinaryHeap::with_capacity(limit + 2);
        self.index.find(sought, |slot| {
            let record = &self.records[slot as usize];
            if !self.passes(filter, slot) {
                return;
            }
            found.matched += 1;
            if record.seq < below {
                newest.push(Reverse((record.seq, slot)));
                if newest.len() > limit + 1 {
                    newest.pop();
                }
            }
        });
        let mut page: Vec<(u64, Slot)> = newest.into_iter().map(|Reverse(one)| one).collect();
        page.sort_unstable_by_key(|one| Reverse(*one));
        let is_more = page.len() > limit;
        page.truncate(limit);
        found.next = page.last().filter(|_| is_more).map(|(seq, _)| *seq);
        let feature = |(_, slot)| self.feature(&self.records[slot as usize], clearance);
        found.features = page.into_iter().map(feature).collect();
        found
    }

    /// The ids of all reports below a number that pass, the newest first, and where to go on: no more than [`SCAN_MAX`] are looked at.
    pub fn ids_below(
        &self,
        below: u64,
        filter: &ReportFilter,
        sought: Option<&Sought>,
        ids: &mut Vec<ReportId>,
    ) -> Option<u64> {
        let mut last = below;
        for (looked_at, (seq, slot)) in self.by_seq.range(..below).rev().enumerate() {
            if looked_at == SCAN_MAX {
                return Some(last);
            }
            last = *seq;
            let says = || sought.is_none_or(|sought| self.index.says(*slot, sought));
            if self.passes(filter, *slot) && says() {
                ids.push(self.records[*slot as usize].id);
            }
        }
        None
    }

    /// The reports of a source whose own id begins with this, in the order of numbers.
    pub fn ids_of_source(&self, source: SourceKey, prefix: &str) -> Vec<ReportId> {
        let records = self.by_seq.values().map(|slot| &self.records[*slot as usize]);
        let begins = |record: &&Record| {
            record.source == source && record.source_id().is_some_and(|id| id.starts_with(prefix))
        };
        records.filter(begins).map(|record| record.id).collect()
    }

    /// What is left of a report that was taken back; none of one that was not, or is not here.
    pub fn withdrawn(&self, id: ReportId) -> Option<Withdrawn> {
        let slot = self.ids.find(id, &self.records)?;
        let kept = if self.is_withheld(id) { Withdrawn::Held } else { Withdrawn::Gone };
        self.records[slot as usize].erased.then_some(kept)
    }

    /// The reports whose words a legal hold keeps sealed.
    pub fn withheld(&self) -> impl Iterator<Item = ReportId> {
        self.withheld.iter().copied()
    }

    /// Whether a legal hold keeps the words of a report sealed.
    pub fn is_withheld(&self, id: ReportId) -> bool {
        self.withheld.contains(&id)
    }

    /// Whether a report passes all but the words, the cheapest first.
    pub(super) fn passes(&self, filter: &ReportFilter, slot: Slot) -> bool {
        let (record, dot) = (&self.records[slot as usize], &self.dots[slot as usize]);
        let is_inside = |bbox: &wire::geo::Bbox| record.place.is_some_and(|at| bbox.contains(at));
        filter.since.is_none_or(|since| record.observed_at >= since)
            && filter.until.is_none_or(|until| record.observed_at < until)
            && filter.window.is_none_or(|window| dot.windows & (1 << window.index()) != 0)
            && filter.hazard.is_none_or(|hazard| record.hazard == hazard)
            && filter.hazards.is_none_or(|hazards| hazards.contains(record.hazard))
            && filter.kind.is_none_or(|kind| record.kind == kind)
            && filter.is_placed.is_none_or(|is_placed| record.place.is_some() == is_placed)
            && filter.bbox.as_ref().is_none_or(is_inside)
            && filter.source_id.as_deref().is_none_or(|id| record.source_id() == Some(id))
            && filter.verification.is_none_or(|word| self.verification(record.id) == word)
    }

    /// What the room knows of a report: what a person said of it last.
    pub(super) fn verification(&self, id: ReportId) -> Verification {
        let hand = Hand::of(self.room.log.about(&DecisionSubject::Report(id)));
        match hand.checked {
            None => Verification::Unverified,
            Some(check) if check.is_true => Verification::Confirmed,
            Some(_) => Verification::Refuted,
        }
    }
}
