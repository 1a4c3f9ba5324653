//! Where the cells are: squares of 8 × 8 in a table, each of which knows those around it, so that neighbours
//! are found without a look-up.

use hashbrown::HashTable;

use crate::morton;

/// Cells along one side of a block.
const BLOCK: usize = 8;

/// No cell, no component, no owner.
pub(super) const NONE: u32 = u32::MAX;

/// How many cells may hold something near: 5 × 5 without the corners and the cell itself.
pub(super) const NEIGHBOURS: usize = 20;

/// The neighbours by column and row, in an order in which the opposite of number i is number 19 - i.
const OFFSETS: [(i32, i32); NEIGHBOURS] = {
    let mut offsets = [(0, 0); NEIGHBOURS];
    let (mut i, mut at) = (0, 0);
    while at < 25 {
        let (column, row) = (at % 5 - 2, at / 5 - 2);
        if column * column + row * row != 8 && at != 12 {
            offsets[i] = (column, row);
            i += 1;
        }
        at += 1;
    }
    offsets
};

/// The number under which a neighbour knows the cell whose neighbour `i` it is.
pub(super) fn opposite(i: usize) -> usize {
    NEIGHBOURS - 1 - i
}

/// Column and row of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Square {
    pub(super) column: i32,
    pub(super) row: i32,
}

impl Square {
    /// One number a square, those of a block in a row and blocks in Morton order: sorted by it, near lies near.
    pub(super) fn key(self) -> u64 {
        self.block() << 6 | self.spot() as u64
    }

    /// The number of its block.
    fn block(self) -> u64 {
        let half = |side: i32| (side >> 3).wrapping_add(1 << 28) as u32 & 0x1fff_ffff;
        morton::cell(half(self.column), half(self.row))
    }

    /// The same place in block `i` of the nine around it, row by row.
    fn beside(self, i: usize) -> Self {
        let step = |i: usize| (i as i32 - 1) * BLOCK as i32;
        Self {
            column: self.column.wrapping_add(step(i % 3)),
            row: self.row.wrapping_add(step(i / 3)),
        }
    }

    /// Its place in the block.
    fn spot(self) -> usize {
        (self.row & 7) as usize * BLOCK + (self.column & 7) as usize
    }
}

/// Sixty-four squares, some with a cell.
#[derive(Debug, Clone)]
struct Block {
    square: Square,
    n: u32,
    /// The blocks around it and, in the middle, itself, row by row; [`NONE`] where there is none.
    around: [u32; 9],
    cells: [u32; BLOCK * BLOCK],
}

/// From squares to the numbers of their cells. Never walked, so its order reaches nothing.
#[derive(Debug, Default, Clone)]
pub(super) struct Grid {
    blocks: Vec<Block>,
    free: Vec<u32>,
    table: HashTable<u32>,
}

/// Mixes the bits, without a seed that differs between runs.
pub(super) fn mixed(number: u64) -> u64 {
    let z = (number ^ (number >> 31)).wrapping_mul(0x9fb2_1c65_1e98_df25);
    (z ^ (z >> 28)).wrapping_mul(0xd6e8_feb8_6659_fd93) ^ (z >> 32)
}

impl Grid {
    fn block(&self, square: Square) -> Option<u32> {
        let number = square.block();
        let is = |at: &u32| self.blocks[*at as usize].square.block() == number;
        self.table.find(mixed(number), is).copied()
    }

    /// The cell of a square, or [`NONE`].
    pub(super) fn cell(&self, square: Square) -> u32 {
        self.block(square).map_or(NONE, |at| self.blocks[at as usize].cells[square.spot()])
    }

    /// Enters the cell of a square that has none; gives the number of its block, with which its neighbours are found.
    pub(super) fn enter(&mut self, square: Square, cell: u32) -> u32 {
        let at = self.block(square).unwrap_or_else(|| self.begin(square));
        let block = &mut self.blocks[at as usize];
        block.cells[square.spot()] = cell;
        block.n += 1;
        at
    }

