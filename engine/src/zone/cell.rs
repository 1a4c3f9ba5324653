//! What a cell holds of all zones, in one row of words: most of the time that a look takes goes into fetching it.
//!
//! First how many zones it lies inside of and their numbers, then a piece for each zone whose boundary it is on: the zone's number, a
//! head, and the chains of corners whose edges come into the cell, each with how many. The head is twice the number of words of
//! the chains, plus one if the path in the cell begins inside. A chain whose corners are all near the cell has a word a corner, and
//! its number is negative; any other has two.

use super::ZoneId;
use super::edge::{Corner, Edge, Meets};

/// Notes that all of the cell is inside a zone.
pub(super) fn lies_inside(words: &mut Vec<i32>, zone: ZoneId) {
    begin(words);
    let n_inside = n_inside(words);
    words[0] += 1;
    words.insert(1 + n_inside, zone.0 as i32);
}

/// Notes that the boundary of a zone goes through the cell: its edges there, in their order.
pub(super) fn lies_on(
    words: &mut Vec<i32>,
    corner: Corner,
    zone: ZoneId,
    inside: bool,
    edges: &[Edge],
) {
    begin(words);
    let head = words.len() + 1;
    words.extend([zone.0 as i32, 0]);
    for chain in edges.chunk_by(|one, next| one.to == next.from) {
        let corners: Vec<(i32, i32)> = chain
            .iter()
            .take(1)
            .map(|edge| edge.from)
            .chain(chain.iter().map(|edge| edge.to))
            .collect();
        let n_corners = corners.len() as i32;
        if let Some(near) =
            corners.iter().map(|at| packed(corner, *at)).collect::<Option<Vec<i32>>>()
        {
            words.push(-n_corners);
            words.extend(near);
        } else {
            words.push(n_corners);
            words.extend(corners.iter().flat_map(|(x, y)| [*x, *y]));
        }
    }
    let n_words = (words.len() - head - 1) as i32;
    words[head] = n_words << 1 | i32::from(inside);
}

/// A corner in one word, if it is so near to the cell's.
fn packed(cell: Corner, (x, y): (i32, i32)) -> Option<i32> {
    let x = i16::try_from(i64::from(x) - i64::from(cell.x)).ok()?;
    let y = i16::try_from(i64::from(y) - i64::from(cell.y)).ok()?;
    Some(i32::from(y) << 16 | i32::from(x.cast_unsigned()))
}

/// The inverse of [`packed`].
fn unpacked(cell: Corner, word: i32) -> (i32, i32) {
    (cell.x.wrapping_add(i32::from(word as i16)), cell.y.wrapping_add(word >> 16))
}

/// Forgets a zone; of a cell that holds nothing more no word is left.
pub(super) fn forget(words: &mut Vec<i32>, zone: ZoneId) {
    let before = std::mem::take(words);
    for other in inside(&before).iter().filter(|other| **other != zone.0 as i32) {
        lies_inside(words, ZoneId(*other as u32));
    }
    let mut left = pieces(&before);
    while let Some((piece, rest)) = split(left) {
        if piece.zone != zone {
            begin(words);
            words.extend_from_slice(&left[..left.len() - rest.len()]);
        }
        left = rest;
    }
}

/// Adds the zones that cover a place in the cell, in no order.
pub(super) fn find(words: &[i32], corner: Corner, (x, y): (i32, i32), hits: &mut Vec<ZoneId>) {
    hits.extend(inside(words).iter().map(|zone| ZoneId(*zone as u32)));
    let mut left = pieces(words);
    while let Some((piece, rest)) = split(left) {
        if piece.covers(corner, x, y) {
            hits.push(piece.zone);
        }
        left = rest;
    }
}

fn begin(words: &mut Vec<i32>) {
    if words.is_empty() {
        words.push(0);
    }
}

fn n_inside(words: &[i32]) -> usize {
    words.first().map_or(0, |n| *n as usize)
}

fn inside(words: &[i32]) -> &[i32] {
    words.get(1..=n_inside(words)).unwrap_or_default()
}

fn pieces(words: &[i32]) -> &[i32] {
    words.get(1 + n_inside(words)..).unwrap_or_default()
}

/// What a cell holds of one zone on whose boundary it is.
struct Piece<'a> {
    zone: ZoneId,
    inside: bool,
    chains: &'a [i32],
}

/// The first of the pieces, and the others.
fn split(words: &[i32]) -> Option<(Piece<'_>, &[i32])> {
    let [zone, head, rest @ ..] = words else { return None };
    let (chains, rest) = rest.split_at_checked((head >> 1) as usize)?;
    Some((Piece { zone: ZoneId(*zone as u32), inside: head & 1 == 1, chains }, rest))
}

impl Piece<'_> {
    fn covers(&self, cell: Corner, x: i32, y: i32) -> bool {
        let mut inside = self.inside;
        let mut chains = self.chains;
        while let [n_corners, rest @ ..] = chains {
            let n = n_corners.unsigned_abs() as usize;
            let on;
            if *n_corners < 0 {
                let (corners, others) = rest.split_at(n);
                chains = others;
                let corners = corners.iter().map(|word| unpacked(cell, *word));
                on = walk(corners, cell, (x, y), &mut inside);
            } else {
                let (corners, others) = rest.split_at(2 * n);
                chains = others;
                let corners = corners.as_chunks::<2>().0.iter().map(|[x, y]| (*x, *y));
                on = walk(corners, cell, (x, y), &mut inside);
            }
            if on {
                return true;
            }
        }
        inside
    }
}

/// Goes along a chain and turns `inside` over with each edge that the path crosses; whether the place lies on the chain.
fn walk(
    mut corners: impl Iterator<Item = (i32, i32)>,
    cell: Corner,
    (x, y): (i32, i32),
    inside: &mut bool,
) -> bool {
    let Some(mut from) = corners.next() else { return false };
    for to in corners {
        match (Edge { from, to }).meets(cell, x, y) {
            Meets::On => return true,
            Meets::Crossed(crossed) => *inside ^= crossed,
        }
        from = to;
    }
    false
}
