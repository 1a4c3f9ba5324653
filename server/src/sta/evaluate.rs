//! What an expression says of one entity or Observation. A path may lead to several values, by a relation to many: a comparison holds if it holds for one of them.

use std::cmp::Ordering;

use geo::{Distance, Euclidean, Geometry, Length, Relate};
use serde_json::Value;
use wire::time::Timestamp;

use super::expression::{Expression, Function, Literal, Op};
use super::fault;
use super::limits::FAN_MAX;
use super::model::Kind;
use super::shape;
use crate::http::problem::Fault;

/// What `mindatetime()` gives: the first moment that can be written.
const EARLIEST: Timestamp = Timestamp(-62_167_219_200_000);
/// What `maxdatetime()` gives: the last one.
const LATEST: Timestamp = Timestamp(253_402_300_799_999);

/// Nothing: what constants are asked of.
pub(super) struct Nothing;

impl Subject for Nothing {
    fn look(&self, _path: &[String]) -> Result<Vec<Val>, Fault> {
        Ok(Vec::new())
    }
}

/// A value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Val {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Time(Timestamp, Timestamp),
    Duration(i64),
    Json(Value),
    Shape(Box<Geometry<f64>>),
}

/// What is asked about.
pub(super) trait Subject {
    /// The values to which a path leads.
    fn look(&self, path: &[String]) -> Result<Vec<Val>, Fault>;
}

