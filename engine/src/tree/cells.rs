//! Reading cells: how many reports each holds and where, and which node or list they are in.

use std::ops::Range;

use wire::grade::HazardSet;

use super::rounds::Window;
use super::sums::{Spot, Tally};
use super::{Member, NONE, Node, ROOT, Slot, Tree};
use crate::morton::{
    CELL_LEVELS, CELLS, COLUMNS, DEPTH, cell, in_tile, place, prefix, quarter, shared_level,
    tile_of,
};

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
    /// Which of its quarters hold something, one bit each in the order of keys; of no meaning at the deepest level.
    quarters: u8,
    from: From,
}

impl Cell {
    /// Which of its two columns of quarters hold something, and which of its two rows, one bit each.
    pub(super) fn quarters(&self) -> (u64, u64) {
        let holds = |some: u8| u64::from(self.quarters & some != 0);
        (holds(0b0101) | holds(0b1010) << 1, holds(0b0011) | holds(0b1100) << 1)
    }

    fn in_one_quarter(&self) -> bool {
        self.quarters.is_power_of_two()
    }
}

/// Where a cell's reports are.
#[derive(Debug, Clone, Copy)]
enum From {
    /// All of a node.
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
    /// The stretch of some cells, if they lie in one tile and one cell can touch them all.
    pub(super) fn of(cells: &Cells) -> Option<Self> {
        let tile = tile_of(cells.list.first()?.key);
        let (mut columns, mut rows) = ((CELLS, 0), (CELLS, 0));
        for cell in &cells.list {
            if tile_of(cell.key) != tile {
                return None;
            }
            let (column, row) = in_tile(cell.key);
            columns = (columns.0.min(column), columns.1.max(column));
            rows = (rows.0.min(row), rows.1.max(row));
        }
        if columns.1 - columns.0 > 2 || rows.1 - rows.0 > 2 {
            return None;
        }
        let (x, y) = place(tile);
        let whole = |tile: u32, (first, last): (usize, usize)| {
            let start = tile << CELL_LEVELS;
            (start + first as u32, start + last as u32)
        };
        Some(Self { level: cells.level, columns: whole(x, columns), rows: whole(y, rows) })
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

    /// The same columns and rows of its tile.
    pub(super) fn window(self) -> Window {
        let within = |(first, last): (u32, u32)| (first as usize % CELLS, last as usize % CELLS);
        Window { columns: within(self.columns), rows: within(self.rows) }
    }
}

/// A stretch as the bits of keys, so that a key is compared without being taken apart.
#[derive(Debug, Clone, Copy)]
struct Only {
    level: u8,
    columns: (u64, u64),
    rows: (u64, u64),
}

impl Only {
    fn of(Stretch { level, columns, rows }: Stretch) -> Self {
        let columns = (cell(columns.0, 0), cell(columns.1, 0));
        Self { level, columns, rows: (cell(0, rows.0), cell(0, rows.1)) }
    }

    /// Whether a square at this level or above meets it.
    fn meets(&self, square: u64, level: u8) -> bool {
        let down = 2 * (self.level - level);
        let meets = |at: u64, (first, last): (u64, u64)| at >= first >> down && at <= last >> down;
        meets(square & COLUMNS, self.columns) && meets(square & !COLUMNS, self.rows)
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

/// A node on the way down to the cells.
#[derive(Debug, Clone, Copy)]
struct Below {
    node: u32,
    level: u8,
    square: u64,
}

/// Cells of one level, ordered by key where they come from one square.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) level: u8,
    pub(super) list: Vec<Cell>,
    /// Only these are wanted.
    only: Option<Only>,
    // Room for the nodes on the way down, each with its square, and those below them.
    nodes: Vec<Below>,
    below: Vec<Below>,
}

impl Cells {
    /// Begins anew, in the same room.
    pub(super) fn start(&mut self, level: u8, only: Option<Stretch>) {
        self.list.clear();
        self.list.reserve(64);
        (self.level, self.only) = (level, only.map(Only::of));
    }

