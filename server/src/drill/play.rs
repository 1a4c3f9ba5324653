//! Plays what was written through a World, and takes down what the room would see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::change::{Change, Matter};
use engine::classify::{Classifier, Lexicon};
use engine::entry::{Body, Entry};
use engine::limits::SETTLE_MS;
use engine::room::AlarmId;
use engine::situation::SituationId;
use engine::view::Clearance;
use engine::world::World;
use wire::geo::LngLat;
use wire::grade::{Hazard, Severity, Verification};
use wire::situation::SituationView;
use wire::time::Timestamp;
use wire::view::Mode;

use super::alarms::Alarms;
use super::desk;
use super::judge::Asked;
use super::write::{Line, Written};
use crate::config::Limits;

/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// A situation that is known is looked at no more often than this: a crowd changes each second, and nothing here is asked
/// more finely. The first look is taken at once.
const LOOK_MS: i64 = 10_000;

/// A situation as it looked from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// From this moment on.
    pub at: Timestamp,
    /// What most say.
    pub hazard: Hazard,
    /// Where; none once it ended.
    pub place: Option<LngLat>,
    /// How grave.
    pub severity: Severity,
    /// Independent evidence supports it.
    pub supported: bool,
    /// How many who were there.
    pub n_first_hand: u32,
    /// It ended, or became a part of another.
    pub ended: bool,
    /// The situation it became a part of.
    pub merged_into: Option<u64>,
}

/// What became of a scenario.
pub struct Played {
    /// Each situation with its looks, in order; never empty.
    pub courses: BTreeMap<u64, Vec<Look>>,
    /// Situations by rank, the first one first, at the moments asked for.
    pub orders: BTreeMap<Timestamp, Vec<u64>>,
    /// What rang and what was shown.
    pub alarms: Alarms,
    /// Entries played, without canaries.
    pub n_entries: u64,
}

/// The words of the engine, read once.
pub fn words() -> Result<Arc<Classifier>, String> {
    let lexicon =
        Lexicon::bundled().map_err(|cause| format!("the lexicons cannot be read: {cause}"))?;
    Ok(Arc::new(Classifier::new(lexicon, true)))
}

/// Is told each moment before it comes, with how many situations there are; may wait.
pub(super) type Pace<'a> = &'a mut dyn FnMut(Timestamp, usize);

struct Player<'a> {
    world: World,
    alarms: Alarms,
    courses: BTreeMap<u64, Vec<Look>>,
    orders: BTreeMap<Timestamp, Vec<u64>>,
    asked: &'a Asked,
    changes: Vec<Change>,
    /// Situations that changed and were not looked at since.
    changed: BTreeSet<SituationId>,
    looked_at: BTreeMap<SituationId, Timestamp>,
    seq: u64,
    /// The next whole minute, and when the server says its next canary.
    minute: Timestamp,
    canary_at: Timestamp,
    canary_ms: i64,
    /// When what a report changed is settled.
    settles_at: Option<Timestamp>,
}

/// Plays it as the server would: its entries in the order of receipt, between them canaries, and time passing.
pub(super) fn play(
    written: &Written,
    words: &Arc<Classifier>,
    asked: &Asked,
    pace: Pace<'_>,
) -> Played {
    let first = written.lines.first().map_or(written.begins, |line| line.at);
    let minute = Timestamp(first.0.div_euclid(MINUTE_MS) * MINUTE_MS);
    let canary_ms = i64::from(Limits::default().canary_ms).max(1);
    let mut player = Player {
        world: World::new(Mode::Exercise).advised(Arc::clone(words)),
        alarms: Alarms::new(&written.instruments),
        courses: BTreeMap::new(),
        orders: BTreeMap::new(),
        asked,
        changes: Vec::new(),
        changed: BTreeSet::new(),
        looked_at: BTreeMap::new(),
        seq: 0,
        minute,
        canary_at: minute.plus_ms(canary_ms),
        canary_ms,
        settles_at: None,
    };
    for line in &written.lines {
        player.pass_to(line.at, pace);
        player.take(line);
    }
    player.pass_to(written.ends, pace);
    let Player { courses, orders, alarms, .. } = player;
    Played { courses, orders, alarms, n_entries: written.lines.len() as u64 }
}

