//! What a client holds of each tile of its view: one place for each, and none before the first is sent.

use wire::tile::{TileCover, TileId};

use crate::hub::steps::Held;

/// See the module.
#[derive(Debug)]
pub(super) struct Sent {
    cover: TileCover,
    /// Column by column, as the cover lists its tiles; empty as long as nothing is held.
    held: Box<[Option<Held>]>,
}

impl Sent {
    /// Of a view of which nothing was sent.
    pub(super) fn nothing(cover: TileCover) -> Self {
        Self { cover, held: Box::default() }
    }

    /// Of a view whose tiles the client holds, all alike.
    pub(super) fn all(cover: TileCover, held: Held) -> Self {
        Self { cover, held: vec![Some(held); places(&cover)].into() }
    }

    /// What of this stands in another view too.
    pub(super) fn within(&self, cover: TileCover) -> Self {
        let mut sent = Self::nothing(cover);
        for (tile, held) in self.cover.tiles().zip(&self.held) {
            if let Some(held) = held {
                sent.set(tile, *held);
            }
        }
        sent
    }

    /// What is held of a tile.
    pub(super) fn get(&self, tile: TileId) -> Option<Held> {
        *self.held.get(place(&self.cover, tile)?)?
    }

    /// From now on this is held of a tile; of a tile outside the view nothing is.
    pub(super) fn set(&mut self, tile: TileId, held: Held) {
        let Some(place) = place(&self.cover, tile) else { return };
        if self.held.is_empty() {
            self.held = vec![None; places(&self.cover)].into();
        }
        self.held[place] = Some(held);
    }
}

fn places(cover: &TileCover) -> usize {
    // A view that is served has 256 tiles at most.
    usize::try_from(cover.len()).unwrap_or(0)
}

/// Where the tile comes among the tiles of the cover.
fn place(cover: &TileCover, tile: TileId) -> Option<usize> {
    if !cover.contains(tile) {
        return None;
    }
    let columns = 1u32 << cover.z;
    // East of the first column, around the antimeridian if need be.
    let column = tile.x.wrapping_sub(cover.x_first) & (columns - 1);
    let rows = cover.y_last - cover.y_first + 1;
    usize::try_from(u64::from(column) * u64::from(rows) + u64::from(tile.y - cover.y_first)).ok()
}

#[cfg(test)]
mod tests {
    use wire::geo::Bbox;

    use super::*;

    fn covers() -> Vec<TileCover> {
        [
            (2.05, 2.23, 12),
            (170.0, -170.0, 5),
            (-180.0, 180.0, 2),
            (179.0, -179.0, 9),
            (0.0, 1.0, 0),
        ]
        .map(|(west, east, z)| {
            TileCover::of(&Bbox::new(west, 41.32, east, 41.47).expect("a box"), z)
        })
        .to_vec()
    }

    #[test]
    fn each_tile_of_a_view_has_the_place_in_which_the_cover_lists_it() {
        for cover in covers() {
            for (at, tile) in cover.tiles().enumerate() {
                assert_eq!(place(&cover, tile), Some(at), "{cover:?}");
            }
            assert_eq!(place(&cover, TileId { z: cover.z + 1, x: 0, y: 0 }), None);
        }
    }

    #[test]
    fn a_pan_keeps_what_both_views_show_and_nothing_else() {
        for (one, other) in covers().into_iter().zip(covers().into_iter().skip(1)) {
            for (from, to) in [(one, other), (one, one)] {
                let mut sent = Sent::nothing(from);
                for (version, tile) in from.tiles().enumerate() {
                    sent.set(tile, Held::Version(version as u64));
                }
                let kept = sent.within(to);
                for tile in to.tiles() {
                    assert_eq!(kept.get(tile), sent.get(tile));
                }
            }
        }
    }
}
