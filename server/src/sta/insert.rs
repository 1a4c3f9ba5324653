//! Deep insert: a body with all that is nested in it becomes new entities, changed ones and ties. What a partner registers again under its own id
//! is the same entity, and what hangs on it is known by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};

use super::body::{self, Parts};
use super::draft::Draft;
use super::fault;
use super::graph::{Entity, Graph, Tie};
use super::model::{Link, Relation, Set};
use super::path::Key;
use crate::http::problem::Fault;
use crate::normalise::Context;

/// An Observation that a body holds, not yet understood.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) datastream: i64,
    pub(super) feature: Option<i64>,
    pub(super) fields: Map<String, Value>,
    pub(super) at: String,
}

/// A tie from a new entity to one that stands already, by the relation as the new one sees it.
pub(super) type From = (&'static Relation, i64);

/// What an insertion needs, and what comes of it.
pub(super) struct Insert<'a> {
    pub(super) graph: &'a Graph,
    pub(super) draft: &'a mut Draft,
    pub(super) context: &'a Context<'a>,
    pub(super) sent: Vec<Sent>,
    moves: BTreeMap<i64, BTreeSet<i64>>,
    own: BTreeMap<(Set, String), i64>,
    streams: BTreeSet<String>,
}

impl<'a> Insert<'a> {
    pub(super) fn new(graph: &'a Graph, draft: &'a mut Draft, context: &'a Context<'a>) -> Self {
        let (sent, moves) = (Vec::new(), BTreeMap::new());
        Self { graph, draft, context, sent, moves, own: BTreeMap::new(), streams: BTreeSet::new() }
    }

    /// One entity with all that is nested in it. `again` says that it hangs on one that is registered again.
    pub(super) fn entity(
        &mut self,
        set: Set,
        value: Value,
        from: Option<From>,
        at: &str,
        again: bool,
    ) -> Result<i64, Fault> {
        let Value::Object(object) = value else {
            return Err(fault::field(
                at,
                "wrong-type",
                format!("must be an object, a {}", set.one()),
            ));
        };
        let Parts { properties, relations } = body::take_apart(set, object, at)?;
        body::check(set, &properties, at, self.context)?;
        let external = body::external_id(&properties, at)?;
        let known = match &external {
            Some(external) => self.registered(set, external),
            None if again => self.namesake(set, &properties, from),
            None => None,
        };
        let id = if let Some(id) = known {
            self.merge(id, properties);
            id
        } else {
            body::complete(set, &properties, at)?;
            self.make(set, properties, external)
        };
        if let Some((relation, other)) = from {
            self.tie(relation, id, other);
        }
        for (relation, value) in relations {
            let at = format!("{at}/{}", relation.name);
            if relation.is_many {
                let Value::Array(items) = value else {
                    return Err(fault::field(&at, "wrong-type", "must be an array"));
                };
                for (index, item) in items.into_iter().enumerate() {
                    self.nested(
                        set,
                        id,
                        relation,
                        item,
                        &format!("{at}/{index}"),
                        known.is_some(),
                    )?;
                }
            } else {
                self.nested(set, id, relation, value, &at, known.is_some())?;
            }
        }
        self.tied_enough(set, id, at)?;
        Ok(id)
    }

    fn nested(
        &mut self,
        set: Set,
        id: i64,
        relation: &'static Relation,
        value: Value,
        at: &str,
        again: bool,
    ) -> Result<(), Fault> {
        if relation.to == Set::Observations {
            let (datastream, feature) = match set {
                Set::FeaturesOfInterest => (None, Some(id)),
                _ => (Some(id), None),
            };
            return self.observation(value, datastream, feature, at);
        }
        if let Some(key) = body::reference(&value) {
            let other = self.find(relation.to, &key, at)?;
            self.tie(relation, id, other);
            return Ok(());
        }
        let inverse = relation.inverse().map(|inverse| (inverse, id));
        self.entity(relation.to, value, inverse, at, again)?;
        Ok(())
    }

