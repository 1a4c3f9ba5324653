//! Where something is counted: fixed cells of the Mercator square, and blocks of them.

use serde::{Deserialize, Serialize};
use wire::geo::{Bbox, LngLat, Mercator};
use wire::grade::{Hazard, Kind};
use wire::unusual::Channel;

/// A fixed grid over the Mercator square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Grid {
    /// 32,768 cells a side: 0.9 km at 41° of latitude, a neighbourhood.
    Fine,
    /// Half as many: 1.8 km; its blocks of four are 3.7 km wide, a small town or the front of a fire.
    Coarse,
    /// A quarter of those: 7.3 km, wide enough to expect calls, posts and sensors in each hour.
    Wide,
    /// One cell: all there is.
    City,
}

impl Grid {
    /// How often the square is halved.
    pub(super) fn level(self) -> u8 {
        match self {
            Self::Fine => 15,
            Self::Coarse => 14,
            Self::Wide => 12,
            Self::City => 0,
        }
    }
}

/// A cell of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) grid: Grid,
    pub(super) x: u16,
    pub(super) y: u16,
}

impl Cell {
    /// The one cell of [`Grid::City`].
    pub(super) const CITY: Self = Self { grid: Grid::City, x: 0, y: 0 };

    /// The cell around a place.
    pub(super) fn fine(place: LngLat) -> Self {
        let Mercator { x, y } = place.mercator();
        let shift = 32 - u32::from(Grid::Fine.level());
        Self { grid: Grid::Fine, x: (x >> shift) as u16, y: (y >> shift) as u16 }
    }

    /// The cell of a coarser grid around this one.
    pub(super) fn within(self, grid: Grid) -> Self {
        let shift = self.grid.level().saturating_sub(grid.level());
        let up = |at: u16| at.checked_shr(u32::from(shift)).unwrap_or(0);
        Self { grid, x: up(self.x), y: up(self.y) }
    }
}

/// What is counted: a hazard, a channel, or all hazards together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Series(pub(super) u8);

/// Hazards there are.
const HAZARDS: u8 = Hazard::ALL.len() as u8;

impl Series {
    /// All hazards together, to know how busy a place is.
    pub(super) const ANY: Self = Self(HAZARDS + 3);
    /// How many there are.
    pub(super) const N: usize = HAZARDS as usize + 4;

    pub(super) fn of(hazard: Hazard) -> Self {
        Self(hazard.index() as u8)
    }

    pub(super) fn channel(channel: Channel) -> Self {
        Self(HAZARDS + channel as u8)
    }

    /// The hazard, if it is one.
    pub(super) fn hazard(self) -> Option<Hazard> {
        Hazard::from_index(self.0)
    }

    /// The channel, if it is one.
    pub(super) fn as_channel(self) -> Option<Channel> {
        let at = self.0.checked_sub(HAZARDS)?;
        Channel::ALL.get(usize::from(at)).copied()
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Self::N as u8).map(Self)
    }
}

/// The channel that a kind of report comes by; units, officials and the press are no voice of an area.
pub(super) fn channel_of(kind: Kind) -> Option<Channel> {
    match kind {
        Kind::Call => Some(Channel::Calls),
        Kind::Post | Kind::Citizen => Some(Channel::Posts),
        _ => None,
    }
}

/// A square of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Block {
    grid: Grid,
    x: u16,
    y: u16,
    side: u8,
}

impl Block {
    /// All there is.
    pub(super) const CITY: Self = Self { grid: Grid::City, x: 0, y: 0, side: 1 };

    /// A cell alone.
    pub(super) fn one(cell: Cell) -> Self {
        Self { grid: cell.grid, x: cell.x, y: cell.y, side: 1 }
    }

    /// The cell by which dark areas are judged, around a place.
    pub fn wide(place: LngLat) -> Self {
        Self::one(Cell::fine(place).within(Grid::Wide))
    }

    /// The blocks of four that a cell lies in. What is smaller than half a cell lies whole in one of them, wherever the
    /// borders run. No block reaches over the antimeridian.
    pub(super) fn fours(cell: Cell) -> impl Iterator<Item = Self> {
        let last = u16::MAX >> (16 - u16::from(cell.grid.level()));
        let begins = |at: u16| [at.checked_sub(1), Some(at)].into_iter().flatten();
        begins(cell.x)
            .flat_map(move |x| begins(cell.y).map(move |y| (x, y)))
            .filter(move |(x, y)| *x < last && *y < last)
            .map(move |(x, y)| Self { grid: cell.grid, x, y, side: 2 })
    }

