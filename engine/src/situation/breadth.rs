//! Breadth: how far apart people stand who speak of one matter.
//!
//! A flooded underpass is told of from the street it lies in. The smoke of a forest is told of from the next village, and the
//! ground shakes everywhere at once: by streets they would be in pieces, or nowhere.

use std::collections::BTreeSet;

use wire::geo::LngLat;
use wire::grade::Hazard;

use super::density::{PointId, Rule};
use super::space::{Piece, Space};
use crate::limits::{AROUND_M, LAND_NEAR_CM, NEAR_CM};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breadth {
    /// A street and the next one.
    Street,
    /// A valley, a part of a city.
    Land,
}

impl Breadth {
    /// Of what happens; a street's where nobody said.
    pub(super) fn of(says: Option<Hazard>) -> Self {
        match says {
            Some(Hazard::Wildfire | Hazard::Earthquake) => Self::Land,
            _ => Self::Street,
        }
    }

    /// How near is near.
    pub(super) fn near_cm(self) -> u32 {
        match self {
            Self::Street => NEAR_CM,
            Self::Land => LAND_NEAR_CM,
        }
    }

    /// How many squares of [`AROUND_M`] lie around a crowd, to each side.
    pub(super) fn n_squares(self) -> i32 {
        match self {
            Self::Street => 1,
            Self::Land => 3,
        }
    }

    /// Within so many metres lies what is around a crowd.
    pub(super) fn around_m(self) -> f64 {
        AROUND_M * f64::from(self.n_squares())
    }
}

/// Where live reports lie close together, by the breadth of what they speak of.
#[derive(Debug, Clone)]
pub(super) struct Spaces {
    street: Space,
    land: Space,
}

impl Default for Spaces {
    fn default() -> Self {
        Self { street: Space::new(Rule::CROWD), land: Space::new(Rule::LAND_CROWD) }
    }
}

/// A part of a component, and the breadth of it.
pub(super) type Part = (Breadth, Piece);

impl Spaces {
    fn of(&self, breadth: Breadth) -> &Space {
        match breadth {
            Breadth::Street => &self.street,
            Breadth::Land => &self.land,
        }
    }

    pub(super) fn of_mut(&mut self, breadth: Breadth) -> &mut Space {
        match breadth {
            Breadth::Street => &mut self.street,
            Breadth::Land => &mut self.land,
        }
    }

    /// Ends a tick: which parts are other ones than before.
    pub(super) fn settle(&mut self) -> BTreeSet<Part> {
        let mut changed = BTreeSet::new();
        for breadth in [Breadth::Street, Breadth::Land] {
            changed.extend(self.of_mut(breadth).settle().into_iter().map(|piece| (breadth, piece)));
        }
        changed
    }

    /// The part a point belongs to.
    pub(super) fn part(&self, breadth: Breadth, id: PointId, place: LngLat) -> Option<Part> {
        self.of(breadth).piece(id, place).map(|piece| (breadth, piece))
    }

    /// Whole components, of those that these parts belong to: all their parts, and the points of each.
    pub(super) fn wholes(
        &self,
        parts: &BTreeSet<Part>,
    ) -> (BTreeSet<Part>, Vec<(Breadth, Vec<PointId>)>) {
        let (mut all, mut wholes) = (BTreeSet::new(), Vec::new());
        for breadth in [Breadth::Street, Breadth::Land] {
            let own = parts.iter().filter(|(other, _)| *other == breadth);
            let pieces: BTreeSet<Piece> = own.map(|(_, piece)| *piece).collect();
            let found = self.of(breadth).wholes(&pieces);
            all.extend(found.pieces.into_iter().map(|piece| (breadth, piece)));
            wholes.extend(found.points.into_iter().map(|whole| (breadth, whole)));
        }
        (all, wholes)
    }
}
