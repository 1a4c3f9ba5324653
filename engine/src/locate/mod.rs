//! Placing: where a report belongs, by the words in it. Where its author is, and what it is about, are kept apart.
//!
//! Deterministic advice with its reasons: the method, the radius of doubt, the words that decided, and the other places that it may
//! be. A city or more is a label and never a point; what cannot be told stays without a place.

mod about;
mod company;
#[cfg(test)]
mod crowded_tests;
mod entry;
mod guard;
#[cfg(test)]
mod tests;
mod weigh;

use serde::{Deserialize, Serialize};
use wire::geo::{Bbox, LngLat};

use crate::gazetteer::{Gazetteer, PlaceKind};
use crate::limits::CANDIDATES_MAX;

pub use about::locate;
pub use entry::{RereadEntry, Unplaced};

/// How a place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Its words name it.
    Text,
    /// Its words hold coordinates.
    Coordinates,
}

impl Method {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Coordinates => "coordinates",
        }
    }
}

/// A place that was told from words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// Its id in the gazetteer, or of the place that it lies on.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it lies in, the smallest first.
    pub within: String,
    /// What it is.
    pub kind: PlaceKind,
    /// Where.
    pub at: LngLat,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// How likely it is the one that was meant, from 0 to 100.
    pub weight: u8,
}

impl Spot {
    /// So large that it is a label and no point.
    pub fn is_label(&self) -> bool {
        self.kind.is_label()
    }
}

/// Where a report belongs, and why. Journals hold it for ever: a field or kind never changes and never moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placing {
    /// How it was found.
    pub method: Method,
    /// What it is about.
    pub about: Option<Spot>,
    /// Where its author is or lives, in their own words.
    pub from: Option<Spot>,
    /// Others that the same words may mean, the likeliest first.
    pub candidates: Vec<Spot>,
    /// The words that decided, in bytes of the text; of the place in words, if that decided.
    pub words: Vec<(u32, u32)>,
    /// They are of the place in words, and not of the text.
    pub is_of_place: bool,
    /// Which import of the gazetteer this is by.
    pub version: String,
}

/// What is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// The text.
    pub text: &'a str,
    /// A place in words that its sender gave beside it.
    pub place: Option<&'a str>,
    /// The home that its author states in a profile.
    pub home: Option<&'a str>,
}

/// Where the room looks: a name means what is there before anything else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// The area of the operation, or of the room.
    pub area: Option<Bbox>,
}

impl Context {
    /// How well a place fits: 1 inside the area, less beside it, 0 far away.
    pub(crate) fn fits(&self, at: LngLat) -> f64 {
        let Some(area) = self.area else { return 0.0 };
        if area.contains(at) {
            return 1.0;
        }
        // The nearest point of the area, as far as that matters.
        let lng = if area.west() <= area.east() {
            at.lng().clamp(area.west(), area.east())
        } else {
            at.lng()
        };
        let lat = at.lat().clamp(area.south(), area.north());
        let off_m =
            LngLat::new(lng, lat).map_or(f64::INFINITY, |edge| crate::place::distance_m(at, edge));
        1.0 / (1.0 + off_m / 15_000.0)
    }
}

impl Gazetteer {
    /// Where a report belongs by its words; none if they say nothing.
    pub fn locate(&self, said: Said<'_>, context: &Context) -> Option<Placing> {
        let mut placing = locate(self, said, context)?;
        // The likeliest stand first.
        placing.candidates.truncate(CANDIDATES_MAX);
        Some(placing)
    }
}
