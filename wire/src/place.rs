//! Places as `GET /api/v1/places` gives them.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;

/// What a search found, or what is near a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacesView {
    /// Which import of the gazetteer it is by; null where none was imported.
    pub version: Option<String>,
    /// The likeliest, or the smallest, first.
    pub places: Vec<PlaceView>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceView {
    /// `coordinates`, or a kind of place.
    pub kind: String,
    /// Its name, or the coordinates.
    pub name: String,
    /// What it lies in, the smallest first; of coordinates, what is there.
    pub within: String,
    /// Where.
    pub geometry: LngLat,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// Its id in the gazetteer, if it has one.
    pub id: Option<String>,
    /// How far the point that was asked about is from it, in metres.
    pub distance_m: Option<u32>,
}
