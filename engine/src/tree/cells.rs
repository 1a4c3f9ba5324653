//! Reading cells: how many reports each holds and where, and which node or list they are in.

use std::ops::Range;

use wire::grade::HazardSet;

use super::sums::{Spot, Tally};
use super::{Member, NONE, Node, ROOT, Slot, Tree};
use crate::morton::{CELL_LEVELS, CELLS, DEPTH, place, prefix, quarter, shared_level};

/// A tree under a filter.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) tree: &'a Tree,
    pub(super) hazards: HazardSet,
}

/// One cell with something in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// Its Morton key at its level.
    pub(super) key: u64,
    pub(super) spot: Spot,
    from: From,
}

/// Where a cell's reports are.
#[derive(Debug, Clone, Copy)]
enum From {
    /// All of a node with quarters, or of the deepest level.
    Node(u32),
    /// A stretch of a list.
    List { node: u32, start: u8, end: u8 },
}

/// A stretch of cells: columns and rows of the whole map at one level, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) level: u8,
    pub(super) columns: (u32, u32),
    pub(super) rows: (u32, u32),
}

impl Stretch {
    /// The stretch of one cell.
    pub(super) fn of(level: u8, cell: u64) -> Self {
        let (x, y) = place(cell);
        Self { level, columns: (x, x), rows: (y, y) }
    }

    /// Grown to hold the other too.
    pub(super) fn with(self, other: Self) -> Self {
        let both = |a: (u32, u32), b: (u32, u32)| (a.0.min(b.0), a.1.max(b.1));
        let (columns, rows) = (both(self.columns, other.columns), both(self.rows, other.rows));
        Self { columns, rows, ..self }
    }

    /// Grown by some cells on each side, within the tile.
    pub(super) fn wider(self, by: u32) -> Self {
        let side = CELLS as u32 - 1;
        let wider = |(first, last): (u32, u32)| {
            let start = first & !side;
            (first.saturating_sub(by).max(start), (last + by).min(start + side))
        };
        Self { columns: wider(self.columns), rows: wider(self.rows), ..self }
    }

    /// Whether it lies in one tile.
    pub(super) fn in_one_tile(&self) -> bool {
        let same = |(first, last): (u32, u32)| first >> CELL_LEVELS == last >> CELL_LEVELS;
        same(self.columns) && same(self.rows)
    }

    /// Whether a square at some level above meets it.
    fn meets(&self, square: u64, level: u8) -> bool {
        let down = self.level - level;
        let (x, y) = place(square);
        let meets = |at: u32, (first, last): (u32, u32)| at >= first >> down && at <= last >> down;
        meets(x, self.columns) && meets(y, self.rows)
    }
}

/// A cell by its place in a list, after the place of the one that leads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Led(u32);

impl Led {
    pub(super) fn new(leader: u16, cell: u16) -> Self {
        Self(u32::from(leader) << 16 | u32::from(cell))
    }

    pub(super) fn leader(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub(super) fn cell(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}

/// Cells of one level, ordered by key where they come from one square.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) level: u8,
    pub(super) list: Vec<Cell>,
    /// Only these are wanted.
    only: Option<Stretch>,
}

impl Cells {
    /// Begins anew, in the same room.
    pub(super) fn start(&mut self, level: u8, only: Option<Stretch>) {
        self.list.clear();
        self.list.reserve(64);
        (self.level, self.only) = (level, only);
    }

    fn wants(&self, square: u64, level: u8) -> bool {
        self.only.is_none_or(|stretch| stretch.meets(square, level))
    }
}

impl<'a> Reading<'a> {
    fn holds(&self, node: u32) -> bool {
        // No node is empty.
        self.hazards == HazardSet::ALL || self.tree.count_node(node, self.hazards) > 0
    }

    /// A stretch of a list, whether its members pass or not.
    fn stretch(&self, node: u32, range: Range<u8>) -> &'a [Member] {
        match &self.tree.nodes[node as usize] {
            Node::Leaf(members) => {
                members.get(usize::from(range.start)..usize::from(range.end)).unwrap_or_default()
            }
            _ => &[],
        }
    }

