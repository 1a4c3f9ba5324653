//! Deciding: what an operator's decision does to the World, and what would make it say nothing.

use std::collections::BTreeSet;

use wire::decision::{DecisionKind, DecisionSubject};
use wire::id::ReportId;

use super::World;
use crate::change::{Change, Matter};
use crate::decision::DecisionEntry;
use crate::limits::WATCH_MIN_MAX;
use crate::room::{AlarmId, Answer, Decided};
use crate::situation::{Situation, SituationId};

/// Why a decision cannot be taken: a stable word, where in it, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Undecidable {
    /// A stable word.
    pub reason: &'static str,
    /// The field, as a JSON pointer.
    pub pointer: &'static str,
    /// A sentence with the remedy.
    pub detail: &'static str,
}

pub(super) const fn flaw(
    reason: &'static str,
    pointer: &'static str,
    detail: &'static str,
) -> Undecidable {
    Undecidable { reason, pointer, detail }
}

pub(super) const WRONG_SUBJECT: Undecidable = flaw(
    "wrong_subject",
    "/subject",
    "This kind of decision is not about this: name what it is about, such as {\"situation\": 17}.",
);
pub(super) const UNKNOWN_SUBJECT: Undecidable = flaw(
    "unknown_subject",
    "/subject",
    "There is nothing with this number here: ask for the list again.",
);
const ENDED: Undecidable = flaw(
    "ended",
    "/subject",
    "It has ended: take the closing back, or decide about what followed.",
);
const NEEDS_BASIS: Undecidable = flaw(
    "needs_basis",
    "/basis",
    "Say why: on-scene, camera, official, called-back, or other with a text.",
);
const NEEDS_TEXT: Undecidable = flaw("needs_text", "/text", "Say it in words.");
const WITH_WHAT: Undecidable = flaw(
    "with_what",
    "/with",
    "Name the other situations, all of them open and none of them this.",
);
const WHICH_REPORTS: Undecidable = flaw(
    "which_reports",
    "/reports",
    "Name reports of this situation, at least one and not all of them.",
);
const UNTIL_WHEN: Undecidable =
    flaw("until_when", "/until", "Name a moment that is still to come, at most a day ahead.");
const HOW_OFTEN: Undecidable =
    flaw("how_often", "/every_min", "Name whole minutes, from 1 to 1,440; 0 ends the watch.");
const TAKEN_BACK: Undecidable =
    flaw("taken_back", "/subject", "It was taken back already, or cannot be: decide anew.");

const DAY_MS: i64 = 24 * 3_600_000;

