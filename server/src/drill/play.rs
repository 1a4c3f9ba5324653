//! Plays what was written through a World, and takes down what the room would see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::change::{Change, Matter};
use engine::classify::{Classifier, Lexicon};
use engine::entry::{Body, Entry};
use engine::limits::SETTLE_MS;
use engine::situation::SituationId;
use engine::view::Clearance;
use engine::world::World;
use wire::geo::LngLat;
use wire::grade::{Hazard, Severity, Verification};
use wire::situation::SituationView;
use wire::time::Timestamp;
use wire::view::Mode;

use super::alarms::Alarms;
use super::write::Written;

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
    /// What rang.
    pub alarms: Alarms,
    /// Entries played.
    pub n_entries: u64,
}

/// The words of the engine, read once.
pub fn words() -> Result<Arc<Classifier>, String> {
    let lexicon =
        Lexicon::bundled().map_err(|cause| format!("the lexicons cannot be read: {cause}"))?;
    Ok(Arc::new(Classifier::new(lexicon, true)))
}

struct Player<'a> {
    world: World,
    alarms: Alarms,
    courses: BTreeMap<u64, Vec<Look>>,
    orders: BTreeMap<Timestamp, Vec<u64>>,
    asked: &'a BTreeSet<Timestamp>,
    changes: Vec<Change>,
    /// Situations that changed and were not looked at since.
    changed: BTreeSet<SituationId>,
    looked_at: BTreeMap<SituationId, Timestamp>,
}

/// Plays it. `pace` is told each moment before it comes, and may wait.
pub(super) fn play(
    written: &Written,
    alarms: Alarms,
    words: &Arc<Classifier>,
    asked: &BTreeSet<Timestamp>,
    pace: &mut dyn FnMut(Timestamp, usize),
) -> Played {
    let world = World::new(Mode::Exercise).advised(Arc::clone(words));
    let mut player = Player {
        world,
        alarms,
        courses: BTreeMap::new(),
        orders: BTreeMap::new(),
        asked,
        changes: Vec::new(),
        changed: BTreeSet::new(),
        looked_at: BTreeMap::new(),
    };
    let mut settles_at: Option<Timestamp> = None;
    let first = written.lines.first().map_or(written.begins, |line| line.at);
    let mut minute = Timestamp(first.0.div_euclid(MINUTE_MS) * MINUTE_MS);
    let mut seq = 0;
    for line in &written.lines {
        // Looked is at moments that reports alone decide, so that a sensor more changes nothing of what is seen.
        if let Some(at) = settles_at.filter(|at| *at <= line.at) {
            player.until(at);
            settles_at = None;
        }
        while minute <= line.at {
            pace(minute, player.courses.len());
            player.pass(minute);
            minute = minute.plus_ms(MINUTE_MS);
        }
        if matches!(line.body, Body::Report(_)) {
            settles_at.get_or_insert(Timestamp((line.at.0.div_euclid(SETTLE_MS) + 1) * SETTLE_MS));
        }
        seq += 1;
        let entry =
            Entry { seq, recorded_at: line.at, mode: Mode::Exercise, body: line.body.clone() };
        player.world.apply(&entry, &mut player.changes);
        player.alarms.take(line);
    }
    if let Some(at) = settles_at {
        player.until(at);
    }
    while minute <= written.ends {
        player.pass(minute);
        minute = minute.plus_ms(MINUTE_MS);
    }
    Played { courses: player.courses, orders: player.orders, alarms: player.alarms, n_entries: seq }
}

impl Player<'_> {
    /// A whole minute.
    fn pass(&mut self, minute: Timestamp) {
        self.until(minute);
        self.alarms.tick(minute);
        let due: Vec<Timestamp> = self
            .asked
            .range(..=minute)
            .copied()
            .filter(|at| !self.orders.contains_key(at))
            .collect();
        for at in due {
            let order = order(&self.world, &self.alarms);
            self.orders.insert(at, order);
        }
    }

    /// Time passes, and what was settled on the way is looked at.
    fn until(&mut self, at: Timestamp) {
        self.world.tick(at, &mut self.changes);
        self.changed.extend(self.changes.drain(..).filter_map(|change| match change {
            Change::Matter { matter: Matter::Situation(id), .. } => Some(id),
            _ => None,
        }));
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

/// The order of the desk: where a red alarm stands, then how grave, then supported before unsupported, then the newest.
/// Never by how many speak.
fn order(world: &World, alarms: &Alarms) -> Vec<u64> {
    let mut open: Vec<SituationView> = world.situations(Clearance::Room);
    open.retain(|view| view.ended_at.is_none());
    open.sort_by_key(|view| {
        let is_red = view.geometry.is_some_and(|place| alarms.is_red_at(place));
        let is_supported = view.verification == Verification::Supported;
        (!is_red, view.severity, !is_supported, std::cmp::Reverse(view.begun_at), view.id)
    });
    open.into_iter().map(|view| view.id).collect()
}