    fn passes(&self, member: &Member) -> bool {
        self.hazards == HazardSet::ALL || self.hazards.contains(member.hazard)
    }

    /// Those of some members that pass.
    fn passing(self, members: &'a [Member]) -> impl Iterator<Item = &'a Member> + use<'a> {
        members.iter().filter(move |member| self.passes(member))
    }

    /// The cells of the tile with Morton key `tile` at zoom `z`, ordered by key.
    pub(super) fn of_tile(&self, z: u8, tile: u64, into: &mut Cells) {
        into.start(z + CELL_LEVELS, None);
        self.inside(z, tile, into);
    }

    /// Where the finer cells of a cell lie, one level down, without a look at what is in them.
    pub(super) fn spread(&self, cell: &Cell, level: u8) -> Option<Stretch> {
        let all = match cell.from {
            From::Node(node) => match &self.tree.nodes[node as usize] {
                Node::Inner { quarters, .. } => {
                    let held = (0u64..)
                        .zip(quarters)
                        .filter(|(_, kid)| **kid != NONE && self.holds(**kid));
                    return held
                        .map(|(quarter, _)| Stretch::of(level, cell.key << 2 | quarter))
                        .reduce(Stretch::with);
                }
                _ => return None,
            },
            From::List { node, start, end } => self.stretch(node, start..end),
        };
        let cells = self.passing(all).map(|member| prefix(member.key, level));
        cells.map(|cell| Stretch::of(level, cell)).reduce(Stretch::with)
    }

    /// The cells inside the square with Morton key `square` at level `at`, no deeper than they are.
    fn inside(&self, at: u8, square: u64, into: &mut Cells) {
        // The square's key at full depth, to walk down by.
        let aim = square << (2 * (DEPTH - at));
        let (mut node, mut level) = (ROOT, 0);
        while level < at {
            match &self.tree.nodes[node as usize] {
                Node::Inner { quarters, .. } => {
                    level += 1;
                    node = quarters[quarter(aim, level)];
                    if node == NONE {
                        return;
                    }
                }
                Node::Leaf(members) => {
                    let square_of = |member: &Member| prefix(member.key, at);
                    let start = members.partition_point(|member| square_of(member) < square);
                    let end = members.partition_point(|member| square_of(member) <= square);
                    self.chunk(node, start as u8..end as u8, into);
                    return;
                }
                // Deeper than any tile.
                Node::Deep { .. } => return,
            }
        }
        self.below(node, square, level, into);
    }

    fn below(&self, node: u32, node_key: u64, level: u8, into: &mut Cells) {
        match &self.tree.nodes[node as usize] {
            Node::Leaf(members) if level < into.level => {
                self.chunk(node, 0..members.len() as u8, into);
            }
            Node::Leaf(members) => self.whole(node_key, node, 0..members.len() as u8, into),
            Node::Inner { quarters, .. } if level < into.level => {
                for (quarter, kid) in (0u64..).zip(quarters).filter(|(_, kid)| **kid != NONE) {
                    let square = node_key << 2 | quarter;
                    if into.wants(square, level + 1) {
                        self.below(*kid, square, level + 1, into);
                    }
                }
            }
            Node::Inner { sums, .. } | Node::Deep { sums, .. } => {
                let spot = sums.spot(self.hazards);
                if spot.n > 0 {
                    into.list.push(Cell { key: node_key, spot, from: From::Node(node) });
                }
            }
        }
    }

    /// Adds the finer cells of a cell of some level.
    pub(super) fn finer(&self, cell: &Cell, level: u8, into: &mut Cells) {
        match cell.from {
            From::Node(node) => self.below(node, cell.key, level, into),
            From::List { node, start, end } => self.chunk(node, start..end, into),
        }
    }