    fn wants(&self, square: u64, level: u8) -> bool {
        self.only.is_none_or(|only| only.meets(square, level))
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

    /// Which quarters of a node hold something.
    fn quarters(&self, quarters: &[u32; 4]) -> u8 {
        let holds = |kid: u32| u8::from(kid != NONE && self.holds(kid));
        (0..4).fold(0, |held, quarter| held | holds(quarters[quarter]) << quarter)
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

    /// Adds the cells of a node, whose square this is at this level.
    fn below(&self, node: u32, square: u64, level: u8, into: &mut Cells) {
        let mut nodes = std::mem::take(&mut into.nodes);
        let mut below = std::mem::take(&mut into.below);
        nodes.push(Below { node, level, square });
        // All of one level before the next: nodes side by side are fetched from memory side by side.
        for level in level..into.level {
            for at in nodes.drain(..) {
                match &self.tree.nodes[at.node as usize] {
                    Node::Inner { quarters, .. } => {
                        for (quarter, kid) in
                            (0u64..).zip(quarters).filter(|(_, kid)| **kid != NONE)
                        {
                            let square = at.square << 2 | quarter;
                            if into.wants(square, level + 1) {
                                below.push(Below { node: *kid, level: level + 1, square });
                            }
                        }
                    }
                    Node::Leaf(_) | Node::Deep { .. } => below.push(at),
                }
            }
            std::mem::swap(&mut nodes, &mut below);
        }
        if nodes.len() > 4 {
            self.fetch(&nodes, into.level);
        }
        for Below { node, level, square } in nodes.drain(..) {
            let (spot, quarters) = match &self.tree.nodes[node as usize] {
                Node::Leaf(leaf) if level == into.level && self.hazards == HazardSet::ALL => {
                    (leaf.spot(), leaf.quarters())
                }
                Node::Leaf(leaf) => {
                    self.chunk(node, 0..leaf.len() as u8, into);
                    continue;
                }
                Node::Inner { sums, quarters } => {
                    (sums.spot(self.hazards), self.quarters(quarters))
                }
                Node::Deep { sums, .. } => (sums.spot(self.hazards), 1),
            };
            if spot.n > 0 {
                into.list.push(Cell { key: square, spot, quarters, from: From::Node(node) });
            }
        }
        (into.nodes, into.below) = (nodes, below);
    }

    /// Has what some nodes keep elsewhere fetched from memory all at once: cutting up the lists of those above the level of
    /// the cells, or counting, would wait for one after the other.
    fn fetch(&self, nodes: &[Below], level: u8) {
        let fetched = nodes.iter().fold(0, |fetched, below| {
            match &self.tree.nodes[below.node as usize] {
                // Two of them lie in one line of the cache.
                Node::Leaf(members) if below.level < level => {
                    members.iter().step_by(2).fold(fetched, |f, m| f ^ m.key)
                }
                Node::Leaf(_) => fetched,
                Node::Inner { sums, .. } | Node::Deep { sums, .. } => fetched ^ sums.fetch(),
            }
        });
        std::hint::black_box(fetched);
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
        let members = self.stretch(node, range.clone());
        if self.hazards == HazardSet::ALL {
            cut(node, range.start, members, |_| true, into);
        } else {
            cut(node, range.start, members, |member| self.hazards.contains(member.hazard), into);
        }
    }

    /// Adds what a cell holds to a tally.
    pub(super) fn tally(&self, cell: &Cell, into: &mut Tally) {
        match cell.from {
            From::Node(node) => {
                match &self.tree.nodes[node as usize] {
                    Node::Inner { sums, .. } | Node::Deep { sums, .. } => {
                        sums.tally(self.hazards, into);
                    }
                    // A cell is all of a leaf where there is no filter alone.
                    Node::Leaf(leaf) => leaf.tally(into),
                }
            }
            From::List { node, start, end } => {
                for member in self.passing(self.stretch(node, start..end)) {
                    into.one(member.hazard, member.severity, member.observed_at);
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
            _ if cells.level < DEPTH && !cell.in_one_quarter() => cells.level,
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

/// Cuts a stretch of a list, which begins at `start`, into cells of those that pass. For each way of passing on its own:
/// most lists are read without a filter.
fn cut(node: u32, start: u8, list: &[Member], passes: impl Fn(&Member) -> bool, into: &mut Cells) {
    let level = into.level;
    let to_cell = 2 * (DEPTH - level);
    let to_quarter = to_cell.saturating_sub(2);
    let mut at = 0;
    while let Some(first) = list.get(at) {
        let key = first.key >> to_cell;
        // The first key behind the cell.
        let beyond = (key + 1) << to_cell;
        let from = at;
        if !into.wants(key, level) {
            at += list[from..].iter().take_while(|member| member.key < beyond).count();
            continue;
        }
        let (mut spot, mut quarters) = (Spot::default(), 0);
        while let Some(member) = list.get(at).filter(|member| member.key < beyond) {
            at += 1;
            if passes(member) {
                spot.member(member);
                quarters |= 1 << (member.key >> to_quarter & 3);
            }
        }
        if spot.n > 0 {
            let from = From::List { node, start: start + from as u8, end: start + at as u8 };
            into.list.push(Cell { key, spot, quarters, from });
        }
    }
}
