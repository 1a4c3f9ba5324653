//! One life: a seed decides what is written, what breaks and when; then there is quiet, and everybody must have all.

use engine::entry::Body;
use engine::report::ReportEntry;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
use wire::geo::Bbox;
use wire::grade::{Hazard, Severity};
use wire::view::{Mode, View, Window};

use super::super::report;
use super::line::{Line, Sent};
use super::reader::Reader;
use super::room::Room;
use super::{Fault, Found};
use crate::hub::{LiveLimits, Session};

/// Readers of one life.
const READERS: usize = 3;

/// See the module.
pub(super) struct Life {
    chance: ChaCha8Rng,
    fault: Fault,
    room: Room,
    readers: Vec<(Reader, Line)>,
    /// Sessions whose reader is gone without a word: they are served until their server ends.
    orphans: Vec<Session>,
    found: Found,
    told: DefaultHasher,
}

impl Life {
    fn new(seed: u64, fault: Fault) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let records_max = [3, 12, 40, 500_000, 500_000][chance.random_range(0..5)];
        let linger = [Duration::ZERO, Duration::from_hours(1)][chance.random_range(0..2)];
        let room = Room::new(LiveLimits { records_max, linger, ..LiveLimits::default() }, fault);
        let readers = (0..READERS)
            .map(|_| (Reader::new(some_view(&mut chance), chance.random(), fault), Line::default()))
            .collect();
        let (orphans, found, told) = (Vec::new(), Found::default(), DefaultHasher::new());
        Self { chance, fault, room, readers, orphans, found, told }
    }

    /// Lives through one seed.
    pub(super) fn live(seed: u64, fault: Fault) -> Found {
        let mut life = Self::new(seed, fault);
        for _ in 0..life.chance.random_range(80..320) {
            life.step();
        }
        life.quiet();
        life.found.n_lives = 1;
        life.found.transcript = life.told.finish();
        life.found
    }

    fn step(&mut self) {
        let who = self.chance.random_range(0..READERS);
        match self.chance.random_range(0..200) {
            0..36 => self.write(),
            36..44 => {
                // Mostly moments; now and then minutes, so that windows slide.
                let ms = [200, 900, 4_000, 61_000, 700_000][self.chance.random_range(0..5)];
                self.room.pass(ms);
            }
            44..74 => self.room.flush(),
            74..114 => self.serve(who),
            114..158 => {
                let n = [1, 2, 7, 40, usize::MAX][self.chance.random_range(0..5)];
                self.deliver(who, n);
            }
            158..163 => self.readers[who].1.heartbeat(&self.room),
            163..167 => self.look(who),
            167..172 => self.readers[who].1.shuffle(&mut self.chance),
            172..178 => self.cut(who),
            178..195 => self.dial(who),
            195..198 => self.half_open(who),
            198 => self.crash(),
            _ if self.chance.random_ratio(1, 3) => self.restore(),
            _ => self.room.pass(40_000),
        }
    }

    fn write(&mut self) {
        let mode = if self.chance.random_ratio(1, 12) { Mode::Exercise } else { Mode::Live };
        let report = some_report(&mut self.chance, &self.room);
        self.room.enter(mode, Body::Report(Box::new(report)));
    }

    fn serve(&mut self, who: usize) {
        let n = self.chance.random_range(1..5);
        self.readers[who].1.serve(&self.room, n);
        for orphan in &mut self.orphans {
            drop(orphan.next_batch(&self.room.worlds));
        }
    }

    fn deliver(&mut self, who: usize, n: usize) {
        let (reader, line) = &mut self.readers[who];
        if self.fault == Fault::LineReordersTotals {
            line.let_totals_overtake();
        }
        for _ in 0..n {
            let Some(sent) = line.flight.pop_front() else { return };
            // What TCP does not do: a frame is gone and the next one comes.
            let is_lost = self.fault == Fault::LineLosesFrame && self.chance.random_ratio(1, 20);
            if !is_lost {
                note(&mut self.told, who, &sent);
                self.found.n_frames += 1;
                reader.take(&sent, &self.room.journals, &mut self.found);
            }
        }
    }

    /// A reader pans, zooms or chooses another window, sometimes two at once and back.
    fn look(&mut self, who: usize) {
        let (reader, line) = &mut self.readers[who];
        for _ in 0..self.chance.random_range(1..3) {
            reader.look(some_view(&mut self.chance));
            line.ask(reader.asked());
            self.found.n_looks += 1;
        }
    }

    /// The connection breaks: a part of what was under way arrives, and both ends know.
    fn cut(&mut self, who: usize) {
        drop(self.readers[who].1.cut(&mut self.chance));
        self.found.n_cuts += 1;
    }

    /// One end is gone and the other does not know.
    fn half_open(&mut self, who: usize) {
        self.found.n_half_open += 1;
        let line = &mut self.readers[who].1;
        let session = line.cut(&mut self.chance);
        if self.chance.random() {
            // The server's end is gone: the reader waits until its patience ends, see `dial`.
            line.unnoticed = session.is_some();
        } else if let Some(session) = session {
            self.orphans.push(session);
        }
    }

    /// A reader whose line is broken comes again; one that heard nothing for long gives up and does the same.
    fn dial(&mut self, who: usize) {
        let capacity = [4, 40, 400][self.chance.random_range(0..3)];
        let (reader, line) = &mut self.readers[who];
        let is_silent = line.unnoticed && line.flight.is_empty();
        if !(line.is_broken() || is_silent) {
            return;
        }
        let cursor = reader.dial(&self.room);
        self.found.n_resumes += u64::from(cursor.is_some());
        let session = self.room.session(cursor, reader.compact);
        *line = Line::open(&self.room, session, reader.asked(), capacity);
    }

    /// Everything of the process is gone; the journal stays.
    fn crash(&mut self) {
        self.found.n_crashes += 1;
        self.lose_all();
        let newest = self.room.newest_checkpoint();
        let checkpoint = self.chance.random_range(0..=newest);
        self.room.start(checkpoint);
    }

    /// A backup takes the journal's place.
    fn restore(&mut self) {
        self.found.n_restores += 1;
        self.lose_all();
        let n = self.chance.random_range(0..=self.room.head());
        self.room.restore(n);
    }

    fn lose_all(&mut self) {
        for (_, line) in &mut self.readers {
            drop(line.cut(&mut self.chance));
        }
        self.orphans.clear();
    }

    /// Nothing breaks any more: in a few rounds everybody must hold everything.
    fn quiet(&mut self) {
        self.fault = if self.fault == Fault::LineLosesFrame { Fault::None } else { self.fault };
        for _ in 0..4 {
            self.room.flush();
            for who in 0..READERS {
                self.deliver(who, usize::MAX);
                self.dial(who);
                self.room.flush();
                while self.readers[who].1.serve(&self.room, 1)
                    || !self.readers[who].1.flight.is_empty()
                {
                    self.deliver(who, usize::MAX);
                }
                self.readers[who].1.heartbeat(&self.room);
                self.deliver(who, usize::MAX);
            }
        }
        for (reader, _) in &self.readers {
            reader.settle(&self.room, &mut self.found);
        }
    }
}

