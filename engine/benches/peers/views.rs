//! Views of a wide screen about random points, at zooms that every side answers.

use wire::geo::{Bbox, LngLat, Mercator};
use wire::tile::TileCover;

use super::peers::Outcome;
use super::peers::points::Dice;

/// The screen in pixels.
const SCREEN: (f64, f64) = (1_920.0, 960.0);

/// One view.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) zoom: u8,
    /// West, south, east, north.
    pub(crate) bbox: [f64; 4],
}

impl View {
    /// A screen about the place. What would lie past the edge of the world is cut off: not every peer turns around it.
    pub(crate) fn about(place: (f64, f64), zoom: u8) -> Outcome<Self> {
        let at = LngLat::new(place.0, place.1)?.mercator();
        let pixel = f64::from(1u32 << (23 - zoom));
        let corner = |x: f64, y: f64| {
            let along = |at: u32, by: f64| (f64::from(at) + by * pixel).clamp(0.0, 4_294_967_295.0);
            Mercator { x: along(at.x, x) as u32, y: along(at.y, y) as u32 }.lng_lat()
        };
        let (west, north) = corner(-SCREEN.0 / 2.0, -SCREEN.1 / 2.0);
        let (east, south) = corner(SCREEN.0 / 2.0, SCREEN.1 / 2.0);
        Ok(Self { zoom, bbox: [west, south, east, north] })
    }

    /// About a random one of the points, at a random zoom from 2 to 16.
    pub(crate) fn random(points: &[(f64, f64)], dice: &mut Dice) -> Outcome<Self> {
        let place = points[(dice.next() % points.len() as u64) as usize];
        Self::about(place, 2 + (dice.next() % 15) as u8)
    }

    /// The tiles we answer with: all that the view touches, about twice its area.
    pub(crate) fn cover(&self) -> Outcome<TileCover> {
        let [west, south, east, north] = self.bbox;
        Ok(TileCover::of(&Bbox::new(west, south, east, north)?, self.zoom))
    }

    /// As a line for a peer.
    pub(crate) fn line(&self) -> String {
        let [west, south, east, north] = self.bbox;
        format!("{west} {south} {east} {north} {}", self.zoom)
    }
}
