//! Expressions of `$filter` and `$orderby` (18-088, section 9.3.3.5; `OData` 4.0, part 2): from text to a tree, bounded in nodes and depth.

use geo::Geometry;
use winnow::ascii::{digit1, multispace0, multispace1};
use winnow::combinator::{alt, cut_err, delimited, fail, opt, preceded, repeat, separated};
use winnow::error::{StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::stream::Stateful;
use winnow::token::{one_of, take_till, take_while};
use wire::time::Timestamp;

use super::limits::{NESTING_MAX, NODES_MAX};
use super::shape;

/// What may still be spent on one query.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    nodes: usize,
    depth: usize,
    expands: usize,
}

impl Spent {
    /// One `$expand` deeper; gives how deep that is.
    pub(super) fn deeper(&mut self) -> usize {
        self.expands += 1;
        self.expands
    }

    /// Out of it again.
    pub(super) fn back(&mut self) {
        self.expands = self.expands.saturating_sub(1);
    }
}

/// Text that is being read.
pub(super) type Input<'a> = Stateful<&'a str, Spent>;

/// Text at its beginning.
pub(super) fn input(text: &str) -> Input<'_> {
    Stateful { input: text, state: Spent::default() }
}

/// Comparisons and arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A moment, or an interval.
    Time(Timestamp, Timestamp),
    /// A length of time in milliseconds.
    Duration(i64),
    Shape(Box<Geometry<f64>>),
}

/// The functions that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Substringof,
    Contains,
    Startswith,
    Endswith,
    Length,
    Indexof,
    Substring,
    Tolower,
    Toupper,
    Trim,
    Concat,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fractionalseconds,
    Date,
    Time,
    Totaloffsetminutes,
    Mindatetime,
    Maxdatetime,
    Now,
    Round,
    Floor,
    Ceiling,
    GeoDistance,
    GeoIntersects,
    Within,
    Contained,
    Intersects,
    Disjoint,
    Equals,
    Touches,
    Overlaps,
    Crosses,
    Relate,
    LengthOf,
}

/// Each with its name and how many arguments it takes.
const FUNCTIONS: [(&str, Function, std::ops::RangeInclusive<usize>); 40] = [
    ("substringof", Function::Substringof, 2..=2),
    ("contains", Function::Contains, 2..=2),
    ("startswith", Function::Startswith, 2..=2),
    ("endswith", Function::Endswith, 2..=2),
    ("length", Function::Length, 1..=1),
    ("indexof", Function::Indexof, 2..=2),
    ("substring", Function::Substring, 2..=3),
    ("tolower", Function::Tolower, 1..=1),
    ("toupper", Function::Toupper, 1..=1),
    ("trim", Function::Trim, 1..=1),
    ("concat", Function::Concat, 2..=2),
    ("year", Function::Year, 1..=1),
    ("month", Function::Month, 1..=1),
    ("day", Function::Day, 1..=1),
    ("hour", Function::Hour, 1..=1),
    ("minute", Function::Minute, 1..=1),
    ("second", Function::Second, 1..=1),
    ("fractionalseconds", Function::Fractionalseconds, 1..=1),
    ("date", Function::Date, 1..=1),
    ("time", Function::Time, 1..=1),
    ("totaloffsetminutes", Function::Totaloffsetminutes, 1..=1),
    ("mindatetime", Function::Mindatetime, 0..=0),
    ("maxdatetime", Function::Maxdatetime, 0..=0),
    ("now", Function::Now, 0..=0),
    ("round", Function::Round, 1..=1),
    ("floor", Function::Floor, 1..=1),
    ("ceiling", Function::Ceiling, 1..=1),
    ("geo.distance", Function::GeoDistance, 2..=2),
    ("geo.intersects", Function::GeoIntersects, 2..=2),
    ("st_within", Function::Within, 2..=2),
    ("st_contains", Function::Contained, 2..=2),
    ("st_intersects", Function::Intersects, 2..=2),
    ("st_disjoint", Function::Disjoint, 2..=2),
    ("st_equals", Function::Equals, 2..=2),
    ("st_touches", Function::Touches, 2..=2),
    ("st_overlaps", Function::Overlaps, 2..=2),
    ("st_crosses", Function::Crosses, 2..=2),
    ("st_relate", Function::Relate, 3..=3),
    ("st_length", Function::LengthOf, 1..=1),
    ("geo.length", Function::LengthOf, 1..=1),
];

/// A tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Literal),
    /// A property, by the names that lead to it.
    Path(Vec<String>),
    Call(Function, Vec<Expression>),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Binary(Op, Box<Expression>, Box<Expression>),
}

impl Expression {
    /// Whether it asks of shapes, which takes as long as they are large.
    pub(super) fn is_spatial(&self) -> bool {
        match self {
            Self::Literal(literal) => matches!(literal, Literal::Shape(_)),
            Self::Path(_) => false,
            Self::Call(function, arguments) => {
                *function as u8 >= Function::GeoDistance as u8
                    || arguments.iter().any(Self::is_spatial)
            }
            Self::Not(one) => one.is_spatial(),
            Self::And(left, right) | Self::Or(left, right) | Self::Binary(_, left, right) => {
                left.is_spatial() || right.is_spatial()
            }
        }
    }

