//! Which entities of the graph a query means, in which order. All of it in memory, within a number of steps.

use std::cmp::Ordering;

use wire::time::Timestamp;

use super::evaluate::{Subject, Val, holds};
use super::expression::Expression;
use super::fault;
use super::graph::Graph;
use super::limits::STEPS_MAX;
use super::look::Node;
use super::query::Query;
use crate::http::problem::Fault;

/// A page of entities.
pub(super) struct Page {
    pub(super) ids: Vec<i64>,
    /// All that fit, if that was asked.
    pub(super) n: Option<u64>,
    /// What the next page passes over, if there is one.
    pub(super) next: Option<usize>,
}

/// The entities that a query means, out of these.
pub(super) fn page(
    graph: &Graph,
    candidates: impl Iterator<Item = i64>,
    query: &Query,
    now: Timestamp,
    steps: &mut usize,
) -> Result<Page, Fault> {
    let top = query.page();
    let mut fit = Vec::new();
    let mut n = 0;
    let is_all = query.is_counted || !query.order.is_empty();
    let is_spatial = query.filter.as_ref().is_some_and(Expression::is_spatial);
    for id in candidates {
        if let Some(filter) = &query.filter {
            step(steps, if is_spatial { graph.weight(id) } else { 1 })?;
            if !holds(filter, &Node { graph, id }, now)? {
                continue;
            }
        }
        n += 1;
        fit.push(id);
        // One more than the page, which says that there is another.
        if !is_all && fit.len() > query.skip + top {
            break;
        }
    }
    if !query.order.is_empty() {
        let mut keyed = fit
            .into_iter()
            .map(|id| {
                step(steps, 1)?;
                Ok((keys(graph, id, query)?, id))
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        keyed.sort_by(|(a, x), (b, y)| by_keys(a, b, query).then(x.cmp(y)));
        fit = keyed.into_iter().map(|(_, id)| id).collect();
    }
    let is_more = fit.len() > query.skip + top;
    let ids: Vec<i64> = fit.into_iter().skip(query.skip).take(top).collect();
    let next = is_more.then_some(query.skip + top);
    Ok(Page { ids, n: query.is_counted.then_some(n), next })
}

fn step(steps: &mut usize, n: usize) -> Result<(), Fault> {
    *steps += n;
    if *steps > STEPS_MAX {
        return Err(fault::limit(format!(
            "{STEPS_MAX} steps are gone for one answer at most, one for each entity and more for shapes: ask from nearer by, such as Things(1)/Datastreams."
        )));
    }
    Ok(())
}

fn keys(graph: &Graph, id: i64, query: &Query) -> Result<Vec<Val>, Fault> {
    let node = Node { graph, id };
    query
        .order
        .iter()
        .map(|(path, _)| Ok(node.look(path)?.into_iter().next().unwrap_or(Val::Null)))
        .collect()
}

fn by_keys(a: &[Val], b: &[Val], query: &Query) -> Ordering {
    for ((a, b), (_, is_down)) in a.iter().zip(b).zip(&query.order) {
        let order = if *is_down { b.order(a) } else { a.order(b) };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