impl World {
    /// Whether a decision says something here and now: asked before it is appended.
    pub fn decidable(&self, entry: &DecisionEntry) -> Result<(), Undecidable> {
        use DecisionKind as Kind;
        let unless = |is_well: bool, flaw: Undecidable| if is_well { Ok(()) } else { Err(flaw) };
        let has_text = entry.signed.text.as_deref().is_some_and(|text| !text.trim().is_empty());
        match entry.kind {
            Kind::Verify | Kind::Refute => {
                self.check_subject(entry, true)?;
                let basis = entry.basis.ok_or(NEEDS_BASIS)?;
                unless(basis != wire::decision::DecisionBasis::Other || has_text, NEEDS_TEXT)
            }
            Kind::Dismiss => self.check_subject(entry, true),
            Kind::Take | Kind::Release | Kind::Pin | Kind::Close => self.open(entry).map(|_| ()),
            Kind::Merge => {
                let subject = self.open(entry)?.id;
                let fits = |id: &u64| *id != subject.0 && self.is_open(SituationId(*id));
                unless(!entry.with.is_empty() && entry.with.iter().all(fits), WITH_WHAT)
            }
            Kind::Split => {
                let members = &self.open(entry)?.members;
                let named: BTreeSet<ReportId> = entry.reports.iter().copied().collect();
                let fits = !named.is_empty() && named.is_subset(members) && named != *members;
                unless(fits, WHICH_REPORTS)
            }
            Kind::Note => {
                self.check_subject(entry, false)?;
                unless(has_text, NEEDS_TEXT)
            }
            Kind::Log | Kind::Phase => {
                unless(entry.subject.is_none(), WRONG_SUBJECT)?;
                unless(has_text, NEEDS_TEXT)
            }
            Kind::Ack => self.alarm_subject(entry).map(|_| ()),
            Kind::Shelve => {
                self.alarm_subject(entry)?;
                let ahead_ms = entry.until.map_or(0, |until| until.ms_since(self.now));
                unless(ahead_ms > 0 && ahead_ms <= DAY_MS, UNTIL_WHEN)?;
                unless(has_text, NEEDS_TEXT)
            }
            Kind::Watch => {
                self.open(entry)?;
                unless(entry.every_min.is_some_and(|min| min <= WATCH_MIN_MAX), HOW_OFTEN)
            }
            Kind::Undo => {
                let Some(DecisionSubject::Decision(seq)) = entry.subject else {
                    return Err(WRONG_SUBJECT);
                };
                let decided = self.room.log.find(seq).ok_or(UNKNOWN_SUBJECT)?;
                let holds = decided.taken_back.is_none() && !decided.is_void;
                unless(holds && decided.entry.kind != Kind::Undo, TAKEN_BACK)?;
                match decided.entry.kind {
                    Kind::Zone | Kind::Rule => self.unsettable(seq, decided.entry.subject.as_ref()),
                    _ => Ok(()),
                }
            }
            Kind::Zone => self.drawable(entry),
            Kind::Rule => self.armable(entry),
            Kind::Place => self.placeable(entry),
        }
    }

    fn is_open(&self, id: SituationId) -> bool {
        self.thinking.situations.find(id).is_some_and(|one| one.ended_at.is_none())
    }

    /// The open situation that it is about.
    fn open(&self, entry: &DecisionEntry) -> Result<&Situation, Undecidable> {
        let Some(DecisionSubject::Situation(id)) = entry.subject else { return Err(WRONG_SUBJECT) };
        let one = self.thinking.situations.find(SituationId(id)).ok_or(UNKNOWN_SUBJECT)?;
        if one.ended_at.is_some() { Err(ENDED) } else { Ok(one) }
    }

    fn alarm_subject(&self, entry: &DecisionEntry) -> Result<AlarmId, Undecidable> {
        let Some(DecisionSubject::Alarm(id)) = entry.subject else { return Err(WRONG_SUBJECT) };
        self.room.alarms.find(AlarmId(id)).map(|_| AlarmId(id)).ok_or(UNKNOWN_SUBJECT)
    }

    /// Something that is here: a situation or a report, for a note an alarm too.
    fn check_subject(&self, entry: &DecisionEntry, to_judge: bool) -> Result<(), Undecidable> {
        match &entry.subject {
            Some(DecisionSubject::Situation(id)) if to_judge => {
                let found = self.thinking.situations.find(SituationId(*id));
                let one = found.ok_or(UNKNOWN_SUBJECT)?;
                if one.ended_at.is_some() { Err(ENDED) } else { Ok(()) }
            }
            Some(DecisionSubject::Situation(id)) => {
                let found = self.thinking.situations.find(SituationId(*id));
                found.map(|_| ()).ok_or(UNKNOWN_SUBJECT)
            }
            Some(DecisionSubject::Report(id)) => {
                self.ids.find(*id, &self.records).map(|_| ()).ok_or(UNKNOWN_SUBJECT)
            }
            Some(DecisionSubject::Alarm(_)) if !to_judge => self.alarm_subject(entry).map(|_| ()),
            _ => Err(WRONG_SUBJECT),
        }
    }