    /// Adds the cells of a stretch of a list.
    fn chunk(&self, node: u32, range: Range<u8>, into: &mut Cells) {
        let level = into.level;
        let mut rest = self.stretch(node, range.clone());
        let mut start = range.start;
        while let Some(first) = rest.first() {
            let cell = prefix(first.key, level);
            let mut spot = Spot::default();
            let mut n = 0;
            for member in rest.iter().take_while(|member| prefix(member.key, level) == cell) {
                n += 1;
                if self.passes(member) {
                    spot.member(member);
                }
            }
            let end = start + n as u8;
            if spot.n > 0 && into.wants(cell, level) {
                into.list.push(Cell { key: cell, spot, from: From::List { node, start, end } });
            }
            rest = &rest[n..];
            start = end;
        }
    }

    /// Adds a whole list that is one cell.
    fn whole(&self, cell: u64, node: u32, range: Range<u8>, into: &mut Cells) {
        let mut spot = Spot::default();
        for member in self.passing(self.stretch(node, range.clone())) {
            spot.member(member);
        }
        if spot.n > 0 {
            let from = From::List { node, start: range.start, end: range.end };
            into.list.push(Cell { key: cell, spot, from });
        }
    }

    /// Adds what a cell holds to a tally.
    pub(super) fn tally(&self, cell: &Cell, into: &mut Tally) {
        match cell.from {
            From::Node(node) => {
                if let Node::Inner { sums, .. } | Node::Deep { sums, .. } =
                    &self.tree.nodes[node as usize]
                {
                    sums.tally(self.hazards, into);
                }
            }
            From::List { node, start, end } => {
                for member in self.passing(self.stretch(node, start..end)) {
                    into.member(member);
                }
            }
        }
    }

    /// The only member of a cell that holds one.
    pub(super) fn only(&self, cell: &Cell) -> Option<Slot> {
        match cell.from {
            From::Node(node) => self.only_of(node),
            From::List { node, start, end } => {
                self.passing(self.stretch(node, start..end)).next().map(|member| member.slot)
            }
        }
    }

    fn only_of(&self, node: u32) -> Option<Slot> {
        match &self.tree.nodes[node as usize] {
            Node::Leaf(members) => self.passing(members).next().map(|member| member.slot),
            Node::Deep { members, .. } => members
                .iter()
                .find(|(hazard, _, _)| self.hazards.contains(*hazard))
                .map(|(_, _, slot)| *slot),
            Node::Inner { quarters, .. } => quarters
                .iter()
                .filter(|quarter| **quarter != NONE)
                .find(|quarter| self.holds(**quarter))
                .and_then(|quarter| self.only_of(*quarter)),
        }
    }

    /// Every member of a cell.
    pub(super) fn gather(&self, cell: &Cell, into: &mut Vec<Slot>) {
        match cell.from {
            From::Node(node) => self.tree.gather(node, self.hazards, into),
            From::List { node, start, end } => {
                let members = self.passing(self.stretch(node, start..end));
                into.extend(members.map(|member| member.slot));
            }
        }
    }

    /// The deepest level at which all members of a cell share one.
    pub(super) fn shared_level(&self, cells: &Cells, cell: &Cell) -> u8 {
        match cell.from {
            From::Node(node) => self.shared_level_of(node, cells.level),
            From::List { node, start, end } => self.shared(self.stretch(node, start..end)),
        }
    }

    fn shared_level_of(&self, mut node: u32, mut level: u8) -> u8 {
        loop {
            match &self.tree.nodes[node as usize] {
                Node::Deep { .. } => return DEPTH,
                Node::Leaf(members) => return self.shared(members),
                Node::Inner { quarters, .. } => {
                    let mut occupied = quarters
                        .iter()
                        .filter(|quarter| **quarter != NONE)
                        .filter(|quarter| self.holds(**quarter));
                    match (occupied.next(), occupied.next()) {
                        (Some(only), None) => {
                            node = *only;
                            level += 1;
                        }
                        _ => return level,
                    }
                }
            }
        }
    }

    /// The deepest level at which those of a list that pass share a cell: what its ends share, since it is in order.
    fn shared(&self, members: &'a [Member]) -> u8 {
        let mut passing = self.passing(members);
        let Some(first) = passing.next() else { return DEPTH };
        passing.last().map_or(DEPTH, |last| shared_level(first.key, last.key))
    }
}
