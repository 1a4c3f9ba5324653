//! Looking from an entity, or from an Observation, along a path of the model.

use serde_json::{Value, json};

use super::evaluate::{Subject, Val, inside, time};
use super::fault;
use super::graph::{Entity, Graph};
use super::limits::FAN_MAX;
use super::model::{Kind, Link, Set};
use crate::http::problem::Fault;
use crate::store::ObservedRow;

/// An entity of the graph.
pub(super) struct Node<'a> {
    pub(super) graph: &'a Graph,
    pub(super) id: i64,
}

impl Subject for Node<'_> {
    fn look(&self, path: &[String]) -> Result<Vec<Val>, Fault> {
        let mut found = Vec::new();
        from_entity(self.graph, self.id, path, &mut found)?;
        Ok(found)
    }
}

fn from_entity(graph: &Graph, id: i64, path: &[String], found: &mut Vec<Val>) -> Result<(), Fault> {
    let (Some(entity), Some((name, rest))) = (graph.one(id), path.split_first()) else {
        return Ok(());
    };
    if matches!(name.as_str(), "id" | "@iot.id") {
        found.push(Val::Number(entity.id as f64));
    } else if let Some(relation) = entity.set.relation(name) {
        if relation.to == Set::Observations {
            let detail = "Observations are filtered from their own set: ask for Observations with a $filter on Datastream, or expand them with one.";
            return Err(fault::bad("unsupported-filter", detail));
        }
        for other in graph.related(relation, id) {
            from_entity(graph, other, rest, found)?;
            if found.len() > FAN_MAX {
                return Err(fault::limit(format!(
                    "$filter: a path leads to {FAN_MAX} values at most: ask from nearer by."
                )));
            }
        }
    } else {
        let kind = entity.set.property(name).map_or(Kind::Any, |property| property.kind);
        let value = entity.body.get(name).and_then(|value| inside(value, rest));
        found.push(value.map_or(Val::Null, |value| Val::of(value, kind)));
    }
    Ok(())
}

/// An Observation with the Datastream that it is of.
pub(super) struct Row<'a> {
    pub(super) graph: &'a Graph,
    pub(super) stored: &'a ObservedRow,
    pub(super) datastream: &'a Entity,
    /// What of the item has no column.
    rest: Value,
}

impl<'a> Row<'a> {
    /// A row whose Datastream is known here; others are nobody's to see.
    pub(super) fn of(graph: &'a Graph, row: &'a ObservedRow) -> Option<Self> {
        let id = graph.stream(row.source, row.mode, &row.datastream)?;
        let datastream = graph.one(id)?;
        let raw = row.raw.as_deref().and_then(|raw| serde_json::from_str::<Value>(raw).ok());
        Some(Self { graph, stored: row, datastream, rest: raw.unwrap_or_default() })
    }

    /// A property, as it is shown.
    pub(super) fn property(&self, name: &str) -> Value {
        match name {
            "phenomenonTime" => match self.stored.phenomenon_end {
                Some(end) => json!(format!("{}/{end}", self.stored.phenomenon_at)),
                None => json!(self.stored.phenomenon_at),
            },
            "resultTime" => json!(self.stored.result_at),
            "result" => self.result(),
            // Other dialects have words for it; what came in this one stands as it came.
            "resultQuality" => match self.rest.get(name) {
                Some(stated) => stated.clone(),
                None => json!(self.stored.quality),
            },
            _ => self.rest.get(name).cloned().unwrap_or_default(),
        }
    }

    fn result(&self) -> Value {
        if let Some(result) = self.rest.get("result") {
            return result.clone();
        }
        match (self.stored.number, &self.stored.text) {
            // Whole numbers are shown as they are mostly sent.
            (Some(n), _) if n.fract() == 0.0 && n.abs() < 9e15 => json!(n as i64),
            (Some(n), _) => json!(n),
            (None, text) => json!(text),
        }
    }

    /// What it is of: the feature that it names, or the one of the place where its Thing stood then.
    pub(super) fn feature(&self) -> Option<i64> {
        let named = self.rest.pointer("/FeatureOfInterest/@iot.id").and_then(Value::as_i64);
        if let Some(feature) = named {
            return self.graph.one(feature).map(|_| feature);
        }
        let graph = self.graph;
        let thing = graph.tied(Link::ThingDatastream, false, self.datastream.id).next()?;
        let stays: Vec<_> =
            graph.tied(Link::ThingHistory, true, thing).filter_map(|id| graph.one(id)).collect();
        let then = stays.iter().rev().find(|stay| stay.created_at <= self.stored.recorded_at);
        let stay = then.or_else(|| stays.first())?;
        graph
            .tied(Link::HistoryLocation, true, stay.id)
            .find_map(|location| graph.tied(Link::LocationFeature, true, location).next())
    }

    /// The one entity that a relation leads to.
    pub(super) fn related(&self, to: Set) -> Option<i64> {
        if to == Set::Datastreams { Some(self.datastream.id) } else { self.feature() }
    }
}

impl Subject for Row<'_> {
    fn look(&self, path: &[String]) -> Result<Vec<Val>, Fault> {
        let Some((name, rest)) = path.split_first() else { return Ok(Vec::new()) };
        if matches!(name.as_str(), "id" | "@iot.id") {
            return Ok(vec![Val::Number(self.stored.seq as f64)]);
        }
        if let Some(relation) = Set::Observations.relation(name) {
            let mut found = Vec::new();
            if let Some(other) = self.related(relation.to) {
                from_entity(self.graph, other, rest, &mut found)?;
            }
            return Ok(found);
        }
        let value = self.property(name);
        let is_time = matches!(name.as_str(), "phenomenonTime" | "resultTime" | "validTime");
        if let Some(read) = value.as_str().filter(|_| is_time).and_then(time) {
            return Ok(vec![read]);
        }
        let value = inside(&value, rest).cloned().unwrap_or_default();
        Ok(vec![Val::of(&value, Kind::Any)])
    }
}