    /// Takes a decision in. Total: what says nothing here stands in the log and changes nothing else.
    pub(super) fn decide(&mut self, seq: u64, entry: &DecisionEntry, out: &mut Vec<Change>) {
        let mut is_well = self.decidable(entry).is_ok();
        let mut subject = entry.subject.clone();
        if is_well && matches!(entry.kind, DecisionKind::Zone | DecisionKind::Rule) {
            let armed = self.arm(seq, entry, out);
            is_well = armed.is_some();
            subject = armed.or(subject);
        }
        let used = match entry.subject {
            Some(DecisionSubject::Situation(id)) => {
                let found = self.thinking.situations.find(SituationId(id));
                found.map(|one| one.members.clone()).unwrap_or_default()
            }
            Some(DecisionSubject::Report(id)) => BTreeSet::from([id]),
            _ => BTreeSet::new(),
        };
        let pairs = if is_well { self.pairs(entry) } else { Vec::new() };
        let entered_at = self.now;
        let ties = pairs.clone();
        let decided = Decided {
            entry: DecisionEntry { subject: subject.clone(), ..entry.bare() },
            entered_at,
            is_void: !is_well,
            taken_back: None,
            pairs,
            used,
        };
        self.room.log.enter(seq, decided);
        if is_well {
            match subject {
                Some(DecisionSubject::Situation(id)) => {
                    self.decide_situation(SituationId(id), entry, &ties, out);
                    self.looked(SituationId(id), entry, out);
                }
                Some(DecisionSubject::Report(id)) if entry.kind == DecisionKind::Place => {
                    self.place(seq, id, entry, out);
                }
                Some(DecisionSubject::Report(id)) => self.decide_report(id, entry, out),
                Some(DecisionSubject::Alarm(id)) => self.decide_alarm(AlarmId(id), entry, out),
                Some(DecisionSubject::Decision(earlier)) => self.take_back(seq, earlier, out),
                Some(DecisionSubject::Zone(_) | DecisionSubject::Rule(_)) | None => {}
            }
            self.thinking.stir(self.now);
        }
        out.push(Change::Matter { matter: Matter::Line(seq), seq });
    }

    fn decide_situation(
        &mut self,
        id: SituationId,
        entry: &DecisionEntry,
        pairs: &[(ReportId, ReportId)],
        out: &mut Vec<Change>,
    ) {
        match entry.kind {
            DecisionKind::Close | DecisionKind::Dismiss => {
                self.thinking.situations.close(id, self.now);
            }
            DecisionKind::Merge => {
                for (a, b) in pairs {
                    self.thinking.situations.join(*a, *b);
                }
            }
            DecisionKind::Split => {
                for (first, rest) in pairs {
                    for other in entry.reports.iter().filter(|other| *other != first) {
                        self.thinking.situations.join(*first, *other);
                    }
                    self.thinking.situations.part(*first, *rest);
                }
            }
            _ => {}
        }
        self.tell_anew(id, out);
    }

