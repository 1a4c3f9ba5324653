//! Tiles: the square of the map that is the unit of drawing, caching and subscription.
//!
//! The scheme is 512-pixel Web Mercator tiles, zooms 0 to 18: at zoom `z` the world is `2^z` tiles wide.

use serde::{Deserialize, Serialize};

use crate::geo::{Bbox, LngLat, Mercator};

/// The deepest zoom at which clusters exist.
pub const ZOOM_MAX: u8 = 18;

/// One tile. Ordered by zoom, then column, then row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TileId {
    /// Zoom, 0 to [`ZOOM_MAX`].
    pub z: u8,
    /// Column, eastward.
    pub x: u32,
    /// Row, southward.
    pub y: u32,
}

impl TileId {
    /// The tile of zoom `z` that holds the point.
    pub fn of(point: Mercator, z: u8) -> Self {
        Self { z, x: shift(point.x, z), y: shift(point.y, z) }
    }

    /// Whether the point lies in this tile.
    pub fn contains(&self, point: Mercator) -> bool {
        Self::of(point, self.z) == *self
    }
}

fn shift(fixed: u32, z: u8) -> u32 {
    if z == 0 { 0 } else { fixed >> (32 - u32::from(z)) }
}

/// The tiles of one view: a rectangle of columns and rows at one zoom; the columns may wrap at the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileCover {
    /// Zoom of all tiles.
    pub z: u8,
    /// First column; when `x_first > x_last` the columns wrap around.
    pub x_first: u32,
    /// Last column, inclusive.
    pub x_last: u32,
    /// First row (north).
    pub y_first: u32,
    /// Last row (south), inclusive.
    pub y_last: u32,
}

impl TileCover {
    /// The tiles at `z` that intersect the box.
    pub fn of(bbox: &Bbox, z: u8) -> Self {
        let z = z.min(ZOOM_MAX);
        let corner = |lng: f64, lat: f64| {
            // A Bbox holds places only, so this cannot fail; the centre of the map is a harmless stand-in.
            LngLat::new(lng, lat).map_or(Mercator { x: 1 << 31, y: 1 << 31 }, LngLat::mercator)
        };
        let north_west = TileId::of(corner(bbox.west(), bbox.north()), z);
        let south_east = TileId::of(corner(bbox.east(), bbox.south()), z);
        let mut cover = Self {
            z,
            x_first: north_west.x,
            x_last: south_east.x,
            y_first: north_west.y,
            y_last: south_east.y,
        };
        let wraps = bbox.west() > bbox.east();
        if wraps && cover.x_first <= cover.x_last {
            // The two ends meet in one column or overlap: every column is in view.
            (cover.x_first, cover.x_last) = (0, (1 << z) - 1);
        }
        cover
    }

    /// How many tiles.
    pub fn len(&self) -> u64 {
        let columns = if self.x_first <= self.x_last {
            u64::from(self.x_last - self.x_first) + 1
        } else {
            (1u64 << self.z) - u64::from(self.x_first) + u64::from(self.x_last) + 1
        };
        columns * (u64::from(self.y_last - self.y_first) + 1)
    }

    /// Never: a cover has at least one tile.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether the tile is one of these.
    pub fn contains(&self, tile: TileId) -> bool {
        let column = if self.x_first <= self.x_last {
            (self.x_first..=self.x_last).contains(&tile.x)
        } else {
            tile.x >= self.x_first || tile.x <= self.x_last
        };
        tile.z == self.z && column && (self.y_first..=self.y_last).contains(&tile.y)
    }

    /// Every tile, column by column from the western edge.
    pub fn tiles(&self) -> impl Iterator<Item = TileId> + use<> {
        let cover = *self;
        let wrapped = cover.x_first > cover.x_last;
        let end = if wrapped { (1 << cover.z) - 1 } else { cover.x_last };
        let columns = (cover.x_first..=end).chain(if wrapped { 0..cover.x_last + 1 } else { 0..0 });
        columns.flat_map(move |x| {
            (cover.y_first..=cover.y_last).map(move |y| TileId { z: cover.z, x, y })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcelona_at_zoom_12_is_the_tile_every_map_library_names() {
        let place = LngLat::new(2.17, 41.4).expect("a place");
        assert_eq!(TileId::of(place.mercator(), 12), TileId { z: 12, x: 2072, y: 1529 });
    }

    #[test]
    fn a_cover_across_the_antimeridian_lists_each_tile_once() {
        let bbox = Bbox::new(170.0, -20.0, -170.0, 20.0).expect("a box");
        let cover = TileCover::of(&bbox, 5);
        let tiles: Vec<_> = cover.tiles().collect();
        let distinct: std::collections::BTreeSet<_> = tiles.iter().copied().collect();
        assert_eq!(tiles.len() as u64, cover.len());
        assert_eq!(tiles.len(), distinct.len());
        assert!(tiles.iter().all(|tile| cover.contains(*tile)));
        assert!(!cover.contains(TileId { z: 5, x: 16, y: 16 }));
    }
}
