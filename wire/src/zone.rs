//! Zones: named polygons as people draw them, in `GeoJSON`.

use serde::{Deserialize, Serialize};

use crate::report::FeatureTag;
use crate::view::Mode;

/// A ring of positions, each longitude and latitude; more numbers are left out.
pub type Ring = Vec<Vec<f64>>;

/// A `GeoJSON` Polygon or `MultiPolygon`. Rings end where they begin; the first of a polygon is the outer one, the others are
/// holes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum ZoneShape {
    /// One piece.
    Polygon(Vec<Ring>),
    /// Several.
    MultiPolygon(Vec<Vec<Ring>>),
}

/// A zone as it is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneBody {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub geometry: ZoneShape,
}

/// What is told of a zone beside its shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneProperties {
    /// What people call it.
    pub name: String,
    /// Live or exercise.
    pub mode: Mode,
}

/// A zone as a `GeoJSON` feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneFeature {
    /// Always `"Feature"`.
    #[serde(rename = "type")]
    pub tag: FeatureTag,
    /// Its number: never given again.
    pub id: u32,
    /// Where it is.
    pub geometry: ZoneShape,
    /// The rest.
    pub properties: ZoneProperties,
}
