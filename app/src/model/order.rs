//! Small orders without the library's sorts: each kind of row would bring its own copy of one, and the page is weighed by the byte.

use std::collections::BTreeSet;

/// Puts a row where its rank belongs among rows in order; after those of the same rank.
pub fn place<T, K: Ord>(rows: &mut Vec<T>, row: T, rank: impl Fn(&T) -> K) {
    let key = rank(&row);
    let at = rows.partition_point(|other| rank(other) <= key);
    rows.insert(at, row);
}

/// A set of these. To collect one would sort them first.
pub fn set_of<T: Ord>(members: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(members);
    set
}
