//! Which Observations a query means. What compares a time, an id or a result with a constant is asked of the database; what is left of the filter is tried on
//! what it gives, within a number of rows.

use std::sync::Arc;

use wire::time::Timestamp;
use wire::view::Mode;

use super::evaluate::{Nothing, Val, evaluate, holds};
use super::expression::{Expression, Literal, Op};
use super::fault;
use super::graph::Graph;
use super::limits::{COUNT_MAX, SCAN_PAGE, SCAN_ROWS_MAX, STEPS_MAX, STREAMS_MAX};
use super::look::Row;
use super::model::{Link, Set};
use super::query::Query;
use super::registry::Registry;
use crate::http::problem::Fault;
use crate::store::{Column, Comparison, Number, ObservedQuery, ObservedRow, Store};

/// Whose Observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    All,
    Datastream(i64),
    Feature(i64),
    /// One by its number, perhaps of a Datastream or feature.
    One(i64, Option<(Set, i64)>),
}

/// A page of Observations.
pub(super) struct Page {
    pub(super) rows: Vec<ObservedRow>,
    pub(super) n: Option<u64>,
    pub(super) next: Option<usize>,
}

/// Where Observations are read.
pub(super) struct Place<'a> {
    pub(super) store: &'a Store,
    pub(super) registry: &'a Arc<Registry>,
    pub(super) mode: Mode,
    pub(super) now: Timestamp,
}

/// What the database is asked, and what of the filter is left to try.
struct Plan {
    asked: ObservedQuery,
    left: Option<Expression>,
    feature: Option<i64>,
}

fn plan(graph: &Graph, of: Of, query: &Query, mode: Mode, now: Timestamp) -> Result<Plan, Fault> {
    let named = |ids: Vec<i64>| {
        let entity =
            |id: i64| graph.one(id).and_then(|one| Some((one.source, one.stream.clone()?)));
        ids.into_iter().filter_map(entity).collect::<Vec<_>>()
    };
    let (mut bounds, mut left) = (Vec::new(), Vec::new());
    let mut streams = match of {
        Of::All => None,
        Of::Datastream(id) => Some(named(vec![id])),
        Of::Feature(id) => {
            let used: Vec<i64> = graph.tied(Link::FeatureDatastream, true, id).collect();
            (used.len() <= STREAMS_MAX).then(|| named(used))
        }
        Of::One(seq, parent) => {
            bounds.push((Column::Seq, Comparison::Is, Number::Whole(seq)));
            parent.filter(|(set, _)| *set == Set::Datastreams).map(|(_, id)| named(vec![id]))
        }
    };
    if let Some(filter) = &query.filter {
        for part in parts(filter) {
            if let Some(more) = bound(part, now) {
                bounds.extend(more);
            } else if let (None, Some(id)) = (&streams, one_datastream(part, now)) {
                let known = graph.one(id).is_some_and(|one| one.mode == mode);
                streams = Some(if known { named(vec![id]) } else { Vec::new() });
            } else {
                left.push(part.clone());
            }
        }
    }
    let order = query.order.iter().map(|(path, is_down)| Ok((column(path)?, *is_down)));
    let mut order = order.collect::<Result<Vec<_>, Fault>>()?;
    if order.is_empty() && streams.as_ref().is_some_and(|streams| streams.len() == 1) {
        // As the index has it.
        order.push((Column::PhenomenonAt, false));
    }
    let left = left.into_iter().reduce(|a, b| Expression::And(Box::new(a), Box::new(b)));
    let feature = match of {
        Of::Feature(id) | Of::One(_, Some((Set::FeaturesOfInterest, id))) => Some(id),
        _ => None,
    };
    let asked = ObservedQuery { mode, streams, bounds, order, limit: 0, offset: 0 };
    Ok(Plan { asked, left, feature })
}

/// What has to hold all together.
fn parts(filter: &Expression) -> Vec<&Expression> {
    match filter {
        Expression::And(left, right) => {
            let mut all = parts(left);
            all.extend(parts(right));
            all
        }
        one => vec![one],
    }
}

