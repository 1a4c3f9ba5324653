//! Entities and Observations as they are shown: properties, what is expanded, and addresses for the rest.

use serde_json::{Map, Value, json};
use wire::time::Timestamp;

use super::fault;
use super::graph::Graph;
use super::limits::ANSWER_ENTITIES_MAX;
use super::list;
use super::look::Row;
use super::model::{Relation, Set};
use super::query::{Expand, Query};
use super::rows::Of;
use crate::http::problem::Fault;
use crate::store::ObservedRow;

/// Observations that are to be read and put into the answer.
pub(super) struct Wanted {
    /// Where in the answer: a JSON pointer to the object.
    pub(super) at: String,
    pub(super) of: Of,
    pub(super) query: Query,
    /// The address of the collection.
    pub(super) address: String,
}

/// An answer under way.
pub(super) struct Render<'a> {
    pub(super) graph: &'a Graph,
    /// The root's address.
    pub(super) root: &'a str,
    pub(super) now: Timestamp,
    pub(super) n_entities: &'a mut usize,
    pub(super) steps: &'a mut usize,
    pub(super) wanted: &'a mut Vec<Wanted>,
}

/// The address of an entity.
pub(super) fn address(root: &str, set: Set, id: i64) -> String {
    format!("{root}/{}({id})", set.word())
}

impl Render<'_> {
    fn one_more(&mut self) -> Result<(), Fault> {
        *self.n_entities += 1;
        if *self.n_entities > ANSWER_ENTITIES_MAX {
            return Err(fault::limit(format!(
                "An answer holds {ANSWER_ENTITIES_MAX} entities at most, expanded ones included: use a smaller $top, also inside $expand."
            )));
        }
        Ok(())
    }

    /// An entity of the graph; `at` is where it will stand.
    pub(super) fn entity(&mut self, id: i64, query: &Query, at: &str) -> Result<Value, Fault> {
        self.one_more()?;
        let Some(entity) = self.graph.one(id).cloned() else { return Ok(Value::Null) };
        let mut shown = head(self.root, entity.set, id, query);
        for property in entity.set.properties().iter().filter(|property| query.shows(property.name))
        {
            if let Some(value) = entity.body.get(property.name) {
                shown.insert(property.name.to_owned(), value.clone());
            }
        }
        let own = address(self.root, entity.set, id);
        for relation in entity.set.relations() {
            match query.expand.iter().find(|expand| expand.relation.name == relation.name) {
                Some(expand) => self.expanded(id, expand, &own, at, &mut shown)?,
                None => navigation(relation, &own, query, &mut shown),
            }
        }
        Ok(Value::Object(shown))
    }

    fn expanded(
        &mut self,
        id: i64,
        expand: &Expand,
        own: &str,
        at: &str,
        shown: &mut Map<String, Value>,
    ) -> Result<(), Fault> {
        let (relation, query) = (expand.relation, &expand.query);
        let address = format!("{own}/{}", relation.name);
        if relation.to == Set::Observations {
            let is_feature = own.contains("/FeaturesOfInterest(");
            let of = if is_feature { Of::Feature(id) } else { Of::Datastream(id) };
            let query = query.clone();
            self.wanted.push(Wanted { at: at.to_owned(), of, query, address });
            return Ok(());
        }
        if !relation.is_many {
            let other = self.graph.related(relation, id).next();
            let within = format!("{at}/{}", relation.name);
            let value = match other {
                Some(other) => self.entity(other, query, &within)?,
                None => Value::Null,
            };
            shown.insert(relation.name.to_owned(), value);
            return Ok(());
        }
        let all: Vec<i64> = self.graph.related(relation, id).collect();
        let page = list::page(self.graph, all.into_iter(), query, self.now, self.steps)?;
        let mut values = Vec::with_capacity(page.ids.len());
        for (index, other) in page.ids.into_iter().enumerate() {
            values.push(self.entity(other, query, &format!("{at}/{}/{index}", relation.name))?);
        }
        around(relation, page.n, page.next.map(|skip| next_of(&address, query, skip)), shown);
        shown.insert(relation.name.to_owned(), Value::Array(values));
        Ok(())
    }

    /// An Observation.
    pub(super) fn row(
        &mut self,
        row: &ObservedRow,
        query: &Query,
        at: &str,
    ) -> Result<Value, Fault> {
        self.one_more()?;
        let id = row.seq as i64;
        let Some(subject) = Row::of(self.graph, row) else { return Ok(Value::Null) };
        let mut shown = head(self.root, Set::Observations, id, query);
        for property in Set::Observations.properties() {
            if !query.shows(property.name) {
                continue;
            }
            let value = subject.property(property.name);
            let is_always = matches!(property.name, "phenomenonTime" | "result" | "resultTime");
            if is_always || !value.is_null() {
                shown.insert(property.name.to_owned(), value);
            }
        }
        let own = address(self.root, Set::Observations, id);
        for relation in Set::Observations.relations() {
            let expand = query.expand.iter().find(|expand| expand.relation.name == relation.name);
            let Some(expand) = expand else {
                navigation(relation, &own, query, &mut shown);
                continue;
            };
            let within = format!("{at}/{}", relation.name);
            let value = match subject.related(relation.to) {
                Some(other) => self.entity(other, &expand.query, &within)?,
                None => Value::Null,
            };
            shown.insert(relation.name.to_owned(), value);
        }
        Ok(Value::Object(shown))
    }
}

fn head(root: &str, set: Set, id: i64, query: &Query) -> Map<String, Value> {
    let mut shown = Map::new();
    let is_all = query.select.is_empty();
    if is_all || query.shows("id") || query.shows("@iot.id") {
        shown.insert("@iot.id".to_owned(), json!(id));
    }
    if is_all || query.shows("@iot.selfLink") {
        shown.insert("@iot.selfLink".to_owned(), json!(address(root, set, id)));
    }
    shown
}

fn navigation(relation: &Relation, own: &str, query: &Query, shown: &mut Map<String, Value>) {
    if query.shows(relation.name) {
        let name = format!("{}@iot.navigationLink", relation.name);
        shown.insert(name, json!(format!("{own}/{}", relation.name)));
    }
}

/// The count and the next page of a collection that is expanded.
pub(super) fn around(
    relation: &Relation,
    n: Option<u64>,
    next: Option<String>,
    shown: &mut Map<String, Value>,
) {
    if let Some(n) = n {
        shown.insert(format!("{}@iot.count", relation.name), json!(n));
    }
    if let Some(next) = next {
        shown.insert(format!("{}@iot.nextLink", relation.name), json!(next));
    }
}

/// The address of the rest of an expanded collection.
pub(super) fn next_of(address: &str, query: &Query, skip: usize) -> String {
    let written = query.written.iter().filter(|(name, _)| name != "$skip");
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in written {
        text.append_pair(name, value);
    }
    text.append_pair("$skip", &skip.to_string());
    format!("{address}?{}", text.finish())
}
