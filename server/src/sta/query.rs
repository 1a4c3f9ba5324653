//! Query options (18-088, section 9.3): `$filter`, `$expand`, `$select`, `$orderby`, `$top`, `$skip`, `$count`, `$resultFormat`, read into a tree whose every name is known to the model.

use winnow::ascii::{digit1, multispace0, multispace1};
use winnow::combinator::{alt, cut_err, delimited, fail, opt, preceded, separated};
use winnow::error::{ContextError, ErrMode, ParseError, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::token::take_till;
use wire::view::Mode;

use super::expression::{self, Expression, Input, Spent, expression, input};
use super::fault;
use super::limits::{EXPAND_DEPTH_MAX, QUERY_BYTES_MAX, SKIP_MAX, TOP_DEFAULT, TOP_MAX};
use super::model::{Kind, Relation, Set};
use crate::http::problem::Fault;

/// What is asked of a set or an entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) filter: Option<Expression>,
    pub(super) select: Vec<String>,
    /// What to order by, and whether the largest comes first.
    pub(super) order: Vec<(Vec<String>, bool)>,
    pub(super) top: Option<usize>,
    pub(super) skip: usize,
    pub(super) is_counted: bool,
    pub(super) expand: Vec<Expand>,
    pub(super) is_array: bool,
    /// Its options as they are written, where it stands inside `$expand`.
    pub(super) written: Vec<(String, String)>,
}

/// A relation to show whole, and what of it.
#[derive(Debug, Clone)]
pub(super) struct Expand {
    pub(super) relation: &'static Relation,
    pub(super) query: Query,
}

/// A query as it came: to be answered, and to be written again with another `$skip`.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) query: Query,
    pub(super) mode: Option<Mode>,
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Entities of a page.
    pub(super) fn page(&self) -> usize {
        self.top.unwrap_or(TOP_DEFAULT).min(TOP_MAX)
    }

    /// Whether this property or relation is to be shown.
    pub(super) fn shows(&self, name: &str) -> bool {
        self.select.is_empty() || self.select.iter().any(|selected| selected == name)
    }
}

impl Asked {
    /// The same, for addresses alone.
    pub(super) fn refs(&self) -> Self {
        let mut query = self.query.clone();
        query.select = vec!["@iot.selfLink".to_owned()];
        query.expand = Vec::new();
        Self { query, mode: self.mode, pairs: self.pairs.clone() }
    }

    /// The query of the next page.
    pub(super) fn next(&self, skip: usize) -> String {
        let mut written = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs.iter().filter(|(name, _)| name != "$skip") {
            written.append_pair(name, value);
        }
        written.append_pair("$skip", &skip.to_string());
        written.finish()
    }
}

/// One option as it is written.
enum Given {
    Filter(Expression),
    Select(Vec<Vec<String>>),
    Order(Vec<(Vec<String>, bool)>),
    Top(usize),
    Skip(usize),
    Count(bool),
    Expand(Vec<Opened>),
}

/// `Datastreams/Observations($top=1)` as it is written.
struct Opened {
    path: Vec<String>,
    given: Vec<Inner>,
}

/// An option inside parentheses, with its text.
struct Inner {
    name: String,
    text: String,
    given: Given,
}

fn comma(input: &mut Input<'_>) -> ModalResult<()> {
    (multispace0, ',', multispace0).void().parse_next(input)
}

fn wanted<T>(input: &mut Input<'_>, what: &'static str) -> ModalResult<T> {
    let expected = StrContext::Expected(StrContextValue::Description(what));
    cut_err(fail.context(expected)).parse_next(input)
}

fn order(input: &mut Input<'_>) -> ModalResult<(Vec<String>, bool)> {
    let way = preceded(multispace1, alt(("asc".value(false), "desc".value(true))));
    (expression::path, opt(way)).map(|(path, way)| (path, way.unwrap_or(false))).parse_next(input)
}

