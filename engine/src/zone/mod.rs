//! Zones: named polygons, and which of them cover a place.
//!
//! Places and corners are whole numbers of 1e-7 degree, and a line between two corners is straight in longitude and latitude, as in
//! `GeoJSON`. So every answer is exact: an edge and a corner belong to the zone, and two zones that share an edge both cover
//! it. How a zone is looked up is told in `docs/zones.md`.

mod block;
mod cell;
mod check;
mod cover;
mod edge;
mod index;
pub mod limits;
mod presence;
mod set;

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;

pub use crate::flaw::Flaw;
pub use presence::{Crossing, Presence, Stay};
pub use set::Zones;

#[cfg(test)]
mod tests;

/// A zone's number; whoever sets the zone chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ZoneId(pub u32);

/// A named polygon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// What people call it.
    pub name: String,
    /// Its parts, such as a town and its island.
    pub parts: Vec<Part>,
}

/// One piece of a zone. Rings end where they begin, whichever way they turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The ring around it.
    pub outer: Vec<LngLat>,
    /// The rings around what does not belong to it.
    pub holes: Vec<Vec<LngLat>>,
}

impl Zone {
    /// How many corners it has, all rings together.
    pub fn n_corners(&self) -> usize {
        self.rings().map(|(_, ring)| ring.len()).sum()
    }

    /// Every ring with the path of its field.
    fn rings(&self) -> impl Iterator<Item = (String, &[LngLat])> {
        self.parts.iter().enumerate().flat_map(|(index, part)| {
            let outer = (format!("parts[{index}].outer"), part.outer.as_slice());
            let holes = part.holes.iter().enumerate();
            let holes = holes.map(move |(hole, ring)| {
                (format!("parts[{index}].holes[{hole}]"), ring.as_slice())
            });
            std::iter::once(outer).chain(holes)
        })
    }
}
