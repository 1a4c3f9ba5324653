//! What partners said of their sensors, in memory: entities by number, by set and by the partner's own id, and what ties them. It is small beside
//! the World and asked all the time; the database holds the same, and is written first.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use engine::entry::SourceKey;
use serde_json::{Map, Value};
use wire::geo::LngLat;
use wire::time::Timestamp;
use wire::view::Mode;

use super::limits::WEIGHT_BYTES;
use super::model::{Link, Relation, Set};
use crate::store::{EntityRow, LinkRow, StoreError};

/// An entity that is not an Observation.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    pub(super) id: i64,
    pub(super) set: Set,
    pub(super) source: SourceKey,
    pub(super) mode: Mode,
    pub(super) external_id: Option<String>,
    /// Of a Datastream: its name in the journal.
    pub(super) stream: Option<String>,
    pub(super) body: Map<String, Value>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// Of a Location: where it lies, once somebody asked.
    pub(super) place: OnceLock<Option<LngLat>>,
}

impl Entity {
    /// A property as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// As it is stored.
    pub(super) fn row(&self) -> EntityRow {
        EntityRow {
            id: self.id,
            kind: self.set.word().to_owned(),
            source: self.source,
            mode: self.mode,
            external_id: self.external_id.clone(),
            stream: self.stream.clone(),
            body: Value::Object(self.body.clone()).to_string(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// From what is stored.
    pub(super) fn of_row(row: EntityRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("entity {}: {what}", row.id));
        let set = Set::of_word(&row.kind).ok_or_else(|| corrupt("its set is unknown"))?;
        let body =
            serde_json::from_str(&row.body).map_err(|_bad| corrupt("its body is no JSON"))?;
        Ok(Self {
            id: row.id,
            set,
            source: row.source,
            mode: row.mode,
            external_id: row.external_id,
            stream: row.stream,
            body,
            created_at: row.created_at,
            updated_at: row.updated_at,
            place: OnceLock::new(),
        })
    }
}

/// A tie between two entities: how, the left one, the right one.
pub(super) type Tie = (Link, i64, i64);

/// A tie as it is stored.
pub(super) fn link_row((link, a, b): Tie) -> LinkRow {
    LinkRow { kind: link.word().to_owned(), a, b }
}

type Named = (SourceKey, Mode, String);

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Graph {
    entities: HashMap<i64, Arc<Entity>>,
    sets: HashMap<(Mode, Set), BTreeSet<i64>>,
    from_left: BTreeSet<Tie>,
    from_right: BTreeSet<Tie>,
    externals: HashMap<(Set, Named), i64>,
    streams: HashMap<Named, i64>,
    n_of: HashMap<SourceKey, usize>,
    bytes: HashMap<i64, usize>,
    n_bytes: usize,
}

impl Graph {
    /// An entity by its number.
    pub(super) fn one(&self, id: i64) -> Option<&Arc<Entity>> {
        self.entities.get(&id)
    }

    /// The numbers of a set, in order.
    pub(super) fn of(&self, mode: Mode, set: Set) -> impl DoubleEndedIterator<Item = i64> + '_ {
        self.sets.get(&(mode, set)).into_iter().flatten().copied()
    }

    /// An entity by its partner's own id.
    pub(super) fn external(
        &self,
        source: SourceKey,
        mode: Mode,
        set: Set,
        id: &str,
    ) -> Option<i64> {
        self.externals.get(&(set, (source, mode, id.to_owned()))).copied()
    }

    /// The Datastream of a name in the journal.
    /// Whether a source has a Datastream.
    pub(super) fn is_sender(&self, source: SourceKey, mode: Mode) -> bool {
        self.streams.keys().any(|(key, of, _)| *key == source && *of == mode)
    }

    pub(super) fn stream(&self, source: SourceKey, mode: Mode, name: &str) -> Option<i64> {
        self.streams.get(&(source, mode, name.to_owned())).copied()
    }

    /// What a relation leads to, in order.
    pub(super) fn related(&self, relation: &Relation, id: i64) -> impl Iterator<Item = i64> + '_ {
        self.tied(relation.link, relation.is_left, id)
    }

    /// What is tied to an entity that stands on the left, or on the right.
    pub(super) fn tied(
        &self,
        link: Link,
        is_left: bool,
        id: i64,
    ) -> impl Iterator<Item = i64> + '_ {
        let side = if is_left { &self.from_left } else { &self.from_right };
        side.range((link, id, i64::MIN)..=(link, id, i64::MAX)).map(|(_, _, other)| *other)
    }

    /// How long it takes to ask of an entity's shape, in steps.
    pub(super) fn weight(&self, id: i64) -> usize {
        1 + self.bytes.get(&id).copied().unwrap_or_default() / WEIGHT_BYTES
    }

    /// How many entities a partner has.
    pub(super) fn n_of(&self, source: SourceKey) -> usize {
        self.n_of.get(&source).copied().unwrap_or_default()
    }

    /// How many entities there are, and how many bytes of JSON.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.entities.len(), self.n_bytes)
    }

    /// Takes an entity in, new or changed.
    pub(super) fn put(&mut self, entity: Arc<Entity>) {
        self.remove(entity.id);
        let (id, set) = (entity.id, entity.set);
        let named = |name: &String| (entity.source, entity.mode, name.clone());
        if let Some(external) = &entity.external_id {
            self.externals.insert((set, named(external)), id);
        }
        if let Some(stream) = &entity.stream {
            self.streams.insert(named(stream), id);
        }
        self.sets.entry((entity.mode, set)).or_default().insert(id);
        *self.n_of.entry(entity.source).or_default() += 1;
        let n_bytes = serde_json::to_string(&entity.body).map_or(0, |text| text.len());
        self.bytes.insert(id, n_bytes);
        self.n_bytes += n_bytes;
        self.entities.insert(id, entity);
    }

    /// Forgets an entity; its ties are taken away by name.
    pub(super) fn remove(&mut self, id: i64) {
        let Some(entity) = self.entities.remove(&id) else { return };
        let named = |name: &String| (entity.source, entity.mode, name.clone());
        if let Some(external) = &entity.external_id {
            self.externals.remove(&(entity.set, named(external)));
        }
        if let Some(stream) = &entity.stream {
            self.streams.remove(&named(stream));
        }
        if let Some(set) = self.sets.get_mut(&(entity.mode, entity.set)) {
            set.remove(&id);
        }
        if let Some(n) = self.n_of.get_mut(&entity.source) {
            *n = n.saturating_sub(1);
        }
        self.n_bytes -= self.bytes.remove(&id).unwrap_or_default().min(self.n_bytes);
    }

    /// Ties two.
    pub(super) fn tie(&mut self, (link, a, b): Tie) {
        self.from_left.insert((link, a, b));
        self.from_right.insert((link, b, a));
    }

    /// Unties two.
    pub(super) fn untie(&mut self, (link, a, b): Tie) {
        self.from_left.remove(&(link, a, b));
        self.from_right.remove(&(link, b, a));
    }

    /// Every tie of an entity.
    pub(super) fn ties_of(&self, id: i64) -> Vec<Tie> {
        let mut ties = Vec::new();
        for link in Link::STORED {
            ties.extend(self.tied(link, true, id).map(|other| (link, id, other)));
            ties.extend(self.tied(link, false, id).map(|other| (link, other, id)));
        }
        ties
    }
}
