//! Time passing: windows slide and reports past retention leave.

use std::collections::BTreeMap;

use wire::grade::Status;
use wire::time::Timestamp;
use wire::view::Window;

use super::World;
use super::slab::windows;
use crate::change::{Change, Windows};
use crate::limits::RETENTION_MS;
use crate::tree::{AHEAD, Slot, fetch};

/// What happens by itself at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A silence says something.
    Silence,
    /// Rules have something to say.
    Rule,
    /// Nobody looked at a situation that is watched.
    Look,
    /// An alarm changes: it climbs, or asks again.
    Alarm,
    /// An advisory is over.
    Advisory,
    /// Situations are settled.
    Settling,
}

/// What time does to one report.
struct Passing {
    slot: Slot,
    left: u8,
    expired: bool,
}

impl World {
    /// Moves the clock, never backwards, and settles what is to be settled on the way.
    pub(super) fn advance(&mut self, now: Timestamp, out: &mut Vec<Change>) {
        while let Some((at, event)) = self.next_event(now) {
            self.slide(at, out);
            match event {
                Event::Silence => self.heed_silence(out),
                Event::Rule => self.tick_rules(out),
                Event::Look => self.ring_unlooked(out),
                Event::Alarm => self.climb(out),
                Event::Advisory => self.pass_advisories(out),
                Event::Settling => self.settle(at, out),
            }
        }
        self.slide(now, out);
    }

    /// What happens next by itself until then, in the order of time; of several at once the cause before what follows.
    fn next_event(&self, until: Timestamp) -> Option<(Timestamp, Event)> {
        let events = [
            (self.sensors.due(), Event::Silence),
            (self.guarded.rules.due(), Event::Rule),
            (self.next_look(), Event::Look),
            (self.room.alarms.due(), Event::Alarm),
            (self.advisories.due(), Event::Advisory),
            (self.next_settling(until), Event::Settling),
        ];
        let there = events.into_iter().filter_map(|(at, event)| Some((at?, event)));
        // What was due before now, because a clock or a passport was late, is due now.
        let now = there.map(|(at, event)| (at.max(self.now), event));
        now.min().filter(|(at, _)| *at <= until)
    }

    /// When the next report leaves the live window or is past retention, if one is until then.
    pub(super) fn next_leaving(&self, until: Timestamp) -> Option<Timestamp> {
        let length_ms = Window::Open.length_ms()?;
        let edge = |moment: Timestamp| (moment.plus_ms(-length_ms), 0);
        let mut leaving = self.by_observed.range(edge(self.now)..edge(until.max(self.now)));
        let is_open = |slot: Slot| self.records[slot as usize].status == Some(Status::Open);
        // It is in the window at its edge, and out of it right after.
        let left = leaving.find(|(_, slot)| !is_open(*slot));
        let left = left.map(|(observed_at, _)| observed_at.plus_ms(length_ms + 1));
        let oldest = self.by_recorded.first();
        let expired = oldest.map(|(recorded_at, _)| recorded_at.plus_ms(RETENTION_MS));
        left.into_iter().chain(expired).min()
    }

    /// Moves the clock and says what left in the order of numbers.
    fn slide(&mut self, now: Timestamp, out: &mut Vec<Change>) {
        if now <= self.now {
            return;
        }
        let passing = self.passing(now);
        self.now = now;
        let passing: Vec<Passing> = passing.into_values().collect();
        for (at, Passing { slot, left, expired }) in passing.iter().enumerate() {
            if at % AHEAD == 0 {
                self.look_ahead(&passing[at..]);
            }
            let (slot, left, expired) = (*slot, *left, *expired);
            let dot = self.dots[slot as usize];
            let record = &self.records[slot as usize];
            out.push(Change::Report {
                id: record.id,
                seq: self.head,
                at: dot.place(),
                hazard: dot.hazard,
                severity: dot.severity,
                entered: Windows(0),
                left: Windows(left),
                by_time: true,
            });
            if expired {
                self.drop_report(slot);
            } else {
                self.leave(slot, left);
            }
        }
    }

    /// The ways of the next few through the trees that they leave.
    fn look_ahead(&self, passing: &[Passing]) {
        let ways = passing.iter().take(AHEAD).flat_map(|one| {
            let dot = &self.dots[one.slot as usize];
            windows(one.left).filter(|_| dot.placed).map(move |tree| (&self.trees[tree], dot))
        });
        fetch(ways);
    }

    /// Who leaves what between now and then, by number.
    fn passing(&self, then: Timestamp) -> BTreeMap<u64, Passing> {
        let mut passing = BTreeMap::new();
        let mut leaves = |slot: Slot, left: u8, expired: bool| {
            let seq = self.records[slot as usize].seq;
            let passing = passing.entry(seq).or_insert(Passing { slot, left: 0, expired: false });
            passing.left |= left;
            passing.expired |= expired;
        };
        for window in Window::ALL {
            let Some(length_ms) = window.length_ms() else { continue };
            // Those observed before the old edge are out already.
            let edge = |moment: Timestamp| (moment.plus_ms(-length_ms), 0);
            for (_, slot) in self.by_observed.range(edge(self.now)..edge(then)) {
                let open = self.records[*slot as usize].status == Some(Status::Open);
                if !(window == Window::Open && open) {
                    leaves(*slot, 1 << window.index(), false);
                }
            }
        }
        for (_, slot) in self.by_recorded.range(..=(then.plus_ms(-RETENTION_MS), Slot::MAX)) {
            leaves(*slot, self.dots[*slot as usize].windows, true);
        }
        passing
    }
}
