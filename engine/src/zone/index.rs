//! Which zones have something in a cell: a table for each level of the quadtree.

use hashbrown::HashTable;

use super::Zone;
use super::ZoneId;
use super::cover::{CellKey, Covered, cover};
use super::edge::{Edge, Meets};
use super::limits::COARSEST;
use crate::mix;

/// Tables, one for each number of bits that a cell may span.
const LEVELS: usize = COARSEST as usize + 1;

/// What a cell holds of all zones.
#[derive(Debug, Default)]
struct Cell {
    key: u64,
    inside: Vec<ZoneId>,
    pieces: Vec<Piece>,
    /// The edges of the pieces, one piece after the other.
    edges: Vec<Edge>,
}

/// The part of a zone in a boundary cell.
#[derive(Debug)]
struct Piece {
    zone: ZoneId,
    inside: bool,
    n_edges: u32,
}

/// The cells of all zones.
#[derive(Debug)]
pub(super) struct Index {
    levels: [HashTable<Cell>; LEVELS],
}

impl Default for Index {
    fn default() -> Self {
        Self { levels: std::array::from_fn(|_| HashTable::new()) }
    }
}

impl Index {
    pub(super) fn insert(&mut self, id: ZoneId, zone: &Zone) {
        cover(zone, &mut |at, covered| {
            let cells = &mut self.levels[usize::from(at.level)];
            let slot = cells.entry(
                mix::number(at.key),
                |cell| cell.key == at.key,
                |cell| mix::number(cell.key),
            );
            let cell = slot.or_insert_with(|| Cell { key: at.key, ..Cell::default() }).into_mut();
            match covered {
                Covered::Inside => cell.inside.push(id),
                Covered::Boundary { inside, edges } => {
                    cell.pieces.push(Piece { zone: id, inside, n_edges: edges.len() as u32 });
                    cell.edges.extend(edges);
                }
            }
        });
    }

    pub(super) fn remove(&mut self, id: ZoneId, zone: &Zone) {
        cover(zone, &mut |at, _| {
            let cells = &mut self.levels[usize::from(at.level)];
            if let Ok(mut slot) = cells.find_entry(mix::number(at.key), |cell| cell.key == at.key) {
                slot.get_mut().remove(id);
                if slot.get().inside.is_empty() && slot.get().pieces.is_empty() {
                    slot.remove();
                }
            }
        });
    }

    /// Adds the zones that cover a place, each once, in no order.
    pub(super) fn find(&self, x: i32, y: i32, hits: &mut Vec<ZoneId>) {
        for (level, cells) in self.levels.iter().enumerate() {
            if cells.is_empty() {
                continue;
            }
            let CellKey { key, .. } = CellKey::around(level as u8, x, y);
            if let Some(cell) = cells.find(mix::number(key), |cell| cell.key == key) {
                cell.find(x, y, hits);
            }
        }
    }
}

impl Cell {
    fn find(&self, x: i32, y: i32, hits: &mut Vec<ZoneId>) {
        hits.extend_from_slice(&self.inside);
        let mut edges = self.edges.as_slice();
        for piece in &self.pieces {
            let (own, rest) = edges.split_at(piece.n_edges as usize);
            edges = rest;
            if piece.covers(own, x, y) {
                hits.push(piece.zone);
            }
        }
    }

    fn remove(&mut self, id: ZoneId) {
        self.inside.retain(|zone| *zone != id);
        let mut at = 0;
        self.pieces.retain(|piece| {
            let end = at + piece.n_edges as usize;
            if piece.zone == id {
                self.edges.drain(at..end);
                return false;
            }
            at = end;
            true
        });
    }
}

impl Piece {
    fn covers(&self, edges: &[Edge], x: i32, y: i32) -> bool {
        let mut inside = self.inside;
        for edge in edges {
            match edge.meets(x, y) {
                Meets::On => return true,
                Meets::Crossed => inside = !inside,
                Meets::Apart => {}
            }
        }
        inside
    }
}
