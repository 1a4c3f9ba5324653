//! Reading a tile: its 64 cells, each that is not empty under the filter a cluster.

use wire::grade::HazardSet;

use super::sums::Tally;
use super::{Dot, NONE, Node, ROOT, Slot, Tree};
use crate::morton::{CELL_LEVELS, DEPTH, key, prefix, quarter, shared_level};

/// One cell of a tile with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Its Morton key at the tile's zoom plus three.
    pub(crate) key: u64,
    pub(crate) tally: Tally,
    /// The deepest level at which all its members still share a cell.
    pub(crate) shared_level: u8,
    /// Its only member, when `n` is 1.
    pub(crate) only: Option<Slot>,
}

impl Tree {
    /// The cells of the tile with Morton key `tile` at zoom `z`, ordered by key.
    pub(crate) fn cells(&self, dots: &[Dot], hazards: HazardSet, z: u8, tile: u64) -> Vec<Cell> {
        let mut cells = Vec::new();
        let to = z + CELL_LEVELS;
        // The tile's key at full depth, to walk down by.
        let aim = tile << (2 * (DEPTH - z));
        let (mut node, mut level) = (ROOT, 0);
        while level < z {
            match &self.nodes[node as usize] {
                Node::Inner { quarters, .. } => {
                    level += 1;
                    node = quarters[quarter(aim, level)];
                    if node == NONE {
                        return cells;
                    }
                }
                Node::Leaf(members) => {
                    let inside = members
                        .iter()
                        .copied()
                        .filter(|slot| prefix(key(dots[*slot as usize].at), z) == tile);
                    group(inside, dots, hazards, to, &mut cells);
                    return cells;
                }
                // Deeper than any tile.
                Node::Deep { .. } => return cells,
            }
        }
        self.cells_below(node, tile, level, to, dots, hazards, &mut cells);
        cells
    }

    #[expect(clippy::too_many_arguments, reason = "a recursion with its whole context")]
    fn cells_below(
        &self,
        node: u32,
        node_key: u64,
        level: u8,
        to: u8,
        dots: &[Dot],
        hazards: HazardSet,
        cells: &mut Vec<Cell>,
    ) {
        match &self.nodes[node as usize] {
            Node::Leaf(members) => group(members.iter().copied(), dots, hazards, to, cells),
            Node::Inner { quarters, .. } if level < to => {
                for (quarter, kid) in quarters.iter().enumerate().filter(|(_, kid)| **kid != NONE) {
                    let key = node_key << 2 | quarter as u64;
                    self.cells_below(*kid, key, level + 1, to, dots, hazards, cells);
                }
            }
            Node::Inner { sums, .. } | Node::Deep { sums, .. } => {
                let mut tally = Tally::new();
                sums.tally(hazards, &mut tally);
                if tally.n == 0 {
                    return;
                }
                let only = if tally.n == 1 { self.only(node, dots, hazards) } else { None };
                let shared_level = self.shared_level(node, level, dots, hazards);
                cells.push(Cell { key: node_key, tally, shared_level, only });
            }
        }
    }

    /// The only member of a subtree that passes the filter.
    fn only(&self, node: u32, dots: &[Dot], hazards: HazardSet) -> Option<Slot> {
        match &self.nodes[node as usize] {
            Node::Leaf(members) => {
                members.iter().copied().find(|slot| hazards.contains(dots[*slot as usize].hazard))
            }
            Node::Deep { members, .. } => members
                .iter()
                .find(|(hazard, _, _)| hazards.contains(*hazard))
                .map(|(_, _, slot)| *slot),
            Node::Inner { quarters, .. } => quarters
                .iter()
                .filter(|quarter| **quarter != NONE)
                .find(|quarter| self.count_node(**quarter, dots, hazards) > 0)
                .and_then(|quarter| self.only(*quarter, dots, hazards)),
        }
    }

    /// The deepest level at which the filter's members of this node share a cell.
    fn shared_level(&self, mut node: u32, mut level: u8, dots: &[Dot], hazards: HazardSet) -> u8 {
        loop {
            match &self.nodes[node as usize] {
                Node::Deep { .. } => return DEPTH,
                Node::Leaf(members) => {
                    let passing = members
                        .iter()
                        .map(|slot| &dots[*slot as usize])
                        .filter(|dot| hazards.contains(dot.hazard));
                    return shared(passing.map(|dot| key(dot.at)));
                }
                Node::Inner { quarters, .. } => {
                    let mut occupied = quarters
                        .iter()
                        .filter(|quarter| **quarter != NONE)
                        .filter(|quarter| self.count_node(**quarter, dots, hazards) > 0);
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
}

/// The deepest level all keys share.
fn shared(mut keys: impl Iterator<Item = u64>) -> u8 {
    let Some(first) = keys.next() else { return DEPTH };
    keys.fold(DEPTH, |level, key| level.min(shared_level(first, key)))
}

/// Groups a short list of members into cells at level `to`.
fn group(
    members: impl Iterator<Item = Slot>,
    dots: &[Dot],
    hazards: HazardSet,
    to: u8,
    cells: &mut Vec<Cell>,
) {
    let mut keyed: Vec<(u64, Slot)> = members
        .filter(|slot| hazards.contains(dots[*slot as usize].hazard))
        .map(|slot| (key(dots[slot as usize].at), slot))
        .collect();
    keyed.sort_unstable();
    for cell in keyed.chunk_by(|a, b| prefix(a.0, to) == prefix(b.0, to)) {
        let mut tally = Tally::new();
        for (_, slot) in cell {
            tally.dot(&dots[*slot as usize]);
        }
        cells.push(Cell {
            key: prefix(cell[0].0, to),
            tally,
            shared_level: shared(cell.iter().map(|(key, _)| *key)),
            only: if let [(_, slot)] = cell { Some(*slot) } else { None },
        });
    }
}
