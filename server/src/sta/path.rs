//! Resource paths: `Things(1)/Datastreams(2)/Observations/$ref`. What is read here is known to the model; whether such entities exist is
//! asked later.

use winnow::ascii::dec_int;
use winnow::combinator::{alt, delimited, eof, opt, separated, terminated};
use winnow::prelude::*;
use winnow::token::{take_till, take_while};

use super::fault;
use super::limits::PATH_STEPS_MAX;
use super::model::{Relation, Set};
use crate::http::problem::Fault;

/// How an entity is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// By the number that the server gave it.
    Number(i64),
    /// By the partner's own id.
    Own(String),
}

/// One step along a relation, to all or to one.
#[derive(Debug)]
pub(super) struct Hop {
    pub(super) relation: &'static Relation,
    pub(super) key: Option<Key>,
}

/// What of the place is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tail {
    /// The entities.
    Whole,
    /// Their addresses alone.
    Refs,
    /// One property, or what lies within it; raw without JSON around it.
    Property { names: Vec<String>, is_raw: bool },
}

/// A path that makes sense in the model.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) set: Set,
    pub(super) key: Option<Key>,
    pub(super) hops: Vec<Hop>,
    pub(super) tail: Tail,
}

impl Path {
    /// The set that it leads to.
    pub(super) fn leads_to(&self) -> Set {
        self.hops.last().map_or(self.set, |hop| hop.relation.to)
    }
}

/// One segment as it is written.
#[derive(Debug, PartialEq, Eq)]
struct Segment {
    name: String,
    key: Option<Key>,
}

fn quoted(input: &mut &str) -> ModalResult<String> {
    // A quote inside is written twice.
    delimited('\'', separated(1.., take_till(0.., '\''), "''"), '\'')
        .map(|parts: Vec<&str>| parts.join("'"))
        .parse_next(input)
}

fn segment(input: &mut &str) -> ModalResult<Segment> {
    let name = take_while(1.., |sign: char| !matches!(sign, '/' | '(' | ')' | '\''));
    let key = delimited('(', alt((dec_int.map(Key::Number), quoted.map(Key::Own))), ')');
    (name, opt(key))
        .map(|(name, key): (&str, _)| Segment { name: name.to_owned(), key })
        .parse_next(input)
}

fn segments(input: &mut &str) -> ModalResult<Vec<Segment>> {
    terminated(separated(1..=PATH_STEPS_MAX, segment, '/'), (opt('/'), eof)).parse_next(input)
}

fn unknown(name: &str, from: &str, names: impl Iterator<Item = &'static str>) -> Fault {
    let names: Vec<_> = names.collect();
    let name: String = name.chars().take(60).collect();
    fault::not_found(format!("{name:?} is nothing of {from}: {}.", names.join(", ")))
}

/// Reads a path, decoded and without a slash before it.
pub(super) fn read(text: &str) -> Result<Path, Fault> {
    if text.split('/').count() > PATH_STEPS_MAX + 1 {
        return Err(fault::not_found(format!("A path has at most {PATH_STEPS_MAX} steps.")));
    }
    let segments = segments.parse(text).map_err(|error| {
        let at = error.offset();
        let detail = format!(
            "The path cannot be read from character {at} on: write it like Things(1)/Datastreams."
        );
        fault::not_found(detail)
    })?;
    let mut segments = segments.into_iter();
    // At least one segment was read.
    let first = segments.next().unwrap_or(Segment { name: String::new(), key: None });
    let set = Set::of_word(&first.name)
        .ok_or_else(|| unknown(&first.name, "the root", Set::ALL.into_iter().map(Set::word)))?;
    let mut path = Path { set, key: first.key, hops: Vec::new(), tail: Tail::Whole };
    let (mut here, mut is_one) = (set, path.key.is_some());
    while let Some(segment) = segments.next() {
        if segment.name == "$ref" && segment.key.is_none() {
            path.tail = Tail::Refs;
            return end(path, segments);
        }
        if !is_one {
            let detail = format!(
                "{} are many: name one, such as {}(1)/{}.",
                here.word(),
                here.word(),
                segment.name
            );
            return Err(fault::not_found(detail));
        }
        if let Some(relation) = here.relation(&segment.name) {
            if segment.key.is_some() && !relation.is_many {
                return Err(fault::not_found(format!(
                    "There is one {}: leave its id out.",
                    relation.name
                )));
            }
            here = relation.to;
            is_one = !relation.is_many || segment.key.is_some();
            path.hops.push(Hop { relation, key: segment.key });
            continue;
        }
        let is_id = matches!(segment.name.as_str(), "id" | "@iot.id" | "@iot.selfLink");
        if segment.key.is_some() || (here.property(&segment.name).is_none() && !is_id) {
            let names = here.properties().iter().map(|property| property.name);
            let relations = here.relations().iter().map(|relation| relation.name);
            return Err(unknown(&segment.name, here.one(), names.chain(relations)));
        }
        let mut names = vec![segment.name];
        let mut is_raw = false;
        for segment in segments.by_ref() {
            if segment.name == "$value" {
                is_raw = true;
                break;
            }
            names.push(segment.name);
        }
        path.tail = Tail::Property { names, is_raw };
        return end(path, segments);
    }
    Ok(path)
}

fn end(path: Path, mut rest: impl Iterator<Item = Segment>) -> Result<Path, Fault> {
    match rest.next() {
        None => Ok(path),
        Some(more) => {
            Err(fault::not_found(format!("Nothing follows there: leave /{} out.", more.name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_the_model_says() {
        let path = read("Things(1)/Datastreams('a''b/c')/Observations/$ref").expect("read");
        assert_eq!((path.set, path.key.clone()), (Set::Things, Some(Key::Number(1))));
        assert_eq!(path.hops[0].key, Some(Key::Own("a'b/c".to_owned())));
        assert_eq!((path.leads_to(), path.tail), (Set::Observations, Tail::Refs));
        let path = read("Datastreams(1)/Thing/properties/owner/$value").expect("read");
        let names = vec!["properties".to_owned(), "owner".to_owned()];
        assert_eq!(path.tail, Tail::Property { names, is_raw: true });
        assert_eq!(read("Things(1)/name").expect("read").leads_to(), Set::Things);
    }

    #[test]
    fn what_the_model_does_not_have_is_refused() {
        for text in [
            "",
            "Nothing",
            "Things(1",
            "Things()",
            "Things(1)x",
            "Things/name",
            "Things/Datastreams",
            "Things(1)/Sensor",
            "Things(1)/Datastreams(x)",
            "Datastreams(1)/Thing(2)",
            "Things(1)/$ref/name",
            "Things(1)/name/$value/x",
            "Things(1)//name",
            "Things(1)/Datastreams(1)/Thing/Datastreams(1)/Thing/Datastreams(1)/Thing/Datastreams(1)/Thing/Datastreams(1)/Thing/Datastreams(1)/Thing/name",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