    /// What a merge puts together, the first report of each with the first of the subject; what a split puts apart, the first that
    /// goes and the first that stays.
    fn pairs(&self, entry: &DecisionEntry) -> Vec<(ReportId, ReportId)> {
        let Some(DecisionSubject::Situation(id)) = entry.subject else { return Vec::new() };
        let reports = |id: u64| {
            let voices = self.thinking.situations.voices(SituationId(id));
            voices.into_iter().map(|(voice, _)| voice.id)
        };
        match entry.kind {
            DecisionKind::Merge => {
                let Some(anchor) = reports(id).next() else { return Vec::new() };
                let others = entry.with.iter().filter_map(|with| reports(*with).next());
                others.map(|other| (anchor, other)).collect()
            }
            DecisionKind::Split => {
                let rest = reports(id).find(|report| !entry.reports.contains(report));
                entry.reports.first().copied().zip(rest).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn decide_report(&mut self, id: ReportId, entry: &DecisionEntry, out: &mut Vec<Change>) {
        if matches!(entry.kind, DecisionKind::Refute | DecisionKind::Dismiss) {
            let situation = self.thinking.situations.of(id);
            self.thinking.situations.set_aside(id, None);
            if let Some(situation) = situation {
                self.tell_anew(situation, out);
            }
        }
        if entry.kind == DecisionKind::Refute {
            self.guard_refuted(id, out);
            self.tell_flagged(id, out);
        }
    }

    /// What rested on a report shows that it does no longer hold: situations, lines of the log and alarms of rules.
    fn tell_flagged(&mut self, report: ReportId, out: &mut Vec<Change>) {
        self.tell_fired(report, out);
        let mut matters = BTreeSet::new();
        for (seq, decided) in self.room.log.all().filter(|(_, one)| one.used.contains(&report)) {
            matters.insert(Matter::Line(seq));
            if let Some(DecisionSubject::Situation(id)) = decided.entry.subject {
                matters.insert(Matter::Situation(SituationId(id)));
            }
        }
        let seq = self.head;
        out.extend(matters.into_iter().map(|matter| Change::Matter { matter, seq }));
    }

    fn decide_alarm(&mut self, id: AlarmId, entry: &DecisionEntry, out: &mut Vec<Change>) {
        match entry.kind {
            DecisionKind::Ack => {
                let answer = Answer { at: self.now, by: entry.signed.by.clone() };
                self.room.alarms.answer(id, answer);
            }
            DecisionKind::Shelve => {
                self.room.alarms.shelve(id, entry.until.unwrap_or(self.now));
            }
            _ => {}
        }
        self.tell_alarm(id, out);
    }

    fn tell_alarm(&self, id: AlarmId, out: &mut Vec<Change>) {
        let seq = self.head;
        out.push(Change::Matter { matter: Matter::Alarm(id), seq });
        let situation = self.room.alarms.find(id).and_then(|alarm| alarm.situation);
        let situation = situation.map(|id| self.thinking.situations.whole(id));
        out.extend(situation.map(|id| Change::Matter { matter: Matter::Situation(id), seq }));
    }

    /// A decision holds no longer.
    fn take_back(&mut self, seq: u64, earlier: u64, out: &mut Vec<Change>) {
        let Some(decided) = self.room.log.find(earlier).cloned() else { return };
        self.room.log.take_back(earlier, seq);
        out.push(Change::Matter { matter: Matter::Line(earlier), seq });
        let entry = &decided.entry;
        match entry.subject {
            Some(DecisionSubject::Situation(id)) => {
                let id = SituationId(id);
                match entry.kind {
                    DecisionKind::Close | DecisionKind::Dismiss => self.reopen(id),
                    DecisionKind::Merge => {
                        for (a, b) in &decided.pairs {
                            self.thinking.situations.part(*a, *b);
                        }
                    }
                    DecisionKind::Split => {
                        for (a, b) in &decided.pairs {
                            self.thinking.situations.join(*a, *b);
                        }
                    }
                    _ => {}
                }
                self.tell_anew(id, out);
                self.watch_on(id);
            }
            Some(DecisionSubject::Report(id)) if entry.kind == DecisionKind::Place => {
                self.unplace(earlier, id, out);
            }
            Some(DecisionSubject::Report(id)) => {
                if matches!(entry.kind, DecisionKind::Refute | DecisionKind::Dismiss) {
                    self.thinking.situations.take_in(id);
                    if let Some(voice) = self.voice_of_report(id) {
                        self.thinking.hear(voice, self.now);
                    }
                    self.tell_flagged(id, out);
                }
            }
            Some(DecisionSubject::Alarm(id)) => {
                if matches!(entry.kind, DecisionKind::Ack | DecisionKind::Shelve) {
                    self.room.alarms.ask_again(AlarmId(id), self.now);
                }
                self.tell_alarm(AlarmId(id), out);
            }
            Some(ref set @ (DecisionSubject::Zone(_) | DecisionSubject::Rule(_))) => {
                self.unset(earlier, set, out);
            }
            Some(DecisionSubject::Decision(_)) | None => {}
        }
    }

    /// A closing was taken back: what spoke then and is live still speaks again.
    fn reopen(&mut self, id: SituationId) {
        let sensors = self.sensor_voices();
        for report in self.thinking.situations.reopen(id) {
            let sensor = || sensors.iter().find(|voice| voice.id == report).copied();
            let Some(voice) = self.voice_of_report(report).or_else(sensor) else { continue };
            self.thinking.hear(voice, self.now);
            self.thinking.situations.put_back(report, id);
        }
    }
}
