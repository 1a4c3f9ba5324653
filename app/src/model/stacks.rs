//! Rows by the moment at which they came in, so that the list on screen changes at its top and leaves the rest alone.
//!
//! A keyed list that several rows enter at once takes every row after them out of the page and puts it back, which costs more than
//! all else that a burst does. One stack that enters moves nothing, whatever it holds.

use std::collections::{BTreeMap, BTreeSet};

use wire::id::ReportId;

use crate::model::Row;

/// When more than this come in on top at once, nobody reads them one by one: several screenfuls.
const BURST: usize = 48;
/// Drawn of a burst: what is in sight, and as much again for whoever begins to scroll.
const FIRST: usize = 24;

/// Rows that came in together.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Which moment; no two stacks share it.
    pub moment: u64,
    /// Its rows from the top.
    pub rows: Vec<Row>,
}

/// The rows of the list, in stacks from the top.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stacks {
    stacks: Vec<Stack>,
    moments: u64,
}

impl Stacks {
    /// The stacks of these rows. A row that stays keeps its stack, a new one joins the row above it, and those at the very top are
    /// a stack of their own.
    #[must_use]
    pub fn next(&self, rows: &[Row]) -> Self {
        let held = |stack: &Stack| {
            let moment = stack.moment;
            stack.rows.iter().map(move |row| (version(row), moment)).collect::<Vec<_>>()
        };
        let known: BTreeMap<(ReportId, u64), u64> = self.stacks.iter().flat_map(held).collect();
        let moments = self.moments + 1;
        let mut stacks: Vec<Stack> = Vec::new();
        let mut begun = BTreeSet::new();
        for row in rows {
            let above = stacks.last().map(|stack| stack.moment);
            // A row that went elsewhere may find its stack ended further up: no stack is begun twice.
            let own = known.get(&version(row)).copied().filter(|moment| !begun.contains(moment));
            let moment = own.or(above).unwrap_or(moments);
            match stacks.last_mut() {
                Some(stack) if stack.moment == moment => stack.rows.push(row.clone()),
                _ => {
                    begun.insert(moment);
                    stacks.push(Stack { moment, rows: vec![row.clone()] });
                }
            }
        }
        Self { stacks, moments }
    }

    /// How many of these rows to draw now. A burst is drawn as far as it is in sight; the rest follows when it has passed, or when
    /// somebody turns to the list.
    pub fn depth(&self, rows: &[Row]) -> usize {
        let known: BTreeSet<(ReportId, u64)> =
            self.stacks.iter().flat_map(|stack| &stack.rows).map(version).collect();
        let on_top = rows.iter().take_while(|row| !known.contains(&version(row))).count();
        if on_top > BURST { FIRST.min(rows.len()) } else { rows.len() }
    }

    /// How many rows there are.
    pub fn drawn(&self) -> usize {
        self.stacks.iter().map(|stack| stack.rows.len()).sum()
    }

    /// The moments of the stacks, from the top.
    pub fn moments(&self) -> Vec<u64> {
        self.stacks.iter().map(|stack| stack.moment).collect()
    }

    /// The rows of one stack; none once it is gone.
    pub fn rows(&self, moment: u64) -> Vec<Row> {
        let stack = self.stacks.iter().find(|stack| stack.moment == moment);
        stack.map(|stack| stack.rows.clone()).unwrap_or_default()
    }
}

fn version(row: &Row) -> (ReportId, u64) {
    (row.report.id, row.report.properties.seq)
}
