//! Where the cells are: squares of 8 × 8 in a table, so that the neighbours of a cell take four look-ups at most.

use hashbrown::HashTable;

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
    /// One number a square, those of a block in a row and blocks row by row: sorted by it, near lies near.
    pub(super) fn key(self) -> u64 {
        self.block() << 6 | self.spot() as u64
    }

    /// The number of its block.
    fn block(self) -> u64 {
        let half = |side: i32| u64::from((side >> 3).wrapping_add(1 << 28) as u32 & 0x1fff_ffff);
        half(self.row) << 29 | half(self.column)
    }

    /// Its place in the block.
    fn spot(self) -> usize {
        (self.row & 7) as usize * BLOCK + (self.column & 7) as usize
    }
}

/// Sixty-four squares, some with a cell.
#[derive(Debug, Clone)]
struct Block {
    number: u64,
    n: u32,
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
    fn block(&self, number: u64) -> Option<u32> {
        let is = |at: &u32| self.blocks[*at as usize].number == number;
        self.table.find(mixed(number), is).copied()
    }

    /// The cell of a square, or [`NONE`].
    pub(super) fn cell(&self, square: Square) -> u32 {
        let block = self.block(square.block());
        block.map_or(NONE, |at| self.blocks[at as usize].cells[square.spot()])
    }

    /// Enters the cell of a square that has none.
    pub(super) fn enter(&mut self, square: Square, cell: u32) {
        let number = square.block();
        let at = self.block(number).unwrap_or_else(|| {
            let block = Block { number, n: 0, cells: [NONE; BLOCK * BLOCK] };
            let at = if let Some(at) = self.free.pop() {
                self.blocks[at as usize] = block;
                at
            } else {
                self.blocks.push(block);
                self.blocks.len() as u32 - 1
            };
            let blocks = &self.blocks;
            self.table.insert_unique(mixed(number), at, |at| mixed(blocks[*at as usize].number));
            at
        });
        let block = &mut self.blocks[at as usize];
        block.cells[square.spot()] = cell;
        block.n += 1;
    }

    /// Forgets the cell of a square.
    pub(super) fn leave(&mut self, square: Square) {
        let number = square.block();
        let is = |at: &u32| self.blocks[*at as usize].number == number;
        let Ok(entry) = self.table.find_entry(mixed(number), is) else { return };
        let block = &mut self.blocks[*entry.get() as usize];
        block.cells[square.spot()] = NONE;
        block.n -= 1;
        if block.n == 0 {
            self.free.push(entry.remove().0);
        }
    }

    /// The cells of the neighbours, [`NONE`] where there is none.
    pub(super) fn around(&self, square: Square) -> [u32; NEIGHBOURS] {
        let Square { column, row } = square;
        let first = Square { column: column.wrapping_sub(2), row: row.wrapping_sub(2) };
        let mut four = [None::<&Block>; 4];
        for (i, block) in four.iter_mut().enumerate() {
            let far = Square {
                column: first.column.wrapping_add(4 * (i as i32 & 1)),
                row: first.row.wrapping_add(2 * (i as i32 & 2)),
            };
            // Where both ends lie in one block, it is looked up once and found under its first place.
            if (i & 1 == 1 && far.column >> 3 == first.column >> 3)
                || (i & 2 == 2 && far.row >> 3 == first.row >> 3)
            {
                continue;
            }
            *block = self.block(far.block()).map(|at| &self.blocks[at as usize]);
        }
        OFFSETS.map(|(right, up)| {
            let near = Square { column: column.wrapping_add(right), row: row.wrapping_add(up) };
            let beside = usize::from(near.column >> 3 != first.column >> 3);
            let above = usize::from(near.row >> 3 != first.row >> 3);
            four[above * 2 + beside].map_or(NONE, |block| block.cells[near.spot()])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_found_over_the_edges_of_blocks_and_on_both_sides_of_zero() {
        let mut grid = Grid::default();
        let number = |column: i32, row: i32| ((column + 20) * 40 + row + 20) as u32;
        for column in -20..20 {
            for row in -20..20 {
                grid.enter(Square { column, row }, number(column, row));
            }
        }
        for column in -18..18 {
            for row in -18..18 {
                let square = Square { column, row };
                assert_eq!(grid.cell(square), number(column, row));
                for (i, cell) in grid.around(square).into_iter().enumerate() {
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