    /// An Observation, with a Datastream or a feature that is nested in it.
    pub(super) fn observation(
        &mut self,
        value: Value,
        datastream: Option<i64>,
        feature: Option<i64>,
        at: &str,
    ) -> Result<(), Fault> {
        let Value::Object(object) = value else {
            return Err(fault::field(at, "wrong-type", "must be an object, an Observation"));
        };
        let Parts { properties, relations } = body::take_apart(Set::Observations, object, at)?;
        let (mut datastream, mut feature) = (datastream, feature);
        for (relation, value) in relations {
            let at = format!("{at}/{}", relation.name);
            let other = match body::reference(&value) {
                Some(key) => self.find(relation.to, &key, &at)?,
                None => self.entity(relation.to, value, None, &at, false)?,
            };
            let place =
                if relation.to == Set::Datastreams { &mut datastream } else { &mut feature };
            *place = place.or(Some(other));
        }
        let Some(datastream) = datastream else {
            let detail = "is missing: an Observation needs one, such as {\"@iot.id\":1}";
            return Err(fault::field(&format!("{at}/Datastream"), "missing", detail));
        };
        self.sent.push(Sent { datastream, feature, fields: properties, at: at.to_owned() });
        Ok(())
    }

    /// An entity of the partner that a body names.
    pub(super) fn find(&self, set: Set, key: &Key, at: &str) -> Result<i64, Fault> {
        let (source, mode) = (self.context.source, self.context.mode);
        let id = match key {
            Key::Number(id) => Some(*id),
            // Some programs put our numbers in quotes; a partner's own id may be of digits too, and goes first.
            Key::Own(external) => self.registered(set, external).or_else(|| external.parse().ok()),
        };
        let found = id.and_then(|id| self.draft.one(self.graph, id));
        let Some(entity) = found.filter(|entity| entity.set == set && entity.mode == mode) else {
            let named = match key {
                Key::Number(id) => id.to_string(),
                Key::Own(external) => format!("{external:?}"),
            };
            let detail =
                format!("there is no {} {named}: create it first, or nest it here", set.one());
            return Err(fault::field(at, "unknown-entity", detail));
        };
        if entity.source != source {
            let detail = format!(
                "{at}: the {} {} is another partner's: register one of your own.",
                set.one(),
                entity.id
            );
            return Err(Fault::forbidden("not-yours", "Another partner's", detail));
        }
        Ok(entity.id)
    }

    fn registered(&self, set: Set, external: &str) -> Option<i64> {
        let (source, mode) = (self.context.source, self.context.mode);
        let known = self.own.get(&(set, external.to_owned())).copied();
        known.or_else(|| self.graph.external(source, mode, set, external))
    }

    /// What hangs on the same entity under the same name; places and features also have to be the same.
    fn namesake(
        &self,
        set: Set,
        properties: &Map<String, Value>,
        from: Option<From>,
    ) -> Option<i64> {
        let (relation, other) = from?;
        let same: &[&str] = match set {
            Set::Locations => &["name", "location"],
            Set::FeaturesOfInterest => &["name", "feature"],
            Set::HistoricalLocations => &["time"],
            _ => &["name"],
        };
        self.graph.tied(relation.link, !relation.is_left, other).find(|id| {
            self.graph.one(*id).is_some_and(|entity| {
                entity.set == set
                    && entity.source == self.context.source
                    && same.iter().all(|name| entity.body.get(*name) == properties.get(*name))
            })
        })
    }

    fn merge(&mut self, id: i64, properties: Map<String, Value>) {
        let Some(entity) = self.draft.one(self.graph, id) else { return };
        let mut changed = Entity::clone(&entity);
        changed.body.extend(properties);
        if changed.body != entity.body {
            changed.updated_at = self.context.now;
            changed.place = OnceLock::new();
            self.draft.put(changed);
        }
    }

    fn make(&mut self, set: Set, body: Map<String, Value>, external_id: Option<String>) -> i64 {
        let id = self.draft.number();
        let (source, mode, now) = (self.context.source, self.context.mode, self.context.now);
        let stream = (set == Set::Datastreams).then(|| self.stream(external_id.as_deref(), id));
        if let Some(external) = &external_id {
            self.own.insert((set, external.clone()), id);
        }
        self.draft.make(Entity {
            id,
            set,
            source,
            mode,
            external_id,
            stream,
            body,
            created_at: now,
            updated_at: now,
            place: OnceLock::new(),
        });
        id
    }