fn whole(input: &mut Input<'_>) -> ModalResult<usize> {
    digit1.try_map(|text: &str| text.parse::<usize>()).parse_next(input)
}

fn value(name: &str, input: &mut Input<'_>) -> ModalResult<Given> {
    match name {
        "$filter" => expression.map(Given::Filter).parse_next(input),
        "$select" => {
            separated(1..=100, expression::path, comma).map(Given::Select).parse_next(input)
        }
        "$orderby" => separated(1..=10, order, comma).map(Given::Order).parse_next(input),
        "$top" => whole.map(Given::Top).parse_next(input),
        "$skip" => whole.map(Given::Skip).parse_next(input),
        "$count" => {
            alt(("true".value(true), "false".value(false))).map(Given::Count).parse_next(input)
        }
        "$expand" => separated(1..=20, opened, comma).map(Given::Expand).parse_next(input),
        _ => wanted(input, "$filter, $select, $orderby, $top, $skip, $count or $expand"),
    }
}

/// The value of an option, and what of the budget is spent after it.
fn with_spent<'a>(name: &str) -> impl Parser<Input<'a>, (Given, Spent), ErrMode<ContextError>> {
    move |input: &mut Input<'a>| Ok((value(name, input)?, input.state))
}

fn opened(input: &mut Input<'_>) -> ModalResult<Opened> {
    let path = expression::path.parse_next(input)?;
    let depth = input.state.deeper();
    if depth > EXPAND_DEPTH_MAX {
        return wanted(input, "less $expand inside $expand");
    }
    let semicolon = (multispace0, ';', multispace0);
    let within =
        delimited(('(', multispace0), separated(1..=8, inner, semicolon), (multispace0, ')'));
    let given: Option<Vec<Inner>> = opt(within).parse_next(input)?;
    input.state.back();
    Ok(Opened { path, given: given.unwrap_or_default() })
}

fn inner(input: &mut Input<'_>) -> ModalResult<Inner> {
    let (name, _) = (take_till(1.., |sign| "=();".contains(sign)), '=').parse_next(input)?;
    let name: &str = name;
    let valued = |input: &mut Input<'_>| value(name, input);
    let (given, text) = cut_err(valued).with_taken().parse_next(input)?;
    Ok(Inner { name: name.to_owned(), text: text.to_owned(), given })
}

fn no_such(name: &str, set: Set, option: &str) -> Fault {
    let name: String = name.chars().take(60).collect();
    let names: Vec<_> = set
        .properties()
        .iter()
        .map(|property| property.name)
        .chain(set.relations().iter().map(|relation| relation.name))
        .collect();
    fault::bad(
        "unknown-property",
        format!("{option}: {name:?} is nothing of a {}: {}.", set.one(), names.join(", ")),
    )
}

/// Checks that a path leads somewhere from a set.
pub(super) fn known(path: &[String], set: Set, option: &str) -> Result<(), Fault> {
    let mut here = set;
    for (at, name) in path.iter().enumerate() {
        let is_last = at + 1 == path.len();
        if matches!(name.as_str(), "id" | "@iot.id") && is_last {
            return Ok(());
        }
        if let Some(relation) = here.relation(name) {
            if is_last {
                let detail = format!(
                    "{option}: {name} is a relation: name a property of it, such as {name}/id."
                );
                return Err(fault::bad("unknown-property", detail));
            }
            here = relation.to;
            continue;
        }
        let Some(property) = here.property(name) else { return Err(no_such(name, here, option)) };
        let is_open = matches!(property.kind, Kind::Object | Kind::Any | Kind::Unit | Kind::Shape);
        if !is_last && !is_open {
            return Err(no_such(&path[at + 1], here, option));
        }
        return Ok(());
    }
    Ok(())
}