fn note(told: &mut DefaultHasher, who: usize, sent: &Sent) {
    (who, format!("{:?}", sent.frame)).hash(told);
}

/// A city, a part of it with or without a list, and a street.
fn some_view(chance: &mut ChaCha8Rng) -> View {
    let (bbox, zoom, newest) = match chance.random_range(0..4) {
        0 => (Bbox::new(2.05, 41.32, 2.23, 41.47), 11.0, 200),
        1 => (Bbox::new(2.12, 41.36, 2.20, 41.42), 13.0, 0),
        2 => (Bbox::new(2.10, 41.37, 2.19, 41.41), 12.5, 200),
        _ => (Bbox::new(2.168, 41.398, 2.173, 41.402), 16.0, 0),
    };
    let window =
        [Window::All, Window::All, Window::Minutes15, Window::Hour1][chance.random_range(0..4)];
    let hazards = chance.random_ratio(1, 4).then(|| vec![Hazard::Flood, Hazard::Power]);
    View { bbox: bbox.expect("a box"), zoom, mode: Mode::Live, window, hazards, newest }
}

/// A few dozen ids, so that versions follow each other, on a few places and anywhere.
fn some_report(chance: &mut ChaCha8Rng, room: &Room) -> ReportEntry {
    let corners = [(2.17, 41.4), (2.1701, 41.4001), (2.171, 41.4), (2.14, 41.38), (2.3, 41.5)];
    let at = if chance.random_ratio(2, 3) {
        corners[chance.random_range(0..corners.len())]
    } else {
        (chance.random_range(2.05..2.23), chance.random_range(41.32..41.47))
    };
    let hazard = [Hazard::Flood, Hazard::Fire, Hazard::Power][chance.random_range(0..3)];
    let age_ms = chance.random_range(0..30) * 60_000;
    let id = chance.random_range(0..30);
    let mut report = report(id, at, hazard, room.now, age_ms);
    report.severity = Severity::ALL[chance.random_range(0..Severity::ALL.len())];
    if chance.random_ratio(1, 15) {
        report.place = None;
    }
    report
}
