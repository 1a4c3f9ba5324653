//! What every handler shares. All truth is in the store and the Worlds; no handler keeps state of its own.

use std::sync::Arc;

use engine::entry::SourceKey;
use engine::identity::IdKey;
use tokio::sync::Semaphore;

use crate::auth::Gate;
use crate::canary::Canaries;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::live::delivery::Lines;
use crate::hub::Hub;
use crate::letters::Letters;
use crate::pipeline::{Door, Intake, Lanes, NewLane, Worlds};
use crate::store::Store;

/// Shared by all handlers.
#[derive(Debug, Clone)]
pub struct App {
    /// The settings in force.
    pub config: Arc<Config>,
    /// The clock.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// The door to the pipeline.
    pub intake: Intake,
    /// The Worlds, to read.
    pub worlds: Arc<Worlds>,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The open websockets.
    pub lines: Arc<Lines>,
    /// The journal's identity.
    pub epoch: Arc<str>,
    /// The secret for the ids of reports that come without one.
    pub id_key: Arc<IdKey>,
    /// Who is where, as it was imported.
    pub exposure: Arc<crate::exposure::Exposure>,
    /// The names of places, as they were imported.
    pub gazette: Arc<crate::gazette::Gazette>,
    /// Which areas codes stand for, as they were imported.
    pub geocodes: Arc<crate::geocodes::Geocodes>,
    /// Who tries a rule holds one: all reports are looked at, and the pipeline waits until what the rule hears is taken out.
    pub trials: Arc<Semaphore>,
    /// Who exports holds one.
    pub exports: Arc<Semaphore>,
    /// Sensors that were sent as a table and wait to be confirmed.
    pub imports: Arc<crate::imports::Waiting>,
    /// Whose turn it is to say what sensors are: what was compared must not change before it is stored.
    pub passports: Arc<tokio::sync::Mutex<()>>,
    /// Whose turn it is to confirm a situation, or to take that back: what its legal hold is must not change between.
    pub declaring: Arc<tokio::sync::Mutex<()>>,
    /// What partners said of their sensors in SensorThings.
    pub registry: Arc<crate::sta::registry::Registry>,
    /// What the supervisor knows of each source beside its ledger.
    pub sources: Arc<crate::source::Board>,
    /// Under what posts of social networks are kept.
    pub operations: Arc<crate::operations::Operations>,
    /// The sources that we ask: those of the settings, and those that were added at the desk.
    pub roster: Arc<crate::source::Roster>,
    /// How far canaries came.
    pub canaries: Arc<Canaries>,
    /// What became of the last that each device sent.
    pub attempts: Arc<crate::why::Attempts>,
    /// Budgets of keys and sign-in.
    pub gate: Arc<Gate>,
    /// Items that were refused, for a day.
    pub letters: Arc<Letters>,
    /// The lanes of test keys.
    pub lanes: Arc<Lanes>,
}

impl App {
    /// The same server as a test key sees it: with a World, a registry and an intake of its own.
    #[must_use]
    pub(crate) fn on_lane(self, source: SourceKey) -> Self {
        let lane = self.lanes.of(source, || NewLane {
            store: self.store.clone(),
            clock: self.clock.clone(),
            epoch: Arc::clone(&self.epoch),
        });
        Self {
            worlds: Arc::clone(&lane.worlds),
            registry: Arc::clone(&lane.registry),
            intake: Intake { door: Door::Lane(lane), ..self.intake },
            ..self
        }
    }
}
