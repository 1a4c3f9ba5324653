//! Holding reports: where they enter the slab, the indexes and the pyramids, and how they leave.

use wire::geo::{LngLat, Mercator};
use wire::grade::Status;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Window;

use super::World;
use crate::change::{Change, Matter, Windows};
use crate::limits::RETENTION_MS;
use crate::plain::Plain;
use crate::record::Record;
use crate::tree::{Dot, Slot, fetch};

/// The windows a report is in at a moment, one bit each.
pub(super) fn windows_at(now: Timestamp, observed_at: Timestamp, status: Option<Status>) -> u8 {
    Window::ALL.into_iter().fold(0, |bits, window| {
        let inside = match window.length_ms() {
            None => true,
            Some(length_ms) => {
                observed_at >= now.plus_ms(-length_ms)
                    || window == Window::Open && status == Some(Status::Open)
            }
        };
        bits | u8::from(inside) << window.index()
    })
}

/// The dot of a record at a moment.
pub(super) fn dot_of(record: &Record, now: Timestamp) -> Dot {
    Dot {
        at: record.place.map(LngLat::mercator).unwrap_or_default(),
        observed_at: record.observed_at,
        hazard: record.hazard,
        severity: record.severity,
        windows: windows_at(now, record.observed_at, record.status),
        placed: record.place.is_some(),
    }
}

impl Dot {
    /// Where it is drawn, if anywhere.
    pub(super) fn place(&self) -> Option<Mercator> {
        self.placed.then_some(self.at)
    }
}

impl World {
    /// Takes a report in, new or in place of its older version, and says so.
    pub(super) fn hold(&mut self, record: Record, out: &mut Vec<Change>) {
        let (id, seq) = (record.id, record.seq);
        let before = self.ids.find(id, &self.records).map(|slot| {
            let before = self.dots[slot as usize];
            self.unlink(slot);
            (slot, before)
        });
        if record.recorded_at.plus_ms(RETENTION_MS) <= self.now {
            // Only when the clock was set back by a month: past retention as it comes.
            if let Some((slot, before)) = before {
                self.bury(slot);
                out.push(change(id, seq, &before, 0, before.windows));
            }
            return;
        }
        let dot = dot_of(&record, self.now);
        let slot = match before {
            Some((slot, _)) => slot,
            None => self.free.pop().unwrap_or(self.records.len() as Slot),
        };
        if slot as usize == self.records.len() {
            self.records.push(record);
            self.dots.push(dot);
        } else {
            self.records[slot as usize] = record;
            self.dots[slot as usize] = dot;
        }
        if before.is_none() {
            self.ids.insert(slot, &self.records);
        }
        self.link(slot);
        let record = &self.records[slot as usize];
        let plain = record.text().map(Plain::of);
        self.index.put(slot, record, plain.as_ref());
        self.consider(slot, plain.as_ref());
        match before.map(|(_, before)| before) {
            None => out.push(change(id, seq, &dot, dot.windows, 0)),
            Some(old) if old.place() == dot.place() && old.hazard == dot.hazard => {
                out.push(change(id, seq, &dot, dot.windows, old.windows & !dot.windows));
            }
            Some(old) => {
                out.push(change(id, seq, &old, 0, old.windows));
                out.push(change(id, seq, &dot, dot.windows, 0));
            }
        }
    }

    /// Forgets the personal part of a report; its count stays.
    pub(super) fn erase(&mut self, id: ReportId, out: &mut Vec<Change>) {
        let Some(slot) = self.ids.find(id, &self.records) else { return };
        let mut record = self.records[slot as usize].clone();
        record.erase();
        self.guarded.forget(id);
        self.placed.erase(id);
        let seq = self.head;
        let lines = self.room.log.erase_places(id);
        out.extend(
            lines.into_iter().map(|line| Change::Matter { matter: Matter::Line(line), seq }),
        );
        self.hold_anew(record, out);
    }

    /// Takes in a report that is otherwise than it came, by no word of its partner.
    pub(super) fn hold_anew(&mut self, record: Record, out: &mut Vec<Change>) {
        let start = out.len();
        self.hold(record, out);
        for change in &mut out[start..] {
            // The version keeps its number; something later is what caused the change.
            if let Change::Report { seq, .. } = change {
                *seq = self.head;
            }
        }
    }

    /// Takes a report away for good.
    pub(super) fn drop_report(&mut self, slot: Slot) {
        self.unlink(slot);
        self.bury(slot);
    }

    /// Leaves nothing of a report that is already unlinked but its free place.
    fn bury(&mut self, slot: Slot) {
        let id = self.records[slot as usize].id;
        self.ids.remove(id, &self.records);
        self.thinking.forget(id, self.now);
        self.guarded.forget(id);
        self.placed.forget(id);
        self.index.remove(slot);
        self.records[slot as usize].forget_words();
        self.free.push(slot);
    }

    /// Enters a report of the slab into every index but the ids.
    fn link(&mut self, slot: Slot) {
        let record = &self.records[slot as usize];
        self.by_seq.insert(record.seq, slot);
        self.by_observed.insert((record.observed_at, slot));
        self.by_recorded.insert((record.recorded_at, slot));
        let dot = self.dots[slot as usize];
        self.counts.add(&dot);
        if dot.placed {
            fetch(windows(dot.windows).map(|tree| (&self.trees[tree], &dot)));
            for tree in windows(dot.windows) {
                self.trees[tree].insert(slot, &self.dots);
            }
        }
    }

    /// The inverse of [`Self::link`].
    fn unlink(&mut self, slot: Slot) {
        let record = &self.records[slot as usize];
        self.by_seq.remove(&record.seq);
        self.by_observed.remove(&(record.observed_at, slot));
        self.by_recorded.remove(&(record.recorded_at, slot));
        let dot = self.dots[slot as usize];
        self.counts.subtract(&dot);
        if dot.placed {
            fetch(windows(dot.windows).map(|tree| (&self.trees[tree], &dot)));
            for tree in windows(dot.windows) {
                self.trees[tree].remove(slot, &self.dots);
            }
        }
    }

    /// Moves a report out of some of its windows.
    pub(super) fn leave(&mut self, slot: Slot, left: u8) {
        let mut dot = self.dots[slot as usize];
        self.counts.subtract(&dot);
        if dot.placed {
            for tree in windows(left) {
                self.trees[tree].remove(slot, &self.dots);
            }
        }
        dot.windows &= !left;
        if left & (1 << Window::Open.index()) != 0 {
            self.thinking.leave(self.records[slot as usize].id, self.now);
        }
        self.counts.add(&dot);
        self.dots[slot as usize] = dot;
    }
}

/// The numbers of the windows in a mask.
pub(super) fn windows(mask: u8) -> impl Iterator<Item = usize> {
    (0..Window::ALL.len()).filter(move |index| mask & (1 << index) != 0)
}

/// A change an entry caused.
fn change(id: ReportId, seq: u64, dot: &Dot, entered: u8, left: u8) -> Change {
    Change::Report {
        id,
        seq,
        at: dot.place(),
        hazard: dot.hazard,
        severity: dot.severity,
        entered: Windows(entered),
        left: Windows(left),
        by_time: false,
    }
}
