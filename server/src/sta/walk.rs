//! Walking a path through the graph: whether what it names is there, and what it leads to.

use engine::entry::SourceKey;
use wire::view::Mode;

use super::fault;
use super::graph::Graph;
use super::model::{Relation, Set};
use super::path::{Hop, Key};
use super::rows::Of;
use crate::http::problem::Fault;

/// Who walks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walker {
    pub(super) mode: Mode,
    /// The partner, whose own ids come first.
    pub(super) source: Option<SourceKey>,
}

/// Where a path ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// A whole set.
    Set(Set),
    /// What a relation to many leads to from one.
    Many(&'static Relation, i64),
    /// One entity.
    One(Set, i64),
    /// Observations.
    Rows(Of),
}

fn absent(set: Set, key: &Key) -> Fault {
    let named = match key {
        Key::Number(id) => id.to_string(),
        Key::Own(external) => format!("{external:?}"),
    };
    fault::not_found(format!("There is no {} {named} here.", set.one()))
}

/// The entity of an id of some partner's own, for who is none.
fn anybodys(graph: &Graph, mode: Mode, set: Set, external: &str) -> Result<Option<i64>, Fault> {
    let is_it =
        |id: &i64| graph.one(*id).is_some_and(|one| one.external_id.as_deref() == Some(external));
    let mut all = graph.of(mode, set).filter(is_it);
    let first = all.next();
    if all.next().is_some() {
        let one = set.one();
        let detail = format!("Several partners have a {one} {external:?}: name it by its number.");
        return Err(fault::bad("ambiguous-id", detail));
    }
    Ok(first)
}

/// The entity that a key names, as this one sees it.
pub(super) fn named(graph: &Graph, walker: Walker, set: Set, key: &Key) -> Result<i64, Fault> {
    let found = match key {
        Key::Number(id) => Some(*id),
        Key::Own(external) => match walker.source {
            Some(source) => graph.external(source, walker.mode, set, external),
            None => anybodys(graph, walker.mode, set, external)?,
        },
    };
    found
        .filter(|id| graph.one(*id).is_some_and(|one| one.set == set && one.mode == walker.mode))
        .ok_or_else(|| absent(set, key))
}

/// Walks on from one entity.
pub(super) fn on(
    graph: &Graph,
    walker: Walker,
    from: (Set, i64),
    hops: &[Hop],
) -> Result<End, Fault> {
    let (mut set, mut id) = from;
    for (at, hop) in hops.iter().enumerate() {
        let (relation, is_last) = (hop.relation, at + 1 == hops.len());
        if relation.to == Set::Observations {
            let of =
                if set == Set::FeaturesOfInterest { Of::Feature(id) } else { Of::Datastream(id) };
            return match (&hop.key, is_last) {
                (None, true) => Ok(End::Rows(of)),
                (Some(Key::Number(seq)), true) => Ok(End::Rows(Of::One(*seq, Some((set, id))))),
                _ => Err(fault::not_found(
                    "From an Observation go on by its own address: Observations(1)/Datastream.",
                )),
            };
        }
        let next = match &hop.key {
            Some(key) => {
                let other = named(graph, walker, relation.to, key)?;
                let is_tied = graph.related(relation, id).any(|tied| tied == other);
                Some(is_tied.then_some(other).ok_or_else(|| absent(relation.to, key))?)
            }
            None if relation.is_many => None,
            None => {
                let other = graph.related(relation, id).next();
                let none =
                    || fault::not_found(format!("This {} has no {}.", set.one(), relation.name));
                Some(other.ok_or_else(none)?)
            }
        };
        match next {
            Some(other) => (set, id) = (relation.to, other),
            None => return Ok(End::Many(relation, id)),
        }
    }
    Ok(End::One(set, id))
}