    /// Every path in it.
    pub(super) fn paths<'e>(&'e self, found: &mut Vec<&'e [String]>) {
        match self {
            Self::Literal(_) => {}
            Self::Path(names) => found.push(names),
            Self::Call(_, arguments) => arguments.iter().for_each(|one| one.paths(found)),
            Self::Not(one) => one.paths(found),
            Self::And(left, right) | Self::Or(left, right) | Self::Binary(_, left, right) => {
                left.paths(found);
                right.paths(found);
            }
        }
    }
}

fn node(input: &mut Input<'_>, made: Expression) -> ModalResult<Expression> {
    input.state.nodes += 1;
    if input.state.nodes > NODES_MAX {
        return too_much(input);
    }
    Ok(made)
}

fn too_much<T>(input: &mut Input<'_>) -> ModalResult<T> {
    cut_err(fail.context(StrContext::Label("a shorter query"))).parse_next(input)
}

/// A word that stands alone between spaces.
fn word<'a>(
    text: &'static str,
) -> impl Parser<Input<'a>, (), winnow::error::ErrMode<winnow::error::ContextError>> {
    (multispace1, text, multispace1).void()
}

/// An expression.
pub(super) fn expression(input: &mut Input<'_>) -> ModalResult<Expression> {
    let depth = input.state.depth;
    if depth == NESTING_MAX {
        return too_much(input);
    }
    input.state.depth = depth + 1;
    let read = disjunction(input);
    // Also where it failed: another reading of the same text begins as deep as this one did.
    input.state.depth = depth;
    read
}

fn disjunction(input: &mut Input<'_>) -> ModalResult<Expression> {
    let mut left = conjunction(input)?;
    while opt(word("or")).parse_next(input)?.is_some() {
        let right = cut_err(conjunction).parse_next(input)?;
        left = node(input, Expression::Or(Box::new(left), Box::new(right)))?;
    }
    Ok(left)
}

fn conjunction(input: &mut Input<'_>) -> ModalResult<Expression> {
    let mut left = negation(input)?;
    while opt(word("and")).parse_next(input)?.is_some() {
        let right = cut_err(negation).parse_next(input)?;
        left = node(input, Expression::And(Box::new(left), Box::new(right)))?;
    }
    Ok(left)
}

fn negation(input: &mut Input<'_>) -> ModalResult<Expression> {
    let mut not = opt(("not", alt((multispace1.void(), winnow::combinator::peek('(').void()))));
    if not.parse_next(input)?.is_none() {
        return comparison(input);
    }
    let one = cut_err(comparison).parse_next(input)?;
    node(input, Expression::Not(Box::new(one)))
}

fn comparison(input: &mut Input<'_>) -> ModalResult<Expression> {
    let left = sum(input)?;
    let op = alt((
        word("eq").value(Op::Eq),
        word("ne").value(Op::Ne),
        word("gt").value(Op::Gt),
        word("ge").value(Op::Ge),
        word("lt").value(Op::Lt),
        word("le").value(Op::Le),
    ));
    let Some(op) = opt(op).parse_next(input)? else { return Ok(left) };
    let right = cut_err(sum).parse_next(input)?;
    node(input, Expression::Binary(op, Box::new(left), Box::new(right)))
}

fn sum(input: &mut Input<'_>) -> ModalResult<Expression> {
    let mut left = product(input)?;
    loop {
        let mut op = opt(alt((word("add").value(Op::Add), word("sub").value(Op::Sub))));
        let Some(op) = op.parse_next(input)? else { return Ok(left) };
        let right = cut_err(product).parse_next(input)?;
        left = node(input, Expression::Binary(op, Box::new(left), Box::new(right)))?;
    }
}

fn product(input: &mut Input<'_>) -> ModalResult<Expression> {
    let mut left = primary(input)?;
    loop {
        let mut op = opt(alt((
            word("mul").value(Op::Mul),
            word("div").value(Op::Div),
            word("mod").value(Op::Mod),
        )));
        let Some(op) = op.parse_next(input)? else { return Ok(left) };
        let right = cut_err(primary).parse_next(input)?;
        left = node(input, Expression::Binary(op, Box::new(left), Box::new(right)))?;
    }
}

fn primary(input: &mut Input<'_>) -> ModalResult<Expression> {
    let within = delimited(('(', multispace0), expression, (multispace0, ')'));
    let made = alt((within, literal.map(Expression::Literal), call, path.map(Expression::Path)))
        .context(StrContext::Expected(StrContextValue::Description(
            "a property, a value or a function",
        )))
        .parse_next(input)?;
    node(input, made)
}