    /// A new block, known to those around it.
    fn begin(&mut self, square: Square) -> u32 {
        let mut block = Block { square, n: 0, around: [NONE; 9], cells: [NONE; BLOCK * BLOCK] };
        for (i, near) in block.around.iter_mut().enumerate() {
            let beside = square.beside(i);
            *near = self.block(beside).unwrap_or(NONE);
        }
        let at = self.free.pop().unwrap_or(self.blocks.len() as u32);
        block.around[4] = at;
        self.tell(block.around, at);
        if at as usize == self.blocks.len() {
            self.blocks.push(block);
        } else {
            self.blocks[at as usize] = block;
        }
        let blocks = &self.blocks;
        let number = |at: &u32| mixed(blocks[*at as usize].square.block());
        self.table.insert_unique(number(&at), at, number);
        at
    }

    /// Tells the blocks around one what stands there now.
    fn tell(&mut self, around: [u32; 9], now: u32) {
        for (i, near) in around.into_iter().enumerate().filter(|(i, _)| *i != 4) {
            if let Some(near) = self.blocks.get_mut(near as usize) {
                near.around[8 - i] = now;
            }
        }
    }

    /// Forgets the cell of a square.
    pub(super) fn leave(&mut self, square: Square) {
        let Some(at) = self.block(square) else { return };
        let block = &mut self.blocks[at as usize];
        block.cells[square.spot()] = NONE;
        block.n -= 1;
        if block.n > 0 {
            return;
        }
        let around = block.around;
        self.tell(around, NONE);
        if let Ok(entry) = self.table.find_entry(mixed(square.block()), |other| *other == at) {
            entry.remove();
        }
        self.free.push(at);
    }

    /// The cells of the neighbours of a square, [`NONE`] where there is none.
    pub(super) fn around(&self, block: u32, square: Square) -> [u32; NEIGHBOURS] {
        let around = &self.blocks[block as usize].around;
        let (column, row) = (square.column & 7, square.row & 7);
        let mut near = [NONE; NEIGHBOURS];
        for (near, (right, up)) in near.iter_mut().zip(OFFSETS) {
            // From -2 to 9: which of the three blocks, and where in it.
            let (x, y) = (column + right, row + up);
            let beside = ((y >> 3) + 1) * 3 + (x >> 3) + 1;
            if let Some(block) = self.blocks.get(around[beside as usize] as usize) {
                *near = block.cells[((y & 7) * BLOCK as i32 + (x & 7)) as usize];
            }
        }
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_found_over_the_edges_of_blocks_and_on_both_sides_of_zero() {
        let mut grid = Grid::default();
        let mut blocks = std::collections::BTreeMap::new();
        let number = |column: i32, row: i32| ((column + 20) * 40 + row + 20) as u32;
        for column in -20..20 {
            for row in -20..20 {
                let block = grid.enter(Square { column, row }, number(column, row));
                blocks.insert((column, row), block);
            }
        }
        for column in -18..18 {
            for row in -18..18 {
                let square = Square { column, row };
                assert_eq!(grid.cell(square), number(column, row));
                for (i, cell) in grid.around(blocks[&(column, row)], square).into_iter().enumerate()
                {
                    let (right, up) = OFFSETS[i];
                    assert_eq!(cell, number(column + right, row + up));
                    let back = OFFSETS[opposite(i)];
                    assert_eq!(back, (-right, -up));
                }
            }
        }
    }

    #[test]
    fn a_block_that_is_empty_is_used_again() {
        let mut grid = Grid::default();
        for turn in 0..100 {
            let square = Square { column: turn * 1_000, row: -turn };
            grid.enter(square, 7);
            assert_eq!(grid.cell(square), 7);
            grid.leave(square);
            assert_eq!(grid.cell(square), NONE);
        }
        assert_eq!((grid.blocks.len(), grid.table.len()), (1, 0));
    }
}
