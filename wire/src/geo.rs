//! Geometry that cannot be wrong: longitude first, finite, in range.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::latitude;
use crate::tile::TileId;

/// The latitude at which Web Mercator ends; places beyond it are drawn on the edge.
pub const MERCATOR_LATITUDE_MAX: f64 = 85.051_128_779_806_59;

/// A place, held in units of 1e-7 degree (about a centimetre) so that equal places are equal bits.
///
/// In JSON a `GeoJSON` Point; in the binary form two integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LngLat {
    lng_e7: i32,
    lat_e7: i32,
}

/// Why two numbers are not a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPlace {
    /// NaN or infinite.
    #[error("a coordinate must be a finite number")]
    NotFinite,
    /// Longitude beyond ±180.
    #[error("longitude must be between -180 and 180")]
    Longitude,
    /// Latitude beyond ±90.
    #[error("latitude must be between -90 and 90")]
    Latitude,
}

impl LngLat {
    /// A place from degrees.
    pub fn new(lng: f64, lat: f64) -> Result<Self, BadPlace> {
        if !lng.is_finite() || !lat.is_finite() {
            return Err(BadPlace::NotFinite);
        }
        if !(-180.0..=180.0).contains(&lng) {
            return Err(BadPlace::Longitude);
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(BadPlace::Latitude);
        }
        Ok(Self { lng_e7: (lng * 1e7).round() as i32, lat_e7: (lat * 1e7).round() as i32 })
    }

    /// A place from units of 1e-7 degree.
    pub fn from_e7(lng_e7: i32, lat_e7: i32) -> Result<Self, BadPlace> {
        Self::new(f64::from(lng_e7) / 1e7, f64::from(lat_e7) / 1e7)
    }

    /// Longitude in degrees.
    pub fn lng(self) -> f64 {
        f64::from(self.lng_e7) / 1e7
    }

    /// Latitude in degrees.
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    /// Longitude and latitude in units of 1e-7 degree.
    pub fn e7(self) -> (i32, i32) {
        (self.lng_e7, self.lat_e7)
    }

    /// The place on the Web Mercator square in 32-bit fixed point: x eastward from -180°, y southward from the top.
    pub fn mercator(self) -> Mercator {
        Mercator::of_degrees(self.lng(), self.lat())
    }
}

/// A unit-interval number in 32-bit fixed point; 1.0 itself falls into the last step.
fn fixed(unit: f64) -> u32 {
    // `as` saturates, so rounding noise below 0 or at 1 stays on the square.
    (unit * 4_294_967_296.0) as u32
}

/// How many bits of a coordinate are finer than the grid of a tile of zoom `z`.
fn coarse_bits(z: u8) -> u32 {
    16_u32.saturating_sub(u32::from(z))
}

/// A point of the Web Mercator square in 32-bit fixed point.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Mercator {
    /// Eastward from -180°.
    pub x: u32,
    /// Southward from latitude 85.0511.
    pub y: u32,
}

impl Mercator {
    /// The point at these degrees; beyond the square it is on the edge.
    pub(crate) fn of_degrees(lng: f64, lat: f64) -> Self {
        let x = (lng + 180.0) / 360.0;
        let lat = lat.clamp(-MERCATOR_LATITUDE_MAX, MERCATOR_LATITUDE_MAX);
        let y = 0.5 - latitude::northing(lat) / std::f64::consts::TAU;
        Self { x: fixed(x), y: fixed(y) }
    }

    /// The point on the grid that a tile lays over itself: 65,536 steps a side, 1/128 of a pixel, exact from zoom 16 on.
    /// Places of clusters keep to it, so that two bytes a coordinate carry them exactly.
    #[must_use]
    pub fn snapped(self, z: u8) -> Self {
        let keep = |fixed: u32| fixed >> coarse_bits(z) << coarse_bits(z);
        Self { x: keep(self.x), y: keep(self.y) }
    }

    /// The point of step `x`, `y` of a tile; `None` beyond its edge, for from zoom 17 on it has fewer steps.
    pub(crate) fn on_grid(tile: TileId, x: u16, y: u16) -> Option<Self> {
        let side = 32 - u32::from(tile.z);
        let fixed = |column: u32, step: u16| {
            let inside = u64::from(step) << coarse_bits(tile.z);
            let whole = (u64::from(column) << side) + inside;
            u32::try_from(whole).ok().filter(|_| inside >> side == 0)
        };
        Some(Self { x: fixed(tile.x, x)?, y: fixed(tile.y, y)? })
    }

    /// The step of a coordinate within its tile of zoom `z`.
    pub(crate) fn step_of(fixed: u32, z: u8) -> u16 {
        let inside = if z == 0 { fixed } else { fixed << z >> z };
        (inside >> coarse_bits(z)) as u16
    }