fn column(path: &[String]) -> Result<Column, Fault> {
    let name = path.first().map(String::as_str).unwrap_or_default();
    match name {
        "id" | "@iot.id" => Ok(Column::Seq),
        "phenomenonTime" => Ok(Column::PhenomenonAt),
        "resultTime" => Ok(Column::ResultAt),
        "result" => Ok(Column::Number),
        _ => Err(fault::bad(
            "unsupported-order",
            "$orderby: Observations are ordered by id, phenomenonTime, resultTime or result.",
        )),
    }
}

fn turned(op: Op) -> Op {
    match op {
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        other => other,
    }
}

fn compared(op: Op) -> Option<Comparison> {
    Some(match op {
        Op::Eq => Comparison::Is,
        Op::Ne => Comparison::IsNot,
        Op::Gt => Comparison::Above,
        Op::Ge => Comparison::AtLeast,
        Op::Lt => Comparison::Below,
        Op::Le => Comparison::AtMost,
        _ => return None,
    })
}

/// The value of what names no property, such as `now() sub duration'P1D'`.
fn constant(expression: &Expression, now: Timestamp) -> Option<Literal> {
    let mut paths = Vec::new();
    expression.paths(&mut paths);
    let values = evaluate(expression, &Nothing, now).ok().filter(|_| paths.is_empty())?;
    match values.as_slice() {
        [Val::Number(number)] => Some(Literal::Number(*number)),
        [Val::Time(from, to)] => Some(Literal::Time(*from, *to)),
        _ => None,
    }
}

/// `name op constant`, whichever stands first.
fn sides(part: &Expression, now: Timestamp) -> Option<(&[String], Op, Literal)> {
    let Expression::Binary(op, left, right) = part else { return None };
    match (&**left, &**right) {
        (Expression::Path(path), other) => Some((path, *op, constant(other, now)?)),
        (other, Expression::Path(path)) => Some((path, turned(*op), constant(other, now)?)),
        _ => None,
    }
}

