//! Answers to GET: one entity, a page of a set, addresses alone, or one property.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::array;
use super::evaluate;
use super::fault;
use super::limits::ANSWER_LOOKUPS_MAX;
use super::list;
use super::look::Row;
use super::model::Set;
use super::path::{Key, Path, Tail};
use super::query::{Asked, Query};
use super::render::{Render, Wanted, address, next_of};
use super::rows::{self, Of, Place};
use super::walk::{self, End, Walker};
use crate::http::problem::Fault;
use crate::state::App;

/// Somebody who reads.
pub(super) struct Reading<'a> {
    pub(super) app: &'a App,
    pub(super) walker: Walker,
    pub(super) root: &'a str,
    /// The address that was asked, without its query.
    pub(super) asked_at: String,
}

/// An answer.
pub(super) enum Answer {
    Json(Value),
    /// A raw property, as text.
    Text(String),
    /// A property that is there and has no value.
    Nothing,
}

/// What is counted over one answer.
#[derive(Default)]
struct Spent {
    n_entities: usize,
    steps: usize,
    lookups: usize,
}

impl Reading<'_> {
    fn place(&self) -> Place<'_> {
        Place {
            store: &self.app.store,
            registry: &self.app.registry,
            mode: self.walker.mode,
            now: self.app.clock.now(),
        }
    }

    /// Where the path ends.
    async fn end(&self, path: &Path) -> Result<End, Fault> {
        let Some(key) = &path.key else {
            return Ok(if path.set == Set::Observations {
                End::Rows(Of::All)
            } else {
                End::Set(path.set)
            });
        };
        if path.set != Set::Observations {
            let graph = self.app.registry.read();
            let start = walk::named(&graph, self.walker, path.set, key)?;
            return walk::on(&graph, self.walker, (path.set, start), &path.hops);
        }
        let Key::Number(seq) = key else {
            return Err(fault::not_found("Observations have numbers: Observations(1)."));
        };
        let Some((first, rest)) = path.hops.split_first() else {
            return Ok(End::Rows(Of::One(*seq, None)));
        };
        let page = rows::page(&self.place(), Of::One(*seq, None), &Query::default()).await?;
        let graph = self.app.registry.read();
        let row = page.rows.first().and_then(|row| Row::of(&graph, row));
        let row =
            row.ok_or_else(|| fault::not_found(format!("There is no Observation {seq} here.")))?;
        let other = row.related(first.relation.to);
        let none = || fault::not_found(format!("This Observation has no {}.", first.relation.name));
        walk::on(&graph, self.walker, (first.relation.to, other.ok_or_else(none)?), rest)
    }

    /// The answer to a path and a query.
    pub(super) async fn answer(&self, path: &Path, asked: &Asked) -> Result<Answer, Fault> {
        let end = self.end(path).await?;
        match &path.tail {
            Tail::Whole => self.whole(end, asked).await.map(Answer::Json),
            Tail::Refs => self.whole(end, &asked.refs()).await.map(Answer::Json),
            Tail::Property { names, is_raw } => {
                let whole = self.whole(end, &Asked::default()).await?;
                property(&whole, names, *is_raw)
            }
        }
    }

    async fn whole(&self, end: End, asked: &Asked) -> Result<Value, Fault> {
        let mut spent = Spent::default();
        let mut wanted = Vec::new();
        let query = &asked.query;
        let mut answer = match end {
            End::Rows(of @ Of::One(..)) => {
                let page = rows::page(&self.place(), of, &Query::default()).await?;
                let row = page.rows.first();
                let row =
                    row.ok_or_else(|| fault::not_found("There is no such Observation here."))?;
                self.render(&mut spent, &mut wanted, |render| render.row(row, query, ""))?
            }
            End::Rows(of) => {
                let page = rows::page(&self.place(), of, query).await?;
                let shown = self.render(&mut spent, &mut wanted, |render| {
                    let rows = page.rows.iter().enumerate();
                    rows.map(|(index, row)| render.row(row, query, &format!("/value/{index}")))
                        .collect::<Result<Vec<_>, _>>()
                })?;
                let shown =
                    if query.is_array { array::grouped(&shown, &page.rows, self) } else { shown };
                self.collection(shown, page.n, page.next, asked)
            }
            End::One(_, id) => {
                self.render(&mut spent, &mut wanted, |render| render.entity(id, query, ""))?
            }
            End::Set(_) | End::Many(..) => {
                let now = self.app.clock.now();
                let mut steps = 0;
                let page = {
                    let graph = self.app.registry.read();
                    match end {
                        End::Many(relation, id) => {
                            list::page(&graph, graph.related(relation, id), query, now, &mut steps)?
                        }
                        End::Set(set) => list::page(
                            &graph,
                            graph.of(self.walker.mode, set),
                            query,
                            now,
                            &mut steps,
                        )?,
                        _ => list::page(&graph, std::iter::empty(), query, now, &mut steps)?,
                    }
                };
                spent.steps = steps;
                let shown = self.render(&mut spent, &mut wanted, |render| {
                    let ids = page.ids.iter().enumerate();
                    ids.map(|(index, id)| render.entity(*id, query, &format!("/value/{index}")))
                        .collect::<Result<Vec<_>, _>>()
                })?;
                self.collection(shown, page.n, page.next, asked)
            }
        };
        self.fill(&mut answer, wanted, &mut spent).await?;
        Ok(answer)
    }

    fn render<T>(
        &self,
        spent: &mut Spent,
        wanted: &mut Vec<Wanted>,
        draw: impl FnOnce(&mut Render<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let graph = self.app.registry.read();
        let now = self.app.clock.now();
        let (n_entities, steps) = (&mut spent.n_entities, &mut spent.steps);
        draw(&mut Render { graph: &graph, root: self.root, now, n_entities, steps, wanted })
    }

    fn collection(
        &self,
        shown: Vec<Value>,
        n: Option<u64>,
        next: Option<usize>,
        asked: &Asked,
    ) -> Value {
        let mut collection = Map::new();
        if let Some(n) = n {
            collection.insert("@iot.count".to_owned(), json!(n));
        }
        if let Some(next) = next {
            let next = format!("{}?{}", self.asked_at, asked.next(next));
            collection.insert("@iot.nextLink".to_owned(), json!(next));
        }
        collection.insert("value".to_owned(), Value::Array(shown));
        Value::Object(collection)
    }

    /// Reads the Observations that are to be expanded, and puts them where they belong.
    async fn fill(
        &self,
        answer: &mut Value,
        wanted: Vec<Wanted>,
        spent: &mut Spent,
    ) -> Result<(), Fault> {
        let mut wanted = VecDeque::from(wanted);
        while let Some(Wanted { at, of, query, address }) = wanted.pop_front() {
            spent.lookups += 1;
            if spent.lookups > ANSWER_LOOKUPS_MAX {
                return Err(fault::limit(format!(
                    "$expand: Observations are looked up for {ANSWER_LOOKUPS_MAX} entities of one answer at most: use a smaller $top."
                )));
            }
            let page = rows::page(&self.place(), of, &query).await?;
            let mut more = Vec::new();
            let shown = self.render(spent, &mut more, |render| {
                let rows = page.rows.iter().enumerate();
                rows.map(|(index, row)| {
                    render.row(row, &query, &format!("{at}/Observations/{index}"))
                })
                .collect::<Result<Vec<_>, _>>()
            })?;
            wanted.extend(more);
            let Some(Value::Object(object)) = answer.pointer_mut(&at) else { continue };
            if let Some(n) = page.n {
                object.insert("Observations@iot.count".to_owned(), json!(n));
            }
            if let Some(next) = page.next {
                let next = next_of(&address, &query, next);
                object.insert("Observations@iot.nextLink".to_owned(), json!(next));
            }
            object.insert("Observations".to_owned(), Value::Array(shown));
        }
        Ok(())
    }

    /// The address of a Datastream.
    pub(super) fn datastream(&self, id: i64) -> String {
        address(self.root, Set::Datastreams, id)
    }
}

fn property(whole: &Value, names: &[String], is_raw: bool) -> Result<Answer, Fault> {
    let Some((first, rest)) = names.split_first() else { return Ok(Answer::Nothing) };
    let first = if first == "id" { "@iot.id" } else { first };
    let value = whole.get(first).and_then(|value| evaluate::inside(value, rest));
    let name = names.last().map_or(first, String::as_str);
    match value {
        None if !rest.is_empty() => {
            Err(fault::not_found(format!("There is no {} here.", names.join("/"))))
        }
        None | Some(Value::Null) => Ok(Answer::Nothing),
        Some(Value::String(text)) if is_raw => Ok(Answer::Text(text.clone())),
        Some(other) if is_raw => Ok(Answer::Text(other.to_string())),
        Some(value) => Ok(Answer::Json(json!({ name: value }))),
    }
}
