//! Reports in, groups of copies out.

mod planted;
mod property;
mod story;

use wire::id::ReportId;
use wire::time::Timestamp;

use super::{Copies, How, Item};
use crate::plain::Plain;

/// A report with a text alone, observed a second after the one with the id before.
pub(super) fn said(id: u128, text: &str) -> Item<'static> {
    let at = Timestamp(id as i64 * 1_000);
    Item { id: ReportId(id), at, text: Some(plain(text)), post: None, origin: None, url: None }
}

/// A plain text that outlives the test: tests are short.
pub(super) fn plain(text: &str) -> &'static Plain {
    Box::leak(Box::new(Plain::of(text)))
}

/// The ids of a report's group.
pub(super) fn group(copies: &Copies, id: u128) -> Vec<u128> {
    copies.members(ReportId(id)).into_iter().map(|id| id.0).collect()
}

/// Every group, as lists of ids.
pub(super) fn all(copies: &Copies, ids: impl Iterator<Item = u128>) -> Vec<Vec<u128>> {
    let mut groups: Vec<Vec<u128>> = ids.map(|id| group(copies, id)).collect();
    groups.retain(|group| !group.is_empty());
    groups.sort();
    groups.dedup();
    groups
}

pub(super) fn how(copies: &Copies, id: u128) -> How {
    copies.how(ReportId(id)).unwrap()
}