/// Lays options over a query, in the order in which they are written.
fn lay(query: &mut Query, given: Given, set: Set, depth: usize) -> Result<(), Fault> {
    match given {
        Given::Filter(filter) => {
            let mut paths = Vec::new();
            filter.paths(&mut paths);
            paths.into_iter().try_for_each(|path| known(path, set, "$filter"))?;
            query.filter = Some(filter);
        }
        Given::Select(paths) => {
            for path in paths {
                let name = path.first().cloned().unwrap_or_default();
                let is_known = matches!(name.as_str(), "id" | "@iot.id" | "@iot.selfLink")
                    || set.property(&name).is_some()
                    || set.relation(&name).is_some();
                if !is_known || path.len() > 1 {
                    return Err(no_such(&path.join("/"), set, "$select"));
                }
                query.select.push(name);
            }
        }
        Given::Order(paths) => {
            paths.iter().try_for_each(|(path, _)| known(path, set, "$orderby"))?;
            query.order = paths;
        }
        Given::Top(top) => query.top = Some(top),
        Given::Skip(skip) if skip > SKIP_MAX => {
            return Err(fault::limit(format!(
                "$skip passes over {SKIP_MAX} at most: filter by phenomenonTime or id instead."
            )));
        }
        Given::Skip(skip) => query.skip = skip,
        Given::Count(is_counted) => query.is_counted = is_counted,
        Given::Expand(all) => {
            for one in all {
                open(query, one.path, one.given, set, depth)?;
            }
        }
    }
    Ok(())
}

fn open(
    query: &mut Query,
    path: Vec<String>,
    given: Vec<Inner>,
    set: Set,
    depth: usize,
) -> Result<(), Fault> {
    if depth == EXPAND_DEPTH_MAX {
        return Err(fault::limit(format!(
            "$expand goes {EXPAND_DEPTH_MAX} deep at most: ask for the rest by its own address."
        )));
    }
    let mut names = path.into_iter();
    let Some(name) = names.next() else { return Ok(()) };
    let relation = set.relation(&name).ok_or_else(|| no_such(&name, set, "$expand"))?;
    let at = query.expand.iter().position(|known| known.relation.name == relation.name);
    let at = at.unwrap_or_else(|| {
        query.expand.push(Expand { relation, query: Query::default() });
        query.expand.len() - 1
    });
    let Some(expand) = query.expand.get_mut(at) else { return Ok(()) };
    let rest: Vec<String> = names.collect();
    if rest.is_empty() {
        for Inner { name, text, given } in given {
            if expand.query.written.iter().any(|(known, _)| *known == name) {
                return Err(fault::bad(
                    "unknown-option",
                    format!("{name} stands twice in $expand: state it once."),
                ));
            }
            expand.query.written.push((name, text));
            lay(&mut expand.query, given, relation.to, depth + 1)?;
        }
        Ok(())
    } else {
        open(&mut expand.query, rest, given, relation.to, depth + 1)
    }
}

fn unread(name: &str, error: &ParseError<Input<'_>, ContextError>) -> Fault {
    let (text, at) = (error.input().input, error.offset());
    let near: String = text.get(at..).unwrap_or_default().chars().take(20).collect();
    let told: Vec<String> = error
        .inner()
        .context()
        .filter_map(|context| match context {
            StrContext::Label(label) => Some(format!("needs {label}")),
            StrContext::Expected(expected) => Some(format!("needs {expected}")),
            _ => None,
        })
        .take(1)
        .collect();
    let told = if told.is_empty() { "cannot be read".to_owned() } else { told.concat() };
    fault::bad("unreadable-query", format!("{name} {told}, at character {at} ({near:?})."))
}

