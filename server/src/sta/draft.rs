//! What one request changes, drawn up against the graph before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fault;
use super::graph::{Entity, Graph, Tie, link_row};
use super::limits::{DEEP_ENTITIES_MAX, ENTITIES_MAX, PARTNER_ENTITIES_MAX, REGISTRY_BYTES_MAX};
use crate::http::problem::Fault;
use crate::store::RegistryChange;

/// A change under way.
#[derive(Debug)]
pub(super) struct Draft {
    next: i64,
    puts: BTreeMap<i64, Arc<Entity>>,
    made: BTreeSet<i64>,
    gone: BTreeSet<i64>,
    ties: BTreeSet<Tie>,
    unties: BTreeSet<Tie>,
}

impl Draft {
    /// Nothing yet; `next` is the number of the next entity.
    pub(super) fn new(next: i64) -> Self {
        Self {
            next,
            puts: BTreeMap::new(),
            made: BTreeSet::new(),
            gone: BTreeSet::new(),
            ties: BTreeSet::new(),
            unties: BTreeSet::new(),
        }
    }

    pub(super) fn next(&self) -> i64 {
        self.next
    }

    /// A number for a new entity.
    pub(super) fn number(&mut self) -> i64 {
        let id = self.next;
        self.next += 1;
        id
    }

    /// Takes a new entity in.
    pub(super) fn make(&mut self, entity: Entity) {
        self.made.insert(entity.id);
        self.puts.insert(entity.id, Arc::new(entity));
    }

    /// Takes a changed entity in.
    pub(super) fn put(&mut self, entity: Entity) {
        self.puts.insert(entity.id, Arc::new(entity));
    }

    /// An entity as it stands with this change.
    pub(super) fn one(&self, graph: &Graph, id: i64) -> Option<Arc<Entity>> {
        if self.gone.contains(&id) {
            return None;
        }
        self.puts.get(&id).or_else(|| graph.one(id)).cloned()
    }

    /// Whether the entity is new.
    pub(super) fn is_new(&self, id: i64) -> bool {
        self.made.contains(&id)
    }

    /// New entities of this change, to be looked through.
    pub(super) fn new_ones(&self) -> impl Iterator<Item = &Arc<Entity>> {
        self.puts.values().filter(|entity| self.made.contains(&entity.id))
    }

    /// Ties two.
    pub(super) fn tie(&mut self, tie: Tie) {
        self.unties.remove(&tie);
        self.ties.insert(tie);
    }

    /// Unties two.
    pub(super) fn untie(&mut self, tie: Tie) {
        self.ties.remove(&tie);
        self.unties.insert(tie);
    }

    /// What is tied to an entity with this change.
    pub(super) fn tied(
        &self,
        graph: &Graph,
        link: super::model::Link,
        is_left: bool,
        id: i64,
    ) -> BTreeSet<i64> {
        let mut others: BTreeSet<i64> = graph.tied(link, is_left, id).collect();
        let other = |tie: &Tie| {
            let (kind, a, b) = *tie;
            match is_left {
                true if kind == link && a == id => Some(b),
                false if kind == link && b == id => Some(a),
                _ => None,
            }
        };
        for gone in self.unties.iter().filter_map(other) {
            others.remove(&gone);
        }
        others.extend(self.ties.iter().filter_map(other));
        others
    }

    /// Takes an entity and its ties away.
    pub(super) fn remove(&mut self, graph: &Graph, id: i64) {
        self.gone.insert(id);
        self.unties.extend(graph.ties_of(id));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.puts.is_empty()
            && self.gone.is_empty()
            && self.ties.is_empty()
            && self.unties.is_empty()
    }

    /// Whether there is room for what is new.
    pub(super) fn fits(&self, graph: &Graph) -> Result<(), Fault> {
        if self.made.len() > DEEP_ENTITIES_MAX {
            let detail = format!(
                "One request makes {DEEP_ENTITIES_MAX} entities at most, Observations aside: send them in several."
            );
            return Err(fault::limit(detail));
        }
        let (n, n_bytes) = graph.size();
        let full = |what: String| fault::limit(format!("{what}: delete what is no longer there."));
        if n + self.made.len() > ENTITIES_MAX
            || (!self.made.is_empty() && n_bytes > REGISTRY_BYTES_MAX)
        {
            return Err(full(format!(
                "The server holds {ENTITIES_MAX} entities and {REGISTRY_BYTES_MAX} bytes of them at most"
            )));
        }
        if let Some(first) = self.new_ones().next()
            && graph.n_of(first.source) + self.made.len() > PARTNER_ENTITIES_MAX
        {
            return Err(full(format!("A partner has {PARTNER_ENTITIES_MAX} entities at most")));
        }
        Ok(())
    }

    /// What is written.
    pub(super) fn change(&self) -> RegistryChange {
        RegistryChange {
            puts: self.puts.values().map(|entity| entity.row()).collect(),
            gone: self.gone.iter().copied().collect(),
            links: self.ties.iter().copied().map(link_row).collect(),
            unlinks: self.unties.iter().copied().map(link_row).collect(),
            next: self.next,
        }
    }

    /// Lets the graph have it.
    pub(super) fn apply(self, graph: &mut Graph) {
        for tie in self.unties {
            graph.untie(tie);
        }
        for id in self.gone {
            graph.remove(id);
        }
        for entity in self.puts.into_values() {
            graph.put(entity);
        }
        for tie in self.ties {
            graph.tie(tie);
        }
    }
}
