//! Sixteen by sixteen cells beside each other, whose words lie in one piece of memory.
//!
//! Most of the time that a look takes goes into fetching what it looks at. So blocks are found by a table that is small enough to be at
//! hand, and a cell in its block by its place.

/// Bits of a coordinate of a cell that tell its place in its block.
const BITS: u32 = 4;

/// Cells of a block.
const CELLS: usize = 1 << (2 * BITS);

/// Below so many words nothing is gained by closing gaps.
const GAPS_MIN: usize = 1_024;

/// A small cell grows by so many words, the 64 bytes that memory is fetched in.
const STEP: usize = 16;

/// From so many words on a cell grows by doubling, so that a crowded one is not moved for each zone.
const ROOMY: usize = 512;

/// Where the words of a cell lie.
#[derive(Debug, Clone, Copy, Default)]
struct Spot {
    start: u32,
    len: u32,
}

impl Spot {
    /// Words that it may grow to before it moves: little more than it has while it is small, as most are.
    fn room(self) -> usize {
        let len = self.len as usize;
        if len < ROOMY { len.next_multiple_of(STEP) } else { len.next_power_of_two() }
    }

    fn words(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// The cells of a block.
#[derive(Debug)]
pub(super) struct Block {
    spots: Box<[Spot; CELLS]>,
    words: Vec<i32>,
    /// Words that cells lie in, the room to grow included; the others are gaps.
    n_held: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self { spots: Box::new([Spot::default(); CELLS]), words: Vec::new(), n_held: 0 }
    }
}

/// The key of the block of a cell, and the cell's place in it.
pub(super) fn place(cell: u64) -> (u64, usize) {
    let (x, y) = (cell & u64::from(u32::MAX), cell >> 32);
    let low = (1 << BITS) - 1;
    ((y >> BITS) << 32 | x >> BITS, ((y & low) << BITS | x & low) as usize)
}

impl Block {
    /// The words of a cell; none for one that holds nothing.
    pub(super) fn cell(&self, place: usize) -> &[i32] {
        &self.words[self.spots[place].words()]
    }

    /// Whether no cell holds anything.
    pub(super) fn is_empty(&self) -> bool {
        self.n_held == 0
    }

    /// Puts other words in place of a cell's.
    pub(super) fn write(&mut self, place: usize, words: &[i32]) {
        let before = self.spots[place];
        let mut after = Spot { len: words.len() as u32, ..before };
        if after.room() != before.room() {
            after.start = self.words.len() as u32;
            self.words.resize(self.words.len() + after.room(), 0);
            self.n_held = self.n_held + after.room() - before.room();
        }
        self.spots[place] = after;
        self.words[after.words()].copy_from_slice(words);
        if self.words.len() > GAPS_MIN.max(2 * self.n_held) {
            self.close_gaps();
        }
    }

    fn close_gaps(&mut self) {
        let mut words = Vec::with_capacity(self.n_held);
        for spot in self.spots.iter_mut() {
            let start = words.len();
            words.extend_from_slice(&self.words[spot.words()]);
            words.resize(start + spot.room(), 0);
            spot.start = start as u32;
        }
        self.words = words;
    }
}