/// Reads the query of an address.
pub(super) fn read(text: &str, set: Set) -> Result<Asked, Fault> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(fault::limit(format!(
            "A query has at most {QUERY_BYTES_MAX} bytes: ask for less at once."
        )));
    }
    let mut asked = Asked::default();
    let mut spent = expression::input("").state;
    for (name, given) in url::form_urlencoded::parse(text.as_bytes()) {
        let name = name.into_owned();
        if asked.pairs.iter().any(|(known, _)| *known == name) {
            return Err(fault::bad(
                "unknown-option",
                format!("{name} stands twice: state it once."),
            ));
        }
        if given.contains('\0') {
            return Err(fault::bad("unreadable-query", format!("{name} must not contain U+0000.")));
        }
        let pair = (name.clone(), given.clone().into_owned());
        match name.as_str() {
            "$resultFormat" if given == "dataArray" && set == Set::Observations => {
                asked.query.is_array = true;
            }
            "$resultFormat" => {
                let detail = "$resultFormat: dataArray is known, for Observations.";
                return Err(fault::bad("unknown-option", detail));
            }
            "mode" => {
                let mode = given
                    .parse()
                    .map_err(|_bad| fault::bad("unknown-option", "mode is live or exercise."))?;
                asked.mode = Some(mode);
            }
            "$filter" | "$select" | "$orderby" | "$top" | "$skip" | "$count" | "$expand" => {
                let mut input = input(given.trim());
                input.state = spent;
                let mut spending = with_spent(&name);
                let (read, by_now) =
                    spending.parse(input).map_err(|error| unread(&name, &error))?;
                spent = by_now;
                lay(&mut asked.query, read, set, 0)?;
            }
            other => {
                let other: String = other.chars().take(60).collect();
                let detail = format!(
                    "{other:?} is no option: $filter, $select, $orderby, $top, $skip, $count, $expand and $resultFormat are."
                );
                return Err(fault::bad("unknown-option", detail));
            }
        }
        asked.pairs.push(pair);
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_query_is_read() {
        let text = "$expand=Datastreams($select=name;$expand=Observations($top=1;$orderby=phenomenonTime desc;\
             $filter=result gt 1 and not (result lt -2.5e1))),Locations&$top=3&$filter=substringof('a''b',name) or id eq 7";
        let asked = read(&text.replace(' ', "%20"), Set::Things).expect("read");
        let datastreams = &asked.query.expand[0];
        assert_eq!(datastreams.relation.name, "Datastreams");
        assert_eq!(datastreams.query.select, ["name"]);
        let observations = &datastreams.query.expand[0].query;
        assert_eq!(observations.top, Some(1));
        assert_eq!(observations.order, [(vec!["phenomenonTime".to_owned()], true)]);
        assert!(observations.filter.is_some());
        assert_eq!(asked.query.expand[1].relation.name, "Locations");
        assert!(asked.next(3).ends_with("$skip=3") || asked.next(3).ends_with("%24skip=3"));
    }

    #[test]
    fn what_is_unknown_or_too_much_is_refused_with_its_name() {
        let told = |text: &str| {
            let fault = read(&text.replace(' ', "%20"), Set::Things).expect_err(text);
            fault.problem.detail.clone()
        };
        assert!(told("$filter=nmae eq 'x'").contains("nmae"));
        assert!(told("$expand=Sensor").contains("Sensor"));
        assert!(told("$select=a").contains('a'));
        assert!(told("$orderby=Locations").contains("relation"));
        assert!(told("$fitler=1").contains("$fitler"));
        assert!(told("$top=-1").contains("$top"));
        assert!(told("$top=1&$top=2").contains("twice"));
        assert!(told("$filter=name eq").contains("$filter"));
        assert!(told("$filter=nothing(name)").contains("function"));
        let deep = format!("$filter={}1{} eq 1", "(".repeat(40), ")".repeat(40));
        assert!(told(&deep).contains("shorter"));
        let wide = format!("$filter={}", vec!["1 eq 1"; 300].join(" or "));
        assert!(told(&wide).contains("shorter"));
        let nested = "$expand=Datastreams/Thing/Datastreams/Thing/Datastreams/Thing";
        assert!(told(nested).contains("deep"));
    }

    #[test]
    fn zero_arguments_do_not_count_as_depth() {
        let text =
            format!("$filter={}", vec!["now() gt now()"; 30].join(" and ")).replace(' ', "%20");
        assert!(read(&text, Set::Things).is_ok());
    }
}
