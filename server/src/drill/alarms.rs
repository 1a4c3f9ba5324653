//! What the room is told while a scenario is played: the alarms of its World as they ring, whether they are still open, areas that
//! are called dark, and which sensors a desk is shown as silent or broken. Nothing is judged here: the World did.

use std::collections::{BTreeMap, BTreeSet};

use engine::room::AlarmId;
use engine::view::Clearance;
use engine::world::World;
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState, AlarmView};
use wire::geo::Bbox;
use wire::source::SourceHealth;
use wire::time::Timestamp;

use super::instruments::Instrument;

/// An alarm began to ask, or asked anew because it got graver.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// The alarm.
    pub alarm: AlarmId,
    /// The sensor's name in the file; of an alarm that no sensor raised none.
    pub sensor: Option<String>,
    /// What raised it.
    pub cause: AlarmCause,
    /// How grave it is.
    pub level: AlarmLevel,
    /// Since when it asks.
    pub at: Timestamp,
}

/// From a moment on a desk is shown this of a sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The sensor's name in the file.
    pub sensor: String,
    /// What is shown.
    pub health: SourceHealth,
    /// When that was first seen.
    pub at: Timestamp,
}

/// See the module.
#[derive(Default)]
pub struct Alarms {
    /// The names that datastreams have in the file.
    names: BTreeMap<String, String>,
    open: BTreeSet<AlarmId>,
    health: BTreeMap<String, SourceHealth>,
    /// Every ringing, in order.
    pub rung: Vec<Rung>,
    /// Every area that was called dark: since when, and where.
    pub dark: Vec<(Timestamp, Bbox)>,
    /// Alarms that were over, or gone, by this moment.
    pub closed: Vec<(AlarmId, Timestamp)>,
    /// What was shown of sensors, in order; looked for only when a check asks.
    pub shown: Vec<Shown>,
}

impl Alarms {
    /// Of a room with these sensors.
    pub fn new(instruments: &[Instrument]) -> Self {
        let name = |one: &Instrument| (one.datastream.clone(), one.name.clone());
        Self { names: instruments.iter().map(name).collect(), ..Self::default() }
    }

    /// An alarm of the World changed.
    pub fn hear(&mut self, world: &World, id: AlarmId) {
        let Some(view) = world.alarm(id, Clearance::Room) else { return };
        self.open.insert(id);
        if view.cause == AlarmCause::Dark {
            self.note_dark(world, &view);
        }
        let before = self.rung.iter().rev().find(|rung| rung.alarm == id);
        if before.is_some_and(|rung| rung.at == view.since && rung.level == view.level) {
            return;
        }
        let sensor = view.datastream.as_ref().and_then(|one| self.names.get(one)).cloned();
        self.rung.push(Rung {
            alarm: id,
            sensor,
            cause: view.cause,
            level: view.level,
            at: view.since,
        });
    }

    /// Where the area is that this alarm is about. One alarm stands for each, also when it is dark a second time.
    fn note_dark(&mut self, world: &World, view: &AlarmView) {
        let Some(middle) = view.geometry.filter(|_| view.eased_at.is_none()) else { return };
        let areas = world.unusual().dark.into_iter().filter(|area| area.bbox.contains(middle));
        for told in areas.map(|area| (area.since, area.bbox)) {
            if !self.dark.contains(&told) {
                self.dark.push(told);
            }
        }
    }

    /// A minute passed: which alarms are over or gone. Nobody closes one in a drill.
    pub fn look_for_closed(&mut self, world: &World) {
        let is_closed = |id: &AlarmId| {
            let view = world.alarm(*id, Clearance::Room);
            view.is_none_or(|view| view.state == AlarmState::Over)
        };
        let closed: Vec<AlarmId> = self.open.iter().copied().filter(is_closed).collect();
        for id in closed {
            self.open.remove(&id);
            self.closed.push((id, world.now()));
        }
    }

    /// What a desk that asks for the room's eyes is shown now of the sensors of the file.
    pub fn look_at_eyes(&mut self, world: &World) {
        let now = world.now();
        for eye in world.eyes(now).datastreams {
            let Some(sensor) = self.names.get(&eye.datastream) else { continue };
            if self.health.insert(eye.datastream, eye.status) != Some(eye.status) {
                self.shown.push(Shown { sensor: sensor.clone(), health: eye.status, at: now });
            }
        }
    }
}