fn literal(input: &mut Input<'_>) -> ModalResult<Literal> {
    alt((
        time,
        number.map(Literal::Number),
        quoted.map(Literal::Text),
        duration.map(Literal::Duration),
        geography.map(|shape| Literal::Shape(Box::new(shape))),
        whole_word("true").value(Literal::Bool(true)),
        whole_word("false").value(Literal::Bool(false)),
        whole_word("null").value(Literal::Null),
    ))
    .parse_next(input)
}

fn whole_word<'a>(
    text: &'static str,
) -> impl Parser<Input<'a>, (), winnow::error::ErrMode<winnow::error::ContextError>> {
    name.verify(move |found: &str| found == text).void()
}

fn is_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '@' | '.' | '-' | ':')
}

fn name<'a>(input: &mut Input<'a>) -> ModalResult<&'a str> {
    take_while(1.., is_of_name)
        .verify(|name: &str| {
            name.starts_with(|sign: char| sign.is_alphabetic() || "_@".contains(sign))
        })
        .parse_next(input)
}

/// Names between slashes.
pub(super) fn path(input: &mut Input<'_>) -> ModalResult<Vec<String>> {
    let first = name.map(str::to_owned);
    // Further names may be those of a partner's own properties, or places in an array.
    let more = preceded('/', take_while(1.., is_of_name).map(|name: &str| name.to_owned()));
    (first, repeat(0..=8, more))
        .map(|(first, more): (String, Vec<String>)| std::iter::once(first).chain(more).collect())
        .parse_next(input)
}

fn quoted(input: &mut Input<'_>) -> ModalResult<String> {
    delimited('\'', separated(1.., take_till(0.., '\''), "''"), '\'')
        .map(|parts: Vec<&str>| parts.join("'"))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<f64> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    (opt('-'), digit1, opt(('.', digit1)), opt(exponent))
        .take()
        .try_map(|text: &str| text.parse::<f64>())
        .verify(|number| number.is_finite())
        .parse_next(input)
}

fn moment(input: &mut Input<'_>) -> ModalResult<Timestamp> {
    let signs = |sign: char| sign.is_ascii_digit() || "TZtz:.+-".contains(sign);
    take_while(17.., signs).try_map(|text: &str| text.parse::<Timestamp>()).parse_next(input)
}

fn time(input: &mut Input<'_>) -> ModalResult<Literal> {
    (moment, opt(preceded('/', moment)))
        .map(|(from, to)| Literal::Time(from, to.unwrap_or(from)))
        .parse_next(input)
}

/// `duration'P1DT2H'`, in days and less.
fn duration(input: &mut Input<'_>) -> ModalResult<i64> {
    let text = preceded("duration", quoted).parse_next(input)?;
    match milliseconds(&text) {
        Some(ms) => Ok(ms),
        None => cut_err(fail.context(StrContext::Expected(StrContextValue::Description(
            "a length of time in days and less, such as duration'P1DT2H30M'",
        ))))
        .parse_next(input),
    }
}

fn milliseconds(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let text = text.strip_prefix('P')?;
    let (days, times) = text.split_once('T').unwrap_or((text, ""));
    let mut ms = 0.0;
    for (part, units) in [
        (days, &[('D', 86_400_000.0)][..]),
        (times, &[('H', 3_600_000.0), ('M', 60_000.0), ('S', 1_000.0)][..]),
    ] {
        let mut rest = part;
        for (unit, factor) in units {
            let Some((number, after)) = rest.split_once(*unit) else { continue };
            ms += number.parse::<f64>().ok()? * factor;
            rest = after;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    let is_some = text.len() > 1 && ms.is_finite() && ms < 1e15;
    is_some.then_some((sign * ms) as i64)
}

fn geography(input: &mut Input<'_>) -> ModalResult<Geometry<f64>> {
    let kind = alt(("geography", "geometry"));
    let text = preceded(kind, quoted).parse_next(input)?;
    match shape::of_wkt(&text) {
        Some(shape) => Ok(shape),
        None => cut_err(fail.context(StrContext::Expected(StrContextValue::Description(
            "well-known text such as geography'POLYGON((2.1 41.3,2.2 41.3,2.2 41.4,2.1 41.3))', longitude first",
        ))))
        .parse_next(input),
    }
}

fn call(input: &mut Input<'_>) -> ModalResult<Expression> {
    let called = (name, '(').map(|(name, _)| name.to_owned()).parse_next(input)?;
    let known = FUNCTIONS.iter().find(|(known, _, _)| *known == called);
    let Some((_, function, n)) = known else {
        return cut_err(fail.context(StrContext::Expected(StrContextValue::Description(
            "a function that is known here (docs/partners/sensorthings.md lists them)",
        ))))
        .parse_next(input);
    };
    let comma = (multispace0, ',', multispace0);
    let arguments: Vec<Expression> =
        delimited(multispace0, separated(0..=3, expression, comma), (multispace0, ')'))
            .parse_next(input)?;
    if !n.contains(&arguments.len()) {
        return cut_err(fail.context(StrContext::Expected(StrContextValue::Description(
            "another number of arguments",
        ))))
        .parse_next(input);
    }
    Ok(Expression::Call(*function, arguments))
}
