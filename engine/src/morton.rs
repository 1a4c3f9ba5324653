//! Morton keys: one number a cell, whose prefix is the cell around it.
//!
//! The top [`DEPTH`] bits of x and y are interleaved, y above x, so two bits name the quarter at each level.

use wire::geo::Mercator;

/// Levels of the pyramid: zoom 18, and four more for the 16 × 16 cells of a tile.
pub(crate) const DEPTH: u8 = 22;

/// Levels between a tile and its cells: 2⁴ × 2⁴ cells of 32 pixels in a tile of 512.
pub(crate) const CELL_LEVELS: u8 = 4;

/// Cells along one side of a tile.
pub(crate) const CELLS: usize = 1 << CELL_LEVELS;

/// The bits of a key that name the column; the others name the row.
pub(crate) const COLUMNS: u64 = 0x5555_5555_5555_5555;

/// Spreads 32 bits to the even bits of 64.
fn spread(bits: u32) -> u64 {
    let mut v = u64::from(bits);
    v = (v | (v << 16)) & 0x0000_ffff_0000_ffff;
    v = (v | (v << 8)) & 0x00ff_00ff_00ff_00ff;
    v = (v | (v << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    v = (v | (v << 2)) & 0x3333_3333_3333_3333;
    (v | (v << 1)) & 0x5555_5555_5555_5555
}

/// The key of a column and row.
pub(crate) fn cell(x: u32, y: u32) -> u64 {
    spread(x) | (spread(y) << 1)
}

/// The key of a point at [`DEPTH`].
pub(crate) fn key(at: Mercator) -> u64 {
    cell(at.x >> (32 - DEPTH), at.y >> (32 - DEPTH))
}

/// The key, at `level`, of the cell around a point's key.
pub(crate) fn prefix(key: u64, level: u8) -> u64 {
    key >> (2 * (DEPTH - level))
}

/// Which quarter of its cell at `level - 1` the key lies in.
pub(crate) fn quarter(key: u64, level: u8) -> usize {
    (prefix(key, level) & 3) as usize
}

/// The tile around a cell of its own zoom.
pub(crate) fn tile_of(cell: u64) -> u64 {
    cell >> (2 * CELL_LEVELS)
}

/// Where a cell lies in its tile, row by row, by the low bits of its key.
const SPOTS: [u8; CELLS * CELLS] = {
    let mut spots = [0; CELLS * CELLS];
    let mut key = 0;
    while key < spots.len() {
        let mut bit = 0;
        while bit < CELL_LEVELS {
            let (x, y) = (key >> (2 * bit) & 1, key >> (2 * bit + 1) & 1);
            spots[key] |= (x << bit | y << (bit + CELL_LEVELS)) as u8;
            bit += 1;
        }
        key += 1;
    }
    spots
};

/// The place of a cell in its tile, row by row.
pub(crate) fn spot(cell: u64) -> usize {
    usize::from(SPOTS[cell as usize % SPOTS.len()])
}

/// Column and row of a cell within its tile.
pub(crate) fn in_tile(cell: u64) -> (usize, usize) {
    (spot(cell) % CELLS, spot(cell) / CELLS)
}

/// The inverse of [`cell`].
pub(crate) fn place(cell: u64) -> (u32, u32) {
    let gather = |v: u64| {
        let v = v & 0x5555_5555_5555_5555;
        let v = (v | (v >> 1)) & 0x3333_3333_3333_3333;
        let v = (v | (v >> 2)) & 0x0f0f_0f0f_0f0f_0f0f;
        let v = (v | (v >> 4)) & 0x00ff_00ff_00ff_00ff;
        let v = (v | (v >> 8)) & 0x0000_ffff_0000_ffff;
        ((v | (v >> 16)) & 0xffff_ffff) as u32
    };
    (gather(cell), gather(cell >> 1))
}

/// The deepest level at which the two keys still share a cell.
pub(crate) fn shared_level(a: u64, b: u64) -> u8 {
    let differs = a ^ b;
    if differs == 0 { DEPTH } else { DEPTH - 1 - (differs.ilog2() / 2) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_the_cell_of_the_shifted_point() {
        let at = Mercator { x: 0x8123_4567, y: 0x7654_3210 };
        for level in 1..=DEPTH {
            let shift = 32 - u32::from(level);
            assert_eq!(prefix(key(at), level), cell(at.x >> shift, at.y >> shift), "level {level}");
        }
        assert_eq!(prefix(key(at), 0), 0);
    }

    #[test]
    fn a_cell_knows_its_place_and_its_place_in_the_tile() {
        for (x, y) in [(0, 0), (1, 0), (0, 1), (0x8123_4567, 0x7654_3210), (u32::MAX, 0x0f0f_0f0f)]
        {
            let key = cell(x, y);
            assert_eq!(place(key), (x, y));
            assert_eq!(in_tile(key), (x as usize % CELLS, y as usize % CELLS));
            assert_eq!(tile_of(key), cell(x / CELLS as u32, y / CELLS as u32));
        }
    }

    #[test]
    fn two_keys_share_cells_down_to_their_first_difference() {
        for (a, b) in [(0u64, 1u64), (5, 5), (0, 1 << 41), (0b1100, 0b1000), (7 << 20, 6 << 20)] {
            let deepest = (0..=DEPTH).rev().find(|l| prefix(a, *l) == prefix(b, *l));
            assert_eq!(Some(shared_level(a, b)), deepest, "{a} {b}");
        }
    }
}
