//! The words of all reports, packed: each row is what one report says, and a row that goes is overwritten at once.

use std::collections::VecDeque;

use super::limits::PIECE_BYTES;
use super::sought::Sought;
use crate::plain::Plain;
use crate::record::Record;
use crate::tree::Slot;

/// Stands between what a report says and its place, so that no phrase reaches over it, and in place of what went.
const APART: u8 = b'\n';
/// The row of a report that went.
const NOBODY: Slot = Slot::MAX;
/// A report without a row.
const NOWHERE: Seat = Seat { piece: u32::MAX, row: 0 };

/// Where a report's row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seat {
    /// Counted from the first piece that ever was.
    piece: u32,
    row: u32,
}

#[derive(Clone, Copy)]
struct Row {
    start: u32,
    slot: Slot,
}

#[derive(Default)]
struct Piece {
    words: Vec<u8>,
    rows: Vec<Row>,
    /// Bytes of rows that went.
    n_gone: usize,
}

impl Piece {
    fn row(&self, row: usize) -> &[u8] {
        let start = self.rows.get(row).map_or(self.words.len(), |row| row.start as usize);
        let end = self.rows.get(row + 1).map_or(self.words.len(), |next| next.start as usize);
        &self.words[start..end]
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Index {
    pieces: VecDeque<Piece>,
    /// How many pieces went before the first.
    n_before: u32,
    /// By slot.
    seats: Vec<Seat>,
    spare: Vec<u8>,
}

// By hand: words must not reach a log by accident.
impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index({} pieces)", self.pieces.len())
    }
}

impl Index {
    /// Takes in what a report says, in place of what it said before.
    pub(crate) fn put(&mut self, slot: Slot, record: &Record, text: Option<&Plain>) {
        let mut words = std::mem::take(&mut self.spare);
        words.clear();
        if !record.erased {
            let mut say = |plain: &Plain| {
                words.extend(plain.text().bytes().filter(|byte| *byte != APART));
                words.push(APART);
            };
            if let Some(text) = text {
                say(text);
            }
            for said in [record.place_words(), record.case_ref()].into_iter().flatten() {
                say(&Plain::of(said));
            }
        }
        if self.words(slot) != Some(words.as_slice()) {
            self.remove(slot);
            if words.len() > 1 {
                self.append(slot, &words);
            }
        }
        // What was said may have to be forgotten a moment later.
        words.fill(APART);
        self.spare = words;
    }

    fn append(&mut self, slot: Slot, words: &[u8]) {
        let is_full = |piece: &Piece| {
            !piece.words.is_empty() && piece.words.len() + words.len() > PIECE_BYTES
        };
        if self.pieces.back().is_none_or(is_full) {
            self.pieces.push_back(Piece::default());
        }
        let piece = self.n_before + self.pieces.len() as u32 - 1;
        let Some(last) = self.pieces.back_mut() else { return };
        let row = last.rows.len() as u32;
        last.rows.push(Row { start: last.words.len() as u32, slot });
        last.words.extend(words);
        if self.seats.len() <= slot as usize {
            self.seats.resize(slot as usize + 1, NOWHERE);
        }
        self.seats[slot as usize] = Seat { piece, row };
    }

    /// Forgets what a report said; its bytes are overwritten.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let Some(seat) = self.seats.get_mut(slot as usize) else { return };
        let seat = std::mem::replace(seat, NOWHERE);
        if seat == NOWHERE {
            return;
        }
        let at = (seat.piece - self.n_before) as usize;
        let is_last = at + 1 == self.pieces.len();
        let Some(piece) = self.pieces.get_mut(at) else { return };
        let row = seat.row as usize;
        let start = piece.rows[row].start as usize;
        let n = piece.row(row).len();
        piece.words[start..start + n].fill(APART);
        piece.rows[row].slot = NOBODY;
        piece.n_gone += n;
        if piece.n_gone == piece.words.len() && !is_last {
            *piece = Piece::default();
        } else if piece.n_gone > PIECE_BYTES / 2 {
            self.tighten(at);
        }
        while self.pieces.len() > 1 && self.pieces.front().is_some_and(|one| one.rows.is_empty()) {
            self.pieces.pop_front();
            self.n_before += 1;
        }
    }

    /// Moves the rows of a piece together.
    fn tighten(&mut self, at: usize) {
        let Some(old) = self.pieces.get_mut(at).map(std::mem::take) else { return };
        let mut new = Piece::default();
        for (row, Row { slot, .. }) in old.rows.iter().enumerate() {
            if *slot == NOBODY {
                continue;
            }
            self.seats[*slot as usize].row = new.rows.len() as u32;
            new.rows.push(Row { start: new.words.len() as u32, slot: *slot });
            new.words.extend(old.row(row));
        }
        self.pieces[at] = new;
    }

    fn words(&self, slot: Slot) -> Option<&[u8]> {
        let seat = self.seats.get(slot as usize).filter(|seat| **seat != NOWHERE)?;
        let piece = self.pieces.get((seat.piece - self.n_before) as usize)?;
        Some(piece.row(seat.row as usize))
    }

    /// Whether a report says what is sought.
    pub(crate) fn says(&self, slot: Slot, sought: &Sought) -> bool {
        self.words(slot).is_some_and(|words| sought.is_in(words))
    }

    /// All reports that say what is sought, in no order that means anything.
    pub(crate) fn find(&self, sought: &Sought, mut found: impl FnMut(Slot)) {
        let Some(rarest) = sought.rarest() else { return };
        for piece in &self.pieces {
            let (mut from, mut row) = (0, 0);
            while let Some(at) = rarest.find(&piece.words[from..]) {
                let at = from + at;
                // Rows follow each other, and what is common stands in the next ones.
                let after = piece.rows[row..].partition_point(|one| one.start as usize <= at);
                row += after - 1;
                let words = piece.row(row);
                let Row { start, slot } = piece.rows[row];
                if slot != NOBODY && sought.is_in(words) {
                    found(slot);
                }
                from = start as usize + words.len();
            }
        }
    }

    /// Bytes in use, for the figures.
    pub(crate) fn heap_bytes(&self) -> usize {
        let of = |piece: &Piece| piece.words.capacity() + piece.rows.capacity() * size_of::<Row>();
        self.pieces.iter().map(of).sum::<usize>() + self.seats.capacity() * size_of::<Seat>()
    }

    /// All bytes that are held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> Vec<u8> {
        let spare = std::iter::once(&self.spare);
        self.pieces.iter().map(|piece| &piece.words).chain(spare).flatten().copied().collect()
    }
}
