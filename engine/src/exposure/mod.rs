//! Who is exposed: the schools, care homes, hospitals and underpasses within an extent, and the people who live there.
//!
//! Every number comes with the list behind it, and is the sum of that list. How it counts is told in `docs/zones.md`.

mod extent;
mod flaw;
pub mod limits;
mod within;

use serde::{Deserialize, Serialize};
use wire::geo::{Bbox, LngLat};

pub use crate::flaw::Flaw;
pub use extent::Extent;
pub use within::{Exposed, KindCount, LivesHere, Register};

#[cfg(test)]
mod tests;

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// Children who cannot leave by themselves.
    School,
    /// People who cannot leave by themselves.
    CareHome,
    /// Patients, and where the hurt are brought.
    Hospital,
    /// Where water collects and people drive in.
    Underpass,
}

/// A place where people are exposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// What kind.
    pub kind: SiteKind,
    /// What it is called.
    pub name: String,
    /// Where.
    pub place: LngLat,
    /// People in it when it is full, if known.
    pub n_people: Option<u32>,
}

/// A cell of a census grid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GridCell {
    /// Where.
    pub bounds: Bbox,
    /// Who lives in it.
    pub n_people: u32,
}