    /// Back to degrees (the centre of the fixed-point step).
    pub fn lng_lat(self) -> (f64, f64) {
        let x = (f64::from(self.x) + 0.5) / 4_294_967_296.0;
        let y = (f64::from(self.y) + 0.5) / 4_294_967_296.0;
        let lng = x * 360.0 - 180.0;
        let lat = latitude::latitude(std::f64::consts::PI * (1.0 - 2.0 * y));
        (lng, lat)
    }
}

#[derive(Deserialize)]
struct Point {
    r#type: String,
    coordinates: Vec<f64>,
}

impl Serialize for LngLat {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            let mut point = to.serialize_struct("Point", 2)?;
            point.serialize_field("type", "Point")?;
            point.serialize_field("coordinates", &[self.lng(), self.lat()])?;
            point.end()
        } else {
            (self.lng_e7, self.lat_e7).serialize(to)
        }
    }
}

impl<'de> Deserialize<'de> for LngLat {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if from.is_human_readable() {
            let point = Point::deserialize(from)?;
            match (point.r#type.as_str(), point.coordinates.as_slice()) {
                ("Point", [lng, lat, ..]) => Self::new(*lng, *lat).map_err(D::Error::custom),
                _ => Err(D::Error::custom("expected a GeoJSON Point")),
            }
        } else {
            let (lng_e7, lat_e7) = <(i32, i32)>::deserialize(from)?;
            Self::from_e7(lng_e7, lat_e7).map_err(D::Error::custom)
        }
    }
}

/// A box `west, south, east, north` in degrees; `west > east` crosses the antimeridian.
///
/// In JSON an array of four numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64, f64, f64)", into = "(f64, f64, f64, f64)")]
pub struct Bbox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

/// Why four numbers are not a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBbox {
    /// A corner is not a place.
    #[error("bbox is west,south,east,north in degrees: {0}")]
    Corner(#[from] BadPlace),
    /// South lies north of north.
    #[error("bbox is west,south,east,north: south must not be greater than north")]
    Upside,
    /// Not four numbers.
    #[error("bbox is four numbers: west,south,east,north")]
    Count,
}

impl Bbox {
    /// The whole world.
    pub const WORLD: Self = Self { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    /// A box from degrees.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, BadBbox> {
        LngLat::new(west, south)?;
        LngLat::new(east, north)?;
        if south > north {
            return Err(BadBbox::Upside);
        }
        Ok(Self { west, south, east, north })
    }

    /// The western edge.
    pub fn west(&self) -> f64 {
        self.west
    }
    /// The southern edge.
    pub fn south(&self) -> f64 {
        self.south
    }
    /// The eastern edge.
    pub fn east(&self) -> f64 {
        self.east
    }
    /// The northern edge.
    pub fn north(&self) -> f64 {
        self.north
    }

    /// Whether the place lies in the box, edges included.
    pub fn contains(&self, place: LngLat) -> bool {
        let (lng, lat) = (place.lng(), place.lat());
        let inside = if self.west <= self.east {
            lng >= self.west && lng <= self.east
        } else {
            lng >= self.west || lng <= self.east
        };
        inside && lat >= self.south && lat <= self.north
    }
}

impl std::str::FromStr for Bbox {
    type Err = BadBbox;

    fn from_str(text: &str) -> Result<Self, BadBbox> {
        let mut parts = text.split(',').map(|part| part.trim().parse::<f64>());
        let mut next = || parts.next().and_then(Result::ok).ok_or(BadBbox::Count);
        let (west, south, east, north) = (next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(BadBbox::Count);
        }
        Self::new(west, south, east, north)
    }
}

impl TryFrom<(f64, f64, f64, f64)> for Bbox {
    type Error = BadBbox;

    fn try_from((west, south, east, north): (f64, f64, f64, f64)) -> Result<Self, BadBbox> {
        Self::new(west, south, east, north)
    }
}

impl From<Bbox> for (f64, f64, f64, f64) {
    fn from(b: Bbox) -> Self {
        (b.west, b.south, b.east, b.north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_the_world_stay_on_the_square() {
        let corner = LngLat::new(180.0, -90.0).expect("a place").mercator();
        assert_eq!(corner.x, u32::MAX);
        assert!(corner.y > u32::MAX - 16, "y is {}", corner.y);
        let other = LngLat::new(-180.0, 90.0).expect("a place").mercator();
        assert_eq!(other.x, 0);
        assert!(other.y < 16, "y is {}", other.y);
    }

    #[test]
    fn a_number_that_is_no_place_is_refused() {
        assert_eq!(LngLat::new(f64::NAN, 0.0), Err(BadPlace::NotFinite));
        assert_eq!(LngLat::new(0.0, 91.0), Err(BadPlace::Latitude));
        assert_eq!(LngLat::new(-180.1, 0.0), Err(BadPlace::Longitude));
    }

    #[test]
    fn a_box_may_cross_the_antimeridian() {
        let fiji: Bbox = "177,-20,-178,-16".parse().expect("a box");
        assert!(fiji.contains(LngLat::new(179.0, -18.0).expect("a place")));
        assert!(!fiji.contains(LngLat::new(0.0, -18.0).expect("a place")));
    }
}