/// What the database can hold for this part, exactly.
fn bound(part: &Expression, now: Timestamp) -> Option<Vec<(Column, Comparison, Number)>> {
    let (path, op, literal) = sides(part, now)?;
    let comparison = compared(op)?;
    let [name] = path else { return None };
    match (name.as_str(), literal) {
        ("id" | "@iot.id", Literal::Number(n)) if n.fract() == 0.0 && n.abs() < 9e15 => {
            Some(vec![(Column::Seq, comparison, Number::Whole(n as i64))])
        }
        ("result", Literal::Number(n)) if op != Op::Ne => {
            Some(vec![(Column::Number, comparison, Number::Real(n))])
        }
        ("resultTime", Literal::Time(from, to)) if from == to && op != Op::Ne => {
            Some(vec![(Column::ResultAt, comparison, Number::Whole(from.0))])
        }
        ("phenomenonTime", Literal::Time(from, to)) => {
            let (from, to) = (Number::Whole(from.0), Number::Whole(to.0));
            match op {
                Op::Gt => Some(vec![(Column::PhenomenonAt, Comparison::Above, to)]),
                Op::Ge => Some(vec![(Column::PhenomenonAt, Comparison::AtLeast, from)]),
                // The first for the index, the second for intervals.
                Op::Lt => Some(vec![
                    (Column::PhenomenonAt, Comparison::Below, from),
                    (Column::PhenomenonEnd, Comparison::Below, from),
                ]),
                Op::Le => Some(vec![
                    (Column::PhenomenonAt, Comparison::AtMost, to),
                    (Column::PhenomenonEnd, Comparison::AtMost, to),
                ]),
                Op::Eq => Some(vec![
                    (Column::PhenomenonAt, Comparison::Is, from),
                    (Column::PhenomenonEnd, Comparison::Is, to),
                ]),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `Datastream/id eq n`.
fn one_datastream(part: &Expression, now: Timestamp) -> Option<i64> {
    let (path, op, literal) = sides(part, now)?;
    let [relation, id] = path else { return None };
    match literal {
        Literal::Number(n)
            if op == Op::Eq
                && relation == "Datastream"
                && matches!(id.as_str(), "id" | "@iot.id") =>
        {
            Some(n as i64)
        }
        _ => None,
    }
}

/// The Observations that a query means.
pub(super) async fn page(place: &Place<'_>, of: Of, query: &Query) -> Result<Page, Fault> {
    let plan = plan(&place.registry.read(), of, query, place.mode, place.now)?;
    if plan.asked.streams.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Page { rows: Vec::new(), n: query.is_counted.then_some(0), next: None });
    }
    if plan.left.is_some() || plan.feature.is_some() {
        return scan(place, plan, query).await;
    }
    let mut asked = plan.asked;
    if asked.streams.is_none() && !query.order.is_empty() {
        // Sorting all of a city takes as long as there are rows: not for one answer.
        let n = place.store.observed_count(&asked, SCAN_ROWS_MAX as u64 + 1).await?;
        if n > SCAN_ROWS_MAX as u64 {
            return Err(fault::limit(format!(
                "$orderby: {SCAN_ROWS_MAX} Observations of all Datastreams are sorted for one answer at most: ask one Datastream, or narrow it by phenomenonTime."
            )));
        }
    }
    let n = if query.is_counted { Some(count(place, &asked).await?) } else { None };
    let top = query.page();
    (asked.limit, asked.offset) = (top + 1, query.skip);
    let mut rows = place.store.observed(&asked).await?;
    let next = (rows.len() > top).then_some(query.skip + top);
    rows.truncate(top);
    Ok(Page { rows, n, next })
}

async fn count(place: &Place<'_>, asked: &ObservedQuery) -> Result<u64, Fault> {
    let n = place.store.observed_count(asked, COUNT_MAX + 1).await?;
    if n > COUNT_MAX {
        return Err(fault::limit(format!(
            "$count counts {COUNT_MAX} Observations at most: narrow it by phenomenonTime."
        )));
    }
    Ok(n)
}

async fn scan(place: &Place<'_>, plan: Plan, query: &Query) -> Result<Page, Fault> {
    let Plan { mut asked, left, feature } = plan;
    let top = query.page();
    let (mut fit, mut n, mut n_read, mut steps) = (Vec::new(), 0_usize, 0_usize, 0_usize);
    let is_spatial = left.as_ref().is_some_and(Expression::is_spatial);
    asked.limit = SCAN_PAGE;
    loop {
        asked.offset = n_read;
        let rows = place.store.observed(&asked).await?;
        let is_last = rows.len() < SCAN_PAGE;
        n_read += rows.len();
        {
            let graph = place.registry.read();
            for row in rows {
                let Some(subject) = Row::of(&graph, &row) else { continue };
                if feature.is_some_and(|feature| subject.feature() != Some(feature)) {
                    continue;
                }
                if is_spatial {
                    steps += subject.feature().map_or(1, |feature| graph.weight(feature));
                }
                if let Some(left) = &left
                    && !holds(left, &subject, place.now)?
                {
                    continue;
                }
                n += 1;
                if n > query.skip && fit.len() <= top {
                    fit.push(row);
                }
            }
        }
        if is_last || (!query.is_counted && fit.len() > top) {
            break;
        }
        if n_read >= SCAN_ROWS_MAX || steps >= STEPS_MAX {
            return Err(fault::limit(format!(
                "$filter: {SCAN_ROWS_MAX} Observations are looked at for one answer at most: narrow it by phenomenonTime or by Datastream."
            )));
        }
    }
    let next = (fit.len() > top).then_some(query.skip + top);
    fit.truncate(top);
    Ok(Page { rows: fit, n: query.is_counted.then_some(n as u64), next })
}
