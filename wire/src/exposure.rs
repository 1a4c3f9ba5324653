//! Who is exposed: sites by kind with the list behind each number, and who lives there.

use serde::{Deserialize, Serialize};

use crate::geo::{Bbox, LngLat};
use crate::grade::vocabulary;

vocabulary! {
    /// What kind of place it is.
    SiteKind {
        /// Children who cannot leave by themselves.
        School = "school",
        /// People who cannot leave by themselves.
        CareHome = "care_home",
        /// Patients, and where the hurt are brought.
        Hospital = "hospital",
        /// Where water collects and people drive in.
        Underpass = "underpass",
    } default School
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteView {
    /// What it is called.
    pub name: String,
    /// Where.
    pub geometry: LngLat,
    /// People in it when it is full; null if that is not known.
    pub n_people: Option<u32>,
}

/// The places of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitesOfKind {
    /// Which kind.
    pub kind: SiteKind,
    /// How many.
    pub n_sites: u64,
    /// People in those of which it is known, when they are full.
    pub n_people: u64,
    /// Places of which it is not known.
    pub n_unknown: u64,
    /// The places, by name.
    pub sites: Vec<SiteView>,
}

/// A cell of a census grid of which somebody lives in the extent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellView {
    /// Where: west, south, east, north.
    pub bbox: Bbox,
    /// How much of it lies in the extent, from 0 to 1.
    pub share: f64,
    /// People by that share, to the nearest.
    pub n_people: u32,
}

/// What was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterView {
    /// Places of all kinds.
    pub n_sites: u64,
    /// Cells of the census grid.
    pub n_cells: u64,
}

/// Who is exposed in the extent of a situation. Where nothing was imported, `register` says that nobody knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExposureView {
    /// The situation.
    pub situation: u64,
    /// What was asked: everything that was imported.
    pub register: RegisterView,
    /// The kinds of which there is a place within.
    pub kinds: Vec<SitesOfKind>,
    /// People who live there: the sum of `cells`. Not added to those in places, who live somewhere too.
    pub n_people: u64,
    /// The cells in which they live, the most people first.
    pub cells: Vec<CellView>,
}
