//! The log of decisions: in the order in which they were entered, and found by what they are about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wire::decision::{DecisionKind, DecisionSubject};
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::decision::{DecisionEntry, Signed};
use crate::limits::DECISIONS_MAX;

/// A decision and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) entry: DecisionEntry,
    /// When it was entered.
    pub(crate) entered_at: Timestamp,
    /// It said nothing when it was entered: it stands in the log, and nothing follows from it.
    pub(crate) is_void: bool,
    /// The decision that took it back.
    pub(crate) taken_back: Option<u64>,
    /// Pairs of reports that it put together, of a merge, or apart, of a split.
    pub(crate) pairs: Vec<(ReportId, ReportId)>,
    /// The reports that spoke for the situation when it was decided.
    pub(crate) used: BTreeSet<ReportId>,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Log {
    by_seq: BTreeMap<u64, Decided>,
    by_subject: BTreeMap<DecisionSubject, Vec<u64>>,
}

impl Log {
    /// The log that was written down.
    pub(crate) fn restore(decided: Vec<(u64, Decided)>) -> Self {
        let mut log = Self::default();
        for (seq, decided) in decided {
            log.enter(seq, decided);
        }
        log
    }

    /// All of it, to be written down.
    pub(crate) fn saved(&self) -> Vec<(u64, Decided)> {
        self.by_seq.iter().map(|(seq, decided)| (*seq, decided.clone())).collect()
    }

    /// Enters one; the oldest of too many leave memory, and stay in the journal.
    pub(crate) fn enter(&mut self, seq: u64, decided: Decided) {
        if let Some(subject) = decided.entry.subject.as_ref().filter(|_| !decided.is_void) {
            self.by_subject.entry(subject.clone()).or_default().push(seq);
        }
        self.by_seq.insert(seq, decided);
        while self.by_seq.len() > DECISIONS_MAX
            && let Some((seq, oldest)) = self.by_seq.pop_first()
            && let Some(subject) = &oldest.entry.subject
            && let Some(seqs) = self.by_subject.get_mut(subject)
        {
            seqs.retain(|other| *other != seq);
            if seqs.is_empty() {
                self.by_subject.remove(subject);
            }
        }
    }

    /// A report is erased: the names and words of what placed it go with it. Gives the lines that say less now.
    pub(crate) fn erase_places(&mut self, id: ReportId) -> Vec<u64> {
        let about = Some(DecisionSubject::Report(id));
        let places = self
            .by_seq
            .iter_mut()
            .filter(|(_, one)| one.entry.kind == DecisionKind::Place && one.entry.subject == about);
        let erased = places.map(|(seq, one)| {
            one.entry.signed = Signed::default();
            *seq
        });
        erased.collect()
    }

    pub(crate) fn find(&self, seq: u64) -> Option<&Decided> {
        self.by_seq.get(&seq)
    }

    /// What decisions are about.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &DecisionSubject> {
        self.by_subject.keys()
    }

    /// Takes one back.
    pub(crate) fn take_back(&mut self, seq: u64, by: u64) {
        self.by_seq.entry(seq).and_modify(|decided| decided.taken_back = Some(by));
    }

    /// All before a number, the newest first.
    pub(crate) fn before(&self, seq: u64) -> impl Iterator<Item = (u64, &Decided)> {
        self.by_seq.range(..seq).rev().map(|(seq, decided)| (*seq, decided))
    }

    /// All of them, the oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (u64, &Decided)> {
        self.by_seq.iter().map(|(seq, decided)| (*seq, decided))
    }

    /// Those about something that hold, the oldest first.
    pub(crate) fn about<'a>(
        &'a self,
        subject: &DecisionSubject,
    ) -> impl Iterator<Item = (u64, &'a Decided)> + use<'a> {
        let seqs = self.by_subject.get(subject).into_iter().flatten();
        let decided = seqs.filter_map(|seq| Some((*seq, self.by_seq.get(seq)?)));
        decided.filter(|(_, decided)| decided.taken_back.is_none())
    }
}