    /// Its cells.
    pub(super) fn cells(self) -> impl Iterator<Item = Cell> {
        let side = u16::from(self.side);
        (0..side * side).map(move |n| Cell {
            grid: self.grid,
            x: self.x + n % side,
            y: self.y + n / side,
        })
    }

    pub(super) fn grid(self) -> Grid {
        self.grid
    }

    /// First and last column and row, in cells of [`Grid::Fine`].
    fn span(self) -> [u32; 4] {
        let up = Grid::Fine.level() - self.grid.level();
        let (x, y, side) = (u32::from(self.x), u32::from(self.y), u32::from(self.side));
        [x << up, y << up, ((x + side) << up) - 1, ((y + side) << up) - 1]
    }

    /// Whether two blocks overlap or lie beside each other.
    pub(super) fn touches(self, other: Self) -> bool {
        let (a, b) = (self.span(), other.span());
        a[0] <= b[2] + 1 && b[0] <= a[2] + 1 && a[1] <= b[3] + 1 && b[1] <= a[3] + 1
    }

    /// Whether it stands for all there is.
    pub fn is_everywhere(self) -> bool {
        self.grid == Grid::City
    }

    /// Its middle.
    pub fn middle(self) -> Option<LngLat> {
        let [left, top, right, bottom] = self.span();
        let shift = 32 - u32::from(Grid::Fine.level());
        let half =
            |from: u32, to: u32| ((u64::from(from) + u64::from(to + 1)) << shift >> 1) as u32;
        let (lng, lat) = Mercator { x: half(left, right), y: half(top, bottom) }.lng_lat();
        LngLat::new(lng, lat).ok()
    }

    /// Its corners.
    pub fn bbox(self) -> Bbox {
        let [left, top, right, bottom] = self.span();
        let shift = 32 - u32::from(Grid::Fine.level());
        let far = |at: u32| ((u64::from(at + 1) << shift) - 1) as u32;
        let (west, north) = Mercator { x: left << shift, y: top << shift }.lng_lat();
        let (east, south) = Mercator { x: far(right), y: far(bottom) }.lng_lat();
        Bbox::new(west, south, east, north).unwrap_or(Bbox::WORLD)
    }
}

/// A series at a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) series: Series,
    pub(super) cell: Cell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_at_a_corner_lies_whole_in_one_block_of_four() {
        let at = |x, y| Cell { grid: Grid::Fine, x, y };
        let around_the_corner = [at(8, 4), at(9, 4), at(8, 5), at(9, 5)];
        let common = Block::fours(around_the_corner[0]).filter(|block| {
            around_the_corner.iter().all(|cell| block.cells().any(|own| own == *cell))
        });
        assert_eq!(common.count(), 1);
    }

    #[test]
    fn the_corner_of_the_square_has_one_block() {
        let last = u16::MAX >> 1;
        assert_eq!(Block::fours(Cell { grid: Grid::Fine, x: last, y: last }).count(), 1);
        assert_eq!(Block::fours(Cell { grid: Grid::Fine, x: 0, y: 0 }).count(), 1);
        assert_eq!(Block::fours(Cell { grid: Grid::Fine, x: 5, y: 0 }).count(), 2);
    }

    #[test]
    fn a_block_holds_the_places_of_its_cells() {
        let place = LngLat::new(2.17, 41.39).expect("a place");
        let cell = Cell::fine(place);
        for grid in [Grid::Fine, Grid::Coarse, Grid::Wide, Grid::City] {
            assert!(Block::one(cell.within(grid)).bbox().contains(place), "{grid:?}");
        }
        let bbox = Block::one(cell).bbox();
        let wide_m = crate::place::distance_m(
            LngLat::new(bbox.west(), 41.39).expect("a place"),
            LngLat::new(bbox.east(), 41.39).expect("a place"),
        );
        assert!((900.0..930.0).contains(&wide_m), "{wide_m}");
    }

    #[test]
    fn blocks_side_by_side_touch_and_others_do_not() {
        let at = |grid, x, y| Block::one(Cell { grid, x, y });
        assert!(at(Grid::Fine, 10, 10).touches(at(Grid::Fine, 11, 11)));
        assert!(!at(Grid::Fine, 10, 10).touches(at(Grid::Fine, 12, 10)));
        // The coarse cell 6 is the fine cells 12 and 13.
        assert!(at(Grid::Coarse, 6, 5).touches(at(Grid::Fine, 11, 10)));
        assert!(!at(Grid::Coarse, 6, 5).touches(at(Grid::Fine, 10, 10)));
    }
}
