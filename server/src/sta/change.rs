//! PATCH, PUT and DELETE of one entity. Observations stand in the journal, from which nothing is taken back.

use std::sync::OnceLock;

use serde_json::Value;

use super::body::{self, Parts};
use super::draft::Draft;
use super::fault;
use super::graph::{Entity, Graph};
use super::insert::Insert;
use super::json_patch;
use super::model::{Link, Set};
use super::path::Path;
use super::send::Sending;
use super::walk::{self, End};
use crate::http::problem::Fault;
use axum::http::StatusCode;

const JOURNALED: &str = "Observations stand in the journal as they came, for whoever asks afterwards what was known when: they are neither changed nor \
     deleted. Send a newer one; one that was wrong is marked by its resultQuality.";

/// How a body changes an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It names what changes (PATCH).
    Members,
    /// It takes the place of all (PUT).
    Whole,
    /// It is a list of operations (PATCH with JSON Patch).
    Operations,
}

impl Sending {
    /// The entity of the partner's own that a path names.
    fn target(&self, graph: &Graph, path: &Path) -> Result<(Set, i64), Fault> {
        if path.leads_to() == Set::Observations {
            return Err(fault::not_allowed(JOURNALED));
        }
        let one = || {
            fault::not_allowed(
                "PATCH, PUT and DELETE are for one entity: name it, such as Things(1).",
            )
        };
        let key = path.key.as_ref().ok_or_else(one)?;
        if path.set == Set::Observations {
            return Err(fault::not_allowed("Name the entity by its own address."));
        }
        let start = walk::named(graph, self.walker(), path.set, key)?;
        let End::One(set, id) = walk::on(graph, self.walker(), (path.set, start), &path.hops)?
        else {
            return Err(one());
        };
        self.owns(graph, id)?;
        Ok((set, id))
    }

    /// Changes an entity as a body says.
    pub(super) async fn update(
        &self,
        path: &Path,
        value: Value,
        change: Change,
    ) -> Result<(Set, i64), Fault> {
        let draw =
            |graph: &Graph, draft: &mut Draft| self.draw_update(graph, draft, path, &value, change);
        self.app.registry.change(&self.app.store, draw).await
    }

    fn draw_update(
        &self,
        graph: &Graph,
        draft: &mut Draft,
        path: &Path,
        value: &Value,
        change: Change,
    ) -> Result<(Set, i64), Fault> {
        let (set, id) = self.target(graph, path)?;
        let context = self.context();
        let Some(before) = graph.one(id) else {
            return Err(fault::not_found(format!("There is no {} {id}.", set.one())));
        };
        let value = match change {
            Change::Operations => json_patch::applied(&before.body, value)?,
            Change::Members | Change::Whole => value.clone(),
        };
        let Value::Object(object) = value else {
            let detail = format!("must be an object, a {}", set.one());
            return Err(fault::field("", "wrong-type", detail));
        };
        let Parts { properties, relations } = body::take_apart(set, object, "")?;
        let mut after = Entity::clone(before);
        if change != Change::Members {
            after.body.clear();
        }
        for (name, value) in properties {
            // Null takes away what may be absent.
            let is_needed = set.property(&name).is_some_and(|property| property.is_needed);
            if value.is_null() && !is_needed {
                after.body.remove(&name);
            } else {
                after.body.insert(name, value);
            }
        }
        body::complete(set, &after.body, "")?;
        body::check(set, &after.body, "", &context)?;
        after.external_id = body::external_id(&after.body, "")?;
        if let Some(external) = &after.external_id {
            let taken = graph.external(after.source, after.mode, set, external);
            if taken.is_some_and(|other| other != id) {
                let detail = format!(
                    "properties.externalId: another {} of yours is {external:?}.",
                    set.one()
                );
                return Err(Fault::new(StatusCode::CONFLICT, "conflict", "Already taken", detail));
            }
        }
        if after.body != before.body {
            after.updated_at = self.now;
            after.place = OnceLock::new();
            draft.put(after);
        }
        let mut insert = Insert::new(graph, draft, &context);
        for (relation, value) in relations {
            let at = format!("/{}", relation.name);
            let values = match value {
                Value::Array(values) if relation.is_many => values,
                one if !relation.is_many => vec![one],
                _ => return Err(fault::field(&at, "wrong-type", "must be an array")),
            };
            for value in values {
                let Some(key) =
                    body::reference(&value).filter(|_| relation.to != Set::Observations)
                else {
                    let detail = "holds something new: a change ties what is there, such as {\"@iot.id\":1}; create it by POST first";
                    return Err(fault::field(&at, "nested-in-change", detail));
                };
                let other = insert.find(relation.to, &key, &at)?;
                insert.tie(relation, id, other);
            }
        }
        insert.move_things();
        Ok((set, id))
    }

    /// Deletes an entity, and what cannot be without it.
    pub(super) async fn delete(&self, path: &Path) -> Result<(), Fault> {
        let draw = |graph: &Graph, draft: &mut Draft| {
            let (set, id) = self.target(graph, path)?;
            self.draw_delete(graph, draft, set, id)
        };
        self.app.registry.change(&self.app.store, draw).await
    }

    fn draw_delete(
        &self,
        graph: &Graph,
        draft: &mut Draft,
        set: Set,
        id: i64,
    ) -> Result<(), Fault> {
        if set == Set::FeaturesOfInterest
            && graph.tied(Link::FeatureDatastream, true, id).next().is_some()
        {
            let detail =
                "Observations are of this feature, and they stand in the journal: it stays.";
            return Err(Fault::new(StatusCode::CONFLICT, "in-use", "In use", detail));
        }
        let (link, is_left): (&[Link], bool) = match set {
            Set::Things => (&[Link::ThingDatastream, Link::ThingHistory], true),
            Set::Sensors => (&[Link::SensorDatastream], true),
            Set::ObservedProperties => (&[Link::PropertyDatastream], true),
            Set::Locations => (&[Link::HistoryLocation], false),
            _ => (&[], true),
        };
        for link in link {
            for other in graph.tied(*link, is_left, id) {
                // A history that names other Locations, too, stays with them.
                let is_kept = *link == Link::HistoryLocation
                    && graph.tied(Link::HistoryLocation, true, other).nth(1).is_some();
                if !is_kept {
                    self.owns(graph, other)?;
                    draft.remove(graph, other);
                }
            }
        }
        draft.remove(graph, id);
        Ok(())
    }
}