impl Player<'_> {
    fn apply(&mut self, at: Timestamp, body: Body) {
        self.seq += 1;
        let entry = Entry { seq: self.seq, recorded_at: at, mode: Mode::Exercise, body };
        self.world.apply(&entry, &mut self.changes);
        self.hear();
    }

    fn take(&mut self, line: &Line) {
        // Looked is at moments that reports and the clock alone decide, so that a sensor more changes nothing of what is seen.
        if matches!(line.body, Body::Report(_)) {
            let next = Timestamp((line.at.0.div_euclid(SETTLE_MS) + 1) * SETTLE_MS);
            self.settles_at.get_or_insert(next);
        }
        self.apply(line.at, line.body.clone());
    }

    /// Time passes up to a moment, and all that is to be done on the way is done in its order.
    fn pass_to(&mut self, end: Timestamp, pace: Pace<'_>) {
        loop {
            let at = self.minute.min(self.canary_at);
            let at = self.settles_at.map_or(at, |settles_at| settles_at.min(at));
            if at > end {
                return;
            }
            self.settles_at = self.settles_at.filter(|settles_at| *settles_at > at);
            if at == self.minute {
                pace(at, self.courses.len());
            }
            if at == self.canary_at {
                self.apply(at, Body::Canary(at));
                self.canary_at = at.plus_ms(self.canary_ms);
            }
            self.until(at);
            if at == self.minute {
                self.pass_minute(at);
                self.minute = at.plus_ms(MINUTE_MS);
            }
        }
    }

    /// A whole minute is over.
    fn pass_minute(&mut self, minute: Timestamp) {
        self.alarms.look_for_closed(&self.world);
        if self.asked.eyes.iter().any(|span| span.contains(&minute)) {
            self.alarms.look_at_eyes(&self.world);
        }
        let due = self.asked.orders.range(..=minute);
        let due: Vec<Timestamp> = due.copied().filter(|at| !self.orders.contains_key(at)).collect();
        for at in due {
            self.orders.insert(at, desk::order(&self.world));
        }
    }

    /// Takes down what the World says has changed.
    fn hear(&mut self) {
        let mut alarms: BTreeSet<AlarmId> = BTreeSet::new();
        for change in self.changes.drain(..) {
            match change {
                Change::Matter { matter: Matter::Situation(id), .. } => _ = self.changed.insert(id),
                Change::Matter { matter: Matter::Alarm(id), .. } => _ = alarms.insert(id),
                Change::Matter { matter: Matter::Line(_) | Matter::Advisory(_), .. }
                | Change::Report { .. }
                | Change::Sensor { .. } => {}
            }
        }
        for id in alarms {
            self.alarms.hear(&self.world, id);
        }
    }

    /// Time passes, and what was settled on the way is looked at.
    fn until(&mut self, at: Timestamp) {
        self.world.tick(at, &mut self.changes);
        self.hear();
        let is_due = |id: &SituationId| {
            self.looked_at.get(id).is_none_or(|before| at.ms_since(*before) >= LOOK_MS)
        };
        let due: Vec<SituationId> = self.changed.iter().copied().filter(is_due).collect();
        for id in due {
            self.changed.remove(&id);
            self.looked_at.insert(id, at);
            let Some(view) = self.world.situation(id, Clearance::Room) else { continue };
            let looks = self.courses.entry(id.0).or_default();
            let look = look(&view, if looks.is_empty() { view.begun_at } else { at });
            if looks.last().is_none_or(|last| Look { at: look.at, ..*last } != look) {
                looks.push(look);
            }
        }
    }
}

fn look(view: &SituationView, at: Timestamp) -> Look {
    Look {
        at,
        hazard: view.hazard,
        place: view.geometry,
        severity: view.severity,
        supported: view.verification == Verification::Supported,
        n_first_hand: view.n_first_hand,
        ended: view.ended_at.is_some(),
        merged_into: view.merged_into,
    }
}