    /// The name of a new Datastream in the journal: the partner's own id, or one of ours.
    fn stream(&mut self, external: Option<&str>, id: i64) -> String {
        let (source, mode) = (self.context.source, self.context.mode);
        let mut name = external.map_or_else(|| format!("sta-{id}"), str::to_owned);
        while self.graph.stream(source, mode, &name).is_some() || self.streams.contains(&name) {
            name = format!("sta-{id}-{}", self.streams.len());
            self.streams.insert(name.clone());
            if self.graph.stream(source, mode, &name).is_none() {
                return name;
            }
        }
        self.streams.insert(name.clone());
        name
    }

    /// Ties an entity to another by a relation as the first sees it.
    pub(super) fn tie(&mut self, relation: &Relation, id: i64, other: i64) {
        let (left, right) = if relation.is_left { (id, other) } else { (other, id) };
        match relation.link {
            Link::ThingLocation => {
                self.moves.entry(left).or_default().insert(right);
                return;
            }
            Link::ThingHistory
            | Link::ThingDatastream
            | Link::SensorDatastream
            | Link::PropertyDatastream => {
                // The right one has one left one: the new takes the place of the old.
                for old in self.draft.tied(self.graph, relation.link, false, right) {
                    if old != left {
                        self.draft.untie((relation.link, old, right));
                    }
                }
            }
            _ => {}
        }
        self.tie_new((relation.link, left, right));
    }

    /// Ties two that are not tied yet.
    pub(super) fn tie_new(&mut self, tie: Tie) {
        let (link, left, right) = tie;
        if !self.draft.tied(self.graph, link, true, left).contains(&right) {
            self.draft.tie(tie);
        }
    }

    fn tied_enough(&self, set: Set, id: i64, at: &str) -> Result<(), Fault> {
        let needed = set.relations().iter().filter(|relation| relation.is_needed);
        for relation in needed {
            if self.draft.tied(self.graph, relation.link, relation.is_left, id).is_empty() {
                let detail = format!(
                    "is missing: a {} needs it, as {{\"@iot.id\":1}} or nested here",
                    set.one()
                );
                return Err(fault::field(&format!("{at}/{}", relation.name), "missing", detail));
            }
        }
        Ok(())
    }

    /// Things that got other Locations stand there from now on, and their history says so.
    pub(super) fn move_things(&mut self) {
        for (thing, locations) in std::mem::take(&mut self.moves) {
            let before = self.draft.tied(self.graph, Link::ThingLocation, true, thing);
            if before == locations {
                continue;
            }
            for old in before.difference(&locations) {
                self.draft.untie((Link::ThingLocation, thing, *old));
            }
            let mut body = Map::new();
            body.insert("time".to_owned(), json!(self.context.now.to_string()));
            let history = self.make(Set::HistoricalLocations, body, None);
            self.draft.tie((Link::ThingHistory, thing, history));
            for location in locations {
                self.tie_new((Link::ThingLocation, thing, location));
                self.draft.tie((Link::HistoryLocation, history, location));
            }
        }
    }

    /// The feature of an Observation that names none: the one made of the place where its Thing stands.
    pub(super) fn feature_of(&mut self, datastream: i64) -> Option<i64> {
        let thing = self.one_of(Link::ThingDatastream, false, datastream)?;
        let location = self.one_of(Link::ThingLocation, true, thing)?;
        if let Some(feature) = self.one_of(Link::LocationFeature, true, location) {
            return Some(feature);
        }
        let location_entity = self.draft.one(self.graph, location)?;
        let mut body = Map::new();
        for (from, to) in [
            ("name", "name"),
            ("description", "description"),
            ("encodingType", "encodingType"),
            ("location", "feature"),
        ] {
            let value = location_entity.body.get(from).cloned().unwrap_or_default();
            body.insert(to.to_owned(), value);
        }
        let feature = self.make(Set::FeaturesOfInterest, body, None);
        self.draft.tie((Link::LocationFeature, location, feature));
        Some(feature)
    }

    fn one_of(&self, link: Link, is_left: bool, id: i64) -> Option<i64> {
        self.draft.tied(self.graph, link, is_left, id).first().copied()
    }

    /// An entity as it stands with this change.
    pub(super) fn one(&self, id: i64) -> Option<Arc<Entity>> {
        self.draft.one(self.graph, id)
    }
}