impl Val {
    /// A value of JSON, read as its property is.
    pub(super) fn of(value: &Value, kind: Kind) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(is) => Self::Bool(*is),
            Value::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Value::String(text) if matches!(kind, Kind::Moment | Kind::Span) => {
                time(text).unwrap_or_else(|| Self::Text(text.clone()))
            }
            Value::String(text) => Self::Text(text.clone()),
            other => Self::Json(other.clone()),
        }
    }

    fn shape(&self) -> Option<Geometry<f64>> {
        match self {
            Self::Shape(shape) => Some((**shape).clone()),
            Self::Json(json) => shape::of_geojson(json),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(is) => Some(is.to_string()),
            Self::Time(from, _) => Some(from.to_string()),
            Self::Null | Self::Duration(_) | Self::Json(_) | Self::Shape(_) => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn moment(&self) -> Option<Timestamp> {
        match self {
            Self::Time(from, _) => Some(*from),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The order in which values of a column stand.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        fn rank(value: &Val) -> u8 {
            match value {
                Val::Null => 0,
                Val::Bool(_) => 1,
                Val::Number(_) => 2,
                Val::Text(_) => 3,
                Val::Time(..) => 4,
                Val::Duration(_) => 5,
                Val::Json(_) | Val::Shape(_) => 6,
            }
        }
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Time(a, x), Self::Time(b, y)) => (a, x).cmp(&(b, y)),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// A moment or an interval.
pub(super) fn time(text: &str) -> Option<Val> {
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    Some(Val::Time(from.parse().ok()?, to.parse().ok()?))
}

/// What a path leads to inside a JSON value.
pub(super) fn inside<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Whether the expression holds.
pub(super) fn holds(
    expression: &Expression,
    subject: &dyn Subject,
    now: Timestamp,
) -> Result<bool, Fault> {
    let values = evaluate(expression, subject, now)?;
    Ok(values.contains(&Val::Bool(true)))
}

/// The values of an expression.
pub(super) fn evaluate(
    expression: &Expression,
    subject: &dyn Subject,
    now: Timestamp,
) -> Result<Vec<Val>, Fault> {
    Ok(match expression {
        Expression::Literal(literal) => vec![constant(literal)],
        Expression::Path(path) => subject.look(path)?,
        Expression::Not(one) => vec![Val::Bool(!holds(one, subject, now)?)],
        Expression::And(left, right) => {
            vec![Val::Bool(holds(left, subject, now)? && holds(right, subject, now)?)]
        }
        Expression::Or(left, right) => {
            vec![Val::Bool(holds(left, subject, now)? || holds(right, subject, now)?)]
        }
        Expression::Binary(op, left, right) => {
            let (left, right) = (evaluate(left, subject, now)?, evaluate(right, subject, now)?);
            pairs(&left, &right, |a, b| binary(*op, a, b))?
        }
        Expression::Call(Function::Now, _) => vec![Val::Time(now, now)],
        Expression::Call(Function::Mindatetime, _) => vec![Val::Time(EARLIEST, EARLIEST)],
        Expression::Call(Function::Maxdatetime, _) => vec![Val::Time(LATEST, LATEST)],
        Expression::Call(function, arguments) => {
            let mut all = arguments.iter().map(|one| evaluate(one, subject, now));
            let first = all.next().transpose()?.unwrap_or_default();
            let second = all.next().transpose()?.unwrap_or_else(|| vec![Val::Null]);
            let third = all.next().transpose()?.and_then(|values| values.into_iter().next());
            pairs(&first, &second, |a, b| call(*function, a, b, third.as_ref()))?
        }
    })
}

fn pairs(left: &[Val], right: &[Val], of: impl Fn(&Val, &Val) -> Val) -> Result<Vec<Val>, Fault> {
    if left.len().saturating_mul(right.len()) > FAN_MAX {
        return Err(fault::limit(format!(
            "$filter: a comparison looks at {FAN_MAX} values at most: ask from nearer by."
        )));
    }
    Ok(left.iter().flat_map(|a| right.iter().map(|b| of(a, b)).collect::<Vec<_>>()).collect())
}

fn constant(literal: &Literal) -> Val {
    match literal {
        Literal::Null => Val::Null,
        Literal::Bool(is) => Val::Bool(*is),
        Literal::Number(number) => Val::Number(*number),
        Literal::Text(text) => Val::Text(text.clone()),
        Literal::Time(from, to) => Val::Time(*from, *to),
        Literal::Duration(ms) => Val::Duration(*ms),
        Literal::Shape(shape) => Val::Shape(shape.clone()),
    }
}

fn binary(op: Op, left: &Val, right: &Val) -> Val {
    let arithmetic = |of: fn(f64, f64) -> f64| match (left.number(), right.number()) {
        (Some(a), Some(b)) => {
            Some(of(a, b)).filter(|n| n.is_finite()).map_or(Val::Null, Val::Number)
        }
        _ => Val::Null,
    };
    match (op, left, right) {
        (Op::Add, Val::Time(from, to), Val::Duration(ms)) => {
            return Val::Time(from.plus_ms(*ms), to.plus_ms(*ms));
        }
        (Op::Sub, Val::Time(from, to), Val::Duration(ms)) => {
            return Val::Time(from.plus_ms(-*ms), to.plus_ms(-*ms));
        }
        (Op::Sub, Val::Time(from, _), Val::Time(other, _)) => {
            return Val::Duration(from.ms_since(*other));
        }
        _ => {}
    }
    match op {
        Op::Add => arithmetic(|a, b| a + b),
        Op::Sub => arithmetic(|a, b| a - b),
        Op::Mul => arithmetic(|a, b| a * b),
        Op::Div => arithmetic(|a, b| a / b),
        Op::Mod => arithmetic(|a, b| a % b),
        compared => Val::Bool(compare(compared, left, right)),
    }
}

fn of_order(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        _ => order.is_le(),
    }
}

fn compare(op: Op, left: &Val, right: &Val) -> bool {
    match (left, right) {
        (Val::Null, Val::Null) => op == Op::Eq,
        (Val::Number(a), Val::Number(b)) => of_order(op, a.total_cmp(b)),
        (Val::Text(a), Val::Text(b)) => of_order(op, a.cmp(b)),
        (Val::Bool(a), Val::Bool(b)) => of_order(op, a.cmp(b)),
        (Val::Duration(a), Val::Duration(b)) => of_order(op, a.cmp(b)),
        (Val::Time(a, x), Val::Time(b, y)) => match op {
            // Of intervals one lies after another when it begins after that ends.
            Op::Gt => a > y,
            Op::Ge => a >= b,
            Op::Lt => x < b,
            Op::Le => x <= y,
            Op::Eq => (a, x) == (b, y),
            _ => (a, x) != (b, y),
        },
        (Val::Text(text), Val::Time(..)) => {
            time(text).map_or(op == Op::Ne, |read| compare(op, &read, right))
        }
        (Val::Time(..), Val::Text(text)) => {
            time(text).map_or(op == Op::Ne, |read| compare(op, left, &read))
        }
        _ => op == Op::Ne,
    }
}

fn call(function: Function, first: &Val, second: &Val, third: Option<&Val>) -> Val {
    use Function as F;
    match function {
        F::Substringof | F::Contains | F::Startswith | F::Endswith | F::Concat | F::Indexof => {
            let (Some(a), Some(b)) = (first.text(), second.text()) else { return Val::Null };
            match function {
                // The other way round than all the rest, since OData 2.
                F::Substringof => Val::Bool(b.contains(&a)),
                F::Contains => Val::Bool(a.contains(&b)),
                F::Startswith => Val::Bool(a.starts_with(&b)),
                F::Endswith => Val::Bool(a.ends_with(&b)),
                F::Concat => Val::Text(a + &b),
                _ => {
                    let before = a.find(&b).and_then(|at| a.get(..at));
                    Val::Number(before.map_or(-1.0, |before| before.chars().count() as f64))
                }
            }
        }
        F::Substring => {
            let (Some(text), Some(from)) = (first.text(), second.number()) else {
                return Val::Null;
            };
            let n = third.and_then(Val::number).map_or(usize::MAX, |n| n.max(0.0) as usize);
            Val::Text(text.chars().skip(from.max(0.0) as usize).take(n).collect())
        }
        F::Length | F::Tolower | F::Toupper | F::Trim => {
            let Some(text) = first.text() else { return Val::Null };
            match function {
                F::Length => Val::Number(text.chars().count() as f64),
                F::Tolower => Val::Text(text.to_lowercase()),
                F::Toupper => Val::Text(text.to_uppercase()),
                _ => Val::Text(text.trim().to_owned()),
            }
        }
        F::Round => first.number().map_or(Val::Null, |n| Val::Number(n.round())),
        F::Floor => first.number().map_or(Val::Null, |n| Val::Number(n.floor())),
        F::Ceiling => first.number().map_or(Val::Null, |n| Val::Number(n.ceil())),
        F::Year
        | F::Month
        | F::Day
        | F::Hour
        | F::Minute
        | F::Second
        | F::Fractionalseconds
        | F::Date
        | F::Time
        | F::Totaloffsetminutes => {
            first.moment().and_then(|at| part(function, at)).unwrap_or(Val::Null)
        }
        F::Now | F::Mindatetime | F::Maxdatetime => Val::Null,
        _ => spatial(function, first, second, third),
    }
}

/// A part of a moment, in UTC.
fn part(function: Function, at: Timestamp) -> Option<Val> {
    // `2026-11-23T10:00:00.000Z`, whose parts stand at fixed places.
    let text = at.to_string();
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<f64>().ok().map(Val::Number);
    match function {
        Function::Year => number(0, 4),
        Function::Month => number(5, 7),
        Function::Day => number(8, 10),
        Function::Hour => number(11, 13),
        Function::Minute => number(14, 16),
        Function::Second => number(17, 19),
        // All times are told in UTC.
        Function::Totaloffsetminutes => Some(Val::Number(0.0)),
        Function::Time => {
            text.get(11..).map(|time| Val::Text(time.trim_end_matches('Z').to_owned()))
        }
        Function::Date => text.get(0..10).map(|day| Val::Text(day.to_owned())),
        _ => Some(Val::Number(at.0.rem_euclid(1_000) as f64 / 1_000.0)),
    }
}

fn length(shape: &Geometry<f64>) -> f64 {
    match shape {
        Geometry::LineString(line) => Euclidean.length(line),
        Geometry::MultiLineString(lines) => Euclidean.length(lines),
        _ => 0.0,
    }
}

fn spatial(function: Function, first: &Val, second: &Val, third: Option<&Val>) -> Val {
    if function == Function::LengthOf {
        return first.shape().map_or(Val::Null, |shape| Val::Number(length(&shape)));
    }
    let (Some(a), Some(b)) = (first.shape(), second.shape()) else { return Val::Null };
    if function == Function::GeoDistance {
        // Degrees, as the reference server has it for points of longitude and latitude.
        return Val::Number(Euclidean.distance(&a, &b));
    }
    let relation = a.relate(&b);
    if function == Function::Relate {
        let matrix = third.and_then(Val::text).unwrap_or_default();
        return relation.matches(&matrix).map_or(Val::Null, Val::Bool);
    }
    Val::Bool(match function {
        Function::Within => relation.is_within(),
        Function::Contained => relation.is_contains(),
        Function::Disjoint => relation.is_disjoint(),
        Function::Equals => relation.is_equal_topo(),
        Function::Touches => relation.is_touches(),
        Function::Overlaps => relation.is_overlaps(),
        Function::Crosses => relation.is_crosses(),
        _ => relation.is_intersects(),
    })
}
