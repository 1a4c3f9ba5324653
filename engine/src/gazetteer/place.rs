//! A place, as a row says it and as the index holds it.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;

/// What a place is, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// A country.
    Country,
    /// A region, province or county.
    Region,
    /// A city, town or village as a whole.
    City,
    /// A district of a city.
    District,
    /// A neighbourhood.
    Neighbourhood,
    /// A street, avenue, square or road.
    Street,
    /// A point of interest.
    Poi,
    /// A kilometre of a road.
    RoadKm,
    /// Where two streets cross.
    Crossing,
    /// A number of a street.
    Address,
}

impl PlaceKind {
    /// Every kind, the largest first.
    pub const ALL: [Self; 10] = [
        Self::Country,
        Self::Region,
        Self::City,
        Self::District,
        Self::Neighbourhood,
        Self::Street,
        Self::Poi,
        Self::RoadKm,
        Self::Crossing,
        Self::Address,
    ];

    /// The word on the wire and in imports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Region => "region",
            Self::City => "city",
            Self::District => "district",
            Self::Neighbourhood => "neighbourhood",
            Self::Street => "street",
            Self::Poi => "poi",
            Self::RoadKm => "road_km",
            Self::Crossing => "crossing",
            Self::Address => "address",
        }
    }

    /// The kind of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// So large that a text about it is labelled with it, and never drawn as a point.
    pub fn is_label(self) -> bool {
        self <= Self::City
    }

    /// The radius of doubt in metres where a row states none.
    pub(crate) fn radius_m(self, population: u64) -> u32 {
        match self {
            Self::Country => 500_000,
            Self::Region => 60_000,
            // A thousand people take about half a kilometre, a million some ten.
            Self::City => ((population as f64).sqrt() * 8.0).clamp(1_000.0, 20_000.0) as u32,
            Self::District => 1_800,
            Self::Neighbourhood => 800,
            Self::Street => 500,
            Self::Poi => 150,
            Self::RoadKm => 200,
            Self::Crossing => 50,
            Self::Address => 30,
        }
    }
}

/// A place as an import says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// Its id within the gazetteer.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Other names, in whatever language.
    pub alternates: Vec<String>,
    /// What it is.
    pub kind: PlaceKind,
    /// Its middle.
    pub at: LngLat,
    /// How far it reaches, in metres; none for what is usual of its kind.
    pub radius_m: Option<u32>,
    /// How many live there.
    pub population: u64,
    /// The id of what it lies in.
    pub parent: Option<String>,
    /// Of a street: along where.
    pub line: Vec<LngLat>,
}

/// A place of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its id within the gazetteer.
    pub id: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub kind: PlaceKind,
    /// Its middle.
    pub at: LngLat,
    /// How far it reaches, in metres.
    pub radius_m: u32,
    /// How many live there.
    pub population: u64,
    /// What it lies in, by its row.
    pub(crate) parent: Option<u32>,
    /// Of a street: along where.
    pub(crate) line: Box<[LngLat]>,
}
