//! The registry: the graph that everybody reads, and the one road by which it changes. A change is drawn up against the graph, written to
//! disk in one transaction, and only then seen.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use engine::entry::SourceKey;
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use wire::view::Mode;

use super::draft::Draft;
use super::graph::{Entity, Graph};
use super::limits::{BODIES_AT_ONCE, LANE_ENTITIES_MAX};
use super::model::Link;
use crate::http::problem::Fault;
use crate::store::{LinkRow, RegistryChange, Store, StoreError};

/// Shared by all handlers.
#[derive(Debug)]
pub struct Registry {
    graph: RwLock<Graph>,
    /// The number that the next entity gets. Who holds it changes the registry.
    next: Mutex<i64>,
    /// Bodies that are understood: each may take some tens of megabytes.
    pub(super) bodies: Semaphore,
    /// Of the lane of a test key: small, and written nowhere.
    is_lane: bool,
}

impl Registry {
    /// Reads all that is stored.
    pub async fn load(store: &Store) -> Result<Self, StoreError> {
        let mut graph = Graph::default();
        let mut after = i64::MIN;
        loop {
            let rows = store.registry_entities(after).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                graph.put(Arc::new(Entity::of_row(row)?));
            }
        }
        let mut after = LinkRow { kind: String::new(), a: i64::MIN, b: i64::MIN };
        loop {
            let rows = store.registry_links(&after).await?;
            let Some(last) = rows.last() else { break };
            after = last.clone();
            for row in rows {
                let link = Link::of_word(&row.kind)
                    .ok_or_else(|| StoreError::Corrupt(format!("a tie is {:?}", row.kind)))?;
                graph.tie((link, row.a, row.b));
            }
        }
        let next = store.registry_next().await?;
        Ok(Self {
            graph: RwLock::new(graph),
            next: Mutex::new(next),
            bodies: Semaphore::new(BODIES_AT_ONCE),
            is_lane: false,
        })
    }

    /// An empty one for a test key, which lives in memory alone.
    pub(crate) fn of_a_lane() -> Self {
        Self {
            graph: RwLock::default(),
            next: Mutex::new(1),
            bodies: Semaphore::new(1),
            is_lane: true,
        }
    }

    /// The graph, to read. Never held across an await.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Graph> {
        self.graph.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a source left anything here.
    pub(crate) fn has(&self, source: SourceKey, mode: Mode) -> bool {
        self.read().is_sender(source, mode)
    }

    /// The gateway of a datastream, where its Datastream or its Thing has the property `gateway`.
    pub(crate) fn gateway(
        &self,
        source: SourceKey,
        mode: Mode,
        datastream: &str,
    ) -> Option<String> {
        let graph = self.read();
        let id = graph.stream(source, mode, datastream)?;
        let things = graph.tied(Link::ThingDatastream, false, id);
        let mut both = std::iter::once(id).chain(things);
        both.find_map(|id| {
            let gateway = graph.one(id)?.body.get("properties")?.get("gateway")?.as_str()?;
            Some(gateway.to_owned()).filter(|gateway| !gateway.is_empty())
        })
    }

    /// The Datastream of a number, as `12` or `Datastreams(12)`: whose it is, and under which name it speaks.
    pub(crate) fn datastream(&self, asked: &str) -> Option<(SourceKey, Mode, String)> {
        let inner = asked.strip_prefix("Datastreams(").and_then(|rest| rest.strip_suffix(')'));
        let id: i64 = inner.unwrap_or(asked).parse().ok()?;
        let graph = self.read();
        let one = graph.one(id)?;
        Some((one.source, one.mode, one.stream.clone()?))
    }

    /// Draws a change up, writes it and lets it be seen. Callers do this in a task of its own: one that is left in the middle would have
    /// written what nobody sees.
    pub(super) async fn change<T>(
        &self,
        store: &Store,
        draw: impl Fn(&Graph, &mut Draft) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.draw(draw).await?.written(store).await
    }

    /// Draws a change up. Until it is written, or let go, no other is.
    pub(super) async fn draw<T>(
        &self,
        draw: impl Fn(&Graph, &mut Draft) -> Result<T, Fault>,
    ) -> Result<Drawn<'_, T>, Fault> {
        {
            // Mostly nothing changes, since Observations come by the thousand: then nobody waits.
            let graph = self.read();
            let mut draft = Draft::new(i64::MAX / 2);
            let what = draw(&graph, &mut draft)?;
            if draft.is_empty() {
                return Ok(Drawn { registry: self, held: None, what });
            }
        }
        let mut next = self.next.lock().await;
        let graph = self.read();
        let mut draft = Draft::new(*next);
        let what = draw(&graph, &mut draft)?;
        draft.fits(&graph)?;
        if self.is_lane && graph.size().0 > LANE_ENTITIES_MAX {
            return Err(super::fault::limit(format!(
                "A test lane holds {LANE_ENTITIES_MAX} entities: delete some, or ask for a key for the room."
            )));
        }
        drop(graph);
        if draft.is_empty() {
            return Ok(Drawn { registry: self, held: None, what });
        }
        // Also where writing fails: whether it did is not always known, and a number is never given twice.
        *next = draft.next();
        Ok(Drawn { registry: self, held: Some((next, draft)), what })
    }
}

/// A change that is drawn up: on no disk, and seen by nobody.
pub(super) struct Drawn<'a, T> {
    registry: &'a Registry,
    held: Option<(MutexGuard<'a, i64>, Draft)>,
    pub(super) what: T,
}

impl<T> Drawn<'_, T> {
    /// What has to be on disk before it is seen; none where nothing changes.
    pub(super) fn change(&self) -> Option<Box<RegistryChange>> {
        self.held.as_ref().map(|(_, draft)| Box::new(draft.change()))
    }

    /// Lets it be seen: it is on disk.
    pub(super) fn seen(self) -> T {
        if let Some((next, draft)) = self.held {
            let mut graph = self.registry.graph.write().unwrap_or_else(PoisonError::into_inner);
            draft.apply(&mut graph);
            drop(graph);
            drop(next);
        }
        self.what
    }

    /// Writes it, and lets it be seen.
    pub(super) async fn written(self, store: &Store) -> Result<T, Fault> {
        if let Some(change) = self.change().filter(|_| !self.registry.is_lane) {
            store.registry_write(&change).await?;
        }
        Ok(self.seen())
    }
}
